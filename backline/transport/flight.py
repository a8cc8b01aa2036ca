"""The one flight: the proof of who we are, the channel, the command and the first of its input leave together, where
plainly each waits for the answer to the one before. Five round trips to the first answer, instead of nine.

An OpenSSH server takes packets in their order, so it may be told all of this before it has said a word, if

- it answers what comes behind a proof that it refuses with UNIMPLEMENTED, and forgets it: the next key is offered
  plainly, on the same connection;
- the first channel is its channel 0;
- it takes input of a command up to the window that it grants when the command runs. Paramiko, which learns of that
  window later, must know what is spent of it: sshd drops what exceeds a window without a word.

Where one of these does not hold, the flight is lost, and the caller connects once more, plainly. It is for servers that
are known to be so, and one connection of one channel. Nothing leaves before the host's key was checked, since only a
login takes it along.

Private names of Paramiko are touched here and nowhere else (3.5.1 to 5.1 have them; without them nothing flies):
`Transport._send_message` (past the lock that waits for a key exchange, which is over), `_next_channel` and `_channels`
with `channel_events` and `channels_seen`, `Channel._set_transport`, `_set_window`, `_event_pending` and
`_wait_for_event` (the bodies of `open_channel` and `exec_command` without their waits), `Channel._set_remote_channel`
(where the server's window is noted), and `AuthHandler._client_handler_table` (who takes SERVICE_ACCEPT).
"""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING, Any

import paramiko
from paramiko.auth_handler import AuthOnlyHandler
from paramiko.common import (
    MSG_SERVICE_ACCEPT,
    cMSG_CHANNEL_DATA,
    cMSG_CHANNEL_OPEN,
    cMSG_CHANNEL_REQUEST,
    cMSG_SERVICE_REQUEST,
    cMSG_USERAUTH_REQUEST,
)

from backline.transport.tcp import QuickSocket

if TYPE_CHECKING:
    from paramiko.message import Message

KNOWN = re.compile(r"SSH-2\.0-OpenSSH_(8|9|10)\.\d")
"""Tried: 8.4, 9.2 and 10.0."""
FIRST_CHANNEL = 0
"""The number that these servers give the first channel."""
MOST = 64 * 1024
"""Bytes of input that fly; the window that they must fit into is 2 MiB."""
PIECE = 4096
"""Bytes of input in a packet. A server looks at whole packets only, and the first input need not wait for the last."""
PATIENCE = 30.0
"""Seconds for the answers: a deadline."""
RSA = "ssh-rsa"
NAMES = (
    (paramiko.Transport, ("_send_message", "_next_channel")),
    (paramiko.Channel, ("_set_transport", "_set_window", "_set_remote_channel", "_event_pending", "_wait_for_event")),
    (AuthOnlyHandler, ("_client_handler_table", "send_auth_request", "wait_for_response")),
)
OF_A_TRANSPORT = ("_channels", "channel_events", "channels_seen", "server_extensions")


class FlightLost(Exception):
    """What was assumed of the server is not so. The command does not run."""


class Flight:
    """A command and the first bytes of its input, to leave with the first key that is offered. Use it once."""

    def __init__(self, command: str, first: bytes) -> None:
        self._command = command
        self._first = first[:MOST]
        self._left = False
        self._channel: _Channel | None = None
        self.is_lost = False
        """It left, and the server hung up before it said whether it lets us in."""

    @property
    def carried(self) -> int:
        """Bytes of input that it takes along."""
        return len(self._first)

    def may_leave(self, transport: paramiko.Transport, key: paramiko.PKey) -> bool:
        """Whether it has not left yet and all is known that it needs. With an RSA key that includes which signatures
        the server takes, which it says on its own behind the key exchange."""
        told = key.get_name() != RSA or bool(getattr(transport, "server_extensions", None))
        return not self._left and told and bool(KNOWN.match(transport.remote_version)) and _has_names(transport)

    def leave(self, transport: paramiko.Transport, user: str, key: paramiko.PKey) -> Sequence[str]:
        """Offer the key, as `Transport.auth_publickey` does, with everything behind it."""
        self._left = True
        self._channel = _new_channel(transport, self.carried)
        handler = _Handler(transport, tuple(self._messages(self._channel)))
        transport.auth_handler = handler
        try:
            left = handler.auth_publickey(user, key)
        except BaseException:
            self.is_lost = not transport.is_active()
            self._give_up(transport)
            raise
        if left:  # a second factor is wanted; what was behind the first is forgotten like that behind a wrong one
            self._give_up(transport)
        return left

    def landed(self) -> paramiko.Channel | None:
        """The channel on which the command runs, when that is sure; None where the flight did not leave, or its key was
        refused. Raises FlightLost, and what Paramiko raises where the server runs no commands."""
        channel = self._channel
        if channel is None:
            return None
        if not channel.opened.wait(PATIENCE) or not channel.active or channel.remote_chanid != FIRST_CHANNEL:
            raise FlightLost
        channel._wait_for_event()  # type: ignore[attr-defined]
        if channel.out_window_size < 0:
            raise FlightLost
        return channel

    def _messages(self, channel: _Channel) -> Iterator[Message]:
        """To open the channel, to run the command there, and its input."""
        opening = _message(cMSG_CHANNEL_OPEN, "session", channel.get_id())
        opening.add_int(channel.in_window_size)
        opening.add_int(channel.in_max_packet_size)
        yield opening
        running = _message(cMSG_CHANNEL_REQUEST, FIRST_CHANNEL, "exec")
        running.add_boolean(True)
        running.add_string(self._command)
        channel._event_pending()  # type: ignore[attr-defined]
        yield running
        for start in range(0, len(self._first), PIECE):
            yield _message(cMSG_CHANNEL_DATA, FIRST_CHANNEL, self._first[start : start + PIECE])

    def _give_up(self, transport: Any) -> None:
        """As if there had been no channel."""
        assert self._channel is not None
        transport._channels.delete(self._channel.get_id())
        transport.channel_events.pop(self._channel.get_id(), None)
        self._channel = None


class _Channel(paramiko.Channel):
    """A channel of whose window something is spent before it is granted: below zero until then, when nobody writes."""

    in_window_size: int
    in_max_packet_size: int

    def __init__(self, number: int, spent: int) -> None:
        super().__init__(number)
        self._spent = spent
        self.opened = threading.Event()
        """Also set where the channel was refused, or the connection ended."""

    def _set_remote_channel(self, chanid: int, window_size: int, max_packet_size: int) -> None:
        super()._set_remote_channel(chanid, window_size - self._spent, max_packet_size)  # type: ignore[misc]


class _Handler(AuthOnlyHandler):
    """Asks for the service, proves who we are, and sends what is behind, all without waiting."""

    def __init__(self, transport: paramiko.Transport, behind: Sequence[Message]) -> None:
        super().__init__(transport)
        self._behind = behind

    @property
    def _client_handler_table(self) -> dict[int, Callable[[Message], None]]:
        return {**super()._client_handler_table, MSG_SERVICE_ACCEPT: lambda message: None}  # type: ignore[misc]

    def send_auth_request(
        self, username: str, method: str, finish_message: Callable[[Message], None] | None = None
    ) -> list[str]:
        """As Paramiko's own does, but for the event: it is there before anything is sent, so no answer misses it."""
        self.username, self.auth_method = username, method
        proof = _message(cMSG_USERAUTH_REQUEST, username, "ssh-connection", method)
        if finish_message is not None:
            finish_message(proof)
        self.auth_event = threading.Event()
        transport: Any = self.transport
        with transport.lock, _together(transport.sock):
            for message in (_message(cMSG_SERVICE_REQUEST, "ssh-userauth"), proof, *self._behind):
                transport._send_message(message)
        return self.wait_for_response(self.auth_event)


def _together(line: object) -> AbstractContextManager[None]:
    """What is sent within leaves in full packets, where the line is our own socket."""
    return line.together() if isinstance(line, QuickSocket) else nullcontext()


def _has_names(transport: paramiko.Transport) -> bool:
    """Whether this Paramiko is as those that were tried."""
    of_classes = all(hasattr(owner, name) for owner, names in NAMES for name in names)
    return of_classes and all(hasattr(transport, name) for name in OF_A_TRANSPORT)


def _new_channel(transport: Any, spent: int) -> _Channel:
    """A channel that Paramiko knows, as if it had asked the server for it."""
    with transport.lock:
        number = transport._next_channel()
        channel: Any = _Channel(number, spent)
        transport._channels.put(number, channel)
        transport.channel_events[number] = channel.opened
        transport.channels_seen[number] = True
        channel._set_transport(transport)
        channel._set_window(transport.default_window_size, transport.default_max_packet_size)
    assert isinstance(channel, _Channel)
    return channel


def _message(kind: bytes, *fields: int | str | bytes) -> Message:
    """A packet of this kind that begins with these fields."""
    message = paramiko.Message()
    message.add_byte(kind)
    for field in fields:
        if isinstance(field, int):
            message.add_int(field)
        else:
            message.add_string(field)
    return message
