"""Every command, as `inv --list` shows them. What a command needs beyond words is imported when it runs."""

from __future__ import annotations

from pathlib import Path

from invoke.collection import Collection

from backline.commands import (
    deploying,
    history,
    logs,
    looking,
    managing,
    provisioning,
    rendering,
    sandboxing,
    shell_lines,
    showing,
)
from backline.commands.command import Command, task_of

EVERYDAY: tuple[Command, ...] = (
    deploying.deploy,
    deploying.rollback,
    deploying.restart_workers,
    deploying.restart_web,
    looking.releases,
    looking.status,
    looking.ping,
    history.history,
    history.show,
    logs.tail_celery_log,
    logs.tail_web_log,
    logs.logs,
    managing.manage,
    managing.shell,
    managing.dbshell,
    managing.ssh,
    shell_lines.run,
    provisioning.provision,
    rendering.render,
    showing.demo,
)
FAMILIES: dict[str, tuple[Command, ...]] = {
    "sandbox": (sandboxing.up, sandboxing.down, sandboxing.status),
}


def commands(tasks_file: str) -> Collection:
    """The namespace for a project's tasks.py: `namespace = commands(__file__)`."""
    project = Path(tasks_file).resolve().parent
    namespace = Collection()
    for command in EVERYDAY:
        namespace.add_task(task_of(command, project))
    for name, family in FAMILIES.items():
        namespace.add_collection(Collection(name, *(task_of(command, project) for command in family)))
    return namespace
