"""Check mode's overlay: it shows what would be, and changes nothing. Held against the real machine, act by act."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from backline.agent.machine import Machine
from backline.agent.overlay import Overlay
from backline.resources.absent import Absent
from backline.resources.account import Account, imagine_user
from backline.resources.authorized_key import AuthorizedKey
from backline.resources.directory import Directory
from backline.resources.failure import ConfigurationError, Conflict, Failure, OnlyLooking
from backline.resources.file import File
from backline.resources.link import Link
from backline.resources.resource import Host, Resource
from tests.host.applying import QuietLine


@pytest.fixture
def machine() -> Iterator[Machine]:
    with QuietLine() as line:
        yield Machine(line)


@pytest.fixture
def overlay(machine: Machine) -> Overlay:
    return Overlay(machine)


def looked_at(root: str, host: Host) -> dict[str, object]:
    """Everything that a host shows below a directory."""
    shown: dict[str, object] = {}
    for name in host.names(root):
        path = f"{root}/{name}"
        status = host.status(path)
        assert status is not None
        shown[path] = (status.kind, status.owner, status.target, status.mode if not status.is_link else 0)
        if status.is_file:
            shown[path + ":"] = host.read(path)
        if status.is_directory:
            shown.update(looked_at(path, host))
    return shown


def test_later_resources_see_what_earlier_ones_would_do(overlay: Overlay, tmp_path: Path) -> None:
    plan: tuple[Resource, ...] = (
        Directory(f"{tmp_path}/releases/43"),
        File(f"{tmp_path}/releases/43/manage.py", "x", mode=0o755),
        Link(f"{tmp_path}/current", "releases/43"),
        File(f"{tmp_path}/current/local.py", "y"),
        Absent(f"{tmp_path}/releases/43/manage.py"),
    )
    for resource in plan:
        assert tuple(resource.differences(overlay))
        resource.converge(overlay)
        assert tuple(resource.differences(overlay)) == ()
    assert overlay.names(f"{tmp_path}/current") == ("local.py",)
    assert overlay.read(f"{tmp_path}/releases/43/local.py") == b"y"
    assert os.listdir(tmp_path) == []


def test_a_key_is_the_line_of_its_file_without_the_end(overlay: Overlay, tmp_path: Path) -> None:
    imagine_user(overlay, Account("anna", "anna", (), str(tmp_path), "/bin/sh"))
    key = AuthorizedKey("anna", "ssh-ed25519 AAAAtest anna@laptop\n")
    assert [found.after for found in key.differences(overlay)] == ["ssh-ed25519 AAAAtest anna@laptop"]
    key.foresee(overlay)
    assert list(key.differences(overlay)) == []


def test_several_keys_are_no_key(overlay: Overlay, tmp_path: Path) -> None:
    imagine_user(overlay, Account("anna", "anna", (), str(tmp_path), "/bin/sh"))
    with pytest.raises(ConfigurationError, match="an AuthorizedKey is one line"):
        list(AuthorizedKey("anna", "ssh-rsa AAAA1\nssh-rsa AAAA2\n").differences(overlay))


def test_a_renamed_directory_shows_its_real_content(overlay: Overlay, tmp_path: Path) -> None:
    (tmp_path / "old" / "deep").mkdir(parents=True)
    (tmp_path / "old" / "deep" / "file").write_text("real")
    (tmp_path / "old" / "gone").write_text("")
    overlay.remove(f"{tmp_path}/old/gone")
    overlay.write(f"{tmp_path}/old/deep/new", b"layer", mode=0o600)
    overlay.rename(f"{tmp_path}/old", f"{tmp_path}/new")
    assert overlay.names(str(tmp_path)) == ("new",)
    assert overlay.names(f"{tmp_path}/new") == ("deep",)
    assert overlay.names(f"{tmp_path}/new/deep") == ("file", "new")
    assert overlay.read(f"{tmp_path}/new/deep/file") == b"real"
    assert overlay.status(f"{tmp_path}/old/deep/file") is None


def test_a_directory_made_where_one_was_removed_is_empty(overlay: Overlay, tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "stale.sock").touch()
    overlay.remove(f"{tmp_path}/run")
    overlay.make_directory(f"{tmp_path}/run", mode=0o755)
    assert overlay.names(f"{tmp_path}/run") == ()


def test_commands_and_calls_are_not_done_but_questions_are(overlay: Overlay, tmp_path: Path) -> None:
    with pytest.raises(OnlyLooking, match="would run touch"):
        overlay.run(["touch", f"{tmp_path}/touched"])
    with pytest.raises(OnlyLooking):
        overlay.call(lambda: (tmp_path / "touched").touch())
    assert overlay.ask(["echo", "really"]).output == "really\n"
    assert os.listdir(tmp_path) == []


def test_a_program_of_the_layer_is_found(overlay: Overlay, tmp_path: Path) -> None:
    overlay.write(f"{tmp_path}/tool", b"", mode=0o755)
    overlay.make_link(f"{tmp_path}/link", "tool")
    assert overlay.find_program(f"{tmp_path}/link") == f"{tmp_path}/link"
    assert overlay.find_program(f"{tmp_path}/none") is None
    assert overlay.find_program("sh") is not None


def test_links_in_a_circle_are_a_failure(overlay: Overlay, tmp_path: Path) -> None:
    overlay.make_link(f"{tmp_path}/a", "b")
    overlay.make_link(f"{tmp_path}/b", "a")
    with pytest.raises(Failure, match="symbolic links"):
        overlay.read(f"{tmp_path}/a")


NAMES = st.sampled_from(["a", "b", "a/x", "a/y", "b/x", "a/x/deep", "link/x", "link"])
Act = tuple[str, Callable[[Host, str, str], None]]
ACTS: dict[str, Callable[[Host, str, str], None]] = {
    "write": lambda host, one, _: host.write(one, one.rpartition("/")[2].encode(), mode=0o640),
    "make_directory": lambda host, one, _: host.make_directory(one, mode=0o750),
    "make_link": lambda host, one, other: host.make_link(one, other),
    "set_mode": lambda host, one, _: host.set_mode(one, 0o700),
    "remove": lambda host, one, _: host.remove(one),
    "rename": lambda host, one, other: host.rename(one, other),
}


def done(act: Callable[[Host, str, str], None], host: Host, one: str, other: str) -> bool:
    try:
        act(host, one, other)
    except (Failure, Conflict):
        return False
    return True


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(acts=st.lists(st.tuples(st.sampled_from(sorted(ACTS)), NAMES, NAMES), max_size=12))
@example(acts=[("remove", "a", "a"), ("make_directory", "a", "a"), ("rename", "link", "link/x")])
@example(acts=[("make_link", "b", "a/x"), ("remove", "a/x", "a"), ("make_link", "a/x", "a"), ("write", "b/x", "a")])
@example(acts=[("make_link", "b", "a/x"), ("remove", "a/x", "a"), ("make_link", "a/x", "a"), ("make_link", "b/x", "a")])
@example(acts=[("make_link", "a/y", "a/y"), ("remove", "a/y/deep", "a")])
def test_what_the_overlay_foretells_comes_true(
    tmp_path_factory: pytest.TempPathFactory, machine: Machine, acts: list[tuple[str, str, str]]
) -> None:
    root = tmp_path_factory.mktemp("root")
    (root / "a" / "x").mkdir(parents=True)
    (root / "a" / "x" / "real").write_text("real")
    (root / "link").symlink_to("a")
    overlay = Overlay(machine)
    before = looked_at(str(root), machine)
    foretold = [done(ACTS[act], overlay, f"{root}/{one}", f"{root}/{other}") for act, one, other in acts]
    assert looked_at(str(root), machine) == before
    shown = looked_at(str(root), overlay)
    came = [done(ACTS[act], machine, f"{root}/{one}", f"{root}/{other}") for act, one, other in acts]
    assert foretold == came
    assert shown == looked_at(str(root), machine)
