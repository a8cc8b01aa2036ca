"""Makes a release that has its code able to run: virtualenv, checks, static files, and the database's migrations."""

from __future__ import annotations

import time

from backline.agent.events import Event, Kind
from backline.agent.steps.check_deploy import CheckDeploy, Checked
from backline.agent.steps.compile_bytecode import CompileBytecode
from backline.agent.steps.migrate import Migrate
from backline.agent.steps.pending_migrations import PendingMigrations
from backline.agent.steps.run_in_release import RunInRelease
from backline.agent.steps.run_with_room import RunWithRoom
from backline.deploy.draft import Change, Draft
from backline.fleet.target import Target, expected
from backline.resources.dataclass import replace
from backline.resources.failure import Failure
from backline.resources.plan import Entry, Plan
from backline.resources.tool import Tool
from backline.resources.virtualenv import Virtualenv
from backline.resources.wheels import VIRTUALENV, VIRTUALENV_PROGRAM
from backline.resources.words import counted
from backline.settings.app import Release
from backline.settings.app_settings import AppSettings
from backline.settings.own_places import tool
from backline.settings.pins import is_older

SHOWS_WARNINGS = 'inv manage "check --deploy"'
OLDEST_OF_UV = (3, 8)
"""uv promises nothing for what is older, and Python 2 has no venv."""


def build_virtualenv(target: Target, draft: Draft) -> None:
    """The virtualenv of this interpreter and lock: reused where it is there, else built at its final path."""
    assert draft.source is not None
    change = draft.on(target.name)
    try:
        applied = target.apply(virtualenv_plan(change, draft.source.requirements))
    except Failure as failure:
        lock = target.settings.of(AppSettings).app_requirements
        failure.hint = failure.hint or f"mend {lock} in the project, and commit"
        raise
    if change.release.app.user:  # who may not write bytecode there
        target.perform(CompileBytecode(change.release.interpreter, change.release.directory))
    target.tally.virtualenv = "built" if applied.changed else "reused"
    target.session.remark(f"{target.tally.virtualenv} {change.release.virtualenv.rpartition('/')[2]}")


def virtualenv_plan(change: Change, requirements: str) -> Plan:
    """What makes a release's virtualenv; uv, or for an old Python a virtualenv that knows it, comes before."""
    app, state = change.release.app, change.stock.state
    wanted = Virtualenv(change.release.virtualenv, state.interpreter, requirements, uv=tool(app, "uv"))
    if not is_older(state.interpreter_version, OLDEST_OF_UV):
        return Plan((Entry(wanted),))
    maker = Tool(tool(app, "virtualenv"), names=(), requirements=VIRTUALENV, program=VIRTUALENV_PROGRAM)
    return Plan((Entry(maker), Entry(replace(wanted, virtualenv=maker.path))))


def check(target: Target, draft: Draft) -> None:
    """`manage.py check --deploy`: an ERROR refuses the release, warnings are counted, and told by --verbose."""
    if not target.settings.of(AppSettings).app_check:
        return
    release = draft.on(target.name).release
    question = CheckDeploy(release.launcher, release.interpreter, release.directory, user=release.app.user)
    checked = expected(target.perform(question), Checked)
    for issue in checked.issues:
        target.session.tell(Event(Kind.OUTPUT, time.time(), text=issue))
    told = f"{counted(checked.warnings, 'warning')}: {SHOWS_WARNINGS}"
    target.session.remark(told if checked.warnings else "no warnings")


def build_assets(target: Target, draft: Draft) -> None:
    """collectstatic, into the release's own folder."""
    if target.settings.of(AppSettings).app_collectstatic:
        release = draft.on(target.name).release
        collect = _manage(release, "collectstatic", "--noinput", "--verbosity", "0")
        target.perform(RunWithRoom(collect, release.static) if release.app.user else collect)


def migrate(target: Target, draft: Draft) -> None:
    """Apply the migrations; once, on one host."""
    if target.settings.of(AppSettings).app_migrate:
        change = draft.on(target.name)
        target.perform(Migrate(_manage(change.release, "migrate", "--noinput"), _live(change)))


def _live(change: Change) -> PendingMigrations | None:
    """Who can be asked which migrations the database has."""
    record = change.stock.live_release
    if record is None:
        return None
    release = Release(change.stock.settings.app, record.number, record.virtualenv)
    return PendingMigrations(release.launcher, release.interpreter, release.directory, user=release.app.user)


def _manage(release: Release, *arguments: str) -> RunInRelease:
    return RunInRelease(
        release.launcher,
        (release.interpreter, "manage.py", *arguments),
        release.directory,
        what=f"manage.py {arguments[0]}",
        user=release.app.user,
    )
