"""Starts and ends programs of a Supervisor and waits for them, by short calls and pauses that can be interrupted."""

from __future__ import annotations

import time

from backline.resources.failure import Failure
from backline.resources.log_tail import last_lines
from backline.resources.stop_order import told_to_end
from backline.resources.supervisor_rpc import (
    ENDED,
    RUNNING,
    STARTING,
    STOPPABLE,
    STOPPING,
    StillRunning,
    Supervisor,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from backline.resources.resource import Host
    from backline.resources.supervisor_rpc import Changes, ProcessInfo

KILL_SECONDS = 10.0
"""How long after KILL a process may take to be gone."""

TELL_SECONDS = 5.0
"""How long a wait is not worth a word; the next word comes when it has lasted three times as long."""

START_SECONDS = 60.0
"""How long a program may take to be RUNNING, on top of its own startsecs: Supervisor gives up after 7 s of retries."""


def pauses() -> Iterator[float]:
    """Seconds to wait between looks: soon at first, then seldom."""
    seconds = 0.02
    while True:
        yield seconds
        seconds = min(seconds * 1.5, 0.5)


def reload_configuration(host: Host, supervisor: Supervisor) -> Changes:
    """Have the files read again: a change, which a host that only looks does not do."""
    changes: list[Changes] = []
    host.call(lambda: changes.append(supervisor.reload_configuration()))
    return changes[0]


def take_in(host: Host, supervisor: Supervisor, changes: Changes, name: str, patience: float) -> None:
    """Have Supervisor run a program as its file now says, and start it at once, whatever `autostart` says of a boot."""
    found = supervisor.process(name)
    if name in changes.changed or (found is not None and found.state == STOPPING):
        remove_programs(host, supervisor, (name,), patience)

    def start() -> None:
        supervisor.add(name)
        supervisor.start(name)

    host.call(start)


def settled(host: Host, supervisor: Supervisor, name: str) -> ProcessInfo | None:
    """A program as Supervisor sees it, when it is no more on its way: one that is STARTING is about to be RUNNING or to
    fail, and which of them is worth the wait. None where it is not known."""
    deadline = time.monotonic() + START_SECONDS
    for pause in pauses():
        found = supervisor.process(name)
        if found is None or found.state != STARTING or time.monotonic() > deadline:
            return found
        host.pause(pause)
    raise AssertionError("pauses() never ends")


def wait_until_running(host: Host, supervisor: Supervisor, name: str) -> ProcessInfo:
    """Wait for RUNNING. Raises Failure with the last lines of its log where Supervisor gives the program up."""
    deadline = time.monotonic() + START_SECONDS
    for pause in pauses():
        found = supervisor.process(name)
        if found is None:
            raise Failure(
                f"Supervisor does not know the program {name}",
                hint=f"see `supervisorctl -s unix://{supervisor.socket_path} status`",
            )
        if found.state == RUNNING:
            return found
        if found.state in ENDED or time.monotonic() > deadline:
            raise dead(found)
        host.pause(pause)
    raise AssertionError("pauses() never ends")


def dead(found: ProcessInfo) -> Failure:
    """The failure of a program that does not stay up: its state, Supervisor's words, the end of its log."""
    words = f": {found.spawn_error}" if found.spawn_error else ""
    status = f", exit status {found.exit_status}" if found.exit_status else ""
    return Failure(
        f"program {found.name} does not stay up ({found.state}{status}){words}",
        lines=last_lines(found.log_file),
        hint=f"its log is {found.log_file}" if found.log_file else "",
    )


def stop_programs(host: Host, supervisor: Supervisor, names: Sequence[str], patience: float) -> None:
    """End programs, all at once, by KILL when `patience` seconds have passed, and wait until their processes are gone.
    Supervisor keeps them."""

    def ending(name: str) -> Ending:
        def ended() -> bool:
            found = supervisor.process(name)
            if found is None or found.ended:
                return True
            if found.state in STOPPABLE:
                told_to_end(host, supervisor, name)
            return False

        return ended

    _until_ended(host, supervisor, {name: ending(name) for name in names}, patience)


def remove_programs(host: Host, supervisor: Supervisor, names: Sequence[str], patience: float) -> None:
    """End programs, all at once, by KILL when `patience` seconds have passed, and have Supervisor forget them.
    Nothing where it does not know them."""

    def removal(name: str) -> Ending:
        def removed() -> bool:
            found = supervisor.process(name)
            if found is None:
                return True
            if found.state in STOPPABLE:
                told_to_end(host, supervisor, name)
                return False
            return found.ended and forgotten(supervisor, name)

        return removed

    _until_ended(host, supervisor, {name: removal(name) for name in names}, patience)


def forgotten(supervisor: Supervisor, name: str) -> bool:
    """Have Supervisor forget a program that has ended. False where its autorestart has started it again meanwhile."""
    try:
        supervisor.remove(name)
    except StillRunning:
        return False
    return True


def _until_ended(host: Host, supervisor: Supervisor, endings: dict[str, Ending], patience: float) -> None:
    """Repeat each ending until it says that its program is gone; out of patience, by KILL. A long wait is told."""
    import signal

    left = dict(endings)
    begun = time.monotonic()
    telling = begun + TELL_SECONDS

    def one_round() -> None:
        out_of_patience = time.monotonic() > begun + patience
        for name, ended in endings.items():
            if name in left and ended():
                del left[name]
            elif name in left and out_of_patience:
                _kill(supervisor, name, signal.SIGKILL)

    for pause in pauses():
        host.call(one_round)
        if not left:
            return
        if time.monotonic() > begun + patience + KILL_SECONDS:
            names = ", ".join(left)
            raise Failure(
                f"not gone {KILL_SECONDS:g} s after KILL: {names}",
                hint="see `ps` for a process in state D, which waits for a disk",
            )
        if time.monotonic() > telling:
            host.tell(f"still ending, for {patience:g} s at most: {', '.join(left)}")
            telling += 2 * (telling - begun)
        host.pause(pause)


def _kill(supervisor: Supervisor, name: str, number: int) -> None:
    """The whole process group, as killasgroup does; Supervisor makes each program the leader of one."""
    import os

    found = supervisor.process(name)
    if found is None or not found.pid:
        return
    try:
        os.killpg(found.pid, number)
    except OSError:
        supervisor.signal(name, "KILL")


if TYPE_CHECKING:
    from collections.abc import Callable

    Ending = Callable[[], bool]
