"""Colours can be read on dark and on light terminals, by their contrast in the palettes that terminals come with."""

from __future__ import annotations

import pytest

from backline.report.paint import CODES, SOURCE_CODES

READABLE = 1.9
"""Contrast by the formula of the Web's accessibility guidelines. Yellow and most bright colours are below it in one of
these; where a colour is just above it, the words say the same."""
PALETTES = {
    # background, then 30–37 and 90–97
    "xterm, dark": (
        "000000000000cd000000cd00cdcd000000eecd00cd00cdcde5e5e57f7f7fff000000ff00ffff005c5cffff00ff00ffffffffff"
    ),
    "xterm, light": (
        "ffffff000000cd000000cd00cdcd000000eecd00cd00cdcde5e5e57f7f7fff000000ff00ffff005c5cffff00ff00ffffffffff"
    ),
    "Tango, light": (
        "ffffff2e3436cc00004e9a06c4a0003465a475507b06989ad3d7cf555753ef29298ae234fce94f729fcfad7fa834e2e2eeeeec"
    ),
    "Tango, dark": (
        "2e34362e3436cc00004e9a06c4a0003465a475507b06989ad3d7cf555753ef29298ae234fce94f729fcfad7fa834e2e2eeeeec"
    ),
    "Solarized, light": (
        "fdf6e3073642dc322f859900b58900268bd2d336822aa198eee8d5002b36cb4b16586e75657b838394966c71c493a1a1fdf6e3"
    ),
    "Solarized, dark": (
        "002b36073642dc322f859900b58900268bd2d336822aa198eee8d5002b36cb4b16586e75657b838394966c71c493a1a1fdf6e3"
    ),
    "VS Code, light": (
        "ffffff000000cd3131107c109498000451a5bc05bc0598bc555555666666cd313114ce14b5ba000451a5bc05bc0598bca5a5a5"
    ),
    "VS Code, dark": (
        "1e1e1e000000cd31310dbc79e5e5102472c8bc3fbc11a8cde5e5e5666666f14c4c23d18bf5f5433b8eead670d629b8dbe5e5e5"
    ),
}


def luminance(color: str) -> float:
    parts = [int(color[place : place + 2], 16) / 255 for place in (0, 2, 4)]
    red, green, blue = (part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def color_of(code: str, palette: str) -> str:
    number = int(code.rpartition(";")[2])
    place = number - 30 if number < 90 else number - 90 + 8
    return palette[place * 6 : place * 6 + 6]


@pytest.mark.parametrize("name", PALETTES)
def test_every_colour_can_be_read_on(name: str) -> None:
    background, palette = PALETTES[name][:6], PALETTES[name][6:]
    codes = {code for code in (*CODES.values(), *SOURCE_CODES) if int(code.rpartition(";")[2]) >= 30}
    faint = {code: contrast(color_of(code, palette), background) for code in codes}
    assert len(codes) >= 4
    assert {code: found for code, found in faint.items() if found < READABLE} == {}
