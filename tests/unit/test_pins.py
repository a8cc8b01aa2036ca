"""Which versions requirements pin."""

from __future__ import annotations

import pytest

from backline.settings.pins import is_older, pinned_version


@pytest.mark.parametrize(
    ("line", "version"),
    [
        ("celery==5.6.1", "5.6.1"),
        ("Celery[redis,msgpack] == 5.5.3 ; python_version > '3.8'", "5.5.3"),
        ("celery==5.7.0 \\", "5.7.0"),
        ("celery~=5.5.0  # why", "5.5.0"),
        ("celery==5.5.*", "5.5"),
        ("celery>=5.5", ""),
        ("celery", ""),
        ("# celery==5.5", ""),
        ("celery-types==0.1", ""),
        ("django-celery-results==2.6.0", ""),
        ("celery @ https://example.com/celery-5.5.zip", ""),
    ],
)
def test_a_pin_is_read(line: str, version: str) -> None:
    assert pinned_version(f"Django==5.2.19\n{line}\nredis==8.1.0\n", "celery") == version


def test_names_are_compared_as_pip_does() -> None:
    assert pinned_version("Django_Celery.Results==2.6.0", "django-celery-results") == "2.6.0"


@pytest.mark.parametrize(
    ("version", "older"),
    [("5.5.3", True), ("5.6.0", False), ("5.6rc1", False), ("5.10", False), ("6", False), ("", False)],
)
def test_only_a_known_version_is_older(version: str, older: bool) -> None:
    assert is_older(version, (5, 6)) is older
