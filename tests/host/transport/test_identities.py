"""Keys, agents, certificates and passwords: what is offered, in which order, and what is asked for how often."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Generator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from backline.resources.failure import Unreachable
from backline.resources.secret import Secret
from backline.settings.connection import ConnectionSettings
from backline.transport.access import Access
from backline.transport.ssh import open_ssh
from tests.host.openssh import OpenSSHServer, make_key, start_openssh
from tests.host.transport.people import PeoplesHost, Person, host_of

PASSWORD = Secret("pa ss'wörd")
PHRASE = "a long phrase"


@dataclass
class Asked:
    """Somebody who answers, and remembers the questions."""

    answers: list[str]
    questions: list[str] = field(default_factory=list)

    def secret(self, question: str) -> Secret | None:
        self.questions.append(question)
        return Secret(self.answers.pop(0)) if self.answers else None

    code = secret


@dataclass
class SSHAgent:
    folder: Path

    def add(self, key: Path) -> None:
        subprocess.run(["ssh-add", "-q", key], check=True, capture_output=True)


@pytest.fixture
def agent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Generator[SSHAgent]:
    """An agent of the test's own."""
    socket = tmp_path / "agent"
    process = subprocess.Popen(["ssh-agent", "-D", "-a", str(socket)], stdout=subprocess.PIPE)
    assert process.stdout is not None
    process.stdout.readline()  # it prints where it listens
    monkeypatch.setenv("SSH_AUTH_SOCK", str(socket))
    yield SSHAgent(tmp_path)
    process.terminate()
    process.wait()


@pytest.fixture(scope="module")
def strict(tmp_path_factory: pytest.TempPathFactory) -> Generator[OpenSSHServer]:
    """A server that refuses two and hangs up; it takes the certificates of an authority, too."""
    folder = tmp_path_factory.mktemp("strict")
    make_key(folder / "authority")
    server = start_openssh(folder, f"MaxAuthTries 2\nTrustedUserCAKeys {folder}/authority.pub\n")
    yield server
    server.stop()


def let_in(settings: ConnectionSettings, access: Access | None = None) -> None:
    stream = open_ssh(settings, "echo in", access)
    assert stream.read(10) == b"in\n"
    stream.close()


def refusal(settings: ConnectionSettings, access: Access | None = None) -> Unreachable:
    with pytest.raises(Unreachable) as caught:
        open_ssh(settings, "echo in", access)
    return caught.value


def admit(server: OpenSSHServer, public: str) -> Callable[[], None]:
    """Let a key in; returns what takes that back."""
    file = server.directory / "authorized_keys"
    before = file.read_text()
    file.write_text(before + public)

    def back() -> None:
        file.write_text(before)

    return back


@pytest.mark.parametrize("kind", ["ed25519", "ecdsa", "rsa"])
def test_keys_of_every_kind_are_taken(strict: OpenSSHServer, tmp_path: Path, kind: str) -> None:
    back = admit(strict, make_key(tmp_path / kind, kind))
    let_in(strict.changed(key_file=str(tmp_path / kind)))
    back()


@pytest.mark.parametrize("kind", ["ed25519", "ecdsa", "rsa"])
def test_a_passphrase_is_asked_for_once_a_run(strict: OpenSSHServer, tmp_path: Path, kind: str) -> None:
    back = admit(strict, make_key(tmp_path / kind, kind, PHRASE))
    asked = Asked(["wrong", PHRASE])
    access = Access(asked)
    for _ in range(3):
        let_in(strict.changed(key_file=str(tmp_path / kind)), access)
    back()
    assert len(asked.questions) == 2
    assert asked.questions[0] == f"passphrase of the key {tmp_path / kind}: "
    assert asked.questions[1].startswith("that was not it; ")


def test_three_wrong_passphrases_are_enough(strict: OpenSSHServer, tmp_path: Path) -> None:
    make_key(tmp_path / "locked", passphrase=PHRASE)
    asked = Asked(["a", "b", "c", PHRASE])
    failure = refusal(strict.changed(key_file=str(tmp_path / "locked")), Access(asked))
    assert "another passphrase than the 3" in failure.cause
    assert len(asked.questions) == 3


def test_nobody_is_asked_for_a_key_that_the_agent_has(strict: OpenSSHServer, agent: SSHAgent, tmp_path: Path) -> None:
    back = admit(strict, make_key(tmp_path / "plain"))
    agent.add(tmp_path / "plain")
    subprocess.run(["ssh-keygen", "-q", "-p", "-N", PHRASE, "-f", tmp_path / "plain"], check=True, capture_output=True)
    asked = Asked([])
    let_in(strict.changed(key_file=str(tmp_path / "plain")), Access(asked))
    let_in(strict.changed(key_file=str(tmp_path / "plain.pub")), Access(asked))  # as ssh: the agent has the rest
    back()
    assert asked.questions == []


def test_the_configured_key_comes_before_an_agent_full_of_others(
    strict: OpenSSHServer, agent: SSHAgent, tmp_path: Path
) -> None:
    for number in range(5):
        make_key(tmp_path / f"wrong{number}")
        agent.add(tmp_path / f"wrong{number}")
    let_in(strict.settings)

    failure = refusal(strict.changed(key_file=""))
    assert "hung up after it had refused" in failure.cause
    assert "MaxAuthTries" in failure.cause
    assert "IdentitiesOnly" in failure.hint


def test_identities_only_keeps_the_agent_out(strict: OpenSSHServer, agent: SSHAgent, tmp_path: Path) -> None:
    for name in ("wrong", "named"):
        make_key(tmp_path / name)
    agent.add(tmp_path / "wrong")
    failure = refusal(strict.changed(key_file=str(tmp_path / "named"), identities_only=True))
    assert failure.cause.endswith(f"it refused the key {tmp_path / 'named'}")


def test_the_usual_files_are_offered_where_nothing_is_named(
    strict: OpenSSHServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / ".ssh").mkdir()
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("SSH_AUTH_SOCK", raising=False)
    assert "there is no key to offer" in refusal(strict.changed(key_file="")).cause
    back = admit(strict, make_key(tmp_path / ".ssh/id_ecdsa", "ecdsa"))
    let_in(strict.changed(key_file=""))
    back()


@pytest.mark.parametrize("kind", ["ed25519", "ecdsa", "rsa"])
@pytest.mark.parametrize("where", ["beside the key", "named", "with the agent's key"])
def test_certificates_of_users_are_offered(
    strict: OpenSSHServer, agent: SSHAgent, tmp_path: Path, kind: str, where: str
) -> None:
    make_key(tmp_path / "key", kind)
    sign = ["ssh-keygen", "-q", "-s", str(strict.directory / "authority"), "-I", "test", "-n", strict.settings.user]
    subprocess.run([*sign, str(tmp_path / "key.pub")], check=True, capture_output=True)
    certificate = tmp_path / "key-cert.pub"
    settings = strict.changed(key_file=str(tmp_path / "key"))
    if where != "beside the key":
        certificate = certificate.rename(tmp_path / "elsewhere.pub")
        assert "it refused" in refusal(settings).cause
        settings = strict.changed(key_file=str(tmp_path / "key"), certificate_file=str(certificate))
    if where == "with the agent's key":
        agent.add(tmp_path / "key")
        (tmp_path / "key").unlink()
        settings = strict.changed(key_file=str(tmp_path / "key.pub"), certificate_file=str(certificate))
    let_in(settings)


@pytest.fixture(scope="module")
def people() -> Generator[PeoplesHost]:
    methods = "Match User twice\nAuthenticationMethods publickey,password\n"
    with host_of([Person("anna", PASSWORD.reveal()), Person("twice", PASSWORD.reveal())], methods) as host:
        yield host


def keyless(settings: ConnectionSettings, monkeypatch: pytest.MonkeyPatch, home: Path) -> ConnectionSettings:
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.delenv("SSH_AUTH_SOCK", raising=False)
    return settings


def test_a_password_lets_in(people: PeoplesHost, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    let_in(keyless(people.as_("anna", key_file="", password=PASSWORD), monkeypatch, tmp_path))


def test_a_password_is_tried_before_what_the_agent_happens_to_have(
    people: PeoplesHost, agent: SSHAgent, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(7):
        make_key(tmp_path / f"wrong{number}")
        agent.add(tmp_path / f"wrong{number}")
    monkeypatch.setenv("HOME", str(tmp_path))
    let_in(people.as_("anna", key_file="", password=PASSWORD))


def test_a_wrong_password_is_told_without_showing_it(
    people: PeoplesHost, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    settings = keyless(people.as_("anna", key_file="", password=Secret("guess")), monkeypatch, tmp_path)
    failure = refusal(settings)
    assert failure.cause.endswith("did not let anna in: it refused the password")
    assert "correct the password" in failure.hint
    assert "guess" not in f"{failure.cause}{failure.lines}{failure.hint}"


def test_whoever_has_only_a_password_is_told_of_ask_pass(
    people: PeoplesHost, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    failure = refusal(keyless(people.as_("anna", key_file=""), monkeypatch, tmp_path))
    assert "there is no key to offer" in failure.cause
    assert any(line.startswith("it takes: ") and "password" in line for line in failure.lines)
    assert "--ask-pass" in failure.hint


def test_a_host_may_want_key_and_password(people: PeoplesHost) -> None:
    let_in(people.as_("twice", password=PASSWORD))
    failure = refusal(people.as_("twice"))
    assert "what it asks for after the key" in failure.cause
    assert os.path.basename(people.server.settings.key_file) in failure.cause
