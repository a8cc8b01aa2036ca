"""What only a person knows, asked at the terminal: one question at a time, and each once a run."""

from __future__ import annotations

import contextlib
import os
import termios
import threading
from collections.abc import Iterator
from typing import Protocol

from backline.resources.secret import Secret

TERMINAL = "/dev/tty"
ECHO = 3
"""Where termios keeps the local modes."""
LONGEST = 4096


class Asking(Protocol):
    """Somebody who may be asked."""

    def secret(self, question: str) -> Secret | None:
        """The answer, which is not shown, asked for once a run; None where nobody can be asked, or gave none."""
        ...

    def code(self, question: str) -> Secret | None:
        """The same, asked for each time: what is good for one login only."""
        ...


class Nobody:
    """For whoever must get along alone: CI, cron, a pipe."""

    def secret(self, question: str) -> Secret | None:
        """See Asking."""
        return None

    code = secret


class AtTheTerminal:
    """The person before our controlling terminal, wherever our input and output lead. Close it, so that Ctrl-C in the
    middle of an answer leaves a terminal that shows what is typed."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._answers: dict[str, Secret | None] = {}
        self._open: tuple[int, list[object]] | None = None

    def secret(self, question: str) -> Secret | None:
        """See Asking."""
        with self._lock:
            if question not in self._answers:
                self._answers[question] = self._asked(question)
            return self._answers[question]

    def code(self, question: str) -> Secret | None:
        """See Asking."""
        with self._lock:
            return self._asked(question)

    def close(self) -> None:
        """Leave the terminal as it was, should somebody still be asked."""
        if self._open is not None:
            descriptor, before = self._open
            with contextlib.suppress(OSError, termios.error):
                termios.tcsetattr(descriptor, termios.TCSADRAIN, before)  # type: ignore[arg-type]
                os.write(descriptor, b"\n")

    def _asked(self, question: str) -> Secret | None:
        try:
            descriptor = os.open(TERMINAL, os.O_RDWR | os.O_NOCTTY)
        except OSError:
            return None
        try:
            if os.tcgetpgrp(descriptor) != os.getpgrp():  # in the background, where a question would stop us
                return None
            with self._silent(descriptor):
                os.write(descriptor, question.encode())
                answer = os.read(descriptor, LONGEST)
            os.write(descriptor, b"\n")
        except (OSError, termios.error):
            return None
        finally:
            os.close(descriptor)
        text = answer.decode("utf-8", "replace").rstrip("\r\n")
        return Secret(text) if text else None

    @contextlib.contextmanager
    def _silent(self, descriptor: int) -> Iterator[None]:
        before = termios.tcgetattr(descriptor)
        quiet = [*before]
        quiet[ECHO] &= ~termios.ECHO
        self._open = (descriptor, before)
        try:
            termios.tcsetattr(descriptor, termios.TCSAFLUSH, quiet)
            yield
        finally:
            self._open = None
            termios.tcsetattr(descriptor, termios.TCSADRAIN, before)
