"""The lines of known_hosts that speak of a host, held against ssh-keygen's own reading of them."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from backline.transport.known_hosts import Mark, fingerprint, known_keys, known_name

KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIIvTrEZUWB0rHvy1B4BdTCZIlKQvD8TEkZ0JmyvyPdGS"
LINES = [
    f"shop.example.com {KEY}",
    f"shop.example.com,10.0.0.1 {KEY} a comment",
    f"[shop.example.com]:2222 {KEY}",
    f"*.example.com {KEY}",
    f"*.example.com,!shop.example.com {KEY}",
    f"!shop.example.com,*.example.com {KEY}",
    f"SHOP.example.com\t{KEY}",
    f"[*.example.com]:2222 {KEY}",
    f"sho?.example.com {KEY}",
    f"# shop.example.com {KEY}",
    f"shop.example.co {KEY}",
    "",
]


@pytest.mark.needs("ssh-keygen")
@pytest.mark.parametrize("line", LINES)
@pytest.mark.parametrize(("host", "port"), [("shop.example.com", 22), ("Shop.example.com", 2222), ("10.0.0.1", 22)])
@pytest.mark.parametrize("hashed", [False, True], ids=["plain", "hashed"])
def test_lines_are_found_as_ssh_finds_them(tmp_path: Path, line: str, host: str, port: int, hashed: bool) -> None:
    file = tmp_path / "known_hosts"
    file.write_text(line + "\n")
    if hashed:
        subprocess.run(["ssh-keygen", "-q", "-H", "-f", file], capture_output=True)
    name = known_name(host, port)
    theirs = subprocess.run(["ssh-keygen", "-F", name, "-f", file], capture_output=True, text=True).stdout
    assert [key.kind for key in known_keys([str(file)], name)] == (["ssh-ed25519"] if "ssh-ed25519" in theirs else [])


def test_revoked_keys_are_marked_and_broken_lines_passed_over(tmp_path: Path) -> None:
    file = tmp_path / "known_hosts"
    file.write_text(
        f"@revoked * {KEY}\n@cert-authority * {KEY}\n* ssh-ed25519 ???\n|1|?|? {KEY}\n* ssh-ed25519\n|1| {KEY}\n"
    )
    assert [(key.mark, key.line) for key in known_keys([str(file), str(tmp_path / "none")], "shop")] == [
        (Mark.REVOKED, 1),
        (Mark.AUTHORITY, 2),
    ]


@pytest.mark.needs("ssh-keygen")
def test_fingerprint_is_as_ssh_prints_it(tmp_path: Path) -> None:
    file = tmp_path / "known_hosts"
    file.write_text(f"shop {KEY}\n")
    theirs = subprocess.run(["ssh-keygen", "-lf", file], capture_output=True, text=True).stdout.split()[1]
    assert fingerprint(known_keys([str(file)], "shop")[0].blob) == theirs
