"""The gate of a web process: a real HTTP request over its own socket, as the proxy in front of it would send it."""

from __future__ import annotations

import time

from backline.resources.child_deaths import deaths_of_children, log_size
from backline.resources.dataclass import dataclass
from backline.resources.failure import Refused
from backline.resources.log_tail import last_lines
from backline.resources.program_health import require_health
from backline.resources.python_errors import advice, python_error, without_libraries
from backline.resources.resource import Action

TYPE_CHECKING = False
if TYPE_CHECKING:
    import socket

    from backline.resources.resource import Host
    from backline.resources.supervisor_rpc import ProcessInfo

LONGEST_WAIT = 2.0
ANSWER_SECONDS = 60.0
"""How long one answer may take, in seconds: the first one often imports the whole site."""
NOT_YET = 503
"""What a site answers while it warms up."""
LINES_SHOWN = 20
LINES_READ = 200
MOST_DEATHS = 5
"""Of processes of the web's own; after so many it is not worth waiting for the next."""
LONGEST_LOOK = 0.5
"""Seconds between two looks while an answer is waited for."""
LOG_SECONDS = 0.5
"""How long what a process has said may take to be in its log."""


NO_ANSWER = "it takes the request and answers nothing"


@dataclass(frozen=True)
class Answer:
    """What the web process answered: status, where a redirect leads, and how long after the probe's start it came."""

    status: int
    location: str
    seconds: float


@dataclass(frozen=True)
class HttpProbe(Action):
    """Returns the Answer. Raises Refused when it is an error, when there is none within `patience` (seconds), at once
    when the program dies, and when it lives on while the processes that it forks die and die."""

    socket: str
    path: str
    host_header: str
    scheme: str
    """What X-Forwarded-Proto says: how people reach the site, http or https."""
    patience: float
    program: str
    supervisor_socket: str
    log_file: str
    directory: str = "/"
    """The project's, by which a traceback's line is found that is its own."""

    def perform(self, host: Host) -> Answer:
        begun = time.monotonic()
        wait = 0.05
        watched = Watched(self, log_size(self.log_file))
        while True:
            watched.require_alive()
            try:
                status, location = self._asked(host, begun, watched)
                if status != NOT_YET:
                    self._judge(host, status, location)
                    return Answer(status, location, round(time.monotonic() - begun, 3))
                trouble = f"it answers {status}"
            except OSError as error:
                trouble = error.strerror or str(error) or type(error).__name__
            if time.monotonic() - begun > self.patience:
                raise self._refusal(
                    f"{self.program} does not serve {self.path} within {self.patience:g} s: {trouble}",
                    hint=f"its log says more:\n{self.log_file}\na site that needs longer to answer: web_patience",
                )
            host.pause(wait)
            wait = min(wait * 1.4, LONGEST_WAIT)

    def _asked(self, host: Host, begun: float, watched: Watched) -> tuple[int, str]:
        """Status and Location. Raises OSError while nobody answers as HTTP wants it."""
        import http.client
        import socket

        left = max(min(self.patience - (time.monotonic() - begun), ANSWER_SECONDS), 1.0)
        connection = http.client.HTTPConnection("localhost")
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connected:
            connected.settimeout(left)
            connected.connect(self.socket)
            connection.sock = connected
            try:
                connection.putrequest("GET", self.path, skip_host=True, skip_accept_encoding=True)
                for name, value in self._headers():
                    connection.putheader(name, value)
                connection.endheaders()
                _await_answer(host, connected, left, watched)
                response = connection.getresponse()
                return response.status, response.getheader("Location") or ""
            except socket.timeout:  # noqa: UP041  not yet TimeoutError in Python 3.9
                raise ConnectionError(NO_ANSWER) from None
            except http.client.HTTPException as error:
                raise ConnectionError(f"no HTTP answer ({type(error).__name__})") from None

    def _headers(self) -> tuple[tuple[str, str], ...]:
        return (
            ("Host", self.host_header),
            ("X-Forwarded-Proto", self.scheme),
            ("X-Forwarded-For", "127.0.0.1"),
            ("User-Agent", "backline-probe"),
            ("Connection", "close"),
        )

    def _judge(self, host: Host, status: int, location: str) -> None:
        """Raises Refused for an answer that visitors should not be given."""
        what = f"{self.program} answers {status} to {self.path}"
        if status >= 500:
            host.pause(LOG_SECONDS)
            error = python_error(last_lines(self.log_file, LINES_READ), self.directory)
            raise self._refusal(f"{what}: {error}" if error else what, hint=advice(error) if error else "")
        if status == 400:
            raise self._refusal(
                f"{what} with Host: {self.host_header}, which Django does for a host that it does not know",
                hint=f"put {self.host_header!r} into the project's ALLOWED_HOSTS,\nor mend web_hostnames",
            )
        if status >= 400:
            raise self._refusal(what, hint="probe a path that answers 200, or leads to a login: web_health_path")
        if 300 <= status < 400 and self._leads_to_itself(location):
            raise self._refusal(f"{what}, sending everybody to {location}", hint=self._upgrade_hint())

    def _leads_to_itself(self, location: str) -> bool:
        """A redirect to the same page by https: what SECURE_SSL_REDIRECT does to a request that it takes for http."""
        from urllib.parse import urlsplit

        to = urlsplit(location)
        return to.scheme == "https" and to.hostname == self.host_header.partition(":")[0] and to.path == self.path

    def _upgrade_hint(self) -> str:
        if self.scheme == "https":
            return (
                "SECURE_SSL_REDIRECT is on, and the site does not see that the request came by https: set "
                "SECURE_PROXY_SSL_HEADER = ('HTTP_X_FORWARDED_PROTO', 'https') in the project's settings"
            )
        return "SECURE_SSL_REDIRECT is on in the project's settings, but the site is served by http: turn it off"

    def no_more_deaths(self, since: int) -> None:
        """Raises Refused where its processes die and die, by what its log has said since it had so many bytes."""
        deaths = deaths_of_children(self.log_file, since)
        if len(deaths) >= MOST_DEATHS:
            words = deaths[-1].rpartition("] ")[2]
            raise self._refusal(f"{self.program} lives, and its processes die, {len(deaths)} so far: {words}")

    def _refusal(self, cause: str, hint: str = "") -> Refused:
        log = without_libraries(last_lines(self.log_file, LINES_READ), self.directory)
        return Refused(cause, lines=log[-LINES_SHOWN:], hint=hint or f"its log says more:\n{self.log_file}")


@dataclass
class Watched:
    """The program while an answer is waited for: whether one can still come."""

    probe: HttpProbe
    since: int
    found: ProcessInfo | None = None

    def require_alive(self) -> None:
        """Raises Refused."""
        probe = self.probe
        self.found = require_health(probe.supervisor_socket, probe.program, probe.directory, self.found)
        probe.no_more_deaths(self.since)


def _await_answer(host: Host, connected: socket.socket, seconds: float, watched: Watched) -> None:
    """Wait until there is something to read, in pauses that Ctrl-C ends. Raises ConnectionError, and Refused."""
    import select

    deadline = time.monotonic() + seconds
    wait = 0.01
    while not select.select([connected], [], [], 0)[0]:
        if time.monotonic() > deadline:
            raise ConnectionError(NO_ANSWER)
        host.pause(wait)
        wait = min(wait * 1.4, LONGEST_LOOK)
        watched.require_alive()
