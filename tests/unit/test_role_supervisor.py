"""The role supervisor: the host's own supervisord, or one of the user's."""

from __future__ import annotations

import configparser
from dataclasses import replace

import pytest

from backline.resources.directory import Directory
from backline.resources.failure import ConfigurationError
from backline.resources.file import File
from backline.resources.packages import Packages
from backline.resources.script_interpreter import ScriptInterpreter
from backline.resources.supervisord import OwnSupervisord
from backline.resources.system_service import SystemService
from backline.roles.supervisor import SupervisorSettings, configuration_text, resources
from backline.settings.app import SupervisorPaths
from backline.settings.app_paths import SYSTEM_SUPERVISOR
from tests.unit.shop import HOME, SUPERVISOR, shop, system_shop

SUPERVISORD = f"{HOME}/.backline/tools/supervisord"


def settings(**variables: object) -> SupervisorSettings:
    own = SupervisorSettings(shop(), SUPERVISOR, supervisor_account="anna")
    return replace(own, **variables)  # type: ignore[arg-type]


def configuration(supervisor: SupervisorSettings) -> configparser.RawConfigParser:
    parser = configparser.RawConfigParser(inline_comment_prefixes=(";", "#"))
    parser.read_string(configuration_text(supervisor))
    return parser


def paths_under(home: str) -> SupervisorPaths:
    return replace(SUPERVISOR, socket=f"{home}/supervisor.sock", configuration=f"{home}/supervisord.conf")


def test_supervisord_runs_by_its_own_configuration() -> None:
    made = list(resources(settings()))
    assert File(SUPERVISOR.configuration, configuration_text(settings()).encode(), mode=0o600) in made
    assert made[-1] == OwnSupervisord(SUPERVISORD, SUPERVISOR.configuration, SUPERVISOR.socket)


def test_the_parser_is_run_by_the_python_of_the_supervisord_that_runs() -> None:
    assert ScriptInterpreter(SUPERVISOR.python, script=SUPERVISORD) in list(resources(settings()))


def test_the_include_is_relative_and_the_socket_is_the_user_s_alone() -> None:
    read = configuration(settings())
    assert read["include"]["files"] == "supervisor.d/*.conf"
    assert read["unix_http_server"]["file"] == SUPERVISOR.socket
    assert read["unix_http_server"]["chmod"] == "0700"
    assert read["supervisord"]["nodaemon"] == "false"


def test_only_root_is_named_as_the_account() -> None:
    assert configuration(settings(supervisor_account="root"))["supervisord"]["user"] == "root"
    assert "user" not in configuration(settings())["supervisord"]


@pytest.mark.parametrize("home", ["/home/50%", "/home/a ;b", "/home/a #b"])
def test_a_path_that_supervisord_would_read_differently_is_refused(home: str) -> None:
    with pytest.raises(ConfigurationError, match=r"supervisord\.conf"):
        configuration_text(settings(supervisor=paths_under(home)))


def test_a_home_too_deep_for_its_socket_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="at most 99"):
        list(resources(settings(supervisor=paths_under(f"/home/{'d' * 90}"))))


def test_as_root_the_host_s_own_is_left_as_debian_has_it() -> None:
    packages, folder, service = resources(settings(app=system_shop(), supervisor=SYSTEM_SUPERVISOR))
    assert isinstance(packages, Packages)
    assert packages.names == ("supervisor",)
    assert folder == Directory("/etc/supervisor/conf.d")
    assert service == SystemService("supervisor")
