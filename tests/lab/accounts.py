"""The users of a lab host: one for each way in which people set up sudo and login shells."""

from __future__ import annotations

from dataclasses import dataclass

PASSWORD = "lab"
"""Of root and of every user below. Only this machine reaches the hosts."""


@dataclass(frozen=True)
class Account:
    """`sudoers` are the lines of its file in /etc/sudoers.d, where it has one."""

    name: str
    shell: str = "/bin/bash"
    sudoers: tuple[str, ...] = ()


ACCOUNTS = (
    Account("deploy", sudoers=("deploy ALL=(ALL) NOPASSWD: ALL",)),
    Account("sudo-password", sudoers=("sudo-password ALL=(ALL) ALL",)),
    Account("sudo-limited", sudoers=("sudo-limited ALL=(root) NOPASSWD: /usr/bin/apt-get, /usr/sbin/service",)),
    Account("sudo-to-deploy", sudoers=("sudo-to-deploy ALL=(deploy) NOPASSWD: ALL",)),
    Account("sudo-tty", sudoers=("Defaults:sudo-tty requiretty", "sudo-tty ALL=(ALL) NOPASSWD: ALL")),
    Account("no-sudo"),
    Account("shell-dash", shell="/bin/dash"),
    Account("shell-zsh", shell="/usr/bin/zsh"),
    Account("shell-fish", shell="/usr/bin/fish"),
    Account("shell-csh", shell="/bin/csh"),
)
"""Uids are given in this order, from 1000 on."""
SHELL_PACKAGES = ("zsh", "fish", "csh")


def account_commands() -> str:
    """What makes them, for a shell in a fresh system."""
    lines = [f"useradd --create-home --shell {account.shell} {account.name}" for account in ACCOUNTS]
    for account in ACCOUNTS:
        if account.sudoers:
            file = f"/etc/sudoers.d/{account.name}"
            lines += [f"echo '{line}' >>{file}" for line in account.sudoers]
            lines.append(f"chmod 440 {file}")
    with_password = "\\n".join(f"{name}:{PASSWORD}" for name in ("root", *(account.name for account in ACCOUNTS)))
    lines.append(f"printf '{with_password}\\n' | chpasswd")
    return "\n".join(lines)
