"""The documents say what the code says."""

from __future__ import annotations

import re
from pathlib import Path

from backline.commands.collection import found_commands
from backline.commands.reference import variables_reference

COMMANDS = found_commands()
CHECKOUT = Path(__file__).resolve().parents[2]
LINK = re.compile(r"\]\(([^)#:]+)\)")


def test_the_reference_of_variables_is_that_of_the_roles() -> None:
    assert (CHECKOUT / "docs" / "variables.md").read_text() == variables_reference(), "run: make reference"


def test_the_readme_names_every_command() -> None:
    readme = (CHECKOUT / "README.md").read_text()
    families = [family for family in COMMANDS if family]
    names = [command.name for command in COMMANDS[""] if command.name != "demo"] + families
    assert [name for name in names if f"`inv {name}" not in readme] == []


def test_no_two_commands_of_a_family_have_one_name() -> None:
    for family, commands in COMMANDS.items():
        names = [command.name for command in commands]
        assert sorted(names) == sorted(set(names)), family


def test_every_link_leads_somewhere() -> None:
    for document in (CHECKOUT / "README.md", *(CHECKOUT / "docs").glob("*.md")):
        for target in LINK.findall(document.read_text()):
            assert (document.parent / target).exists(), f"{document.name}: {target}"


def test_the_help_of_every_command_ends_in_an_example() -> None:
    for command in (item for family in COMMANDS.values() for item in family):
        last = (command.body.__doc__ or "").rstrip().splitlines()[-1].strip()
        assert last.startswith("inv "), command.name
