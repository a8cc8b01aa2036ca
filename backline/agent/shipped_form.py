"""A module's source as it is shipped: without docstrings, comments and what only type checkers read, every line at its
own number.

Bytes are round trips (12 KB ride along free, each KB more costs about a millisecond at 50 ms), and half of our source
is words for people. Empty lines cost next to nothing once packed, and a traceback on a host names the right line.
"""

from __future__ import annotations

import ast
import io
import tokenize


def shipped_form(source: str) -> str:
    """The same program with fewer bytes."""
    lines = source.splitlines()
    tree = ast.parse(source)
    for first, last, indent, alone in (*_docstrings(tree), *_for_type_checkers(tree)):
        lines[first - 1] = " " * indent + "pass" if alone else ""
        lines[first:last] = [""] * (last - first)
    for number, column in _comments(source):
        lines[number - 1] = lines[number - 1][:column].rstrip()
    return "\n".join(lines) + "\n"


def _docstrings(tree: ast.Module) -> list[tuple[int, int, int, bool]]:
    """First and last line, indentation, and whether nothing else is in that body, of every string that stands alone."""
    found = []
    for node in ast.walk(tree):
        body = getattr(node, "body", None)
        if not isinstance(body, list):
            continue
        strings = [item for item in body if _is_string(item)]
        for place, item in enumerate(strings):
            alone = len(strings) == len(body) and place == 0
            found.append((item.lineno, item.end_lineno or item.lineno, item.col_offset, alone))
    return found


def _for_type_checkers(tree: ast.Module) -> list[tuple[int, int, int, bool]]:
    """The same of what stands under `if TYPE_CHECKING:`."""
    return [
        (node.body[0].lineno, node.body[-1].end_lineno or node.body[-1].lineno, node.body[0].col_offset, True)
        for node in tree.body
        if isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"
    ]


def _is_string(item: ast.AST) -> bool:
    return isinstance(item, ast.Expr) and isinstance(item.value, ast.Constant) and isinstance(item.value.value, str)


def _comments(source: str) -> list[tuple[int, int]]:
    """Line and column of every comment."""
    tokens = tokenize.generate_tokens(io.StringIO(source).readline)
    return [token.start for token in tokens if token.type == tokenize.COMMENT]
