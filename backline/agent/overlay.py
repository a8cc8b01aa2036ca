"""Check mode's host: looks go to the real machine through a layer of what would have been done; nothing is changed.

Each resource is looked at and then made so here, so that what follows it sees the host as it then would be: a file
finds the directory that only a real run makes. Commands and calls, whose results nobody can foretell, raise
OnlyLooking. One overlay lasts as long as its agent, so what is asked later sees what was asked before.

Paths are kept in a layer of their own; users and groups are lines of /etc/passwd and /etc/group there. What else
resources provide (a program that runs, a package, a service) is kept by its name, as a promise.
"""

from __future__ import annotations

import time

from backline.agent.commands import search_path
from backline.agent.events import Event, Kind
from backline.agent.machine import Teller
from backline.resources.dataclass import dataclass, replace
from backline.resources.failure import Conflict, Failure, OnlyLooking
from backline.resources.foresight import Would
from backline.resources.paths import PATH, parent
from backline.resources.resource import KEEP, Completed, Status

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from backline.agent.machine import Machine
    from backline.resources.resource import Resource

MOST_LINKS = 40


@dataclass(frozen=True)
class Node:
    """What the layer knows of one path. `status` None: it would be gone.

    `real` is the path on the machine whose content shows through (for a directory: what is in it), empty for none."""

    status: Status | None
    content: bytes = b""
    real: str = ""


GONE = Node(None)


class Overlay(Teller):
    """A Host for looking: changes stay in its memory. It is what Foresight describes."""

    def __init__(self, machine: Machine) -> None:
        self._machine = machine
        self._layer: dict[str, Node] = {}
        self._promised: set[str] = set()

    # looks

    def status(self, path: str) -> Status | None:
        return self._node(self._place(path)).status

    def read(self, path: str) -> bytes:
        node = self._node(self._end(path))
        if node.status is None:
            raise Failure(f"cannot read {path}: No such file or directory")
        if node.status.is_directory:
            raise Failure(f"cannot read {path}: Is a directory")
        return self._machine.read(node.real) if node.real else node.content

    def names(self, directory: str) -> tuple[str, ...]:
        place = self._end(directory)
        node = self._node(place)
        if node.status is None or not node.status.is_directory:
            return ()
        names = set(self._machine.names(node.real)) if node.real else set()
        for path, child in self._layer.items():
            if parent(path) == place and path != place:
                name = path.rpartition("/")[2]
                names.discard(name) if child.status is None else names.add(name)
        return tuple(sorted(names))

    def ask(
        self,
        argv: Sequence[str],
        *,
        directory: str = "/",
        environment: Mapping[str, str] | None = None,
        user: str = "",
    ) -> Completed:
        return self._machine.ask(argv, directory=directory, environment=environment, user=user)

    def ask_once(self, argv: Sequence[str]) -> Completed:
        return self._machine.ask_once(argv)

    def find_program(self, name: str) -> str | None:
        if "/" in name:
            return name if self._is_program(name) else None
        imagined = (f"{directory.rstrip('/')}/{name}" for directory in search_path())
        return self._machine.find_program(name) or next(filter(self._is_program, imagined), None)

    def _is_program(self, path: str) -> bool:
        found = self._node(self._end(path)).status
        return found is not None and found.is_file and found.mode & 0o111 != 0

    def promises(self, name: str) -> bool:
        return name in self._promised

    def would_mend(self, refusal: str) -> bool:
        """A folder that is there stands in nobody's way, whatever its mode, but in every path below it."""
        paths = (name[len(PATH) :] for name in self._promised if name.startswith(PATH))
        return any(path in refusal and not self._is_real_directory(path) for path in paths)

    def _is_real_directory(self, path: str) -> bool:
        found = self._machine.status(path)
        return found is not None and found.is_directory

    # changes

    def write(
        self,
        path: str,
        content: bytes,
        *,
        mode: int,
        owner: str = KEEP,
        group: str = KEEP,
        validate: Sequence[str] = (),
    ) -> None:
        place = self._free_for(path, "file")
        owner, group = self._owners(place, owner, group)
        self._layer[place] = Node(Status("file", mode, owner, group, len(content)), content)

    def make_directory(self, path: str, *, mode: int, owner: str = KEEP, group: str = KEEP) -> None:
        above = self._node(self._end(parent(path))).status
        if above is None:
            self.make_directory(parent(path), mode=0o755, owner=owner, group=group)
        elif not above.is_directory:
            raise Failure(f"cannot make the directory {path}: Not a directory")
        place = self._place(path)
        node = self._node(self._end(place))
        if self._node(place).status and not (node.status and node.status.is_directory):
            raise Failure(f"cannot make the directory {path}: File exists")
        owner, group = self._owners(place, owner, group)
        size = node.status.size if node.status else 0
        self._layer[self._end(place)] = Node(Status("directory", mode, owner, group, size), real=node.real)

    def make_link(self, path: str, target: str) -> None:
        place = self._free_for(path, "link")
        owner, group = self._machine.accounts.own_names()
        self._layer[place] = Node(Status("link", 0o777, owner, group, len(target), target))

    def set_mode(self, path: str, mode: int) -> None:
        self._restate(self._end(path), lambda status: replace(status, mode=mode))

    def set_ownership(self, path: str, owner: str, group: str) -> None:
        self._restate(
            self._place(path),
            lambda status: replace(status, owner=owner or status.owner, group=group or status.group),
        )

    def remove(self, path: str) -> None:
        try:
            place = self._place(path)
        except Failure:  # links in a circle: nothing is there that could be removed
            return
        if self._node(place).status is None:
            return
        for below in self._below(place):
            del self._layer[below]
        self._layer[place] = GONE

    def rename(self, old: str, new: str) -> None:
        source = self._place(old)
        node = self._node(source)
        if node.status is None:
            raise Failure(f"cannot rename {old} to {new}: No such file or directory")
        target = self._place(new)
        self._existing_directory(parent(target), new)
        if target == source:
            return
        self._refuse_rename(node.status, source, target)
        moved = {target + below[len(source) :]: self._layer.pop(below) for below in self._below(source)}
        self.remove(target)
        self._layer.update(moved)
        self._layer[target] = node
        self._layer[source] = GONE

    def run(
        self,
        argv: Sequence[str],
        *,
        directory: str = "/",
        environment: Mapping[str, str] | None = None,
        user: str = "",
        stdin: bytes = b"",
        live: bool = False,
        timeout: float = 3600.0,
    ) -> Completed:
        raise OnlyLooking(f"would run {argv[0]}; result unknown")

    def call(self, change: Callable[[], object]) -> object:
        raise OnlyLooking("would change what is not a file; result unknown")

    # the rest

    def pause(self, seconds: float) -> None:
        self._machine.pause(seconds)

    def tell(self, line: str) -> None:
        self._machine.tell(line)

    def send_event(self, event: Event) -> None:
        self._machine.send_event(event)

    # what would be

    def foretell(self, would: str, subject: str, text: str = "") -> None:
        self.send_event(Event(Kind.FORESEEN, time.time(), status=would, subject=subject, text=text))

    def warn(self, text: str) -> None:
        self.send_event(Event(Kind.WARNING, time.time(), text=text))

    def imagine(self, resource: Resource) -> None:
        """Half of what a resource does tells less than nothing: what it cannot do to its end is as it was."""
        before = dict(self._layer)
        try:
            resource.foresee(self)
        except OnlyLooking:
            self._layer = before
            self.foretell(Would.RUN, resource.subject, "what comes of it is not known before")
        self.promise(*resource.provides())

    def promise(self, *names: str) -> None:
        self._promised.update(names)

    def copy_directory(self, origin: str, path: str) -> None:
        source, target = self._end(origin), self._place(path)
        self._existing_directory(parent(target), path)
        copied = {target + below[len(source) :]: self._layer[below] for below in self._below(source)}
        self._layer.update(copied)
        self._layer[target] = self._node(source)

    # the layer

    def _node(self, place: str) -> Node:
        """What would be at a path whose parents hold no links."""
        if place in self._layer:
            return self._layer[place]
        real = place if place == "/" else self._real_child(place)
        status = self._machine.status(real) if real else None
        return Node(status, real=real) if status else GONE

    def _real_child(self, place: str) -> str:
        """Where on the machine a path is that the layer does not know; empty where its parent is the layer's own."""
        above = parent(place)
        node = self._node(above)
        if node.status is None or not node.status.is_directory or not node.real:
            return ""
        return f"{node.real.rstrip('/')}/{place.rpartition('/')[2]}"

    def _place(self, path: str) -> str:
        """A path with the links among its parents followed, as the kernel would follow them; its last name as it is."""
        return self._walked(path, follow_last=False)

    def _end(self, path: str) -> str:
        """A path with the links among its parents and at its end followed."""
        return self._walked(path, follow_last=True)

    def _walked(self, path: str, follow_last: bool) -> str:
        ahead = path.rstrip("/").split("/")[::-1]
        place = "/"
        links = 0
        while ahead:
            name = ahead.pop()
            if name in ("", ".", ".."):
                place = parent(place) if name == ".." else place
                continue
            child = f"{place.rstrip('/')}/{name}"
            status = self._node(child).status
            if status is None or not status.is_link or not (ahead or follow_last):
                place = child
                continue
            links += 1
            if links > MOST_LINKS:
                raise Failure(f"cannot look at {path}: Too many levels of symbolic links")
            place = "/" if status.target.startswith("/") else place
            ahead.extend(status.target.split("/")[::-1])
        return place

    def _below(self, place: str) -> tuple[str, ...]:
        """The paths of the layer that lie in a directory, at any depth."""
        return tuple(path for path in self._layer if path.startswith(f"{place.rstrip('/')}/"))

    def _free_for(self, path: str, kind: str) -> str:
        """The place where a file or link can be put. What lies in a directory that was replaced is forgotten."""
        place = self._place(path)
        self._existing_directory(parent(place), path)
        found = self._node(place).status
        if found is not None and found.is_directory:
            raise Conflict(f"{path} is a directory, and a {kind} should be there", hint=f"move it away first: {path}")
        return place

    def _existing_directory(self, directory: str, path: str) -> None:
        found = self._node(directory).status
        if found is None or not found.is_directory:
            raise Failure(f"cannot write {path}: {directory} is no directory")

    def _refuse_rename(self, moved: Status, source: str, target: str) -> None:
        """What the kernel refuses: a directory into itself, over a file, over a directory that holds something."""
        found = self._node(target).status
        into_itself = target.startswith(f"{source}/")
        over_another_kind = found is not None and found.is_directory != moved.is_directory
        over_something = found is not None and found.is_directory and bool(self.names(target))
        if into_itself or over_another_kind or over_something:
            raise Failure(f"cannot rename {source} to {target}: what is there is in the way")

    def _owners(self, place: str, owner: str, group: str) -> tuple[str, str]:
        """Whose a path would be: as asked, else as it was, else the agent's own."""
        found = self._node(place).status
        own = (found.owner, found.group) if found else self._machine.accounts.own_names()
        return owner or own[0], group or own[1]

    def _restate(self, place: str, change: Callable[[Status], Status]) -> None:
        node = self._node(place)
        if node.status is None:
            raise Failure(f"cannot change {place}: No such file or directory")
        self._layer[place] = replace(node, status=change(node.status))
