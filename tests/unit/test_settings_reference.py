"""The reference of variables says what the dataclasses say, and reading an inventory stays cheap."""

from __future__ import annotations

import subprocess
import sys

from backline.settings.app_settings import AppSettings
from backline.settings.declaration import RoleDeclaration, declared_variables
from backline.settings.reference import reference


def test_every_variable_is_there_with_type_default_and_meaning() -> None:
    text = reference([RoleDeclaration("app", AppSettings)])
    assert text.startswith("# Variables\n\n## Role app\n\n- `app_name`: text; required. The app's name, such as `shop`")
    assert "- `app_releases_kept`: a whole number; default `5`. How many releases" in text
    assert "- `app_restart_order`: a list of text; default `[workers, web, beat]`." in text
    assert "\n## Connection\n" in text
    for variable in declared_variables(AppSettings):
        assert f"- `{variable.name}`: " in text
        assert variable.meaning, f"{variable.name} has no docstring"


def test_neither_jinja_nor_yaml_is_imported_for_the_words_that_roles_use() -> None:
    program = "import sys, backline.settings.app_settings, backline.settings.templates, backline.agent.facts\n"
    program += "print(sorted({'jinja2', 'yaml'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
