"""The programs that change a host's accounts (useradd, groupadd, usermod), and what their refusal means."""

from __future__ import annotations

from backline.resources.failure import Failure

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from backline.resources.resource import Host

SHELL_NOT_FOUND = 127
NOT_PERMITTED = "ermission denied"


def change_accounts(host: Host, argv: Sequence[str], what: str) -> None:
    """Run such a program. Raises a Failure with its words, which begins with `what`: "make the user shop"."""
    completed = host.run(argv)
    if completed.code == 0:
        return
    hint = ""
    if completed.code == SHELL_NOT_FOUND:
        hint = f"this host has no {argv[0]} (Debian's package passwd, Alpine's shadow): install it first"
    elif NOT_PERMITTED in completed.output:
        hint = "only root can: set ansible_become for this host"
    raise Failure(
        f"cannot {what}: {argv[0]} ended with exit code {completed.code}",
        lines=tuple(completed.output.splitlines()[-5:]),
        hint=hint,
    )
