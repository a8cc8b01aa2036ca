"""Every command, as `inv --list` shows them. What a command needs beyond words is imported when it runs."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from types import ModuleType

from invoke.collection import Collection

from backline.commands.command import Command, CommandTask, task_of
from backline.commands.command_line import prepare_help, require_meant
from backline.commands.garbage import collect_seldom

MARK = f"\nfrom {Command.__module__} import ".encode()


def found_modules() -> Iterator[ModuleType]:
    """The modules of this folder that have commands, by name: they import what marks one. The others are not imported,
    since some load SSH."""
    for file in sorted(Path(__file__).parent.glob("*.py")):
        if MARK in file.read_bytes():
            yield import_module(f"{__package__}.{file.stem}")


def found_commands() -> dict[str, tuple[Command, ...]]:
    """Family → its commands, as they are written. A module says `FAMILY = "sandbox"`; without it they are everyday
    ones, whose family is empty."""
    families: dict[str, tuple[Command, ...]] = {}
    for module in found_modules():
        family = getattr(module, "FAMILY", "")
        own = (item for item in vars(module).values() if isinstance(item, Command))
        families[family] = (
            *families.get(family, ()),
            *(item for item in own if item.body.__module__ == module.__name__),
        )
    return families


def commands(tasks_file: str) -> Collection:
    """The namespace for a project's tasks.py: `namespace = commands(__file__)`."""
    collect_seldom()
    project = Path(tasks_file).resolve().parent
    namespace = Collection()
    for family, members in found_commands().items():
        tasks = [task_of(command, project, family) for command in members]
        if family:
            namespace.add_collection(Collection(family, *tasks))
        else:
            for task in tasks:
                namespace.add_task(task)
            _look_first(tasks[0], namespace)
    prepare_help(namespace, sys.argv)
    return namespace


def _look_first(task: CommandTask, namespace: Collection) -> None:
    """Before Invoke reads the command line, which it does with the options of all commands: see what is wrong with it.
    Invoke asks a copy of the task."""

    def look() -> None:
        task.before_parsing = None
        require_meant(namespace, sys.argv)

    task.before_parsing = look
