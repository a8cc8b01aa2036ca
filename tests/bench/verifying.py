"""The end state of a host, read from outside: two tools have done the same work where these are equal."""

from __future__ import annotations

import hashlib
import re
import stat
from collections.abc import Iterator
from pathlib import Path

from tests.bench.artifacts import WHEELS
from tests.lab.host import Host

TREES = ("srv/kiosk/releases", "srv/kiosk/wheels", "etc/kiosk", "etc/supervisor/conf.d", "etc/nginx")
PATHS = (
    *("srv/kiosk", "srv/kiosk/current", "srv/kiosk/venv/bin/python", "var/log/kiosk", "etc/logrotate.d/kiosk"),
    *("etc/profile.d/kiosk.sh", "etc/login.defs", "etc/hosts", "etc/environment", "etc/sysctl.d/60-kiosk.conf"),
)
OWN_MARKS = re.compile(r"srv/kiosk/releases/(\.[^/]*\.archive|[^/]*\.tar\.gz)$")
"""What a tool leaves for itself: Backline the name of the archive beside the release, pyinfra the archive."""
JOB = re.compile(r"^17\s+3\s+\*\s+\*\s+\*\s+(?:kiosk\s+)?(/srv/kiosk/venv/bin/python .*)$", re.MULTILINE)


def end_state(host: Host) -> tuple[str, ...]:
    """One line a thing: files, owners, modes, contents, user, job, packages, programs that run."""
    root = host.root
    users, groups = _names(root / "etc/passwd"), _names(root / "etc/group")
    found = [*PATHS, *(str(path.relative_to(root)) for tree in TREES for path in sorted((root / tree).rglob("*")))]
    files = [_line(root, path, users, groups) for path in found if not OWN_MARKS.search(path)]
    return (*files, *_user(root), *_jobs(root), *_packages(root), *_programs(root, users))


def _line(root: Path, path: str, users: dict[int, str], groups: dict[int, str]) -> str:
    place = root / path
    try:
        status = place.lstat()
    except FileNotFoundError:
        return f"absent {path}"
    if stat.S_ISLNK(status.st_mode):
        return f"link {path} -> {place.readlink()}"
    owner = f"{users.get(status.st_uid)}:{groups.get(status.st_gid)} {stat.S_IMODE(status.st_mode):04o}"
    if stat.S_ISDIR(status.st_mode):
        return f"directory {path} {owner}"
    return f"file {path} {owner} {hashlib.sha256(place.read_bytes()).hexdigest()[:16]}"


def _names(path: Path) -> dict[int, str]:
    entries = (line.split(":") for line in path.read_text().splitlines())
    return {int(fields[2]): fields[0] for fields in entries}


def _user(root: Path) -> Iterator[str]:
    """Without its numbers, which depend on who came first."""
    for line in (root / "etc/passwd").read_text().splitlines():
        name, _, number, _, _, home, shell = line.split(":")
        if name == "kiosk":
            yield f"user {name} {home} {shell} {'system' if int(number) < 1000 else 'person'}"


def _jobs(root: Path) -> Iterator[str]:
    """In either of the places that cron reads: a user's own table, or a file that names the user."""
    for path in (root / "var/spool/cron/crontabs/kiosk", root / "etc/cron.d/kiosk-cleanup"):
        if path.exists():
            for command in JOB.findall(path.read_text()):
                yield f"job 17 3 * * * as kiosk: {command}"


def _packages(root: Path) -> Iterator[str]:
    for name, version, _ in WHEELS:
        places = (root / "srv/kiosk/venv").glob(f"lib/python3.*/site-packages/{name}-{version}.dist-info/RECORD")
        yield f"package {name} {version} {'installed' if any(places) else 'absent'}"


def _programs(root: Path, users: dict[int, str]) -> Iterator[str]:
    found: list[str] = []
    for process in (root / "proc").glob("[0-9]*"):
        try:
            words = (process / "cmdline").read_text().split("\0")
            owner = users.get(process.stat().st_uid)
        except (FileNotFoundError, ProcessLookupError):
            continue
        if any(word.endswith("waits.py") for word in words):
            found.append(f"runs {' '.join(words[1:]).strip()} as {owner}")
    return iter(sorted(found))
