"""The command that runs a line of shell on hosts: run."""

from __future__ import annotations

import os
import shlex
import signal
import sys
import threading
from typing import TYPE_CHECKING

from backline.commands.command import command
from backline.commands.notes import to_errors
from backline.commands.site import Site
from backline.resources.failure import Interrupted

if TYPE_CHECKING:
    from backline.agent.events import Event
    from backline.fleet.fleet import Fleet

BECOME = (
    "import os,pwd,sys;a=pwd.getpwnam(sys.argv[1]);"
    "os.initgroups(a.pw_name,a.pw_gid);os.setgid(a.pw_gid);os.setuid(a.pw_uid);os.chdir(sys.argv[2]);"
    "os.environ.update(HOME=a.pw_dir,USER=a.pw_name,LOGNAME=a.pw_name);"
    'os.execv("/bin/sh",["/bin/sh","-c",sys.argv[3]])'
)
"""What a Python on the host does to run a line as another user at our terminal. Words without single quotes."""


@command(
    line='what to run, as one word for your own shell: "df -h /srv"',
    as_="the user that runs it: `app` is the app's own (default: whoever logs in)",
)
def run(site: Site, line: str, as_: str = "") -> None:
    """Run a line of shell on hosts: on one at your terminal, on several at once with each host's name before its lines.

    It begins in the home of its user. The exit code is its own; of several, the largest.

    inv run "df -h /srv" --host prod
    """
    from backline.commands.at_terminal import leave_with
    from backline.commands.connecting import connected

    output = _Output(max(len(host.name) for host in site.hosts))
    with connected(site, output) as fleet:
        is_ours_alone = len(fleet.targets) == 1 and os.isatty(0) and os.isatty(1)
        code = _at_terminal(site, fleet, line, as_) if is_ours_alone else _by_lines(site, fleet, line, as_, output)
    leave_with(code)


class _Output:
    """Prints lines behind the host's name. It is called by the sessions' readers, which must live on when whoever reads
    us does not."""

    def __init__(self, width: int) -> None:
        self.nobody_reads = threading.Event()
        self._width = width
        self._writing = threading.Lock()

    def __call__(self, event: Event) -> None:
        from backline.agent.events import Kind
        from backline.report.cells import padded, printable

        if event.kind != Kind.OUTPUT:
            to_errors(event)
        elif not self.nobody_reads.is_set():
            try:
                with self._writing:
                    print(f"{padded(event.host, self._width)} | {printable(event.text)}".rstrip(), flush=True)
            except BrokenPipeError:
                self.nobody_reads.set()
                signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)  # as a person ends it


def _by_lines(site: Site, fleet: Fleet, line: str, user: str, output: _Output) -> int:
    """Returns the largest of the exit codes."""
    from backline.commands.running import order_of
    from backline.deploy.by_hand import run_line, told_code

    try:
        codes = fleet.each(run_line, order_of(site), line, user)
    except Interrupted:
        if output.nobody_reads.is_set():
            raise BrokenPipeError from None
        raise
    for target, code in zip(fleet.targets, codes, strict=True):
        if code:
            print(f"{target.name}: {told_code(code)}", file=sys.stderr)
    return max(codes)


def _at_terminal(site: Site, fleet: Fleet, line: str, user: str) -> int:
    """Returns the exit code."""
    from backline.commands.at_terminal import at_terminal
    from backline.deploy.by_hand import find_user

    target = fleet.targets[0]
    account = fleet.one(find_user, user)
    words = ["/bin/sh", "-c", line]
    if account.name:
        words = [target.facts.python, "-I", "-S", "-c", BECOME, account.name, account.home, line]
    return at_terminal(site, target, f"exec {shlex.join(words)}")
