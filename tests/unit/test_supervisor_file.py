"""Program files against Supervisor's own parser: what was meant is what it reads, or it is refused by name."""

from __future__ import annotations

import shlex
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from supervisor.options import ServerOptions

from backline.resources.failure import ConfigurationError
from backline.resources.program import Program
from backline.resources.secret import Secret
from backline.resources.supervisor_file import rendered

Parser = Callable[[Program], Any]
NASTY = st.text(st.sampled_from("ab ;#%'\"\\(){}$=,\t\xa0\x1fž€s)here") | st.characters(), max_size=12)
UNCARRIED = {"\n", "\r", "\0"}


def program(**changes: object) -> Program:
    plain = Program(name="shop-web-r43", command=("/bin/true",), directory="/", log_file="/tmp/web.log")
    return replace(plain, **changes)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def parsed(tmp_path_factory: pytest.TempPathFactory) -> Parser:
    folder = tmp_path_factory.mktemp("supervisor")

    def parse(meant: Program) -> Any:
        return read_back(folder, rendered(meant))

    return parse


def read_back(folder: Path, text: str) -> Any:
    (folder / "main.conf").write_text("[supervisord]\n[include]\nfiles=included.conf\n")
    (folder / "included.conf").write_text(text)
    options = ServerOptions()
    options.configfile = str(folder / "main.conf")
    options.process_config(do_usage=False)
    (group,) = options.process_group_configs
    (process,) = group.process_configs
    return process


def is_carried(text: str) -> bool:
    return not UNCARRIED.intersection(text) and text == text.encode("utf-8", "ignore").decode()


def refusal_of(meant: Program) -> str:
    try:
        rendered(meant)
    except ConfigurationError as refusal:
        return refusal.cause
    return ""


@given(arguments=st.lists(NASTY, max_size=4))
@example(arguments=["%(here)s", " ;", "a #b", "'", "", "%", "100%%", "a'b\"c", "-n", "app@%h", "\\", "%(ENV_HOME)s"])
def test_every_argument_survives_or_is_refused(parsed: Parser, arguments: list[str]) -> None:
    meant = program(command=("/bin/echo", *arguments))
    if all(is_carried(argument) for argument in arguments):
        assert tuple(shlex.split(parsed(meant).command)) == meant.command
    else:
        with pytest.raises(ConfigurationError, match="word . of the command"):
            rendered(meant)


@given(values=st.dictionaries(st.from_regex("[A-Za-z_][A-Za-z0-9_]{0,5}", fullmatch=True), NASTY, max_size=4))
def test_every_environment_value_survives_or_is_refused_by_name(parsed: Parser, values: dict[str, str]) -> None:
    refusal = refusal_of(program(environment=values))
    if refusal:
        assert any(f"variable {name} " in refusal for name in values)
    else:
        assert parsed(program(environment=values)).environment == values


@pytest.mark.parametrize(
    "value",
    ["", "a b", "it's", '{"A": 1}', "50%", "C:\\new", "a#b;c", "žluť€", "a=b", "$HOME", "\t", "x,y", " pad ", "%(x)s"],
)
def test_usual_values_are_carried(parsed: Parser, value: str) -> None:
    assert parsed(program(environment={"VALUE": value})).environment == {"VALUE": value}


@pytest.mark.parametrize(
    "value",
    ["a\nb", "a\rb", "a\0b", "a #b", "a ;b", "'ab'", 'say "hi"', 'it\'s "ab"', "it's C:\\new", "a%(here)s", "\udc80"],
)
def test_values_that_supervisor_cannot_be_told_are_refused_by_name(value: str) -> None:
    with pytest.raises(ConfigurationError, match="shop-web-r43: environment variable DATABASE_URL") as refusal:
        rendered(program(environment={"DATABASE_URL": value}))
    assert value not in str(refusal.value)


def test_secret_is_refused_and_not_shown() -> None:
    with pytest.raises(ConfigurationError, match="variable SECRET_KEY is secret") as refusal:
        rendered(program(environment={"SECRET_KEY": Secret("hunter2")}))
    assert "hunter2" not in repr(vars(refusal.value))


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"name": "shop web"}, "name of a Supervisor program"),
        ({"name": "a]\n[program:b"}, "name of a Supervisor program"),
        ({"command": ()}, "command is empty"),
        ({"directory": "shop"}, "directory must be an absolute path"),
        ({"directory": "/srv/a ;b"}, "directory contains"),
        ({"directory": "/srv/%(here)s"}, "directory contains"),
        ({"log_file": "none"}, "log_file must be an absolute path"),
        ({"log_file": "/tmp/100%.log"}, "log_file contains"),
        ({"log_file": "/tmp/a\nuser=root"}, "log_file contains a newline"),
        ({"user": "shop\nautostart=false"}, "not a user name"),
        ({"stop_signal": "STOP"}, "stop_signal"),
        ({"environment": {"A=B": ""}}, "not the name of an environment variable"),
    ],
)
def test_what_breaks_the_file_is_refused_by_name(changes: dict[str, object], words: str) -> None:
    with pytest.raises(ConfigurationError, match=words):
        rendered(program(**changes))


def test_settings_are_read_as_meant(parsed: Parser, tmp_path: Path) -> None:
    log = tmp_path / "web log.log"
    process = parsed(
        program(
            directory="/srv/100% shop",
            log_file=str(log),
            stop_signal="INT",
            patience=3600,
            start_seconds=10,
            autostart=False,
            log_bytes=1234,
            log_backups=3,
            priority=7,
        )
    )
    assert (process.directory, process.stdout_logfile) == ("/srv/100% shop", str(log))
    assert (process.stopsignal.name, process.stopwaitsecs, process.startsecs) == ("SIGINT", 3600, 10)
    assert (process.autostart, process.priority) == (False, 7)
    assert (process.stdout_logfile_maxbytes, process.stdout_logfile_backups) == (1234, 3)


def test_signal_goes_to_the_main_process_alone_and_the_kill_to_all(parsed: Parser) -> None:
    process = parsed(program())
    assert (process.stopasgroup, process.killasgroup, process.redirect_stderr) == (False, True, True)
