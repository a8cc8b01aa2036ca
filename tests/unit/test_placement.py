"""What runs on some hosts only is placed among all hosts of the app, whichever of them a run is for."""

from __future__ import annotations

import textwrap
from pathlib import Path

import pytest

from backline.commands.host_settings import checked_settings, other_hosts
from backline.commands.own_folders import OURS
from backline.commands.roles import load_roles
from backline.commands.site import Site
from backline.roles.celery import CelerySettings

ROLES = load_roles(OURS)
HOSTS = """
    all:
      hosts:
        sandbox: {backline_roles: [celery]}
      children:
        prod:
          children:
            web: {hosts: {h1: {backline_roles: [web]}}}
            workers: {hosts: {h2: , h3: }}
        staging: {hosts: {s1: }}
        other: {hosts: {o1: {app_name: blog}, h2: }}
    """
VARIABLES = """
    app_name: shop
    app_source: .
    django_settings_module: shop.settings
    web_application: shop.wsgi:application
    celery_app: shop
    backline_rootless: true
    """


def site(folder: Path, host: str, more: str = "") -> Site:
    (folder / "group_vars").mkdir()
    (folder / "hosts.yml").write_text(textwrap.dedent(HOSTS))
    (folder / "group_vars/all.yml").write_text(textwrap.dedent(VARIABLES) + more)
    return Site(folder, host, str(folder))


def beats(site: Site) -> dict[str, str]:
    """Where each host of the run believes beat to be."""
    every = [settings for settings in checked_settings(site, ROLES) if "celery" in settings.roles]
    return {settings.app.host: settings.of(CelerySettings).celery_beat_host for settings in every}


@pytest.mark.parametrize(
    ("host", "beat", "others"),
    [
        ("prod", {"h2": "h2", "h3": "h2"}, ()),
        ("h3", {"h3": "h2"}, ("h1", "h2")),
        ("workers", {"h2": "h2", "h3": "h2"}, ("h1",)),
        ("h1", {}, ("h2", "h3")),
        ("staging", {"s1": "s1"}, ()),
        ("sandbox", {"sandbox": "sandbox"}, ()),
    ],
)
def test_the_largest_group_that_holds_the_named_hosts_is_where_the_app_is(
    tmp_path: Path, host: str, beat: dict[str, str], others: tuple[str, ...]
) -> None:
    named = site(tmp_path, host)
    assert beats(named) == beat
    assert other_hosts(named, ROLES) == others


def test_app_hosts_says_it_where_groups_do_not(tmp_path: Path) -> None:
    named = site(tmp_path, "h3", "app_hosts: staging,workers\n")
    assert beats(named) == {"h3": "h2"}
    assert other_hosts(named, ROLES) == ("h2", "s1")


def test_a_worker_on_a_host_that_is_left_out_is_no_error(tmp_path: Path) -> None:
    named = site(tmp_path, "h3", "celery_workers: {mail: {hosts: h2}, rest: {hosts: h3}}\n")
    (own,) = checked_settings(named, ROLES)
    assert list(own.of(CelerySettings).celery_workers) == ["rest"]


def test_hosts_of_another_app_or_another_way_do_not_count(tmp_path: Path) -> None:
    named = site(tmp_path, "o1")
    assert beats(named) == {"o1": "o1"}
    assert other_hosts(named, ROLES) == ()
