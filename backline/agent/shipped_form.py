"""A module's source as it is shipped: without docstrings, comments and what only type checkers read (annotations of
functions too), every line at its own number.

Bytes are round trips (12 KB ride along free, each KB more costs about a millisecond at 50 ms), and half of our source
is words for people. Empty lines cost next to nothing once packed, and a traceback on a host names the right line.
"""

from __future__ import annotations

import ast
import io
import tokenize
from collections.abc import Iterator


def shipped_form(source: str) -> str:
    """The same program with fewer bytes."""
    lines = source.splitlines()
    tree = ast.parse(source)
    for first, last, indent, alone in (*_docstrings(tree), *_for_type_checkers(tree)):
        lines[first - 1] = " " * indent + "pass" if alone else ""
        lines[first:last] = [""] * (last - first)
    tokens = list(tokenize.generate_tokens(io.StringIO(source).readline))
    for number, column in _comments(tokens):
        lines[number - 1] = lines[number - 1][:column].rstrip()
    for begins, ends in sorted(_annotations(tree, lines), reverse=True):
        _cut(lines, begins, ends)
    for number, depth in _depths(tokens):
        lines[number - 1] = " " * depth + lines[number - 1].lstrip() if lines[number - 1].strip() else ""
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
    """The same of what stands under `if TYPE_CHECKING:`, with that line where there is no `else`."""
    return [
        (first.lineno, node.body[-1].end_lineno or node.body[-1].lineno, first.col_offset, bool(node.orelse))
        for node in tree.body
        if isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"
        for first in (node.body[0] if node.orelse else node,)
    ]


def _is_string(item: ast.AST) -> bool:
    return isinstance(item, ast.Expr) and isinstance(item.value, ast.Constant) and isinstance(item.value.value, str)


def _comments(tokens: list[tokenize.TokenInfo]) -> list[tuple[int, int]]:
    """Line and column of every comment."""
    return [token.start for token in tokens if token.type == tokenize.COMMENT]


def _depths(tokens: list[tokenize.TokenInfo]) -> Iterator[tuple[int, int]]:
    """In how many blocks each line is that does not begin within a string: one space for each is enough."""
    depth = last = 0
    for token in tokens:
        depth += (token.type == tokenize.INDENT) - (token.type == tokenize.DEDENT)
        if token.type not in (tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER):
            if token.start[0] > last:
                yield token.start[0], depth
            last = token.end[0]


def _annotations(tree: ast.Module, lines: list[str]) -> Iterator[tuple[tuple[int, int], tuple[int, int]]]:
    """From where to where annotations go, each with the sign before it; those of fields, which dataclasses read, stay,
    and so does what is written in an unusual way."""
    fields = {id(item) for node in ast.walk(tree) if isinstance(node, ast.ClassDef) for item in node.body}
    for node in ast.walk(tree):
        annotation, sign = None, ": "
        if isinstance(node, ast.arg) or (isinstance(node, ast.AnnAssign) and node.value and id(node) not in fields):
            annotation = node.annotation
        elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            annotation, sign = node.returns, " -> "
        if annotation is None:
            continue
        line, column = _place(lines, annotation.lineno, annotation.col_offset)
        if lines[line][:column].endswith(sign):
            ends = _place(lines, annotation.end_lineno or 0, annotation.end_col_offset or 0)
            yield (line, column - len(sign)), ends


def _place(lines: list[str], number: int, offset: int) -> tuple[int, int]:
    """The index of a line, and of a character in it: a syntax tree counts bytes."""
    return number - 1, len(lines[number - 1].encode()[:offset].decode())


def _cut(lines: list[str], begins: tuple[int, int], ends: tuple[int, int]) -> None:
    """Take out what lies between, but no line."""
    (first, left), (last, right) = begins, ends
    rest = lines[last][right:]
    lines[first + 1 : last + 1] = [""] * (last - first)
    lines[first] = lines[first][:left] + rest
