"""The Supervisor block that this project grew from, to the letter; beside it only what makes stopping safe."""

from __future__ import annotations

import pwd
from dataclasses import replace
from pathlib import Path

import pytest
from supervisor.options import ServerOptions

from backline.commands.own_folders import OURS
from backline.commands.roles import declarations, load_roles
from backline.deploy.rendering import rendered_files
from backline.deploy.role import chosen
from backline.resources.failure import ConfigurationError
from backline.resources.process import Process
from backline.roles.celery import CelerySettings, CeleryWorker, programs, resources
from backline.settings.app import Plain, Release
from backline.settings.load import load_settings
from backline.settings.placeholder_facts import placeholder_facts
from backline.settings.plain import generation_of
from tests.unit.shop import SUPERVISOR, shop, shop_generation
from tests.unit.written_inventory import write_inventory

HOSTS = """\
all:
  hosts:
    web1:
      backline_roles: [celery]
      app_name: app_name
      app_user: www-data
      app_source: project
      app_shared_paths: [django_logs]
      django_settings_module: project.settings
      supervisor_naming: plain
      celery_command: django-celery
      app_virtualenv: PATH/env
      app_directory: PATH/app/
      celery_log_file: PATH/app/django_logs/celeryd.log
"""
SEED = """\
[program:app_name_celery]
command=/path/to/env/bin/python manage.py celeryd -E -l info
directory=/path/to/app/
user=www-data
autostart=true
autorestart=true
stdout_logfile=/path/to/app/django_logs/celeryd.log
redirect_stderr=true
"""
SAFE_STOP = {"stopsignal": "TERM", "stopwaitsecs": "3600", "stopasgroup": "false", "killasgroup": "true"}
LOG_SIZE = {"stdout_logfile_maxbytes": "20971520", "stdout_logfile_backups": "5"}
LOCK = "celery==3.1.26.post2\ndjango-celery==3.3.1\n"


def rendered(hosts: str) -> dict[str, str]:
    """What `inv render --role celery` shows, by the names of the files."""
    inventory = write_inventory({"hosts.yml": hosts})
    roles = load_roles(OURS)
    settings = load_settings(inventory.hosts[0], inventory, declarations(roles), placeholder_facts())
    files = rendered_files(chosen(settings, ["celery"]), roles, LOCK)
    return {Path(file.path).name: file.text for file in files}


@pytest.fixture(autouse=True)
def in_a_folder_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_each_line_of_the_seed_is_there_and_nothing_but_what_makes_stopping_safe() -> None:
    block = rendered(HOSTS.replace("PATH", "/path/to"))["app_name_celery.conf"].splitlines()
    assert block[0] == SEED.splitlines()[0]
    for line in SEED.splitlines():
        assert line in block
    besides = dict(line.split("=", 1) for line in block if line not in SEED.splitlines())
    assert besides == {**SAFE_STOP, **LOG_SIZE}


def test_what_the_user_sets_is_in_the_environment_with_what_the_launcher_would_add() -> None:
    hosts = HOSTS.replace("PATH", "/path/to") + "      app_environment: {GREETING: hello}\n"
    block = rendered(hosts)["app_name_celery.conf"]
    assert "GREETING='hello'" in block
    assert "DJANGO_SETTINGS_MODULE='project.settings'" in block


def test_supervisor_s_own_parser_reads_what_was_meant(tmp_path: Path) -> None:
    user = pwd.getpwnam("nobody")  # the parser asks whether user and folders are there
    (tmp_path / "app" / "django_logs").mkdir(parents=True)
    text = rendered(HOSTS.replace("PATH", str(tmp_path)).replace("www-data", user.pw_name))["app_name_celery.conf"]
    (tmp_path / "main.conf").write_text("[supervisord]\n[include]\nfiles=included.conf\n")
    (tmp_path / "included.conf").write_text(text)
    options = ServerOptions()
    options.configfile = str(tmp_path / "main.conf")
    options.process_config(do_usage=False)
    (group,) = options.process_group_configs
    (process,) = group.process_configs
    assert process.name == "app_name_celery"
    assert process.command == f"{tmp_path}/env/bin/python manage.py celeryd -E -l info"
    assert process.directory == f"{tmp_path}/app/"
    assert process.uid == user.pw_uid
    assert (process.autostart, process.autorestart is not False, process.redirect_stderr) == (True, True, True)
    assert process.stdout_logfile == f"{tmp_path}/app/django_logs/celeryd.log"
    assert (process.stopwaitsecs, process.stopasgroup, process.killasgroup) == (3600, False, True)


def worker(plain: Plain | None, name: str = "celery", **options: object) -> Process:
    app = replace(shop(), plain=plain)
    made = CeleryWorker(**options)  # type: ignore[arg-type]
    celery = CelerySettings(app, SUPERVISOR, celery_command="django-celery", celery_workers={name: made})
    return next(iter(programs(celery, generation_of(Release(app, 43, "/venv")))))


def test_the_gate_asks_for_the_name_that_celery_gives_such_a_worker() -> None:
    assert "'celery@vm'" in str(worker(Plain()).gate)
    assert "djcelery.app" in str(worker(Plain()).gate)


def test_other_workers_are_named_and_told_what_their_variables_say() -> None:
    mail = worker(Plain(), "mail", queues=("mail",), concurrency=3, options=("--settings=shop.production",))
    words = ("-n", "mail@web1", "-c", "3", "-Q", "mail", "--settings=shop.production")
    assert mail.program.command[1:] == ("manage.py", "celeryd", "-E", "-l", "info", *words)
    assert "'mail@web1'" in str(mail.gate)


def test_with_generations_it_is_started_by_the_launcher_under_a_name_of_its_generation() -> None:
    process = worker(None)
    assert process.program.name == "shop-celery-celery-r43"
    assert process.program.command[0].endswith("/43/.backline/run")
    assert process.program.command[-2:] == ("-n", "celery-r43@web1")
    assert process.program.environment == {"HOME": shop().home}


def test_beat_leaves_no_pid_file_in_the_release() -> None:
    celery = CelerySettings(shop(), SUPERVISOR, celery_command="django-celery")
    beat = list(programs(celery, shop_generation()))[-1]
    assert beat.program.command[2:4] == ("manage.py", "celerybeat")
    assert beat.program.command[-1] == "--pidfile="


def test_several_workers_cannot_write_one_log() -> None:
    workers = {"celery": CeleryWorker(), "mail": CeleryWorker()}
    celery = CelerySettings(shop(), SUPERVISOR, celery_workers=workers, celery_log_file="/var/log/celeryd.log")
    with pytest.raises(ConfigurationError, match="celery, mail"):
        list(resources(celery))
