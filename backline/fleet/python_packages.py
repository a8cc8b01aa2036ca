"""A Python for a host that has none, from the packages of its own distribution."""

from __future__ import annotations

import shlex

from backline.fleet.starting import NoPython, Start

NOT_ROOT = 93
NO_PACKAGES = 95
INSTALL = (
    'if [ "$(id -u)" -ne 0 ]; then exit {not_root}; fi; exec 1>&2; '
    "if command -v apt-get >/dev/null; then export DEBIAN_FRONTEND=noninteractive; "
    "apt-get -qq update; exec apt-get -qq install --no-install-recommends -y python3; "
    "elif command -v dnf >/dev/null; then exec dnf -q -y install python3; "
    "elif command -v yum >/dev/null; then exec yum -q -y install python3; "
    "elif command -v apk >/dev/null; then exec apk add --no-cache python3; "
    "else exit {none}; fi"
)
SAID = 8
"""Lines of the package manager that prove what went wrong."""


def install_python(start: Start) -> None:
    """Have the host's package manager install python3, as root. Raises NoPython where that cannot be."""
    script = INSTALL.format(not_root=NOT_ROOT, none=NO_PACKAGES)
    code, said = start.run(f"exec sh -c {shlex.quote(script)} </dev/null")
    if code == 0:
        return
    if code == NOT_ROOT:
        raise NoPython(
            "the host has no Python 3.8 or newer, and whoever logs in may not install one",
            host=start.name,
            hint="set ansible_become: true (with sudo), or log in as root, and one is installed from its packages;\n"
            "or have python3 installed there",
        )
    if code == NO_PACKAGES:
        raise NoPython(
            "the host has no Python 3.8 or newer, and no package manager that Backline knows (apt, dnf, yum, apk)",
            host=start.name,
            hint="install one there, or name where it is: ansible_python_interpreter",
        )
    raise NoPython(
        "the host has no Python 3.8 or newer, and its package manager could not install one",
        lines=said[-SAID:],
        host=start.name,
        state="nothing but the package manager has changed anything",
        hint="install python3 there by hand",
    )
