"""What makes two releases equal: project tree, interpreter and lock, environment, launcher."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping

from backline.resources.secret import Secret


def virtualenv_key(python: str, python_version: str, requirements: str) -> str:
    """The name of the folder of a virtualenv: `3.12-9f3c…`, by interpreter (its path and version) and lock."""
    short = ".".join(python_version.split(".")[:2])
    return f"{short}-{_digest([python, python_version, requirements])[:12]}"


def release_fingerprint(
    tree: str,
    virtualenv: str,
    environment: Mapping[str, str | Secret],
    launcher: str,
) -> str:
    """One hash over all of it. `launcher` is that of a release with a number that never changes, so that only what a
    person changed makes a difference."""
    values = {name: value.reveal() if isinstance(value, Secret) else value for name, value in environment.items()}
    return _digest([tree, virtualenv, values, launcher])


def _digest(value: object) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()
