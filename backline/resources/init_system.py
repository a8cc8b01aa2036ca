"""The init systems that start a host's services: how each is asked, and told.

Debian's init scripts are tried by the tests; systemd is written from its manual, since the tests' hosts have none.
"""

from __future__ import annotations

from backline.resources.failure import Failure

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from backline.resources.resource import Completed, Host

LAST_LINES = 12
SYSTEMD_RUNS = "/run/systemd/system"
SCRIPTS = "/etc/init.d"
RUNLEVELS = ("/etc/rc2.d", "/etc/rc3.d", "/etc/rc4.d", "/etc/rc5.d")
"""Those of a host that serves; a link to a script that begins with S starts it there."""
NO_SUCH_UNIT = 4
"""systemctl's and LSB's exit code for what they do not know."""


class InitSystem:
    """Services by their names. Looks change nothing; orders raise a Failure when the service does not obey."""

    def knows(self, host: Host, name: str) -> bool:
        raise NotImplementedError

    def runs(self, host: Host, name: str) -> bool:
        raise NotImplementedError

    def starts_at_boot(self, host: Host, name: str) -> bool:
        raise NotImplementedError

    def order(self, host: Host, name: str, order: str) -> None:
        """`order` is start, stop, restart or reload."""
        raise NotImplementedError

    def enable(self, host: Host, name: str) -> None:
        """Have it started at boot."""
        raise NotImplementedError

    def disable(self, host: Host, name: str) -> None:
        raise NotImplementedError


class Systemd(InitSystem):
    """By systemctl."""

    def knows(self, host: Host, name: str) -> bool:
        return host.ask(("systemctl", "cat", "--", name)).code == 0

    def runs(self, host: Host, name: str) -> bool:
        return host.ask(("systemctl", "is-active", "--quiet", name)).code == 0

    def starts_at_boot(self, host: Host, name: str) -> bool:
        return host.ask(("systemctl", "is-enabled", "--quiet", name)).code == 0

    def order(self, host: Host, name: str, order: str) -> None:
        _run(host, ("systemctl", order, name), f"{name} does not {order}", f"journalctl --unit {name} --lines 50")

    def enable(self, host: Host, name: str) -> None:
        _run(host, ("systemctl", "enable", name), f"{name} cannot be enabled", f"systemctl status {name}")

    def disable(self, host: Host, name: str) -> None:
        _run(host, ("systemctl", "disable", name), f"{name} cannot be disabled", f"systemctl status {name}")


class InitScripts(InitSystem):
    """By /etc/init.d and Debian's `service` and `update-rc.d`."""

    def knows(self, host: Host, name: str) -> bool:
        return host.status(f"{SCRIPTS}/{name}") is not None

    def runs(self, host: Host, name: str) -> bool:
        return host.ask(("service", name, "status")).code == 0

    def starts_at_boot(self, host: Host, name: str) -> bool:
        return any(_starts(link, name) for runlevel in RUNLEVELS for link in host.names(runlevel))

    def order(self, host: Host, name: str, order: str) -> None:
        _run(
            host, ("service", name, order), f"{name} does not {order}", f"service {name} status; ls -t /var/log | head"
        )

    def enable(self, host: Host, name: str) -> None:
        _run(host, ("update-rc.d", name, "defaults"), f"{name} cannot be enabled", "")
        _run(host, ("update-rc.d", name, "enable"), f"{name} cannot be enabled", "")

    def disable(self, host: Host, name: str) -> None:
        _run(host, ("update-rc.d", name, "disable"), f"{name} cannot be disabled", "")


def init_system(host: Host) -> InitSystem:
    """The host's own: systemd where it is what runs, else init scripts. Raises Failure where there is neither."""
    if host.status(SYSTEMD_RUNS) is not None:
        return Systemd()
    if host.find_program("service") and host.status(SCRIPTS) is not None:
        return InitScripts()
    raise Failure(
        "this host has no init system that Backline knows (systemd, or init scripts with Debian's `service`)",
        hint="start and enable by hand what its roles need",
    )


def _starts(link: str, name: str) -> bool:
    """S01nginx starts nginx."""
    return link[:1] == "S" and link[3:] == name


def _run(host: Host, argv: Sequence[str], what: str, hint: str) -> None:
    completed: Completed = host.run(argv)
    if completed.code != 0:
        lines = tuple(completed.output.splitlines()[-LAST_LINES:])
        raise Failure(f"{what}: {argv[0]} ended with exit code {completed.code}", lines=lines, hint=hint)
