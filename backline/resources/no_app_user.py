"""No user of an app's own: the one that was made for it is gone; any other of that name stays."""

from __future__ import annotations

from backline.resources.account import find_user
from backline.resources.account_command import change_accounts
from backline.resources.dataclass import dataclass
from backline.resources.resource import Difference, Resource
from backline.resources.user import NO_LOGIN

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from backline.resources.foresight import Foresight
    from backline.resources.resource import Host


@dataclass(frozen=True)
class NoAppUser(Resource):
    """The opposite of AppUser, whose fields it has. It knows the one that was made by its home and its shell."""

    name: str
    home: str

    @property
    def subject(self) -> str:
        return f"user {self.name}"

    def differences(self, host: Host) -> Iterator[Difference]:
        found = find_user(host, self.name)
        if found is not None and (found.home, found.shell) == (self.home, NO_LOGIN):
            yield Difference("user", self.name, None)

    def converge(self, host: Host) -> None:
        """Its own group goes with it."""
        change_accounts(host, ("userdel", self.name), f"remove the user {self.name}")

    def foresee(self, host: Foresight) -> None:
        """Nothing builds on who is gone."""
