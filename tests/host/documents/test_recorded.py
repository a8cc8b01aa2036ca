"""README and tour show what the commands say: each is followed again, and says every line that it shows."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from tests.host.documents.checkout import HERE
from tests.host.documents.document import Command, blocks
from tests.host.documents.recording import RECORDED, recorded, scene

pytestmark = [pytest.mark.timeout(900), pytest.mark.needs("sshd", "git", "make")]

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


def shown(markdown: str) -> Iterator[tuple[str, set[str]]]:
    """Each recorded command, with the forms of the lines that are shown below it."""
    for block in blocks(markdown):
        for step in block.steps() if block.above == RECORDED else ():
            assert isinstance(step, Command)
            lines = () if step.is_interrupted else step.output.splitlines()
            yield step.line, {form(line) for line in lines if not CHANCE.search(line)}


@pytest.mark.parametrize("name", ["README.md", "docs/tour.md"])
def test_what_the_document_shows_is_what_is_said(name: str) -> None:
    before = (HERE / name).read_text(encoding="utf-8")
    with scene() as here:
        now = recorded(before, here)
    for (command, then), (same, said) in zip(shown(before), shown(now), strict=True):
        assert command == same
        assert then - said == set(), f"$ {command}\nno longer says this; record {name} anew (make record, make tour)"
        assert said or not then
    assert any(then for _, then in shown(before))
