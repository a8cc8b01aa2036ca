"""group_vars/ and host_vars/: which of their files Ansible reads for a name, and what they set."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from backline.inventory.later_variables import LaterVariables, merged
from backline.inventory.variable import Variable
from backline.inventory.vault import Vault
from backline.inventory.yaml_document import as_named, is_encrypted, read_document

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
    for path in _candidates(folder, name)[:1]:
        return tuple(_files_below(path)) if path.is_dir() else (path,)
    return ()


def passed_over(folder: Path, name: str) -> Iterator[str]:
    """What is said of each file of that name that is not read, since another one is."""
    every = _candidates(folder, name)
    for path in every[1:]:
        read = f"{every[0].name}/" if every[0].is_dir() else every[0].name
        yield f"{as_named(path)} is not read, as with Ansible: {read} beside it is"


def _candidates(folder: Path, name: str) -> tuple[Path, ...]:
    """Those that there are, the one that counts first."""
    paths = (folder / f"{name}{extension}" for extension in EXTENSIONS)
    return () if "/" in name else tuple(path for path in paths if path.exists())


def _files_below(folder: Path) -> Iterator[Path]:
    for path in sorted(folder.iterdir(), key=lambda path: path.name):
        if path.name.startswith(".") or path.name.endswith("~"):
            continue
        if path.is_dir() and not path.suffix:
            yield from _files_below(path)
        elif path.is_file() and path.suffix in EXTENSIONS:
            yield path
