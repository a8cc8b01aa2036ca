"""The commands that run something of the live release: manage."""

from __future__ import annotations

import shlex

from backline.commands.command import command
from backline.commands.notes import to_errors
from backline.commands.site import Site
from backline.resources.failure import ConfigurationError


@command(line='what to run and its arguments, as one word for the shell: "check --deploy"')
def manage(site: Site, line: str) -> None:
    """Run manage.py of the live release, in its environment, with a terminal where there is one.

    inv manage "createsuperuser" --host web1
    """
    from backline.commands.exits import leave
    from backline.settings.connection import connection_settings
    from backline.transport.terminal import open_terminal

    if len(site.hosts) != 1:
        raise ConfigurationError(
            "manage runs on one host, and these are several",
            lines=tuple(host.name for host in site.hosts),
            hint=f"inv {site.command} --host {site.hosts[0].name}",
        )
    command_line = _command(site, _words(line))
    code = open_terminal(connection_settings(site.hosts[0], site.inventory), command_line)
    if code:
        leave(code)


def _words(line: str) -> list[str]:
    """The arguments, as a shell would read them. Raises ConfigurationError."""
    try:
        return shlex.split(line)
    except ValueError as error:
        raise ConfigurationError(
            f"{line!r} is not a whole command line: {str(error).lower()}",
            hint="""as in:  inv manage 'shell -c "print(1)"'""",
        ) from None


def _command(site: Site, arguments: list[str]) -> str:
    """The shell command: by the live release's launcher, which sets the environment and the folder."""
    from backline.commands.connecting import connected
    from backline.deploy.prepare import look

    with connected(site, to_errors) as fleet:
        stock = fleet.each(look)[0]
    release = f"{stock.settings.app.releases}/{stock.require_live().number}"
    words = [f"{release}/.backline/run", f"{release}/.venv/bin/python", "manage.py", *arguments]
    return f"cd {shlex.quote(release)} && exec {shlex.join(words)}"
