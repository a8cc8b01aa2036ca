"""The role virtualenv: uv, where it is wanted."""

from __future__ import annotations

from backline.resources.tool import Tool
from backline.roles.virtualenv import VirtualenvSettings, resources
from tests.unit.shop import HOME, SUPERVISOR, shop


def test_uv_is_found_or_brought() -> None:
    (tool,) = resources(VirtualenvSettings(shop(), SUPERVISOR))
    assert isinstance(tool, Tool)
    assert tool.path == f"{HOME}/.backline/tools/uv"


def test_uv_can_be_left_out() -> None:
    assert list(resources(VirtualenvSettings(shop(), SUPERVISOR, virtualenv_uv=False))) == []
