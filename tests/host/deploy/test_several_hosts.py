"""Several hosts in one run: all are locked or none, all switch or none, one migrates, one has beat."""

from __future__ import annotations

import fcntl
import json
import os
import signal
import threading
from collections.abc import Generator, Iterator
from contextlib import ExitStack, contextmanager

import pytest

from tests.host.deploy.cutting import Deploy, SandboxHost, Visitor, eventually, eventually_nothing, is_stopped
from tests.host.deploy.project import Completed
from tests.host.deploy.several import BROKER, SITE, WORKER, OneOfSeveral, Several, several_hosts
from tests.host.deploy.switch_gate import switch_gates

pytestmark = [pytest.mark.needs("sshd", "git"), pytest.mark.timeout(400)]


@pytest.fixture(scope="module")
def deployed() -> Generator[Several]:
    with several_hosts() as several:
        several.project.on_host("deploy")
        yield several


@pytest.fixture
def several(deployed: Several) -> Iterator[Several]:
    """The same, all as their variables had them at first, and with a release that serves everywhere."""
    yield deployed
    for name in deployed.hosts:
        (deployed.project.folder / "inventory/host_vars" / name / "besides.yml").unlink(missing_ok=True)


@contextmanager
def untouched(several: Several, label: str) -> Iterator[None]:
    """Whatever happens in the block: the site answers, what served serves, and soon the rest is gone, on every host."""
    before = {host.name: serving(host) for host in several.serving}
    visitor = Visitor(several.hosts[SITE].address)
    with visitor.visiting():
        yield
        for host in several.serving:
            eventually_nothing(lambda host=host: host.traces(label))  # type: ignore[misc]
            eventually(host.lock_is_free)
    assert {host.name: serving(host) for host in several.serving} == before
    assert visitor.count
    assert visitor.wrong == []


def serving(host: SandboxHost) -> dict[str, object]:
    """What serves. Beat, where it is to go to another host, is stopped before the switch and started again: its program
    counts, and not its process."""
    found = host.serving()
    pids = found["pids"]
    assert isinstance(pids, dict)
    return {**found, "pids": {name: "beat" if "-beat-" in name else pid for name, pid in pids.items()}}


def live(several: Several) -> dict[str, int]:
    """The release that serves each host, by its own record and by `current`."""
    found = {}
    for host in several.serving:
        found[host.name] = live_on(host)
        assert os.readlink(host.app / "current") == f"releases/{found[host.name]}"
    return found


def live_on(host: OneOfSeveral) -> int:
    release = json.loads((host.state / "live.json").read_text())["release"]
    assert isinstance(release, int)
    return release


def screen(done: Completed) -> str:
    """What a failure shows, without its folds."""
    return " ".join(done.err.split())


def next_number(several: Several) -> int:
    return 1 + max(int((host.state / "highest").read_text()) for host in several.serving)


def test_one_number_one_migration_one_beat_and_nothing_twice(several: Several) -> None:
    project = several.project
    done = project.on_host("deploy", "--force")
    assert done.summary["status"] == "deployed"
    release = done.summary["release"]
    assert {name: host["serves"] for name, host in done.summary["hosts"].items()} == {
        BROKER: "",
        SITE: release,
        WORKER: release,
    }
    assert set(live(several).values()) == {int(release[1:])}
    steps = [(one["step"], one["host"]) for one in done.events if one["event"] == "started"]
    assert [host for step, host in steps if step == "migrate"] == [SITE]
    assert [host for step, host in steps if step == "lock"] == [BROKER, SITE, WORKER]
    assert {host for step, host in steps if step == "take stock"} == {BROKER, SITE, WORKER}
    assert {host for step, host in steps if step in ("push code", "switch", "commit")} == {SITE, WORKER}
    assert max(steps.index(("switch", host)) for host in (SITE, WORKER)) < min(
        steps.index(("commit", host)) for host in (SITE, WORKER)
    )
    assert [(host.name, len(host.beats)) for host in several.serving] == [(SITE, 1), (WORKER, 0)]
    assert os.listdir(several.hosts[BROKER].app / "releases") == []

    again = project.on_host("deploy").summary
    assert (again["status"], again["release"]) == ("live", release)
    assert {host["changed"] for host in again["hosts"].values()} == {0}


def test_a_part_of_the_hosts_is_told_and_placed_by_all(several: Several) -> None:
    project = several.project
    done = project.inv("deploy", "--force", "--host", WORKER, "--json")
    assert f"not for {SITE}" in "\n".join(one["text"] for one in done.events if one["event"] == "note")
    assert [len(host.beats) for host in several.serving] == [1, 0]
    mixed = live(several)
    assert mixed[WORKER] == mixed[SITE] + 1
    refused = project.on_host("restart-workers", check=False)
    assert refused.code == 2
    assert "do not serve the same release" in refused.summary["error"]["cause"]
    nowhere = project.on_host("rollback", "--to", "r999", check=False)
    assert nowhere.code == 2
    assert f"{WORKER}: r999 is not on the host" in screen(nowhere)
    mended = project.on_host("deploy")
    assert any("different releases" in one["text"] for one in mended.events if one["event"] == "warning")
    assert set(live(several).values()) == {mixed[WORKER] + 1}


def test_beat_goes_from_one_host_to_another_and_is_never_twice(several: Several) -> None:
    for name in (SITE, WORKER):
        several.set(name, celery_beat_host=WORKER)
    alone = several.project.inv("deploy", "--host", WORKER, "--json", check=False)
    assert alone.code == 2
    assert "two beats" in alone.err
    with Beats(several).counting() as beats:
        lost_in_its_commit(several, SITE)
        assert [len(host.beats) for host in several.serving] == [1, 0]
        several.project.on_host("deploy")
    assert [len(host.beats) for host in several.serving] == [0, 1]
    assert beats.most == 1
    assert live(several)[SITE] == live(several)[WORKER]
    assert [len(host.beats) for host in several.serving] == [0, 1]


def lost_in_its_commit(several: Several, name: str) -> None:
    """The host's agent dies before it hears that all have switched; it is told first, for beat is to leave it."""
    host, number = several.hosts[name], next_number(several)
    with untouched(several, f"r{number}"), Deploy(several.project) as deploy:
        deploy.until("push code")
        with switch_gates(several.hosts[WORKER]) as (gate,):
            gate.await_guard()
            deploy.until("switch", "finished")  # on the host that is not held
            agent = host.agent()
            with host.paused(agent):
                gate.open()
                deploy.until("commit")
                os.kill(agent, signal.SIGKILL)
        ended = deploy.ended()
    assert ended.code == 5
    assert f"no answer to that from {name}" in screen(ended)
    assert [one["host"] for one in ended.events if (one["event"], one.get("step")) == ("started", "commit")] == [name]
    assert {one: told["serves"] for one, told in ended.summary["hosts"].items() if one != BROKER} == {
        name: None,
        WORKER: f"r{live_on(several.hosts[WORKER])}",
    }


class Beats:
    """Looks all the time how many there are."""

    def __init__(self, several: Several) -> None:
        self.most = 0
        self._several = several
        self._leaving = threading.Event()
        self._thread = threading.Thread(target=self._look)

    def _look(self) -> None:
        while not self._leaving.wait(0.02):
            self.most = max(self.most, sum(len(host.beats) for host in self._several.serving))

    @contextmanager
    def counting(self) -> Iterator[Beats]:
        self._thread.start()
        try:
            yield self
        finally:
            self._leaving.set()
            self._thread.join()


def test_one_host_s_lock_that_is_held_leaves_all_as_they_are(several: Several) -> None:
    before = [host.ledger() for host in several.serving]
    with (several.hosts[WORKER].state / "lock").open("r+") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        refused = several.project.on_host("deploy", "--force", check=False)
    assert refused.code == 3
    assert refused.summary["error"]["host"] == WORKER
    assert "no host is locked by this run" in refused.err
    assert not any(one.get("step") == "take stock" for one in refused.events)
    eventually(several.hosts[SITE].lock_is_free)
    assert [host.ledger() for host in several.serving] == before


@pytest.mark.parametrize("options", [(), ("--batch", "1", "--forks", "1")])
def test_a_host_that_cannot_switch_takes_the_others_back(several: Several, options: tuple[str, ...]) -> None:
    worker = several.hosts[WORKER]
    number = next_number(several)
    served = set(live(several).values())
    record = worker.state / "live.json"
    text = record.read_text()
    with untouched(several, f"r{number}"), Deploy(several.project, "--force", *options) as deploy:
        deploy.until("push code")
        record.unlink()
        record.mkdir()
        failed = deploy.ended()
        record.rmdir()
        record.write_text(text)
    assert failed.code == 1
    assert (failed.summary["error"]["host"], failed.summary["error"]["step"]) == (WORKER, "switch")
    ended = [one["step"] for one in failed.events if one["event"] == "finished" and one["host"] == SITE]
    assert ended[-3:] == ["switch", "take switch back", "undo"]
    assert {failed.summary["hosts"][name]["serves"] for name in (SITE, WORKER)} == {f"r{served.pop()}"}
    assert failed.summary["hosts"][WORKER]["error"]
    assert failed.summary["hosts"][SITE]["error"] is None
    assert several.project.on_host("deploy", "--force").summary["release"] == f"r{number + 1}"


def test_controller_killed_while_not_every_host_has_switched(several: Several) -> None:
    """Those that have switched go back by themselves, and so does the one that is just about to."""
    number = next_number(several)
    with untouched(several, f"r{number}"), Deploy(several.project, "--force", "--batch", "1") as deploy:
        deploy.until("push code")
        with switch_gates(several.hosts[WORKER]) as (gate,):
            gate.await_guard()
            assert live_on(several.hosts[SITE]) == number
            deploy.kill()
            gate.open()
            eventually(lambda: not several.hosts[WORKER].agents())
    assert several.project.on_host("deploy", "--force").summary["release"] == f"r{number + 1}"


def cut_off(several: Several, deploy: Deploy) -> None:
    """Every agent and guard at once, and whoever might ask them. First all stand still: none sees another's end."""
    pids = [deploy.process.pid, *(pid for host in several.hosts.values() for pid in host.agents())]
    for pid in pids:
        os.kill(pid, signal.SIGSTOP)
    eventually(lambda: all(is_stopped(pid) for pid in pids))
    for pid in pids:
        os.kill(pid, signal.SIGKILL)
    for host in several.serving:
        eventually(host.lock_is_free)


def repaired(several: Several) -> list[str]:
    """What the next deploy tells of each host that it repaired."""
    done = several.project.on_host("deploy", "--force")
    for host in several.serving:
        assert not (host.state / "journal").exists()
        assert not list(host.state.glob("journal.unsettled*"))
    words = "cut off together with its guard"
    told = [one for one in done.events if one["event"] == "note" and words in one["text"]]
    return sorted(f"{one['host']} {one['text'].rsplit(' ', 2)[1]}" for one in told)


def test_power_lost_before_the_switch_is_undone_by_the_next_run(several: Several) -> None:
    number = next_number(several)
    served = live(several)
    with Deploy(several.project, "--force") as deploy:
        deploy.until("push code")
        with switch_gates(*several.serving) as gates:
            for gate in gates:
                gate.await_guard()
            cut_off(several, deploy)
    assert live(several) == served
    assert all(host.traces(f"r{number}") for host in several.serving)
    assert repaired(several) == [f"{SITE} undone", f"{WORKER} undone"]
    assert all(not host.traces(f"r{number}") for host in several.serving)
    assert set(live(several).values()) == {number + 1}


def test_power_lost_while_not_every_host_has_switched_goes_back(several: Several) -> None:
    number = next_number(several)
    with Deploy(several.project, "--force", "--batch", "1") as deploy:
        deploy.until("push code")
        with switch_gates(several.hosts[WORKER]) as (gate,):
            gate.await_guard()
            cut_off(several, deploy)
    assert live(several)[SITE] == number
    assert live(several)[WORKER] != number, "a mix, which nobody was left to mend"
    refused = several.project.inv("deploy", "--host", SITE, check=False)
    assert refused.code == 2
    assert f"whether that goes back depends on {WORKER}" in screen(refused)
    assert f"inv deploy --host {SITE},{WORKER}" in screen(refused)
    assert live(several)[SITE] == number
    assert repaired(several) == [f"{SITE} undone", f"{WORKER} undone"]
    assert set(live(several).values()) == {number + 1}
    assert several.project.on_host("deploy").summary["status"] == "live"


def test_a_switch_that_cannot_be_taken_back_leaves_both_running(several: Several) -> None:
    """Until somebody has mended it, and the next run takes it back before anything else."""
    site, worker = several.hosts[SITE], several.hosts[WORKER]
    number = next_number(several)
    before = site.serving_programs()
    with Deploy(several.project, "--force", "--batch", "1") as deploy:
        deploy.until("push code")
        with switch_gates(worker) as (gate,):
            gate.await_guard()
            (site.app / "current").unlink()
            (site.app / "current").mkdir()
            os.kill(worker.agent(), signal.SIGKILL)
            gate.open()
            failed = deploy.ended()
    assert failed.code == 5
    assert f"could not be taken back on {SITE}" in failed.summary["error"]["cause"]
    assert failed.summary["hosts"][SITE]["serves"] is None
    running = site.serving_programs()
    assert running.items() >= before.items()
    assert [name for name in running if name.endswith(f"-r{number}")]
    eventually_nothing(lambda: worker.traces(f"r{number}"))

    refused = several.project.on_host("deploy", check=False)
    assert refused.code == 5
    assert "cannot be taken back" in refused.summary["error"]["cause"]
    (site.app / "current").rmdir()
    assert repaired(several) == [f"{SITE} undone"]
    assert set(live(several).values()) == {number + 1}
    eventually_nothing(lambda: site.traces(f"r{number}"))


@pytest.mark.parametrize("untold", [(), (WORKER,)])
def test_power_lost_after_the_commit_goes_forward(several: Several, untold: tuple[str, ...]) -> None:
    """Also on a host that the word had not reached: what another one's journal says decides for both. What follows the
    commit waits for the hosts' Supervisors, which are stopped."""
    number = next_number(several)
    with ExitStack() as stack, Deploy(several.project, "--force") as deploy:
        deploy.until("push code")
        with switch_gates(*several.serving) as gates:
            for gate in gates:
                gate.await_guard()
            for host in several.serving:
                stack.enter_context(host.paused(host.supervisor.pid))
            for gate in gates:
                gate.open()
            eventually(lambda: all(has_committed(host) for host in several.serving))
            cut_off(several, deploy)
    for name in untold:
        forget_commit(several.hosts[name])
    assert set(live(several).values()) == {number}
    assert repaired(several) == [f"{SITE} finished", f"{WORKER} finished"]


COMMITTED = '{"format": 1, "entry": "committed"'


def has_committed(host: OneOfSeveral) -> bool:
    return COMMITTED in (host.state / "journal").read_text()


def forget_commit(host: OneOfSeveral) -> None:
    """As if the power had gone a moment earlier: the journal is written line by line."""
    journal = host.state / "journal"
    text = journal.read_text()
    journal.write_text(text[: text.index(COMMITTED)])
