"""A value that never prints: it shows as dots in every string, diff, log and exception."""

from __future__ import annotations

from backline.resources.dataclass import dataclass

MASK = "••••"


@dataclass(frozen=True)
class Secret:
    """A secret string. `reveal()` is the only way to its value, so that a search for it finds every use."""

    value: str

    def reveal(self) -> str:
        return self.value

    def __str__(self) -> str:
        return MASK

    __repr__ = __str__

    def __format__(self, specification: str) -> str:
        return format(MASK, specification)


def masked(text: str, secrets: frozenset[str]) -> str:
    """`text` with every secret replaced by dots, the longest first, so that no secret's tail stays."""
    for secret in sorted(secrets, key=len, reverse=True):
        if secret:
            text = text.replace(secret, MASK)
    return text
