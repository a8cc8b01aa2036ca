"""What all resources have in common that are about one path."""

from __future__ import annotations

from backline.resources.paths import parent, path_name
from backline.resources.resource import Resource


class PathResource(Resource):
    """Called by its path; it provides that path, and needs the directory that it is in."""

    path: str

    @property
    def subject(self) -> str:
        return self.path

    def provides(self) -> tuple[str, ...]:
        return (path_name(self.path),)

    def needs(self) -> tuple[str, ...]:
        return (path_name(parent(self.path)),)
