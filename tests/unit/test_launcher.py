"""The launcher and its environment file, run by real shells with values that break naive quoting."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from backline.resources.failure import ConfigurationError
from backline.resources.secret import Secret
from backline.settings.launcher import environment_text, launcher_text, shell_quoted
from tests.unit.shop import shop_release

SHELLS = ("sh", "dash", "bash", "busybox", "ksh", "mksh", "zsh")
NASTY = {
    "EMPTY": "",
    "BOTH_QUOTES": """it's "said" here""",
    "ONLY_QUOTE": "'",
    "NEWLINES": "first\nsecond\n\n",
    "CARRIAGE_RETURN": "a\r\nb",
    "SUBSTITUTION": "$(touch pwned) `touch pwned` ${HOME} $$",
    "PERCENT": "%(here)s 100% %%",
    "COMMENT": "a #b ;c",
    "BACKSLASHES": "C:\\new\\",
    "UNICODE": "žluť €",
    "SPACES": "  edges  ",
    "URL": "redis+socket:///srv/a b/redis.sock?db=1&x=*",
    "LEADING_DASH": "-n",
}
SHOW = """
import json, os, sys
print(json.dumps([dict(os.environ), os.getcwd(), os.readlink("/proc/self/fd/9"), os.getpid(), sys.argv[1:]]))
"""


@pytest.fixture(params=[name for name in SHELLS if shutil.which(name)])
def shell(request: pytest.FixtureRequest) -> list[str]:
    """Every shell that this machine has."""
    found = shutil.which(request.param)
    assert found is not None
    return [found, "sh"] if request.param == "busybox" else [found]


def made_release(root: Path, values: dict[str, str | Secret], extra: dict[str, str] | None = None) -> Path:
    """A release directory with its launcher; returns the launcher's path."""
    release = shop_release(43, str(root))
    own = Path(release.own_directory)
    own.mkdir(parents=True)
    (own / "release.json").write_text("{}")
    text = environment_text(values)
    (own / "env").write_text(text.reveal() if isinstance(text, Secret) else text, newline="")
    launcher = Path(release.launcher)
    launcher.write_text(launcher_text(release, "shop.settings", extra or {}))
    launcher.chmod(0o755)
    return launcher


@pytest.mark.parametrize("folder", ["plain", "with space and 'quote' $x"])
def test_every_value_reaches_the_program_as_it_is(tmp_path: Path, shell: list[str], folder: str) -> None:
    root = tmp_path / folder
    launcher = made_release(root, {**NASTY, "TOKEN": Secret("s3'cret")}, {"STATIC_ROOT": "/a b/static"})
    started = subprocess.run(
        [*shell, str(launcher), sys.executable, "-c", SHOW, "an argument", ""],
        env={"PATH": os.environ["PATH"], "HOME": "/nowhere"},
        capture_output=True,
        text=True,
        check=True,
        cwd=tmp_path,
    )
    environment, directory, ninth, _, arguments = json.loads(started.stdout)
    assert {name: environment[name] for name in NASTY} == NASTY
    assert environment["TOKEN"] == "s3'cret"
    assert environment["BACKLINE_RELEASE"] == "r43"
    assert environment["DJANGO_SETTINGS_MODULE"] == "shop.settings"
    assert environment["STATIC_ROOT"] == "/a b/static"
    assert environment["LANG"] == "C.UTF-8"
    assert environment["PATH"].split(":")[0] == f"{root}/releases/43/.venv/bin"
    assert environment["HOME"] == "/nowhere"
    assert directory == f"{root}/releases/43"
    assert ninth == f"{root}/releases/43/.backline/release.json"
    assert arguments == ["an argument", ""]
    assert not list(tmp_path.rglob("pwned"))


def test_the_program_keeps_the_pid_that_was_started(tmp_path: Path) -> None:
    launcher = made_release(tmp_path, {})
    process = subprocess.Popen([str(launcher), sys.executable, "-c", SHOW], stdout=subprocess.PIPE, text=True)
    output, _ = process.communicate()
    assert json.loads(output)[3] == process.pid


@pytest.mark.parametrize("missing", ["env", "release.json"])
def test_nothing_is_started_without_what_pins_the_release(tmp_path: Path, shell: list[str], missing: str) -> None:
    launcher = made_release(tmp_path, {"A": "1"})
    launcher.with_name(missing).unlink()
    started = subprocess.run([*shell, str(launcher), "echo", "started"], capture_output=True, text=True)
    assert started.returncode != 0
    assert "started" not in started.stdout


def test_the_release_s_own_path_is_searched_before_the_app_s(tmp_path: Path) -> None:
    launcher = made_release(tmp_path, {"PATH": "/opt/tools:/usr/bin:/bin"})
    started = subprocess.run([str(launcher), sys.executable, "-c", SHOW], capture_output=True, text=True, check=True)
    assert json.loads(started.stdout)[0]["PATH"] == f"{tmp_path}/releases/43/.venv/bin:/opt/tools:/usr/bin:/bin"


def test_one_secret_makes_the_whole_file_secret() -> None:
    text = environment_text({"PLAIN": "a", "TOKEN": Secret("hush")})
    assert text == Secret("PLAIN='a'\nTOKEN='hush'\n")
    assert "hush" not in str(text)
    assert environment_text({"PLAIN": "a"}) == "PLAIN='a'\n"


@pytest.mark.parametrize("name", ["1A", "A-B", "", "A B", "A=B", "É", "A\n"])
def test_a_name_that_no_shell_takes_is_refused(name: str) -> None:
    with pytest.raises(ConfigurationError, match="cannot be the name"):
        environment_text({name: "x"})


@pytest.mark.parametrize("name", ["UID", "IFS", "PPID", "OPTIND", "BACKLINE_RELEASE", "DJANGO_SETTINGS_MODULE"])
def test_a_name_that_is_somebody_else_s_is_refused(name: str) -> None:
    with pytest.raises(ConfigurationError, match=name):
        environment_text({name: "1"})


@pytest.mark.parametrize("value", ["a\0b", "\udcff"])
def test_a_value_that_no_environment_carries_is_refused_without_being_shown(value: str) -> None:
    with pytest.raises(ConfigurationError, match="TOKEN") as refused:
        environment_text({"TOKEN": Secret(f"hush{value}")})
    assert "hush" not in str(refused.value)


def test_quoting_is_one_word() -> None:
    assert shell_quoted("it's") == "'it'\\''s'"
