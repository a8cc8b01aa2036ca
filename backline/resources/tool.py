"""A program that the host has on its PATH, or else one that a wheel brings, under a name of ours either way."""

from __future__ import annotations

import sys

from backline.resources.absent import Absent
from backline.resources.dataclass import dataclass
from backline.resources.failure import Conflict, Failure
from backline.resources.path_resource import PathResource
from backline.resources.paths import is_program, parent
from backline.resources.resource import Difference
from backline.resources.virtualenv import Virtualenv

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from backline.resources.foresight import Foresight
    from backline.resources.resource import Host, Resource


@dataclass(frozen=True)
class Tool(PathResource):
    """`path` becomes a link to the program: the first of `names` on PATH, else `program` in a virtualenv beside it
    that is made from `requirements`. `program` is relative to that virtualenv, and may hold `*` and `**`.

    `python` (empty: the agent's own) makes the virtualenv, `uv` as in Virtualenv."""

    path: str
    names: tuple[str, ...]
    requirements: str
    program: str
    python: str = ""
    uv: str = ""

    @property
    def own_virtualenv(self) -> str:
        """`tools-nginx` beside `tools/nginx`."""
        return f"{parent(self.path)}-{self.path.rpartition('/')[2]}"

    def undone(self) -> tuple[Resource, ...]:
        return (Absent(self.path), Absent(self.own_virtualenv))

    def virtualenv(self, host: Host) -> Virtualenv:
        """Made by `tools/uv` where that is there, since it is much quicker."""
        neighbour = f"{parent(self.path)}/uv"
        uv = self.uv or (neighbour if self.path != neighbour and is_program(host, neighbour) else "")
        return Virtualenv(self.own_virtualenv, self.python or sys.executable, self.requirements, uv)

    def differences(self, host: Host) -> Iterator[Difference]:
        found = host.status(self.path)
        if found is None:
            yield Difference("exists", False, True)
        elif not found.is_link:
            raise Conflict(f"{self.path} is a {found.kind}, and a link should be there", hint="move it away first")
        elif not is_program(host, self.path):
            yield Difference("program", found.target, "a program")

    def converge(self, host: Host) -> None:
        host.make_link(self.path, self._on_path(host) or self._brought(host))

    def foresee(self, host: Foresight) -> None:
        host.make_link(self.path, self._on_path(host) or self._would_bring(host))

    def _on_path(self, host: Host) -> str | None:
        found = (host.find_program(name) for name in self.names)
        return next((place for place in found if place and not place.startswith(f"{parent(self.path)}/")), None)

    def _would_bring(self, host: Foresight) -> str:
        """The program in the virtualenv as it would be. One that is yet to be made is taken for a script of its
        interpreter, as pip and uv write them, at the place that `program` says, with `*` standing for itself."""
        virtualenv = self.virtualenv(host)
        if not self._lacks(virtualenv, host):
            return self._brought(host)
        virtualenv.foresee(host)
        program = f"{virtualenv.path}/{self.program}"
        host.make_directory(parent(program), mode=0o755)
        host.write(program, f"#!{virtualenv.interpreter}\n".encode(), mode=0o755)
        return program

    def _lacks(self, virtualenv: Virtualenv, host: Host) -> bool:
        """Whether the virtualenv is to be made, before the program is in it."""
        return any(virtualenv.differences(host)) or not self._programs_in(virtualenv.path, host)

    def _brought(self, host: Host) -> str:
        """The program in the virtualenv, which is made where it is not there or not whole."""
        virtualenv = self.virtualenv(host)
        if self._lacks(virtualenv, host):
            host.tell(f"{self.path.rpartition('/')[2]} is not on this host's PATH: it comes from the package index")
            self._make(virtualenv, host)
        found = self._programs_in(virtualenv.path, host)
        if len(found) != 1:
            raise Failure(
                f"{virtualenv.path} should bring one program at {self.program}, and brings {len(found) or 'none'}",
                lines=tuple(found),
                hint=self._hint,
            )
        return found[0]

    def _make(self, virtualenv: Virtualenv, host: Host) -> None:
        try:
            virtualenv.converge(host)
        except Failure as failure:
            failure.hint = failure.hint or self._hint  # no wheel for this Python, C library or processor
            raise

    @property
    def _hint(self) -> str:
        return f"install {' or '.join(self.names)} on the host yourself" if self.names else ""

    def _programs_in(self, virtualenv: str, host: Host) -> tuple[str, ...]:
        import glob

        found = glob.glob(f"{glob.escape(virtualenv)}/{self.program}", recursive=True)
        return tuple(path for path in sorted(found) if is_program(host, path))
