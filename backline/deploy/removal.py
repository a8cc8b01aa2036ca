"""What goes when an app is removed from a host, and what stays because others use it: worked out of what was found.

What belongs to the app alone is told from what it shares by asking the roles twice: once for the app, once for an app
of another name on the same host. What both are given is shared. So a role need not say anything about it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence

from backline.agent.steps.find_traces import ProgramTrace, Traces
from backline.deploy.role import Role, role_plan
from backline.resources.absent import Absent
from backline.resources.dataclass import dataclass
from backline.resources.failure import ConfigurationError
from backline.resources.no_processes import NoProcesses
from backline.resources.no_programs import NoPrograms
from backline.resources.paths import PATH, lies_in
from backline.resources.plan import Entry, Plan
from backline.resources.resource import Resource
from backline.settings.app import App
from backline.settings.own_places import apps_directory, own_directory
from backline.settings.settings import HostSettings

PROGRAM = "program:"
LONGEST_PATIENCE = 3600
"""Seconds for a program of which nothing says how long it may take."""
MARGIN = 15
"""Seconds that Supervisor has for its own KILL, before we take over."""


@dataclass(frozen=True)
class Removal:
    """Of one app from one host. `programs` are ended, in stages, before `files` go."""

    programs: Plan
    files: Plan
    neighbours: tuple[str, ...]
    """Other apps, or programs of somebody, for whose sake what is shared stays."""


@dataclass(frozen=True)
class Parts:
    """The resources of the app's roles, as it alone has them and as it shares them with others."""

    own: tuple[Resource, ...]
    shared: tuple[Resource, ...]


def removal(
    settings: HostSettings, other: HostSettings, roles: Collection[Role], traces: Traces, patience: int | None = None
) -> Removal:
    """`other` are the settings of an app of another name on this host; `patience` is how many seconds every program
    has, where it is not its own. Raises ConfigurationError where the roles do."""
    app = settings.app
    _require_alone(app, traces)
    parts = parted(role_plan(settings, roles), role_plan(other, roles), app.root)
    own = tuple(dict.fromkeys((*_own_programs(app.root, traces), *_names(parts.own, PROGRAM))))
    services = tuple(_names(parts.shared, PROGRAM))
    ours = lies_in(settings.supervisor.socket, own_directory(app))  # else it stays, with what others run there
    others = {trace.name for trace in traces.programs}.difference(own, services) if ours else ()
    neighbours = tuple(sorted({*(neighbour.name for neighbour in traces.apps), *others}))
    going = [resource for resource in _undone(parts.own) if not _holds(resource, app.root, app.home)]
    groups = [own]
    if not neighbours:  # what apps share goes with the last of them
        groups.append(services)
        shared = _undone(parts.shared)
        going += (item for item in shared if not isinstance(item, Absent) or lies_in(item.path, own_directory(app)))
        going.append(Absent(own_directory(app)))
    places = tuple(item.path for item in going if isinstance(item, Absent))
    links = (Absent(path) for path in (app.current, *traces.links))
    last = [item for item in (*links, *going) if not _is_path(item, app.state_directory)]
    return Removal(
        programs=_plan(
            (
                *(_ended(settings, group, traces, patience) for group in groups if group),
                NoProcesses(app.releases, places, settings.supervisor.socket),
            )
        ),
        files=_plan(_uncovered(last)),
        neighbours=neighbours,
    )


def _require_alone(app: App, traces: Traces) -> None:
    """Raises ConfigurationError where another app lies in this one's folder, or has the same: it would go with it."""
    inside = next((neighbour for neighbour in traces.apps if lies_in(neighbour.root, app.root)), None)
    if inside is not None:
        raise ConfigurationError(
            f"the app {inside.name} lies in the folder of {app.name} too: {inside.root}",
            hint=f"remove {inside.name} first; or, if that is only an earlier name of {app.name}, take its link away:\n"
            f"rm {apps_directory(app)}/{inside.name}",
            host=app.host,
        )


def parted(plan: Plan, other: Plan, root: str) -> Parts:
    """Which resources of a plan another app would be given too: those of the same kind about the same thing. What lies
    in the app's folder is its own, also where that has a name which does not follow the app's."""
    theirs = {_thing(entry.resource) for entry in other}

    def is_shared(resource: Resource) -> bool:
        inside = (lies_in(path, root) for path in _names((resource,), PATH))
        return _thing(resource) in theirs and not any(inside)

    resources = [entry.resource for entry in plan]
    return Parts(
        own=tuple(resource for resource in resources if not is_shared(resource)),
        shared=tuple(resource for resource in resources if is_shared(resource)),
    )


def _thing(resource: Resource) -> tuple[type[Resource], str]:
    return type(resource), resource.subject


def _own_programs(root: str, traces: Traces) -> Iterator[str]:
    """Those that a generation names, and those that work or log in the app's folder, whatever they are called; not
    those of an app whose own folder lies in it."""
    inside = [neighbour.root for neighbour in traces.apps if lies_in(neighbour.root, root)]
    for trace in traces.programs:
        ours = (lies_in(place, root) for place in trace.places)
        theirs = (lies_in(place, nested) for place in trace.places for nested in inside)
        if trace.recorded or (any(ours) and not any(theirs)):
            yield trace.name


def _names(resources: Iterable[Resource], prefix: str) -> Iterator[str]:
    """What resources provide of one sort."""
    for resource in resources:
        for name in resource.provides():
            if name.startswith(prefix):
                yield name[len(prefix) :]


def _undone(resources: tuple[Resource, ...]) -> Iterator[Resource]:
    """The last first."""
    for resource in reversed(resources):
        yield from _as_undone(resource)


def _as_undone(resource: Resource) -> tuple[Resource, ...]:
    return resource.undone() or tuple(Absent(path) for path in _names((resource,), PATH))


def _holds(resource: Resource, *paths: str) -> bool:
    """Whether one of those paths lies in what it would remove: the app's folder may hold what is not ours, and goes
    last, if it is empty then."""
    return isinstance(resource, Absent) and any(lies_in(path, resource.path) for path in paths)


def _is_path(resource: Resource, path: str) -> bool:
    return isinstance(resource, Absent) and resource.path == path


def _uncovered(resources: Sequence[Resource]) -> Iterator[Resource]:
    """Without the paths that go with a directory that goes, and each once."""
    gone = [resource.path for resource in resources if isinstance(resource, Absent)]
    for number, resource in enumerate(resources):
        inside = isinstance(resource, Absent) and any(
            path != resource.path and lies_in(resource.path, path) for path in gone
        )
        if not inside and resource not in resources[:number]:
            yield resource


def _ended(settings: HostSettings, names: tuple[str, ...], traces: Traces, patience: int | None) -> NoPrograms:
    supervisor = settings.supervisor
    if patience is None:
        patience = max(_patience(name, traces.programs) for name in names) + MARGIN
    return NoPrograms(names, supervisor.socket, supervisor.include_directory, float(patience))


def _patience(name: str, programs: Iterable[ProgramTrace]) -> int:
    return max((trace.patience for trace in programs if trace.name == name), default=0) or LONGEST_PATIENCE


def _plan(resources: Iterable[Resource]) -> Plan:
    return Plan(tuple(Entry(resource) for resource in resources))
