"""Makes ready what a run of the bench needs: virtualenvs with pinned packages, what goes to the host, inventories."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

from tests.bench.artifacts import make_artifacts
from tests.bench.peers.peer import BENCH, Peer, Site
from tests.lab.host import Host

USER = "deploy"
KERNEL = "net.core.somaxconn = 1024\nvm.overcommit_memory = 1\n"


def make_site(folder: Path, hosts: Sequence[Host], peers: Iterable[Peer]) -> Site:
    """All of it; virtualenvs that are there and whole are kept."""
    site = Site(folder, tuple(host.name for host in hosts))
    (folder / "home").mkdir(parents=True, exist_ok=True)
    for peer in peers:
        _make_virtualenv(site.virtualenv(peer.virtualenv), peer.packages)
    artifacts = folder / "artifacts"
    make_artifacts(artifacts)
    (artifacts / "60-kiosk.conf").write_text(KERNEL)
    _make_project(site, artifacts)
    write_targets(site, hosts)
    return site


def write_targets(site: Site, hosts: Sequence[Host]) -> None:
    """Tell every tool which hosts there are, each in its own way."""
    first = hosts[0]
    target = {
        "address": first.address,
        "user": USER,
        "key": str(first.key),
        "known_hosts": str(first.known_hosts),
        "variables": str(BENCH / "variables.json"),
        "templates": str(BENCH / "templates"),
        "artifacts": str(site.folder / "artifacts"),
    }
    site.target.write_text(json.dumps(target))
    options = f"-o UserKnownHostsFile={first.known_hosts}"
    ours = {
        "ansible_user": USER,
        "ansible_become": True,
        "ansible_ssh_private_key_file": str(first.key),
        "ansible_ssh_common_args": options,
    }
    inventory = {host.name: {"ansible_host": host.address, **ours} for host in hosts}
    (site.project / "inventory" / "hosts.yml").write_text(json.dumps({"all": {"hosts": inventory}}))
    lines = [
        f"{host.name} ansible_host={host.address} ansible_user={USER} ansible_ssh_private_key_file={host.key}"
        f" ansible_ssh_common_args='{options}'"
        for host in hosts
    ]
    (site.folder / "inventory.ini").write_text("\n".join([*lines, ""]))
    data = [
        (
            host.name,
            {
                "ssh_hostname": host.address,
                "ssh_user": USER,
                "ssh_key": str(host.key),
                "ssh_known_hosts_file": str(host.known_hosts),
            },
        )
        for host in hosts
    ]
    (site.folder / "pyinfra_inventory.py").write_text(f"hosts = {data!r}\n")


def _make_project(site: Site, artifacts: Path) -> None:
    shutil.rmtree(site.project, ignore_errors=True)
    shutil.copytree(BENCH / "project", site.project, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copytree(BENCH / "templates", site.project / "templates")
    shutil.copytree(artifacts, site.project / "artifacts")
    (site.project / "inventory" / "group_vars").mkdir(parents=True, exist_ok=True)


def _make_virtualenv(place: Path, packages: Sequence[str]) -> None:
    """One of a checkout is made anew each time; pip builds it from the folder as it is now."""
    marker = place / "packages.txt"
    wanted = "\n".join(packages)
    from_a_folder = any(package.startswith("/") for package in packages)
    if marker.exists() and marker.read_text() == wanted and not from_a_folder:
        return
    print(f"bench: a virtualenv with {', '.join(packages)}", file=sys.stderr, flush=True)
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    if not (place / "bin" / "python").exists():
        subprocess.run([sys.executable, "-m", "venv", str(place)], check=True, env=environment)
    pip = [str(place / "bin" / "python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    if from_a_folder and marker.exists():
        pip += ["--force-reinstall", "--no-deps"]
    subprocess.run([*pip, *packages], check=True, env=environment)
    marker.write_text(wanted)
