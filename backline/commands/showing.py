"""The command that shows what Backline does: demo."""

from __future__ import annotations

from backline.commands.command import command
from backline.commands.site import Site


@command()
def demo(site: Site) -> None:
    """Deploy the example site to a throw-away host on this machine, and have one of its workers do a task.

    inv demo
    """
    from backline.commands.demonstration import demonstrate

    demonstrate(site)
