"""The app on one host: the names and paths that everything starts from. See the layout in docs/architecture.md."""

from __future__ import annotations

from collections.abc import Mapping

from backline.resources.dataclass import dataclass, field
from backline.resources.secret import Secret


@dataclass(frozen=True)
class Plain:
    """Plain mode's own paths, as a person wrote them; each is empty where the release's own path is taken."""

    virtualenv: str = ""
    directory: str = ""


@dataclass(frozen=True)
class App:
    """One app on one host, paths absolute. `user` and `group` are empty where rootless: whoever logs in."""

    name: str
    root: str
    home: str
    """The home of the user that the app's processes run as."""
    rootless: bool
    host: str
    """The inventory's name for the host; node names carry it, since cloned hosts share hostnames."""
    user: str = ""
    group: str = ""
    environment: Mapping[str, str | Secret] = field(default_factory=dict)
    """What every process of the app is given, by way of the release's env file; in plain mode by Supervisor."""
    settings_module: str = ""
    """`shop.settings`"""
    hostname: str = ""
    """What the host calls itself."""
    plain: Plain | None = None
    """None where programs carry their generation in their names."""
    shared_paths: tuple[str, ...] = ()
    """Paths in the project that all releases share."""

    @property
    def keeper(self) -> str:
        """Who owns what the app's processes may read and not change: code, virtualenvs, environment, logs. Empty where
        rootless: whoever logs in."""
        return "" if self.rootless else "root"

    @property
    def releases(self) -> str:
        return f"{self.root}/releases"

    @property
    def current(self) -> str:
        return f"{self.root}/current"

    @property
    def run_directory(self) -> str:
        return f"{self.root}/run"

    @property
    def web_socket(self) -> str:
        """The link where nginx connects; the switch moves it."""
        return f"{self.run_directory}/web.sock"

    @property
    def live_static(self) -> str:
        return f"{self.run_directory}/static"

    @property
    def previous_static(self) -> str:
        return f"{self.run_directory}/static-previous"

    @property
    def virtualenvs(self) -> str:
        return f"{self.root}/venvs"

    @property
    def shared(self) -> str:
        return f"{self.root}/shared"

    @property
    def logs(self) -> str:
        return f"{self.root}/logs"

    @property
    def state_directory(self) -> str:
        """Lock, journal, ledger, generation records."""
        return f"{self.root}/.backline"


def account_environment(app: App) -> dict[str, str]:
    """Who a program is, for its environment: Supervisor's `user=` changes the user and leaves root's HOME and USER."""
    return {"HOME": app.home, **({"USER": app.user, "LOGNAME": app.user} if app.user else {})}


@dataclass(frozen=True)
class SupervisorPaths:
    """The supervisord that runs this app's programs on one host."""

    socket: str
    include_directory: str
    """One file a program: `<include_directory>/<program>.conf`."""
    configuration: str
    """The main file, whose `[include]` reads the folder."""
    python: str
    """The Python that has the supervisor package: its parser checks what we write."""


@dataclass(frozen=True)
class Release:
    """An immutable directory: `number` 43 is r43, at `<releases>/43`."""

    app: App
    number: int
    virtualenv: str
    """Absolute path of the virtualenv that the release's `.venv` link points to."""

    @property
    def name(self) -> str:
        return f"r{self.number}"

    @property
    def directory(self) -> str:
        return f"{self.app.releases}/{self.number}"

    @property
    def own_directory(self) -> str:
        """What we add to the project's tree: release.json, manifest, static, env, run."""
        return f"{self.directory}/.backline"

    @property
    def launcher(self) -> str:
        """`.backline/run`: sets the environment, opens release.json as descriptor 9, execs its arguments."""
        return f"{self.own_directory}/run"

    @property
    def record(self) -> str:
        return f"{self.own_directory}/release.json"

    @property
    def static(self) -> str:
        return f"{self.own_directory}/static"

    @property
    def interpreter(self) -> str:
        return f"{self.directory}/.venv/bin/python"

    def executable(self, name: str) -> str:
        return f"{self.directory}/.venv/bin/{name}"


@dataclass(frozen=True)
class Generation:
    """One starting of a release's programs: r43, and started again r43-2, r43-3. In plain mode see plain.py."""

    release: Release
    attempt: int = 1

    @property
    def in_place(self) -> bool:
        """Whether its programs have the names that those of the generation before had."""
        return False

    @property
    def foundations(self) -> tuple[tuple[str, str], ...]:
        """The links that must lead to its release before its programs start: (path, target)."""
        return ()

    @property
    def label(self) -> str:
        return self.release.name if self.attempt == 1 else f"{self.release.name}-{self.attempt}"

    @property
    def app(self) -> App:
        return self.release.app

    def program_name(self, part: str) -> str:
        """Of the web and of beat: `shop-web-r43`."""
        return f"{self.app.name}-{part}-{self.label}"

    def worker_program_name(self, worker: str) -> str:
        """`shop-celery-default-r43-2`."""
        return self.program_name(f"celery-{worker}")

    def words(self, program: str) -> tuple[str, ...]:
        """How the command of a program begins that the virtualenv brings."""
        return (self.release.launcher, self.release.executable(program))

    @property
    def directory(self) -> str:
        """Where programs work."""
        return self.release.directory

    @property
    def environment(self) -> Mapping[str, str | Secret]:
        """What Supervisor gives its programs; the rest is the launcher's."""
        return account_environment(self.app)

    @property
    def web_socket(self) -> str:
        return f"{self.app.run_directory}/web-{self.label}.sock"

    def node_name(self, worker: str) -> str:
        """A Celery node of its own: `default-r43@web1` (facts: a shared name lets one cancel_consumer stop both)."""
        return f"{worker}-{self.label}@{self.app.host}"

    def log_file(self, program: str) -> str:
        """Of the program of this name."""
        return f"{self.app.logs}/{program}.log"
