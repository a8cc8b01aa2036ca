"""A project that installed the wheel: its own roles, resources and templates beside a tasks.py of two lines."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from backline.commands.sandbox.processes import stop_processes
from tests.host.deploy.own_uv import folder_with_uv
from tests.host.deploy.project import Project
from tests.host.deploy.screens import screen_of
from tests.host.documents.checkout import HERE, copy_checkout
from tests.host.documents.document import Text, sections

DOCUMENT = (HERE / "CONTRIBUTING.md").read_text(encoding="utf-8")
RECIPES = {step.file: step.text for section in sections(DOCUMENT) for step in section.steps if isinstance(step, Text)}
TASKS = DOCUMENT.partition("The whole `tasks.py` is:\n\n```python\n")[2].partition("```")[0]
RESOURCE = "resources/json_key.py"
ROLE = "roles/switches.py"
MARK = "# a template of one's own"

pytestmark = pytest.mark.timeout(600)


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    """Short, since sockets have short names."""
    folder = Path(tempfile.mkdtemp(prefix="bl-"))
    yield folder
    stop_processes(folder / "s")
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="module")
def python(folder: Path) -> str:
    """Of an empty virtualenv into which the wheel was installed; nothing of this checkout is in it."""
    source = copy_checkout(folder / "source", folder / "unused")
    python = str(folder / "venv" / "bin" / "python")
    pip = [python, "-m", "pip", "--disable-pip-version-check", "--quiet"]
    run(sys.executable, "-m", "venv", str(folder / "venv"))
    run(*pip, "wheel", "--no-deps", "--wheel-dir", str(folder / "dist"), str(source.folder))
    (wheel,) = (folder / "dist").glob("backline-*.whl")
    run(*pip, "install", str(wheel))
    shutil.rmtree(source.folder)
    return python


@pytest.fixture(scope="module")
def project(folder: Path, python: str) -> Iterator[Project]:
    """The shop with an inventory of its own, and its sandbox."""
    here = folder / "project"
    shutil.copytree(
        HERE / "examples" / "shop", here / "site", ignore=shutil.ignore_patterns("__pycache__", "*.sqlite3")
    )
    shutil.copytree(HERE / "inventory", here / "inventory", ignore=shutil.ignore_patterns("connection.yml"))
    variables = here / "inventory" / "group_vars" / "all.yml"
    variables.write_text(variables.read_text().replace("app_source: examples/shop", "app_source: site"))
    write(here, "tasks.py", TASKS)
    write(here, ".gitignore", ".backline/\n__pycache__/\nconnection.yml\n")
    write(here, RESOURCE, RECIPES[f"backline/{RESOURCE}"])
    write(here, ROLE, RECIPES[ROLE])
    write(
        here, "roles/redis.py", (HERE / "roles/redis.py").read_text().replace('PROGRAM = "redis"', 'PROGRAM = "broker"')
    )
    write(here, "templates/nginx.conf.j2", f"{MARK}\n" + (HERE / "templates/nginx.conf.j2").read_text())
    main = here / "inventory" / "host_vars" / "sandbox" / "main.yml"
    main.write_text(
        re.sub(
            r"(?m)^backline_roles:.*",
            "backline_roles: [redis, web, celery, switches]\nswitches_on: [gifts]",
            main.read_text(),
        )
    )
    (folder / "uv").mkdir()
    own = folder_with_uv(folder / "uv")
    environment = {"PYTHONPATH": "", "BACKLINE_SANDBOX_ROOT": str(folder / "s"), "BACKLINE_SANDBOX_PATH": str(own)}
    environment["PYTHONDONTWRITEBYTECODE"] = "1"  # its modules change within a second, by which bytecode is known
    project = Project(here, "sandbox", environment, python)
    project.git("init", "--quiet", "--initial-branch", "main")
    project.commit("begin")
    project.inv("sandbox.up")
    yield project
    project.inv("sandbox.down")


def run(*words: str) -> None:
    done = subprocess.run(words, capture_output=True, text=True, env={**os.environ, "PYTHONPATH": ""})
    assert done.returncode == 0, done.stderr


def write(folder: Path, name: str, text: str) -> None:
    (folder / name).parent.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(text)


@contextmanager
def changed(project: Project, name: str, text: str) -> Iterator[None]:
    """A file of the project is another inside the block; where there was none, there is none afterwards."""
    file = project.folder / name
    before = file.read_text() if file.exists() else None
    file.write_text(text)
    try:
        yield
    finally:
        if before is None:
            file.unlink()
        else:
            file.write_text(before)


def home(project: Project) -> Path:
    return Path(project.environment["BACKLINE_SANDBOX_ROOT"])


def switches(project: Project) -> Path:
    return home(project) / "shop" / "shared" / "switches.json"


def test_tasks_is_two_lines_and_the_commands_are_those_of_the_wheel(project: Project, python: str) -> None:
    assert len(TASKS.replace("\n\n", "\n").splitlines()) == 2
    where = subprocess.run(
        [python, "-I", "-c", "import backline; print(backline.__file__)"], capture_output=True, text=True, check=True
    )
    assert where.stdout.startswith(str(Path(python).parents[1]))
    listed = project.inv("--list").out
    assert "deploy" in listed
    assert "sandbox.up" in listed


def test_what_the_project_brings_is_deployed_and_comes_before_ours(project: Project) -> None:
    first = project.on_host("deploy").summary
    assert (first["status"], first["release"]) == ("deployed", "r1")
    assert json.loads(switches(project).read_text()) == {"gifts": True}
    assert (home(project) / ".backline/nginx-shop/nginx.conf").read_text().startswith(f"{MARK}\n")
    programs = {item["program"] for item in project.status()}
    assert "broker" in programs
    assert "redis" not in programs
    again = project.on_host("deploy").summary
    assert (again["status"], again["hosts"]["sandbox"]["changed"]) == ("live", 0)
    switches(project).write_text('{"theirs": 1}')
    assert project.on_host("provision", "--role", "switches").summary["hosts"]["sandbox"]["changed"] == 1
    assert json.loads(switches(project).read_text()) == {"theirs": 1, "gifts": True}


def test_templates_are_those_of_the_project_from_any_of_its_folders(project: Project) -> None:
    inside = Project(project.folder / "site", project.host, project.environment, project.python)
    assert f"\n{MARK}\n" in inside.inv("render", "--role", "nginx").out


def test_a_task_of_invoke_stands_beside_ours(project: Project) -> None:
    more = "from invoke import task\n\n@task\ndef hello(context):\n    print('hello')\n\nnamespace.add_task(hello)\n"
    with changed(project, "tasks.py", TASKS + more):
        assert project.inv("hello").out == "hello\n"
        assert project.inv("ping").code == 0


WRONG = {
    "a role with a slip of the pen": (
        ROLE,
        "resources(switches",
        "resources((switches",
        r"roles/switches\.py:30: SyntaxError: [^(]+ state",
    ),
    "a role that imports what is not there": (
        ROLE,
        "from backline.resources.json_key",
        "from backline.resources.json_keys",
        r"roles/switches\.py:8: ModuleNotFoundError: No module named 'backline\.resources\.json_keys'",
    ),
    "a role that does not say what it brings": (
        ROLE,
        'BRINGS = ("app",)',
        'BRINGS = "app"',
        r'roles/switches\.py:13: a role says what comes with it: BRINGS = \("app",\)',
    ),
    "a role without resources": (
        ROLE,
        "def resources",
        "def resource",
        r"roles/switches\.py: a role has a function resources",
    ),
    "a role that brings what is not there": (
        ROLE,
        '("app",)',
        '("apps",)',
        r"roles/switches\.py: the role switches brings apps, which is not a role; did you mean app\?",
    ),
    "a role that raises an error": (
        ROLE,
        "switches.app.shared",
        "switches.app.sharde",
        r"roles/switches\.py:33: AttributeError: 'App' object has no attribute 'sharde'",
    ),
    "a role that gives something else": (
        ROLE,
        "yield JsonKey(",
        "yield (",
        r"roles/switches\.py: TypeError: resources\(\) of role switches gives \(",
    ),
    "a resource with a slip of the pen": (RESOURCE, "def converge(", "def converge((", r"resources/json_key\.py:\d+: "),
    "a resource that imports what hosts do not have": (
        RESOURCE,
        "from dataclasses import dataclass\n",
        "from dataclasses import dataclass\nimport yaml\n",
        r"resources/json_key\.py:6: it imports yaml, and hosts have only the standard library",
    ),
    "a variable of a role of its own": (
        "inventory/host_vars/sandbox/main.yml",
        "switches_on: [gifts]",
        "switches_on: [gift wrapping]",
        r'inventory/host_vars/sandbox/main\.yml:\d+: switches_on "gift wrapping" is no name',
    ),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_is_wrong_with_it_is_told_with_file_and_line(project: Project, name: str) -> None:
    file, before, after, said = WRONG[name]
    text = (project.folder / file).read_text()
    assert before in text
    with changed(project, file, text.replace(before, after, 1)):
        done = project.inv("provision", check=False)
    screen = screen_of(done)
    assert done.code == 2, done.err
    assert re.search(said, screen.text), done.err


def test_a_resource_may_not_be_called_as_one_of_ours(project: Project) -> None:
    with changed(project, "resources/file.py", '"""Mine."""\n'):
        done = project.inv("provision", check=False)
    assert done.code == 2
    assert "resources/file.py: Backline has a kind of resource in file.py already" in screen_of(done).text


def test_a_django_app_that_is_called_roles_is_left_alone(project: Project) -> None:
    with changed(project, "roles/models.py", "from django.db import models\n"):
        done = project.inv("render", check=False)
    assert done.code == 2
    assert "backline_roles names switches, which is not a role; there are app," in screen_of(done).text


def test_a_resource_that_fails_on_the_host_is_told_with_its_own_line(project: Project) -> None:
    text = (project.folder / RESOURCE).read_text()
    wrong = text.replace("host.write(", "host.wrote(")
    line = next(number for number, line in enumerate(wrong.splitlines(), 1) if "host.wrote" in line)
    switches(project).unlink(missing_ok=True)
    with changed(project, RESOURCE, wrong):
        done = project.inv("provision", "--role", "switches", check=False)
    assert done.code == 1
    assert "object has no attribute 'wrote'" in screen_of(done).text
    assert screen_of(done).next.startswith(f"mend {RESOURCE}:{line}\n")
