"""How an agent ended that nobody had told to: what its exit code and last lines prove, of memory above all."""

from __future__ import annotations

import signal
from collections.abc import Sequence

from backline.resources.dataclass import dataclass
from backline.transport.stream import UNNAMED_SIGNAL

KILLED = (-signal.SIGKILL, 128 + signal.SIGKILL)
"""As a child's exit code, and as a shell tells it."""
NO_MEMORY = (
    *("MemoryError", "Cannot allocate memory", "out of memory", "Out of memory"),
    *("can't start new thread", "failed to map segment from shared object"),
)
GIVE_MEMORY = "if dmesg there tells of memory, give the host more of it, or swap"


@dataclass(frozen=True)
class AgentEnd:
    """`reason` is what became of the agent, `hint` what helps against it: empty where that is unknown."""

    reason: str
    hint: str = ""


def agent_end(code: int | None, said: Sequence[str]) -> AgentEnd:
    """From the exit code of the agent, None where the host told none, and what was said on its standard error."""
    if any(sign in line for line in said for sign in NO_MEMORY):
        return AgentEnd("the host had no memory left for it", "give the host more memory, or swap")
    if code in KILLED:
        return AgentEnd("it was killed, as happens where memory runs out", GIVE_MEMORY)
    if code == UNNAMED_SIGNAL:
        return AgentEnd("a signal ended it, as happens where memory runs out", GIVE_MEMORY)
    if code is None:
        return AgentEnd("the line was closed")
    return AgentEnd(f"exit code {code}" if code >= 0 else f"signal {-code} ended it")
