"""How far an upload is, as a bar with its numbers."""

from __future__ import annotations

from backline.fleet.upload import Upload
from backline.report.cells import cut
from backline.report.paint import Paint
from backline.resources.words import counted, data_size

WIDEST = 24
NARROWEST = 8
DONE = "━"
LEFT = "╌"
"""Told apart by their form, not only by a colour."""


def bar(upload: Upload, room: int, paint: Paint) -> str:
    """`━━━━╌╌╌╌  12.1 of 43.0 MB, 12 of 29 files` in at most `room` cells: the files go first, then the bar."""
    total = data_size(upload.bytes_total)
    number, _, unit = data_size(upload.bytes_done).partition(" ")
    sizes = f"{number} of {total}" if total.endswith(f" {unit}") else f"{number} {unit} of {total}"
    files = f"{upload.files_done} of {counted(upload.files_total, 'file')}"
    for words in (f"{sizes}, {files}", sizes):
        width = min(room - len(words) - 2, WIDEST)
        if width >= NARROWEST:
            filled = width * upload.bytes_done // upload.bytes_total if upload.bytes_total else width
            return f"{paint('good', DONE * filled)}{LEFT * (width - filled)}  {words}"
    return cut(sizes, room)
