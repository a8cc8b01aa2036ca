"""Everything that a host remembers and runs of one app, in one answer; takes no lock and changes nothing."""

from __future__ import annotations

import sys

from backline.agent.lock_holder import LockHolder, lock_holder
from backline.resources.dataclass import dataclass
from backline.resources.failure import Failure
from backline.resources.paths import lies_in
from backline.resources.records import GoodReleases, LiveRecord, ReleaseRecord
from backline.resources.resource import Host, Question
from backline.resources.supervisor_rpc import ProcessInfo, Supervisor, SupervisorAbsent

OF_A_GENERATION = r"-r\d+(-\d+)?$"
OF_AN_APP = rf"{OF_A_GENERATION}|_"
"""What the names of apps' programs hold, and those of services do not: a generation, or in plain mode an underscore."""


@dataclass(frozen=True)
class AppState:
    """An app on one host as it was found."""

    numbers: tuple[int, ...]
    """Release directories that are there, sorted, burnt and half-made ones included."""
    highest: int
    """The highest number that was ever used here; 0 for none. None is used again."""
    releases: tuple[ReleaseRecord, ...]
    live: LiveRecord | None
    good: tuple[int, ...]
    generations: tuple[str, ...]
    """Generation records as JSON, sorted by name: what they name need not be known to the agent."""
    programs: tuple[ProcessInfo, ...]
    """This app's programs and the services; none where no supervisord runs."""
    interpreter: str
    """The path of the Python that was asked for, empty where there is none."""
    interpreter_version: str
    """`3.11.2`"""
    virtualenvs: tuple[str, ...]
    """Names of those that are complete."""
    journal: bool
    """A deploy has left something that is to be undone or finished."""
    lock: LockHolder | None
    room: int | None = None
    """Bytes that are free for whoever runs the agent, where the releases lie; None where that is not known."""


@dataclass(frozen=True)
class ReadApp(Question):
    """Returns AppState. `python` is a name (`python3.12`), a version (`3.12`), a path, or empty for the agent's own.
    Without a socket no supervisord is asked for programs, which costs more than all else."""

    root: str
    supervisor_socket: str
    app_name: str
    python: str = ""

    def perform(self, host: Host) -> AppState:
        state = f"{self.root}/.backline"
        releases = _releases(host, f"{self.root}/releases")
        numbers = _numbers(host.names(f"{self.root}/releases"))
        good = _text(host, f"{state}/good.json")
        live = _text(host, f"{state}/live.json")
        generations = host.names(f"{state}/generations")
        path, version = _interpreter(host, self.python)
        return AppState(
            numbers=numbers,
            highest=max((*numbers, *_remembered(host, state), *_numbers_of_labels(generations)), default=0),
            releases=releases,
            live=LiveRecord.from_json(live) if live else None,
            good=GoodReleases.from_json(good).numbers if good else (),
            generations=tuple(
                _text(host, f"{state}/generations/{name}") for name in generations if name.endswith(".json")
            ),
            programs=self._programs(),
            interpreter=path,
            interpreter_version=version,
            virtualenvs=_virtualenvs(host, f"{self.root}/venvs"),
            journal=host.status(f"{state}/journal") is not None,
            lock=lock_holder(f"{state}/lock"),
            room=_room(self.root),
        )

    def _programs(self) -> tuple[ProcessInfo, ...]:
        if not self.supervisor_socket:
            return ()
        import re

        try:
            found = Supervisor(self.supervisor_socket).processes()
        except SupervisorAbsent:
            return ()
        return tuple(one for one in found if self._is_ours(one) or not re.search(OF_AN_APP, one.name))

    def _is_ours(self, found: ProcessInfo) -> bool:
        """`shop-admin-web-r1` begins as shop's do, and logs in the folder of another app. In plain mode a log may be
        anywhere."""
        import re

        begins_so = found.name.startswith((f"{self.app_name}-", f"{self.app_name}_"))
        return begins_so and (lies_in(found.log_file, self.root) or not re.search(OF_A_GENERATION, found.name))


def _room(directory: str) -> int | None:
    """Where there is no such folder yet, that of the nearest one above it."""
    import os

    while not os.path.isdir(directory):
        directory = os.path.dirname(directory)
    try:
        found = os.statvfs(directory)
    except OSError:
        return None
    return found.f_frsize * (found.f_bavail if os.getuid() else found.f_bfree)


def _releases(host: Host, directory: str) -> tuple[ReleaseRecord, ...]:
    """The records of the releases that are whole, by number."""
    records = []
    for number in _numbers(host.names(directory)):
        text = _text(host, f"{directory}/{number}/.backline/release.json")
        if text:
            records.append(ReleaseRecord.from_json(text))
    return tuple(records)


def _numbers(names: tuple[str, ...]) -> tuple[int, ...]:
    """`43` and the half-made `43.partial`."""
    digits = (name.partition(".")[0] for name in names)
    return tuple(sorted({int(name) for name in digits if name.isdigit()}))


def _numbers_of_labels(names: tuple[str, ...]) -> tuple[int, ...]:
    """`r43-2.json` is of 43."""
    labels = (name.partition(".")[0].partition("-")[0] for name in names)
    return tuple(int(label[1:]) for label in labels if label.startswith("r") and label[1:].isdigit())


def _remembered(host: Host, state: str) -> tuple[int, ...]:
    """What is written down for numbers whose directories are gone."""
    text = _text(host, f"{state}/highest").strip()
    return (int(text),) if text.isdigit() else ()


def _virtualenvs(host: Host, directory: str) -> tuple[str, ...]:
    return tuple(
        name for name in host.names(directory) if host.status(f"{directory}/{name}/.backline-complete") is not None
    )


def _text(host: Host, path: str) -> str:
    """What a file says; empty where there is none."""
    return host.read(path).decode("utf-8", "replace") if host.status(path) else ""


def _interpreter(host: Host, python: str) -> tuple[str, str]:
    """Path and version."""
    if not python:
        return sys.executable, ".".join(str(part) for part in sys.version_info[:3])
    path = host.find_program(f"python{python}" if python[0].isdigit() else python)
    if path is None:
        return "", ""
    # Python 2.7 has no -I; with -E and -s, and a program that imports nothing of its folder, this is the same.
    asked = host.ask((path, "-E", "-s", "-S", "-c", "import sys; print('.'.join(map(str, sys.version_info[:3])))"))
    if asked.code:
        raise Failure(f"{path} does not run: exit code {asked.code}", lines=tuple(asked.output.splitlines()[-5:]))
    return path, asked.output.strip()
