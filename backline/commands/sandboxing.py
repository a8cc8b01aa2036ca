"""The commands of the sandbox: up, down, status."""

from __future__ import annotations

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

    found = sandbox.up(site.project, site.project / "inventory" / "host_vars" / HOST)
    print("the sandbox is up" if found.started else "the sandbox is up already")
    _tell(found)
    print(f"next: inv deploy --host {HOST}")


@command()
def down(site: Site) -> None:
    """Stop every process of the sandbox; its files stay for the next time.

    inv sandbox.down
    """
    from backline.commands.sandbox import sandbox

    stopped = sandbox.down(site.project)
    print(f"the sandbox is down; {counted(len(stopped.stopped), 'process', 'processes')} stopped")


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


def _tell(found: SandboxStatus) -> None:
    print(f"  folder  {found.root}")
    print(f"  ssh     {found.user}@127.0.0.1 port {found.ssh_port}")
    print(f"  site    {found.site_url} (once something is deployed)")
