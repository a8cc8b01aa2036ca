"""The connection variables of Ansible that Backline honours, by Ansible's names."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from backline.resources.dataclass import dataclass
from backline.resources.secret import Secret

OLDER_NAMES: Mapping[str, tuple[str, ...]] = {
    "ansible_host": ("ansible_ssh_host",),
    "ansible_port": ("ansible_ssh_port",),
    "ansible_user": ("ansible_ssh_user",),
    "ansible_password": ("ansible_ssh_pass", "ansible_ssh_password"),
    "ansible_become_user": ("ansible_sudo_user",),
    "ansible_become_password": ("ansible_become_pass", "ansible_sudo_pass"),
    "ansible_private_key_file": ("ansible_ssh_private_key_file",),
}
"""Other names for the same thing; where both are set, the older name counts, as in Ansible."""


@dataclass(frozen=True)
class ConnectionVariables:
    """How a host is reached. Paths are relative to the folder in which the command runs, as in Ansible."""

    ansible_connection: Literal["ssh", "local", "smart", "paramiko", "paramiko_ssh"] = "ssh"
    """`ssh`, or `local` for the machine on which the command runs."""
    ansible_host: str = ""
    """The address; empty: the host's name in the inventory."""
    ansible_port: int = 0
    """The port of SSH; 0: as `~/.ssh/config` says, else 22."""
    ansible_user: str = ""
    """Who to log in as; empty: as `~/.ssh/config` says, else your own login name."""
    ansible_private_key_file: str = ""
    """The private key, also as `ansible_ssh_private_key_file`, offered before those that `~/.ssh/config`
    names; without any of them: your agent's keys, then those in `~/.ssh`."""
    ansible_password: Secret | None = None
    """The password of the login; `--ask-pass` asks for it."""
    ansible_ssh_args: str = ""
    """More arguments of ssh, as in `ansible_ssh_common_args`."""
    ansible_ssh_common_args: str = ""
    """Arguments of ssh: `-J host`, `-i file`, `-p port`, `-l user`, `-F file`, and `-o` with UserKnownHostsFile,
    ProxyJump, ProxyCommand, IdentityFile, IdentitiesOnly, CertificateFile, HostKeyAlias, Port, User. What only tunes
    ssh (ControlMaster, Compression …) has no effect; any other is refused."""
    ansible_ssh_extra_args: str = ""
    """More arguments of ssh, as in `ansible_ssh_common_args`."""
    ansible_ssh_timeout: int = 10
    """Seconds for the connection to come about."""
    ansible_python_interpreter: str = ""
    """The Python for the agent; empty or `auto`: python3, or what a search finds."""
    ansible_become: bool = False
    """Whether the agent runs as another user."""
    ansible_become_user: str = "root"
    """Who that is."""
    ansible_become_method: Literal["sudo", "su"] = "sudo"
    """How to become them."""
    ansible_become_password: Secret | None = None
    """The password that sudo or su asks for; `--ask-become-pass` asks for it."""
    backline_one_flight: bool = True
    """Whether an OpenSSH server is sent the login, the command and its first input without waiting for answers in
    between, which saves four round trips. For a server that merely calls itself OpenSSH and does not take that."""
    backline_unreachable_hint: str = ""
    """What to say besides when the host cannot be reached."""
