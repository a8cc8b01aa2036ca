"""A folder where the app's own user may change things, made by root without following a link of that user."""

from __future__ import annotations

import os

from backline.resources.dataclass import dataclass
from backline.resources.directory import Directory
from backline.resources.failure import Conflict

TYPE_CHECKING = False
if TYPE_CHECKING:
    from backline.resources.resource import Host

AS_IT_IS = -1
FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC


@dataclass(frozen=True)
class SharedFolder(Directory):
    """`path` lies below `inside`, a folder that nobody but root can put something else in the place of. Folders on the
    way that are missing are made like it."""

    inside: str = "/"

    def converge(self, host: Host) -> None:
        if os.geteuid() != 0:  # who is not root can give nothing away
            super().converge(host)
            return
        if host.status(self.inside) is None:
            host.make_directory(self.inside, mode=0o755)
        host.call(self._make)

    def foresee(self, host: Host) -> None:
        super().converge(host)

    def _make(self) -> None:
        """Each folder is opened in the one before it, and what is open is changed: no name is looked up twice."""
        names = os.path.relpath(self.path, self.inside).split("/")
        above = os.open(self.inside, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            for count, name in enumerate(names, 1):
                is_new = _made(name, above)
                folder = self._opened("/".join(names[:count]), name, above)
                os.close(above)
                above = folder
                if is_new or count == len(names):
                    os.fchown(folder, *self._numbers())
                    os.fchmod(folder, self.mode)
        finally:
            os.close(above)

    def _opened(self, path: str, name: str, above: int) -> int:
        try:
            return os.open(name, FOLDER, dir_fd=above)
        except OSError:
            place = f"{self.inside}/{path}"
            raise Conflict(f"{place} is a link or a file, and a folder should be there", hint=_away(place)) from None

    def _numbers(self) -> tuple[int, int]:
        import grp
        import pwd

        owner = pwd.getpwnam(self.owner).pw_uid if self.owner else AS_IT_IS
        return owner, grp.getgrnam(self.group).gr_gid if self.group else AS_IT_IS


def _made(name: str, above: int) -> bool:
    """Whether there was nothing of this name."""
    try:
        os.mkdir(name, 0o700, dir_fd=above)
    except FileExistsError:
        return False
    return True


def _away(place: str) -> str:
    return f"move it away first:\n{place}"
