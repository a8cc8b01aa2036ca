"""What people and programs do to what the roles of a host have made, one drift each, by the kinds of resources."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from backline.resources.directory import Directory
from backline.resources.file import File
from backline.resources.plan import Plan
from backline.resources.script_interpreter import ScriptInterpreter
from backline.resources.service import Service
from backline.resources.supervisor_rpc import Supervisor, SupervisorAbsent
from backline.resources.supervisord import OwnSupervisord
from backline.resources.tool import Tool

DEADLINE = 120.0
"""Seconds until a program that does not end is given up."""
HOLDS_WHAT_LIVES = (".backline", "shop", "releases", "run", "venvs", "shared", "redis")
"""Folders without which the app, or what it has stored, is gone: no role can mend that. Their modes may change."""


@dataclass(frozen=True)
class Drift:
    """`act` does nothing where what it would be done to is not there."""

    name: str
    act: Callable[[], None]
    ends_supervisord: bool = False

    @property
    def keeps_services_down(self) -> bool:
        """Whether a supervisord that is started before this is mended may not bring a service up. What becomes of it
        then (it is tried again, and given up after some seconds) is a matter of time, and no check foretells it."""
        return any(word in self.name for word in ("nginx", "redis"))


def together(chosen: Iterable[Drift]) -> list[Drift]:
    """Those of them that can be looked at together."""
    every = list(chosen)
    ended = any(drift.ends_supervisord for drift in every)
    return [drift for drift in every if not (ended and drift.keeps_services_down)]


class Drifts(tuple[Drift, ...]):
    """Shown by their number, since there are many."""

    def __repr__(self) -> str:
        return f"{len(self)} drifts"


def drifts_of(plan: Plan) -> Drifts:
    """Every drift that the resources of a plan know."""
    return Drifts(drift for entry in plan for drift in _drifts(entry.resource))


def _drifts(resource: object) -> Iterator[Drift]:
    if isinstance(resource, Directory):
        yield from _of_path(resource.path, "chmod 0711", lambda path: path.chmod(0o711))
        yield from _of_path(resource.path, "chmod 0777", lambda path: path.chmod(0o777))
        if Path(resource.path).name not in HOLDS_WHAT_LIVES and not resource.path.endswith("shop/.backline"):
            yield from _of_path(resource.path, "remove", shutil.rmtree)
    elif isinstance(resource, (File, ScriptInterpreter)):
        yield from _of_file(resource.path)
        yield from _of_path(resource.path, "append nonsense", lambda path: _append(path, "nonsense\n"))
    elif isinstance(resource, Tool):
        yield from _of_tool(resource)
    elif isinstance(resource, Service):
        yield from _of_file(resource.path)
        yield from _of_path(resource.path, "other priority", lambda path: _append(path, "priority=7\n"))
        yield from _of_service(resource)
    elif isinstance(resource, OwnSupervisord):
        yield Drift("end supervisord", lambda: _end(resource), ends_supervisord=True)


def _of_path(path: str, what: str, act: Callable[[Path], object]) -> Iterator[Drift]:
    place = Path(path)

    def done() -> None:
        if place.is_symlink() or place.exists():
            act(place)

    yield Drift(f"{what}: {path}", done)


def _of_file(path: str) -> Iterator[Drift]:
    yield from _of_path(path, "append a comment", lambda place: _append(place, "# somebody was here\n"))
    yield from _of_path(path, "chmod 0666", lambda place: place.chmod(0o666))
    yield from _of_path(path, "remove", lambda place: place.unlink())
    yield from _of_path(path, "replace by a link", _replace_by_link)


def _of_tool(tool: Tool) -> Iterator[Drift]:
    virtualenv = f"{os.path.dirname(tool.path)}-{os.path.basename(tool.path)}"
    yield from _of_path(tool.path, "remove", lambda path: path.unlink())
    yield from _of_path(tool.path, "point elsewhere", _point_elsewhere)
    yield from _of_path(virtualenv, "remove", shutil.rmtree)
    for part in (".backline-complete", "bin/python"):
        yield from _of_path(f"{virtualenv}/{part}", "remove", lambda path: path.unlink())
    yield from _of_path(virtualenv, "remove what is installed of", _uninstall)


def _of_service(service: Service) -> Iterator[Drift]:
    supervisor, name = Supervisor(service.supervisor), service.program.name

    def stop() -> None:
        try:
            supervisor.stop(name)
            _until(lambda: (found := supervisor.process(name)) is None or found.ended)
        except SupervisorAbsent:
            return

    def forget() -> None:
        stop()
        try:
            supervisor.remove(name)
        except SupervisorAbsent:
            return

    yield Drift(f"stop: {name}", stop)
    yield Drift(f"forget: {name}", forget)


def _append(path: Path, text: str) -> None:
    if path.is_file():
        with path.open("a") as file:
            file.write(text)


def _replace_by_link(path: Path) -> None:
    path.rename(path.with_suffix(".away"))
    path.symlink_to(path.with_suffix(".away"))


def _point_elsewhere(path: Path) -> None:
    path.unlink()
    path.symlink_to("/nowhere/at/all")


def _uninstall(virtualenv: Path) -> None:
    """The first folder that says what is installed, and the program."""
    for found in sorted(virtualenv.glob("lib/python*/site-packages/*.dist-info"))[:1]:
        shutil.rmtree(found)


def _end(resource: OwnSupervisord) -> None:
    supervisor = Supervisor(resource.socket)
    try:
        pid = supervisor.pid
        supervisor.stop_all()
        _until(lambda: all(found.ended for found in supervisor.processes()))
        supervisor.shutdown()
    except SupervisorAbsent:
        return
    _until(lambda: not Path(f"/proc/{pid}").exists())


def _until(ended: Callable[[], bool]) -> None:
    deadline = time.monotonic() + DEADLINE
    while not ended():
        assert time.monotonic() < deadline
        time.sleep(0.05)
