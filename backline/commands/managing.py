"""The commands with a terminal of one's own on a host: manage, shell, dbshell, ssh."""

from __future__ import annotations

import shlex
from collections.abc import Sequence

from backline.commands.at_terminal import at_terminal, leave_with
from backline.commands.command import command
from backline.commands.notes import to_errors
from backline.commands.site import Site
from backline.resources.dataclass import replace
from backline.resources.failure import ConfigurationError
from backline.settings.app import App, account_environment

LOGIN = """exec /bin/sh -c 'cd && exec "${SHELL:-/bin/sh}" -l'"""
"""In words that every login shell reads alike."""


@command(line='what to run and its arguments, as one word for the shell: "check --deploy"')
def manage(site: Site, line: str) -> None:
    """Run manage.py of the live release, in its environment, with a terminal where there is one.

    inv manage "createsuperuser" --host web1
    """
    _manage(site, _words(line))


@command()
def shell(site: Site) -> None:
    """Python in the live release, with its environment and settings: manage.py shell.

    inv shell --host web1
    """
    _manage(site, ["shell"])


@command()
def dbshell(site: Site) -> None:
    """The client of the live release's database, logged in: manage.py dbshell.

    inv dbshell --host web1
    """
    _manage(site, ["dbshell"])


@command()
def ssh(site: Site) -> None:
    """Log in on one host, as the inventory says: its address, user, key and jump hosts.

    inv ssh --host web1
    """
    from backline.commands.connecting import connected

    _require_one_host(site)
    with connected(site, to_errors) as fleet:
        way = replace(site.connection(site.hosts[0]), become=False)  # who wants to be root there says so there
        code = at_terminal(site, fleet.targets[0], LOGIN, way=way)
    leave_with(code)


def _manage(site: Site, arguments: list[str]) -> None:
    """manage.py, by the live release's launcher, which sets the environment and the folder."""
    from backline.commands.connecting import connected
    from backline.deploy.prepare import look

    _require_one_host(site)
    with connected(site, to_errors) as fleet:
        stock = fleet.one(look)
        record = stock.require_live()
        app = stock.settings.app
        line = line_in_release(f"{app.releases}/{record.number}", arguments, as_user(app))
        code = at_terminal(site, fleet.targets[0], line, record)
    leave_with(code)


def as_user(app: App) -> tuple[str, ...]:
    """The words before a command that root is to run as the app's user, who must not be given more rights by it."""
    if not app.user:
        return ()
    who = (f"{name}={value}" for name, value in account_environment(app).items())
    return ("runuser", "-u", app.user, "--", "env", *who)


def line_in_release(release: str, arguments: Sequence[str], before: Sequence[str] = ()) -> str:
    """What a shell is told so that manage.py runs in the folder of a release, by its launcher; `before` stand before
    that."""
    words = [*before, f"{release}/.backline/run", f"{release}/.venv/bin/python", "manage.py", *arguments]
    return f"cd {shlex.quote(release)} && exec {shlex.join(words)}"


def _require_one_host(site: Site) -> None:
    """Raises ConfigurationError."""
    if len(site.hosts) != 1:
        raise ConfigurationError(
            f"{site.command.partition(' ')[0]} runs on one host, and these are several",
            lines=tuple(host.name for host in site.hosts),
            hint=f"inv {site.command} --host {site.hosts[0].name}",
        )


def _words(line: str) -> list[str]:
    """The arguments, as a shell would read them. Raises ConfigurationError."""
    try:
        return shlex.split(line)
    except ValueError as error:
        raise ConfigurationError(
            f"{line!r} is not a whole command line: {str(error).lower()}",
            hint="""as in:  inv manage 'shell -c "print(1)"'""",
        ) from None
