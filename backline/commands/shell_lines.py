"""The command that runs a line of shell on hosts: run."""

from __future__ import annotations

import signal
import sys
import threading

from backline.commands.command import command
from backline.commands.notes import to_errors
from backline.commands.site import Site
from backline.resources.failure import Interrupted


@command(line='what to run, as one word for your own shell: "df -h /srv"')
def run(site: Site, line: str) -> None:
    """Run a line of shell on every host at once, as whoever logs in; the exit code is the worst of them.

    inv run "df -h /srv" --host prod
    """
    from backline.agent.events import Event, Kind
    from backline.commands.connecting import connected
    from backline.commands.exits import leave
    from backline.commands.running import order_of
    from backline.deploy.by_hand import run_line, told_code
    from backline.report.cells import padded, printable

    width = max(len(host.name) for host in site.hosts)
    writing = threading.Lock()
    nobody_reads = threading.Event()

    def show(event: Event) -> None:
        """Called by the sessions' readers, which must live on when whoever reads us does not."""
        if event.kind != Kind.OUTPUT:
            to_errors(event)
        elif not nobody_reads.is_set():
            try:
                with writing:
                    print(f"{padded(event.host, width)} | {printable(event.text)}".rstrip(), flush=True)
            except BrokenPipeError:
                nobody_reads.set()
                signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)  # as a person ends it

    with connected(site, show) as fleet:
        try:
            codes = fleet.each(run_line, order_of(site), line)
        except Interrupted:
            if nobody_reads.is_set():
                raise BrokenPipeError from None
            raise
        for target, code in zip(fleet.targets, codes, strict=True):
            if code:
                print(f"{target.name}: {told_code(code)}", file=sys.stderr)
    if any(codes):
        leave(max(codes))
