"""What a hosts file may say, the types that its values have, and where each of them stands."""

from __future__ import annotations

import datetime
from pathlib import Path

import pytest

from backline.inventory.load import load_inventory
from backline.inventory.variable import Unsafe
from backline.resources.origin import Origin
from tests.unit.written_inventory import ONE_HOST, values, write_inventory


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("yes", True),
        ("Off", False),
        ("0755", 493),
        ("2:30", 150),
        ("1e3", "1e3"),
        ("0o17", "0o17"),
        ("1_000", 1000),
        ("~", None),
        ("2026-01-02", datetime.date(2026, 1, 2)),
        ("'0755'", "0755"),
    ],
)
def test_values_have_the_types_of_yaml_1_1(written: str, value: object) -> None:
    inventory = write_inventory({"hosts.yml": ONE_HOST, "group_vars/all.yml": f"it: {written}"})
    assert values(inventory.host("web1")) == {"it": value}


def test_hosts_stand_in_the_order_of_the_file() -> None:
    hosts = """
        web: {hosts: {"web[01:03].example": }}
        all: {hosts: {"db-[a:c:2]": , solo: }}
        """
    inventory = write_inventory({"hosts.yml": hosts})
    names = ["web01.example", "web02.example", "web03.example", "db-a", "db-c", "solo"]
    assert [host.name for host in inventory.hosts] == names


def test_a_port_in_the_key_is_the_hosts_port() -> None:
    inventory = write_inventory({"hosts.yml": 'all: {hosts: {"web1:2222": , "[::1]:22": , "::2": }}'})
    assert [host.name for host in inventory.hosts] == ["web1", "::1", "::2"]
    assert values(inventory.host("web1")) == {"ansible_port": 2222}


def test_groups_know_their_hosts_and_hosts_their_groups() -> None:
    hosts = """
        all:
          children:
            web: {children: {eu: {hosts: {web1: }}, apac: {hosts: web2}}}
            db: {hosts: {db1: }}
        """
    inventory = write_inventory({"hosts.yml": hosts})
    assert inventory.host("web1").groups == ("eu", "web")
    assert inventory.groups["web"].hosts == ("web1", "web2")
    assert inventory.groups["all"].hosts == ("web1", "web2", "db1")
    assert inventory.groups["all"].children == ("web", "db", "ungrouped")
    magic = inventory.magic_variables(inventory.host("web1"))
    assert magic["inventory_hostname"] == "web1"
    assert magic["group_names"] == ["eu", "web"]
    assert magic["inventory_dir"] == str(Path.cwd() / "inventory")
    assert magic["groups"] == {
        "all": ["web1", "web2", "db1"],
        "ungrouped": [],
        "web": ["web1", "web2"],
        "eu": ["web1"],
        "apac": ["web2"],
        "db": ["db1"],
    }


def test_every_variable_and_what_is_in_it_knows_its_line() -> None:
    group_vars = """\
        # the site
        app_name: shop
        celery_workers:
          default:
            concurrency: 2
            queues:
              - mail
              - default
        app_name: shop2
        """
    inventory = write_inventory(
        {"hosts.yml": "all:\n  hosts:\n    web1:\n      x: 1\n", "group_vars/all.yml": group_vars}
    )
    variables = inventory.host("web1").variables
    assert variables["x"].origin == Origin("inventory/hosts.yml", 4)
    assert variables["app_name"].value == "shop2"  # the last of equal keys counts, as in Ansible
    assert variables["app_name"].origin == Origin("inventory/group_vars/all.yml", 9)
    workers = variables["celery_workers"]
    assert workers.origin.line == 3
    assert workers.origin_of(("default", "concurrency")).line == 5
    assert workers.origin_of(("default", "queues", 1)).line == 8
    assert workers.origin_of(("default", "absent")).line == 4


def test_an_inventory_outside_the_current_folder_is_named_by_its_whole_path(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    file = tmp_path / "elsewhere" / "hosts.yml"
    file.write_text("all: {hosts: {web1: {x: 1}}}")
    inventory = load_inventory(file)
    assert inventory.host("web1").variables["x"].origin == Origin("elsewhere/hosts.yml", 1)
    (tmp_path / "project").mkdir()
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(tmp_path / "project")
        assert load_inventory(file).host("web1").variables["x"].origin == Origin(str(file), 1)


def test_anchors_and_merged_keys_are_followed() -> None:
    text = "base: &base {a: 1, b: 2}\nweb:\n  <<: *base\n  b: 3\n"
    inventory = write_inventory({"hosts.yml": ONE_HOST, "group_vars/all.yml": text})
    assert values(inventory.host("web1"))["web"] == {"a": 1, "b": 3}


def test_unsafe_text_is_marked_however_deep() -> None:
    text = 'plain: !unsafe "{{ x }}"\ndeep: !unsafe {a: ["{{ x }}"]}\n'
    found = values(write_inventory({"hosts.yml": ONE_HOST, "group_vars/all.yml": text}).host("web1"))
    assert found == {"plain": "{{ x }}", "deep": {"a": ["{{ x }}"]}}
    assert isinstance(found["plain"], Unsafe)
    assert isinstance(found["deep"]["a"][0], Unsafe)  # type: ignore[index]
