"""Makes a release that has its code able to run: virtualenv, checks, static files, and the database's migrations."""

from __future__ import annotations

from backline.agent.steps.check_deploy import CheckDeploy, Checked
from backline.agent.steps.migrate import Migrate
from backline.agent.steps.pending_migrations import PendingMigrations
from backline.agent.steps.run_in_release import RunInRelease
from backline.deploy.draft import Change, Draft
from backline.fleet.target import Target, expected
from backline.resources.failure import Failure
from backline.resources.plan import Entry, Plan
from backline.resources.virtualenv import Virtualenv
from backline.resources.words import counted
from backline.settings.app import Release
from backline.settings.app_settings import AppSettings
from backline.settings.rootless import tool


def build_virtualenv(target: Target, draft: Draft) -> None:
    """The virtualenv of this interpreter and lock: reused where it is there, else built at its final path."""
    assert draft.source is not None
    change = draft.on(target.name)
    virtualenv = Virtualenv(
        change.release.virtualenv,
        python=change.stock.state.interpreter,
        requirements=draft.source.requirements,
        uv=tool(change.release.app, "uv"),
    )
    try:
        applied = target.apply(Plan((Entry(virtualenv),)))
    except Failure as failure:
        lock = target.settings.of(AppSettings).app_requirements
        failure.hint = failure.hint or f"mend {lock} in the project, and commit"
        raise
    target.tally.virtualenv = "built" if applied.changed else "reused"
    target.session.remark(f"{target.tally.virtualenv} {change.release.virtualenv.rpartition('/')[2]}")


def check(target: Target, draft: Draft) -> None:
    """`manage.py check --deploy`: an ERROR refuses the release, warnings are counted."""
    if not target.settings.of(AppSettings).app_check:
        return
    release = draft.on(target.name).release
    checked = expected(target.perform(CheckDeploy(release.launcher, release.interpreter, release.directory)), Checked)
    target.session.remark(counted(checked.warnings, "warning") if checked.warnings else "no warnings")


def build_assets(target: Target, draft: Draft) -> None:
    """collectstatic, into the release's own folder."""
    if target.settings.of(AppSettings).app_collectstatic:
        target.perform(_manage(draft.on(target.name).release, "collectstatic", "--noinput", "--verbosity", "0"))


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
    return PendingMigrations(release.launcher, release.interpreter, release.directory)


def _manage(release: Release, *arguments: str) -> RunInRelease:
    return RunInRelease(
        release.launcher,
        (release.interpreter, "manage.py", *arguments),
        release.directory,
        what=f"manage.py {arguments[0]}",
    )
