"""Remove what no kept release needs: old releases, their generations, virtualenvs, uploads that stayed behind."""

from __future__ import annotations

import os

from backline.agent.steps.burn_number import BurnNumber
from backline.resources.absent import Absent
from backline.resources.dataclass import dataclass
from backline.resources.foresight import Would
from backline.resources.records import LiveRecord
from backline.resources.resource import Action, Host

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from backline.resources.foresight import Foresight

DELETED = " (deleted)"


@dataclass(frozen=True)
class InUse:
    """A release that was to go, and the processes that still hold it open."""

    number: int
    pids: tuple[int, ...]


@dataclass(frozen=True)
class Pruned:
    """What was removed, and what had to stay."""

    releases: tuple[int, ...]
    virtualenvs: tuple[str, ...]
    in_use: tuple[InUse, ...]


@dataclass(frozen=True)
class Prune(Action):
    """`keep` are the numbers of the releases that stay; so do what is live, what links lead to, and what is in use.

    To be performed under the lock: what is half-made is removed too, since nobody can be making it."""

    root: str
    keep: tuple[int, ...]

    def perform(self, host: Host) -> Pruned:
        directory = f"{self.root}/releases"
        names = host.names(directory)
        numbers = [int(name) for name in names if name.isdigit()]
        users = dict(_users(directory))
        old = sorted(set(numbers) - self._kept(host))
        removed = tuple(number for number in old if number not in users)
        if numbers:
            BurnNumber(f"{self.root}/.backline", max(numbers)).perform(host)
        for name in names:
            if _is_half(name) or (name.isdigit() and int(name) in removed):
                _remove(host, f"{directory}/{name}")
        self._forget_generations(host)
        self._remove_uploads(host)
        return Pruned(
            releases=removed,
            virtualenvs=self._remove_virtualenvs(host),
            in_use=tuple(InUse(number, users[number]) for number in old if number in users),
        )

    def foresee(self, host: Foresight) -> Pruned:
        pruned = self.perform(host)
        for name in (*(f"r{number}" for number in pruned.releases), *pruned.virtualenvs):
            host.foretell(Would.REMOVE, name)
        return pruned

    def _kept(self, host: Host) -> frozenset[int]:
        kept = set(self.keep)
        live = f"{self.root}/.backline/live.json"
        if host.status(live):
            record = LiveRecord.from_json(host.read(live).decode())
            kept.add(record.release)
            kept.update(map(_number_of_program, record.programs))
            kept.update(map(_number_of_label, record.generations))
        for link in ("current", "run/static", "run/static-previous"):
            found = host.status(f"{self.root}/{link}")
            number = found.target.rpartition("releases/")[2].partition("/")[0] if found else ""
            if number.isdigit():
                kept.add(int(number))
        return frozenset(kept)

    def _forget_generations(self, host: Host) -> None:
        """Those whose release is gone, with the logs of their programs."""
        directory = f"{self.root}/.backline/generations"
        left = {name for name in host.names(f"{self.root}/releases") if name.isdigit()}
        logs = {name: set(_logs_of(host.read(f"{directory}/{name}"))) for name in host.names(directory)}
        forgotten = [name for name in logs if str(_number_of_label(name.partition(".")[0])) not in left]
        kept = {log for name in logs if name not in forgotten for log in logs[name]}
        for name in forgotten:
            # In plain mode a log is of many generations; one that lies elsewhere is where a person wanted it.
            for log in logs[name] - kept:
                if log.startswith(f"{self.root}/logs/"):
                    _remove_rotated(host, log)
            host.remove(f"{directory}/{name}")

    def _remove_uploads(self, host: Host) -> None:
        directory = f"{self.root}/.backline/incoming"
        for name in host.names(directory):
            host.remove(f"{directory}/{name}")

    def _remove_virtualenvs(self, host: Host) -> tuple[str, ...]:
        """Those that no release links to any more. Returns their names."""
        directory = f"{self.root}/venvs"
        linked = set()
        for number in host.names(f"{self.root}/releases"):
            link = host.status(f"{self.root}/releases/{number}/.venv")
            if link and link.is_link:
                linked.add(link.target.rstrip("/").rpartition("/")[2])
        unneeded = tuple(name for name in host.names(directory) if name not in linked)
        for name in unneeded:
            _remove(host, f"{directory}/{name}")
        return unneeded


def _logs_of(record: bytes) -> Iterator[str]:
    """The log files that a generation's record names; it may name kinds of actions that the agent does not know."""
    import json

    try:
        pending = [json.loads(record)]
    except ValueError:  # cut off while it was written: it names nothing, and goes
        return
    while pending:
        value = pending.pop()
        if isinstance(value, dict):
            if isinstance(value.get("log_file"), str):
                yield value["log_file"]
            pending.extend(value.values())
        elif isinstance(value, list):
            pending.extend(value)


def _remove_rotated(host: Host, log: str) -> None:
    """A log, and what Supervisor's rotation made of it (`web.log.1`)."""
    folder, _, name = log.rpartition("/")
    for found in host.names(folder):
        if found == name or (found.startswith(f"{name}.") and found[len(name) + 1 :].isdigit()):
            host.remove(f"{folder}/{found}")


def _is_half(name: str) -> bool:
    """Begun and not finished, by whoever makes releases (`43.partial`, `.43.new`) or removes them (`.removed-43`)."""
    return name.startswith(".") or (not name.isdigit() and name.partition(".")[0].isdigit())


def _number_of_label(label: str) -> int:
    """`r43-2` is of 43; 0 for what is no label."""
    number = label[1:].partition("-")[0]
    return int(number) if label.startswith("r") and number.isdigit() else 0


def _number_of_program(name: str) -> int:
    """`shop-celery-mail-r43-2` is of 43; 0 for what is of no release."""
    import re

    found = re.search(r"-r(\d+)(-\d+)?$", name)
    return int(found.group(1)) if found else 0


def _users(directory: str) -> Iterator[tuple[int, tuple[int, ...]]]:
    """Release numbers with the processes that work in their directory or hold a file of it open."""
    pids: dict[int, set[int]] = {}
    prefix = os.path.realpath(directory) + "/"
    for name in os.listdir("/proc"):
        if not name.isdigit():
            continue
        for path in _held(name):
            number = path[len(prefix) :].partition("/")[0] if path.startswith(prefix) else ""
            if number.isdigit():
                pids.setdefault(int(number), set()).add(int(name))
    for used, found in pids.items():
        yield used, tuple(sorted(found))


def _held(pid: str) -> Iterator[str]:
    """Where a process works, and what it has open. What may not be looked at belongs to another user."""
    links = [f"/proc/{pid}/cwd"]
    try:
        links += [f"/proc/{pid}/fd/{name}" for name in os.listdir(f"/proc/{pid}/fd")]
    except OSError:
        pass
    for link in links:
        try:
            path = os.readlink(link)
        except OSError:
            continue
        yield path[: -len(DELETED)] if path.endswith(DELETED) else path


def _remove(host: Host, path: str) -> None:
    """Remove a directory, first from sight and then from disk, so that a half-removed one is never taken for whole."""
    folder, _, name = path.rpartition("/")
    away = path if name.startswith(".removed-") else f"{folder}/.removed-{name}"
    if away != path:
        host.rename(path, away)
    Absent(away).converge(host)
