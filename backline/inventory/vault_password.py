"""Where the vault's passwords are: in files, in what a program says, or with whoever sits at the terminal."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from backline.inventory.vault import STEP, Closed, VaultPassword
from backline.resources.secret import Secret

if TYPE_CHECKING:
    from backline.inventory.ansible_configuration import VaultSource

VARIABLE = "ANSIBLE_VAULT_PASSWORD_FILE"
OPTION = "--vault-password-file"
BETWEEN = ","
QUESTION = "vault password: "
TERMINAL = "the terminal"
CLIENT, DEFAULT_LABEL = "-client", "default"
"""How Ansible knows a program that has several passwords, and the one that is meant where no label is said."""
Ask = Callable[[str], Secret | None]
"""Puts a question to a person; None where nobody answers."""


def vault_passwords(named: str, ask: Ask) -> tuple[VaultPassword, ...]:
    """Those of the files that the option names, several with commas; else of the variable's; else those that Ansible's
    configuration names; else the one that is asked for. Raises Closed."""
    if named:
        return tuple(_from_files(named, OPTION))
    if os.environ.get(VARIABLE):
        return tuple(_from_files(os.environ[VARIABLE], VARIABLE))
    from backline.inventory.ansible_configuration import configured_sources

    return tuple(_configured(configured_sources(), ask)) or tuple(_asked(QUESTION, ask))


def _configured(sources: Iterable[VaultSource], ask: Ask) -> Iterator[VaultPassword]:
    for source in sources:
        if source.is_asked:
            yield from _asked(f"vault password ({source.label}): " if source.label else QUESTION, ask)
        else:
            yield _from_file(source.place, source.whence, source.label)


def _asked(question: str, ask: Ask) -> Iterator[VaultPassword]:
    answer = ask(question)
    if answer is not None:
        yield VaultPassword(answer, TERMINAL)


def _from_files(named: str, whence: str) -> Iterator[VaultPassword]:
    for name in filter(None, (part.strip() for part in named.split(BETWEEN))):
        yield _from_file(name, whence)


def _from_file(name: str, whence: str, label: str = "") -> VaultPassword:
    file = Path(name).expanduser()
    try:
        is_program = os.access(file, os.X_OK) and file.is_file()
        text = _said_by(file, whence, label) if is_program else file.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        raise Closed(f"{whence}: {name} cannot be read: {reason}", step=STEP) from error
    if not text.strip():
        raise Closed(f"{whence}: {name} holds no password", step=STEP)
    return VaultPassword(Secret(text.strip()), name)


def _said_by(program: Path, whence: str, label: str) -> str:
    """What an executable file writes, as with Ansible; one whose name says so is told which password is meant."""
    words = [str(program.absolute())]
    if program.stem.endswith(CLIENT):
        words += ["--vault-id", label or DEFAULT_LABEL]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    if done.returncode:
        raise Closed(
            f"{whence}: {program} ended with exit code {done.returncode}",
            lines=tuple(done.stderr.splitlines()[-3:]),
            step=STEP,
        )
    return done.stdout
