"""What a failure lacks when nobody below knew it: at which step, how things stand, and what to type next."""

from __future__ import annotations

import re
import traceback
from pathlib import Path

from backline.commands.mistyped import Mistyped
from backline.commands.site import Site
from backline.resources.failure import ExitCode, Failure, Interrupted

COMMAND = "<command>"
"""What stands for the command in a hint of whoever does not know which it was."""
NOT_BEGUN = (ExitCode.USAGE, ExitCode.UNREACHABLE, ExitCode.LOCKED)
UNTOUCHED = "nothing was touched"
LEFT = "the host ends by itself what this command had begun there; what was done stays done"
ENDED = "what this command had begun on its hosts has been ended"
"""After Ctrl-C, where nobody below knew more."""
LINES_SHOWN = 8
SENT_LINE = re.compile(r'File "<backline\.resources\.(\w+)>", line (\d+)')
"""How a host's traceback names a line of a resource that was sent to it."""

NEXT = re.compile(r"\binv [a-z][a-z-]*( \S+)*$")
"""A command at the end of a line that is to be typed next, of those that are about hosts of the inventory."""


def explain(failure: Failure, site: Site) -> None:
    """Fill in what is not said yet; what is said stays as it is."""
    from backline.fleet.session import Lost

    failure.step = failure.step or site.command.partition(" ")[0]
    failure.hint = _own_line(failure, site.project / "resources") or failure.hint
    failure.hint = _next(failure, site)
    if isinstance(failure, Lost):
        failure.state = failure.state or LEFT
    elif failure.code in NOT_BEGUN:
        failure.state = failure.state or UNTOUCHED
    elif isinstance(failure, Interrupted) and failure.host:
        failure.state = failure.state or ENDED


def fault(error: Exception) -> Failure:
    """An error that no code of ours foresaw, as a failure that says so."""
    told = traceback.format_exception(error)
    return Failure(
        f"a fault in Backline itself: {type(error).__name__}: {error}",
        lines=tuple("".join(told).splitlines()[-LINES_SHOWN:]),
        hint="give the command once more with --debug, and report what it shows",
    )


def _own_line(failure: Failure, resources: Path) -> str:
    """Where a resource of the project's own raised an error on the host; empty where none did."""
    sent = SENT_LINE.findall("\n".join(failure.lines))
    own = [f"mend resources/{name}.py:{line}" for name, line in sent if (resources / f"{name}.py").exists()]
    return own[-1] if own else ""


def _next(failure: Failure, site: Site) -> str:
    """What is to be typed next stands in every hint."""
    hint = failure.hint.replace(COMMAND, site.command)
    if "inv " in hint:
        return hint if isinstance(failure, Mistyped) else "\n".join(_entering(line, site) for line in hint.split("\n"))
    if isinstance(failure, Mistyped):
        return "\n".join(filter(None, (hint, site.again_with(failure.option, failure.instead))))
    if not hint and failure.code != ExitCode.USAGE:
        return f"what runs:  inv status{site.host_option}\nonce more:  {site.again}"
    return f"{hint or 'correct this'}\nthen:  {site.again}"


def _entering(line: str, site: Site) -> str:
    """The line of a hint; a command in it finds the same hosts as the one that was typed, and gets into them: in
    another inventory a host of this name is another one."""
    if not NEXT.search(line):
        return line
    said = line.split()
    return line + "".join(words for option, words in site.typed.items() if option not in said)
