"""The role virtualenv where uv is left out: what is built then is built all the same."""

from __future__ import annotations

import sys
from pathlib import Path

from backline.resources.virtualenv import Virtualenv
from tests.host.applying import ThisHost, this_host

__all__ = ["this_host"]


def test_without_the_uv_that_is_named_a_virtualenv_is_built_all_the_same(this_host: ThisHost, tmp_path: Path) -> None:
    built = Virtualenv(f"{tmp_path}/venv", sys.executable, "", uv=f"{tmp_path}/tools/uv")
    assert this_host.apply(built)
    assert not this_host.apply(built)
