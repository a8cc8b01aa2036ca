"""A stream of HTTP requests to a site, each over a connection of its own; every answer and every failure is kept."""

from __future__ import annotations

import http.client
import itertools
import json
import re
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

RATE = 25
"""Requests a second."""
LONGEST = 240.0
"""Seconds after which a stream ends by itself."""
AT_ONCE = 24
SILENCE = 90.0
"""Seconds after which a request that is not answered has failed."""


@dataclass(frozen=True)
class Request:
    """A GET of `path`, or with `form` a POST. What the page names where the pattern `follow` matches is asked for too,
    at once, as a browser does."""

    path: str
    form: dict[str, str] = field(default_factory=dict)
    follow: str = ""


@dataclass(frozen=True)
class Answer:
    """What came back, whole; status 0 and the reason in `text` where nothing did."""

    request: Request
    status: int
    text: str

    @property
    def told(self) -> dict[str, Any]:
        """What the counting shop tells of itself; empty for its other pages."""
        found = json.loads(self.text) if self.text.startswith("{") else {}
        assert isinstance(found, dict)
        return found

    @property
    def release(self) -> str:
        return str(self.told.get("release", ""))

    @property
    def task(self) -> str:
        """The id of the task that was sent, if one was."""
        return str(self.told.get("id", ""))


class RequestStream:
    """Asks what `choose` says for each number, `rate` times a second, while the with-statement lasts."""

    def __init__(
        self, site: str, choose: Callable[[int], Request], rate: float = RATE, longest: float = LONGEST
    ) -> None:
        self._site = site
        self._choose = choose
        self._rate = rate
        self._longest = longest
        self._ended = threading.Event()
        self._pool = ThreadPoolExecutor(AT_ONCE)
        self._asked: list[Future[Answer]] = []
        self._answers: list[Answer] = []
        self._asker = threading.Thread(target=self._ask, daemon=True)

    def __enter__(self) -> RequestStream:
        self._asker.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._ended.set()
        self._asker.join()
        self._pool.shutdown()

    def ask(self, request: Request) -> Future[Answer]:
        """Ask this, besides the stream's own requests."""
        asked = self._pool.submit(self._visit, request)
        self._asked.append(asked)
        return asked

    @property
    def flows(self) -> bool:
        """Whether it still asks."""
        return self._asker.is_alive()

    def answers(self) -> tuple[Answer, ...]:
        """What was answered until now."""
        return tuple(self._answers)

    def answer_all_begun(self) -> None:
        """Wait until what has been asked until now is answered."""
        wait(list(self._asked), timeout=SILENCE)

    def _visit(self, request: Request) -> Answer:
        answer = ask(self._site, request)
        self._answers.append(answer)
        if request.follow:
            self._answers += [ask(self._site, Request(path)) for path in re.findall(request.follow, answer.text)]
        return answer

    def _ask(self) -> None:
        begun = time.monotonic()
        for number in itertools.count():
            pause = begun + number / self._rate - time.monotonic()
            if self._ended.wait(max(pause, 0)) or time.monotonic() > begun + self._longest:
                return
            self.ask(self._choose(number))


def ask(site: str, request: Request) -> Answer:
    """One request over a new connection."""
    connection = http.client.HTTPConnection(site, timeout=SILENCE)
    headers = {"Connection": "close"}
    try:
        if request.form:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
            connection.request("POST", request.path, urlencode(request.form), headers)
        else:
            connection.request("GET", request.path, headers=headers)
        response = connection.getresponse()
        return Answer(request, response.status, response.read().decode())
    except (OSError, http.client.HTTPException) as error:
        return Answer(request, 0, f"{type(error).__name__}: {error}")
    finally:
        connection.close()
