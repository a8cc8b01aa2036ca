"""A role as the runbook is given it, and what the roles of one host come to: a plan, and a generation's processes."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from backline.resources.failure import ConfigurationError
from backline.resources.plan import Entry, Plan, contradictions
from backline.resources.process import Process
from backline.resources.resource import Resource
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


def role_plan(settings: HostSettings, roles: Iterable[Role]) -> Plan:
    """What the roles of one host make of it, in their order. Raises ConfigurationError on a contradiction."""
    by_name = {role.name: role for role in roles}
    entries: list[Entry] = []
    for name in settings.roles:
        role = by_name[name]
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
    return tuple(
        process
        for role in roles
        if role.programs and role.name in settings.roles
        for process in role.programs(_fitted(role, settings, requirements), generation)
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
    return replace(entry, role=role)
