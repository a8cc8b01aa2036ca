"""Every file says its one job in its first line, and no file or function is longer than one can read at once."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
LONGEST_FILE = 400
LONGEST_FUNCTION = 60
VAGUE = {"utils", "helpers", "common", "misc", "base_classes"}
FILES = sorted(
    file.relative_to(ROOT)
    for folder in ("backline", "roles", "tests")
    for file in (ROOT / folder).rglob("*.py")
    if file.relative_to(ROOT).parts[:2] not in (("backline", "roles"), ("backline", "templates"))
)


@pytest.mark.parametrize("file", FILES, ids=str)
def test_file_can_be_read_at_once(file: Path) -> None:
    text = (ROOT / file).read_text(encoding="utf-8")
    assert len(text.splitlines()) <= LONGEST_FILE
    assert file.stem not in VAGUE
    tree = ast.parse(text)
    assert ast.get_docstring(tree) or not text.strip(), "the first line says the file's one job"
    assert [name for name, lines in functions(tree) if lines > LONGEST_FUNCTION] == []


def functions(tree: ast.Module) -> list[tuple[str, int]]:
    found = [node for node in ast.walk(tree) if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))]
    return [(node.name, (node.end_lineno or node.lineno) - node.lineno + 1) for node in found]
