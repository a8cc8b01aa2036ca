"""The failure screen: one screen, with what proves it and what to type next."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from backline.report.failure import failure_screen
from backline.resources.failure import ConfigurationError, Failure, Interrupted, Partial, Refused

PIP = Failure(
    "pip ended with exit code 1",
    lines=(
        "ERROR: Could not find a version that satisfies the requirement djangoo==5.2",
        "ERROR: No matching distribution",
    ),
    hint="inv deploy --host web1",
    state="r42 serves, untouched; nothing of r43 goes on running",
    host="web1",
    step="build virtualenv",
)
PIP_SCREEN = """\
Failed: web1 · build virtualenv
  pip ended with exit code 1

    ERROR: Could not find a version that satisfies the requirement djangoo==5.2
    ERROR: No matching distribution

  state  r42 serves, untouched; nothing of r43 goes on running
         worker2: r42
  next   inv deploy --host web1"""


def test_a_failure_says_where_why_by_what_how_things_stand_and_what_next() -> None:
    assert failure_screen(PIP, ["worker2: r42"]) == PIP_SCREEN


def test_colour_changes_nothing_but_colour() -> None:
    coloured = failure_screen(PIP, ["worker2: r42"], color=True)
    assert coloured.startswith("\x1b[1;31mFailed\x1b[0m: \x1b[1mweb1 · build virtualenv\x1b[0m\n")
    for code in ("\x1b[1;31m", "\x1b[1m", "\x1b[0m"):
        coloured = coloured.replace(code, "")
    assert "\n".join(line.rstrip() for line in coloured.splitlines()) == PIP_SCREEN


def test_a_bare_failure_is_two_lines() -> None:
    assert failure_screen(Failure("no reason")) == "Failed\n  no reason"


def test_each_kind_of_failure_has_its_title() -> None:
    titles = [failure_screen(kind("x")).splitlines()[0] for kind in (Refused, ConfigurationError, Partial, Interrupted)]
    assert titles == ["Refused", "Not begun", "Not finished", "Stopped"]


def test_of_many_lines_the_last_are_shown() -> None:
    screen = failure_screen(
        Failure("it broke", lines=tuple(f"line {number}" for number in range(100)), hint="inv status")
    )
    lines = screen.splitlines()
    assert (len(lines), lines[3], lines[4], lines[-3]) == (24, "    … 82 more lines", "    line 82", "    line 99")


def test_of_many_wrong_variables_the_first_are_shown() -> None:
    failure = ConfigurationError("40 variables are wrong", lines=tuple(f"variable {number}" for number in range(40)))
    lines = failure_screen(failure).splitlines()
    assert (len(lines), lines[3], lines[-1]) == (24, "    variable 0", "    … 20 more lines")


def test_a_long_line_is_folded_and_keeps_its_indentation() -> None:
    screen = failure_screen(Failure("it broke", lines=("    raise " + "word " * 20,)))
    assert screen.splitlines()[3:] == [
        "        raise word word word word word word word word word word word word word",
        "        word word word word word word word",
    ]


def test_commands_to_copy_are_not_broken() -> None:
    hint = "inv deploy " + "--host web1 " * 10 + "--yes\ninv status"
    assert failure_screen(Failure("x", hint=hint)).splitlines()[-2:] == [
        f"  next   {hint.splitlines()[0]}",
        "         inv status",
    ]


def test_secrets_and_control_characters_do_not_show() -> None:
    failure = Failure("login with hunter2 failed", lines=("\x1b[31mhunter2\x1b[0m\x07 is wrong",), hint="x hunter2")
    screen = failure_screen(failure, ["hunter2"], secrets=frozenset({"hunter2"}))
    assert screen == "Failed\n  login with •••• failed\n\n    •••• is wrong\n\n  state  ••••\n  next   x ••••"


@given(
    cause=st.text(max_size=200),
    lines=st.lists(st.text(max_size=500), max_size=60),
    state=st.lists(st.text(max_size=100), max_size=20),
)
def test_whatever_is_told_fits_one_screen(cause: str, lines: list[str], state: list[str]) -> None:
    screen = failure_screen(Failure(cause, lines=tuple(lines), hint="inv status"), state).split("\n")
    assert len(screen) <= 24
    assert max(map(cell_len, screen)) <= 80
