"""The documents say what the code says."""

from __future__ import annotations

import re
from pathlib import Path

from backline.commands.collection import EVERYDAY, FAMILIES
from backline.commands.reference import variables_reference

CHECKOUT = Path(__file__).resolve().parents[2]
LINK = re.compile(r"\]\(([^)#:]+)\)")


def test_the_reference_of_variables_is_that_of_the_roles() -> None:
    assert (CHECKOUT / "docs" / "variables.md").read_text() == variables_reference(), "run: make reference"


def test_the_readme_names_every_command() -> None:
    readme = (CHECKOUT / "README.md").read_text()
    names = [command.name for command in EVERYDAY if command.name != "demo"] + list(FAMILIES)
    assert [name for name in names if f"`inv {name}" not in readme] == []


def test_every_link_leads_somewhere() -> None:
    for document in (CHECKOUT / "README.md", *(CHECKOUT / "docs").glob("*.md")):
        for target in LINK.findall(document.read_text()):
            assert (document.parent / target).exists(), f"{document.name}: {target}"


def test_the_help_of_every_command_ends_in_an_example() -> None:
    for command in (*EVERYDAY, *(item for family in FAMILIES.values() for item in family)):
        last = (command.body.__doc__ or "").rstrip().splitlines()[-1].strip()
        assert last.startswith("inv "), command.name
