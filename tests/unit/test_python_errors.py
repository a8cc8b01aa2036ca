"""The exception that ended a program is found in its output, and the project's own line with it."""

from __future__ import annotations

import pytest

from backline.resources.python_errors import advice, python_error, without_libraries

HEAD = "Traceback (most recent call last):"
SITE = '  File "/srv/shop/releases/43/.venv/lib/python3.12/site-packages/django/urls.py", line 9, in load'
OURS = '  File "/srv/shop/releases/43/shop/urls.py", line 3, in <module>'


@pytest.mark.parametrize(
    ("lines", "found"),
    [
        ([HEAD, OURS, "    import tea", SITE, "ImportError: no tea"], "ImportError: no tea (shop/urls.py:3)"),
        ([HEAD, SITE, "    raise", "ImportError: no tea"], "ImportError: no tea"),
        ([HEAD, OURS, "KeyboardInterrupt"], "KeyboardInterrupt (shop/urls.py:3)"),
        ([HEAD, OURS, "shop.Spilt: on: the floor", "worker exits"], "shop.Spilt: on: the floor (shop/urls.py:3)"),
        ([HEAD, OURS, "ValueError: 1", "", HEAD, SITE, "RuntimeError: 2"], "RuntimeError: 2"),
        (['  File "shop/urls.py", line 7', "    x = (", "        ^", "SyntaxError: '(' was never closed"],
         "SyntaxError: '(' was never closed (shop/urls.py:7)"),
        (["Warning: tea is hot", "Error: cup is full"], "None"),
        ([], "None"),
    ],
)  # fmt: skip
def test_last_exception_is_found_with_the_project_s_line(lines: list[str], found: str) -> None:
    assert str(python_error(lines, "/srv/shop/releases/43")) == found


def test_of_a_traceback_the_project_s_own_lines_are_shown() -> None:
    lines = [
        "booting",
        HEAD,
        SITE,
        "    load()",
        "    ^^^^^^",
        OURS,
        "    import tea",
        "ImportError: no tea",
        "exiting",
    ]
    assert without_libraries(lines, "/srv/shop/releases/43") == (
        "booting",
        HEAD,
        '  File "shop/urls.py", line 3, in <module>',
        "    import tea",
        "ImportError: no tea",
        "exiting",
    )


def test_python_s_own_frozen_modules_are_not_the_project_s() -> None:
    frozen = '  File "<frozen importlib._bootstrap>", line 690, in _load_unlocked'
    lines = [HEAD, OURS, "    import tea", frozen, "ImportError: no tea"]
    assert str(python_error(lines, "/srv/shop/releases/43")) == "ImportError: no tea (shop/urls.py:3)"
    assert frozen not in without_libraries(lines, "/srv/shop/releases/43")


def test_a_traceback_of_libraries_alone_is_shown_whole() -> None:
    lines = (HEAD, SITE, "    load()", "ImportError: no tea")
    assert without_libraries(lines, "/srv/shop/releases/43") == lines


def test_the_advice_names_the_place_where_there_is_one() -> None:
    assert (
        advice(python_error([HEAD, OURS, "KeyError: 1"], "/srv/shop/releases/43")) == "mend shop/urls.py:3, and commit"
    )
    assert advice(None) == "mend what these lines tell, and commit"
