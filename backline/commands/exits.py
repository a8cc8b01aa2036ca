"""How a command ends: its failure on standard error, its exit code, and a traceback for nobody but who asks."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from backline.resources.failure import ExitCode, Failure


@contextmanager
def told_failures(debug: bool) -> Iterator[None]:
    """Run a command's body; what goes wrong is told on one screen and becomes the exit code."""
    try:
        yield
    except Failure as failure:
        if debug:
            raise
        from backline.report.failure import failure_screen

        print(failure_screen(failure), file=sys.stderr)
        leave(failure.code)
    except KeyboardInterrupt:
        if debug:
            raise
        print("stopped by Ctrl-C", file=sys.stderr)
        leave(ExitCode.FAILED)
    except BrokenPipeError:
        # Whoever read us has left (`inv releases | head`); nothing more can be told to them.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        leave(ExitCode.DONE)


def leave(code: int) -> None:
    """End the command with this exit code, the way Invoke knows."""
    from invoke.exceptions import Exit

    raise Exit(code=code)
