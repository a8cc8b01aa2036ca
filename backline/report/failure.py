"""A failure on one screen: where, why, the lines that prove it, the state of things, and what to type next."""

from __future__ import annotations

from collections.abc import Sequence

from backline.report.cells import USUAL_HEIGHT, USUAL_WIDTH, cut, printable, wrapped
from backline.report.paint import Paint
from backline.resources.failure import ExitCode, Failure, Interrupted
from backline.resources.secret import masked

MOST_CAUSE_LINES = 5
MOST_STATE_LINES = 6
FEWEST_PROOF_LINES = 3
MOST_ROWS_A_LINE = 3
INDENT = "  "
LABEL_WIDTH = len("state  ")
TITLES = {
    ExitCode.FAILED: "Failed",
    ExitCode.USAGE: "Not begun",
    ExitCode.LOCKED: "Locked",
    ExitCode.UNREACHABLE: "Unreachable",
    ExitCode.PARTIAL: "Not finished",
    ExitCode.REFUSED: "Refused",
}


def failure_screen(
    failure: Failure,
    state: Sequence[str] = (),
    *,
    width: int = USUAL_WIDTH,
    height: int = USUAL_HEIGHT,
    color: bool = False,
    secrets: frozenset[str] = frozenset(),
) -> str:
    """The screen as text without a last newline. `state` has a line for each host."""
    paint = Paint(color)
    inner = width - len(INDENT)
    cause = _limited(_rows_of(failure.cause, secrets, inner), MOST_CAUSE_LINES)
    told = [failure.state, *state] if failure.state else state
    standing = [row for line in told for row in _rows_of(line, secrets, inner - LABEL_WIDTH)]
    below = _labelled("state", _limited(standing, MOST_STATE_LINES), paint)
    below += _labelled("next", _lines_of(failure.hint, secrets), paint)
    room = height - 1 - len(cause) - len(below) - (1 if below else 0) - (1 if failure.lines else 0)
    proof = _proof(_lines_of("\n".join(failure.lines), secrets), failure, inner - 2, max(room, FEWEST_PROOF_LINES))
    screen = [_title(failure, paint), *(f"{INDENT}{line}" for line in cause)]
    if proof:
        screen += ["", *(f"{INDENT}{INDENT}{line}".rstrip() for line in proof)]
    if below:
        screen += ["", *below]
    return "\n".join(screen)


def _title(failure: Failure, paint: Paint) -> str:
    title = "Stopped" if isinstance(failure, Interrupted) else TITLES.get(failure.code, "Failed")
    where = " · ".join(part for part in (failure.host, failure.step) if part)
    return paint("bad", title) + (f": {paint('strong', where)}" if where else "")


def _proof(lines: list[str], failure: Failure, width: int, room: int) -> list[str]:
    """As many of the lines as there is room for. A program says last why it failed; a list of wrong variables is read
    from its beginning."""
    from_the_start = failure.code == ExitCode.USAGE
    shown: list[str] = []
    left = list(lines)
    while left:
        line = left[0] if from_the_start else left[-1]
        rows = _rows(line, width)
        needed = len(shown) + len(rows) + (1 if len(left) > 1 else 0)
        if shown and needed > room:
            count = f"… {len(left)} more lines" if len(left) > 1 else "… 1 more line"
            return [*shown, count] if from_the_start else [count, *shown]
        shown = shown + rows if from_the_start else rows + shown
        left = left[1:] if from_the_start else left[:-1]
    return shown


def _rows(line: str, width: int) -> list[str]:
    """A line folded to the width, its indentation kept; a very long one is cut."""
    indentation = line[: len(line) - len(line.lstrip())][: width // 2]
    rows = [indentation + row for row in wrapped(line.strip(), width - len(indentation))] or [""]
    if len(rows) <= MOST_ROWS_A_LINE:
        return rows
    return [*rows[: MOST_ROWS_A_LINE - 1], cut(rows[MOST_ROWS_A_LINE - 1] + " …", width)]


def _lines_of(text: str, secrets: frozenset[str]) -> list[str]:
    return [printable(line) for line in masked(text, secrets).splitlines()]


def _rows_of(text: str, secrets: frozenset[str], width: int) -> list[str]:
    return wrapped("\n".join(_lines_of(text, secrets)), width)


def _limited(lines: list[str], most: int) -> list[str]:
    """At most so many lines; that some were left out is said."""
    if len(lines) <= most:
        return lines
    return [*lines[: most - 1], f"… {len(lines) - most + 1} more lines"]


def _labelled(label: str, lines: Sequence[str], paint: Paint) -> list[str]:
    """`  next   inv status`: the label once, the rest below each other. Commands are not broken: they are copied."""
    names = [label, *[""] * len(lines)]
    return [
        f"{INDENT}{paint('strong', name)}{' ' * (5 - len(name))}  {line}".rstrip()
        for name, line in zip(names, lines, strict=False)
    ]
