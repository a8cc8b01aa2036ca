"""The package managers of distributions: how each is asked what is installed, and told to install.

Debian's is tried by the tests. Red Hat's and Alpine's are written from their manuals and untried.
"""

from __future__ import annotations

from backline.resources.dataclass import dataclass
from backline.resources.failure import Failure

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from backline.resources.resource import Completed, Host

LAST_LINES = 12
LONGEST = 1800.0
"""Seconds that an installation may take: a slow mirror, a slow disk."""


@dataclass(frozen=True)
class PackageManager:
    """`listing` prints one name a line, of every installed package, after `sign` where there is one."""

    program: str
    listing: tuple[str, ...]
    install: tuple[str, ...]
    update: tuple[str, ...]
    """Fetches the lists of what there is."""
    environment: Mapping[str, str]
    stale: tuple[str, ...]
    """What `install` says where the lists may be missing or old."""
    sign: str = ""


APT = PackageManager(
    program="apt-get",
    listing=("dpkg-query", "--show", "--showformat", "${db:Status-Status} ${Package}\\n"),
    # Recommended packages are not installed, the conffiles of the host stay, and another apt is waited for.
    install=(
        *("apt-get", "install", "--yes", "--quiet", "--no-install-recommends"),
        *("-o", "Dpkg::Options::=--force-confdef", "-o", "Dpkg::Options::=--force-confold"),
        *("-o", "DPkg::Lock::Timeout=120"),
    ),
    update=("apt-get", "update", "--quiet", "-o", "DPkg::Lock::Timeout=120"),
    # needrestart, where it is installed, would restart services of its own choice: ours too.
    environment={"DEBIAN_FRONTEND": "noninteractive", "NEEDRESTART_MODE": "l"},
    stale=("Unable to locate package", "has no installation candidate", "Unable to fetch", "404  Not Found"),
    sign="installed ",
)
DNF = PackageManager(
    program="dnf",
    listing=("rpm", "--query", "--all", "--queryformat", "%{NAME}\\n"),
    install=("dnf", "install", "--assumeyes", "--quiet", "--setopt=install_weak_deps=False"),
    update=("dnf", "makecache", "--quiet"),
    environment={},
    stale=("Unable to find a match", "No match for argument"),
)
APK = PackageManager(
    program="apk",
    listing=("apk", "info", "--quiet"),
    install=("apk", "add", "--no-progress"),
    update=("apk", "update", "--quiet"),
    environment={},
    stale=("no such package", "unable to select packages"),
)
MANAGERS = (APT, DNF, APK)


def package_manager(host: Host) -> PackageManager:
    """The host's own. Raises Failure where it has none that we know."""
    for manager in MANAGERS:
        if host.find_program(manager.program):
            return manager
    known = ", ".join(manager.program for manager in MANAGERS)
    raise Failure(
        f"this host has no package manager that Backline knows ({known})",
        hint="install by hand what its roles need, and leave the packages out of them",
    )


def installed_packages(host: Host, manager: PackageManager) -> frozenset[str]:
    """The names of what is installed: one question, however many resources ask. Raises Failure."""
    answer = host.ask_once(manager.listing)
    if answer.code != 0:
        raise _failure(answer, "cannot tell which packages are installed")
    lines = answer.output.splitlines()
    return frozenset(line[len(manager.sign) :] for line in lines if line.startswith(manager.sign))


def install_packages(host: Host, manager: PackageManager, names: Iterable[str]) -> None:
    """Install these; where the lists of packages may be missing or old, fetch them and try again. Raises Failure."""
    wanted = tuple(names)
    what = f"cannot install {', '.join(wanted)}"
    done = _run(host, manager, (*manager.install, *wanted))
    if done.code != 0 and any(sign in done.output for sign in manager.stale):
        updated = _run(host, manager, manager.update)
        if updated.code != 0:
            raise _failure(updated, f"{what}: the lists of packages cannot be fetched")
        done = _run(host, manager, (*manager.install, *wanted))
    if done.code != 0:
        raise _failure(done, what)


def _run(host: Host, manager: PackageManager, argv: tuple[str, ...]) -> Completed:
    return host.run(argv, environment=manager.environment, live=True, timeout=LONGEST)


def _failure(completed: Completed, what: str) -> Failure:
    """With the lines in which the program says why, or else its last ones."""
    lines = [line.rstrip() for line in completed.output.splitlines() if line.strip()]
    errors = [line for line in lines if line.startswith(("E: ", "Error", "ERROR", "dpkg: error"))]
    denied = any("are you root" in line or "ermission denied" in line for line in lines)
    return Failure(
        f"{what}: {completed.argv[0]} ended with exit code {completed.code}",
        lines=tuple((errors or lines)[-LAST_LINES:]),
        hint="only root can: set ansible_become for this host"
        if denied
        else f"try it there: {' '.join(completed.argv)}",
    )
