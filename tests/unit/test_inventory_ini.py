"""Hosts files in Ansible's INI format, beside what ansible-inventory makes of them."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from backline.inventory.load import load_inventory
from backline.resources.failure import ConfigurationError
from backline.resources.origin import Origin
from backline.resources.secret import Secret
from backline.settings.connection import connection_settings
from tests.unit.written_inventory import values, write_inventory

INIS = Path(__file__).with_name("inis")


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_hosts_groups_and_variables_are_those_of_ansible() -> None:
    """The JSON was printed by `ansible-inventory -i hosts --list` of ansible-core 2.19."""
    Path("inventory").mkdir()
    shutil.copy(INIS / "hosts", "inventory/hosts")
    inventory = load_inventory(Path("inventory"))
    told = json.loads((INIS / "hosts.json").read_text())
    assert {host.name: values(host) for host in inventory.hosts} == told.pop("_meta")["hostvars"]
    assert {name: set(group.children) for name, group in inventory.groups.items() if group.children} == {
        name: set(group["children"]) for name, group in told.items() if "children" in group
    }
    for name, group in told.items():
        if "hosts" in group:
            assert inventory.groups[name].hosts == tuple(group["hosts"])


def test_a_variable_knows_its_line_and_files_beside_it_count() -> None:
    inventory = write_inventory(
        {
            "hosts.ini": "[prod:children]\nweb\n[web]\nweb1 ansible_host=10.0.0.1\n"
            "[web:vars]\nansible_become=true\nx=1\n",
            "group_vars/prod.yml": "y: 2\n",
        }
    )
    host = inventory.host("web1")
    assert host.variables["ansible_host"].origin == Origin("inventory/hosts.ini", 4)
    assert host.variables["x"].origin == Origin("inventory/hosts.ini", 7)
    assert (host.groups, host.variables["y"].value) == (("prod", "web"), 2)
    assert [found.name for found in inventory.match("prod")] == ["web1"]
    settings = connection_settings(host, inventory)
    assert (settings.host, settings.become) == ("10.0.0.1", True)


def test_where_text_is_wanted_a_number_is_the_text_that_stands_there() -> None:
    """INI knows no types, and quotes make no text of a number there; Ansible takes it as text as well."""
    words = 'ansible_user=1001 ansible_host=007 ansible_password="0123" ansible_port=2222 ansible_become_user=1.50'
    inventory = write_inventory({"hosts": f"web1 {words}\n[all:vars]\nansible_become_password=1e3\n"})
    settings = connection_settings(inventory.host("web1"), inventory)
    assert (settings.user, settings.host, settings.port, settings.become_user) == ("1001", "007", 2222, "1.50")
    assert (settings.password, settings.become_password) == (Secret("0123"), Secret("1e3"))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[web", "1: [web is no section; [web], [web:vars] and [web:children] are"),
        ("[web:var]", "1: [web:var] is no section; [web], [web:vars] and [web:children] are"),
        ("[web]\nweb1 two words", "2: behind a host stand variables, name=value, and two is none"),
        ("[web]\nweb1 a='x", "2: web1 a='x: no closing quotation"),
        ("[web]\n[web:vars]\nalone", "3: a variable should be here, name=value"),
        ("[prod:children]\nweb", "2: there is no group called web"),
        ("[web:vars]\na=1", "1: there is no group called web"),
        ("[web]\nweb1:", "2: the name of a host does not end in a colon: web1:"),
        ("[web]\nweb[2:1]", "2: the range in web[2:1] is empty"),
        ("[web]\n[web:vars]\nansible_group_priority=x", "3: ansible_group_priority must be a whole number"),
    ],
)
def test_a_wrong_line_is_told(text: str, said: str) -> None:
    with pytest.raises(ConfigurationError) as refused:
        write_inventory({"hosts": text})
    assert refused.value.cause == f"inventory/hosts:{said}"


@pytest.mark.parametrize(
    "text", ["all:\n  hosts:\n    web1:\n", "---\nall: {hosts: {web1: }}", "# c\nall: {hosts: web1}"]
)
def test_a_file_without_an_ending_may_be_yaml_too(text: str) -> None:
    assert [host.name for host in write_inventory({"hosts": text}).hosts] == ["web1"]
