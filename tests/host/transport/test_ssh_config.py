"""`~/.ssh/config` as people write it, against a real server; held against `ssh -G` where ssh can say what it reads."""

from __future__ import annotations

import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from backline.resources.failure import ConfigurationError, Unreachable
from backline.settings.connection import ConnectionSettings
from backline.transport.access import Access
from backline.transport.destination import Destination
from backline.transport.ssh import open_ssh
from backline.transport.ssh_config import leads_elsewhere
from tests.host.openssh import OpenSSHServer, free_port, make_key, run_sshd, start_openssh

BARE = ConnectionSettings(connection="ssh", host="shop")


def settings_in(folder: Path, text: str, **changes: str | int) -> ConnectionSettings:
    """A host of which the inventory says only its name, and a configuration that says the rest."""
    (folder / "config").write_text(text)
    return replace(BARE, configuration=str(folder / "config"), **changes)  # type: ignore[arg-type]


def reach(server: OpenSSHServer, more: str = "") -> str:
    own = server.settings
    return (
        f"Host shop\n HostName 127.0.0.1\n Port {server.port}\n User {own.user}\n IdentityFile {own.key_file}\n"
        f" UserKnownHostsFile {own.known_hosts_file}\n IdentitiesOnly yes\n{more}"
    )


def answers(settings: ConnectionSettings) -> bool:
    stream = open_ssh(settings, "echo in")
    try:
        return stream.read(10) == b"in\n"
    finally:
        stream.close()


def test_a_name_of_the_configuration_is_all_it_takes(openssh_server: OpenSSHServer, tmp_path: Path) -> None:
    assert answers(settings_in(tmp_path, reach(openssh_server)))


def test_the_inventory_has_the_first_word(openssh_server: OpenSSHServer, tmp_path: Path) -> None:
    wrong = (
        reach(openssh_server).replace(f"Port {openssh_server.port}", f"Port {free_port()}").replace("User ", "User x")
    )
    own = openssh_server.settings
    assert answers(settings_in(tmp_path, wrong, port=own.port, user=own.user))


def test_include_and_match_are_followed(openssh_server: OpenSSHServer, tmp_path: Path) -> None:
    (tmp_path / "more").mkdir()
    (tmp_path / "more/one").write_text(reach(openssh_server))
    text = f"Include {tmp_path}/more/*\nHost other\nHostName 192.0.2.1\n"
    assert answers(settings_in(tmp_path, text))
    matched = reach(openssh_server).replace("Host shop", "Match originalhost shop")
    assert answers(settings_in(tmp_path, matched))


def test_proxy_jump_goes_through_a_host_of_the_configuration(openssh_server: OpenSSHServer, tmp_path: Path) -> None:
    text = reach(openssh_server) + " ProxyJump gate\n" + reach(openssh_server).replace("Host shop", "Host gate")
    before = openssh_server.log().count("Accepted publickey")
    assert answers(settings_in(tmp_path, text))
    assert openssh_server.log().count("Accepted publickey") == before + 2


def test_a_hop_under_every_host_is_not_reached_through_itself(openssh_server: OpenSSHServer, tmp_path: Path) -> None:
    own = openssh_server.settings
    text = f"{reach(openssh_server)}Host gate\n HostName 127.0.0.1\nHost *\n ProxyJump gate\n Port {own.port}\n"
    text += f" User {own.user}\n IdentityFile {own.key_file}\n UserKnownHostsFile {own.known_hosts_file}\n"
    assert answers(settings_in(tmp_path, text))


def test_proxy_command_carries_the_line(openssh_server: OpenSSHServer, tmp_path: Path) -> None:
    (tmp_path / "carry").write_text(
        "import os, socket, sys, threading\n"
        "line = socket.create_connection((sys.argv[1], int(sys.argv[2])))\n"
        "def up():\n"
        "    while data := os.read(0, 65536):\n"
        "        line.sendall(data)\n"
        "threading.Thread(target=up, daemon=True).start()\n"
        "while data := line.recv(65536):\n"
        "    os.write(1, data)\n"
    )
    text = reach(openssh_server, f" ProxyCommand python3 {tmp_path}/carry %h %p\n")
    assert answers(settings_in(tmp_path, text))
    own = settings_in(tmp_path, reach(openssh_server), proxy_command=f"python3 {tmp_path}/carry %h %p")
    assert answers(own)


def test_a_proxy_command_that_fails_has_the_last_word(openssh_server: OpenSSHServer, tmp_path: Path) -> None:
    text = reach(openssh_server, " ProxyCommand sh -c 'echo the tunnel is closed today >&2; exit 1'\n")
    with pytest.raises(Unreachable) as caught:
        open_ssh(settings_in(tmp_path, text), "true")
    assert "the tunnel is closed today" in caught.value.cause


def test_host_certificates_are_believed_where_their_authority_is_known(tmp_path: Path) -> None:
    """And nowhere else: an expired one, one for another name, one by an unknown or revoked authority are refused."""
    authority = make_key(tmp_path / "authority")
    stranger = make_key(tmp_path / "stranger")
    for kind in ("ed25519", "ecdsa", "rsa"):
        folder = tmp_path / kind
        folder.mkdir()
        make_key(folder / "shown", kind)
        server = start_openssh(folder, f"HostKey {folder}/shown\nHostCertificate {folder}/shown-cert.pub\n")
        try:
            known = folder / "known"
            settings = server.changed(known_hosts_file=str(known))
            name = f"[127.0.0.1]:{server.port}"
            known.write_text(f"@cert-authority [127.0.0.*]:* {authority}")
            certify(tmp_path / "authority", folder, "-n", name)
            restart(server)
            assert answers(settings)
            known.write_text(f"@cert-authority * {authority}@revoked * {authority}")
            assert "is revoked" in why_not(settings)
            known.write_text(f"@cert-authority * {stranger}")
            assert "is not known" in why_not(settings)
            known.write_text(f"@cert-authority * {authority}")
            certify(tmp_path / "authority", folder, "-n", "other.example.com")
            restart(server)
            assert "it is for other.example.com" in why_not(settings)
            certify(tmp_path / "authority", folder, "-n", name, "-V", "20200101:20210101")
            restart(server)
            assert "it held until 202" in why_not(settings)
        finally:
            server.stop()


def certify(authority: Path, folder: Path, *words: str) -> None:
    sign = ["ssh-keygen", "-q", "-s", str(authority), "-I", "host", "-h", *words, str(folder / "shown.pub")]
    subprocess.run(sign, check=True, capture_output=True)


def restart(server: OpenSSHServer) -> None:
    """sshd reads its certificates when it starts."""
    server.stop()
    server.process = run_sshd(server.directory, server.port)


def why_not(settings: ConnectionSettings) -> str:
    with pytest.raises(Unreachable) as caught:
        open_ssh(settings, "true")
    return caught.value.cause


def test_the_known_kind_of_key_is_asked_for_where_a_host_has_several(tmp_path: Path) -> None:
    for kind in ("ed25519", "ecdsa", "rsa"):
        make_key(tmp_path / f"of_{kind}", kind)
    keys = "".join(f"HostKey {tmp_path}/of_{kind}\n" for kind in ("ed25519", "ecdsa", "rsa"))
    server = start_openssh(tmp_path, keys)
    try:
        for kind in ("ed25519", "ecdsa", "rsa"):
            known = tmp_path / f"known_{kind}"
            known.write_text(f"[127.0.0.1]:{server.port} {(tmp_path / f'of_{kind}.pub').read_text()}")
            assert answers(server.changed(known_hosts_file=str(known)))
    finally:
        server.stop()


CONFIGURATIONS = (
    "Host shop\n HostName shop.example.com\n Port 2222\n User deploy\n",
    "Host *.example.com shop\n User deploy\nHost *\n User other\n Port 2200\n",
    "Host !shop *\n User nobody\nHost sh?p\n IdentityFile ~/.ssh/%h_key\n",
    "Host shop\n HostName %h.example.com\n ProxyJump a,b@c:22\n",
    "Host shop\n UserKnownHostsFile ~/.ssh/a ~/.ssh/b\n HostKeyAlias store\n HashKnownHosts yes\n",
    "Match host shop\n User matched\n IdentityFile /k1\nMatch all\n IdentityFile /k2\n Port 23\n",
    "User=deploy\nPort = 2022\nHost shop\n  IdentitiesOnly=yes\n",
    "Host shop\n ProxyCommand nc -X connect %h %p\n CertificateFile ~/.ssh/%r-cert.pub\n User x\n",
)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("HOME", str(tmp_path))
    return tmp_path


@pytest.mark.needs("ssh")
@pytest.mark.parametrize("text", CONFIGURATIONS)
def test_what_is_read_is_what_ssh_reads(tmp_path: Path, text: str) -> None:
    settings = settings_in(tmp_path, text)
    theirs = subprocess.run(
        ["ssh", "-G", "-F", settings.configuration, settings.host], check=True, capture_output=True, text=True
    ).stdout
    said: dict[str, list[str]] = {}
    for line in theirs.splitlines():
        word, _, value = line.partition(" ")
        said.setdefault(word, []).append(value)
    ours = Access().destination(settings)
    assert (ours.host, str(ours.port), ours.user) == (said["hostname"][0], said["port"][0], said["user"][0])
    assert ours.identities_only == (said["identitiesonly"][0] == "yes")
    assert [ours.proxy_jump] == said.get("proxyjump", [""])
    straight = (said["hostname"][0], said["port"][0], "proxyjump" in said, "proxycommand" in said)
    assert leads_elsewhere(text) or straight == (settings.host, "22", False, False)
    for files, word in ((named_keys(ours), "identityfile"), (ours.certificate_files, "certificatefile")):
        if files:
            assert [str(Path(file)) for file in files] == [expanded(file, ours) for file in said[word]]


def test_what_says_nothing_of_addresses_leads_nowhere_else() -> None:
    debians = "Include /etc/ssh/ssh_config.d/*.conf\nHost *\n  SendEnv LANG LC_*\n#  Port 22\n  HashKnownHosts yes\n"
    assert not leads_elsewhere(debians)
    assert leads_elsewhere(f"{debians}Host shop\n  hostName=shop.example.com\n")


def named_keys(destination: Destination) -> tuple[str, ...]:
    return destination.key_files


def expanded(text: str, destination: Destination) -> str:
    """`ssh -G` leaves the tokens of files as they were written."""
    home = str(Path("~").expanduser())
    return text.replace("~", home).replace("%h", destination.host).replace("%r", destination.user)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="there is no /nowhere/config"):
        Access().destination(replace(BARE, configuration="/nowhere/config"))


def test_a_broken_file_is_told_with_the_way_to_look_at_it(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="cannot be read") as caught:
        Access().destination(settings_in(tmp_path, "Host shop\n???\n"))
    assert "ssh -G shop" in caught.value.hint


def test_a_file_that_includes_itself_ends(tmp_path: Path) -> None:
    settings = settings_in(tmp_path, f"Include {tmp_path}/config\nHost shop\n Port 2200\n")
    assert Access().destination(settings).port == 2200


def test_the_persons_file_and_the_machines_are_read(home: Path) -> None:
    (home / ".ssh").mkdir()
    (home / ".ssh/config").write_text("Include more\nHost shop\n User anna\n")
    (home / ".ssh/more").write_text("Host shop\n Port 2233\n")
    found = Access().destination(BARE)
    assert (found.user, found.port) == ("anna", 2233)
