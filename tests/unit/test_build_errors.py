"""What pip, uv and venv say when they fail, as they have said it, and what is made of it."""

from __future__ import annotations

import pytest

from backline.resources.build_errors import GIVE_MEMORY, MAKE_ROOM, REACH_INDEX, BuildError, build_error

KILLED_BY_PIP = """\
Looking in links: /opt/wheels
Processing /opt/wheels/killed-1.0.tar.gz
  Preparing metadata (pyproject.toml): finished with status 'error'
  error: subprocess-exited-with-error

  × Preparing metadata (pyproject.toml) did not run successfully.
  │ exit code: -9
  ╰─> [0 lines of output]
      [end of output]
error: metadata-generation-failed

× Encountered error while generating package metadata.
╰─> See above for output.
"""
HUNGRY_BY_PIP = KILLED_BY_PIP.replace("exit code: -9", "exit code: 1").replace("[end of", "MemoryError\n      [end of")
COMPILER_BY_PIP = """\
Processing /opt/wheels/ext-1.0.tar.gz
  error: subprocess-exited-with-error

  × Building wheel for ext (pyproject.toml) did not run successfully.
      building 'ext' extension
      x86_64-linux-gnu-gcc -Wsign-compare -c ext.c -o build/ext.o
      error: [Errno 2] No such file or directory: 'x86_64-linux-gnu-gcc'
      [end of output]
  ERROR: Failed building wheel for ext
Failed to build ext
ERROR: Could not build wheels for ext, which is required to install pyproject.toml-based projects
"""
PG_CONFIG = """\
error: Failed to build `psycopg2==2.9.10`
  cause: The build backend returned an error

         [stderr]
         Error: pg_config executable not found.
"""
HEADERS = """\
error: Failed to build `ext==1.0`
         ext.c:1:10: fatal error: Python.h: No such file or directory
"""
FULL_BY_PIP = "ERROR: Could not install packages due to an OSError: [Errno 28] No space left on device\n"
REFUSED_BY_PIP = """\
WARNING: Retrying (Retry(total=0)) after connection broken by 'NewConnectionError('<pip>: Failed to establish a new \
connection: [Errno 111] Connection refused')': /simple/tiny/
ERROR: Could not find a version that satisfies the requirement tiny==1.0 (from versions: none)
ERROR: No matching distribution found for tiny==1.0
"""
FORBIDDEN_BY_UV = """\
error: No solution found when resolving dependencies
  cause: Because tiny was not found in the package registry and you require tiny==1.0, we can conclude that your \
requirements are unsatisfiable.

hint: An index (http://10.0.0.1/simple) returned a 403 Forbidden error. Check that the index URL is correct.
"""
PANIC = """\
thread 'main2' (361) panicked at library/std/src/thread/functions.rs:131:29:
failed to spawn thread: Os { code: 11, kind: WouldBlock, message: "Resource temporarily unavailable" }
note: run with `RUST_BACKTRACE=1` environment variable to display a backtrace
"""
HASHES_BY_PIP = "ERROR: THESE PACKAGES DO NOT MATCH THE HASHES FROM THE REQUIREMENTS FILE. If you have updated the …\n"


@pytest.mark.parametrize(
    ("output", "reason", "hint"),
    [
        (
            KILLED_BY_PIP,
            "it was killed, as happens where memory runs out: killed-1.0.tar.gz: Preparing meta",
            GIVE_MEMORY,
        ),
        (HUNGRY_BY_PIP, "the host ran out of memory: killed-1.0.tar.gz: Preparing metadata", GIVE_MEMORY),
        (PANIC, "the host ran out of memory: failed to spawn thread", GIVE_MEMORY),
        (FULL_BY_PIP, "no room is left on the host: Could not install packages", MAKE_ROOM),
        (REFUSED_BY_PIP, "the package index cannot be reached, or refuses", REACH_INDEX),
        (FORBIDDEN_BY_UV, "the package index cannot be reached, or refuses: No solution found", REACH_INDEX),
        (
            COMPILER_BY_PIP,
            "ext-1.0.tar.gz: Building wheel for ext (pyproject.toml) did not run successfully.",
            "build-essential",
        ),
        (PG_CONFIG, "Failed to build `psycopg2==2.9.10`", "libpq-dev"),
        (HEADERS, "Failed to build `ext==1.0`: it has no wheel, and the host has no headers of Python", "python3-dev"),
        (HASHES_BY_PIP, "THESE PACKAGES DO NOT MATCH THE HASHES", ""),
    ],
)
def test_the_reason_is_told_with_what_helps(output: str, reason: str, hint: str) -> None:
    error = build_error([line for line in output.splitlines() if line.strip()], 1)
    assert error.reason.startswith(reason)
    assert hint in error.hint
    assert bool(hint) == bool(error.hint)


def test_what_was_killed_and_said_nothing_was_killed() -> None:
    assert build_error([], -9) == BuildError("it was killed, as happens where memory runs out", GIVE_MEMORY)
    assert build_error([], 7) == BuildError("exit code 7")
