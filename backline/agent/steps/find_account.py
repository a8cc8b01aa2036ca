"""Whether a line may be run as a user of this host, and where their home is."""

from __future__ import annotations

import os

from backline.agent.accounts import Accounts
from backline.resources.dataclass import dataclass
from backline.resources.failure import ConfigurationError
from backline.resources.resource import Question

TYPE_CHECKING = False
if TYPE_CHECKING:
    from backline.resources.resource import Host


@dataclass(frozen=True)
class FindAccount(Question):
    """Returns the user's home, or / where they have none. Raises ConfigurationError where there is no such user, or we
    may not be them."""

    user: str

    def perform(self, host: Host) -> str:
        import pwd

        try:
            account = pwd.getpwnam(self.user)
        except KeyError:
            raise ConfigurationError(
                f"there is no user {self.user} on this host",
                hint="there, `getent passwd` lists those that there are",
            ) from None
        if os.geteuid() not in (0, account.pw_uid):
            own = Accounts().user_name(os.geteuid())
            raise ConfigurationError(
                f"{own}, who logs in, may not run anything as {self.user}: only root may",
                hint=f"log in as root, or as {self.user}: ansible_user",
            )
        return account.pw_dir if os.path.isdir(account.pw_dir) else "/"
