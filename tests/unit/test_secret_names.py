"""Values whose names say that they are secret are not shown, vaulted or not."""

from __future__ import annotations

import pytest

from backline.resources.secret import MASK, Secret
from backline.settings.secret_names import masked_environment, secret_values


@pytest.mark.parametrize(
    ("name", "value", "hidden"),
    [
        ("DJANGO_SECRET_KEY", "only-for-us", "only-for-us"),
        ("db_password", "correct horse", "correct horse"),
        ("SENTRY_DSN", "https://abc@sentry/1", "https://abc@sentry/1"),
        ("DATABASE_URL", "postgres://shop:correct@db/shop", "correct"),
        ("ANYTHING", Secret("x"), "x"),
    ],
)
def test_what_is_secret_is_hidden(name: str, value: str | Secret, hidden: str) -> None:
    assert tuple(secret_values({name: value})) == (hidden,)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("KEYBOARD", "a long value"),
        ("DEBUG_TOKEN", "1"),
        ("DATABASE_URL", "sqlite:////srv/shop/db.sqlite3"),
        ("BROKER_URL", "redis://127.0.0.1:6379/0"),
    ],
)
def test_the_rest_is_shown(name: str, value: str) -> None:
    assert tuple(secret_values({name: value})) == ()


def test_an_environment_is_shown_with_dots_in_their_places() -> None:
    environment: dict[str, str | Secret] = {
        "TOKEN": "abcdef",
        "URL": "amqp://me:abcdefg@mq//",
        "VAULTED": Secret("s"),
        "X": "yes",
    }
    shown = {"TOKEN": MASK, "URL": f"amqp://me:{MASK}g@mq//", "VAULTED": MASK, "X": "yes"}
    assert masked_environment(environment, MASK) == shown
