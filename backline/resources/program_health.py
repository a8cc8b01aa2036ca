"""Whether a program that a gate waits for can still come up, and if not, why: in its own log's words."""

from __future__ import annotations

from backline.resources.failure import Failure, Refused
from backline.resources.log_tail import last_lines
from backline.resources.python_errors import advice, python_error, without_libraries
from backline.resources.supervisor_rpc import BACKOFF, Supervisor, SupervisorAbsent

TYPE_CHECKING = False
if TYPE_CHECKING:
    from backline.resources.supervisor_rpc import ProcessInfo

LINES_SHOWN = 20
LINES_READ = 200
"""How far back in the log the exception is looked for."""


def require_health(supervisor_socket: str, program: str, directory: str) -> ProcessInfo:
    """The program as Supervisor sees it; `directory` is its project's, whose lines in a traceback matter.

    Raises Refused where it has died, is about to be started again because it died, or is not known."""
    try:
        found = Supervisor(supervisor_socket).process(program)
    except SupervisorAbsent as absent:
        raise Refused(f"{program} does not run: {absent.cause}", hint=absent.hint) from None
    if found is None:
        raise Refused(f"Supervisor does not know the program {program}", hint="deploy again: that adds it")
    if found.state == BACKOFF or found.ended:
        raise death(found, directory, Refused)
    return found


def death(found: ProcessInfo, directory: str, kind: type[Failure]) -> Failure:
    """The failure that tells how a program died; `directory` may be a link, which Python does not show."""
    import os

    directory = os.path.realpath(directory)
    log = last_lines(found.log_file, LINES_READ)
    error = python_error(log, directory)
    status = f"{found.state}, exit status {found.exit_status}" if found.exit_status else found.state
    words = str(error) if error else found.spawn_error
    cause = f"{found.name} does not stay up ({status})"
    return kind(
        f"{cause}: {words}" if words else cause,
        lines=without_libraries(log, directory)[-LINES_SHOWN:],
        hint=advice(error) if error else f"its log says more:\n{found.log_file}",
    )
