"""group_vars/ and host_vars/: which of their files Ansible reads for a name, and what they set."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from backline.inventory.later_variables import LaterVariables, merged
from backline.inventory.variable import Variable
from backline.inventory.vault import Vault
from backline.inventory.yaml_document import is_encrypted, read_document

EXTENSIONS = ("", ".yml", ".yaml", ".json")


def variables_from(folder: Path, name: str, vault: Vault) -> Mapping[str, Variable]:
    """What `group_vars/<name>` sets; where it is a folder, later files replace the variables of earlier ones."""
    return merged(_of_file(path, vault) for path in variable_files(folder, name))


def _of_file(path: Path, vault: Vault) -> Mapping[str, Variable]:
    """What is encrypted as a whole is opened when somebody asks what it sets."""
    if is_encrypted(path):
        return LaterVariables(lambda: read_document(path, vault).variables())
    return read_document(path, vault).variables()


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
