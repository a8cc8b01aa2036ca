"""Whether a program that a gate waits for can still come up, and if not, why: in its own log's words."""

from __future__ import annotations

from backline.resources.failure import Failure, Refused
from backline.resources.log_tail import last_lines
from backline.resources.python_errors import advice, python_error, without_libraries
from backline.resources.supervisor_rpc import BACKOFF, Supervisor, SupervisorAbsent

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from backline.resources.supervisor_rpc import ProcessInfo

NOT_THERE = r"/bin/(?P<name>[\w.-]+): (?:not found|No such file or directory)$"
"""What a shell says at the end of the launcher where a program is not in the virtualenv."""
LINES_SHOWN = 20
LINES_READ = 200
"""How far back in the log the exception is looked for."""


def require_health(
    supervisor_socket: str, program: str, directory: str, before: ProcessInfo | None = None
) -> ProcessInfo:
    """The program as Supervisor sees it; `directory` is its project's, whose lines in a traceback matter. `before` is
    what an earlier look found: a death between two looks is one too, though Supervisor has started it again.

    Raises Refused where it has died, is about to be started again because it died, or is not known."""
    supervisor = Supervisor(supervisor_socket)
    try:
        found = supervisor.process(program)
    except SupervisorAbsent as absent:
        raise Refused(f"{program} does not run: {absent.cause}", hint=absent.hint) from None
    if found is None:
        raise Refused(f"Supervisor does not know the program {program}", hint="deploy again: that adds it")
    if found.state == BACKOFF or found.ended or (before is not None and found.pid != before.pid):
        raise death(found, directory, Refused, supervisor.last_exit(program))
    return found


def death(found: ProcessInfo, directory: str, kind: type[Failure], how: str = "") -> Failure:
    """The failure that tells how a program died; `directory` may be a link, which Python does not show. `how` is its
    end in supervisord's words, which knows it even of a program that runs again."""
    import os

    directory = os.path.realpath(directory)
    log = last_lines(found.log_file, LINES_READ)
    error = python_error(log, directory)
    ended = how or (f"exit status {found.exit_status}" if found.exit_status else "")
    state = found.state if found.state == BACKOFF or found.ended else "started again"
    status = f"{state}, {ended}" if ended else state
    missing = "" if error else _missing_program(log)
    words = str(error) if error else found.spawn_error
    hint = advice(error) if error else f"its log says more:\n{found.log_file}"
    if missing:
        words = f"{missing} is not in the virtualenv"
        hint = f"name {missing} in the project's requirements, and commit"
    cause = f"{found.name} does not stay up ({status})"
    return kind(
        f"{cause}: {words}" if words else cause,
        lines=without_libraries(log, directory)[-LINES_SHOWN:],
        hint=hint,
    )


def _missing_program(log: Sequence[str]) -> str:
    """The program that the launcher could not become, for there is none; empty where that was not its end."""
    import re

    found = re.search(NOT_THERE, log[-1]) if log else None
    return found["name"] if found else ""
