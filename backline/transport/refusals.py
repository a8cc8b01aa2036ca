"""Why a login did not come about, in words that say what to look at: a pure reading of what the other side did."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from backline.resources.failure import Unreachable

if TYPE_CHECKING:
    from backline.transport.destination import Destination
    from backline.transport.lines import Line
    from backline.transport.login import NotLetIn

GREETING = b"SSH-"
TURNED_AWAY = (b"Exceeded MaxStartups", b"Not allowed at this time")
"""What sshd says before it hangs up on one more login than it takes; older ones say nothing."""
PASSWORD_WAYS = {"password", "keyboard-interactive"}


class TurnedAway(Unreachable):
    """The host hung up before it said who it is: too many logins at once, or a ban."""


def failed_login(destination: Destination, refused: NotLetIn) -> Unreachable:
    """What was refused, and how one gets in."""
    offered = ", ".join(refused.refused)
    if refused.cut and refused.refused:
        return Unreachable(
            f"{destination.place} hung up after it had refused {_count(len(refused.refused))}: it lets nobody try more "
            "often (its MaxAuthTries)",
            lines=(f"refused for {destination.user}: {offered}", *refused.problems),
            hint="name the right key: ansible_private_key_file in the inventory, or IdentityFile and IdentitiesOnly in "
            "~/.ssh/config",
        )
    why = refused.problems[0] if refused.problems and not refused.refused else ""
    told = (f"refused: {offered}",) if len(refused.refused) > 1 else ()
    ways = (f"it takes: {', '.join(refused.ways)}",) if refused.ways else ()
    return Unreachable(
        f"{destination.place} did not let {destination.user} in: {why or _what(refused)}",
        lines=(*told, *(problem for problem in refused.problems if problem != why), *ways),
        hint="\n".join(_hints(destination, refused)),
    )


def not_ssh(destination: Destination, line: Line, error: str) -> Unreachable:
    """The line was there, and no login came of it."""
    words = line.heard
    said = line.last_words()
    if line.ended and (not words or words.startswith(TURNED_AWAY)) and not said:
        told = words.decode("utf-8", "replace").strip()
        return TurnedAway(
            f"{destination.place} hung up before it said who it is, time after time",
            lines=(f"it said: {told}",) if told else (),
            hint="either too many log in there at this moment: wait,\n"
            "or raise MaxStartups in its sshd_config;\n"
            "or it bans this machine's address (fail2ban, hosts.deny):\n"
            f"{ssh_words(destination)}",
        )
    if words and not words.startswith(GREETING):
        return Unreachable(
            f"{destination.place} answered, but SSH did not come about: no SSH server listens there",
            lines=(f"it said: {words.decode('utf-8', 'replace').splitlines()[0]}",),
            hint=destination.hint or "is ansible_port right?",
        )
    return Unreachable(
        f"{destination.place} answered, but SSH did not come about: {said.splitlines()[-1] if said else error}",
        lines=tuple(said.splitlines()),
        hint=destination.hint or f"what does this say?  {ssh_words(destination)}",
    )


def ssh_words(destination: Destination) -> str:
    """The same login by the program ssh."""
    keys = [word for file in destination.key_files for word in ("-i", file)]
    known = ["-o", f"UserKnownHostsFile={destination.known_hosts[0]}"] if destination.known_hosts else []
    jump = ["-J", destination.proxy_jump] if destination.proxy_jump else []
    proxy = ["-o", f"ProxyCommand={destination.proxy_command}"] if destination.proxy_command else []
    who = f"{destination.user}@{destination.host}"
    return shlex.join(["ssh", "-p", str(destination.port), *keys, *known, *jump, *proxy, who, "true"])


def _what(refused: NotLetIn) -> str:
    if not refused.refused:
        return "there is no key to offer"
    if len(refused.refused) == 1:
        return f"it refused {refused.refused[0]}"
    return f"it refused {_count(len(refused.refused))}"


def _count(tries: int) -> str:
    return "what was offered" if tries == 1 else f"all {tries} that were offered"


def _hints(destination: Destination, refused: NotLetIn) -> list[str]:
    who = shlex.quote(f"{destination.user}@{destination.host}")
    hints = []
    if not refused.ways or "publickey" in refused.ways:
        key = f" -i {shlex.quote(destination.key_files[0] + '.pub')}" if destination.key_files else ""
        hints.append(f"give it your public key:  ssh-copy-id{key} -p {destination.port} {who}")
    if PASSWORD_WAYS & set(refused.ways):
        tried = destination.password is not None
        hints.append("correct the password" if tried else "or log in with a password:  add --ask-pass")
    hints.append(f"and see whether this works:  {ssh_words(destination)}")
    return hints
