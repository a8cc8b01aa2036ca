"""Make a release out of one that is on the host already: its tree, environment, static files and virtualenv."""

from __future__ import annotations

import os

from backline.resources.dataclass import dataclass
from backline.resources.failure import Failure
from backline.resources.resource import Action, Host

TYPE_CHECKING = False
if TYPE_CHECKING:
    from backline.resources.foresight import Foresight


@dataclass(frozen=True)
class AdoptRelease(Action):
    """Copy release directory `origin` to `path`, whole or not at all; links stay links."""

    origin: str
    path: str

    def perform(self, host: Host) -> None:
        import shutil

        self._require_free(host)
        partial = f"{self.path}.partial"
        shutil.rmtree(partial, ignore_errors=True)
        try:
            os.mkdir(partial, 0o700)  # nobody else may look at the environment before it has its own mode
            shutil.copytree(self.origin, partial, symlinks=True, copy_function=_copy_to_disk, dirs_exist_ok=True)
            if os.geteuid() == 0:
                _give_to_its_owners(self.origin, partial)
            os.rename(partial, self.path)
        except OSError as error:
            shutil.rmtree(partial, ignore_errors=True)
            raise Failure(f"{self.origin} could not be copied: {error.strerror or error}") from error

    def foresee(self, host: Foresight) -> None:
        self._require_free(host)
        host.copy_directory(self.origin, self.path)

    def _require_free(self, host: Host) -> None:
        if host.status(self.path) is not None:
            raise Failure(f"{self.path} is there already", hint="try again: the next run takes the next number")


def _give_to_its_owners(origin: str, copy: str) -> None:
    """The app's group may read the environment, which a copy of root's would not let it."""
    for directory, folders, files in os.walk(origin):
        there = f"{copy}{directory[len(origin) :]}"
        for name in (*folders, *files):
            found = os.lstat(f"{directory}/{name}")
            os.chown(f"{there}/{name}", found.st_uid, found.st_gid, follow_symlinks=False)


def _copy_to_disk(source: str, target: str) -> None:
    """A file with its mode and times, on disk when this returns, as Tree writes it."""
    import shutil

    shutil.copy2(source, target, follow_symlinks=False)
    if not os.path.islink(target):
        with open(target, "rb") as file:
            os.fsync(file.fileno())
