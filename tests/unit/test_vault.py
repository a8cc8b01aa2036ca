"""Vaults of Ansible's own making, and ours: what is read, what stays hidden, and what is said where it cannot be read.

The files in vaults/ were made by ansible-vault of ansible-core 2.19; their passwords guard nothing else."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backline.inventory.ansible_configuration import configured_sources
from backline.inventory.inventory import InventoryHost
from backline.inventory.load import load_inventory
from backline.inventory.vault import Closed, Sealed, Vault, VaultPassword, encrypted
from backline.inventory.vault_password import vault_passwords
from backline.resources.failure import ConfigurationError
from backline.resources.secret import MASK, Secret
from backline.settings.connection import connection_settings
from backline.settings.expressions import Scope
from tests.unit.written_inventory import ONE_HOST

VAULTS = Path(__file__).with_name("vaults")
PASSWORD, OTHER = VAULTS / "password", VAULTS / "other-password"
BOTH = f"{PASSWORD},{OTHER}"
WHERE = "inventory/group_vars/all.yml:1: db_password"
HIDDEN = 'pass "word" ·ü'


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("ANSIBLE_VAULT_PASSWORD_FILE", "ANSIBLE_VAULT_IDENTITY_LIST"):
        monkeypatch.delenv(name, raising=False)
    Path("nothing.cfg").touch()
    monkeypatch.setenv("ANSIBLE_CONFIG", "nothing.cfg")  # not what the machine has


def nobody(question: str) -> Secret | None:
    return None


def host(file: str, opening: Vault) -> InventoryHost:
    """web1 of an inventory whose group_vars/all.yml is a file of vaults/."""
    Path("inventory/group_vars").mkdir(parents=True)
    Path("inventory/hosts.yml").write_text(ONE_HOST)
    shutil.copy(VAULTS / file, "inventory/group_vars/all.yml")
    return load_inventory(Path("inventory"), opening).host("web1")


def scope(file: str, passwords: str) -> Scope:
    return Scope(dict(host(file, Vault(lambda: vault_passwords(passwords, nobody))).variables))


def revealed(value: object) -> str:
    assert isinstance(value, Secret)
    return value.reveal()


def test_values_that_ansible_encrypted_are_read_and_stay_secret() -> None:
    found = scope("inline.yml", BOTH)
    assert revealed(found.value("db_password")) == HIDDEN
    assert revealed(found.value("labelled")) == "of another label"
    assert revealed(found.value("plain")) == f"{HIDDEN}@db"
    assert found.value("dsn") == ["a", {"key": 1}]
    assert HIDDEN not in repr(found.variables)


def test_of_a_file_that_ansible_encrypted_every_text_and_number_is_secret() -> None:
    found = scope("whole.yml", str(PASSWORD))
    assert revealed(found.value("db_password")) == "shop-secret"
    assert [revealed(found.value(name)) for name in ("db_user", "port")] == ["shop", "5432"]
    assert (found.value("on_call"), found.value("nothing")) == (True, None)
    assert str(found.value("nested")) == f"{{'key': [{MASK}, {MASK}]}}"


def test_it_is_known_what_is_to_be_hidden() -> None:
    opening = Vault(lambda: vault_passwords(BOTH, nobody))
    for file in ("inline.yml", "whole.yml"):
        shutil.rmtree("inventory", ignore_errors=True)
        found = Scope(dict(host(file, opening).variables))
        for name in found.variables:
            found.value(name)
    hidden = {HIDDEN, "of another label", "shop", "{{ db_user }}-secret", "5432", "one", "2"}
    assert set(opening.revealed) == hidden


def test_nobody_is_asked_before_something_encrypted_is_wanted() -> None:
    asked: list[str] = []

    def ask(question: str) -> Secret | None:
        asked.append(question)
        return Secret(PASSWORD.read_text().strip())

    Path("inventory/group_vars").mkdir(parents=True)
    Path("inventory/hosts.yml").write_text("all: {hosts: {sandbox: }, children: {prod: {hosts: {web1: }}}}")
    shutil.copy(VAULTS / "whole.yml", "inventory/group_vars/prod.yml")
    inventory = load_inventory(Path("inventory"), Vault(lambda: vault_passwords("", ask)))
    assert Scope(dict(inventory.host("sandbox").variables)).variables == {}
    assert asked == []
    for _ in range(2):
        assert revealed(Scope(dict(inventory.host("web1").variables)).value("db_user")) == "shop"
    assert asked == ["vault password: "]


@pytest.mark.parametrize(
    ("passwords", "said"),
    [
        ("", f"{WHERE} is encrypted, and nobody said the vault's password"),
        (str(OTHER), f"{WHERE} cannot be opened: this is not the vault's password, or the text was changed"),
        ("missing", "--vault-password-file: missing cannot be read: No such file or directory"),
        ("/dev/null", "--vault-password-file: /dev/null holds no password"),
    ],
)
def test_what_cannot_be_opened_is_told_with_file_and_line(passwords: str, said: str) -> None:
    with pytest.raises(ConfigurationError) as refused:
        scope("inline.yml", passwords).value("db_password")
    assert refused.value.cause == said


def test_the_password_file_is_found_as_ansible_finds_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANSIBLE_VAULT_PASSWORD_FILE", str(PASSWORD))
    assert revealed(scope("inline.yml", "").value("db_password")) == HIDDEN


@pytest.mark.parametrize(
    "line",
    [
        "vault_password_file = secret/word  ; of the shop",
        f"vault_password_file={PASSWORD}",
        f"vault_identity_list = other@{OTHER}, shop@secret/word",
        f"vault_identity_list = other@{OTHER}\nvault_password_file = secret/word",
        "vault_identity_list = shop@prompt",
        "vault_identity_list = shop@secret/keyring-client.sh",
    ],
)
def test_what_ansibles_configuration_says_is_heard(monkeypatch: pytest.MonkeyPatch, line: str) -> None:
    Path("secret").mkdir()
    shutil.copy(PASSWORD, "secret/word")
    client = Path("secret/keyring-client.sh")
    client.write_text(f"#!/bin/sh\n[ \"$*\" = '--vault-id shop' ] && cat '{PASSWORD}'\n")
    client.chmod(0o700)
    Path("ansible.cfg").write_text(f"[defaults]\n{line}\n[ssh_connection]\npipelining = %True\n")
    monkeypatch.delenv("ANSIBLE_CONFIG")
    asked: list[str] = []

    def ask(question: str) -> Secret | None:
        asked.append(question)
        return Secret(PASSWORD.read_text().strip())

    found = host("inline.yml", Vault(lambda: vault_passwords("", ask)))
    assert revealed(Scope(dict(found.variables)).value("db_password")) == HIDDEN
    assert asked == (["vault password (shop): "] if "prompt" in line else [])


def test_where_everybody_may_write_nobodys_configuration_is_heard(monkeypatch: pytest.MonkeyPatch) -> None:
    Path("ansible.cfg").write_text(f"[defaults]\nvault_password_file = {PASSWORD}\n")
    monkeypatch.setenv("ANSIBLE_CONFIG", "none.cfg")
    monkeypatch.setenv("HOME", "/nowhere")
    assert [one.place for one in configured_sources()] == [str(PASSWORD)]
    Path.cwd().chmod(0o777)
    assert str(PASSWORD) not in [one.place for one in configured_sources()]


def test_a_configuration_that_cannot_be_read_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    Path("nothing.cfg").write_text("vault_password_file\n")
    with pytest.raises(ConfigurationError, match=r"nothing\.cfg cannot be read"):
        vault_passwords("", nobody)
    monkeypatch.setenv("ANSIBLE_VAULT_IDENTITY_LIST", f"a@{OTHER},{PASSWORD}")
    assert [one.source for one in vault_passwords("", nobody)] == [str(OTHER), str(PASSWORD)]


def test_an_executable_password_file_is_run() -> None:
    program = Path("password-of-the-keyring")
    program.write_text(f"#!/bin/sh\necho; cat '{PASSWORD}'\n")
    program.chmod(0o700)
    assert revealed(scope("inline.yml", str(program)).value("db_password")) == HIDDEN
    program.write_text("#!/bin/sh\necho locked >&2; exit 3\n")
    with pytest.raises(ConfigurationError) as refused:
        vault_passwords(str(program), nobody)
    assert (refused.value.cause.endswith("ended with exit code 3"), refused.value.lines) == (True, ("locked",))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("$ANSIBLE_VAULT;1.1;AES\n61", "$ANSIBLE_VAULT;1.1;AES is no vault that Backline reads"),
        ("$ANSIBLE_VAULT;1.1;AES256\n6", "what stands below the vault's first line is not whole"),
        ("$ANSIBLE_VAULT;1.1;AES256\n61", "what stands below the vault's first line is not whole"),
    ],
)
def test_what_is_no_whole_vault_is_refused(text: str, said: str) -> None:
    with pytest.raises(ConfigurationError) as refused:
        Vault().opened(text, "it")
    assert refused.value.cause.startswith(f"it: {said}")


def test_what_is_no_text_is_refused() -> None:
    password = Secret("pw")
    text = encrypted("\udcff", password)
    with pytest.raises(Closed, match="it is no UTF-8 text when decrypted"):
        Vault(lambda: [VaultPassword(password, "here")]).opened(text, "it")


def test_a_changed_text_is_noticed() -> None:
    password = Secret("pw")
    sealed = Sealed.read(encrypted("text", password))
    changed = Sealed(sealed.salt, sealed.proof, bytes([sealed.encrypted[0] ^ 1]) + sealed.encrypted[1:])
    assert (sealed.opened(password), changed.opened(password)) == ("text", None)


@settings(max_examples=20, deadline=None)
@given(text=st.text(st.characters(codec="utf-8")), password=st.text(st.characters(codec="utf-8"), min_size=1))
def test_what_is_encrypted_is_read_again(text: str, password: str) -> None:
    assert (
        Vault(lambda: [VaultPassword(Secret(password), "here")]).opened(encrypted(text, Secret(password)), "it") == text
    )


def test_a_wrong_template_inside_is_refused_without_a_word_of_it() -> None:
    password = Secret("pw")
    text = "".join(f"  {line}\n" for line in encrypted("{{ 1 / 'hush' }}", password).splitlines())
    Path("inventory/group_vars").mkdir(parents=True)
    Path("inventory/hosts.yml").write_text(ONE_HOST)
    Path("inventory/group_vars/all.yml").write_text(f"it: !vault |\n{text}")
    vault = Vault(lambda: [VaultPassword(password, "here")])
    variables = load_inventory(Path("inventory"), vault).host("web1").variables
    with pytest.raises(ConfigurationError) as refused:
        Scope(dict(variables)).value("it")
    assert refused.value.cause.startswith("inventory/group_vars/all.yml:1: it cannot be rendered")
    assert "hush" not in f"{refused.value.cause}{refused.value.lines}"


def test_an_inventory_without_a_vault_imports_no_cryptography() -> None:
    program = (
        "import sys; from pathlib import Path; from backline.inventory.load import load_inventory\n"
        "load_inventory(Path('inventory')); print(sorted({'cryptography', 'subprocess'} & set(sys.modules)))"
    )
    Path("inventory").mkdir()
    Path("inventory/hosts.yml").write_text(ONE_HOST)
    environment = {**os.environ, "PYTHONPATH": str(VAULTS.parents[2])}
    done = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_a_closed_vault_is_told_at_once_and_alone() -> None:
    """Not once for each value that it holds, and not among what is wrong with them."""
    file = VAULTS / "inline.yml"
    Path("inventory/group_vars").mkdir(parents=True)
    Path("inventory/hosts.yml").write_text(ONE_HOST)
    text = (
        file.read_text().replace("db_password:", "ansible_password:").replace("labelled:", "ansible_become_password:")
    )
    Path("inventory/group_vars/all.yml").write_text(text)
    inventory = load_inventory(Path("inventory"))
    with pytest.raises(Closed) as refused:
        connection_settings(inventory.host("web1"), inventory)
    assert refused.value.cause.startswith("inventory/group_vars/all.yml:1: ansible_password is encrypted")
    assert refused.value.hint.startswith("add --vault-password-file FILE")
