"""What holds for every test: a test whose programs are missing is skipped by name, or fails where all is required.

All but a Python that no system brings any more: what needs one is skipped by name everywhere."""

from __future__ import annotations

import os
import shutil
import signal
from collections.abc import Generator

import pytest
from hypothesis import settings

settings.register_profile("any machine", deadline=None)  # a slow or busy one is no failure
settings.load_profile("any machine")

REQUIRE_ALL = os.environ.get("BACKLINE_REQUIRE_ALL") == "1"
MAY_LACK = ("old_python", "memory_groups")
"""Markers of tests that need what cannot be installed."""
SYSTEM_PATH = os.pathsep.join([os.environ.get("PATH", ""), "/usr/local/sbin", "/usr/sbin", "/sbin"])


def pytest_configure() -> None:
    """Whoever starts the tests in the background has them ignore Ctrl-C, and so everything that they start."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # each of a thousand commands would compile all of Backline


def pytest_runtest_setup(item: pytest.Item) -> None:
    for marker in item.iter_markers("needs"):
        missing = [program for program in marker.args if shutil.which(program, path=SYSTEM_PATH) is None]
        if missing:
            pytest.skip(f"not on this machine: {', '.join(missing)}")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    may_lack = any(item.get_closest_marker(name) for name in MAY_LACK)
    if REQUIRE_ALL and report.skipped and not may_lack and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
        report.longrepr = f"skipped, but BACKLINE_REQUIRE_ALL=1 allows no skipping: {skip_reason(report)}"
    return report


def skip_reason(report: pytest.TestReport) -> str:
    return str(report.longrepr[2]) if isinstance(report.longrepr, tuple) else str(report.longrepr)
