"""gunicorn: one program for each generation, on its own socket."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Literal

from backline.resources.dataclass import dataclass, replace
from backline.resources.plan import Entry
from backline.resources.process import WEB, Process
from backline.resources.program import Program
from backline.resources.resource import Resource
from backline.settings.app import Generation
from backline.settings.pins import is_older, pinned_version
from backline.settings.settings import Objection, Settings
from backline.settings.socket_paths import require_bindable_web_sockets

if TYPE_CHECKING:
    from backline.resources.actions.http_probe import HttpProbe

BRINGS = ("app", "virtualenv", "supervisor", "nginx")

STOP_MARGIN = 10
"""Seconds after the graceful timeout until Supervisor's KILL: gunicorn itself ends its workers first."""
FIRST_WITH_CONTROL_SOCKET = (25, 1)

_URL_PATH = re.compile(r"/[!-~]*")
_CALLABLE = re.compile(r"[A-Za-z_][\w.]*:[A-Za-z_][\w.]*(\(.*\))?")


@dataclass(frozen=True)
class WebSettings(Settings):
    """The variables of the role web."""

    web_application: str
    """The WSGI or ASGI callable, `shop.wsgi:application`."""
    web_workers: int = 2
    """Processes. Each takes the memory of the whole site once."""
    web_threads: int = 4
    """Threads in each process, with the worker class gthread."""
    web_worker_class: str = "gthread"
    """gunicorn's worker class: `gthread`, `sync`, `uvicorn.workers.UvicornWorker` …"""
    web_timeout: int = 30
    """Seconds after which a worker that shows no sign of life is replaced."""
    web_graceful_timeout: int = 30
    """Seconds that requests of the release before have to end after the switch."""
    web_hostnames: tuple[str, ...] = ()
    """The names that the site answers to, the first of them in the probe; none: any name."""
    web_health_path: str = "/"
    """What the probe asks for before a release gets traffic; it must answer below 400."""
    web_health_scheme: Literal["http", "https"] = "http"
    """What the probe says that the visitor came by (X-Forwarded-Proto)."""
    web_patience: int = 60
    """Seconds that a new release has for its first good answer."""
    web_access_log: bool = False
    """Whether gunicorn writes a line for each request into its program's log; nginx writes one anyway."""
    web_options: tuple[str, ...] = ()
    """Further arguments of gunicorn."""
    web_gunicorn_version: str = ""
    """The gunicorn of the project. Empty: what its requirements pin, else the newest."""

    def objections(self) -> Iterator[Objection]:
        """What types do not say."""
        if not _CALLABLE.fullmatch(self.web_application):
            yield Objection("web_application", "must name module and callable: shop.wsgi:application")
        if not _URL_PATH.fullmatch(self.web_health_path):
            yield Objection("web_health_path", "must begin with a slash, and be as in a URL: %20 for a space")
        for variable in ("web_workers", "web_threads", "web_patience", "web_graceful_timeout"):
            if getattr(self, variable) < 1:
                yield Objection(variable, "must be at least 1")


def resources(web: WebSettings) -> Iterator[Resource | Entry]:
    """Nothing that is not a release's own; a path that no socket can have is refused before anything is built."""
    require_bindable_web_sockets(web.app)
    yield from ()


def programs(web: WebSettings, generation: Generation) -> Iterator[Process]:
    """gunicorn on the generation's socket; the switch moves the link of the static files, and nginx's, to it."""
    app, release = generation.app, generation.release
    program = Program(
        name=generation.program_name("web"),
        command=_gunicorn(web, generation),
        directory=generation.directory,
        log_file=generation.log_file(generation.program_name("web")),
        user=app.user,
        environment=generation.environment,
        patience=web.web_graceful_timeout + STOP_MARGIN,
        start_seconds=10,
    )
    yield Process(
        program=program,
        part=WEB,
        kind="web",
        name="web",
        gate=_probe(web, generation, program),
        # The files move before the pages that ask for them.
        links=(
            (app.live_static, posixpath.relpath(release.static, app.run_directory)),
            (app.web_socket, posixpath.basename(generation.web_socket)),
        ),
        in_place=generation.in_place,
        foundations=generation.foundations,
    )


def fitted(web: WebSettings, requirements: str) -> WebSettings:
    """The settings for what a release's requirements pin; a version that the inventory sets stays."""
    return replace(web, web_gunicorn_version=web.web_gunicorn_version or pinned_version(requirements, "gunicorn"))


def _gunicorn(web: WebSettings, generation: Generation) -> tuple[str, ...]:
    return (
        *generation.words("gunicorn"),
        *("--bind", f"unix:{generation.web_socket}"),
        *("--workers", str(web.web_workers)),
        *("--worker-class", web.web_worker_class),
        *(("--threads", str(web.web_threads)) if web.web_worker_class == "gthread" else ()),
        *("--timeout", str(web.web_timeout)),
        *("--graceful-timeout", str(web.web_graceful_timeout)),
        # Whoever can reach the socket is nginx or the app's own user.
        "--forwarded-allow-ips=*",
        *(("--access-logfile", "-") if web.web_access_log else ()),
        *_no_control_socket(web),
        *web.web_options,
        web.web_application,
    )


def _no_control_socket(web: WebSettings) -> tuple[str, ...]:
    """gunicorn's control socket lies in HOME, one for all: a generation that ends deletes that of the next."""
    if is_older(web.web_gunicorn_version, FIRST_WITH_CONTROL_SOCKET):
        return ()
    return ("--no-control-socket",)


def _probe(web: WebSettings, generation: Generation, program: Program) -> HttpProbe:
    from backline.resources.actions.http_probe import HttpProbe  # a run without a deploy needs none

    return HttpProbe(
        socket=generation.web_socket,
        path=web.web_health_path,
        host_header=_probed_name(web),
        scheme=web.web_health_scheme,
        patience=web.web_patience,
        program=program.name,
        supervisor_socket=web.supervisor.socket,
        log_file=program.log_file,
        directory=generation.release.directory,
    )


def _probed_name(web: WebSettings) -> str:
    """The first name that is one: `*.example.com` and `.example.com` stand for many."""
    plain = (name for name in web.web_hostnames if not name.startswith(("*", ".", "~")))
    return next(plain, "localhost")
