"""What is to be typed next is about the same hosts of the same inventory as what was typed."""

from __future__ import annotations

from pathlib import Path

import pytest

from backline.commands.entrance import Entrance
from backline.commands.explaining import explain
from backline.commands.mistyped import Mistyped
from backline.commands.site import Site
from backline.resources.failure import ConfigurationError, Failure, Partial

STAGING = Site(
    Path("/srv/project"),
    host="web",
    inventory_path="the staging/hosts.yml",
    vault_password_file="password",
    entrance=Entrance(ask_become_pass=True),
    command="deploy",
)
ENTERING = "--inventory 'the staging/hosts.yml' --vault-password-file password --ask-become-pass"


def next_of(failure: Failure, site: Site = STAGING) -> str:
    """Said twice, since a run explains it for its summary and then for the screen."""
    explain(failure, site)
    explain(failure, site)
    return failure.hint


@pytest.mark.parametrize(
    ("hint", "said"),
    [
        ("inv status", f"inv status --host web {ENTERING}"),
        ("what runs:  inv status --host web1", f"what runs:  inv status --host web1 {ENTERING}"),
        ("inv rollback --host web1\nor wait", f"inv rollback --host web1 {ENTERING}\nor wait"),
        (f"inv deploy --host web {ENTERING} --ref main", f"inv deploy --host web {ENTERING} --ref main"),
        (
            "the sandbox is not up; start it with: inv sandbox.up",
            "the sandbox is not up; start it with: inv sandbox.up",
        ),
    ],
)
def test_a_command_in_a_hint_is_about_the_same_hosts(hint: str, said: str) -> None:
    assert next_of(Partial("not everything runs r43", hint=hint)) == said
    assert next_of(Partial("not everything runs r43", hint=hint), Site(Path("/srv/project"))) == hint


def test_what_was_wrong_is_not_said_again() -> None:
    wrong = Mistyped("there is no inventory there", option="--inventory", instead=None, hint="take the usual one:")
    said = f"inv deploy --host web {ENTERING.partition('.yml')[2][2:]}"
    assert next_of(wrong) == f"take the usual one:\n{said}"


def test_where_nobody_knows_more_the_command_is_the_one_that_was_typed() -> None:
    assert next_of(ConfigurationError("wrong")) == f"correct this\nthen:  inv deploy --host web {ENTERING}"
