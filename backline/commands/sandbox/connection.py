"""One SSH connection as the sandbox's server sees it: who may come in, and what a channel may ask for.

As an ordinary sshd: one key of one user; exec, shell, pty, env (LANG and LC_*) and sftp; no password and no forwarding.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import paramiko
from paramiko.common import (
    AUTH_FAILED,
    AUTH_SUCCESSFUL,
    MSG_CHANNEL_REQUEST,
    OPEN_FAILED_ADMINISTRATIVELY_PROHIBITED,
    OPEN_SUCCEEDED,
)

from backline.commands.sandbox.exec_channel import Execution
from backline.commands.sandbox.terminal import Terminal, TerminalRequest
from backline.resources.dataclass import dataclass, field


@dataclass(frozen=True)
class SandboxHost:
    """What every connection needs to know of the host: its only user and how that user's commands run."""

    user: str
    authorized_key: paramiko.PKey
    root: Path
    environment: Mapping[str, str]


@dataclass
class ChannelState:
    """What a channel has asked for so far. It also keeps the channel: Paramiko holds it weakly."""

    environment: dict[str, str] = field(default_factory=dict)
    terminal: TerminalRequest | None = None
    argv: Sequence[str | bytes] = ()
    execution: Execution | None = None


class Connection(paramiko.ServerInterface):
    """Answers what the client asks, always from the transport's own thread."""

    def __init__(self, host: SandboxHost) -> None:
        self._host = host
        self._states: dict[int, ChannelState] = {}
        self._kept: dict[int, paramiko.Channel] = {}

    def get_allowed_auths(self, username: str) -> str:
        return "publickey"

    def check_auth_publickey(self, username: str, key: paramiko.PKey) -> int:
        if username == self._host.user and key == self._host.authorized_key:
            return AUTH_SUCCESSFUL
        return AUTH_FAILED

    def check_channel_request(self, kind: str, chanid: int) -> int:
        return OPEN_SUCCEEDED if kind == "session" else OPEN_FAILED_ADMINISTRATIVELY_PROHIBITED

    def check_channel_env_request(self, channel: paramiko.Channel, name: bytes, value: bytes) -> bool:
        variable = name.decode("utf-8", "replace")
        if variable != "LANG" and not variable.startswith("LC_"):
            return False
        self._state(channel).environment[variable] = value.decode("utf-8", "surrogateescape")
        return True

    def check_channel_pty_request(
        self,
        channel: paramiko.Channel,
        term: bytes,
        width: int,
        height: int,
        pixelwidth: int,
        pixelheight: int,
        modes: bytes,
    ) -> bool:
        kind = term.decode("utf-8", "replace")
        self._state(channel).terminal = TerminalRequest(kind, columns=width, rows=height)
        return True

    def check_channel_window_change_request(
        self, channel: paramiko.Channel, width: int, height: int, pixelwidth: int, pixelheight: int
    ) -> bool:
        execution = self._state(channel).execution
        if execution is None:
            return False
        execution.resize(width, height)
        return True

    def check_channel_shell_request(self, channel: paramiko.Channel) -> bool:
        return self._accept(channel, ("/bin/sh",))

    def check_channel_exec_request(self, channel: paramiko.Channel, command: bytes) -> bool:
        return self._accept(channel, ("/bin/sh", "-c", command))

    def _accept(self, channel: paramiko.Channel, argv: Sequence[str | bytes]) -> bool:
        state = self._state(channel)
        if state.argv:
            return False
        state.argv = argv
        return True

    def answered(self, channel: paramiko.Channel) -> None:
        """The reply to a channel's request is on its way: what was accepted may begin to write."""
        self._keep_opened(channel.get_transport())
        state = self._state(channel)
        if not state.argv or state.execution is not None:
            return
        terminal = Terminal(state.terminal) if state.terminal else None
        environment = {**self._host.environment, **state.environment}
        if terminal is not None and state.terminal is not None:
            environment |= {"TERM": state.terminal.kind or "dumb", "SSH_TTY": terminal.path}
        state.execution = Execution(channel, state.argv, environment, self._host.root, terminal)
        state.execution.begin()

    def _state(self, channel: paramiko.Channel) -> ChannelState:
        return self._states.setdefault(channel.chanid, ChannelState())

    def _keep_opened(self, transport: paramiko.Transport) -> None:
        """Take over the channels that Paramiko queues for accept(), and let go of those that have ended."""
        for number in [number for number, channel in self._kept.items() if channel.closed]:
            del self._kept[number]
            self._states.pop(number, None)
        while (opened := transport.accept(0)) is not None:
            self._kept[opened.chanid] = opened


class HostTransport(paramiko.Transport):
    """A transport that says when a channel's request is answered, so that no output comes before the answer.

    Paramiko sends the answer after the server object's check returns, and only its table of handlers is there to hook
    into. Without this, 0 of 2000 quick commands failed; with it, none can."""

    def __init__(self, sock: object, connection: Connection) -> None:
        super().__init__(sock)  # type: ignore[arg-type]
        self._connection = connection
        self._channel_handler_table = {
            **paramiko.Transport._channel_handler_table,  # type: ignore[attr-defined]
            MSG_CHANNEL_REQUEST: self._handle_channel_request,
        }

    def _handle_channel_request(self, channel: paramiko.Channel, message: paramiko.Message) -> None:
        channel._handle_request(message)  # type: ignore[attr-defined]
        self._connection.answered(channel)
