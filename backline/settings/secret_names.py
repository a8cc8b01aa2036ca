"""Which values of an app's environment nobody may be shown: those that are vaulted, and those whose names say so."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from backline.resources.secret import Secret

SAYS_SECRET = re.compile(
    r"(?:^|_)(?:SECRET|PASSWORD|PASSWD|PASSPHRASE|TOKEN|KEY|CREDENTIALS?|DSN)(?:$|_)", re.IGNORECASE
)
"""`DJANGO_SECRET_KEY`, `SENTRY_DSN`, `DB_PASSWORD`: what people call what must not be seen."""
PASSWORD_IN_ADDRESS = re.compile(r"\w+://[^/@\s:]*:([^/@\s]+)@")
SHORTEST = 6
"""Characters; a shorter value that is not vaulted (`1`, `test`) would hide half of every output."""


def secret_values(environment: Mapping[str, str | Secret]) -> Iterator[str]:
    """The values themselves, and of addresses (`postgres://shop:…@db/shop`) the password."""
    for name, value in environment.items():
        if isinstance(value, Secret):
            yield value.reveal()
            continue
        hidden = value if SAYS_SECRET.search(name) else "".join(PASSWORD_IN_ADDRESS.findall(value)[:1])
        if len(hidden) >= SHORTEST:
            yield hidden


def masked_environment(environment: Mapping[str, str | Secret], mask: str) -> dict[str, str]:
    """The environment as it may be shown."""
    plain = {name: value for name, value in environment.items() if not isinstance(value, Secret)}
    shown = {name: plain.get(name, mask) for name in environment}
    for hidden in secret_values(plain):
        shown = {name: value.replace(hidden, mask) for name, value in shown.items()}
    return shown
