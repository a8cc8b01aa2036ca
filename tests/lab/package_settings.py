"""What a host's apt, pip and uv are told, so that they find the way through the lab's proxy."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path

from tests.lab.network import Network
from tests.lab.places import write_whole
from tests.lab.proxy import PORT
from tests.lab.records import LabRecord
from tests.lab.sources import PackageSources

CERTIFICATES = Path("/etc/ssl/certs/ca-certificates.crt")
"""Debian's bundle: this machine's, which may know an authority of its own, is the hosts' too."""
SCHEMES = ("http", "https")
FOLDER = "packages"
"""Of a lab's folder: what is laid over the root of each of its hosts."""


def package_settings(network: Network, sources: PackageSources) -> Mapping[str, str]:
    """By path, as files and not as environment, so that they hold under sudo as well."""
    proxy = f"http://{network.gateway}:{PORT}"
    apt = {**sources.apt, **{f"Acquire::{scheme}::Proxy": proxy for scheme in SCHEMES}}
    pip = {**sources.pip, "proxy": proxy}
    certificates = {str(CERTIFICATES): CERTIFICATES.read_text()} if CERTIFICATES.exists() else {}
    if certificates:
        pip["cert"] = str(CERTIFICATES)
    return {
        "/etc/apt/apt.conf.d/90lab": "".join(f'{name} "{value}";\n' for name, value in apt.items()),
        "/etc/pip.conf": "[global]\n" + "".join(f"{name} = {value}\n" for name, value in pip.items()),
        "/etc/uv/uv.toml": "system-certs = true\n" + "".join(f'{scheme}-proxy = "{proxy}"\n' for scheme in SCHEMES),
        **certificates,
    }


def write_package_files(lab: LabRecord, sources: PackageSources) -> None:
    """For hosts that are begun from now on."""
    for path, text in package_settings(lab.network, sources).items():
        write_whole(lab.folder / FOLDER / path.lstrip("/"), text)


def package_files(lab: LabRecord) -> Mapping[str, str]:
    """What was written, by path; nothing where hosts are to install nothing."""
    place = lab.folder / FOLDER
    return {f"/{file.relative_to(place)}": file.read_text() for file in place.rglob("*") if file.is_file()}


def remove_package_files(lab: LabRecord) -> None:
    shutil.rmtree(lab.folder / FOLDER, ignore_errors=True)
