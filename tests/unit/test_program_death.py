"""Why a program died, by the end of its log, and what is to be done."""

from __future__ import annotations

from pathlib import Path

import pytest

from backline.resources.failure import Failure, Refused
from backline.resources.program_health import death
from backline.resources.supervisor_rpc import BACKOFF, ProcessInfo

LAUNCHER = "/srv/shop/releases/2/.backline/run"
GUNICORN = "/srv/shop/releases/2/.venv/bin/gunicorn"


def failure_of(log: Path, text: str) -> Failure:
    log.write_text(text)
    info = ProcessInfo("shop-web-r2", "shop-web-r2", BACKOFF, spawn_error="Exited too quickly", log_file=str(log))
    return death(info, str(log.parent), Refused, "exit status 127")


@pytest.mark.parametrize(
    "line",
    [
        f"{LAUNCHER}: 16: exec: {GUNICORN}: not found",  # dash
        f"{LAUNCHER}: line 16: {GUNICORN}: No such file or directory",  # bash
        f"{LAUNCHER}: exec: line 16: {GUNICORN}: not found",  # busybox
    ],
)
def test_a_program_that_the_virtualenv_lacks_is_named_with_who_must_bring_it(tmp_path: Path, line: str) -> None:
    failure = failure_of(tmp_path / "web.log", f"of the release before\n{line}\n")
    assert failure.cause == (
        "shop-web-r2 does not stay up (BACKOFF, exit status 127): gunicorn is not in the virtualenv"
    )
    assert failure.hint == "name gunicorn in the project's requirements, and commit"


@pytest.mark.parametrize("text", ["", "no room\n", f"{LAUNCHER}: 16: exec: {GUNICORN}: not found\nlistening\n"])
def test_another_end_is_told_in_supervisors_words_and_with_the_log(tmp_path: Path, text: str) -> None:
    failure = failure_of(tmp_path / "web.log", text)
    assert failure.cause.endswith("(BACKOFF, exit status 127): Exited too quickly")
    assert failure.hint == f"its log says more:\n{tmp_path / 'web.log'}"
