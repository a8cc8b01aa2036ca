"""What the environment says, in the types that settings.py needs."""

import importlib.util
import os
from pathlib import Path
from urllib.parse import parse_qsl, unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured

YES = {"1", "true", "yes", "on"}
NO = {"", "0", "false", "no", "off"}


def flag(name: str, default: bool = False) -> bool:
    """A switch: 1, true, yes, on, or 0, false, no, off."""
    value = os.environ.get(name)
    if value is None:
        return default
    if value.strip().lower() in YES:
        return True
    if value.strip().lower() in NO:
        return False
    raise ImproperlyConfigured(f"{name} is {value!r}; write 1 or 0")


def words(name: str) -> list[str]:
    """A list, separated by commas."""
    return [word.strip() for word in os.environ.get(name, "").split(",") if word.strip()]


def number(name: str, default: float) -> float:
    """A number, as 30 or 0.5."""
    value = os.environ.get(name, "")
    try:
        return float(value) if value else default
    except ValueError:
        raise ImproperlyConfigured(f"{name} is {value!r}; write a number") from None


def secret_key(debug: bool) -> str:
    """The key that signs sessions and form tokens; only a developer's own machine may do without one."""
    if key := os.environ.get("DJANGO_SECRET_KEY"):
        return key
    if debug:
        return "only-for-development-" + "0" * 40
    raise ImproperlyConfigured("set DJANGO_SECRET_KEY to a long random string (or DJANGO_DEBUG=1 on your own machine)")


def database(base: Path) -> dict[str, object]:
    """DATABASE_URL as Django's DATABASES entry.

    sqlite:////srv/shop/shared/shop.sqlite3, sqlite:///beside-manage.sqlite3, postgres://user:password@host:5432/name
    """
    url = os.environ.get("DATABASE_URL") or "sqlite:///shop.sqlite3"
    scheme = url.partition(":")[0]
    if scheme == "sqlite":
        return _sqlite(url, base)
    if scheme in {"postgres", "postgresql"}:
        return _postgres(url)
    raise ImproperlyConfigured(f"DATABASE_URL begins with {scheme!r}; the shop knows sqlite:/// and postgres://")


def _sqlite(url: str, base: Path) -> dict[str, object]:
    path = unquote(urlsplit(url).path)[1:]
    if not path:
        raise ImproperlyConfigured("DATABASE_URL names no file; write sqlite:////absolute/path.sqlite3")
    # Readers and one writer at a time, and a writer waits for its turn instead of failing with "database is locked".
    options = {
        "timeout": 20,
        "transaction_mode": "IMMEDIATE",
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL",
    }
    return {"ENGINE": "django.db.backends.sqlite3", "NAME": str(base / path), "OPTIONS": options}


def _postgres(url: str) -> dict[str, object]:
    if not any(importlib.util.find_spec(driver) for driver in ("psycopg", "psycopg2")):
        raise ImproperlyConfigured("DATABASE_URL asks for PostgreSQL; lock psycopg[binary] in requirements.txt first")
    parts = urlsplit(url)
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(parts.path[1:]),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": unquote(parts.hostname or ""),
        "PORT": str(parts.port or ""),
        "CONN_MAX_AGE": 60,
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": dict(parse_qsl(parts.query)),
    }
