"""nginx in front of gunicorn: it serves the static files and passes everything else to the live generation's socket."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator

from backline.resources.absent import Absent
from backline.resources.actions.service_order import Order, ServiceOrder
from backline.resources.actions.signal_program import SignalProgram
from backline.resources.dataclass import dataclass
from backline.resources.directory import Directory
from backline.resources.failure import ConfigurationError
from backline.resources.file import File
from backline.resources.link import Link
from backline.resources.listen_address import ListenAddress
from backline.resources.nginx_address import NginxAddress
from backline.resources.nginx_site import NginxSite
from backline.resources.packages import Packages
from backline.resources.plan import Entry, Handler, notifying
from backline.resources.program import Program
from backline.resources.resource import Resource
from backline.resources.service import Service
from backline.resources.system_service import SystemService
from backline.resources.wheels import NGINX, NGINX_PROGRAM
from backline.settings.own_places import found_or_brought, own_directory, tool
from backline.settings.settings import Objection, Settings
from backline.settings.templates import render_template

BRINGS = ("app", "virtualenv", "supervisor")

_HOSTNAME = re.compile(r"(?:\*\.|\.)?[A-Za-z0-9_](?:[A-Za-z0-9._-]*[A-Za-z0-9_])?")
_LISTEN = re.compile(r"(?:[A-Za-z0-9.*_-]+:|\[[0-9A-Fa-f:.]+\]:)?(?P<port>[0-9]{1,5})")
_LAST_PORT = 65535
_PROCESSES = re.compile("auto|[1-9][0-9]*")
_SIZE = re.compile(r"[0-9]+[kKmMgG]?")
_STATIC_URL = re.compile(r"/(?:[A-Za-z0-9._~-]+/)+")


STOP_PATIENCE = 60
"""Seconds until KILL. The same whatever the settings say: another value is another program, which stops nginx, where a
new configuration is only read."""

RELOAD = "reload nginx"
MAIN = "/etc/nginx/nginx.conf"
SITES = "/etc/nginx/sites-enabled"
DEFAULT_SITE = f"{SITES}/default"
"""Debian's own, a page of welcome at port 80 for every name that no other site has."""
PACKAGE = Packages(
    ("nginx",),
    brings=(
        Directory("/etc/nginx"),
        Directory(SITES),
        File(MAIN, f"include {SITES}/*;\n"),
        Link(DEFAULT_SITE, "/etc/nginx/sites-available/default"),
        SystemService("nginx"),
    ),
)


@dataclass(frozen=True)
class NginxSettings(Settings):
    """The variables of the role nginx."""

    web_hostnames: tuple[str, ...] = ()
    """The names that the site answers to; a request for another is dropped. None: any name."""
    nginx_listen: str = "{{ '127.0.0.1:8080' if backline_rootless else '80' }}"
    """Address and port, or a port."""
    nginx_static_url: str = "/static/"
    """The project's STATIC_URL, where it is a path."""
    nginx_client_max_body_size: str = "10m"
    """The largest upload; a larger one is answered 413."""
    nginx_proxy_timeout: int = 60
    """Seconds between two bytes from the app until the visitor is answered 504."""
    nginx_worker_processes: str = "auto"
    """Rootless: a number, or auto: one for each core. The host's own nginx has it in a file that is not ours."""
    nginx_worker_connections: int = 1024
    """Rootless: connections of one worker process, those to the app included."""
    nginx_account: str = "{{ ansible_user_id }}"
    """Rootless: who nginx's worker processes run as; it matters where that is root, which nginx would leave."""

    def objections(self) -> Iterator[Objection]:
        """What types do not say; nothing that nginx would read differently gets into its file."""
        for hostname in self.web_hostnames:
            if not _HOSTNAME.fullmatch(hostname):
                yield Objection(
                    "web_hostnames", f'"{hostname}" is no host name; shop.example.com and *.example.com are'
                )
        listen = _LISTEN.fullmatch(self.nginx_listen)
        if listen is None:
            yield Objection("nginx_listen", "must be an address and a port, or a port: 127.0.0.1:8080")
        elif not 0 < int(listen["port"]) <= _LAST_PORT:
            yield Objection("nginx_listen", f"must have a port from 1 to {_LAST_PORT}")
        if not _SIZE.fullmatch(self.nginx_client_max_body_size):
            yield Objection("nginx_client_max_body_size", "must be a size, such as 10m")
        if not _STATIC_URL.fullmatch(self.nginx_static_url):
            yield Objection("nginx_static_url", "must be a path that begins and ends with a slash: /static/")
        if not _PROCESSES.fullmatch(self.nginx_worker_processes):
            yield Objection("nginx_worker_processes", "must be a number, or auto")
        for variable in ("nginx_proxy_timeout", "nginx_worker_connections"):
            if getattr(self, variable) < 1:
                yield Objection(variable, "must be at least 1")


def resources(nginx: NginxSettings) -> Iterator[Resource | Entry]:
    """The host's own nginx with a site for the app; rootless a server of the user's own."""
    return _own_server(nginx) if nginx.app.rootless else _site(nginx)


def system_logs(app: str) -> tuple[str, ...]:
    """Where the host's own nginx writes of an app, as its site's file says."""
    return (f"/var/log/nginx/{app}.access.log", f"/var/log/nginx/{app}.error.log")


def _site(nginx: NginxSettings) -> Iterator[Resource | Entry]:
    """Debian's nginx with one file more. Its default site is switched off only where ours is for every name as well, at
    the same port: nginx refuses two of them."""
    reload = Handler(RELOAD, ServiceOrder("nginx", Order.RELOAD))
    yield PACKAGE
    yield NginxAddress(nginx.nginx_listen, "nginx_listen")
    if not nginx.web_hostnames and nginx.nginx_listen.rpartition(":")[2] == "80":
        yield notifying(Absent(DEFAULT_SITE), reload)
    yield notifying(NginxSite(f"{SITES}/backline-{nginx.app.name}", site_text(nginx), MAIN), reload)
    yield SystemService("nginx")


def _own_server(nginx: NginxSettings) -> Iterator[Resource | Entry]:
    """A server of the user's own: its configuration, and the Supervisor program that runs it."""
    app, supervisor = nginx.app, nginx.supervisor
    executable = tool(app, "nginx")
    directory = f"{own_directory(app)}/nginx-{app.name}"
    configuration = f"{directory}/nginx.conf"
    program = Program(
        name=f"{app.name}-nginx",
        command=(executable, "-p", f"{directory}/", "-c", configuration),
        directory=directory,
        log_file=f"{app.logs}/nginx.log",
        environment={"HOME": app.home},
        # QUIT ends it after the requests that it is answering, TERM in the middle of them.
        stop_signal="QUIT",
        patience=STOP_PATIENCE,
        priority=20,
    )
    yield found_or_brought(app, "nginx", ("nginx",), NGINX, NGINX_PROGRAM)
    yield Directory(directory, mode=0o700)
    yield ListenAddress(nginx.nginx_listen, program.name, supervisor.socket, "nginx_listen")
    yield notifying(
        File(
            configuration,
            configuration_text(nginx, directory),
            validate=(executable, "-p", f"{directory}/", "-t", "-q", "-c", "{}"),
        ),
        Handler(RELOAD, SignalProgram(supervisor.socket, program.name, "HUP")),
    )
    yield Service(program, supervisor.socket, supervisor.include_directory, supervisor.python)


def configuration_text(nginx: NginxSettings, directory: str) -> str:
    """The whole nginx.conf. Raises ConfigurationError for a path that nginx would read differently."""
    _require_quotable(directory, "a shorter or plainer home directory")
    return _rendered(
        nginx,
        "nginx.conf.j2",
        upstream="web",
        account="root" if nginx.nginx_account == "root" else "",
        worker_processes=nginx.nginx_worker_processes,
        worker_connections=nginx.nginx_worker_connections,
        directory=directory,
    )


def site_text(nginx: NginxSettings) -> str:
    """The app's file among the sites of the host's nginx. Raises ConfigurationError as configuration_text does."""
    return _rendered(nginx, "nginx-site.conf.j2", upstream=f"backline-{nginx.app.name}")


def _rendered(nginx: NginxSettings, template: str, **values: object) -> str:
    """A template with what both of nginx's files say of the app."""
    app = nginx.app
    _require_quotable(app.root, "app_root without them")
    return render_template(
        template,
        **values,
        app=app.name,
        hostnames=nginx.web_hostnames,
        listen=nginx.nginx_listen,
        body_size=nginx.nginx_client_max_body_size,
        timeout=nginx.nginx_proxy_timeout,
        socket=app.web_socket,
        run_directory=app.run_directory,
        static_pattern=re.escape(nginx.nginx_static_url),
        live_static=posixpath.basename(app.live_static),
        previous_static=posixpath.basename(app.previous_static),
    )


def _require_quotable(path: str, hint: str) -> None:
    """Between double quotes nginx takes everything as it is but these; a dollar sign begins a variable everywhere."""
    refused = sorted(set(path) & set('"\\$\n'))
    if refused:
        raise ConfigurationError(
            f"{path!r} cannot be written into nginx.conf: it contains {' '.join(refused)}", hint=hint
        )
