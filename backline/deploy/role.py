"""A role as the runbook is given it, and what the roles of one host come to: a plan, and a generation's processes."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from backline.inventory.yaml_document import as_named
from backline.resources.dataclass import dataclass, replace
from backline.resources.failure import ConfigurationError, Failure
from backline.resources.origin import Origin
from backline.resources.plan import Entry, Plan, contradictions
from backline.resources.process import Process
from backline.resources.resource import Action, Resource
from backline.settings.app import Generation
from backline.settings.settings import HostSettings, Settings


@dataclass(frozen=True)
class Role:
    """A role module's parts. `resources` and `programs` are given the settings of this role's own type."""

    name: str
    settings: type[Settings]
    brings: tuple[str, ...]
    resources: Callable[[Any], Iterable[Resource | Entry]]
    programs: Callable[[Any, Generation], Iterable[Process]] | None = None
    fitted: Callable[[Any, str], Any] | None = None
    """The settings for what a release's requirements pin: which options its gunicorn or Celery knows."""
    placed: Callable[[Any, Callable[[str], Collection[str]]], Sequence[Any]] | None = None
    """The settings of all hosts of a run, each left with what it is to run of what runs on some hosts only."""
    own_file: str = ""
    """Where a role of the project's own is written; empty for ours."""
    kinds: tuple[type[Resource | Action], ...] = ()
    """The kinds of resources and actions that its module knows: what it may ask of a host."""


def has_programs(settings: HostSettings, roles: Iterable[Role]) -> bool:
    """Whether a host gets releases: one of its roles has something that runs from them."""
    return any(role.programs is not None and role.name in settings.roles for role in roles)


def role_plan(settings: HostSettings, roles: Iterable[Role]) -> Plan:
    """What the roles of one host make of it, in their order. Raises ConfigurationError on a contradiction."""
    by_name = {role.name: role for role in roles}
    entries: list[Entry] = []
    for name in settings.roles:
        role = by_name[name]
        with answered_for(role.own_file):
            entries += (_entry(item, name) for item in role.resources(settings.of(role.settings)))
    plan = Plan(tuple(entries))
    wrong = tuple(contradictions(plan))
    if wrong:
        raise ConfigurationError("the plan contradicts itself", lines=wrong, host=settings.app.host)
    return plan


def chosen(settings: HostSettings, roles: Collection[str]) -> HostSettings:
    """The same host with some of its roles; with all of them where none is named."""
    return replace(settings, roles=tuple(name for name in settings.roles if not roles or name in roles))


def generation_processes(
    settings: HostSettings, roles: Iterable[Role], generation: Generation, requirements: str
) -> tuple[Process, ...]:
    """The processes of one generation on one host; `requirements` is the text of its release's lock."""
    processes: list[Process] = []
    for role in roles:
        if role.programs and role.name in settings.roles:
            with answered_for(role.own_file):
                processes += role.programs(_fitted(role, settings, requirements), generation)
    return tuple(processes)


@contextmanager
def answered_for(own_file: str) -> Iterator[None]:
    """An error in what a project has written itself is its ConfigurationError, with file and line; ours stays ours."""
    try:
        yield
    except Exception as error:
        if not own_file or isinstance(error, Failure):
            raise
        reason = error.msg if isinstance(error, SyntaxError) else error
        raise ConfigurationError(f"{_place(own_file, error)}: {type(error).__name__}: {reason}") from error


def _place(file: str, error: Exception) -> Origin:
    """The innermost line of this file, or of one beside it, by which the error came."""
    if isinstance(error, SyntaxError) and error.filename:
        return Origin(as_named(Path(error.filename)), error.lineno or 0)
    frames = [
        frame for frame in traceback.extract_tb(error.__traceback__) if Path(frame.filename).parent == Path(file).parent
    ]
    return (
        Origin(as_named(Path(frames[-1].filename)), frames[-1].lineno or 0) if frames else Origin(as_named(Path(file)))
    )


def _fitted(role: Role, settings: HostSettings, requirements: str) -> Settings:
    own = settings.of(role.settings)
    if role.fitted is None:
        return own
    fitted = role.fitted(own, requirements)
    assert isinstance(fitted, Settings)
    return fitted


def _entry(item: Resource | Entry, role: str) -> Entry:
    entry = item if isinstance(item, Entry) else Entry(item)
    if not isinstance(entry.resource, Resource):
        raise TypeError(f"resources() of role {role} gives {entry.resource!r}, which is not a resource")
    return replace(entry, role=role)
