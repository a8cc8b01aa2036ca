"""How to reach the sandbox, in Ansible's words: `connection.yml` beside the committed variables of the host."""

from __future__ import annotations

import json
import os
from pathlib import Path

from backline.commands.sandbox.environment import user_name
from backline.commands.sandbox.location import Location

NAME = "connection.yml"


def connection_file(host_variables: Path) -> Path:
    """Where the sandbox's connection is told: in the host's own folder, `inventory/host_vars/sandbox`."""
    return host_variables.resolve() / NAME


def write_connection_file(path: Path, location: Location, ssh_port: int, site_port: int) -> None:
    """Say how to reach the sandbox. Ansible reads a host's files in the order of their names, so main.yml has the last
    word on `ansible_host`; by its other name, which beats that one, the address wins all the same."""
    variables: dict[str, str | int] = {
        "ansible_ssh_host": "127.0.0.1",
        "ansible_port": ssh_port,
        "ansible_user": user_name(),
        "ansible_ssh_private_key_file": str(location.client_key),
        "ansible_ssh_common_args": f"-F none -o UserKnownHostsFile={location.known_hosts}",
        "nginx_listen": f"127.0.0.1:{site_port}",
    }
    heading = "# Written by inv sandbox.up, removed by inv sandbox.down.\n"
    lines = [f"{name}: {json.dumps(value, ensure_ascii=False)}\n" for name, value in variables.items()]
    path.parent.mkdir(parents=True, exist_ok=True)
    candidate = path.with_suffix(f".{os.getpid()}")
    candidate.write_text(heading + "".join(lines), encoding="utf-8")
    candidate.rename(path)
