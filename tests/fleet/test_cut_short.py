"""A deploy to a real server that is cut short before its switch: what served serves, and nothing is left there."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import pytest

from tests.fleet.served import AGENT, Served
from tests.fleet.small_shop import held
from tests.host.deploy.cutting import Deploy, eventually
from tests.host.deploy.project import Completed
from tests.host.deploy.screens import assert_next_works, screen_of

FAILED, UNREACHABLE = 1, 4
SESSION = "sshd: deploy"
"""How the process of sshd that carries a login calls itself."""

HELD = {
    "check": "check",
    "build assets": "collectstatic",
    "migrate": "migrate",
    "start workers": "worker",
    "start web": "web",
    "take queues over": "control",
}
"""Steps that can be held open, and by what."""
PASSING = ("take stock", "push code", "build virtualenv", "start guard", "remember generation")
"""Steps that are cut as they begin; the last two have ended by then, or the next."""
NEXT = {"start guard": ("start guard", "remember generation", "start workers")}
NEXT["remember generation"] = NEXT["start guard"]


@contextmanager
def at(served: Served, step: str) -> Iterator[Deploy]:
    """A deploy of something new that is at this step, and stays there where it can be held."""
    shop = served.project.shop
    if step == "build virtualenv":
        (shop / "requirements.txt").write_text(f"{(shop / 'requirements.txt').read_text()}# anew\n")
    if step == "push code":
        (shop / "tea.bin").write_bytes(os.urandom(8_000_000))
    served.project.commit(f"cut at {step}")
    trial = 600 if step == "watch" else 0
    (served.project.folder / "inventory/host_vars/h1/trial.yml").write_text(f"app_trial_seconds: {trial}\n")
    with ExitStack() as stack:
        deploy = stack.enter_context(Deploy(served.project, "--force"))
        if step == "take queues over":  # what asks the new workers is not to be held
            deploy.until("start web", "finished")
        if step in HELD:
            stack.enter_context(held(served.host, HELD[step]))
        deploy.until(step)
        if step in HELD:
            eventually(lambda: waits(served, step))
        yield deploy
    served.project.git("reset", "--quiet", "--hard", "HEAD~1")


def waits(served: Served, step: str) -> bool:
    """Whether the host has come to what is held."""
    news = [name for name in served.running() if not name.endswith(f"-{served.live}")]
    if step == "take queues over":
        return any('"verb": "cancel"' in command for command in served.host.commands())
    if step == "start workers":
        return any("-celery-" in name for name in news)
    if step == "start web":
        return any("-web-" in name for name in news)
    return any(f"manage.py {HELD[step]}" in command for command in served.host.commands())


def assert_lost(served: Served, ended: Completed, step: str) -> None:
    """So ends a deploy whose host was lost."""
    assert ended.code == UNREACHABLE, ended.err
    error = ended.summary["error"]
    assert error["host"] == "h1"
    assert error["step"] in NEXT.get(step, (step,))
    screen = screen_of(ended)
    assert "was lost" in screen.text
    assert screen.state
    assert_next_works(served.project, screen.next)


def end_the_line(served: Served) -> None:
    """sshd's end of the connection is gone, at once and without a goodbye."""
    served.kill(SESSION)


@pytest.mark.parametrize("step", [*PASSING, *HELD, "watch"])
def test_the_connection_is_lost(served: Served, step: str) -> None:
    with served.untouched(), at(served, step) as deploy:
        end_the_line(served)
        assert_lost(served, deploy.ended(), step)


def test_nothing_more_comes_over_the_line(served: Served) -> None:
    """Frames vanish both ways; visitors cannot come either meanwhile, so what serves is looked at on the host."""
    before = served.serving()
    with at(served, "start workers") as deploy:
        served.host.cut()
        try:
            ended = deploy.ended()
            eventually(lambda: not any(AGENT in command for command in served.host.commands()))
        finally:
            served.host.heal()
        assert_lost(served, ended, "start workers")
    eventually(lambda: served.left() == [])
    eventually(lambda: served.serving() == before)


def test_the_agent_is_killed(served: Served) -> None:
    """Under sudo, which goes on for a moment; the guard is left."""
    with served.untouched(), at(served, "start web") as deploy:
        served.host.execute("kill", "-KILL", str(served.agents()[0]))
        ended = deploy.ended()
        assert_lost(served, ended, "start web")
        assert "a signal ended it" in screen_of(ended).text


@pytest.mark.parametrize("step", ["take stock", "start web"])
def test_control_c(served: Served, step: str) -> None:
    with served.untouched(), at(served, step) as deploy:
        deploy.control_c()
        ended = deploy.ended()
        assert served.left() == []
    assert ended.code == FAILED, ended.err
    screen = screen_of(ended)
    assert screen.title == f"Stopped: h1 · {step}"
    assert "stopped by Ctrl-C" in screen.text
    assert "goes on serving" in screen.state or f"{served.live} serves, untouched" in screen.state
    assert_next_works(served.project, screen.next)
    assert served.ledger()[-1]["status"] == "failed"


def test_control_c_twice(served: Served) -> None:
    """At once, whatever the host does."""
    with served.untouched(), at(served, "start workers") as deploy:
        served.host.cut()
        try:
            deploy.control_c()
            deploy.until_warned("second Ctrl-C")
            deploy.control_c()
            ended = deploy.ended()
        finally:
            served.host.heal()
    assert ended.code == FAILED, ended.err
    screen = screen_of(ended)
    assert f"{served.live} serves; each host undoes by itself" in screen.state
    assert screen.next == "what runs:  inv status --host all"


def test_sshd_is_restarted_meanwhile(served: Served) -> None:
    """What is connected stays connected. The last, since this one goes live, after all that was cut short."""
    old = served.live
    with Deploy(served.project, "--force") as deploy:
        with held(served.host, "check"):
            deploy.until("check")
            eventually(lambda: waits(served, "check"))
            served.host.execute("/etc/init.d/ssh", "restart")
        ended = deploy.ended()
    assert ended.code == 0, ended.err
    assert ended.summary["release"] == served.live != old
