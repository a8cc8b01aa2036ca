"""Whether a document that was recorded still shows what its commands say."""

from __future__ import annotations

import re
from collections.abc import Iterator

from tests.host.documents.document import Command, blocks
from tests.host.documents.recording import RECORDED

STATES = "running|just started"
FORMS = (
    (re.compile(r"\b(?=[0-9a-f]*\d)[0-9a-f]{7,}\b"), "ID"),
    (re.compile(rf"\b({STATES})\b"), "STATE"),
    (re.compile(r"\d+(?:[.,:]\d+)*"), "0"),
    (re.compile(r"\b0s?(?: [kM]?B)?\b"), "0"),
    (re.compile(r"\s+"), " "),
)
"""What differs each time, and what stands for it."""
CHANCE = re.compile(
    r"took \d|finishing|stopped|ended|still finishes|comes from the package index|/tools/|handler |warning"
)
"""Lines that depend on what the machine has, and on how long something took, such as the end of old programs."""


def form(line: str) -> str:
    for pattern, told in FORMS:
        line = pattern.sub(told, line)
    return line.strip()


def recorded_commands(markdown: str) -> Iterator[Command]:
    """Each command below a mark, with what is shown as its output."""
    for block in blocks(markdown):
        for step in block.steps() if block.above == RECORDED else ():
            assert isinstance(step, Command)
            yield step


def shown(command: Command) -> set[str]:
    """The forms of the lines that are shown below it."""
    lines = () if command.is_interrupted else command.output.splitlines()
    return {form(line) for line in lines if not CHANCE.search(line)}


def assert_still_said(before: str, now: str, make: str) -> None:
    """Every line that the document shows is said again; `make` is what records it anew."""
    for then, said in zip(recorded_commands(before), recorded_commands(now), strict=True):
        assert then.line == said.line
        assert shown(then) - shown(said) == set(), f"$ {then.line}\nno longer says this; record it anew ({make})"
        assert shown(said) or not shown(then)
    assert any(shown(then) for then in recorded_commands(before))
