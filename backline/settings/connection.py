"""How to reach a host, from the variables that Ansible knows it by."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any, Literal

from backline.inventory.inventory import Inventory, InventoryHost
from backline.inventory.vault import Closed
from backline.resources.dataclass import dataclass, fields
from backline.resources.failure import ConfigurationError
from backline.resources.secret import Secret
from backline.settings.connection_arguments import SshArguments, UnknownArgument, ssh_arguments
from backline.settings.connection_variables import OLDER_NAMES, ConnectionVariables
from backline.settings.declaration import declared_variables
from backline.settings.expressions import Scope
from backline.settings.host_scope import host_scope
from backline.settings.type_check import TypeCheck

SEARCHED = ("auto", "auto_silent", "auto_legacy", "auto_legacy_silent")
"""Ansible's words for: find a Python yourself."""
BY_PATH = "/usr/bin/env "
"""Before a name that is sought in PATH; the shell seeks it there anyway."""


@dataclass(frozen=True)
class ConnectionSettings:
    """What the inventory says of how to reach one host and who to become there. Empty text, or 0: not said, so that
    the configuration of ssh decides."""

    connection: Literal["ssh", "local"]
    host: str
    port: int = 0
    user: str = ""
    key_file: str = ""
    certificate_file: str = ""
    identities_only: bool = False
    known_hosts_file: str = ""
    """Instead of the user's own known_hosts."""
    host_key_alias: str = ""
    """The name under which known_hosts has it."""
    proxy_jump: str = ""
    """The hosts to go through, as ssh's -J takes them."""
    proxy_command: str = ""
    """A command whose standard input and output are the line to the host."""
    configuration: str = ""
    """The file of ssh's configuration instead of the user's own and the machine's; `none`: no file."""
    password: Secret | None = None
    timeout: int = 10
    """Seconds for the connection to come about."""
    python: str = ""
    """The interpreter for the agent; empty: python3, or what a search finds."""
    become: bool = False
    become_user: str = "root"
    become_method: Literal["sudo", "su"] = "sudo"
    become_password: Secret | None = None
    one_flight: bool = True
    """Whether the login takes the command along, where the server is known to take it."""
    unreachable_hint: str = ""
    """What to say besides when the host cannot be reached."""


def connection_settings(host: InventoryHost, inventory: Inventory) -> ConnectionSettings:
    """Raises one ConfigurationError that names every variable that is wrong."""
    reading = _Reading(host_scope(host, inventory, ()))
    said = reading.variables()
    arguments = reading.arguments(said)
    if reading.problems:
        alone = len(reading.problems) == 1
        cause = reading.problems[0] if alone else f"{len(reading.problems)} things are wrong with how to reach it"
        raise ConfigurationError(cause, lines=() if alone else tuple(reading.problems), host=host.name)
    python = said.ansible_python_interpreter
    return ConnectionSettings(
        connection="local" if said.ansible_connection == "local" else "ssh",
        host=said.ansible_host or host.name,
        port=said.ansible_port or arguments.port,
        user=said.ansible_user or arguments.user,
        key_file=os.path.expanduser(said.ansible_private_key_file or arguments.key_file),
        certificate_file=os.path.expanduser(arguments.certificate_file),
        identities_only=arguments.identities_only,
        known_hosts_file=os.path.expanduser(arguments.known_hosts_file),
        host_key_alias=arguments.host_key_alias,
        proxy_jump=arguments.proxy_jump,
        proxy_command=arguments.proxy_command,
        configuration=os.path.expanduser(arguments.configuration),
        password=said.ansible_password,
        timeout=said.ansible_ssh_timeout,
        python="" if python in SEARCHED else python.removeprefix(BY_PATH).strip(),
        become=said.ansible_become,
        become_user=said.ansible_become_user,
        become_method=said.ansible_become_method,
        become_password=said.ansible_become_password,
        one_flight=said.backline_one_flight,
        unreachable_hint=said.backline_unreachable_hint,
    )


class _Reading:
    def __init__(self, scope: Scope) -> None:
        self.scope = scope
        self.problems: list[str] = []

    def variables(self) -> ConnectionVariables:
        """Of several names for one thing the last counts, as in Ansible: its newer names come first."""
        values: dict[str, Any] = {}
        for declared in declared_variables(ConnectionVariables):
            for name in (declared.name, *OLDER_NAMES.get(declared.name, ())):
                if name in self.scope:
                    values[declared.name] = self._value(name, declared.annotation)
        return ConnectionVariables(**values)

    def arguments(self, said: ConnectionVariables) -> SshArguments:
        """What the three variables of SSH arguments say; of a repeated one the first counts."""
        found = SshArguments()
        for name in ("ansible_ssh_args", "ansible_ssh_common_args", "ansible_ssh_extra_args"):
            try:
                more = ssh_arguments(getattr(said, name) or "")
            except UnknownArgument as unknown:
                self.problems.append(f"{self.scope.variables[name].origin}: {name}: {unknown}")
                continue
            found = SshArguments(**dict(_first_said(found, more)))
        return found

    def _value(self, name: str, annotation: object) -> object:
        try:
            value = self.scope.value(name)
        except Closed:
            raise
        except ConfigurationError as error:
            self.problems.append(error.cause)
            return None
        if annotation is int and isinstance(value, str) and value.isdecimal():
            value = int(value)  # as Ansible takes a port that a template, or quotes, made text
        check = TypeCheck(self.scope.variables[name])
        fitted = check.fitted(value, annotation)
        self.problems.extend(check.problems)
        return fitted


def _first_said(first: SshArguments, second: SshArguments) -> Iterator[tuple[str, Any]]:
    for field in fields(SshArguments):
        yield field.name, getattr(first, field.name) or getattr(second, field.name)
