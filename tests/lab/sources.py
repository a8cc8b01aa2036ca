"""Where this machine takes packages from, as its own apt and pip say: the only places that hosts may ask, too."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

RELEASES = {"bookworm": "Debian 12", "bullseye": "Debian 11", "trixie": "Debian 13"}
"""What hosts can be; the first is the default."""
DEBIAN_NAMES = (*RELEASES, "buster", "forky", "duke", "stable", "oldstable", "testing", "unstable", "sid")
DEBIAN = "http://deb.debian.org/debian"
DEBIAN_SECURITY = "http://deb.debian.org/debian-security"
PYPI = ("https://pypi.org", "https://files.pythonhosted.org")
"""The index that pip asks where nobody says otherwise, and where that has its files."""
URL = re.compile(r"https?://[^\s'\"]+")
UsualProxy = Callable[[str, str], str]
CARRIED = ("index-url", "extra-index-url", "trusted-host", "timeout", "default-timeout", "retries", "cert")
"""Of pip's options those that hold for a host as well. What names files and folders of this machine does not."""


@dataclass(frozen=True)
class Site:
    """A server of packages. `through` is the proxy by which this machine reaches it, or empty."""

    scheme: str
    host: str
    port: int | None
    through: str = ""


@dataclass(frozen=True)
class PackageSources:
    """`pip` has the options that hosts are given, by name; `apt` those of apt about whether a mirror may be old."""

    sites: tuple[Site, ...]
    debian: str
    """The archive that releases are installed from."""
    security: str
    pip: dict[str, str]
    apt: dict[str, str]


def package_sources() -> PackageSources:
    """Ask apt, pip and the environment."""
    return sources_from(
        _output("apt-get", "indextargets", "--format", "$(REPO_URI) $(RELEASE)"),
        _output("apt-config", "dump", "Acquire"),
        _output(sys.executable, "-m", "pip", "config", "list"),
        _proxy_of_the_environment,
    )


def sources_from(
    targets: Sequence[str], acquire: Sequence[str], pip_options: Sequence[str], usual_proxy: UsualProxy
) -> PackageSources:
    """From lines as `package_sources` asks for: archives with their releases, apt's options, pip's options.

    `usual_proxy` gives that of a scheme and host where neither apt nor pip names one, or empty."""
    archives = [line.partition(" ")[::2] for line in targets]
    apt = dict(re.findall(r'^(\S+) "(.*)";$', "\n".join(acquire), re.M))
    pip = _pip_options(pip_options)
    debian = next((uri for uri, release in archives if release in DEBIAN_NAMES), DEBIAN).rstrip("/")
    security = next((uri for uri, release in archives if _is_security(release)), DEBIAN_SECURITY).rstrip("/")
    urls = {uri for uri, _ in archives if URL.fullmatch(uri)} | {debian, security}
    sites = {_site(url, _apt_proxy(apt, url), usual_proxy) for url in urls}
    sites |= {_site(url, pip.get("proxy", ""), usual_proxy) for url in _pip_urls(pip)}
    return PackageSources(
        sites=tuple(sorted(sites, key=str)),
        debian=debian,
        security=security,
        pip=_carried(pip),
        apt={name: value for name, value in apt.items() if name.startswith("Acquire::Check-")},
    )


def _proxy_of_the_environment(scheme: str, host: str) -> str:
    return "" if proxy_bypass(host) else getproxies().get(scheme, "")


def _output(*command: str) -> list[str]:
    """Its lines; none where there is no such program here, or it has nothing to say."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False, cwd="/")
    except FileNotFoundError:
        return []
    return done.stdout.splitlines() if done.returncode == 0 else []


def _is_security(release: str) -> bool:
    return release.partition("-")[0].partition("/")[0] in DEBIAN_NAMES and "security" in release


def _pip_options(lines: Sequence[str]) -> dict[str, str]:
    """From `pip config list`; a variable of the environment is stronger than a file."""
    found: dict[str, str] = {}
    for section in ("global", "install", ":env:"):
        for line in lines:
            name, _, value = line.partition("=")
            if name.startswith(f"{section}."):
                found[name[len(section) + 1 :].replace("_", "-")] = str(ast.literal_eval(value))
    return found


def _carried(pip: dict[str, str]) -> dict[str, str]:
    values = {name: pip.get(name, "") for name in CARRIED}
    of_servers = {
        name: " ".join(URL.findall(value)) if name.endswith("url") else value for name, value in values.items()
    }
    return {name: value for name, value in of_servers.items() if value}


def _pip_urls(pip: dict[str, str]) -> Iterator[str]:
    named = " ".join(pip.get(name, "") for name in ("index-url", "extra-index-url", "find-links"))
    yield from URL.findall(named)
    if "index-url" not in pip or PYPI[0] in named:
        yield from PYPI


def _apt_proxy(apt: dict[str, str], url: str) -> str:
    parts = urlsplit(url)
    option = f"Acquire::{parts.scheme}::Proxy"
    return apt.get(f"{option}::{parts.hostname}") or apt.get(option) or apt.get("Acquire::http::Proxy") or ""


def _site(url: str, proxy: str, usual_proxy: UsualProxy) -> Site:
    """DIRECT is apt's word for none."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    through = proxy or usual_proxy(parts.scheme, host)
    return Site(parts.scheme, host, parts.port, "" if through.upper() == "DIRECT" else through)
