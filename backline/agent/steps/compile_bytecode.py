"""Compile a release's code to bytecode, where its own processes may not write it: each would compile all anew."""

from __future__ import annotations

from backline.resources.dataclass import dataclass
from backline.resources.resource import Action

TYPE_CHECKING = False
if TYPE_CHECKING:
    from backline.resources.resource import Host

TIMEOUT = 600.0


@dataclass(frozen=True)
class CompileBytecode(Action):
    """`interpreter` is the release's own, which loads nothing of it or its virtualenv meanwhile. A file that does not
    compile is left to whoever imports it."""

    interpreter: str
    directory: str

    def perform(self, host: Host) -> None:
        host.run(
            (self.interpreter, "-E", "-s", "-S", "-m", "compileall", "-q", "."),
            directory=self.directory,
            timeout=TIMEOUT,
        )
