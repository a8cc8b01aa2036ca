"""Commands of a release fail with the exception and the project's own line; Django's verdict is understood."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest

from backline.agent.machine import Machine
from backline.agent.steps.check_deploy import CheckDeploy
from backline.agent.steps.run_in_release import RunInRelease
from backline.resources.failure import Failure, Refused
from tests.host.servers import SiteVirtualenv

from .conftest import Listener

MANAGE = """
import os, sys
from django.core.management import execute_from_command_line
os.environ["DJANGO_SETTINGS_MODULE"] = "shop.settings"
execute_from_command_line(sys.argv)
"""

SETTINGS = """
SECRET_KEY = "tea" * 30
DEBUG = False
ALLOWED_HOSTS = ["shop.example"]
ROOT_URLCONF = "shop.urls"
SILENCED_SYSTEM_CHECKS = ["security.W009"]
MIDDLEWARE = ["django.middleware.security.SecurityMiddleware"]
"""


@dataclass(frozen=True)
class Project:
    directory: Path
    python: str

    def write(self, name: str, text: str) -> None:
        path = self.directory / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)

    @property
    def launcher(self) -> str:
        return str(self.directory / "run")

    @property
    def check(self) -> CheckDeploy:
        return CheckDeploy(self.launcher, self.python, str(self.directory))

    def manage(self, *arguments: str) -> RunInRelease:
        argv = (self.python, "manage.py", *arguments)
        return RunInRelease(self.launcher, argv, str(self.directory), what=f"manage.py {arguments[0]}")


@pytest.fixture
def project(tmp_path: Path, site_virtualenv: SiteVirtualenv) -> Project:
    project = Project(tmp_path, site_virtualenv.python)
    project.write("run", '#!/bin/sh\nTEA=green exec "$@"\n')
    (tmp_path / "run").chmod(0o755)
    project.write("manage.py", MANAGE)
    project.write("shop/__init__.py", "")
    project.write("shop/settings.py", SETTINGS)
    project.write("shop/urls.py", "urlpatterns = []\n")
    return project


def test_command_has_the_environment_of_the_release_and_is_heard_live(
    project: Project, machine: Machine, listener: Listener
) -> None:
    output = project.manage("shell", "-c", "import os; print(os.environ['TEA'])").perform(machine)
    assert output.splitlines()[-1] == "green"
    assert [event.text for event in listener.events][-1] == "green"


def test_failing_command_is_told_by_its_exception_and_the_project_s_line(project: Project, machine: Machine) -> None:
    project.write("shop/spill.py", "def spill():\n    raise ValueError('spilt')\n")
    with pytest.raises(Failure) as failed:
        project.manage("shell", "-c", "from shop.spill import spill; spill()").perform(machine)
    assert failed.value.cause == "manage.py shell failed: ValueError: spilt (shop/spill.py:2)"


def test_command_that_fails_without_an_exception_is_told_by_its_exit_code(project: Project, machine: Machine) -> None:
    with pytest.raises(Failure, match="manage.py brew ended with exit code 1") as failed:
        project.manage("brew").perform(machine)
    assert "Unknown command: 'brew'" in failed.value.lines[0]


def test_warnings_are_counted(project: Project, machine: Machine) -> None:
    checked = project.check.perform(machine)
    assert checked.warnings == len(checked.issues) > 1
    assert all("security.W" in issue for issue in checked.issues)


def test_errors_refuse_and_are_shown(project: Project, machine: Machine) -> None:
    project.write("shop/settings.py", SETTINGS + "LANGUAGE_CODE = 'tea-pot-!'\n")
    with pytest.raises(Refused, match=r"check --deploy finds 2 errors: \?: \(translation.E001\)") as refused:
        project.check.perform(machine)
    assert len(refused.value.lines) == 1


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("import teapot\n", r"No module named 'teapot' \(shop/urls.py:1\)"),
        ("\nurlpatterns = [\n", r"SyntaxError: '\[' was never closed \(shop/urls.py:2\)"),
        ("urlpatterns = [1 / 0]\n", r"ZeroDivisionError: division by zero \(shop/urls.py:1\)"),
    ],
)
def test_project_that_cannot_be_imported_is_refused_with_its_line(
    project: Project, machine: Machine, text: str, words: str
) -> None:
    project.write("shop/urls.py", text)
    with pytest.raises(Refused, match=f"the project cannot be imported: .*{words}") as refused:
        project.check.perform(machine)
    assert "shop/urls.py" in refused.value.hint
