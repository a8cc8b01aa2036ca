"""The process of a supervisord of the user's own: found by how it was started, asked on its socket."""

from __future__ import annotations

from backline.resources.supervisor_rpc import Supervisor, SupervisorAbsent


def supervisord_state(socket: str) -> str | None:
    """The state of the supervisord that answers there; None for none."""
    try:
        return Supervisor(socket).state()
    except SupervisorAbsent:
        return None


def supervisord_pids(executable: str, configuration: str) -> tuple[int, ...]:
    """The processes that were started with this configuration; one that is a zombie has no command line left."""
    import os

    def runs_so(pid: str) -> bool:
        try:
            with open(f"/proc/{pid}/cmdline", "rb") as file:
                words = file.read().split(b"\0")
        except OSError:
            return False
        options = tuple(zip(words, words[1:]))
        return executable.encode() in words and (b"-c", configuration.encode()) in options

    return tuple(int(name) for name in os.listdir("/proc") if name.isdigit() and runs_so(name))
