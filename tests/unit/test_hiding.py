"""No secret in what is told of a host: whole, line by line, or as a shell, Python and JSON write it."""

from __future__ import annotations

import json
import shlex

import pytest

from backline.agent.events import Event, Kind
from backline.fleet.hiding import Hiding
from backline.resources.failure import Failure
from backline.resources.resource import Difference
from backline.resources.secret import MASK
from backline.settings.launcher import shell_quoted

KEY = "-----BEGIN KEY-----\nMIIEvQIBADANBg\n  kqhkiG9w0BAQEF\n}\n-----END KEY-----\n"
INSIDES = ("MIIEvQIBADANBg", "kqhkiG9w0BAQEF")
QUOTED = 'it\'s "one" \\ of\ttwo'


def hiding(*secrets: str) -> Hiding:
    made = Hiding()
    made.add(secrets)
    return made


@pytest.mark.parametrize("line", KEY.splitlines())
def test_each_line_of_a_long_secret_is_hidden_where_it_comes_alone(line: str) -> None:
    event = Event(Kind.OUTPUT, 0.0, text=f"read: {line.strip()}!", subject=line)
    told = hiding(KEY).event(event)
    if len(line) > 1:
        assert told.text == f"read: {MASK}!"
        assert line.strip() not in told.subject
    else:  # what tells nothing would hide half of every output
        assert told == event


def test_a_failure_hides_them_in_cause_lines_and_hint() -> None:
    first, second = INSIDES
    failure = Failure(f"no {KEY}", lines=(f"+ {first}", f"+ {second}", "}"), hint=f"try {first}")
    hidden = hiding(KEY).failure(failure)
    assert (hidden.cause, hidden.lines, hidden.hint) == (
        f"no {MASK}",
        (f"+ {MASK}", f"+ {MASK}", "}"),
        f"try {MASK}",
    )


def test_differences_hide_them_on_both_sides() -> None:
    difference = Difference("content", f"KEY={KEY}", f"-> {INSIDES[0]}")
    told = hiding(KEY).event(Event(Kind.RESOURCE, 0.0, differences=(difference,)))
    assert told.differences == (Difference("content", f"KEY={MASK}", f"-> {MASK}"),)


@pytest.mark.parametrize("write", [str, repr, json.dumps, shlex.quote, shell_quoted, lambda text: f"{[text]}"])
@pytest.mark.parametrize("secret", [QUOTED, "it's", 'say "now"', "umläut\\n", KEY])
def test_it_is_hidden_as_others_write_it(write: object, secret: str) -> None:
    assert callable(write)
    text = hiding(secret).text(f"set -x: TOKEN={write(secret)};")
    assert text.replace("'", "").replace('"', "").replace("[", "").replace("]", "") == f"set -x: TOKEN={MASK};"


def test_a_secret_that_holds_another_leaves_no_tail() -> None:
    assert hiding("hunter2", "hunter2-and-more").text("hunter2-and-more hunter2") == f"{MASK} {MASK}"


def test_an_empty_secret_hides_nothing() -> None:
    assert hiding("", "\n\n").text("plain words") == "plain words"


def test_without_secrets_an_event_is_as_it_was() -> None:
    event = Event(Kind.OUTPUT, 0.0, text="plain")
    assert Hiding().event(event) is event
