"""An entry of the ledger, as it is written and as an older or newer one is read."""

from __future__ import annotations

import json

from backline.resources.ledger import LedgerEntry

ENTRY = LedgerEntry("2026-01-02T03:04:05Z", "anna@laptop", "inv deploy", "r3", "abc", "failed", "a worker died", 4.2)


def test_an_entry_is_read_as_it_was_written() -> None:
    assert LedgerEntry.from_line(ENTRY.to_line()) == ENTRY
    assert "\n" not in ENTRY.to_line()


def test_what_is_not_known_is_left_out_and_what_is_missing_is_empty() -> None:
    line = json.dumps({"format": 2, "at": "2026", "colour": "green"})
    assert LedgerEntry.from_line(line) == LedgerEntry("2026", "", "", None, None, "", None, 0.0)


def test_half_an_entry_says_so() -> None:
    assert LedgerEntry.from_line('{"who": "ber').told == 'cut off: only this is left of the entry: {"who": "ber'


def test_a_failure_is_told_with_its_cause() -> None:
    assert ENTRY.told == "failed: a worker died"
