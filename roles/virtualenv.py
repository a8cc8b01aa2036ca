"""What builds a release's virtualenv: uv, from the host or from the package index; as root, Debian's venv besides."""

from __future__ import annotations

from collections.abc import Iterator

from backline.resources.dataclass import dataclass
from backline.resources.packages import Packages
from backline.resources.plan import Entry
from backline.resources.resource import Resource
from backline.resources.tool import Tool
from backline.resources.wheels import UV, UV_PROGRAM
from backline.settings.own_places import tool
from backline.settings.settings import Settings

BRINGS = ("app",)


@dataclass(frozen=True)
class VirtualenvSettings(Settings):
    """The variables of the role virtualenv."""

    virtualenv_uv: bool = True
    """Whether uv is put on a host that has none; venv and pip, which serve otherwise, take ten times as long."""


def resources(virtualenv: VirtualenvSettings) -> Iterator[Resource | Entry]:
    """uv; the virtualenvs themselves belong to releases."""
    if not virtualenv.app.rootless:
        yield Packages(("python3-venv",))
    if virtualenv.virtualenv_uv:
        yield Tool(tool(virtualenv.app, "uv"), names=("uv",), requirements=UV, program=UV_PROGRAM)
