"""A project of one's own, as a person has it: a git work tree with the shop, an inventory, and `inv`."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

CHECKOUT = Path(__file__).resolve().parents[3]
DEADLINE = 240
"""Seconds until a command that hangs is given up."""


@dataclass(frozen=True)
class Completed:
    """A command that ended: its exit code, and what it wrote."""

    code: int
    out: str
    err: str

    @property
    def events(self) -> list[dict[str, Any]]:
        """What `--json` wrote, one object a line."""
        return [json.loads(line) for line in self.out.splitlines() if line.startswith("{")]

    @property
    def summary(self) -> dict[str, Any]:
        last = self.events[-1]
        assert last["event"] == "summary", last
        return last

    @property
    def document(self) -> Any:
        """What a command that looks wrote with `--json`."""
        return json.loads(self.out)


@dataclass(frozen=True)
class Project:
    """`folder` holds tasks.py, inventory/ and examples/shop; `host` is the inventory's name of its one host."""

    folder: Path
    host: str
    environment: dict[str, str] = field(default_factory=dict)
    python: str = sys.executable

    def inv(self, *words: str, check: bool = True) -> Completed:
        """Run a command and wait for it; with `check`, it must exit 0."""
        with self.start(*words) as process:
            out, err = process.communicate(timeout=DEADLINE)
        done = Completed(process.returncode, out, err)
        assert not check or done.code == 0, f"inv {' '.join(words)}: exit {done.code}\n{out}\n{err}"
        return done

    def start(self, *words: str) -> subprocess.Popen[str]:
        """Run a command in the background, in a process group of its own."""
        return subprocess.Popen(
            [self.python, "-m", "invoke", *words],
            cwd=self.folder,
            env={**os.environ, "PYTHONPATH": str(CHECKOUT), **self.environment},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def on_host(self, command: str, *words: str, check: bool = True) -> Completed:
        """A command for this project's host, as JSON."""
        return self.inv(command, *words, "--host", self.host, "--json", check=check)

    def status(self) -> list[dict[str, Any]]:
        document = self.on_host("status").document
        assert isinstance(document, list)
        return document

    def pids(self) -> dict[str, int]:
        """Program → pid, of what serves: no service, and nothing that only ends what it had begun."""
        serving = (item for item in self.status() if item["kind"] != "service" and item["state"] != "STOPPING")
        return {item["program"]: item["pid"] for item in serving}

    @property
    def shop(self) -> Path:
        return self.folder / "examples" / "shop"

    def change(self, path: str, text: str) -> None:
        """Write a file of the shop and commit it."""
        (self.shop / path).write_text(text)
        self.commit(f"change {path}")

    def set_for_all(self, **variables: object) -> None:
        """Let all hosts have these variables, over those that group_vars/all.yml has, and commit."""
        file = self.folder / "inventory" / "group_vars" / "all.yml"
        lines = [f"{name}: {json.dumps(value)}\n" for name, value in variables.items()]
        file.write_text("".join([file.read_text(), *lines]))
        self.commit(f"set {', '.join(variables)}")

    def replace(self, path: str, old: str, new: str) -> None:
        """Change a file of the project, named from its folder on, as with an editor."""
        file = self.folder / path
        text = file.read_text()
        assert old in text
        file.write_text(text.replace(old, new, 1))

    def line_of(self, path: str, text: str) -> str:
        """`inventory/group_vars/all.yml:12`"""
        lines = (self.folder / path).read_text().splitlines()
        return f"{path}:{1 + next(place for place, line in enumerate(lines) if text in line)}"

    def commit(self, message: str) -> str:
        """Commit everything; returns the commit's id."""
        self.git("add", "--all")
        self.git("commit", "--quiet", "--allow-empty", "-m", message)
        return self.git("rev-parse", "HEAD")

    def git(self, *words: str) -> str:
        identity = ["-c", "user.name=Somebody", "-c", "user.email=somebody@example.com"]
        done = subprocess.run(["git", *identity, *words], cwd=self.folder, capture_output=True, text=True, check=True)
        return done.stdout.strip()


def make_project(folder: Path, host: str, environment: dict[str, str] | None = None) -> Project:
    """A copy of the example and of the inventory as they are here, as the first commit of a repository of its own."""
    ignored = shutil.ignore_patterns("__pycache__", "connection.yml", "*.sqlite3")
    for name in ("examples", "inventory"):
        shutil.copytree(CHECKOUT / name, folder / name, ignore=ignored)
    shutil.copy(CHECKOUT / "tasks.py", folder / "tasks.py")
    (folder / ".gitignore").write_text(".backline/\n__pycache__/\nconnection.yml\n")
    project = Project(folder, host, environment or {})
    project.git("init", "--quiet", "--initial-branch", "main")
    project.commit("begin")
    return project


def write_hosts(project: Project, hosts: Mapping[str, Mapping[str, object]]) -> None:
    """Let the inventory have these hosts and no others: the sandbox's variables, and over them each one's own."""
    variables = project.folder / "inventory" / "host_vars"
    (project.folder / "inventory" / "hosts.yml").write_text(json.dumps({"all": {"hosts": dict.fromkeys(hosts)}}))
    main = (variables / "sandbox" / "main.yml").read_text().replace("ansible_host: sandbox.invalid\n", "")
    shutil.rmtree(variables / "sandbox")
    for name, own in hosts.items():
        (variables / name).mkdir()
        (variables / name / "main.yml").write_text(main)
        lines = [f"{variable}: {json.dumps(value)}\n" for variable, value in own.items()]
        (variables / name / "own.yml").write_text("".join(lines))
    project.commit("hosts of one's own")
