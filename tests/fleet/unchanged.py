"""What a refused run may leave on a host: nothing. The same processes run, and no file has been written."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from tests.host.deploy.cutting import eventually, eventually_nothing
from tests.lab.host import Host

MARK = "/run/before"
"""On another file system than what is looked at; whatever is newer was written since."""
INITS = "sleep 86400"
"""What pid 1 runs when the daemons are started, and begins anew when it has reaped somebody."""
NOT_OURS = ("/run", "/var/log", "/var/lib/sudo")
"""What sshd and sudo write of themselves, and where the mark is."""


def processes(host: Host) -> set[str]:
    """Each as `pid command line`; the kernel's ways of asking are not among them."""
    return {one for one in _all_processes(host) if INITS not in one}


def _all_processes(host: Host) -> set[str]:
    found = set()
    for place in host.root.glob("proc/[0-9]*"):
        try:
            found.add(
                f"{place.name} {(place / 'cmdline').read_bytes().replace(bytes(1), b' ').decode(errors='replace')}"
            )
        except (FileNotFoundError, ProcessLookupError):  # it has ended meanwhile
            continue
    return found


def has_come_up(host: Host) -> bool:
    """Pid 1 has run every daemon's script, and Supervisor, which outlives its own, has become the process that stays:
    it writes down its pid last."""
    every = _all_processes(host)
    try:
        supervisor = (host.root / "run/supervisord.pid").read_text().strip()
    except FileNotFoundError:
        return False
    scripts_are_over = any(INITS in one for one in every) and not any("/etc/init.d/" in one for one in every)
    return scripts_are_over and any(one.startswith(f"{supervisor} ") and "supervisord" in one for one in every)


def written(host: Host) -> list[str]:
    """Files and folders that were made or changed since the mark."""
    others = [word for path in NOT_OURS for word in ("-path", path, "-prune", "-o")]
    return host.execute("find", "/", "-xdev", *others, "-newercc", MARK, "-print").stdout.splitlines()


@contextmanager
def unchanged(host: Host) -> Iterator[None]:
    """Whatever happens in the block leaves nothing, once its connections have ended."""
    eventually(lambda: has_come_up(host))
    host.execute("touch", MARK)
    before = processes(host)
    yield
    eventually_nothing(lambda: sorted(processes(host) - before))
    gone = before - processes(host)
    assert gone == set(), gone
    left = written(host)
    assert left == [], left
