"""A group of users."""

from __future__ import annotations

from backline.resources.account import group_name, has_group, imagine_group
from backline.resources.account_command import change_accounts
from backline.resources.dataclass import dataclass
from backline.resources.resource import Difference, Resource

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from backline.resources.foresight import Foresight
    from backline.resources.resource import Host


@dataclass(frozen=True)
class Group(Resource):
    """`system` is how it is made, with a number from those of services; of one that is there it is not asked."""

    name: str
    system: bool = False

    @property
    def subject(self) -> str:
        return f"group {self.name}"

    def provides(self) -> tuple[str, ...]:
        return (group_name(self.name),)

    def differences(self, host: Host) -> Iterator[Difference]:
        if not has_group(host, self.name):
            yield Difference("exists", False, True)

    def converge(self, host: Host) -> None:
        system = ("--system",) if self.system else ()
        change_accounts(host, ("groupadd", *system, self.name), f"make the group {self.name}")

    def foresee(self, host: Foresight) -> None:
        imagine_group(host, self.name)
