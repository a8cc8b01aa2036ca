"""The picture of the bench: bars for runs with nothing to change, as SVG; a pure function."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from math import log10

WIDTH, LEFT, BAR, GAP, TOP = 760, 230, 16, 10, 64
LEAST, MOST = 0.1, 100.0
"""Seconds at the two ends of the logarithmic axis."""
COLOURS = ("#2f6f9f", "#e0913a")
"""Readable on white and on black, and told apart without colour by their order."""


def picture(title: str, seconds: Mapping[str, Sequence[float | None]], series: Sequence[str]) -> str:
    """`seconds`: for each tool one number a series, None where it was not measured."""
    rows = len(seconds) * (len(series) * (BAR + 2) + GAP)
    height = TOP + rows + 30
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}"',
        ' font-family="sans-serif" font-size="13">',
        f'<rect width="{WIDTH}" height="{height}" fill="white"/>',
        f'<text x="12" y="24" font-size="16" font-weight="bold">{escape(title)}</text>',
    ]
    for number, words in enumerate(series):
        x = float(LEFT + number * 130)
        parts.append(f'<rect x="{x:.0f}" y="36" width="12" height="12" fill="{COLOURS[number % len(COLOURS)]}"/>')
        parts.append(f'<text x="{x + 18:.0f}" y="47">{escape(words)}</text>')
    for mark in (0.1, 1.0, 10.0, 100.0):
        x = _place(mark)
        parts.append(f'<line x1="{x:.1f}" x2="{x:.1f}" y1="{TOP - 6}" y2="{TOP + rows}" stroke="#bbbbbb"/>')
        parts.append(f'<text x="{x:.1f}" y="{TOP + rows + 18}" text-anchor="middle">{mark:g} s</text>')
    y = TOP
    for name, values in seconds.items():
        middle = y + len(series) * (BAR + 2) / 2 + 4
        parts.append(f'<text x="{LEFT - 10}" y="{middle:.0f}" text-anchor="end">{escape(name)}</text>')
        for number, value in enumerate(values):
            if value is not None:
                parts += _bar(y, value, COLOURS[number % len(COLOURS)])
            y += BAR + 2
        y += GAP
    return "\n".join([*parts, "</svg>", ""])


def _bar(y: int, value: float, colour: str) -> list[str]:
    end = _place(value)
    return [
        f'<rect x="{LEFT}" y="{y}" width="{max(end - LEFT, 1):.1f}" height="{BAR}" fill="{colour}"/>',
        f'<text x="{end + 5:.1f}" y="{y + 13}">{value:.2f} s</text>',
    ]


def _place(value: float) -> float:
    share = (log10(min(max(value, LEAST), MOST)) - log10(LEAST)) / (log10(MOST) - log10(LEAST))
    return LEFT + share * (WIDTH - LEFT - 70)
