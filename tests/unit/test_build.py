"""Who makes a release's virtualenv: uv, and for an old Python a virtualenv of its time."""

from __future__ import annotations

from dataclasses import replace

import pytest

from backline.deploy.build import virtualenv_plan
from backline.deploy.draft import new_release
from backline.resources.tool import Tool
from backline.resources.virtualenv import Virtualenv
from tests.unit.shop import HOME
from tests.unit.stocks import LOCK, ORDER, a_source, a_stock

MAKER = f"{HOME}/.backline/tools/virtualenv"


@pytest.mark.parametrize(
    ("version", "maker"), [("2.7.18", MAKER), ("3.6.15", MAKER), ("3.8.0", ""), ("3.13.0", ""), ("", "")]
)
def test_an_old_python_has_its_virtualenv_made_by_virtualenv(version: str, maker: str) -> None:
    stock = a_stock()
    stock = replace(stock, state=replace(stock.state, interpreter_version=version))
    *tools, made = (entry.resource for entry in virtualenv_plan(new_release(ORDER, a_source(), (stock,)).first, LOCK))
    assert isinstance(made, Virtualenv)
    assert (made.virtualenv, made.uv) == (maker, f"{HOME}/.backline/tools/uv")
    assert [tool.path for tool in tools if isinstance(tool, Tool)] == [maker] * bool(maker)
    assert set(made.needs()) >= {f"path:{tool}" for tool in (maker,) if tool}
