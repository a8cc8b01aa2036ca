"""Where the vault's passwords are: in files, in what a program says, or with whoever sits at the terminal."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

from backline.inventory.vault import STEP, Closed, VaultPassword
from backline.resources.secret import Secret

VARIABLE = "ANSIBLE_VAULT_PASSWORD_FILE"
OPTION = "--vault-password-file"
BETWEEN = ","
QUESTION = "vault password: "
TERMINAL = "the terminal"
Ask = Callable[[str], Secret | None]
"""Puts a question to a person; None where nobody answers."""


def vault_passwords(named: str, ask: Ask) -> tuple[VaultPassword, ...]:
    """Those of the files that the option names, several with commas; else of the variable's; else the one that is
    asked for. Raises Closed."""
    if named:
        return tuple(_from_files(named, OPTION))
    if os.environ.get(VARIABLE):
        return tuple(_from_files(os.environ[VARIABLE], VARIABLE))
    answer = ask(QUESTION)
    return () if answer is None else (VaultPassword(answer, TERMINAL),)


def _from_files(named: str, whence: str) -> Iterator[VaultPassword]:
    for name in filter(None, (part.strip() for part in named.split(BETWEEN))):
        file = Path(name).expanduser()
        try:
            text = _said_by(file, whence) if os.access(file, os.X_OK) and file.is_file() else file.read_text("utf-8")
        except (OSError, UnicodeDecodeError) as error:
            reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
            raise Closed(f"{whence}: {name} cannot be read: {reason}", step=STEP) from error
        if not text.strip():
            raise Closed(f"{whence}: {name} holds no password", step=STEP)
        yield VaultPassword(Secret(text.strip()), name)


def _said_by(program: Path, whence: str) -> str:
    """What an executable file writes, as with Ansible."""
    done = subprocess.run([str(program.absolute())], capture_output=True, text=True, check=False)
    if done.returncode:
        raise Closed(
            f"{whence}: {program} ended with exit code {done.returncode}",
            lines=tuple(done.stderr.splitlines()[-3:]),
            step=STEP,
        )
    return done.stdout
