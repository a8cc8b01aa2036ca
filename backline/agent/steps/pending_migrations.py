"""Which migrations of a project the database has, asked of a release that is there; nothing is written."""

from __future__ import annotations

import json

from backline.resources.dataclass import dataclass, field
from backline.resources.failure import Failure
from backline.resources.python_errors import advice, python_error, without_libraries
from backline.resources.resource import Question

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from backline.resources.resource import Host

MARK = "backline-says:"
"""Begins the script's line, since what the project prints while it is imported comes the same way."""
LINES_SHOWN = 20

SCRIPT = r'''
"""Says what showmigrations would, and where the files are. Runs in the release's Python, which may be an old one."""
import json, os, sys
sys.path.insert(0, os.getcwd())
import django
django.setup()
from django.apps import apps
from django.db import connection
from django.db.migrations.loader import MigrationLoader

loader = MigrationLoader(connection, ignore_no_migrations=True)
here = os.path.realpath(os.getcwd()) + os.sep
folders = {}
for config in apps.get_app_configs():
    name = MigrationLoader.migrations_module(config.label)
    module = sys.modules.get(name if isinstance(name, str) else name[0])
    for folder in getattr(module, "__path__", ()):
        path = os.path.realpath(folder)
        if path.startswith(here):
            folders[config.label] = path[len(here):]
applied = sorted(tuple(key) for key in loader.applied_migrations)
pending = sorted(key for key in loader.graph.nodes if key not in set(applied))
sys.stdout.write("\n" + sys.argv[1] + json.dumps({"folders": folders, "applied": applied, "pending": pending}) + "\n")
'''


@dataclass(frozen=True)
class KnownMigrations:
    """`app.0001_name` each. `folders` has the app's label → its migrations' folder, of what lies in the release."""

    applied: tuple[str, ...] = ()
    pending: tuple[str, ...] = ()
    """What the release itself brings and the database has not."""
    folders: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class PendingMigrations(Question):
    """Answers KnownMigrations. Raises Failure where the project cannot be imported or the database not be asked."""

    launcher: str
    interpreter: str
    directory: str
    user: str = ""

    def perform(self, host: Host) -> KnownMigrations:
        asked = host.ask(
            (self.launcher, self.interpreter, "-c", SCRIPT, MARK),
            directory=self.directory,
            environment={"PYTHONDONTWRITEBYTECODE": "1"},
            user=self.user,
        )
        lines = asked.output.splitlines()
        said = [line[len(MARK) :] for line in lines if line.startswith(MARK)]
        if asked.code or not said:
            error = python_error(lines, self.directory)
            raise Failure(
                f"the live release cannot be asked for its migrations: {error or f'exit code {asked.code}'}",
                lines=without_libraries(lines, self.directory)[-LINES_SHOWN:],
                hint=advice(error),
            )
        found = json.loads(said[-1])
        return KnownMigrations(_names(found["applied"]), _names(found["pending"]), found["folders"])


def _names(keys: list[list[str]]) -> tuple[str, ...]:
    return tuple(f"{label}.{name}" for label, name in keys)
