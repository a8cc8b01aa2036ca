"""A command that must succeed: asked on every run, changes nothing."""

from __future__ import annotations

from backline.resources.dataclass import dataclass
from backline.resources.failure import Failure
from backline.resources.paths import path_name
from backline.resources.resource import Difference, Resource

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from backline.resources.resource import Host

LAST_LINES = 12


@dataclass(frozen=True)
class Proof(Resource):
    """`argv` exits with 0, or the run fails with what it said. `of` are the paths that it looks at, besides itself:
    where check mode would change one of them, what it will say is not known yet, and it is not asked."""

    argv: tuple[str, ...]
    of: tuple[str, ...] = ()

    @property
    def subject(self) -> str:
        return f"proof {' '.join(self.argv)}"

    def needs(self) -> tuple[str, ...]:
        return tuple(path_name(path) for path in (self.argv[0], *self.of) if path.startswith("/"))

    def differences(self, host: Host) -> Iterator[Difference]:
        if any(host.promises(name) for name in self.needs()):
            return
        asked = host.ask(self.argv)
        if asked.code != 0:
            raise Failure(
                f"{' '.join(self.argv)} says no: exit code {asked.code}",
                lines=tuple(asked.output.splitlines()[-LAST_LINES:]),
            )
        yield from ()

    def converge(self, host: Host) -> None:
        """There is never a difference: it succeeds, or the run has failed."""
