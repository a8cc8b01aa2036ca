"""A host with releases on it, as a run finds it: made by what the runbook itself would write down."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from backline.agent.steps.read_app import AppState
from backline.commands.own_folders import OURS
from backline.commands.roles import load_roles
from backline.deploy.draft import Draft
from backline.deploy.git import Repository
from backline.deploy.order import Order
from backline.deploy.source import Source
from backline.deploy.stock import Stock
from backline.deploy.switching import live_record
from backline.resources.blobs import TreeFile
from backline.resources.process import Process
from backline.resources.records import GenerationRecord
from backline.resources.secret import Secret
from backline.roles.celery import CelerySettings
from backline.roles.nginx import NginxSettings
from backline.roles.web import WebSettings
from backline.settings.app import Plain
from backline.settings.app_settings import AppSettings
from backline.settings.settings import HostSettings, Settings
from tests.unit.shop import SUPERVISOR, shop

ORDER = Order(load_roles(OURS), "anna@laptop", "inv deploy --host web1", "2026-01-02T03:04:05Z")
LOCK = "celery==5.6.0\ngunicorn==23.0.0\n"
NOTHING = AppState(
    numbers=(),
    highest=0,
    releases=(),
    live=None,
    good=(),
    generations=(),
    programs=(),
    interpreter="/usr/bin/python3",
    interpreter_version="3.12.1",
    virtualenvs=(),
    journal=False,
    lock=None,
)
Variables = Mapping[str, object]


def host_settings(
    environment: Mapping[str, str | Secret] | None = None, plain: Plain | None = None, **variables: object
) -> HostSettings:
    """Every role that a release's processes come from; variables go to the role that declares them."""
    app = replace(shop(), environment=environment or {}, plain=plain)
    every: tuple[Settings, ...] = (
        AppSettings(app, SUPERVISOR, app_name="shop", app_source=".", django_settings_module="shop.settings"),
        CelerySettings(app, SUPERVISOR, celery_app="shop"),
        NginxSettings(app, SUPERVISOR),
        WebSettings(app, SUPERVISOR, web_application="shop.wsgi:application"),
    )
    chosen = [
        replace(one, **{name: value for name, value in variables.items() if hasattr(one, name)})  # type: ignore[arg-type]
        for one in every
    ]
    return HostSettings(app, SUPERVISOR, ("app", "celery", "web"), {type(one): one for one in chosen})


def a_source(tree: str = "tree", files: tuple[TreeFile, ...] = (), requirements: str = LOCK) -> Source:
    """A project at a commit; its repository is not looked at."""
    repository = Repository.__new__(Repository)
    repository.folder = Path("/nowhere")
    return Source(repository, "main", f"commit of {tree}", tree, files, requirements, dirty=False, left_out=())


def a_stock(settings: HostSettings | None = None, state: AppState = NOTHING) -> Stock:
    return Stock("web1", settings or host_settings(), state)


def after(draft: Draft) -> Stock:
    """The host when a draft has been deployed: live, proved, and nothing pruned."""
    change = draft.first
    state = change.stock.state
    generation = change.generation
    record = GenerationRecord(generation.label, generation.release.number, generation.attempt, change.processes)
    number = change.release.number
    return replace(
        change.stock,
        state=replace(
            state,
            numbers=tuple(sorted({*state.numbers, number})),
            highest=max(state.highest, number),
            releases=(*(item for item in state.releases if item.number != number), change.record),
            live=live_record(change),
            good=(*(good for good in state.good if good != number), number),
            generations=(*state.generations, record.to_json()),
        ),
    )


def pruned(stock: Stock, *numbers: int) -> Stock:
    """Without some releases; that they were good is not forgotten."""
    left = tuple(record for record in stock.state.releases if record.number not in numbers)
    return replace(stock, state=replace(stock.state, releases=left))


def with_variables(stock: Stock, **variables: object) -> Stock:
    """The same host with other variables in the inventory."""
    return replace(stock, settings=host_settings(**variables))  # type: ignore[arg-type]


def names(processes: Sequence[Process]) -> tuple[str, ...]:
    return tuple(process.program.name for process in processes)
