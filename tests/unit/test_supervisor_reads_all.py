"""Every file that is rendered for Supervisor, read by Supervisor itself: what it understood is what was meant."""

from __future__ import annotations

import pwd
import shlex
import shutil
import string
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from supervisor.options import ServerOptions

from backline.commands.own_folders import OURS
from backline.commands.roles import declarations, load_roles
from backline.deploy.rendering import rendered_files
from backline.deploy.role import generation_processes, role_plan
from backline.resources.program import Program
from backline.resources.program_files import program_as_file
from backline.resources.service import Service
from backline.roles.celery import CelerySettings, CeleryWorker
from backline.roles.redis import RedisSettings
from backline.roles.supervisor import SupervisorSettings
from backline.roles.web import WebSettings
from backline.settings.app import Generation, Release
from backline.settings.app_settings import AppSettings
from backline.settings.load import load_settings
from backline.settings.placeholder_facts import placeholder_facts
from backline.settings.settings import HostSettings, Settings
from tests.unit.shop import SUPERVISOR, shop
from tests.unit.written_inventory import write_inventory

ROLES = load_roles(OURS)
REQUIREMENTS = "celery==5.6.0\ngunicorn==25.3.0\n"
ACCOUNT = "nobody"
"""A user whom every machine has; Supervisor looks up `user=` when it reads a file."""
Variables = Mapping[type[Settings], Mapping[str, Any]]

ODD = st.text(
    st.sampled_from("ab ;#%'\"\\(){}$=,\t\xa0ž€s)here") | st.characters(codec="utf-8", exclude_characters="\n\r\0"),
    max_size=8,
)
NAME = st.text(string.ascii_lowercase + string.digits + "_-", min_size=1, max_size=8)
SECONDS = st.integers(1, 90_000)


@dataclass(frozen=True)
class Site:
    """A host's folder; its home has a name that wants quoting."""

    folder: Path

    @property
    def home(self) -> Path:
        return self.folder / "an na's"

    def settings(self, *, rootless: bool, variables: Variables) -> HostSettings:
        """The host's settings by its inventory, with these variables instead."""
        host = f"web1: {{backline_rootless: {str(rootless).lower()}, app_root: '{self.folder}/shop', {REQUIRED}}}"
        inventory = write_inventory({"hosts.yml": f"all: {{hosts: {{{host}}}}}"})
        facts = replace(placeholder_facts(), home=str(self.home))
        found = load_settings(inventory.hosts[0], inventory, declarations(ROLES), facts)
        app = replace(found.app, environment=variables.get(AppSettings, {}).get("app_environment", {}))
        changed = {kind: replace(own, app=app, **variables.get(kind, {})) for kind, own in found.by_type.items()}
        assert not [objection for own in changed.values() for objection in own.objections()]
        return replace(found, app=app, by_type=changed)


REQUIRED = (
    f"app_name: shop, app_user: {ACCOUNT}, app_source: shop, django_settings_module: shop.settings, "
    "celery_app: shop, web_application: 'shop.wsgi:application', backline_roles: [redis, web, celery]"
)


@pytest.fixture
def site(monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    folder = Path(tempfile.mkdtemp(prefix="bl-"))  # short, as the paths of sockets must be
    monkeypatch.chdir(folder)
    yield Site(folder)
    shutil.rmtree(folder)


def services(found: HostSettings) -> list[Program]:
    """The programs that roles want to run whatever is deployed."""
    if not found.app.rootless:
        return []
    entries = role_plan(found, ROLES)
    return [entry.resource.program for entry in entries if isinstance(entry.resource, Service)]


def programs(found: HostSettings) -> list[Program]:
    """Those of one generation."""
    generation = Generation(Release(found.app, 43, f"{found.app.virtualenvs}/3.12-9f3c"), 2)
    return [process.program for process in generation_processes(found, ROLES, generation, REQUIREMENTS)]


def read_by_supervisor(configuration: str) -> Any:
    """As the daemon reads its files when it starts; what it does not like ends the process."""
    options = ServerOptions()
    options.realize(["-c", configuration], doc="supervisord")
    assert options.parse_criticals == options.parse_warnings == []
    return options


def assert_understood(options: Any, meant: list[Program]) -> None:
    """Supervisor has these programs and no other, each as it is meant."""
    groups = {group.name: group for group in options.process_group_configs}
    assert sorted(groups) == sorted(program.name for program in meant)
    for program in meant:
        (process,) = groups[program.name].process_configs
        assert process.name == program.name
        assert tuple(shlex.split(process.command)) == program.command
        assert process.directory == program.directory
        assert process.uid == (pwd.getpwnam(program.user).pw_uid if program.user else None)
        assert process.environment == dict(program.environment)
        assert (process.stopsignal.name, process.stopwaitsecs) == (f"SIG{program.stop_signal}", program.patience)
        assert (process.stopasgroup, process.killasgroup) == (False, True)
        assert (process.redirect_stderr, process.stdout_logfile) == (True, program.log_file)
        assert (process.stdout_logfile_maxbytes, process.stdout_logfile_backups) == (
            program.log_bytes,
            program.log_backups,
        )
        assert (process.autostart, bool(process.autorestart)) == (program.autostart, program.autorestart)
        assert (process.startsecs, process.priority) == (program.start_seconds, program.priority)


def write_programs(folder: str, meant: list[Program]) -> None:
    """Their files, and the folders that Supervisor looks for when it reads them; no other file stays there."""
    shutil.rmtree(folder, ignore_errors=True)
    Path(folder).mkdir(parents=True)
    for program in meant:
        file = program_as_file(folder, program)
        assert isinstance(file.content, str)
        Path(file.path).write_text(file.content, encoding="utf-8")
        Path(program.log_file).parent.mkdir(parents=True, exist_ok=True)


def read_rootless(site: Site, variables: Variables) -> list[Program]:
    """All of a user's own supervisord: its configuration, services, and a generation; gives the generation's."""
    found = site.settings(rootless=True, variables=variables)
    paths = found.supervisor
    meant = [*services(found), *programs(found)]
    write_programs(paths.include_directory, meant)
    files = list(rendered_files(found, ROLES, REQUIREMENTS))
    assert len([file for file in files if str(Path(file.path).parent) == paths.include_directory]) == len(meant)
    (main,) = (file for file in files if file.path == paths.configuration)
    Path(main.path).write_text(main.text, encoding="utf-8")
    options = read_by_supervisor(main.path)
    directory = Path(paths.configuration).parent
    assert options.serverurl == f"unix://{paths.socket}"
    assert (options.logfile, options.pidfile) == (f"{directory}/supervisord.log", f"{directory}/supervisord.pid")
    assert options.nodaemon is False
    assert [server["chmod"] for server in options.server_configs] == [0o700]
    assert_understood(options, meant)
    return programs(found)


def read_for_root(site: Site, variables: Variables) -> list[Program]:
    """A generation under the system's supervisord, whose programs run as the app's user."""
    found = site.settings(rootless=False, variables=variables)
    meant = programs(found)
    write_programs(f"{site.folder}/conf.d", meant)
    main = site.folder / "supervisord.conf"
    main.write_text("[supervisord]\n[include]\nfiles=conf.d/*.conf\n")
    assert_understood(read_by_supervisor(str(main)), meant)
    return meant


def test_what_the_shop_needs_is_read_as_meant(site: Site) -> None:
    workers = {
        "default": CeleryWorker(queues=("default",), concurrency=8),
        "mail": CeleryWorker(queues=("mail", "mail-later"), pool="threads", soft_time_limit=50, hard_time_limit=60),
        "reports": CeleryWorker(overlap=False, options=("--max-tasks-per-child=100", "-E")),
    }
    meant = read_rootless(site, {CelerySettings: {"celery_workers": workers}})
    assert [program.name for program in meant] == [
        "shop-celery-default-r43-2",
        "shop-celery-mail-r43-2",
        "shop-celery-reports-r43-2",
        "shop-beat-r43-2",
        "shop-web-r43-2",
    ]
    assert {program.user for program in meant} == {""}


def test_a_supervisord_that_root_runs_for_itself_is_told_so(site: Site) -> None:
    read_rootless(site, {SupervisorSettings: {"supervisor_account": "root"}})
    options = read_by_supervisor(str(site.home / ".backline/supervisord.conf"))
    assert options.uid == 0


def test_under_the_systems_supervisord_programs_run_as_the_apps_user(site: Site) -> None:
    meant = read_for_root(site, {})
    assert {program.user for program in meant} == {ACCOUNT}


WORKERS = st.builds(
    CeleryWorker,
    queues=st.lists(ODD, max_size=3).map(tuple),
    concurrency=st.integers(1, 64),
    pool=st.sampled_from(("prefork", "threads", "solo", "gevent")),
    soft_time_limit=st.just(0) | SECONDS,
    hard_time_limit=st.just(0) | SECONDS,
    overlap=st.booleans(),
    options=st.lists(ODD, max_size=3).map(tuple),
)
CELERY = st.fixed_dictionaries(
    {"celery_workers": st.dictionaries(NAME, WORKERS, max_size=3)},
    optional={
        "celery_app": ODD,
        "celery_beat": st.booleans(),
        "celery_log_level": st.sampled_from(("debug", "info", "critical")),
        "celery_prefetch": st.sampled_from(("auto", "none", "one")),
    },
)
WEB = st.fixed_dictionaries(
    {"web_options": st.lists(ODD, max_size=3).map(tuple)},
    optional={
        "web_application": ODD.map(lambda text: f"shop.wsgi:create({text})"),
        "web_workers": st.integers(1, 64),
        "web_worker_class": ODD,
        "web_graceful_timeout": SECONDS,
        "web_access_log": st.booleans(),
    },
)
REDIS = st.fixed_dictionaries({}, optional={"redis_max_memory": st.sampled_from(("0", "256mb", "1GB"))})
ENVIRONMENT = st.dictionaries(st.from_regex("SHOP_[A-Z0-9_]{1,5}", fullmatch=True), ODD, max_size=3)
APP = st.fixed_dictionaries({}, optional={"app_environment": ENVIRONMENT})
ANY = st.fixed_dictionaries({CelerySettings: CELERY, WebSettings: WEB, RedisSettings: REDIS, AppSettings: APP})


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(variables=ANY, read=st.sampled_from((read_rootless, read_for_root)))
def test_whatever_is_set_is_read_as_meant(site: Site, variables: Variables, read: Any) -> None:
    assume(sound(variables))
    read(site, variables)


def sound(variables: Variables) -> bool:
    """Nothing is set that is refused, by name, before anything is rendered."""
    celery = CelerySettings(shop(), SUPERVISOR, **{"celery_app": "shop", **variables[CelerySettings]})
    web = WebSettings(shop(), SUPERVISOR, **{"web_application": "shop.wsgi:application", **variables[WebSettings]})
    return [*celery.objections(), *web.objections()] == []
