"""The exception that ended a program is found in its output, and the project's own line with it."""

from __future__ import annotations

import pytest

from backline.resources.python_errors import python_error

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
