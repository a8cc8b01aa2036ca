"""Prints a table for whoever reads: fitted and coloured at a terminal, in full elsewhere."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from backline.report.cells import terminal_width, wants_color
from backline.report.paint import Paint
from backline.report.tables import Column, table


def print_table(columns: Sequence[Column], rows: Sequence[Sequence[str]]) -> None:
    """To standard output."""
    print(table(columns, rows, terminal_width(sys.stdout), Paint(wants_color(sys.stdout))))
