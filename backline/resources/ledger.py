"""An entry of the ledger: who did what, when, and how it ended. No secret and no output stands in it."""

from __future__ import annotations

from backline.resources.dataclass import dataclass

FORMAT = 1
CUT_OFF = "cut off"


@dataclass(frozen=True)
class LedgerEntry:
    """`at` is ISO 8601 in UTC, `seconds` how long it took; `error` is the cause of a failure."""

    at: str
    by: str
    command: str
    release: str | None
    commit: str | None
    status: str
    error: str | None
    seconds: float

    @property
    def told(self) -> str:
        """How it ended, in a line."""
        return f"{self.status}: {self.error}" if self.error else self.status

    def to_line(self) -> str:
        """One line of JSON, without a line break."""
        import json

        return json.dumps({"format": FORMAT, **vars(self)}, ensure_ascii=False)

    @classmethod
    def from_line(cls, line: str) -> LedgerEntry:
        """What a line says; what a newer Backline wrote besides is left out, what is missing is empty. Half a line, of
        a host that lost power, is an entry that says so."""
        import json

        try:
            found = json.loads(line)
        except ValueError:
            found = {"status": CUT_OFF, "error": f"only this is left of the entry: {line}"}
        empty = {"release": None, "commit": None, "error": None, "seconds": 0.0}
        known = {name: found.get(name, empty.get(name, "")) for name in cls.__dataclass_fields__}
        return cls(**known)
