"""The last of an app on a host: its records, its lock, and its folder, if nothing else is in it."""

from __future__ import annotations

import os

from backline.agent.keeper import keeper_of
from backline.resources.dataclass import dataclass
from backline.resources.resource import Action

TYPE_CHECKING = False
if TYPE_CHECKING:
    from backline.resources.resource import Host

LOCK = "lock"


@dataclass(frozen=True)
class ForgetApp(Action):
    """Returns what is left in the app's folder, which is then nobody's that we know. The lock goes last: who takes a
    new one in that moment keeps it, since a folder that holds something is not removed."""

    root: str
    state_directory: str

    def perform(self, host: Host) -> tuple[str, ...]:
        for name in host.names(self.state_directory):
            if name != LOCK:
                host.remove(f"{self.state_directory}/{name}")
        host.remove(f"{self.state_directory}/{LOCK}")
        for directory in (self.state_directory, self.root):
            _remove_if_empty(directory)
        keeper = keeper_of(host)
        if keeper.lock:
            keeper.lock.release()
            keeper.lock = None
        return host.names(self.root)


def _remove_if_empty(directory: str) -> None:
    try:
        os.rmdir(directory)
    except OSError:  # it holds something, is a link, or its parent is not ours: what is left is told
        return
