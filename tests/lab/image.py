"""The file system that hosts begin with: a Debian release, installed once by debootstrap and kept."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

from tests.lab.accounts import SHELL_PACKAGES, account_commands
from tests.lab.faults import LabError
from tests.lab.places import image_folder, lab_folder, locked, make_folder
from tests.lab.sources import RELEASES, PackageSources, package_sources

PACKAGES = (
    *("openssh-server", "python3", "python3-venv", "sudo", "supervisor", "ca-certificates", "cron", "logrotate"),
    *("procps", "iproute2", "rsync", *SHELL_PACKAGES),
)
SECOND = {"trixie": ("systemd-standalone-sysusers", "cron", "logrotate")}
"""What debootstrap would take a whole systemd for; apt, afterwards, does not."""
COMPLETE = "etc/lab-image"
"""Written last: an image that has it is whole."""
AUTHORIZED_KEYS = "/etc/ssh/lab_authorized_keys"
"""Read by a host's sshd for every user, besides the user's own file."""
SET_UP = f"""
{account_commands()}
apt-get clean
rm -f /etc/ssh/ssh_host_*
: >/etc/resolv.conf
echo 'LANG=C.UTF-8' >/etc/default/locale
# There is no syslog inside, and whoever tests wants to count connections and channels.
echo 'LogLevel VERBOSE' >/etc/ssh/sshd_config.d/lab.conf
echo 'AuthorizedKeysFile .ssh/authorized_keys {AUTHORIZED_KEYS}' >>/etc/ssh/sshd_config.d/lab.conf
echo 'SSHD_OPTS="-E /var/log/sshd.log"' >/etc/default/ssh
# What apt installs is started, though no init system that Debian knows runs.
printf '#!/bin/sh\\nexit 0\\n' >/usr/sbin/policy-rc.d
chmod 755 /usr/sbin/policy-rc.d
"""
ALONE = ("setpriv", "--pdeathsig", "KILL", "unshare", "--mount", "--pid", "--fork", "--kill-child")
"""Its mounts and processes end with the program itself, and that with whoever started it."""


def image(release: str) -> Path:
    """The image of a release, built where there is none yet: about a minute. Raises LabError."""
    place = image_folder() / f"{release}-{_recipe(release)}"
    with locked(place):
        if not (place / COMPLETE).exists():
            _build(release, place)
    return place


def _recipe(release: str) -> str:
    """A name for what goes into the image, so that a changed recipe makes another."""
    parts = (release, PACKAGES, SECOND.get(release), SET_UP)
    return hashlib.sha256(repr(parts).encode()).hexdigest()[:10]


def _build(release: str, place: Path) -> None:
    print(f"lab: installing {RELEASES[release]} ({release}) into {place}; about a minute", file=sys.stderr, flush=True)
    sources = package_sources()
    unfinished = place.with_name(place.name + ".unfinished")
    log = place.with_name(place.name + ".log")
    debs = make_folder(lab_folder() / "debs")
    log.unlink(missing_ok=True)
    shutil.rmtree(unfinished, ignore_errors=True)
    shutil.rmtree(place, ignore_errors=True)
    second = SECOND.get(release, ())
    first = ",".join(package for package in PACKAGES if package not in second)
    options = ("--variant=minbase", f"--cache-dir={debs}", f"--include={first}")
    _run(log, *ALONE, "debootstrap", *options, release, str(unfinished), sources.debian)
    (unfinished / "etc/apt/sources.list").write_text(sources_list(release, sources))
    install = f"apt-get install -y --no-install-recommends {' '.join(second)}\n" if second else ""
    _run(log, *ALONE, "chroot", str(unfinished), "/bin/sh", "-euc", install + SET_UP)
    (unfinished / COMPLETE).touch()
    unfinished.rename(place)


def sources_list(release: str, sources: PackageSources) -> str:
    """From the archives that this machine uses, by Debian's names for suites."""
    suites = {release: sources.debian, f"{release}-updates": sources.debian, f"{release}-security": sources.security}
    return "".join(f"deb {archive} {suite} main\n" for suite, archive in suites.items())


def _run(log: Path, *command: str) -> None:
    environment = {
        **{name: value for name, value in os.environ.items() if name.lower().endswith("_proxy")},
        "PATH": "/usr/sbin:/usr/bin:/sbin:/bin",
        "LANG": "C.UTF-8",
        "DEBIAN_FRONTEND": "noninteractive",
    }
    with log.open("ab") as output:
        done = subprocess.run(
            command, env=environment, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT, check=False
        )
    if done.returncode != 0:
        last = "\n".join(log.read_text(errors="replace").splitlines()[-12:])
        raise LabError(f"the image was not built (exit code {done.returncode}):\n{last}\nmore in {log}")
