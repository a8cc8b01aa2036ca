"""What Ansible's own configuration says of the vault's passwords: ansible.cfg, where Ansible looks for it."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from configparser import ConfigParser
from configparser import Error as Malformed
from pathlib import Path

from backline.inventory.vault import STEP, Closed
from backline.resources.dataclass import dataclass

CONFIGURATION = "ANSIBLE_CONFIG"
IDENTITIES = "ANSIBLE_VAULT_IDENTITY_LIST"
SECTION, FILE_KEY, IDENTITIES_KEY = "defaults", "vault_password_file", "vault_identity_list"
PROMPT = "prompt"


@dataclass(frozen=True)
class VaultSource:
    """Where a password is: `place` is a path, or `prompt` for whoever sits there; `label` its vault id, which may be
    empty; `whence` who says so."""

    place: str
    label: str
    whence: str

    @property
    def is_asked(self) -> bool:
        return self.place.startswith(PROMPT)


def configured_sources() -> tuple[VaultSource, ...]:
    """The sources that the environment's list of identities names, else those of ansible.cfg: its list and its file.
    Raises Closed where that file cannot be read."""
    if os.environ.get(IDENTITIES):
        return tuple(_sources(os.environ[IDENTITIES], IDENTITIES, Path.cwd()))
    for file in _places():
        if file.is_file():
            return tuple(_said_in(file))
    return ()


def _places() -> Iterator[Path]:
    """As Ansible looks: a file in a folder where everybody may write is nobody's word."""
    if os.environ.get(CONFIGURATION):
        named = Path(os.environ[CONFIGURATION]).expanduser()
        yield named / "ansible.cfg" if named.is_dir() else named
    here = Path.cwd()
    if not here.stat().st_mode & stat.S_IWOTH:
        yield here / "ansible.cfg"
    yield Path("~/.ansible.cfg").expanduser()
    yield Path("/etc/ansible/ansible.cfg")


def _said_in(file: Path) -> Iterator[VaultSource]:
    parser = ConfigParser(inline_comment_prefixes=(";",), interpolation=None, strict=False)
    try:
        parser.read_string(file.read_text("utf-8"), str(file))
    except (OSError, UnicodeDecodeError, Malformed) as error:
        raise Closed(f"{file} cannot be read: {error}", hint=f"mend {file}", step=STEP) from error
    for key in (IDENTITIES_KEY, FILE_KEY):
        yield from _sources(parser.get(SECTION, key, fallback=""), f"{file}: {key}", file.parent)


def _sources(text: str, whence: str, folder: Path) -> Iterator[VaultSource]:
    """`dev@~/.vault_dev, prod@prompt, file`; a path is relative to the file that names it."""
    for word in filter(None, (part.strip() for part in text.split(","))):
        label, _, place = word.rpartition("@")
        path = place if place.startswith(PROMPT) else str(folder / Path(place).expanduser())
        yield VaultSource(path, label, whence)
