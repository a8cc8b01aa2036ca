"""The scene of docs/three-hosts.md: three lab servers with packages, and a person with a home of their own.
`python -m tests.fleet.three_servers` records the page."""

from __future__ import annotations

import shutil
import sys
import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from tests.host.documents.checkout import HERE, copy_checkout
from tests.host.documents.recording import Scene, recorded
from tests.lab.faults import LabError
from tests.lab.host import Host
from tests.lab.keys import client_key
from tests.lab.lab import Lab, Wanted
from tests.lab.labs import lab_of_this_run

DOCUMENT = HERE / "docs" / "three-hosts.md"
NAMES = ("web1", "worker1", "worker2")
VAULT_PASSWORD = ".shop-vault"


@contextmanager
def told_on(lab: Lab) -> Generator[Scene]:
    """The story's person: their checkout, their key, and the servers' keys in their known_hosts."""
    folder, home = (Path(tempfile.mkdtemp(prefix=prefix)) for prefix in ("bl-", "bh-"))
    try:
        ssh = home / ".ssh"
        ssh.mkdir(0o700)
        shutil.copy(client_key(), ssh / "id_ed25519")
        shutil.copy(lab.record.folder / "known_hosts", ssh / "known_hosts")
        vault = {"ANSIBLE_VAULT_PASSWORD_FILE": str(home / VAULT_PASSWORD)}
        checkout = copy_checkout(folder, home / "unused", HOME=str(home), LOGNAME="anna", **vault)
        for name, host in zip(NAMES, lab.hosts, strict=True):
            rename(host, name)
        places = {f"10.0.0.{number}": host.address for number, host in enumerate(lab.hosts, start=1)}
        names = {str(folder): "/home/anna/backline", str(home): "/home/anna"}
        yield Scene(checkout, {**names, **{real: told for told, real in places.items()}}, places)
    finally:
        for directory in (folder, home):
            shutil.rmtree(directory, ignore_errors=True)


def rename(host: Host, name: str) -> None:
    """The server calls itself so; sudo would wonder about a name that it cannot look up."""
    with (host.root / "etc/hosts").open("a") as file:
        file.write(f"127.0.1.1 {name}\n")
    host.execute("hostname", name)


def main() -> None:
    try:
        with lab_of_this_run(Wanted(hosts=len(NAMES), packages=True)) as lab, told_on(lab) as scene:
            text = recorded(DOCUMENT.read_text(encoding="utf-8"), scene)
    except LabError as reason:
        sys.exit(f"servers: {reason}")
    DOCUMENT.write_text(text, encoding="utf-8")
    print(f"recorded {DOCUMENT.relative_to(HERE)}")


if __name__ == "__main__":
    main()
