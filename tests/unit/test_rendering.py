"""What `inv render` shows of a host: its files to the letter, without a secret, under the name of no release."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from backline.commands.own_folders import OURS
from backline.commands.roles import declarations, load_roles
from backline.deploy.rendering import AnyNumber, RenderedFile, rendered_files
from backline.deploy.role import chosen
from backline.resources.secret import Secret
from backline.roles.redis import RedisSettings
from backline.settings.app_settings import AppSettings
from backline.settings.load import load_settings
from backline.settings.placeholder_facts import placeholder_facts
from backline.settings.settings import HostSettings
from tests.unit.written_inventory import write_inventory

HOSTS = """\
all:
  hosts:
    web1:
      backline_rootless: true
      app_name: shop
      app_source: shop
      django_settings_module: shop.settings
      celery_app: shop
      web_application: shop.wsgi:application
"""


@pytest.fixture(autouse=True)
def in_a_folder_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def settings_of_web1(hosts: str = HOSTS) -> HostSettings:
    inventory = write_inventory({"hosts.yml": hosts})
    found = load_settings(inventory.hosts[0], inventory, declarations(load_roles(OURS)), placeholder_facts())
    environment: dict[str, str | Secret] = {"SHOP_GREETING": "it's tea", "SHOP_KEY": Secret("do not tell")}
    return replace(found, app=replace(found.app, environment=environment))


def rendered(settings: HostSettings) -> dict[str, RenderedFile]:
    return {Path(file.path).name: file for file in rendered_files(settings, load_roles(OURS), "celery==5.4.0\n")}


def test_a_secret_is_dots_and_its_neighbour_can_be_read() -> None:
    files = rendered(settings_of_web1())
    assert files["env"].text == "SHOP_GREETING='it'\\''s tea'\nSHOP_KEY='••••'\n"
    assert files["env"].mode == 0o600
    assert not [file for file in files.values() if "do not tell" in file.text]


def test_as_root_files_are_root_s_and_the_environment_is_its_group_s_too() -> None:
    settings = settings_of_web1(HOSTS.replace("backline_rootless: true", "backline_rootless: false"))
    redis = replace(settings.of(RedisSettings), redis_password=Secret("geheim"))
    files = rendered(replace(settings, by_type={**settings.by_type, RedisSettings: redis}))
    assert {file.owner for file in files.values()} == {"root"}
    assert (files["env"].path, files["env"].mode) == ("/srv/shop/releases/N/.backline/env", 0o640)
    assert "geheim" not in files["backline.conf"].text
    assert files["shop-web-rN.conf"].path == "/etc/supervisor/conf.d/shop-web-rN.conf"


def test_releases_stand_as_rn() -> None:
    web = rendered(settings_of_web1())["shop-web-rN.conf"]
    assert web.text.startswith("[program:shop-web-rN]\ncommand=/home/deploy/shop/releases/N/.backline/run ")
    assert f"{AnyNumber()}" == str(AnyNumber()) == "N"


def test_a_role_is_shown_with_its_programs_alone() -> None:
    settings = settings_of_web1()
    assert list(rendered(chosen(settings, ["web"]))) == ["shop-web-rN.conf"]
    assert "supervisord.conf" in rendered(chosen(settings, ["supervisor"]))
    assert set(rendered(chosen(settings, ["app"]))) == {"env", "run", "requirements.txt"}
    assert settings.of(AppSettings).app_name == "shop"
