"""What a failed command must show: one screen on standard error, and with --json the same in the last line."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from invoke.parser import Parser

from backline.commands.collection import commands
from tests.host.deploy.cutting import SandboxHost
from tests.host.deploy.project import Completed, Project

WIDTH, HEIGHT = 80, 24
COPIED = ("ssh-copy-id ", "ssh -p ")
"""Commands that are as long as the paths of keys are, and are not broken, since they are copied."""
LABELS = ("state", "next")
LOOKING = ("status", "releases", "history")
"""The commands that change nothing, so that a test can type them where a screen says so."""


@dataclass(frozen=True)
class Screen:
    """A failure as a person reads it. `text` has every fold taken out."""

    title: str
    text: str
    state: str
    next: str


def screen_of(done: Completed) -> Screen:
    """The screen that a command ended on; it must fit one, show no traceback of ours, and have its parts."""
    lines = done.err.rstrip("\n").splitlines()
    assert 0 < len(lines) <= HEIGHT, done.err
    assert not [line for line in lines if len(line) > WIDTH and not any(word in line for word in COPIED)], done.err
    assert "/backline/" not in done.err, f"frames of our own:\n{done.err}"
    labelled = {label: "" for label in LABELS}
    label = ""
    for line in lines:
        word = line[2:9].strip()
        label = word if line.startswith("  ") and word in labelled else label if line.startswith(" " * 9) else ""
        if label:
            labelled[label] = f"{labelled[label]}\n{line[9:]}".lstrip("\n")
    return Screen(lines[0], " ".join(" ".join(lines).split()), " ".join(labelled["state"].split()), labelled["next"])


def refused(project: Project, *words: str, code: int, host: str, step: str, root: Path = Path("/")) -> Screen:
    """Run a command that must fail, with --json: the screen, after holding the summary to it. `root` is where the files
    of its host are."""
    done = project.inv(*words, "--json", check=False)
    assert done.code == code, f"exit {done.code}\n{done.out}\n{done.err}"
    screen = screen_of(done)
    status = "refused" if code == 6 else "failed"
    error = done.summary["error"]
    assert (done.summary["status"], error["host"], error["step"]) == (status, host, step), error
    assert screen.title.endswith(": " + " · ".join(filter(None, (host, step))))
    assert "".join(error["cause"].split()) in "".join(screen.text.split())  # a long path is folded within itself
    assert error["hint"] == screen.next
    assert screen.state
    assert_next_works(project, screen.next, root)
    return screen


def assert_next_works(project: Project, hint: str, root: Path = Path("/")) -> None:
    """What is to be typed can be typed, and what is to be read or mended is there."""
    typed = [words for line in hint.splitlines() if (words := command_in(line))]
    assert typed, hint
    known = commands(str(project.folder / "tasks.py")).to_contexts()
    for words in typed:
        Parser(known).parse_argv(words)
        if words[0] in LOOKING:
            project.inv(*words)
    for path in re.findall(r"^/\S+", hint, re.MULTILINE):
        assert (root / path[1:]).exists(), hint
    for path, line in re.findall(r"([\w./-]+\.(?:py|yml|j2)):(\d+)", hint):
        text = next(folder / path for folder in (project.shop, project.folder) if (folder / path).exists()).read_text()
        assert 0 < int(line) <= len(text.splitlines()), hint


def command_in(line: str) -> list[str]:
    """`inv deploy --host web1` as Invoke gets it, without what is said of it in brackets; empty where there is none."""
    _, _, words = line.partition("inv ")
    return shlex.split(words.partition("   (")[0])


@contextmanager
def untouched(project: Project) -> Iterator[None]:
    """What serves before serves after: the same processes, the same release."""
    current = Path(project.environment["BACKLINE_SANDBOX_ROOT"], "shop", "current")
    host = SandboxHost(project)
    before = host.serving_programs(), current.readlink()
    yield
    assert (host.serving_programs(), current.readlink()) == before
