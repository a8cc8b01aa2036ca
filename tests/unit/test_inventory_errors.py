"""What is refused in an inventory, word by word, and what a pattern means."""

from __future__ import annotations

from pathlib import Path

import pytest

from backline.inventory.load import load_inventory
from backline.resources.failure import ConfigurationError
from tests.unit.written_inventory import ONE_HOST, write_inventory


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


WRONG_HOSTS = {
    "all: [": "inventory/hosts.yml:1: this is not YAML: expected the node content, but found '<stream end>'",
    "all:\n  hosts: {web1: }\n a: b": "inventory/hosts.yml:3: this is not YAML: expected <block end>, but found "
    "'<block mapping start>'",
    "": "inventory/hosts.yml: groups of hosts should be here",
    "web1": "inventory/hosts.yml: groups of hosts should be here",
    "all: web1": "inventory/hosts.yml:1: a group has `hosts:`, `children:` and `vars:`",
    "all: {hosts: [web1]}": "inventory/hosts.yml:1: hosts is a mapping: each name followed by a colon",
    "all: {vars: x}": "inventory/hosts.yml:1: vars is a mapping: each name followed by a colon",
    "all: {vars: {1: x}}": "inventory/hosts.yml:1: the name of a variable is text, not 1",
    "all:\n  web:\n    hosts: {a: }": "inventory/hosts.yml:2: a group has hosts, children and vars, not web",
    "all:\n  hosts:\n    10: ": 'inventory/hosts.yml:3: the name of a host is text: write "10"',
    "2026: {hosts: {a: }}": 'inventory/hosts.yml:1: the name of a group is text: write "2026"',
    "all: {hosts: {web1: x}}": "inventory/hosts.yml:1: the variables of web1 are a mapping, `name: value` a line",
    "all: {hosts: {'web[5:1]': }}": "inventory/hosts.yml:1: the range in web[5:1] is empty",
    "all: {hosts: {'web[01:3]': }}": "inventory/hosts.yml:1: both ends of [01:3] need the same number of digits",
    "all: {hosts: {'web[1:]': }}": "inventory/hosts.yml:1: a range is [begin:end] or [begin:end:step], not [1:]",
    "all: {hosts: {'web[a:3]': }}": "inventory/hosts.yml:1: a range goes from number to number or from letter to "
    "letter, not [a:3]",
    "a: {children: {b: {children: {a: }}}}": "inventory/hosts.yml: a group is its own child: a → b → a",
    "a: {vars: {ansible_group_priority: x}}": "inventory/hosts.yml:1: ansible_group_priority must be a whole number",
}


@pytest.mark.parametrize(("text", "said"), WRONG_HOSTS.items())
def test_a_wrong_hosts_file_is_refused_with_its_line(text: str, said: str) -> None:
    with pytest.raises(ConfigurationError) as refused:
        write_inventory({"hosts.yml": text})
    assert refused.value.cause == said


WRONG_VARIABLES = {
    "a: b: c": "inventory/group_vars/all.yml:1: this is not YAML: mapping values are not allowed here",
    "a: 1\n---\nb: 2": "inventory/group_vars/all.yml:2: this is not YAML: but found another document",
    "a: !foo 1": "inventory/group_vars/all.yml:1: this is not YAML: could not determine a constructor for the tag "
    "'!foo'",
    "- a": "inventory/group_vars/all.yml:1: variables should be here, `name: value` a line",
    "[a]: 1": "inventory/group_vars/all.yml:1: a list or a mapping cannot be a key",
    "a: 1\nb: [2026-13-45]": "inventory/group_vars/all.yml:2: YAML takes this for a date or a number, and it is none",
    "2026-02-30: a": "inventory/group_vars/all.yml:1: YAML takes this for a date or a number, and it is none",
    "a: !!int x": "inventory/group_vars/all.yml:1: YAML takes this for a date or a number, and it is none",
    "a: &a [*a]": "inventory/group_vars/all.yml:1: this contains itself",
    "a: \x01": "inventory/group_vars/all.yml: this is not YAML: unacceptable character #x0001: special characters are "
    'not allowed\n  in "<unicode string>", position 3',
}


@pytest.mark.parametrize(("text", "said"), WRONG_VARIABLES.items())
def test_a_wrong_file_of_variables_is_refused_with_its_line(text: str, said: str) -> None:
    with pytest.raises(ConfigurationError) as refused:
        write_inventory({"hosts.yml": ONE_HOST, "group_vars/all.yml": text})
    assert refused.value.cause == said


def test_what_is_not_text_is_refused() -> None:
    Path("inventory").mkdir()
    Path("inventory/hosts.yml").write_bytes(b"all: \xff")
    with pytest.raises(ConfigurationError) as refused:
        load_inventory(Path("inventory"))
    assert refused.value.cause == "inventory/hosts.yml is not UTF-8 text (byte 6)"


def test_a_missing_inventory_is_named_with_a_way_out() -> None:
    with pytest.raises(ConfigurationError) as refused:
        load_inventory(Path("inventory"))
    assert refused.value.cause == "there is no inventory at inventory"
    assert refused.value.hint == "name the right one with --inventory, or begin one with inventory/hosts.yml"


def test_a_folder_needs_one_hosts_file_and_no_more() -> None:
    Path("inventory").mkdir()
    with pytest.raises(ConfigurationError, match=r"^inventory has no hosts.yml, hosts.yaml, hosts or hosts.ini$"):
        load_inventory(Path("inventory"))
    with pytest.raises(ConfigurationError, match="^inventory has hosts.yml and hosts: keep one of them$"):
        write_inventory({"hosts.yml": ONE_HOST, "hosts": ONE_HOST})


FLEET = "all: {children: {web: {hosts: {web1: , web2: }}, db: {hosts: {db1: }}, empty: }}"


@pytest.mark.parametrize(
    ("pattern", "names"),
    [
        ("all", ["web1", "web2", "db1"]),
        ("web", ["web1", "web2"]),
        ("db1", ["db1"]),
        ("db, web2 ,web2", ["web2", "db1"]),
    ],
)
def test_a_pattern_means_hosts_in_inventory_order(pattern: str, names: list[str]) -> None:
    assert [host.name for host in write_inventory({"hosts.yml": FLEET}).match(pattern)] == names


@pytest.mark.parametrize(
    ("pattern", "said"),
    [
        ("wbe1", 'no host or group is called "wbe1"; did you mean web1?'),
        ("xyzzy", 'no host or group is called "xyzzy"'),
        ("empty", 'no host is in "empty"'),
        (" , ", "the pattern of hosts is empty"),
    ],
)
def test_a_pattern_that_means_nobody_is_refused(pattern: str, said: str) -> None:
    with pytest.raises(ConfigurationError) as refused:
        write_inventory({"hosts.yml": FLEET}).match(pattern)
    assert refused.value.cause == said
    assert refused.value.lines == ("hosts: web1, web2, db1", "groups: all, ungrouped, web, db, empty")
