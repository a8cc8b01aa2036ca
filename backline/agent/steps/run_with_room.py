"""Run a command of a release as a user who may write into one folder of it meanwhile, and into none afterwards."""

from __future__ import annotations

import os
import stat

from backline.agent.steps.run_in_release import RunInRelease
from backline.resources.dataclass import dataclass
from backline.resources.resource import Action

TYPE_CHECKING = False
if TYPE_CHECKING:
    from backline.resources.foresight import Foresight
    from backline.resources.resource import Host

READABLE = 0o755
"""Of a mode, what stays to a file that belongs to root from now on."""


@dataclass(frozen=True)
class RunWithRoom(Action):
    """`room` is the folder; it and what is written there then belong to whoever runs the agent. Answers as `run`."""

    run: RunInRelease
    room: str

    def perform(self, host: Host) -> str:
        host.set_ownership(self.room, self.run.user, "")
        try:
            return self.run.perform(host)
        finally:
            _take_back(self.room)

    def foresee(self, host: Foresight) -> str:
        return self.run.foresee(host)


def _take_back(room: str) -> None:
    """From the top down: what is in a folder of ours stays where it is while we look at it, whatever its user does."""
    owner, group = os.geteuid(), os.getegid()
    for _, folders, files, descriptor in os.fwalk(room):
        os.fchown(descriptor, owner, group)
        os.fchmod(descriptor, stat.S_IMODE(os.fstat(descriptor).st_mode) & READABLE)
        for name in (*folders, *files):
            found = os.stat(name, dir_fd=descriptor, follow_symlinks=False)
            os.chown(name, owner, group, dir_fd=descriptor, follow_symlinks=False)
            if not stat.S_ISLNK(found.st_mode):
                os.chmod(name, stat.S_IMODE(found.st_mode) & READABLE, dir_fd=descriptor)
