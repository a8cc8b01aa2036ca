"""What ssh is told of a lab: which hosts there are, by which keys they are known, and with which one logs in."""

from __future__ import annotations

from collections.abc import Sequence

from tests.lab.host import Host
from tests.lab.keys import client_key, host_keys, public_line
from tests.lab.places import write_whole
from tests.lab.records import LabRecord

USER = "deploy"
"""Who one logs in as where nobody says."""


def write_ssh_files(lab: LabRecord, hosts: Sequence[Host]) -> None:
    """`known_hosts` for anybody, `ssh_config` for ssh -F."""
    known_hosts = lab.folder / "known_hosts"
    write_whole(known_hosts, "".join(_known(host) for host in hosts))
    common = {
        "User": USER,
        "IdentityFile": f'"{client_key()}"',
        "IdentitiesOnly": "yes",
        "UserKnownHostsFile": f'"{known_hosts}"',
        "GlobalKnownHostsFile": "/dev/null",
        "StrictHostKeyChecking": "yes",
    }
    sections = [_section(host.name, {"HostName": host.address}) for host in hosts]
    write_whole(lab.folder / "ssh_config", "".join((*sections, _section("*", common))))


def _known(host: Host) -> str:
    return "".join(f"{host.name},{host.address} {public_line(key)}\n" for key in host_keys(host.name))


def _section(pattern: str, settings: dict[str, str]) -> str:
    return f"Host {pattern}\n" + "".join(f"    {name} {value}\n" for name, value in settings.items())
