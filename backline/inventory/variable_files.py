"""group_vars/ and host_vars/: which of their files Ansible reads for a name, and what they set."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from backline.inventory.variable import Variable
from backline.inventory.yaml_document import read_document

EXTENSIONS = ("", ".yml", ".yaml", ".json")


def variables_from(folder: Path, name: str) -> dict[str, Variable]:
    """What `group_vars/<name>` sets; where it is a folder, later files replace the variables of earlier ones."""
    variables: dict[str, Variable] = {}
    for path in variable_files(folder, name):
        variables.update(read_document(path).variables())
    return variables


def variable_files(folder: Path, name: str) -> tuple[Path, ...]:
    """The first of name, name.yml, name.yaml, name.json that exists, and no other: a folder `web/` hides `web.yml`."""
    if "/" in name:
        return ()
    for extension in EXTENSIONS:
        path = folder / f"{name}{extension}"
        if path.exists():
            return tuple(_files_below(path)) if path.is_dir() else (path,)
    return ()


def _files_below(folder: Path) -> Iterator[Path]:
    for path in sorted(folder.iterdir(), key=lambda path: path.name):
        if path.name.startswith(".") or path.name.endswith("~"):
            continue
        if path.is_dir() and not path.suffix:
            yield from _files_below(path)
        elif path.is_file() and path.suffix in EXTENSIONS:
            yield path
