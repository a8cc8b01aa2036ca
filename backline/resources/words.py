"""Numbers in words that people read: with their noun in the right form, and sizes of data."""

from __future__ import annotations

UNITS = ("kB", "MB", "GB", "TB")


def counted(number: int, noun: str, plural: str = "") -> str:
    """`1 program`, `2 programs`; `plural` where it is not the noun with an s."""
    return f"{number} {noun if number == 1 else plural or noun + 's'}"


def data_size(count: int) -> str:
    """Bytes as `213 bytes`, `43.0 kB`, `1.2 MB`; a thousand of one are one of the next."""
    if count < 1000:
        return counted(count, "byte")
    size, unit = count / 1000, UNITS[0]
    for larger in UNITS[1:]:
        if size < 999.95:
            break
        size, unit = size / 1000, larger
    return f"{size:.1f} {unit}"
