"""Ctrl-C before a run has begun: a command that changes hosts says that nothing was touched."""

from __future__ import annotations

from pathlib import Path

import pytest
from invoke.context import Context

from backline.commands.command import changing, task_of
from backline.commands.site import Site


@changing()
def deploy(site: Site) -> None:
    """As when Ctrl-C comes while the project is read."""
    raise KeyboardInterrupt


def test_nothing_was_touched(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    def leave(code: int) -> None:
        raise SystemExit(code)

    monkeypatch.setattr("backline.commands.exits.end_now", leave)
    task = task_of(deploy, Path("/srv/project"))
    usual = {"host": "prod", "inventory": "", "check": False, "diff": False, "forks": "", "vault_password_file": ""}
    with pytest.raises(SystemExit) as ended:
        task(Context(), **usual, verbose=False, debug=False, ask_pass=False, ask_become_pass=False)
    told = capsys.readouterr().err
    assert ended.value.code == 1
    assert told.startswith("Stopped: deploy\n  stopped by Ctrl-C\n")
    assert "state  nothing was touched" in told
    assert "once more:  inv deploy --host prod" in told
