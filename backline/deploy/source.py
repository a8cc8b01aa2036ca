"""What is to be deployed: the project's files at one commit, or as they are in the working tree."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable
from pathlib import Path

from backline.deploy.git import Repository
from backline.resources.blobs import blob_id
from backline.resources.dataclass import dataclass
from backline.resources.failure import ConfigurationError
from backline.resources.tree import TreeFile

INCLUDES = re.compile(r"\s*(?P<option>-r|-c|--requirement|--constraint)[\s=]*(?P<name>\S+)")
"""A line of a requirements file that names another, in the forms that pip takes."""

WORKING_TREE = "."
"""The ref that means the working tree as it is."""

VARIABLES = ("group_vars", "host_vars")
"""What lies beside a hosts file."""

OURS = (".venv", ".backline")
"""What we put into the folder of each release."""


@dataclass(frozen=True)
class Source:
    """A project at a commit. `tree` names what its files are; `dirty`: the working tree was asked for and differs;
    `left_out`: what differs, else."""

    repository: Repository
    ref: str
    commit: str
    tree: str
    files: tuple[TreeFile, ...]
    requirements: str
    """The lock, with the files that it includes in their places."""
    dirty: bool
    left_out: tuple[str, ...]


def read_source(folder: Path, ref: str, requirements: str, hosts_file: Path | None = None) -> Source:
    """The project in `folder` at `ref`, without the inventory of `hosts_file`, whose secrets are not all hosts', and
    which is read as it is here. Raises ConfigurationError where folder, ref or requirements are not there."""
    repository = Repository(folder)
    inventory = _inventory(folder, hosts_file) if hosts_file else ()
    commit = repository.commit_of("HEAD" if ref == WORKING_TREE else ref)
    changed = tuple(path for path in repository.changed_files() if not _is_of(inventory, path))
    dirty = bool(changed) and ref == WORKING_TREE
    tree = repository.tree_of(repository.working_tree() if dirty else commit)
    files = tuple(file for file in repository.files(tree) if not _is_of(inventory, file.path))
    _require_own_places(files)
    lock = _flattened(repository, {file.path: file.blob for file in files}, posixpath.normpath(requirements))
    sent = tree_of(files) if inventory else tree  # git's own name for it would change with the inventory too
    return Source(repository, ref, commit, sent, files, lock, dirty, () if dirty else changed)


def tree_of(files: Iterable[TreeFile]) -> str:
    """A name for these files, their places and modes, as git has one for a folder."""
    lines = sorted(f"{file.mode} {file.blob} {file.path}" for file in files)
    return blob_id("\0".join(lines).encode("utf-8", "surrogateescape"))


def _inventory(folder: Path, hosts_file: Path) -> tuple[str, ...]:
    """Where an inventory lies in the project folder, named from there; empty where it lies elsewhere."""
    place = posixpath.relpath(hosts_file.resolve().parent, folder.resolve())
    if place.split("/")[0] == "..":
        return ()
    return tuple(posixpath.normpath(posixpath.join(place, name)) for name in (hosts_file.name, *VARIABLES))


def _is_of(inventory: tuple[str, ...], path: str) -> bool:
    """A folder that git does not know at all ends in a slash, and may hold the inventory."""
    return any(f"{path}/".startswith(f"{own}/") or (path[-1:] == "/" and own.startswith(path)) for own in inventory)


def _require_own_places(files: tuple[TreeFile, ...]) -> None:
    """Raises ConfigurationError where the project has files at the places that are ours in a release."""
    for name in OURS:
        if any(file.path.split("/")[0] == name for file in files):
            raise ConfigurationError(
                f"{name} is in the project at this commit; each release has one of its own there",
                hint=f"take it out, and commit: echo {name} >>.gitignore; git rm -r --cached --quiet {name}",
            )


def _flattened(repository: Repository, blobs: dict[str, str], path: str, above: tuple[str, ...] = ()) -> str:
    """A requirements file with every `-r other` in its place, so that one hash covers all of it."""
    if path in above:
        raise ConfigurationError(f"{path} includes itself", lines=(" includes ".join((*above, path)),))
    if path not in blobs:
        asked = f"{above[-1]} includes it" if above else "it is the variable app_requirements"
        raise ConfigurationError(
            f"{path} is not in the project at this commit; {asked}",
            hint=f"commit {path}"
            if above
            else "set app_requirements to the file that pins the packages, and commit it",
        )
    (_, content), *_ = repository.contents([blobs[path]])
    lines = []
    for line in content.decode(errors="replace").splitlines():
        found = INCLUDES.match(line)
        if found and found["option"] in ("-c", "--constraint"):
            cause = f"{path} has a constraints file, {found['name']}"
            raise ConfigurationError(cause, hint="pin everything in one lock file")
        if found:
            included = posixpath.normpath(posixpath.join(posixpath.dirname(path), found["name"]))
            lines.append(_flattened(repository, blobs, included, (*above, path)).rstrip("\n"))
        else:
            lines.append(line)
    return "\n".join(lines) + "\n"
