"""A user: its group, the groups that it is in besides, its home and its shell."""

from __future__ import annotations

from backline.resources.account import Account, find_user, group_name, imagine_user, user_name
from backline.resources.account_command import change_accounts
from backline.resources.dataclass import dataclass
from backline.resources.resource import KEEP, Difference, Resource

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from backline.resources.foresight import Foresight
    from backline.resources.resource import Host

NO_LOGIN = "/usr/sbin/nologin"
HOME_MODE = 0o750
"""Of a home that is made here; what Debian, Red Hat and Ubuntu make it by themselves differs."""


@dataclass(frozen=True)
class User(Resource):
    """`group` is its own (KEEP: one of its own name, which is made with it), `groups` are those that it shall be in
    besides; that it is in others stays.

    A system user is made without a home directory, and any other with one. KEEP leaves home and shell as they are
    (a new one: /home/<name>, and NO_LOGIN for a system user, /bin/bash for any other). There is no password."""

    name: str
    group: str = KEEP
    groups: tuple[str, ...] = ()
    home: str = KEEP
    shell: str = KEEP
    system: bool = False

    @property
    def subject(self) -> str:
        return f"user {self.name}"

    def provides(self) -> tuple[str, ...]:
        own = () if self.group else (group_name(self.name),)
        return (user_name(self.name), *own)

    def needs(self) -> tuple[str, ...]:
        return tuple(group_name(name) for name in (self.group, *self.groups) if name)

    def differences(self, host: Host) -> Iterator[Difference]:
        found = find_user(host, self.name)
        if found is None:
            yield Difference("exists", False, True)
            return
        for attribute in ("group", "home", "shell"):
            wanted = getattr(self, attribute)
            if wanted != KEEP and wanted != getattr(found, attribute):
                yield Difference(attribute, getattr(found, attribute), wanted)
        for name in self._lacking(found):
            yield Difference(f"group {name}", False, True)

    def converge(self, host: Host) -> None:
        found = find_user(host, self.name)
        if found is None:
            change_accounts(host, ("useradd", *self._as_made(), self.name), f"make the user {self.name}")
        else:
            change_accounts(host, ("usermod", *self._as_changed(found), self.name), f"change the user {self.name}")

    def foresee(self, host: Foresight) -> None:
        found = find_user(host, self.name)
        wanted = self._as_made_account() if found is None else self._as_changed_account(found)
        imagine_user(host, wanted)
        if found is None and not self.system and host.status(wanted.home) is None:
            host.make_directory(wanted.home, mode=HOME_MODE, owner=wanted.name, group=wanted.group)

    def _as_made(self) -> tuple[str, ...]:
        """The options of useradd."""
        wanted = self._as_made_account()
        home = (
            ("--system", "--no-create-home") if self.system else ("--create-home", "--key", f"HOME_MODE=0{HOME_MODE:o}")
        )
        group = ("--gid", self.group) if self.group else ("--user-group",)
        groups = ("--groups", ",".join(self.groups)) if self.groups else ()
        return (*home, *group, *groups, "--home-dir", wanted.home, "--shell", wanted.shell)

    def _as_made_account(self) -> Account:
        shell = self.shell or (NO_LOGIN if self.system else "/bin/bash")
        return Account(
            self.name, self.group or self.name, tuple(sorted(self.groups)), self.home or f"/home/{self.name}", shell
        )

    def _as_changed(self, found: Account) -> tuple[str, ...]:
        """The options of usermod."""
        options: list[str] = []
        for attribute, option in (("group", "--gid"), ("home", "--home"), ("shell", "--shell")):
            wanted = getattr(self, attribute)
            if wanted != KEEP and wanted != getattr(found, attribute):
                options += [option, wanted]
        lacking = self._lacking(found)
        return (*options, *(("--append", "--groups", ",".join(lacking)) if lacking else ()))

    def _as_changed_account(self, found: Account) -> Account:
        groups = tuple(sorted({*found.groups, *self.groups}))
        return Account(self.name, self.group or found.group, groups, self.home or found.home, self.shell or found.shell)

    def _lacking(self, found: Account) -> tuple[str, ...]:
        """The groups that it is not in yet."""
        return tuple(name for name in self.groups if name not in (found.group, *found.groups))
