"""The command that accepts a host's key, after its fingerprint was compared: trust."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from backline.commands.command import command
from backline.commands.site import Site
from backline.resources.failure import ConfigurationError, Failure, Unreachable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from backline.inventory.inventory import InventoryHost
    from backline.transport.host_key_scan import Shown, ShownKey

YES = "yes"
BETWEEN = ","
ON_THE_HOST = "for f in /etc/ssh/ssh_host_*_key.pub; do ssh-keygen -lf $f; done"


@command(
    yes="do not ask; needs --fingerprint",
    fingerprint="accept only keys with this fingerprint, SHA256:…, several with commas",
    replace="replace the key that is known, where the host has another now",
)
def trust(site: Site, yes: bool = False, fingerprint: str = "", replace: bool = False) -> None:
    """Show the fingerprints of hosts, and those on the way to them, and write their keys into known_hosts.

    inv trust --host web1
    """
    from backline.transport.host_key_scan import shown_keys, stations

    expected = tuple(filter(None, (part.strip() for part in fingerprint.split(BETWEEN))))
    if yes and not expected:
        raise ConfigurationError(
            "--yes accepts no key that nobody has looked at",
            hint=f"on the host, this prints its fingerprints:  {ON_THE_HOST}\n"
            f"then, with the one that you saw:  {site.again} --fingerprint SHA256:…",
        )
    for host in site.hosts:
        with site.entrance.asking():
            settings = site.connection(host)
            for station in stations(settings, site.entrance.access):
                try:
                    shown = shown_keys(station, site.entrance.access)
                    _decide(host, shown, expected, yes, replace)
                except Failure as failure:
                    failure.host = failure.host or host.name
                    raise


def _decide(host: InventoryHost, shown: Shown, expected: Sequence[str], yes: bool, replace: bool) -> None:
    """Whether the host is known already, must not be, or becomes known now."""
    from backline.transport.known_hosts_writing import accept

    place = shown.destination.place
    if shown.revoked:
        revoked = shown.revoked[0]
        raise Unreachable(
            f"the host key of {place} is revoked",
            lines=(f"revoked in {revoked.place}",),
            hint="ask whoever revoked it; the host needs a new key",
        )
    if shown.is_known:
        print(f"{place} is known already")
        return
    _show(host, shown)
    if shown.replaced and not replace:
        raise Unreachable(
            f"another key of {place} is known: nothing was written",
            lines=tuple(f"known: {entry.place}" for entry in shown.replaced),
            hint=f"only if you know why it changed:  inv trust --host {host.name} --replace",
        )
    keys = _expected(shown, expected) if expected else shown.keys
    if not yes:
        keys = _asked(keys)
    file = accept(shown, keys)
    print(f"{place} is known from now on: {len(keys)} {'key' if len(keys) == 1 else 'keys'} in {file}")


def _show(host: InventoryHost, shown: Shown) -> None:
    from backline.transport.known_hosts import fingerprint

    print(f"{host.name}: {shown.destination.place} shows")
    for key in shown.keys:
        print(f"  {key.fingerprint}  {key.kind}")
    for entry in shown.replaced:
        print(f"known is\n  {fingerprint(entry.blob)}  {entry.kind}  ({entry.place})")


def _expected(shown: Shown, expected: Sequence[str]) -> tuple[ShownKey, ...]:
    """Those of the shown keys that somebody vouches for. Raises Unreachable where there is none."""
    keys = tuple(key for key in shown.keys if key.fingerprint in expected)
    if not keys:
        raise Unreachable(
            f"{shown.destination.place} shows none of the keys that were expected: nothing was written",
            lines=(f"expected: {', '.join(expected)}",),
            hint=f"on the host, this prints its fingerprints:  {ON_THE_HOST}",
        )
    return keys


def _asked(keys: Sequence[ShownKey]) -> tuple[ShownKey, ...]:
    """Those that the person accepts: all by "yes", one by its fingerprint. Raises Failure."""
    if not sys.stdin.isatty():
        raise ConfigurationError(
            "there is no terminal at which to ask whether these are its keys",
            hint="compare them, then name the right one:  add --yes --fingerprint SHA256:…",
        )
    print(f"On the host, this prints its fingerprints:  {ON_THE_HOST}")
    try:
        answer = input("Are they the same? Type yes, or the fingerprint that you see there: ").strip()
    except EOFError:  # Ctrl-D is a no
        print()
        answer = ""
    accepted = tuple(keys) if answer == YES else tuple(key for key in keys if key.fingerprint == answer)
    if not accepted:
        raise Failure("not accepted", state="nothing was written", hint="compare the fingerprints, then once more")
    return accepted
