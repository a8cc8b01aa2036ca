"""What there is of an app and of others on a host, for who removes it: programs, by whatever knows them, and apps."""

from __future__ import annotations

from backline.agent.lock_holder import LockHolder, lock_holder
from backline.resources.dataclass import dataclass
from backline.resources.resource import Question
from backline.resources.supervisor_rpc import Supervisor, SupervisorAbsent

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from backline.resources.resource import Host


@dataclass(frozen=True)
class ProgramTrace:
    """A program that Supervisor knows, or would from its file, or that a generation's record names."""

    name: str
    places: tuple[str, ...] = ()
    """Its directory and its log, as far as they are known: whose they are, it is."""
    patience: int = 0
    """Seconds that it is given to end; 0 where nothing says."""
    recorded: bool = False
    """A generation of this app names it."""


@dataclass(frozen=True)
class NeighbourApp:
    """Another app that has a folder here."""

    name: str
    root: str


@dataclass(frozen=True)
class Traces:
    """`links` are those that the app's deploys have moved, as far as they are there."""

    programs: tuple[ProgramTrace, ...] = ()
    links: tuple[str, ...] = ()
    apps: tuple[NeighbourApp, ...] = ()
    lock: LockHolder | None = None


@dataclass(frozen=True)
class Recorded:
    """What one generation's record names."""

    programs: tuple[ProgramTrace, ...]
    links: tuple[str, ...]


@dataclass(frozen=True)
class FindTraces(Question):
    """Returns Traces; changes nothing. A program of whom several know is in it several times."""

    state_directory: str
    apps_directory: str
    app_name: str
    supervisor_socket: str
    include_directory: str

    def perform(self, host: Host) -> Traces:
        recorded = tuple(self._recorded(host))
        links = dict.fromkeys(path for record in recorded for path in record.links if _is_link(host, path))
        programs = (
            *self._known(),
            *self._with_files(host),
            *(program for record in recorded for program in record.programs),
        )
        return Traces(programs, tuple(links), tuple(self._others(host)), lock_holder(f"{self.state_directory}/lock"))

    def _known(self) -> Iterator[ProgramTrace]:
        try:
            for found in Supervisor(self.supervisor_socket).processes():
                yield ProgramTrace(found.name, (found.log_file,))
        except SupervisorAbsent:
            return

    def _with_files(self, host: Host) -> Iterator[ProgramTrace]:
        for name in host.names(self.include_directory):
            if name.endswith(".conf"):
                text = host.read(f"{self.include_directory}/{name}").decode("utf-8", "replace")
                yield from _programs_in(text)

    def _recorded(self, host: Host) -> Iterator[Recorded]:
        directory = f"{self.state_directory}/generations"
        for name in host.names(directory):
            if name.endswith(".json"):
                yield _recorded_in(host.read(f"{directory}/{name}"))

    def _others(self, host: Host) -> Iterator[NeighbourApp]:
        """Those whose root is still there."""
        for name in host.names(self.apps_directory):
            root = host.status(f"{self.apps_directory}/{name}")
            if name != self.app_name and root is not None and root.is_link and host.status(root.target):
                yield NeighbourApp(name, root.target)


def _is_link(host: Host, path: str) -> bool:
    found = host.status(path)
    return found is not None and found.is_link


def _programs_in(text: str) -> Iterator[ProgramTrace]:
    """Of a file of Supervisor's, which may be somebody else's: read as far as it can be."""
    import configparser

    parser = configparser.RawConfigParser(strict=False, inline_comment_prefixes=(";", "#"))
    try:
        parser.read_string(text)
    except configparser.Error:
        return
    for section in parser.sections():
        kind, _, name = section.partition(":")
        if kind == "program":
            options = dict(parser.items(section))
            places = (options.get("directory", ""), options.get("stdout_logfile", ""))
            patience = options.get("stopwaitsecs", "")
            yield ProgramTrace(
                name,
                tuple(place.replace("%%", "%") for place in places if place),
                int(patience) if patience.isdigit() else 0,
            )


def _recorded_in(record: bytes) -> Recorded:
    """What a generation's record says; it may name kinds that the agent does not know, so it is read as JSON."""
    import json

    programs: list[ProgramTrace] = []
    links: list[str] = []
    try:
        pending = [json.loads(record)]
    except ValueError:  # cut off while it was written
        pending = []
    while pending:
        value = pending.pop()
        if isinstance(value, dict):
            if "log_file" in value and "patience" in value and "command" in value:
                places = (str(value.get("directory")), str(value["log_file"]))
                programs.append(ProgramTrace(str(value["name"]), places, int(value["patience"]), recorded=True))
            for moved in (value.get("links"), value.get("foundations")) if "program" in value else ():
                if isinstance(moved, dict):
                    links += (str(pair["items"][0]) for pair in moved["items"])
            pending.extend(value.values())
        elif isinstance(value, list):
            pending.extend(value)
    return Recorded(tuple(programs), tuple(links))
