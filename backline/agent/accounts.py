"""Users and groups of this host, by name and by number."""

from __future__ import annotations

import os

from backline.resources.failure import Failure
from backline.resources.resource import KEEP


class Accounts:
    """Looks each name up once: a plan asks for the same few owners again and again."""

    def __init__(self) -> None:
        self._users: dict[int, str] = {}
        self._groups: dict[int, str] = {}

    def user_name(self, number: int) -> str:
        """The user's name; its number where it has none."""
        if number not in self._users:
            import pwd

            try:
                self._users[number] = pwd.getpwuid(number).pw_name
            except KeyError:
                return str(number)
        return self._users[number]

    def group_name(self, number: int) -> str:
        """The group's name; its number where it has none."""
        if number not in self._groups:
            import grp

            try:
                self._groups[number] = grp.getgrgid(number).gr_name
            except KeyError:
                return str(number)
        return self._groups[number]

    def own_names(self) -> tuple[str, str]:
        """The user and group that files of this process belong to."""
        return self.user_name(os.geteuid()), self.group_name(os.getegid())


def user_number(name: str) -> int:
    """The uid of a user, -1 for KEEP: chown's word for "leave it"."""
    if name == KEEP:
        return -1
    import pwd

    try:
        return pwd.getpwnam(name).pw_uid
    except KeyError:
        if name.isdigit():
            return int(name)
        raise Failure(f"there is no user {name} on this host", hint="create it first, or name another owner") from None


def group_number(name: str) -> int:
    """The gid of a group, -1 for KEEP."""
    if name == KEEP:
        return -1
    import grp

    try:
        return grp.getgrnam(name).gr_gid
    except KeyError:
        if name.isdigit():
            return int(name)
        raise Failure(f"there is no group {name} on this host", hint="create it first, or name another group") from None
