"""What a command with --check foretells, beside what the same command without it then does."""

from __future__ import annotations

import hashlib
import json
import os
import stat
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from tests.host.deploy.cutting import SandboxHost
from tests.host.deploy.project import Completed, Project

NOT_OURS = ("shop/logs", "shop/run", "shop/shared", ".backline/redis", ".backline/supervisord.log", ".sandbox")
"""What the services and the app write of themselves: logs, sockets, the broker's and the app's own data."""
APPLYING = "  Applying "

Change = tuple[str, tuple[tuple[str, object, object], ...]]
"""A resource's subject, and each attribute with what it was and what it should be."""


@dataclass(frozen=True)
class Foretold:
    """By check, or by what came of it. Names are sorted, resources in the order in which they change."""

    status: str
    resources: tuple[Change, ...]
    handlers: tuple[str, ...]
    sent: tuple[str, ...] = ()
    migrated: tuple[str, ...] = ()
    started: tuple[str, ...] = ()
    ended: tuple[str, ...] = ()


def home(project: Project) -> Path:
    return Path(project.environment["BACKLINE_SANDBOX_ROOT"])


def everything(root: Path) -> dict[str, tuple[object, ...]]:
    """Every path of a host: type, mode, owner, size, time of change to the nanosecond, content."""
    return dict(_found(str(root), str(root)))


def _found(root: str, folder: str) -> Iterator[tuple[str, tuple[object, ...]]]:
    for entry in os.scandir(folder):
        name = entry.path[len(root) + 1 :]
        if name in NOT_OURS:
            continue
        facts = entry.stat(follow_symlinks=False)
        content = os.readlink(entry.path) if entry.is_symlink() else ""
        if entry.is_file(follow_symlinks=False):
            content = _hash(entry.path, (facts.st_dev, facts.st_ino, facts.st_ctime_ns, facts.st_size))
        yield (
            name,
            (stat.filemode(facts.st_mode), facts.st_uid, facts.st_gid, facts.st_size, facts.st_mtime_ns, content),
        )
        if entry.is_dir(follow_symlinks=False):
            yield from _found(root, entry.path)


@cache
def _hash(path: str, as_of: tuple[int, ...]) -> str:
    """Of a file's content. It is read once as long as the kernel says of the file that nobody wrote into it: nobody can
    set that time."""
    return hashlib.sha256(Path(path).read_bytes()).hexdigest()


@contextmanager
def unwritten(project: Project) -> Iterator[None]:
    """Nothing of the host is written meanwhile, and no program started or ended."""
    host = SandboxHost(project)
    before, programs = everything(home(project)), host.programs_of_releases()
    yield
    after = everything(home(project))
    assert {name: after.get(name) for name in {*before, *after} if before.get(name) != after.get(name)} == {}
    assert host.programs_of_releases() == programs


def asked(project: Project, command: str, *words: str) -> Foretold:
    """What --check foretells; it writes nothing."""
    with unwritten(project):
        done = project.on_host(command, *words, "--check")
    assert done.summary["status"] == "checked"
    return foretold(done)


def foretold(done: Completed) -> Foretold:
    """What a check has told."""
    return Foretold(
        status=str(done.summary["release"]),
        resources=changes(done.events, "would-change"),
        handlers=subjects(done.events, "handler", "would-run"),
        sent=subjects(done.events, "foreseen", "would-send"),
        migrated=subjects(done.events, "foreseen", "would-migrate"),
        started=subjects(done.events, "foreseen", "would-start"),
        ended=subjects(done.events, "foreseen", "would-stop", "would-drain"),
    )


def came_true(project: Project, command: str, *words: str) -> Foretold:
    """What the command has done: by its events, by Supervisor, and by git."""
    host = SandboxHost(project)
    before, known = set(host.programs_of_releases()), blobs_on_host(project)
    done = project.on_host(command, *words)
    after = set(host.programs_of_releases())
    output = (str(event["text"]) for event in done.events if event["event"] == "output")
    applied = (line[len(APPLYING) :].partition("...")[0] for line in output if line.startswith(APPLYING))
    made = done.summary["status"] == "deployed" and command == "deploy"
    return Foretold(
        status=str(done.summary["release"]),
        resources=changes(done.events, "changed"),
        handlers=subjects(done.events, "handler", "done"),
        sent=tuple(sorted(path for path, blob in tree(project, "HEAD") if made and blob not in known)),
        migrated=tuple(sorted(applied)),
        started=tuple(sorted(after - before)),
        ended=tuple(sorted(before - after)),
    )


def changes(events: Iterable[dict[str, Any]], status: str) -> tuple[Change, ...]:
    """The resources of which this is told."""
    return tuple(
        (event["subject"], tuple(_attribute(item) for item in event["differences"]))
        for event in events
        if event["event"] == "resource" and event["status"] == status
    )


def _attribute(item: dict[str, Any]) -> tuple[str, object, object]:
    return item["attribute"], _timeless(item["before"]), _timeless(item["after"])


def _timeless(value: object) -> object:
    """A release's record without the moment at which it was made."""
    if isinstance(value, str) and value.startswith("{") and '"at"' in value:
        return {**json.loads(value), "at": ""}
    return value


def subjects(events: Iterable[dict[str, Any]], kind: str, *statuses: str) -> tuple[str, ...]:
    return tuple(sorted(event["subject"] for event in events if event["event"] == kind and event["status"] in statuses))


def tree(project: Project, commit: str) -> list[tuple[str, str]]:
    """Path and blob of each file of the shop at a commit."""
    listed = project.git("ls-tree", "-r", f"{commit}:examples/shop").splitlines()
    return [(line.partition("\t")[2], line.split()[2]) for line in listed]


def blobs_on_host(project: Project) -> set[str]:
    """Those that the releases there have."""
    commits = {item["commit"] for item in project.on_host("releases").document}
    return {blob for commit in commits for _, blob in tree(project, commit)}
