"""What the bench compares: each with its pinned packages, and the command by which its users do the work."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from tests.host.deploy.project import CHECKOUT

BENCH = Path(__file__).resolve().parents[1]
SCRIPTS = Path(__file__).resolve().parent
OURS = "backline"
FLOOR = "floor"


@dataclass(frozen=True)
class Site:
    """Where everything of a run lies. `target` is a JSON file that tells scripts which host, and where parts lie."""

    folder: Path
    hosts: tuple[str, ...]

    def virtualenv(self, name: str) -> Path:
        return self.folder / "virtualenvs" / name

    @property
    def target(self) -> Path:
        return self.folder / "target.json"

    @property
    def project(self) -> Path:
        return self.folder / "project"


@dataclass(frozen=True)
class Invocation:
    """A command to run, with what its environment needs besides HOME and PATH."""

    argv: tuple[str, ...]
    environment: Mapping[str, str] = field(default_factory=dict)
    folder: Path | None = None


@dataclass(frozen=True)
class Peer:
    """`packages` are pip's; `invocation` is given the site and the log level, the one variable that changes. `works`:
    whether it does the work at all; the floor only looks at what another did. `slow`: measured fewer times."""

    name: str
    title: str
    packages: tuple[str, ...]
    invocation: Callable[[Site, str], Invocation]
    works: bool = True
    slow: bool = False

    @property
    def names(self) -> tuple[str, ...]:
        """Its packages as they may be told: ours is the checkout, wherever that lies."""
        return tuple("backline" if package.startswith("/") else package for package in self.packages)

    @property
    def virtualenv(self) -> str:
        """Those with the same packages share one."""
        return "-".join(sorted(name.partition("==")[0] for name in self.names))


def _backline(site: Site, log_level: str) -> Invocation:
    """The real command, as a process; which hosts is the inventory's affair."""
    variables = site.project / "inventory" / "group_vars" / "all.yml"
    values = json.loads((BENCH / "variables.json").read_text())
    own = {
        "app_name": "bench",
        "app_source": ".",
        "django_settings_module": "none",
        "backline_roles": ["kiosk", "healthy"],
        "kiosk_values": values,
        "kiosk_log_level": log_level,
    }
    variables.write_text(json.dumps(own))
    inv = site.virtualenv(PEERS[OURS].virtualenv) / "bin" / "inv"
    return Invocation((str(inv), "provision", "--host", "all"), folder=site.project)


def _ansible(strategy: str) -> Callable[[Site, str], Invocation]:
    def invocation(site: Site, log_level: str) -> Invocation:
        place = site.virtualenv("ansible-core-mitogen")
        plugins = next(iter(place.glob("lib/*/site-packages/ansible_mitogen/plugins/strategy")), place)
        configuration = site.folder / f"ansible-{strategy}.cfg"
        own = f"strategy_plugins = {plugins}\nstrategy = {strategy}\n" if strategy != "linear" else ""
        configuration.write_text(
            f"[defaults]\ninventory = {site.folder}/inventory.ini\nforks = 50\ngathering = explicit\n"
            f"interpreter_python = /usr/bin/python3\n{own}"
            "[ssh_connection]\npipelining = True\nssh_args = -o ControlMaster=auto -o ControlPersist=60s\n"
        )
        argv = (str(place / "bin" / "ansible-playbook"), str(SCRIPTS / "provision.yml"))
        variables = json.dumps({"log_level": log_level, "bench": json.loads(site.target.read_text())})
        return Invocation((*argv, "--extra-vars", variables), {"ANSIBLE_CONFIG": str(configuration)})

    return invocation


def _pyinfra(site: Site, log_level: str) -> Invocation:
    program = site.virtualenv(PEERS["pyinfra"].virtualenv) / "bin" / "pyinfra"
    argv = (str(program), "-y", "--data", f"log_level={log_level}", str(site.folder / "pyinfra_inventory.py"))
    return Invocation((*argv, str(SCRIPTS / "pyinfra_deploy.py")), {"BENCH_TARGET": str(site.target)})


def _script(name: str, virtualenv: str) -> Callable[[Site, str], Invocation]:
    def invocation(site: Site, log_level: str) -> Invocation:
        python = site.virtualenv(virtualenv) / "bin" / "python"
        return Invocation((str(python), str(SCRIPTS / name), str(site.target), log_level))

    return invocation


ANSIBLE_PACKAGES = ("ansible-core==2.19.14", "mitogen==0.3.54")
PEERS = {
    peer.name: peer
    for peer in (
        Peer(
            FLOOR, "floor: Paramiko, one exec", ("paramiko==5.1.0",), _script("floor_probe.py", "paramiko"), works=False
        ),
        Peer(OURS, "Backline", (str(CHECKOUT),), _backline),
        Peer(
            "fabric", "Fabric script", ("fabric==3.2.3", "jinja2==3.1.6"), _script("fabric_script.py", "fabric-jinja2")
        ),
        Peer("mitogen", "Ansible, tuned, with Mitogen", ANSIBLE_PACKAGES, _ansible("mitogen_linear"), slow=True),
        Peer("pyinfra", "pyinfra", ("pyinfra==3.10.0",), _pyinfra, slow=True),
        Peer("ansible", "Ansible, tuned", ANSIBLE_PACKAGES, _ansible("linear"), slow=True),
    )
}
