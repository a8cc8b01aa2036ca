"""Who wins when a variable is set twice: what ansible-inventory (core 2.19) printed for the same files."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.written_inventory import ONE_HOST, values, write_inventory


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


LEVELS = {
    "all inline": ("hosts.yml", "all"),
    "web inline": ("hosts.yml", "web"),
    "all file": ("group_vars/all.yml", ""),
    "web file": ("group_vars/web.yml", ""),
    "host inline": ("hosts.yml", "web1"),
    "host file": ("host_vars/web1.yml", ""),
}


@pytest.mark.parametrize("highest", LEVELS)
def test_the_highest_level_that_sets_a_variable_wins(highest: str) -> None:
    names = list(LEVELS)
    present = names[: names.index(highest) + 1]
    said = {name: f"who: {name}" if name in present else "" for name in names}
    hosts = (
        f"all: {{vars: {{{said['all inline']}}}, children: {{web: "
        f"{{vars: {{{said['web inline']}}}, hosts: {{web1: {{{said['host inline']}}}}}}}}}}}"
    )
    files = {LEVELS[name][0]: said[name] for name in names if name.endswith("file")}
    inventory = write_inventory({"hosts.yml": hosts, **files})
    assert values(inventory.host("web1")) == {"who": highest}


GROUPS = """
    all:
      children:
        web:
          vars: {who: parent}
          children:
            eu: {hosts: {web1: }, vars: {EU}}
            apac: {hosts: {web1: }, vars: {APAC}}
    """


@pytest.mark.parametrize(
    ("eu", "apac", "winner"),
    [
        ("who: eu", "other: 1", "eu"),  # a child beats its parent
        ("who: eu", "who: apac", "eu"),  # of two at the same depth the later by name wins
        ("who: eu", "who: apac, ansible_group_priority: 10", "apac"),  # unless one has the greater priority
        ("who: eu", "who: apac, ansible_group_priority: '10'", "apac"),
        ("other: 1", "other: 2", "parent"),
    ],
)
def test_groups_rank_by_depth_then_priority_then_name(eu: str, apac: str, winner: str) -> None:
    inventory = write_inventory({"hosts.yml": GROUPS.replace("EU", eu).replace("APAC", apac)})
    found = values(inventory.host("web1"))
    assert found["who"] == winner
    assert "ansible_group_priority" not in found


@pytest.mark.parametrize(
    ("files", "who"),
    [
        (["group_vars/all", "group_vars/all.yml", "group_vars/all.yaml", "group_vars/all.json"], "group_vars/all"),
        (["group_vars/all.yml", "group_vars/all.yaml"], "group_vars/all.yml"),
        (["group_vars/all.yaml", "group_vars/all.json"], "group_vars/all.yaml"),
        (["group_vars/all.json"], "group_vars/all.json"),
        (["group_vars/all/x.yml", "group_vars/all.yml"], "group_vars/all/x.yml"),
        (["group_vars/all/a.yml", "group_vars/all/b.yml"], "group_vars/all/b.yml"),
        (["group_vars/all/a.yml", "group_vars/all/b/c.yml"], "group_vars/all/b/c.yml"),
        (["group_vars/all/a.yml", "group_vars/all/z.yml~"], "group_vars/all/a.yml"),
        (["group_vars/all/a.yml", "group_vars/all/.z.yml"], "group_vars/all/a.yml"),
        (["group_vars/all/a.yml", "group_vars/all/z.txt"], "group_vars/all/a.yml"),
        (["group_vars/all/a.yml", "group_vars/all/z.d/z.yml"], "group_vars/all/a.yml"),
        (["group_vars/all/a.yml", "group_vars/all/z"], "group_vars/all/z"),
    ],
)
def test_of_a_names_files_those_count_that_ansible_reads(files: list[str], who: str) -> None:
    inventory = write_inventory({"hosts.yml": ONE_HOST, **{file: f'{{"who": "{file}"}}' for file in files}})
    assert values(inventory.host("web1")) == {"who": who}


def test_a_file_that_is_not_read_is_told() -> None:
    files = {"group_vars/all/x.yml": "a: 1", "group_vars/all.yml": "b: 1", "host_vars/web1.yml": "c: 1"}
    said = "inventory/group_vars/all.yml is not read, as with Ansible: all/ beside it is"
    assert write_inventory({"hosts.yml": ONE_HOST, **files}).passed_over == (said,)


def test_a_mapping_is_replaced_not_merged() -> None:
    files = {"group_vars/all.yml": "limits: {a: 1, b: 2}", "host_vars/web1.yml": "limits: {a: 3}"}
    assert values(write_inventory({"hosts.yml": ONE_HOST, **files}).host("web1")) == {"limits": {"a": 3}}


def test_ungrouped_hosts_have_the_variables_of_ungrouped() -> None:
    hosts = "all: {hosts: {lone: , web1: }, children: {web: {hosts: {web1: }}}}"
    inventory = write_inventory({"hosts.yml": hosts, "group_vars/ungrouped.yml": "who: ungrouped"})
    assert values(inventory.host("lone")) == {"who": "ungrouped"}
    assert values(inventory.host("web1")) == {}
    assert inventory.host("lone").groups == ("ungrouped",)
