"""How a release's environment differs from the one on a host is told line by line, and no secret of either."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from backline.agent.machine import Machine
from backline.deploy.code import environment_file
from backline.deploy.comparing import with_its_lines
from backline.report.differences import as_diff
from backline.resources.secret import MASK, Secret
from backline.settings.app import Release
from tests.host.applying import QuietLine
from tests.unit.stocks import host_settings


def test_an_environment_is_compared_line_by_line_without_its_secrets(tmp_path: Path) -> None:
    settings = host_settings({"KEY": Secret("it's $ecret"), "DEBUG": "1", "SAME": "yes"})
    file = with_its_lines(environment_file(Release(settings.app, 7, "/srv/shop/venvs/x")), settings)
    place = tmp_path / "env"
    place.write_text("KEY='the one before'\nDEBUG='0'\nSAME='yes'\n")
    place.chmod(file.mode)
    with QuietLine() as line:
        shown = "\n".join(as_diff(tuple(replace(file, path=str(place)).differences(Machine(line)))))
    assert f"+KEY='{MASK}'" in shown
    assert "+DEBUG='1'" in shown
    assert " SAME='yes'" in shown
    for secret in ("ecret", "the one before"):
        assert secret not in shown


def test_a_file_without_secrets_is_compared_as_it_is() -> None:
    settings = host_settings({"DEBUG": "1"})
    file = environment_file(Release(settings.app, 7, "/srv/shop/venvs/x"))
    assert with_its_lines(file, settings) is file
