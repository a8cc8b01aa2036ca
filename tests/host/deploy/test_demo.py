"""What `make demo` shows: a site that answers, a task that a deployed worker did, and the proof of what runs."""

from __future__ import annotations

import re
import urllib.request

from tests.host.deploy.project import DEADLINE, Project


def test_the_demo_shows_a_task_done_and_every_process_proved(sandbox: Project) -> None:
    told = sandbox.inv("demo").out
    assert "packed: done by default-r1@sandbox, which runs r1" in told
    found = re.search(r"http://127\.0\.0\.1:\d+/", told.partition("The site is left running")[2])
    assert found is not None
    with urllib.request.urlopen(found.group(), timeout=DEADLINE) as answer:
        assert answer.status == 200
    programs = [item for item in sandbox.status() if item["kind"] != "service"]
    assert {item["kind"] for item in programs} == {"web", "celery", "beat"}
    assert all(item["proved"] is True and item["release"] == "r1" for item in programs)
    assert ".venv/bin/inv sandbox.down" in told
