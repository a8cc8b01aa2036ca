"""What is shipped is the same program: fewer bytes, the same code at the same lines."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import TypeGuard

import pytest

from backline.agent.bootstrap import shipped_sources, start_command, start_stream
from backline.agent.shipped_form import shipped_form

ROOMS = Path(__file__).resolve().parents[2] / "backline"
MODULES = sorted([*(ROOMS / "agent").rglob("*.py"), *(ROOMS / "resources").rglob("*.py")])


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOMS)))
def test_only_words_for_people_are_left_out(path: Path) -> None:
    source = path.read_text()
    assert code_of(shipped_form(source)) == code_of(source)


def test_no_comment_and_no_docstring_is_shipped() -> None:
    source = '"""Doc."""\n\nclass A:\n    """Doc."""\n\n    x: int = 1  # why\n    """Doc,\n    long."""\n'
    assert shipped_form(source) == "\n\nclass A:\n\n\n x: int = 1\n\n\n"


def test_a_body_of_words_alone_stays_a_body() -> None:
    assert shipped_form('def f():\n    """Doc."""\n') == "def f():\n pass\n"


def test_what_only_type_checkers_read_is_not_shipped() -> None:
    source = "if TYPE_CHECKING:\n    from a import (\n        B,\n    )\n    from c import D\n"
    assert shipped_form(source) == "\n" * 5
    assert shipped_form(f"{source}else:\n    B = object\n") == "if TYPE_CHECKING:\n pass\n\n\n\nelse:\n B = object\n"


def test_annotations_that_nobody_reads_on_a_host_are_not_shipped() -> None:
    source = 'def é(a: dict[\n    str, "é"\n] = {}, *b: int, c=1) -> None:\n    x: int = 1\n    y: int\n'
    assert shipped_form(source) == "def é(a = {}, *b, c=1):\n\n\n x = 1\n y: int\n"


def test_what_is_written_in_an_unusual_way_is_shipped_as_it_is() -> None:
    source = 'def f(a : (int), b: (\n  int)) -> (\n  int):\n  return """\n    a  \n  """, a\n'
    assert shipped_form(source) == source.replace("\n  int", "\nint").replace("\n  return", "\n return")


def test_what_looks_like_a_comment_in_a_string_stays() -> None:
    source = 'x = "a # b"\ny = """\n# c\n"""\n'
    assert shipped_form(source) == source


def test_a_module_is_shipped_with_all_of_ours_that_it_imports_and_no_more() -> None:
    sources = shipped_sources(frozenset({"backline.resources.directory"}))
    assert {"backline", "backline.resources", "backline.resources.resource"} <= set(sources)
    assert not any(name.startswith("backline.agent") for name in sources)


def test_the_agent_rides_free_in_the_first_flight() -> None:
    """12 KB leave before the first acknowledgement; more cost round trips, so this is a budget."""
    assert len(start_stream(frozenset(), b"")) < 12 * 1024


def test_the_command_is_made_of_words_that_every_shell_takes() -> None:
    command = start_command("python3", 4711)
    inside = command.partition("'")[2].rpartition("'")[0]
    assert not set("'\\\n!`") & set(inside)


def code_of(source: str) -> list[tuple[int, str]]:
    """Every statement that does something, with its line; without annotations but those of fields."""
    tree = ast.parse(source)
    blocks = [node for node in tree.body if _is_for_type_checkers(node)]
    never_run = {id(inner) for node in blocks for part in node.body for inner in ast.walk(part)}
    never_run |= {id(node) for node in blocks if not node.orelse}
    fields = {id(item) for node in ast.walk(tree) if isinstance(node, ast.ClassDef) for item in node.body}
    return [
        (node.lineno, _told(node, is_field=id(node) in fields))
        for node in ast.walk(tree)
        if isinstance(node, ast.stmt) and not _is_words(node) and id(node) not in never_run
    ]


def _told(node: ast.stmt, is_field: bool) -> str:
    if isinstance(node, ast.AnnAssign) and node.value and not is_field:
        return f"{ast.unparse(node.target)} = {ast.unparse(node.value)}"
    if isinstance(node, ast.FunctionDef):
        for argument in ast.walk(node.args):
            if isinstance(argument, ast.arg):
                argument.annotation = None
        return f"{node.name}({ast.unparse(node.args)})"
    return type(node).__name__ if hasattr(node, "body") else ast.unparse(node)


def _is_for_type_checkers(node: ast.stmt) -> TypeGuard[ast.If]:
    return isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"


def _is_words(node: ast.stmt) -> bool:
    constant = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)
    return constant or isinstance(node, ast.Pass)
