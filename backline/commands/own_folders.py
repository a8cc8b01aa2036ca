"""What a project has of its own beside tasks.py: roles/ and templates/, taken before ours, and resources/ beside ours.

A file in them is a module of the same package as ours: `resources/swap.py` is `backline.resources.swap`. So what a
project adds is written, imported and sent to hosts as what Backline brings."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import backline.resources
import backline.roles
from backline.inventory.yaml_document import as_named
from backline.resources.failure import ConfigurationError
from backline.resources.origin import Origin
from backline.settings.templates import use_templates_of

OURS = Path(backline.resources.__file__).parent.parent
"""The folder that has our roles/, resources/ and templates/."""
SENT = "backline.resources"
DJANGO_APP = "models.py"
"""What every Django app has, and neither a role nor a resource would be called."""


def use_own_folders(project: Path) -> None:
    """Take the folders of the project into use; once more does no harm.

    Raises ConfigurationError for a resource's file that no host could import, or that is called as one of ours."""
    roles, resources = own_folder(project, "roles"), own_folder(project, "resources")
    if roles and str(roles) not in backline.roles.__path__:
        backline.roles.__path__.insert(0, str(roles))
    if resources:
        wrong = tuple(objection for file in module_files(resources) for objection in _objections(file))
        if wrong:
            raise ConfigurationError(wrong[0], lines=wrong[1:])
        if str(resources) not in backline.resources.__path__:
            backline.resources.__path__.append(str(resources))
    use_templates_of(project)


def own_folder(project: Path, name: str) -> Path | None:
    """The project's folder of this name; None where it has none, where it is ours (a checkout of Backline), and where
    it is a Django app that happens to be called so."""
    folder = project.resolve() / name
    is_ours = folder.resolve() == (OURS / name).resolve()
    return None if is_ours or not folder.is_dir() or (folder / DJANGO_APP).exists() else folder


def module_files(folder: Path) -> list[Path]:
    """The modules of a folder, by name. One whose name begins with _ is for the others."""
    return sorted(file for file in folder.glob("*.py") if not file.stem.startswith("_"))


def _objections(file: Path) -> Iterator[str]:
    """Why a resource's file cannot be sent to hosts, with its line."""
    name = as_named(file)
    if (OURS / "resources" / file.name).exists():
        yield f"{name}: Backline has a kind of resource in {file.name} already; call the file differently"
    try:
        tree = ast.parse(file.read_bytes())
    except SyntaxError as error:
        yield f"{Origin(name, error.lineno or 0)}: {error.msg}"
        return
    for node in ast.walk(tree):
        for module in _imported(node):
            if not _is_on_hosts(module):
                said = f"it imports {module}, and hosts have only the standard library and {SENT}"
                yield f"{Origin(name, getattr(node, 'lineno', 0))}: {said}"


def _imported(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
    elif isinstance(node, ast.ImportFrom):
        yield "." * node.level + (node.module or "")


def _is_on_hosts(module: str) -> bool:
    return module == SENT or module.startswith(f"{SENT}.") or module.partition(".")[0] in sys.stdlib_module_names
