"""A supervisord of the user's own, where no init system keeps one: it runs and answers on its socket."""

from __future__ import annotations

import time

from backline.resources.dataclass import dataclass
from backline.resources.failure import ConfigurationError, Failure
from backline.resources.no_own_supervisord import NoOwnSupervisord
from backline.resources.program_control import pauses
from backline.resources.resource import Difference, Resource
from backline.resources.supervisor_rpc import RUNNING, SHUTTING_DOWN
from backline.resources.supervisord_process import supervisord_pids, supervisord_state

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from backline.resources.foresight import Foresight
    from backline.resources.resource import Host

LONGEST_SOCKET_PATH = 99
"""supervisord binds PATH.PID first and renames it; seven digits of pid leave this much of AF_UNIX's 107 bytes."""
ANSWER_SECONDS = 30.0
END_SECONDS = 600.0
"""How long one that is shutting down may take: it ends its programs one after the other."""
LINGER_SECONDS = 5.0
"""How long a process may outlive its socket, which it takes away last."""


@dataclass(frozen=True)
class OwnSupervisord(Resource):
    """`executable` and `configuration` are paths; the configuration says `nodaemon=false` and names `socket`."""

    executable: str
    configuration: str
    socket: str

    @property
    def subject(self) -> str:
        return self.socket

    def provides(self) -> tuple[str, ...]:
        return (f"path:{self.socket}",)

    def needs(self) -> tuple[str, ...]:
        return (f"path:{self.configuration}", f"path:{self.executable}")

    def undone(self) -> tuple[Resource, ...]:
        return (NoOwnSupervisord(self.executable, self.configuration, self.socket),)

    def differences(self, host: Host) -> Iterator[Difference]:
        found = self._state()
        if found != RUNNING:
            yield Difference("state", found, RUNNING)

    def foresee(self, host: Foresight) -> None:
        """What keeps it from being started is found here too; that it runs then is promised by its socket's path."""
        self._require_bindable()
        if self._state() != SHUTTING_DOWN:
            self._await_end_of_predecessor(host)

    def converge(self, host: Host) -> None:
        self._require_bindable()
        host.call(lambda: self._await_end_of_predecessor(host))
        # It forks, takes a session of its own and /dev/null for its descriptors, so neither the end of the agent nor
        # that of the connection reaches it; what is wrong with its configuration it says before that.
        completed = host.run((self.executable, "-c", self.configuration), timeout=60.0)
        if completed.code:
            raise Failure(
                f"supervisord does not start: exit code {completed.code}",
                lines=tuple(completed.output.splitlines()[-20:]),
                hint=f"its configuration is {self.configuration}",
            )
        self._await_answer(host)

    def _require_bindable(self) -> None:
        length = len(self.socket.encode())
        if length > LONGEST_SOCKET_PATH:
            raise ConfigurationError(
                f"the path of Supervisor's socket has {length} bytes, more than {LONGEST_SOCKET_PATH}: {self.socket}",
                hint="use a shorter home directory on this host",
            )

    def _state(self) -> str | None:
        return supervisord_state(self.socket)

    def _await_end_of_predecessor(self, host: Host) -> None:
        """Wait for the process of one that shuts down, not for its socket: the socket of the next one would go with it.
        One that lost its socket must be ended by a person: beside a second one, every program would run twice."""
        begun = time.monotonic()
        for pause in pauses():
            pids = supervisord_pids(self.executable, self.configuration)
            if not pids:
                return
            patience = END_SECONDS if self._state() == SHUTTING_DOWN else LINGER_SECONDS
            if time.monotonic() > begun + patience:
                raise Failure(
                    f"a supervisord with this configuration runs and does not answer on {self.socket}: pid {pids[0]}",
                    hint=f"end it and what it runs, `kill {pids[0]}`, then try again",
                )
            host.pause(pause)

    def _await_answer(self, host: Host) -> None:
        deadline = time.monotonic() + ANSWER_SECONDS
        for pause in pauses():
            if self._state() == RUNNING:
                return
            if time.monotonic() > deadline:
                raise Failure(
                    f"supervisord was started and does not answer on {self.socket}",
                    hint=f"see the logfile that {self.configuration} names",
                )
            host.pause(pause)
