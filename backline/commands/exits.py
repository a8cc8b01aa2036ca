"""How a command ends: its failure on standard error, its exit code, and a traceback for nobody but who asks."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from io import TextIOWrapper
from typing import NoReturn

from backline.commands.explaining import explain, fault
from backline.commands.site import Site
from backline.resources.failure import ExitCode, Failure, Interrupted

PROMPT = 1
"""Lines that the shell writes below a screen, which then still has to be seen from its first line on."""
WIDEST = 120
"""Cells of a line that is still read without turning one's head, on however wide a screen."""


@contextmanager
def told_failures(site: Site, debug: bool) -> Iterator[None]:
    """Run a command's body; what goes wrong is told on one screen and becomes the exit code."""
    from invoke.exceptions import Exit

    _write_anything()
    try:
        yield
        sys.stdout.flush()  # whoever read us may have left: better known here than when Python ends
    except Exit:
        raise
    except BrokenPipeError:
        stop_writing()
        leave(ExitCode.DONE)
    except (Exception, KeyboardInterrupt) as error:
        if debug:
            raise
        failure = as_failure(error)
        code = _tell(failure, site)
        if isinstance(failure, Interrupted):
            end_now(code)
        leave(code)


def as_failure(error: BaseException) -> Failure:
    """Whatever ended a command, as what a person can be told."""
    if isinstance(error, Failure):
        return error
    return fault(error) if isinstance(error, Exception) else Interrupted("stopped by Ctrl-C")


def _write_anything() -> None:
    """A character that the terminal's encoding, or UTF-8, has not (a file's name may be any bytes) is written as its
    escape, which is JSON's too."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def stop_writing() -> None:
    """Whoever read us has left (`inv releases | head`): nothing more can be told to them, nor need be."""
    nothing = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nothing, sys.stdout.fileno())
    os.close(nothing)


def _tell(failure: Failure, site: Site) -> int:
    """Show it; returns the exit code."""
    from backline.report.cells import USUAL_HEIGHT, USUAL_WIDTH, terminal_size, wants_color
    from backline.report.failure import failure_screen

    explain(failure, site)
    width, height = terminal_size(sys.stderr) if sys.stderr.isatty() else (USUAL_WIDTH, USUAL_HEIGHT)
    screen = failure_screen(failure, width=min(width, WIDEST), height=height - PROMPT, color=wants_color(sys.stderr))
    print(screen, file=sys.stderr)
    return failure.code


def end_now(code: int) -> NoReturn:
    """End the process without waiting for threads: one that still connects to a host would hold Ctrl-C up."""
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


def leave(code: int) -> None:
    """End the command with this exit code, the way Invoke knows."""
    from invoke.exceptions import Exit

    raise Exit(code=code)
