"""How a host is reached, by Ansible's names."""

from __future__ import annotations

from pathlib import Path

import pytest

from backline.resources.failure import ConfigurationError
from backline.resources.secret import Secret
from backline.settings.connection import ConnectionSettings, connection_settings
from tests.unit.written_inventory import write_inventory


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", "/home/anna")


def connection(text: str) -> ConnectionSettings:
    inventory = write_inventory({"hosts.yml": "all: {hosts: {web1: }}", "host_vars/web1.yml": text})
    return connection_settings(inventory.host("web1"), inventory)


def test_a_host_of_which_nothing_is_said_is_reached_by_its_name() -> None:
    assert connection("") == ConnectionSettings(connection="ssh", host="web1")


def test_everything_that_may_be_said_is_heard() -> None:
    said = """
        ansible_connection: local
        ansible_host: 127.0.0.1
        ansible_port: "{{ base + 22 }}"
        base: 2200
        ansible_user: deploy
        ansible_ssh_private_key_file: ~/.ssh/key
        ansible_ssh_common_args: -o UserKnownHostsFile=~/known -o "ProxyJump bastion"
        ansible_password: pw
        ansible_ssh_timeout: 3
        ansible_python_interpreter: /usr/bin/python3.12
        ansible_become: yes
        ansible_become_user: app
        ansible_become_method: su
        ansible_become_password: "{{ ansible_password }}2"
        backline_one_flight: no
        backline_unreachable_hint: inv sandbox.up
        """
    assert connection(said) == ConnectionSettings(
        connection="local",
        host="127.0.0.1",
        port=2222,
        user="deploy",
        key_file="/home/anna/.ssh/key",
        known_hosts_file="/home/anna/known",
        proxy_jump="bastion",
        password=Secret("pw"),
        timeout=3,
        python="/usr/bin/python3.12",
        become=True,
        become_user="app",
        become_method="su",
        become_password=Secret("pw2"),
        one_flight=False,
        unreachable_hint="inv sandbox.up",
    )


@pytest.mark.parametrize(
    ("said", "attribute", "value"),
    [
        ("ansible_host: a\nansible_ssh_host: b", "host", "b"),  # the order of Ansible's own ssh plugin
        ("ansible_private_key_file: a\nansible_ssh_private_key_file: b", "key_file", "b"),
        ("ansible_ssh_common_args: -p 2222 -i k -Jx", "port", 2222),
        ("ansible_ssh_common_args: -p 2222\nansible_port: 22", "port", 22),
        ("ansible_ssh_common_args: -J a\nansible_ssh_extra_args: -J b", "proxy_jump", "a"),
        ("ansible_ssh_common_args: -oIdentityFile=k", "key_file", "k"),
        ("ansible_connection: smart", "connection", "ssh"),
        ("ansible_python_interpreter: auto_silent", "python", ""),
        ("ansible_python_interpreter: /usr/bin/env python3.12", "python", "python3.12"),
        ("ansible_port: '{{ ssh_port }}'\nssh_port: '2222'", "port", 2222),
        ("ansible_ssh_timeout: '30'", "timeout", 30),
        ("ansible_host: '{{ inventory_hostname }}.example'", "host", "web1.example"),
        ("ansible_port: '2222'", "port", 2222),
        ("there: '2222'\nansible_port: '{{ there }}'", "port", 2222),
    ],
)
def test_where_several_words_say_one_thing(said: str, attribute: str, value: object) -> None:
    assert getattr(connection(said), attribute) == value


@pytest.mark.parametrize(
    ("said", "cause"),
    [
        ("ansible_port: ssh", 'ansible_port must be a whole number, but is "ssh"'),
        (
            "ansible_connection: docker",
            'ansible_connection must be one of ssh, local, smart, paramiko, paramiko_ssh, but is "docker"',
        ),
        (
            "ansible_ssh_common_args: -o ForwardAgent=yes",
            "ansible_ssh_common_args: -o ForwardAgent=yes is not something that Backline passes to SSH",
        ),
        ("ansible_ssh_common_args: -v", "ansible_ssh_common_args: -v is not something that Backline passes to SSH"),
        ("ansible_ssh_common_args: -J", "ansible_ssh_common_args: nothing follows -J"),
        ("ansible_ssh_common_args: -p x", "ansible_ssh_common_args: the port x is not a number"),
        ("ansible_ssh_common_args: -i 'x", "ansible_ssh_common_args: its quotes do not match (No closing quotation)"),
        ("ansible_host: '{{ nobody }}'", "ansible_host uses nobody, which is not set"),
        ("ansible_become_method: doas", 'ansible_become_method must be one of sudo, su, but is "doas"'),
    ],
)
def test_what_cannot_be_followed_is_refused_with_its_line(said: str, cause: str) -> None:
    with pytest.raises(ConfigurationError) as refused:
        connection(said)
    assert (refused.value.cause, refused.value.host) == (f"inventory/host_vars/web1.yml:1: {cause}", "web1")


def test_all_that_is_wrong_is_told_at_once() -> None:
    with pytest.raises(ConfigurationError) as refused:
        connection("ansible_port: x\nansible_ssh_args: -v\n")
    assert refused.value.cause == "2 things are wrong with how to reach it"
    assert refused.value.lines == (
        'inventory/host_vars/web1.yml:1: ansible_port must be a whole number, but is "x"',
        "inventory/host_vars/web1.yml:2: ansible_ssh_args: -v is not something that Backline passes to SSH",
    )
