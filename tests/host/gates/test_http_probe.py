"""The gate of the web: a request over its own socket, and every answer that visitors should not be given is refused."""

from __future__ import annotations

import http.server
import os
import signal
import socketserver
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from backline.agent.machine import Machine
from backline.resources.actions.http_probe import Answer, HttpProbe
from backline.resources.failure import Refused
from backline.resources.log_tail import last_lines
from tests.host.supervisor.conftest import Folder, eventually

from .conftest import Site

SETTINGS = """
SECRET_KEY = "tea"
DEBUG = False
ALLOWED_HOSTS = ["shop.example"]
ROOT_URLCONF = "shop.urls"
MIDDLEWARE = ["django.middleware.security.SecurityMiddleware", "django.middleware.common.CommonMiddleware"]
"""

URLS = """
from django.http import HttpResponse, HttpResponseRedirect
from django.urls import path

def spill(request):
    raise ValueError("spilt")

urlpatterns = [
    path("", lambda request: HttpResponse(request.scheme)),
    path("private", lambda request: HttpResponseRedirect("/login?next=/private")),
    path("spill", spill),
]
"""

WSGI = """
import os
from django.core.wsgi import get_wsgi_application
os.environ["DJANGO_SETTINGS_MODULE"] = "shop.settings"
application = get_wsgi_application()
"""


@dataclass(frozen=True)
class Web:
    """A Django site under gunicorn, and the probe of it."""

    site: Site
    probe: HttpProbe

    def begin(self, settings: str = "") -> None:
        self.site.write("shop/settings.py", SETTINGS + settings)
        self.site.write("shop/urls.py", URLS)
        self.site.write("shop/wsgi.py", WSGI)
        gunicorn = self.site.virtualenv.executable("gunicorn")
        command = (self.site.launcher, gunicorn, "-b", f"unix:{self.probe.socket}", "shop.wsgi:application")
        directory = str(self.site.directory)
        self.site.begin(self.site.daemon.program("shop-web", *command, directory=directory, start_seconds=10))


def probe_of(folder: Folder, directory: Path) -> HttpProbe:
    return HttpProbe(
        socket=f"{folder.root}/web.sock",
        path="/",
        host_header="shop.example",
        scheme="http",
        patience=120.0,
        program="shop-web",
        supervisor_socket=folder.socket,
        log_file=f"{folder.root}/shop-web.log",
        directory=str(directory),
    )


@pytest.fixture
def web(site: Site) -> Web:
    return Web(site, probe_of(site.daemon, site.directory))


def test_site_that_serves_passes(web: Web, machine: Machine) -> None:
    web.begin()
    assert web.probe.perform(machine).status == 200


def test_redirect_to_a_login_passes(web: Web, machine: Machine) -> None:
    web.begin()
    answer = replace(web.probe, path="/private").perform(machine)
    assert (answer.status, answer.location) == (302, "/login?next=/private")


def test_host_that_is_not_allowed_is_refused_with_the_setting(web: Web, machine: Machine) -> None:
    web.begin()
    with pytest.raises(Refused, match="answers 400 to / with Host: tea.example") as refused:
        replace(web.probe, host_header="tea.example").perform(machine)
    assert "ALLOWED_HOSTS" in refused.value.hint


def test_upgrade_to_https_is_refused_with_the_setting(web: Web, machine: Machine) -> None:
    web.begin("SECURE_SSL_REDIRECT = True\n")
    with pytest.raises(Refused, match="sending everybody to https://shop.example/") as refused:
        web.probe.perform(machine)
    assert "SECURE_SSL_REDIRECT" in refused.value.hint


def test_request_says_that_it_came_by_https(web: Web, machine: Machine) -> None:
    web.begin("SECURE_SSL_REDIRECT = True\nSECURE_PROXY_SSL_HEADER = ('HTTP_X_FORWARDED_PROTO', 'https')\n")
    assert replace(web.probe, scheme="https").perform(machine).status == 200


def test_server_error_is_refused_with_the_exception_and_its_line(web: Web, machine: Machine) -> None:
    handlers = "'handlers': {'console': {'class': 'logging.StreamHandler'}}, 'root': {'handlers': ['console']}"
    web.begin("LOGGING = {'version': 1, 'disable_existing_loggers': False, " + handlers + "}\n")
    with pytest.raises(Refused, match=r"answers 500 to /spill: ValueError: spilt \(shop/urls.py:6\)"):
        replace(web.probe, path="/spill").perform(machine)


def test_page_that_is_missing_is_refused(web: Web, machine: Machine) -> None:
    web.begin()
    with pytest.raises(Refused, match="answers 404 to /nowhere") as refused:
        replace(web.probe, path="/nowhere").perform(machine)
    assert "web_health_path" in refused.value.hint


def test_site_that_cannot_be_imported_is_refused_with_its_line(web: Web, machine: Machine) -> None:
    web.begin("import teapot\n")
    with pytest.raises(Refused, match=r"shop-web does not stay up .*No module named 'teapot' \(shop/settings.py:7\)"):
        web.probe.perform(machine)


@pytest.mark.parametrize(
    ("how", "words"),
    [("os._exit(1)", "exited with code 1"), ("os.kill(os.getpid(), signal.SIGSEGV)", "was sent SIGSEGV")],
)
def test_gunicorn_whose_processes_die_and_die_is_not_waited_for(
    web: Web, machine: Machine, how: str, words: str
) -> None:
    """gunicorn itself lives, and takes the connection."""
    web.begin(f"import os, signal\n{how}\n")
    with pytest.raises(
        Refused, match=rf"shop-web lives, and its processes die, \d+ so far: Worker .*{words}"
    ) as refused:
        replace(web.probe, patience=600.0).perform(machine)
    assert "its log says more" in refused.value.hint


def test_web_that_dies_while_an_answer_is_waited_for_is_refused(
    probe: HttpProbe, machine: Machine, daemon: Folder
) -> None:
    """Supervisor starts it again at once."""
    eventually(machine, lambda: daemon.state("shop-web") == "RUNNING")

    def kill() -> None:
        os.kill(daemon.pid("shop-web"), signal.SIGKILL)

    with (
        serving(probe.socket, Answers([None], kill)),
        pytest.raises(Refused, match=r"shop-web .*terminated by SIGKILL"),
    ):
        replace(probe, patience=600.0).perform(machine)


@dataclass
class Answers:
    """What a small server answers, one after the other, the last one for ever; None breaks off without an answer."""

    statuses: list[int | None]
    first: Callable[[], None] | None = None
    """Done once, when the first request has come."""
    requests: list[str] = field(default_factory=list)

    def next_status(self) -> int | None:
        return self.statuses.pop(0) if len(self.statuses) > 1 else self.statuses[0]


@contextmanager
def serving(socket: str, answers: Answers) -> Iterator[None]:
    """Such a server on a unix socket."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            answers.requests.append(self.headers["Host"])
            if answers.first and len(answers.requests) == 1:
                answers.first()
            status = answers.next_status()
            if status is not None:
                self.send_response(status)
                self.send_header("Location", f"https://{self.headers['Host']}{self.path}")
                self.end_headers()

        def address_string(self) -> str:
            return "probe"

        def log_message(self, format: str, *arguments: object) -> None:
            """Say nothing."""

    with socketserver.UnixStreamServer(socket, Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield
        finally:
            server.shutdown()
            thread.join()


@pytest.fixture
def probe(daemon: Folder, machine: Machine) -> HttpProbe:
    """Of a program that only lives; the test itself serves."""
    from backline.resources.program_files import write_programs

    write_programs(machine, daemon.include, (daemon.shell("shop-web", "echo brewing; exec sleep 1000"),))
    daemon.supervisor.reload_configuration()
    daemon.supervisor.add("shop-web")
    eventually(machine, lambda: last_lines(f"{daemon.root}/shop-web.log") == ("brewing",))
    return probe_of(daemon, daemon.root)


@pytest.mark.parametrize("statuses", [[None, 200], [503, 503, 200], [204]])
def test_probe_waits_for_a_good_answer(probe: HttpProbe, machine: Machine, statuses: list[int | None]) -> None:
    answers = Answers(list(statuses))
    with serving(probe.socket, answers):
        found = probe.perform(machine)
    assert isinstance(found, Answer)
    assert found.status == statuses[-1]
    assert answers.requests == ["shop.example"] * len(statuses)


@pytest.mark.parametrize(("status", "words"), [(503, "it answers 503"), (None, "no HTTP answer")])
def test_patience_ends(probe: HttpProbe, machine: Machine, status: int | None, words: str) -> None:
    with serving(probe.socket, Answers([status])), pytest.raises(Refused, match=f"within 3 s: {words}") as refused:
        replace(probe, patience=3.0).perform(machine)
    assert refused.value.lines == ("brewing",)


def test_nobody_on_the_socket_is_refused(probe: HttpProbe, machine: Machine) -> None:
    with pytest.raises(Refused, match="does not serve / within 0.3 s: No such file"):
        replace(probe, patience=0.3).perform(machine)


@pytest.mark.parametrize("status", [500, 502, 403, 410])
def test_error_is_refused_at_once(probe: HttpProbe, machine: Machine, status: int) -> None:
    answers = Answers([status])
    with serving(probe.socket, answers), pytest.raises(Refused, match=f"answers {status} to /"):
        probe.perform(machine)
    assert len(answers.requests) == 1


def test_server_that_sends_https_to_https_is_refused(probe: HttpProbe, machine: Machine) -> None:
    with serving(probe.socket, Answers([301])), pytest.raises(Refused) as refused:
        replace(probe, scheme="https").perform(machine)
    assert "SECURE_PROXY_SSL_HEADER" in refused.value.hint


def test_program_that_has_died_is_refused_although_somebody_answers(
    probe: HttpProbe, machine: Machine, daemon: Folder
) -> None:
    daemon.supervisor.stop("shop-web")
    eventually(machine, lambda: daemon.state("shop-web") == "STOPPED")
    with serving(probe.socket, Answers([200])), pytest.raises(Refused, match="does not stay up .STOPPED"):
        probe.perform(machine)
