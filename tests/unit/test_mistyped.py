"""A word of the command that cannot be meant: what to type next is the command with another in its place."""

from __future__ import annotations

from pathlib import Path

import pytest

from backline.commands.entrance import Entrance
from backline.commands.explaining import explain
from backline.commands.log_choice import Choice
from backline.commands.logs import Wanted
from backline.commands.mistyped import Mistyped, number
from backline.commands.site import Site
from backline.resources.failure import ExitCode


def typed(command: str, forks: str = "") -> Site:
    return Site(Path("/srv/project"), host="web1", command=command, forks=forks)


def next_of(failure: Mistyped, site: Site) -> str:
    """The last line of what is said; said twice, since a run explains it for its summary and then for the screen."""
    explain(failure, site)
    explain(failure, site)
    assert failure.code == ExitCode.USAGE
    assert failure.hint.count("inv ") == 1, failure.hint
    return failure.hint.splitlines()[-1]


@pytest.mark.parametrize("value", ["x", "-1", "0", "two hosts"])
def test_a_number_of_hosts(value: str) -> None:
    site = typed(f"deploy --forks '{value}' --force", forks=value)
    with pytest.raises(Mistyped) as wrong:
        _ = site.most_at_once
    assert next_of(wrong.value, site) == "inv deploy --forks 4 --force --host web1"


@pytest.mark.parametrize(
    ("options", "wanted", "right"),
    [
        ("-n ten", Wanted(n="ten"), "-n 20"),
        ("--around x", Wanted(around="x"), "--around 20"),
        ("--level wrn", Wanted(level="wrn"), "--level warning"),
        ("--level loud", Wanted(level="loud"), "--level warning"),
        ("--grep '['", Wanted(grep="["), r"--grep '\['"),
    ],
)
def test_options_of_logs(options: str, wanted: Wanted, right: str) -> None:
    with pytest.raises(Mistyped) as wrong:
        _ = wanted.lines, wanted.sieve()
    assert next_of(wrong.value, typed(f"logs {options}")) == f"inv logs {right} --host web1"


def test_a_number_of_runs() -> None:
    with pytest.raises(Mistyped, match="-n abc: a number of runs is meant") as wrong:
        number("-n", "abc", "runs", "20")
    assert next_of(wrong.value, typed("history -n abc")) == "inv history -n 20 --host web1"


@pytest.mark.parametrize(("there", "right"), [({"mail", "default"}, "mail"), ({"default", "slow"}, "default")])
def test_a_worker(there: set[str], right: str) -> None:
    wrong = Choice(("celery",), "mial").unknown(there)
    assert isinstance(wrong, Mistyped)
    site = typed("tail-celery-log --worker mial")
    assert next_of(wrong, site) == f"inv tail-celery-log --worker {right} --host web1"


def test_an_inventory(tmp_path: Path) -> None:
    (tmp_path / "inventory").mkdir()
    site = Site(tmp_path, host="web1", inventory_path="/nowhere", command="ping")
    with pytest.raises(Mistyped) as wrong:
        _ = site.inventory
    assert next_of(wrong.value, site) == "inv ping --host web1"


@pytest.mark.parametrize("both", [True, False])
def test_a_password_that_nobody_can_be_asked_for(both: bool) -> None:
    site = Site(Path("/srv/project"), command="ping", entrance=Entrance(ask_pass=True, ask_become_pass=both))
    wrong = Mistyped("no answer", option="--ask-pass", instead=None)
    assert next_of(wrong, site) == f"inv ping{' --ask-become-pass' if both else ''}"
