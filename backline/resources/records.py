"""What a host remembers between two deploys: its releases, what is live, its generations, which releases were good.

Each is a small JSON file with a format number. A newer Backline reads what an older one wrote; an older one leaves out
fields that it does not know, and says plainly where it cannot read what a newer one wrote.
"""

from __future__ import annotations

from backline.resources.codec import decoded, encoded
from backline.resources.dataclass import dataclass, fields, required
from backline.resources.failure import Failure
from backline.resources.process import Process

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

FORMAT = 1


@dataclass(frozen=True)
class ReleaseRecord:
    """A release's `release.json`: where its code came from and what it is made of."""

    number: int
    commit: str
    tree: str
    ref: str
    dirty: bool
    by: str
    at: str
    """When it was made: ISO 8601, in UTC."""
    fingerprint: str
    virtualenv: str
    """The absolute path of the virtualenv that its `.venv` links to."""
    origin: int
    """The release whose code it is; itself, unless a rollback made it."""
    previous: int
    """The release that was live when this one was made; 0 for none."""
    settings_module: str = ""
    """The settings of its Django project; empty in a record of an earlier Backline."""
    environment: Mapping[str, str] | None = None
    """What its programs are given by Supervisor in plain mode; None where the launcher gives it to them."""

    def to_json(self) -> str:
        return _text(vars(self))

    @classmethod
    def from_json(cls, text: str) -> ReleaseRecord:
        content = _content(text, "release.json")
        return cls(**_known(content, cls, "release.json"))


@dataclass(frozen=True)
class LiveRecord:
    """`live.json`: what serves, by the names of its programs; they may be of several generations of one release."""

    release: int
    programs: tuple[str, ...]
    generations: tuple[str, ...] = ()
    """The generation of each program, in their order: in plain mode a name does not tell. Empty in a record of an
    earlier Backline, which had no plain mode."""

    def serves(self, program: str, generation: str) -> bool:
        """Whether the program of this name serves, as this generation has it."""
        generations = dict(zip(self.programs, self.generations))
        return program in self.programs and generations.get(program, "") in ("", generation)

    def to_json(self) -> str:
        content = {"release": self.release, "programs": list(self.programs), "generations": list(self.generations)}
        return _text(content)

    @classmethod
    def from_json(cls, text: str) -> LiveRecord:
        content = _known(_content(text, "live.json"), cls, "live.json")
        lists = {name: tuple(content.get(name, ())) for name in ("programs", "generations")}
        return cls(**{**content, **lists})


@dataclass(frozen=True)
class GenerationRecord:
    """`generations/r43-2.json`: the processes of one starting, so that the next deploy knows how to take over."""

    label: str
    release: int
    attempt: int
    processes: tuple[Process, ...]

    def to_json(self) -> str:
        content = {"label": self.label, "release": self.release, "attempt": self.attempt}
        return _text({**content, "processes": encoded(self.processes)})

    @classmethod
    def from_json(cls, text: str) -> GenerationRecord:
        found = _content(text, "a generation's record")
        what = f"the record of generation {found.get('label')}"
        content = _known(found, cls, what)
        try:
            processes = decoded(content["processes"])
        except (ImportError, AttributeError, TypeError, KeyError, ValueError) as error:
            raise Failure(f"{what} names what this Backline does not know: {error}") from error
        if not isinstance(processes, tuple) or not all(isinstance(item, Process) for item in processes):
            raise Failure(f"{what} holds something else than processes")
        return cls(**{**content, "processes": processes})


@dataclass(frozen=True)
class GoodReleases:
    """`good.json`: the releases that were live and proved, in that order."""

    numbers: tuple[int, ...] = ()

    def to_json(self) -> str:
        return _text({"releases": list(self.numbers)})

    @classmethod
    def from_json(cls, text: str) -> GoodReleases:
        return cls(tuple(_content(text, "good.json").get("releases", ())))

    def and_now(self, number: int) -> GoodReleases:
        """With `number` as the latest."""
        return GoodReleases((*(other for other in self.numbers if other != number), number))


def _text(content: dict[str, Any]) -> str:
    import json

    return json.dumps({"format": FORMAT, **content}, ensure_ascii=False, indent=1) + "\n"


def _content(text: str, what: str) -> dict[str, Any]:
    import json

    try:
        content = json.loads(text)
    except ValueError as error:
        raise Failure(f"{what} is not JSON: {error}", lines=tuple(text.splitlines()[:3])) from None
    if not isinstance(content, dict) or not isinstance(content.get("format"), int):
        raise Failure(f"{what} is no record of ours: it has no format number", lines=tuple(text.splitlines()[:3]))
    if content["format"] > FORMAT:
        cause = f"{what} was written by a newer Backline: format {content['format']}, this one reads up to {FORMAT}"
        raise Failure(cause, hint="update Backline on this machine: pip install --upgrade backline")
    return content


def _known(content: dict[str, Any], record: type, what: str) -> dict[str, Any]:
    """The fields of `record` that the file has. Raises Failure where it lacks one that has no default."""
    known = {one.name: content[one.name] for one in fields(record) if one.name in content}
    missing = sorted(required(record) - known.keys())
    if missing:
        raise Failure(f"{what} lacks {', '.join(missing)}")
    return known
