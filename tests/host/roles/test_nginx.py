"""The role nginx's configuration under a real nginx: what a visitor gets, before and after a switch."""

from __future__ import annotations

import http.client
import os
import shutil
import signal
import socket
import socketserver
import subprocess
import sysconfig
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest

from backline.resources.wheels import NGINX_PROGRAM
from backline.roles.nginx import NginxSettings, configuration_text
from tests.conftest import SYSTEM_PATH
from tests.host.openssh import free_port
from tests.unit.shop import SUPERVISOR, shop

SECONDS = 120.0


class Backend(socketserver.ThreadingUnixStreamServer):
    """What stands for gunicorn: it answers with its name and the headers that it was sent, and keeps a connection for
    the next request, unless it is told not to."""

    daemon_threads = True

    def __init__(self, path: Path) -> None:
        self.name = path.name
        self.asked: list[str] = []
        self.dies_in = ""
        """The next request of this method is not answered: the process is gone."""
        self.open: set[socket.socket] = set()
        super().__init__(str(path), Answer)
        threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()

    def close_idle(self) -> None:
        """As gunicorn does with what has been silent for two seconds."""
        for connection in set(self.open):
            with suppress(OSError):  # it has ended meanwhile
                connection.shutdown(socket.SHUT_RDWR)

    def end(self) -> None:
        self.shutdown()
        self.server_close()


class Answer(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Backend

    def setup(self) -> None:
        super().setup()
        self.server.open.add(self.connection)

    def finish(self) -> None:
        self.server.open.discard(self.connection)
        super().finish()

    def do_GET(self) -> None:
        self.server.asked.append(self.command)
        if self.command == self.server.dies_in:
            self.server.dies_in = ""
            self.close_connection = True
            return
        lines = [f"{self.server.name} {self.path}", *(f"{name}: {value}" for name, value in self.headers.items())]
        body = "\n".join(lines).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        if self.close_connection:  # gunicorn says so too; without it nginx would keep the connection for the moment
            self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(body)

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.do_GET()

    def address_string(self) -> str:
        return "unix"

    def log_message(self, *arguments: object) -> None:
        """Nothing: a test's output is for its failures."""


@dataclass
class Site:
    """A running nginx, and the folder whose links a deploy would move."""

    run: Path
    port: int
    process: subprocess.Popen[bytes]
    backend: Backend
    """The release that is live at first."""

    @contextmanager
    def starved(self) -> Iterator[None]:
        """nginx gets no time meanwhile."""
        workers = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children")
        came_true(lambda: len(workers.read_text().split()) == 1)  # it listens before it has one
        worker = workers.read_text().strip()
        os.kill(int(worker), signal.SIGSTOP)
        try:
            came_true(lambda: Path(f"/proc/{worker}/stat").read_text().rpartition(") ")[2].startswith("T"))
            yield
        finally:
            os.kill(int(worker), signal.SIGCONT)

    def get(self, path: str, host: str = "shop.example.com", body: bytes | None = None) -> http.client.HTTPResponse:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=SECONDS)
        connection.request("POST" if body is not None else "GET", path, body=body, headers={"Host": host})
        response = connection.getresponse()
        self.text = response.read().decode()
        connection.close()
        return response

    def point(self, link: str, target: str) -> None:
        temporary = self.run / "new"
        temporary.symlink_to(target)
        temporary.replace(self.run / link)


def came_true(true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + SECONDS
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.01)


@pytest.fixture
def root() -> Iterator[Path]:
    """Short enough for sockets, and with a space in it."""
    folder = Path(tempfile.mkdtemp(prefix="backline ", dir="/tmp"))
    for name in ("shop/run", "nginx", "shop/releases/1/static", "shop/releases/2/static"):
        (folder / name).mkdir(parents=True)
    yield folder
    shutil.rmtree(folder)


def settings(root: Path, port: int = 8080) -> NginxSettings:
    account = "root" if os.geteuid() == 0 else "deploy"
    plain = NginxSettings(shop(str(root / "shop"), home=str(root)), SUPERVISOR, nginx_listen=f"127.0.0.1:{port}")
    return replace(plain, nginx_account=account, nginx_worker_processes="1")


def nginx_program() -> str:
    """The machine's own nginx, else the one that a wheel of the extra `dev` brings."""
    found = shutil.which("nginx", path=SYSTEM_PATH)
    brought = Path(sysconfig.get_path("purelib")).glob(NGINX_PROGRAM.partition("site-packages/")[2])
    return found or str(next(brought))


def command(root: Path) -> list[str]:
    return [nginx_program(), "-p", f"{root}/nginx/", "-c", f"{root}/nginx/nginx.conf"]


@pytest.fixture
def site(root: Path, request: pytest.FixtureRequest) -> Iterator[Site]:
    port = free_port()
    hostnames = getattr(request, "param", ("shop.example.com", "*.shop.example.org"))
    chosen = replace(settings(root, port), web_hostnames=hostnames, nginx_client_max_body_size="1k")
    (root / "nginx/nginx.conf").write_text(configuration_text(chosen, f"{root}/nginx"))
    run = root / "shop/run"
    backends = [Backend(run / f"web-r{number}.sock") for number in (1, 2)]
    with (root / "nginx/log").open("wb") as log:
        process = subprocess.Popen(command(root), stdout=log, stderr=log)
    site = Site(run, port, process, backends[0])
    site.point("web.sock", "web-r1.sock")
    site.point("static", "../releases/1/static")
    wait_for(site, process, root / "nginx/log")
    yield site
    process.send_signal(signal.SIGQUIT)
    process.wait(SECONDS)
    for backend in backends:
        backend.end()


def wait_for(site: Site, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + SECONDS
    while True:
        try:
            socket.create_connection(("127.0.0.1", site.port), timeout=SECONDS).close()
            return
        except OSError:
            assert process.poll() is None, log.read_text()
            assert time.monotonic() < deadline, log.read_text()
            time.sleep(0.02)


@pytest.mark.parametrize("hostnames", [(), ("shop.example.com", "*.example.org", ".example.net")])
@pytest.mark.parametrize("size", ["10m", "0"])
def test_nginx_accepts_it(root: Path, hostnames: tuple[str, ...], size: str) -> None:
    chosen = replace(settings(root, free_port()), web_hostnames=hostnames, nginx_client_max_body_size=size)
    (root / "nginx/nginx.conf").write_text(configuration_text(chosen, f"{root}/nginx"))
    tested = subprocess.run([*command(root), "-t"], capture_output=True, text=True)
    assert tested.returncode == 0, tested.stderr
    assert "[warn]" not in tested.stderr


def test_a_request_reaches_the_app_and_says_where_it_came_from(site: Site) -> None:
    assert site.get("/cart?item=1").status == 200
    assert site.text.splitlines()[0] == "web-r1.sock /cart?item=1"
    assert "Host: shop.example.com" in site.text
    assert "X-Forwarded-For: 127.0.0.1" in site.text
    assert "X-Forwarded-Proto: http" in site.text


def test_the_switch_needs_no_reload(site: Site) -> None:
    site.get("/")
    assert site.text.startswith("web-r1.sock")
    site.point("web.sock", "web-r2.sock")
    site.get("/")
    assert site.text.startswith("web-r2.sock")


def test_a_request_is_not_written_to_a_connection_that_the_app_closes_at_that_moment(site: Site) -> None:
    """nginx is told of both at once: a visitor's request, and the end of a connection that it had kept."""
    visitor = http.client.HTTPConnection("127.0.0.1", site.port, timeout=SECONDS)
    statuses = []
    for _ in range(2):
        with site.starved():
            visitor.request("POST", "/", body=b"tea", headers={"Host": "shop.example.com"})
            site.backend.close_idle()
        response = visitor.getresponse()
        response.read()
        statuses.append(response.status)
    visitor.close()
    assert statuses == [200, 200]
    assert site.backend.asked == ["POST", "POST"]


@pytest.mark.parametrize(("method", "status", "asked"), [("GET", 200, ["GET", "GET"]), ("POST", 502, ["POST"])])
def test_what_a_dying_process_left_unanswered_is_asked_again_unless_it_may_have_been_done(
    site: Site, method: str, status: int, asked: list[str]
) -> None:
    site.backend.dies_in = method
    assert site.get("/", body=b"tea" if method == "POST" else None).status == status
    assert site.backend.asked == asked
    assert site.get("/").status == 200


def test_static_files_come_from_the_live_release_then_from_the_one_before_then_from_the_app(site: Site) -> None:
    releases = site.run.parent / "releases"
    (releases / "1/static/old.css").write_text("old")
    (releases / "1/static/both.css").write_text("one")
    (releases / "2/static/both.css").write_text("two")
    site.point("static-previous", "../releases/1/static")
    site.point("static", "../releases/2/static")
    response = site.get("/static/both.css")
    assert (site.text, response.getheader("Content-Type")) == ("two", "text/css; charset=utf-8")
    site.get("/static/old.css")
    assert site.text == "old"
    site.get("/static/neither.css")
    assert site.text.startswith("web-r1.sock /static/neither.css")


def test_only_a_file_that_is_named_by_its_content_is_kept_for_long(site: Site) -> None:
    static = site.run.parent / "releases/1/static"
    (static / "app.5f1d0c4b2a3e.js").write_text("x")
    (static / "app.js").write_text("x")
    assert "max-age" in (site.get("/static/app.5f1d0c4b2a3e.js").getheader("Cache-Control") or "")
    assert site.get("/static/app.js").getheader("Cache-Control") is None


@pytest.mark.parametrize("path", ["/static/../web-r1.sock", "/static/%2e%2e/secret", "/static/..%2fsecret"])
def test_nothing_beside_the_static_files_is_served(site: Site, path: str) -> None:
    (site.run / "secret").write_text("hush")
    site.get(path)
    assert "hush" not in site.text


def test_an_upload_that_is_too_large_is_refused(site: Site) -> None:
    assert site.get("/", body=b"x" * 1000).status == 200
    assert site.get("/", body=b"x" * 2000).status == 413


@pytest.mark.parametrize("host", ["other.example.com", "shop.example.com.evil.org"])
def test_a_request_for_another_name_is_dropped(site: Site, host: str) -> None:
    with pytest.raises(http.client.RemoteDisconnected):
        site.get("/", host=host)


def test_a_wildcard_name_is_answered(site: Site) -> None:
    assert site.get("/", host="de.shop.example.org:8080").status == 200
    assert "Host: de.shop.example.org:8080" in site.text


@pytest.mark.parametrize("site", [()], indirect=True)
def test_without_names_every_name_is_answered(site: Site) -> None:
    assert site.get("/", host="127.0.0.1").status == 200


def test_without_an_app_the_visitor_is_told_so(site: Site) -> None:
    site.point("web.sock", "gone.sock")
    assert site.get("/").status == 502
