"""What of a plan is left behind: contents so large that sending them to a host that has them would be dear."""

from __future__ import annotations

from collections.abc import Mapping

from backline.resources.archive import Archive
from backline.resources.blobs import blob_id
from backline.resources.dataclass import dataclass, replace
from backline.resources.file import File
from backline.resources.left_behind import LeftBehind
from backline.resources.plan import Entry, Plan

LARGE = 4096
"""Bytes: a content with more is left behind. What is compressed already would cost its size on every run."""


@dataclass(frozen=True)
class LightPlan:
    """A plan without its large contents, those contents by their names, and the resources that have them."""

    plan: Plan
    contents: Mapping[str, bytes]
    resources: tuple[File | Archive, ...]

    def paths(self, blob: str) -> tuple[str, ...]:
        """Where a content goes."""
        contents = ((resource.path, resource.content) for resource in self.resources)
        return tuple(path for path, left in contents if isinstance(left, LeftBehind) and left.blob == blob)


def lightened(plan: Plan, incoming: str) -> LightPlan:
    """`incoming` is the host's folder into which contents would be sent."""
    entries: list[Entry] = []
    contents: dict[str, bytes] = {}
    resources: list[File | Archive] = []
    for entry in plan:
        resource = entry.resource
        if (
            isinstance(resource, File | Archive)
            and isinstance(resource.content, bytes)
            and len(resource.content) > LARGE
        ):
            content = resource.content
            left = LeftBehind(blob_id(content), len(content), incoming)
            contents[left.blob] = content
            light = replace(resource, content=left)
            resources.append(light)
            entries.append(replace(entry, resource=light))
        else:
            entries.append(entry)
    return LightPlan(Plan(tuple(entries)), contents, tuple(resources))
