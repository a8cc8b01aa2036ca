"""The one way out of a lab: a proxy on its bridge, by which hosts may ask the servers of packages and nobody else."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable
from pathlib import Path

from tests.lab.faults import LabError
from tests.lab.network import Network
from tests.lab.places import make_folder, write_whole
from tests.lab.processes import GIVE_UP, Process, start
from tests.lab.sources import PackageSources, Site

PORT = 3128


def proxy_configuration(network: Network, sites: tuple[Site, ...], allowed: Path) -> str:
    """tinyproxy's, for the hosts of a lab. Raises LabError for a proxy of this machine's that it cannot go through."""
    ports = {443, *(site.port for site in sites if site.scheme == "https" and site.port)}
    through = {(site.host, _upstream(site)) for site in sites if site.through}
    return "\n".join(
        (
            "User nobody",
            "Group nogroup",
            f"Listen {network.gateway}",
            f"Port {PORT}",
            f"Allow {network.subnet}",
            "Timeout 600",
            "MaxClients 1000",
            "DisableViaHeader Yes",
            "LogLevel Notice",
            f'Filter "{allowed}"',
            "FilterType ere",
            "FilterDefaultDeny Yes",
            *(f"ConnectPort {port}" for port in sorted(ports)),
            *(f'Upstream {upstream} "{host}"' for host, upstream in sorted(through)),
            "",
        )
    )


def allowed_hosts(sites: tuple[Site, ...]) -> str:
    """tinyproxy's filter: one pattern a line, and nothing else may be asked."""
    return "".join(f"^{host.replace('.', '[.]')}$\n" for host in sorted({site.host for site in sites}))


def _upstream(site: Site) -> str:
    kind, _, address = site.through.rpartition("://")
    if kind not in ("", "http", "socks4", "socks5"):
        raise LabError(f"tinyproxy cannot go through this machine's own proxy {site.through}: {kind} is not for it")
    return f"{kind or 'http'} {address.rstrip('/')}"


def start_proxy(network: Network, sources: PackageSources, folder: Path, noted: Callable[[Process], None]) -> None:
    """Returns when it takes requests; it was noted before it began. Only root reads its files, since the address of
    this machine's own proxy can hold a password."""
    make_folder(folder)
    allowed, configuration, log = (folder / name for name in ("proxy-allowed", "proxy.conf", "proxy.log"))
    write_whole(allowed, allowed_hosts(sources.sites))
    write_whole(configuration, proxy_configuration(network, sources.sites, allowed))
    process = start(("tinyproxy", "-d", "-c", str(configuration)), log, noted)
    deadline = time.monotonic() + GIVE_UP
    while True:
        try:
            socket.create_connection((network.gateway, PORT), timeout=2).close()
            return
        except OSError:
            if not process.alive or time.monotonic() > deadline:
                process.end()
                raise LabError(f"the proxy for packages did not come up:\n{log.read_text()}") from None
            time.sleep(0.01)
