"""Watches new programs until they have run for a while: one that answers its gate and dies must not take over."""

from __future__ import annotations

import time

from backline.resources.dataclass import dataclass
from backline.resources.program_control import pauses
from backline.resources.program_health import require_health
from backline.resources.resource import Action

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from backline.resources.program import Program
    from backline.resources.resource import Host
    from backline.resources.supervisor_rpc import ProcessInfo

WHOLE_SECOND = 1.0
"""Supervisor tells when a program was started in whole seconds, so it seems up to one second older than it is."""


@dataclass(frozen=True)
class WatchPrograms(Action):
    """Returns when each program has run for `seconds` since it was started. Raises Refused with the end of its log
    where one has died, even if Supervisor has started it again."""

    socket: str
    programs: tuple[Program, ...]
    seconds: float

    def perform(self, host: Host) -> None:
        first = self._looked_at()
        youngest = min(one.seen - one.started for one in first) - WHOLE_SECOND  # both by supervisord's clock
        deadline = time.monotonic() + self.seconds - max(youngest, 0.0)  # which may have been put right meanwhile
        for pause in pauses():
            self._looked_at(first)
            left = deadline - time.monotonic()
            if left <= 0:
                return
            host.pause(min(pause, left))

    def _looked_at(self, before: Sequence[ProcessInfo | None] = ()) -> tuple[ProcessInfo, ...]:
        """Each as Supervisor sees it now. Raises Refused where one is not the process that it was `before`."""
        return tuple(
            require_health(self.socket, program.name, program.directory, earlier)
            for program, earlier in zip(self.programs, before or (None,) * len(self.programs))
        )
