"""A site of the host's own nginx: one file, which nginx has tested before it is in place."""

from __future__ import annotations

import sys

from backline.resources.dataclass import dataclass
from backline.resources.file import File
from backline.resources.nginx_check import site_check
from backline.resources.no_nginx_site import NoNginxSite
from backline.resources.path_resource import PathResource

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from backline.resources.foresight import Foresight
    from backline.resources.resource import Difference, Host, Resource


@dataclass(frozen=True)
class NginxSite(PathResource):
    """`main` is nginx's main file, which must include the folder of `path`. A site that nginx refuses is a Failure, and
    what was there stays; one that it takes is read when nginx is told to reload, which is a handler's."""

    path: str
    content: str
    main: str

    def written_files(self) -> tuple[File, ...]:
        return (self._file(),)

    def differences(self, host: Host) -> Iterator[Difference]:
        return self._file().differences(host)

    def converge(self, host: Host) -> None:
        self._file(site_check(sys.executable, self.main, self.path)).converge(host)

    def foresee(self, host: Foresight) -> None:
        """Not tested: there may be no nginx yet."""
        self._file().foresee(host)

    def undone(self) -> tuple[Resource, ...]:
        return (NoNginxSite(self.path),)

    def _file(self, validate: tuple[str, ...] = ()) -> File:
        return File(self.path, self.content, validate=validate)
