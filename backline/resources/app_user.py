"""The user that an app's processes run as: a system user of its own; one that is there already is taken as it is."""

from __future__ import annotations

from backline.resources.account import find_user, group_name, user_name
from backline.resources.dataclass import dataclass
from backline.resources.no_app_user import NoAppUser
from backline.resources.resource import Difference, Resource
from backline.resources.user import User

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from backline.resources.foresight import Foresight
    from backline.resources.resource import Host


@dataclass(frozen=True)
class AppUser(Resource):
    """A new one cannot log in, has a group of its own name, and `home` as its home. Nothing of one that is there is
    changed: it may be somebody's, with another home."""

    name: str
    home: str

    @property
    def subject(self) -> str:
        return f"user {self.name}"

    def provides(self) -> tuple[str, ...]:
        return (user_name(self.name), group_name(self.name))

    def differences(self, host: Host) -> Iterator[Difference]:
        if find_user(host, self.name) is None:
            yield Difference("exists", False, True)

    def converge(self, host: Host) -> None:
        self._made.converge(host)

    def foresee(self, host: Foresight) -> None:
        self._made.foresee(host)

    def undone(self) -> tuple[Resource, ...]:
        return (NoAppUser(self.name, self.home),)

    @property
    def _made(self) -> User:
        return User(self.name, home=self.home, system=True)
