"""A Supervisor program: what its file says. The file of one program, one a file in Supervisor's include folder."""

from __future__ import annotations

from backline.resources.dataclass import dataclass, field

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from backline.resources.secret import Secret


@dataclass(frozen=True)
class Program:
    """One `[program:NAME]` section. Times are in seconds, sizes in bytes."""

    name: str
    command: tuple[str, ...]
    directory: str
    log_file: str
    user: str = ""
    """Empty where Supervisor is not root: no `user=` line."""
    environment: Mapping[str, str | Secret] = field(default_factory=dict)
    """Supervisor's file is no place for a Secret: it is refused by name."""
    stop_signal: str = "TERM"
    patience: int = 10
    """stopwaitsecs: how long after the signal until KILL."""
    start_seconds: int | None = 1
    """startsecs; None: not said, and Supervisor's own (1)."""
    autostart: bool = True
    autorestart: bool = True
    log_bytes: int = 20 * 1024 * 1024
    log_backups: int = 5
    priority: int | None = 999
    """None: not said, and Supervisor's own (999)."""
