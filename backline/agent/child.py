"""What a command's process does to itself between fork and exec, and how its whole group is ended."""

from __future__ import annotations

import os
import signal
import sys

from backline.resources.failure import Failure

TYPE_CHECKING = False
if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable

PR_SET_PDEATHSIG = 1
RESET_SIGNALS = (signal.SIGHUP, signal.SIGINT, signal.SIGQUIT, signal.SIGTERM)
GRACE = 2.0
"""Seconds between TERM and KILL."""


def before_exec(user: str) -> Callable[[], None]:
    """The function that a new process runs before its program. What may fail or import happens here, before the fork.

    The process starts with the signals of a login shell (an agent started in the background has some ignored, and a
    command would inherit that), with umask 022, as `user`, and dies with the agent."""
    become = _becoming(user)
    tie = _tie_to_parent()
    agent = os.getpid()

    def prepare() -> None:
        for number in RESET_SIGNALS:
            signal.signal(number, signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_SETMASK, ())
        os.umask(0o022)
        become()
        tie()  # after become: a change of user clears it
        if os.getppid() != agent:
            os._exit(143)  # the agent died before the tie held

    return prepare


def kill_group(process: subprocess.Popen[bytes]) -> None:
    """TERM to the group that a process leads, KILL to what is left after GRACE; returns when its leader is reaped."""
    import time

    alive = _signalled(process.pid, signal.SIGTERM)
    deadline = time.monotonic() + GRACE
    while alive and time.monotonic() < deadline:
        time.sleep(0.02)
        process.poll()  # reaps the leader, which else would keep its group in being
        alive = _signalled(process.pid, 0)
    _signalled(process.pid, signal.SIGKILL)
    process.wait()


def _signalled(group: int, number: int) -> bool:
    try:
        os.killpg(group, number)
    except ProcessLookupError:
        return False
    return True


def _becoming(user: str) -> Callable[[], None]:
    """A function that turns this process into `user`'s."""
    import pwd

    if not user:
        return lambda: None
    try:
        account = pwd.getpwnam(user)
    except KeyError:
        raise Failure(f"there is no user {user} on this host", hint="create it first") from None
    if account.pw_uid == os.geteuid():
        return lambda: None
    if os.geteuid() != 0:
        raise Failure(f"only root can run a command as {user}", hint="set ansible_become for this host")

    def become() -> None:
        os.initgroups(user, account.pw_gid)
        os.setgid(account.pw_gid)
        os.setuid(account.pw_uid)

    return become


def _tie_to_parent() -> Callable[[], None]:
    """A function that has the kernel kill this process when its parent dies; nothing where the kernel is not Linux."""
    if sys.platform != "linux":
        return lambda: None
    import ctypes

    control = ctypes.CDLL(None).prctl

    def tie() -> None:
        control(PR_SET_PDEATHSIG, int(signal.SIGKILL), 0, 0, 0)

    return tie
