"""The recipes of CONTRIBUTING.md, followed to the letter in a checkout of one's own."""

from __future__ import annotations

import json
import re
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from backline.commands.sandbox.processes import stop_processes
from tests.host.deploy.own_uv import folder_with_uv
from tests.host.documents.checkout import HERE, Checkout, copy_checkout
from tests.host.documents.document import Command, Section, sections

SECTIONS = sections((HERE / "CONTRIBUTING.md").read_text(encoding="utf-8"))
RECIPES = [section.title for section in SECTIONS if section.steps]
WORKER = "A kind of worker"
BEGUN = r"Executing shop\.presents\.wrap: (\S+)"
DONE = r"shop\.presents\.wrap: (\S+) executed in"
JOBS = 6
JOB_SECONDS = 8
DEADLINE = 120
"""Seconds until jobs that are not done are taken for lost."""

pytestmark = pytest.mark.timeout(900)


@dataclass
class Reader:
    """Somebody who follows the document from its top, and stops where something is not as it says."""

    checkout: Checkout
    left: list[Section]
    stopped_at: str = ""

    def follow_to(self, title: str) -> None:
        while any(section.title == title for section in self.left):
            assert not self.stopped_at, f"nobody came past {self.stopped_at}"
            section = self.left.pop(0)
            self.stopped_at = section.title
            for step in section.steps:
                if isinstance(step, Command):
                    self._run(step)
                else:
                    step.put_into(self.checkout.folder)
            self.stopped_at = ""

    def _run(self, command: Command) -> None:
        ended = self.checkout.run(command.line)
        told = f"$ {command.line}\n{ended.said}[exit code {ended.code}]"
        assert ended.code == command.code, told
        assert command.agrees_with(ended.said), f"{told}\nCONTRIBUTING.md says:\n{command.output}"

    def status(self) -> dict[str, dict[str, Any]]:
        """Program → what `inv status --json` says of it."""
        return {item["program"]: item for item in json.loads(self.checkout.run(".venv/bin/inv status --json").said)}

    def huey_says(self, words: str) -> list[str]:
        """Which jobs the consumers' logs say this of, each as often as it is said."""
        logs = sorted((self.checkout.root / "shop" / "logs").glob("shop-huey-*.log"))
        return [found for log in logs for found in re.findall(words, log.read_text())]


def eventually(true: Callable[[], bool], otherwise: str) -> None:
    deadline = time.monotonic() + DEADLINE
    while not true():
        assert time.monotonic() < deadline, otherwise
        time.sleep(0.1)


@pytest.fixture(scope="module")
def reader() -> Iterator[Reader]:
    folder, root = (Path(tempfile.mkdtemp(prefix=prefix)) for prefix in ("bl-", "bs-"))
    try:
        yield Reader(copy_checkout(folder, root / "s", BACKLINE_SANDBOX_PATH=str(folder_with_uv(root))), list(SECTIONS))
    finally:
        stop_processes(root / "s")
        for directory in (folder, root):
            shutil.rmtree(directory, ignore_errors=True)


@pytest.mark.parametrize("title", RECIPES)
def test_the_recipe_does_what_it_says(reader: Reader, title: str) -> None:
    reader.follow_to(title)


def test_a_restarted_consumer_finishes_its_jobs_and_the_next_does_the_others_once(reader: Reader) -> None:
    reader.follow_to(WORKER)
    done_before, before = reader.huey_says(DONE), reader.status()
    send = f"from shop.presents import wrap; [wrap(n, {JOB_SECONDS}) for n in range({JOBS})]"
    sent = reader.checkout.run(f".venv/bin/inv manage \"shell --no-imports -c '{send}'\"")
    assert sent.code == 0, sent.said
    eventually(lambda: set(reader.huey_says(BEGUN)) > set(done_before), "no job was begun")
    begun = set(reader.huey_says(BEGUN)) - set(done_before)
    assert len(begun) < JOBS
    assert reader.checkout.run(".venv/bin/inv restart-workers --worker huey").code == 0
    eventually(lambda: len(reader.huey_says(DONE)) >= len(done_before) + JOBS, f"of {JOBS} jobs not all were done")
    done = reader.huey_says(DONE)
    assert len(done) == len(set(done)) == len(done_before) + JOBS
    assert sorted(reader.huey_says(BEGUN)) == sorted(done), "no job was begun twice"
    after = reader.status()
    assert begun <= set(re.findall(DONE, (reader.checkout.root / "shop/logs/shop-huey-r2-2.log").read_text()))
    assert (after["shop-huey-r2-3"]["release"], after["shop-huey-r2-3"]["proved"]) == ("r2", True)
    assert after["shop-web-r2"]["pid"] == before["shop-web-r2"]["pid"]


def test_each_is_one_new_file_and_its_test() -> None:
    """What a recipe writes into the rooms of the code, tests aside."""
    made = {
        section.title: [step.file for step in section.steps if not isinstance(step, Command) and not step.how]
        for section in SECTIONS
    }
    code = {
        title: [file for file in files if file.startswith(("backline/", "roles/"))] for title, files in made.items()
    }
    assert {title: len(files) for title, files in code.items() if files} == {
        "A resource": 1,
        "A role": 1,
        "A command": 1,
        "A kind of worker": 1,
    }
