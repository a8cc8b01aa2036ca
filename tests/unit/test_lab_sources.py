"""What a lab's hosts may ask, from what this machine's apt and pip say."""

from __future__ import annotations

import ipaddress
from itertools import islice
from pathlib import Path

import pytest

from tests.lab.accounts import ACCOUNTS, account_commands
from tests.lab.faults import LabError
from tests.lab.image import sources_list
from tests.lab.network import Network, candidates
from tests.lab.package_settings import package_settings
from tests.lab.proxy import allowed_hosts, proxy_configuration
from tests.lab.sources import DEBIAN, DEBIAN_SECURITY, PYPI, PackageSources, Site, sources_from

NETWORK = Network(7, "198.19.7", "02:00:00:00:00")


def sources(targets: tuple[str, ...] = (), apt: tuple[str, ...] = (), pip: tuple[str, ...] = ()) -> PackageSources:
    return sources_from(targets, apt, pip, lambda scheme, host: "")


def hosts_of(found: PackageSources) -> set[str]:
    return {site.host for site in found.sites}


def test_machine_that_says_nothing_has_debians_and_pythons_own() -> None:
    found = sources()
    assert (found.debian, found.security) == (DEBIAN, DEBIAN_SECURITY)
    assert hosts_of(found) == {"deb.debian.org", "pypi.org", "files.pythonhosted.org"}


def test_mirrors_and_indexes_take_the_place_of_the_public_ones() -> None:
    found = sources(
        targets=(
            "https://apt.example.net/tools/ nodistro",
            "https://apt.example.org/debian/ bookworm",
            "https://apt.example.org/debian/ bookworm-updates",
            "https://apt.example.org/debian-security/ bookworm-security",
        ),
        pip=("global.index-url='https://pip.example.org:8443/simple'",),
    )
    assert found.debian == "https://apt.example.org/debian"
    assert found.security == "https://apt.example.org/debian-security"
    assert hosts_of(found) == {"apt.example.org", "apt.example.net", "pip.example.org"}
    assert sources_list("trixie", found) == (
        "deb https://apt.example.org/debian trixie main\n"
        "deb https://apt.example.org/debian trixie-updates main\n"
        "deb https://apt.example.org/debian-security trixie-security main\n"
    )


def test_variables_are_stronger_than_files_and_what_names_files_is_left_out() -> None:
    found = sources(
        pip=(
            ":env:.index-url='https://one.example.org/simple'",
            "global.index-url='https://two.example.org/simple'",
            "global.extra-index-url='file:///some/where https://three.example.org/simple'",
            "global.find-links='/some/where'",
            "global.constraint='/some/file'",
        )
    )
    assert found.pip == {
        "index-url": "https://one.example.org/simple",
        "extra-index-url": "https://three.example.org/simple",
    }
    assert hosts_of(found) == {"deb.debian.org", "one.example.org", "three.example.org"}


def test_proxies_of_the_machine_are_gone_through() -> None:
    found = sources_from(
        ("http://apt.example.org/debian bookworm", "http://near.example.org/debian bookworm-backports"),
        (
            'Acquire::http::Proxy "http://user:word@proxy.example.org:3128/";',
            'Acquire::http::Proxy::near.example.org "DIRECT";',
        ),
        (),
        lambda scheme, host: "http://other.example.org:8080",
    )
    through = {site.host: site.through for site in found.sites}
    assert through["apt.example.org"] == "http://user:word@proxy.example.org:3128/"
    assert through["near.example.org"] == ""
    assert through["pypi.org"] == "http://other.example.org:8080"
    lines = proxy_configuration(NETWORK, found.sites, Path("/allowed")).splitlines()
    assert 'Upstream http user:word@proxy.example.org:3128 "apt.example.org"' in lines
    assert not [line for line in lines if line.startswith("Upstream") and "near" in line]


def test_proxy_lets_its_own_hosts_ask_the_sites_and_nothing_else() -> None:
    sites = (Site("https", "pip.example.org", 8443), Site("http", "apt.example.org", 8080))
    lines = proxy_configuration(NETWORK, sites, Path("/some/allowed")).splitlines()
    assert {"Listen 198.19.7.254", "Allow 198.19.7.0/24", "FilterDefaultDeny Yes"} <= set(lines)
    assert [line for line in lines if line.startswith("ConnectPort")] == ["ConnectPort 443", "ConnectPort 8443"]
    assert allowed_hosts(sites) == "^apt[.]example[.]org$\n^pip[.]example[.]org$\n"


def test_proxy_that_cannot_be_gone_through_is_refused() -> None:
    with pytest.raises(LabError, match="quic"):
        proxy_configuration(
            NETWORK, (Site("http", "apt.example.org", None, "quic://proxy.example.org"),), Path("/allowed")
        )


def test_hosts_are_pointed_to_the_proxy() -> None:
    found = sources(
        apt=('Acquire::Check-Valid-Until "false";', 'Acquire::Languages "none";'), pip=("global.timeout='60'",)
    )
    files = package_settings(NETWORK, found)
    assert files["/etc/apt/apt.conf.d/90lab"].splitlines() == [
        'Acquire::Check-Valid-Until "false";',
        'Acquire::http::Proxy "http://198.19.7.254:3128";',
        'Acquire::https::Proxy "http://198.19.7.254:3128";',
    ]
    assert {"timeout = 60", "proxy = http://198.19.7.254:3128"} <= set(files["/etc/pip.conf"].splitlines())
    assert PYPI[0] not in files["/etc/pip.conf"]


def test_networks_in_use_are_passed_over() -> None:
    used = [ipaddress.IPv4Network("198.19.0.0/30"), ipaddress.IPv4Network("198.19.2.128/25")]
    found = [network.subnet for network in islice(candidates(used), 2)]
    assert found == ["198.19.1.0/24", "198.19.3.0/24"]
    everything = [ipaddress.IPv4Network("198.18.0.0/15")]
    assert next(candidates(everything)).subnet == "10.231.1.0/24"


def test_every_account_gets_a_password_and_only_those_with_rules_a_file() -> None:
    commands = account_commands()
    assert all(f"{account.name}:lab" in commands for account in ACCOUNTS)
    assert "/etc/sudoers.d/no-sudo" not in commands
    assert "echo 'Defaults:sudo-tty requiretty' >>/etc/sudoers.d/sudo-tty" in commands
