"""The role virtualenv: uv, where it is wanted."""

from __future__ import annotations

from backline.resources.packages import Packages
from backline.resources.tool import Tool
from backline.roles.virtualenv import VirtualenvSettings, resources
from backline.settings.app_paths import SYSTEM_SUPERVISOR
from tests.unit.shop import HOME, SUPERVISOR, shop, system_shop


def test_uv_is_found_or_brought() -> None:
    (tool,) = resources(VirtualenvSettings(shop(), SUPERVISOR))
    assert isinstance(tool, Tool)
    assert tool.path == f"{HOME}/.backline/tools/uv"


def test_uv_can_be_left_out() -> None:
    assert list(resources(VirtualenvSettings(shop(), SUPERVISOR, virtualenv_uv=False))) == []


def test_as_root_debian_s_venv_comes_before_uv() -> None:
    packages, uv = resources(VirtualenvSettings(system_shop(), SYSTEM_SUPERVISOR))
    assert packages == Packages(("python3-venv",))
    assert isinstance(uv, Tool)
    assert uv.path == "/opt/backline/tools/uv"
