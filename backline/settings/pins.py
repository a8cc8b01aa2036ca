"""Which version of a package a project's requirements pin, where they do."""

from __future__ import annotations

import re

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_PIN = re.compile(r"\s*(?:\[[^\]]*\])?\s*\(?\s*(?:===?|~=)\s*([0-9][0-9A-Za-z.!+*-]*)")


def pinned_version(requirements: str, package: str) -> str:
    """`5.6.1` for `celery[redis]==5.6.1`; empty where the package is absent or not held to one release series."""
    for line in requirements.splitlines():
        found = _NAME.match(line.strip())
        if found is None or _canonical(found.group()) != _canonical(package):
            continue
        pin = _PIN.match(line.strip()[found.end() :])
        if pin is not None:
            return pin.group(1).rstrip(".*")
    return ""


def is_older(version: str, than: tuple[int, ...]) -> bool:
    """Whether a version is known and below; an unknown one (empty) is not older."""
    numbers = tuple(int(number) for number in re.findall(r"\d+", version.partition("+")[0]))[: len(than)]
    return bool(numbers) and numbers < than


def _canonical(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()
