"""The command that makes a vaulted value for the inventory: vault.encrypt."""

from __future__ import annotations

import re
import sys

from backline.commands.command import command
from backline.commands.site import Site
from backline.resources.failure import ConfigurationError
from backline.resources.secret import Secret

FAMILY = "vault"
INDENT = " " * 10
"""As `ansible-vault encrypt_string` writes it."""
NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
AGAIN = "the same once more: "


@command(name="what the variable is called: redis_password")
def encrypt(site: Site, name: str) -> None:
    """Print a variable with its value encrypted, to be put into group_vars or host_vars; Ansible reads it too.

    The value is asked for, or read from a pipe.

    inv vault.encrypt redis_password >>inventory/group_vars/prod/vault.yml
    """
    from backline.inventory.vault import encrypted

    if not NAME.fullmatch(name):
        raise ConfigurationError(f"{name!r} is no name of a variable", hint="inv vault.encrypt redis_password")
    password = _password(site)
    value = _value(site, name)
    lines = encrypted(value, password).splitlines()
    print("\n".join((f"{name}: !vault |", *(INDENT + line for line in lines))))


def _password(site: Site) -> Secret:
    from backline.inventory.vault_password import TERMINAL, vault_passwords

    known = vault_passwords(site.vault_password_file, site.entrance.ask)
    if not known:
        raise ConfigurationError(
            "nobody said the vault's password",
            hint="add --vault-password-file FILE, or set ANSIBLE_VAULT_PASSWORD_FILE",
        )
    if known[0].source == TERMINAL and site.entrance.ask(AGAIN) != known[0].password:
        raise ConfigurationError("these are two passwords: nothing was encrypted")
    return known[0].password


def _value(site: Site, name: str) -> str:
    """From the pipe without the newline at its end, or asked for."""
    if not sys.stdin.isatty():
        text = sys.stdin.read().removesuffix("\n")
    else:
        answer = site.entrance.ask(f"value of {name}: ")
        text = answer.reveal() if answer is not None else ""
    if not text:
        raise ConfigurationError(f"{name} got no value: nothing was encrypted")
    return text
