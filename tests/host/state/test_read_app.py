"""What a host remembers of an app is read in one answer, and nothing is changed by reading."""

from __future__ import annotations

import errno
import fcntl
import os
import platform
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from backline.agent.lock import Lock, holder_of
from backline.agent.lock_holder import LockHolder, lock_holder
from backline.agent.machine import Machine
from backline.agent.steps.append_ledger import AppendLedger, ReadLedger
from backline.agent.steps.burn_number import BurnNumber
from backline.agent.steps.mark_good import MarkGood
from backline.agent.steps.write_generation import WriteGeneration
from backline.resources.failure import LockHeld
from backline.resources.ledger import LedgerEntry
from backline.resources.process import WORKERS, Process
from backline.resources.program import Program
from backline.resources.program_files import write_programs
from backline.resources.records import GenerationRecord, LiveRecord

from .conftest import AppFolder, Folder


def test_host_without_the_app_has_nothing(app: AppFolder) -> None:
    found = app.read()
    assert (found.numbers, found.highest, found.releases, found.live, found.good) == ((), 0, (), None, ())
    assert (found.generations, found.programs, found.virtualenvs, found.journal, found.lock) == (
        (),
        (),
        (),
        False,
        None,
    )


def test_releases_generations_and_what_is_live_are_found(app: AppFolder, machine: Machine) -> None:
    first, second = app.make_release(1), app.make_release(2, "3.12-b")
    (app.root / "releases" / "3.partial").mkdir()
    (app.root / "venvs" / "half-made").mkdir()
    live = LiveRecord(2, ("shop-celery-r2-2", "shop-web-r2"))
    (app.state / "live.json").write_text(live.to_json())
    process = Process(Program("shop-celery-r2-2", ("celery",), "/", "/log"), WORKERS, "celery")
    generation = GenerationRecord("r2-2", 2, 2, (process,))
    WriteGeneration(str(app.state / "generations" / "r2-2.json"), generation.to_json()).perform(machine)
    for number in (1, 2, 1):
        MarkGood(str(app.state), number).perform(machine)
    found = app.read()
    assert (found.numbers, found.releases, found.live, found.good) == ((1, 2, 3), (first, second), live, (2, 1))
    assert [GenerationRecord.from_json(text) for text in found.generations] == [generation]
    assert found.virtualenvs == ("3.12-a", "3.12-b")


def test_number_that_was_burnt_is_not_used_again(app: AppFolder, machine: Machine) -> None:
    app.make_release(4)
    BurnNumber(str(app.state), 9).perform(machine)
    BurnNumber(str(app.state), 7).perform(machine)
    assert app.read().highest == 9


def test_lock_and_journal_are_told_of(app: AppFolder) -> None:
    lock = Lock(str(app.state / "lock"), "anna", "inv deploy", "10:00")
    lock.note("migrate")
    (app.state / "journal").touch()
    found = app.read()
    assert found.journal
    assert found.lock == LockHolder("anna", "inv deploy", "10:00", "migrate")
    lock.release()
    assert app.read().lock is None


@pytest.fixture
def layers(tmp_path: Path) -> Iterator[Path]:
    """An overlay of two file systems, where stat gives each file a device of its own."""
    lower, upper, merged = (tmp_path / name for name in ("lower", "upper", "merged"))
    for place in (lower, upper, merged):
        place.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "none", str(upper)], check=True)
    try:
        for place in (upper / "files", upper / "work"):
            place.mkdir()
        options = f"lowerdir={lower},upperdir={upper}/files,workdir={upper}/work,xino=off"
        subprocess.run(["mount", "-t", "overlay", "-o", options, "none", str(merged)], check=True)
        try:
            yield merged
        finally:
            subprocess.run(["umount", str(merged)], check=True)
    finally:
        subprocess.run(["umount", str(upper)], check=True)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may mount a file system")
def test_lock_is_told_of_where_stat_and_the_list_of_locks_name_a_device_differently(layers: Path) -> None:
    path = str(layers / "lock")
    lock = Lock(path, "anna", "inv deploy", "10:00")
    try:
        assert lock_holder(path) == LockHolder("anna", "inv deploy", "10:00")
    finally:
        lock.release()
    assert lock_holder(path) is None


def test_interpreter_is_found_by_name_by_version_and_by_path(app: AppFolder) -> None:
    own = app.read()
    assert (own.interpreter, own.interpreter_version) == (sys.executable, platform.python_version())
    assert app.read(python=sys.executable).interpreter_version == platform.python_version()
    assert app.read(python="python3").interpreter.endswith("/python3")
    assert app.read(python="3").interpreter.endswith("/python3")
    assert app.read(python="python9.9").interpreter == ""


def test_programs_of_another_app_are_left_out(app: AppFolder, daemon: Folder, machine: Machine) -> None:
    names = ("shopping-web-r3-2", "shop-admin-web-r3", "nginx", "shop_web", "shopping_web")
    (app.root / "logs").mkdir()
    ours = replace(daemon.program("shop-web-r1"), log_file=str(app.root / "logs" / "shop-web-r1.log"))
    programs = (ours, *(daemon.program(name) for name in names))
    write_programs(machine, daemon.include, programs)
    daemon.supervisor.reload_configuration()
    for program in programs:
        daemon.supervisor.add(program.name)
    assert sorted(one.name for one in app.read(daemon.socket).programs) == ["nginx", "shop-web-r1", "shop_web"]


def test_ledger_is_only_added_to_even_behind_half_a_line(app: AppFolder, machine: Machine) -> None:
    path = str(app.state / "ledger.jsonl")
    AppendLedger(path, '{"who": "anna"}').perform(machine)
    with open(path, "a") as file:
        file.write('{"who": "ber')
    AppendLedger(path, '{"who": "carl"}').perform(machine)
    assert ReadLedger(path).perform(machine) == ('{"who": "anna"}', '{"who": "ber', '{"who": "carl"}')
    assert ReadLedger(path, 1).perform(machine) == ('{"who": "carl"}',)


def test_ledger_and_lock_take_a_name_that_is_not_utf_8(tmp_path: Path, machine: Machine) -> None:
    path = str(tmp_path / "ledger")
    AppendLedger(path, LedgerEntry("", "", "", None, None, "failed", "caf\udce9", 1.0).to_line()).perform(machine)
    (line,) = ReadLedger(path).perform(machine)
    assert LedgerEntry.from_line(line).error == "caf\udce9"
    lock = Lock(str(tmp_path / "lock"), "ren\udce9", "deploy", "")
    assert holder_of(str(tmp_path / "lock"))["who"] == "ren\udce9"
    lock.release()


def test_a_lock_that_was_removed_while_it_was_waited_for_is_not_held(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who removes an app takes its lock away: whoever had opened it would hold what nobody else can find."""
    path = tmp_path / "lock"
    lock_file = fcntl.flock

    def removed_before(descriptor: int, operation: int) -> None:
        path.unlink()
        lock_file(descriptor, operation)

    with monkeypatch.context() as meanwhile:
        meanwhile.setattr(fcntl, "flock", removed_before)
        with pytest.raises(LockHeld):
            Lock(str(path), "anna", "deploy", "")
    Lock(str(path), "anna", "deploy", "").release()


def test_a_file_system_without_locks_is_not_taken_for_another_run(
    tmp_path: Path, machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(descriptor: int, operation: int) -> None:
        raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))

    monkeypatch.setattr(fcntl, "flock", refuse)
    with pytest.raises(OSError, match="No locks available"):
        Lock(str(tmp_path / "lock"), "anna", "deploy", "")


def test_the_ledger_s_folder_is_its_owner_s_where_nothing_was_deployed_yet(tmp_path: Path, machine: Machine) -> None:
    AppendLedger(str(tmp_path / "shop/.backline/ledger.jsonl"), "{}").perform(machine)
    assert (tmp_path / "shop/.backline").stat().st_mode & 0o777 == 0o700


def test_an_entry_of_the_ledger_may_hold_what_unicode_calls_the_end_of_a_line(tmp_path: Path, machine: Machine) -> None:
    path, entry = str(tmp_path / "ledger"), '{"error": "no such file: a\u2028b\u0085c"}'
    AppendLedger(path, entry).perform(machine)
    assert ReadLedger(path).perform(machine) == (entry,)
