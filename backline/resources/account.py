"""Users and groups of a host: looked up in /etc/passwd and /etc/group, and imagined there by check mode.

What these files do not name is asked of the system (a directory service may know it). Lines that a host that only looks
keeps in its memory are how later resources see the users that earlier ones would make.
"""

from __future__ import annotations

from backline.resources.dataclass import dataclass

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from backline.resources.resource import Host

PASSWD = "/etc/passwd"
GROUP = "/etc/group"
FIRST_IMAGINED = 4_000_000_000
"""The numbers of users and groups that are not made yet begin here: nobody has such."""


@dataclass(frozen=True)
class Account:
    """A user: `group` is the name of its own group, `groups` are those that it is in besides, sorted."""

    name: str
    group: str
    groups: tuple[str, ...]
    home: str
    shell: str


def user_name(name: str) -> str:
    """What a resource says that it provides or needs when it means a user."""
    return f"user:{name}"


def group_name(name: str) -> str:
    """What a resource says that it provides or needs when it means a group."""
    return f"group:{name}"


def owner_names(owner: str, group: str) -> tuple[str, ...]:
    """The names of whom a path is to belong to; none for what is left as it is."""
    return (*((user_name(owner),) if owner else ()), *((group_name(group),) if group else ()))


def find_user(host: Host, name: str) -> Account | None:
    """The user of this name; None where there is none."""
    entry = next((fields for fields in _entries(host, PASSWD) if fields[0] == name), None) or _of_the_system(name)
    if entry is None:
        return None
    groups = _entries(host, GROUP)
    own = next((fields[0] for fields in groups if fields[2] == entry[3]), entry[3])
    others = (fields[0] for fields in groups if name in fields[3].split(",") and fields[0] != own)
    return Account(name, own, tuple(sorted(others)), entry[5], entry[6])


def has_group(host: Host, name: str) -> bool:
    """Whether there is a group of this name."""
    if any(fields[0] == name for fields in _entries(host, GROUP)):
        return True
    import grp

    try:
        grp.getgrnam(name)
    except KeyError:
        return False
    return True


def imagine_user(host: Host, account: Account) -> None:
    """On a host that only looks: see a user as it would be, and its groups."""
    for name in (account.group, *account.groups):
        if not has_group(host, name):
            imagine_group(host, name)
    groups = _entries(host, GROUP)
    number = next((fields[2] for fields in groups if fields[0] == account.group), "")
    users = [fields for fields in _entries(host, PASSWD) if fields[0] != account.name]
    users.append([account.name, "x", str(FIRST_IMAGINED + len(users)), number, "", account.home, account.shell])
    _imagine(host, PASSWD, users)
    _imagine(host, GROUP, [_with_member(fields, account) for fields in groups])


def imagine_group(host: Host, name: str) -> None:
    """On a host that only looks: see a group as if it were there."""
    groups = _entries(host, GROUP)
    _imagine(host, GROUP, [*groups, [name, "x", str(FIRST_IMAGINED + len(groups)), ""]])


def _entries(host: Host, path: str) -> list[list[str]]:
    """The lines of such a file, each cut at its colons."""
    wanted = 7 if path == PASSWD else 4
    if host.status(path) is None:
        return []
    lines = host.read(path).decode("utf-8", "surrogateescape").splitlines()
    return [fields for fields in (line.split(":") for line in lines) if len(fields) == wanted]


def _of_the_system(name: str) -> list[str] | None:
    import pwd

    try:
        found = pwd.getpwnam(name)
    except KeyError:
        return None
    return [name, "x", str(found.pw_uid), str(found.pw_gid), "", found.pw_dir, found.pw_shell]


def _with_member(fields: list[str], account: Account) -> list[str]:
    members = [name for name in fields[3].split(",") if name and name != account.name]
    if fields[0] in account.groups:
        members.append(account.name)
    return [*fields[:3], ",".join(members)]


def _imagine(host: Host, path: str, entries: Sequence[Sequence[str]]) -> None:
    text = "".join(f"{':'.join(fields)}\n" for fields in entries)
    host.write(path, text.encode("utf-8", "surrogateescape"), mode=0o644)
