"""Several hosts on one machine: homes of their own, each behind an OpenSSH server, with one broker and a small shop."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Generator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from backline.commands.sandbox.environment import MARKER, SYSTEM_PATH
from backline.commands.sandbox.processes import stop_processes
from tests.host.deploy.cutting import SERVING, SandboxHost, is_agent, parent
from tests.host.deploy.own_uv import folder_with_uv
from tests.host.deploy.project import Project, make_project, write_hosts
from tests.host.deploy.small_shop import LITTLE_WORK, put_small_shop
from tests.host.openssh import OpenSSHServer, free_port, start_openssh

BROKER, SITE, WORKER = "h1", "h2", "h3"
"""What each is for: the broker alone, and so no release; web and a worker, so it migrates and has beat; a worker."""
ROLES = {BROKER: ["redis"], SITE: ["web", "celery"], WORKER: ["celery"]}


@dataclass(frozen=True)
class OneOfSeveral(SandboxHost):
    """One of them, looked at past Backline."""

    name: str
    folder: Path
    nginx: str

    @property
    def home(self) -> Path:
        return self.folder

    @property
    def links(self) -> tuple[str, ...]:
        return super().links if self.name == SITE else ("current",)

    @property
    def address(self) -> str:
        return self.nginx

    @property
    def beats(self) -> list[str]:
        """The programs of beat that run."""
        programs = self.supervisor.processes()
        return [one.name for one in programs if "-beat-" in one.name and one.state in (*SERVING, "STOPPING")]

    def agent(self) -> int:
        """The one that was not forked by another: the guard is."""
        found = [pid for pid in self.agents() if not is_agent(parent(pid))]
        assert len(found) == 1, self.processes()
        return found[0]

    def agents(self) -> list[int]:
        """It and its guard; the guard, which was forked last, first."""
        return sorted(filter(is_agent, self.processes()), reverse=True)


@dataclass(frozen=True)
class Several:
    """The project, and its hosts by name."""

    project: Project
    hosts: dict[str, OneOfSeveral]

    @property
    def serving(self) -> tuple[OneOfSeveral, ...]:
        """Those that get releases."""
        return tuple(host for host in self.hosts.values() if host.name != BROKER)

    def set(self, name: str, **variables: object) -> None:
        """Let a host have these variables besides."""
        path = self.project.folder / "inventory/host_vars" / name / "besides.yml"
        path.write_text("".join(f"{key}: {json.dumps(value)}\n" for key, value in variables.items()))


@contextmanager
def several_hosts() -> Generator[Several]:
    """Three, with nothing deployed. Short paths, since sockets have short names."""
    with ExitStack() as stack:
        folder = _folder(stack, "bl-")
        project = make_project(folder, "all")
        put_small_shop(project)
        homes = {name: _folder(stack, f"b{name}-") for name in ROLES}
        servers = {name: _server(stack, home) for name, home in homes.items()}
        ports = {name: f"127.0.0.1:{free_port()}" for name in ROLES}
        environment = {"CELERY_BROKER_URL": f"redis+socket://{homes[BROKER]}/.backline/redis.sock"}
        write_hosts(
            project,
            {
                name: {
                    **server.variables,
                    "backline_roles": ROLES[name],
                    "app_root": str(homes[name] / "shop"),
                    "nginx_listen": ports[name],
                    "app_environment": environment,
                    "app_trial_seconds": 0,
                    "celery_workers": LITTLE_WORK,
                }
                for name, server in servers.items()
            },
        )
        for home in homes.values():
            stack.callback(stop_processes, home)
        yield Several(project, {name: OneOfSeveral(project, name, homes[name], ports[name]) for name in ROLES})


def _folder(stack: ExitStack, prefix: str) -> Path:
    folder = Path(tempfile.mkdtemp(prefix=prefix))
    stack.callback(shutil.rmtree, folder, ignore_errors=True)
    return folder


def _server(stack: ExitStack, home: Path) -> OpenSSHServer:
    """An OpenSSH server whose sessions have this home, and are found by it."""
    path = os.pathsep.join([str(folder_with_uv(_folder(stack, "bu-"))), *SYSTEM_PATH])
    server = start_openssh(_folder(stack, "bo-"), f"SetEnv HOME={home} PATH={path} {MARKER}={home}\n")
    stack.callback(server.stop)
    return server
