"""Become: the words that start a command as another user, by sudo or su, and the reading of their refusals. Pure.

The command stands in words that sh, bash, dash, zsh, fish and csh all parse alike: single quotes around no backslash,
newline or `!`. A password never stands in them.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Sequence
from typing import TYPE_CHECKING

from backline.resources.dataclass import dataclass
from backline.resources.failure import Unreachable

if TYPE_CHECKING:
    from backline.settings.connection import ConnectionSettings

ROOT = "root"
SU = "su"
ENGLISH = "env LC_MESSAGES=C"
"""So that what sudo and su say can be told apart; of the other user's own environment only this word is another."""
PROMPT_OF_SU = re.compile(rb"(?i)password[^\n]*: ?$")
LIST_RIGHTS = f"exec {ENGLISH} sudo -n -l"
LEFT_OUT = re.compile(r"(?i)^(we trust you|lecture|administrator\. it usually|\s*#\d\)|\s*$)")


def becomes(settings: ConnectionSettings) -> bool:
    """Whether there is somebody else to become: root who logs in as root is root already."""
    return settings.become and (settings.user, settings.become_user) != (ROOT, ROOT)


def started(command: str, marker: str) -> str:
    """The command behind a marker on standard output: what came before it the login shell has printed."""
    return f"echo {marker}; {command}"


def elevated(settings: ConnectionSettings, command: str, marker: str) -> str:
    """The same as the other user. With a password the marker comes on standard error too: it says that nobody asks any
    more."""
    asked = settings.become_password is not None
    inner = f"echo {marker} >&2; {started(command, marker)}" if asked else started(command, marker)
    user = shlex.quote(settings.become_user)
    if settings.become_method == SU:
        return f"exec {ENGLISH} su {user} -s /bin/sh -c {shlex.quote(inner)}"
    how = f"-S -p {prompt_of(marker)}" if asked else "-n"
    return f"exec {ENGLISH} sudo -H {how} -u {user} -- /bin/sh -c {shlex.quote(inner)}"


def elevated_at_terminal(settings: ConnectionSettings, command: str, asks: bool) -> str:
    """The same where a person sits at a terminal: sudo or su asks them itself; where nobody does (`asks` false), nobody
    is asked."""
    if not becomes(settings):
        return command
    user, word = shlex.quote(settings.become_user), shlex.quote(command)
    if settings.become_method == SU:
        return f"exec su {user} -s /bin/sh -c {word}"
    return f"exec sudo -H {'' if asks else '-n '}-u {user} -- /bin/sh -c {word}"


def prompt_of(marker: str) -> str:
    """What sudo asks with: words that nothing else prints."""
    return f"{marker}-password"


def asks(settings: ConnectionSettings, marker: str, said: bytes) -> bool:
    """Whether the last words of standard error are the question for the password."""
    if settings.become_method == SU:
        return bool(PROMPT_OF_SU.search(said))
    return said.endswith(prompt_of(marker).encode())


class PasswordWanted(Unreachable):
    """sudo would ask for a password, which it does before it says what it allows."""


@dataclass(frozen=True)
class Refusal:
    """A way in which sudo or su says no."""

    says: str
    """A pattern, whatever the letters' case; compiled when somebody is refused, which most runs are not."""
    cause: str
    hint: str
    failure: type[Unreachable] = Unreachable


OF_SUDO = (
    Refusal(
        r"must have a tty|no tty present|a terminal is required",
        "sudo there wants a terminal, which an agent has not",
        "in its sudoers (visudo), take that need away:\nDefaults:{login} !requiretty",
    ),
    Refusal(
        r"incorrect password|try again|no password was provided",
        "sudo does not take the password of {login}",
        "correct ansible_become_password,\nor give the command with --ask-become-pass",
    ),
    Refusal(
        r"not in the sudoers file|may not run sudo",
        "{login} has no right to sudo there",
        "as root there (group wheel on RHEL and Alpine):\nusermod -aG sudo {login}\n"
        "or log in as somebody who has: ansible_user",
    ),
    Refusal(
        r"is not allowed to (execute|run)",
        "sudo lets {login} run some commands only, and not a shell as {user}",
        "the agent is one process for all, so its sudoers must say (visudo):\n{login} ALL=({user}) ALL",
    ),
    Refusal(
        r"password is required|interactive authentication is required",
        "sudo asks {login} for a password",
        "give the command with --ask-become-pass,\nor set ansible_become_password,\n"
        "or in its sudoers (visudo):\n"
        "{login} ALL=({user}) NOPASSWD: ALL",
        PasswordWanted,
    ),
    Refusal(
        r"unknown user",
        "there is no user {user} to become",
        "correct ansible_become_user, or make that user there",
    ),
    Refusal(
        r"sudo['’]?:? .*(no such file|not found)|(unknown command|not found).*sudo",
        "there is no sudo on the host",
        "log in as root (ansible_user: root, without ansible_become),\nor set ansible_become_method: su",
    ),
)
OF_SU = (
    Refusal(
        r"authentication failure|incorrect password|authentication token",
        "su does not take the password of {user}",
        "correct ansible_become_password:\nsu asks for that of {user}, not of {login},\n"
        "or give the command with --ask-become-pass",
    ),
    Refusal(
        r"does not exist|unknown (id|user)",
        "there is no user {user} to become",
        "correct ansible_become_user, or make that user there",
    ),
    Refusal(
        r"must be run from a terminal",
        "su there wants a terminal, which an agent has not",
        "set ansible_become_method: sudo",
    ),
    Refusal(
        r"permission denied|not permitted",
        "su does not let {login} become {user}",
        "on many systems only the group wheel may (pam_wheel);\nor set ansible_become_method: sudo",
    ),
)


def refusal(settings: ConnectionSettings, login: str, said: Sequence[str]) -> Unreachable | None:
    """The refusal in what sudo or su said, or None where nothing there is one."""
    for known in OF_SU if settings.become_method == SU else OF_SUDO:
        proof = [line for line in said if re.search(known.says, line, re.IGNORECASE)]
        if proof:
            names = {"login": login, "user": settings.become_user}
            return known.failure(known.cause.format(**names), lines=(proof[0],), hint=known.hint.format(**names))
    return None


def only_some_commands(settings: ConnectionSettings, login: str, listed: Sequence[str]) -> Unreachable | None:
    """What `sudo -n -l` proves of a sudo that asked for a password: what it lets this user run without one."""
    rights = [line.strip() for line in listed if "NOPASSWD:" in line]
    if not rights or settings.become_password is not None:
        return None
    return Unreachable(
        f"sudo lets {login} run some commands only without a password, and not a shell as {settings.become_user}",
        lines=tuple(rights),
        hint="the agent is one process for all, so its sudoers must say (visudo):\n"
        f"{login} ALL=({settings.become_user}) NOPASSWD: ALL\n"
        "or, if a password opens more:  add --ask-become-pass",
    )
