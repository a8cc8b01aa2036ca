"""Ctrl-C before a run has begun: a command that changes hosts says that nothing was touched."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from invoke.context import Context

from backline.commands.command import changing, task_of
from backline.commands.site import Site


@changing(json="one event a line as JSON")
def deploy(site: Site, json: bool = False) -> None:
    """As when Ctrl-C comes while the project is read."""
    raise KeyboardInterrupt


@pytest.mark.parametrize("as_json", [False, True])
def test_nothing_was_touched(
    as_json: bool, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def leave(code: int) -> None:
        raise SystemExit(code)

    monkeypatch.setattr("backline.commands.exits.end_now", leave)
    task = task_of(deploy, Path("/srv/project"))
    usual = {"host": "prod", "inventory": "", "check": False, "diff": False, "forks": "", "vault_password_file": ""}
    with pytest.raises(SystemExit) as ended:
        task(Context(), **usual, json=as_json, verbose=False, debug=False, ask_pass=False, ask_become_pass=False)
    out, told = capsys.readouterr()
    summaries = [json.loads(line) for line in out.splitlines()]
    assert [(one["status"], one["error"]["cause"]) for one in summaries] == [("failed", "stopped by Ctrl-C")] * as_json
    assert ended.value.code == 1
    assert told.startswith("Stopped: deploy\n  stopped by Ctrl-C\n")
    assert "state  nothing was touched" in told
    assert "once more:  inv deploy --host prod" in told
