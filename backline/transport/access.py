"""What the connections of one run share: ssh's configuration as it was read, keys and passwords as they were asked
for, and how many log in at once."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from backline.transport.asking import Asking, Nobody
from backline.transport.destination import Destination, destination_of, hops_of
from backline.transport.dialling import Dialling
from backline.transport.early import Early
from backline.transport.exchange import begin_exchange
from backline.transport.identities import Identities
from backline.transport.jump_hosts import last_hop
from backline.transport.keys import Keys
from backline.transport.opening import LOCAL
from backline.transport.pace import Pace
from backline.transport.ssh_config import configuration_text

if TYPE_CHECKING:
    from backline.settings.connection import ConnectionSettings


class Access:
    """A run makes one; any thread may use it."""

    def __init__(self, asking: Asking | None = None, dialling: Dialling | None = None) -> None:
        self.asking = asking or Nobody()
        self.keys = Keys(self.asking)
        self.pace = Pace()
        self.early = Early(dialling or Dialling(), begin_exchange)
        self._texts: dict[str, str] = {}
        self._lock = threading.Lock()

    def unlock(self, settings: ConnectionSettings) -> None:
        """Read the keys that somebody named for a host and for those on the way, so that a passphrase is asked for now.

        Raises ConfigurationError."""
        if settings.connection == LOCAL:
            return
        destination = self.destination(settings)
        Identities(destination, self.keys).close()
        if (hop := last_hop(settings, destination)) is not None:
            self.unlock(hop)

    def greet(self, settings: ConnectionSettings) -> None:
        """Begin to connect, up to the key exchange, where one gets without a hop: whoever logs in there later goes on
        with that. Raises ConfigurationError."""
        if settings.connection == LOCAL:
            return
        destination = self.destination(settings)
        if not destination.proxy_command and not hops_of(destination):
            self.early.begin(destination)

    def destination(self, settings: ConnectionSettings) -> Destination:
        """Where the settings lead. Raises ConfigurationError."""
        with self._lock:
            if settings.configuration not in self._texts:
                self._texts[settings.configuration] = configuration_text(settings.configuration)
            return destination_of(settings, self._texts[settings.configuration])
