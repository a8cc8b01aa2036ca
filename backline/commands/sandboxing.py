"""The commands of the sandbox: up, down, reset, status."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from backline.commands.command import command
from backline.commands.site import Site
from backline.resources.words import counted

if TYPE_CHECKING:
    from backline.commands.sandbox.sandbox import SandboxStatus

FAMILY = "sandbox"
HOST = "sandbox"


@command()
def up(site: Site) -> None:
    """Start a throw-away host on this machine, reached over SSH as any other.

    inv sandbox.up && inv deploy --host sandbox
    """
    from backline.commands.sandbox import sandbox

    found = sandbox.up(site.project, _host_vars(site))
    _tell_up(found, "the sandbox is up" if found.started else "the sandbox is up already")


@command()
def down(site: Site) -> None:
    """Stop every process of the sandbox; its files stay for the next time.

    inv sandbox.down
    """
    from backline.commands.sandbox import sandbox

    stopped = sandbox.down(site.project)
    print(f"the sandbox is down; {_processes(len(stopped.stopped))} stopped")


@command()
def reset(site: Site) -> None:
    """Make the sandbox anew: its processes are stopped, its files removed, and it starts empty, at the same address.

    inv sandbox.reset && inv deploy --host sandbox
    """
    from backline.commands.sandbox import sandbox

    before = sandbox.status(site.project)
    if before.processes:
        print(f"stopping {_processes(len(before.processes))} of the sandbox", flush=True)
    found = sandbox.reset(site.project, _host_vars(site))
    if found.removed:
        print(f"removed {', '.join(found.removed)} from {found.root}; {_processes(len(found.stopped))} stopped")
    _tell_up(found, "the sandbox is up, and empty")


@command()
def status(site: Site) -> None:
    """Whether the sandbox is up, and how to reach it.

    inv sandbox.status
    """
    from backline.commands.sandbox import sandbox

    found = sandbox.status(site.project)
    print(f"the sandbox is {'up' if found.is_up else found.state}")
    if found.is_up:
        _tell(found)


def _host_vars(site: Site) -> Path:
    return site.project / "inventory" / "host_vars" / HOST


def _tell_up(found: SandboxStatus, words: str) -> None:
    print(words)
    _tell(found)
    print(f"next: inv deploy --host {HOST}")


def _processes(count: int) -> str:
    return counted(count, "process", "processes")


def _tell(found: SandboxStatus) -> None:
    print(f"  folder  {found.root}")
    print(f"  ssh     {found.user}@127.0.0.1 port {found.ssh_port}")
    print(f"  site    {found.site_url} (once something is deployed)")
