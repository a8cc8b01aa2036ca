"""The client against a real supervisord: its answers, its refusals, and why nobody answers."""

from __future__ import annotations

import os
import socket

import pytest

from backline.resources.codec import decoded, encoded
from backline.resources.failure import Failure
from backline.resources.supervisor_rpc import Changes, StillRunning, Supervisor, SupervisorAbsent

from .conftest import Folder


def test_program_is_added_told_of_stopped_and_removed(daemon: Folder) -> None:
    supervisor = daemon.supervisor
    daemon.file("a").write_text("[program:a]\ncommand=/bin/sleep 1000\nstartsecs=0\nautostart=false\n")
    assert supervisor.reload_configuration() == Changes(("a",), (), ())
    assert supervisor.add("a")
    assert not supervisor.add("a")
    assert supervisor.start("a")
    assert not supervisor.start("a")
    found = supervisor.process("a")
    assert found is not None
    assert (found.name, found.group, found.ended) == ("a", "a", False)
    assert found in supervisor.processes()
    with pytest.raises(StillRunning):
        supervisor.remove("a")
    assert supervisor.stop("a")


def test_what_is_not_known_is_no_error_where_nothing_was_to_do(daemon: Folder) -> None:
    supervisor = daemon.supervisor
    assert supervisor.process("nothing") is None
    assert not supervisor.stop("nothing")
    assert not supervisor.remove("nothing")
    assert not supervisor.signal("nothing", "HUP")


def test_refusal_has_supervisors_own_words_and_a_hint(daemon: Folder) -> None:
    daemon.file("a").write_text("[program:a]\ncommand=/no/such/file\nautostart=false\n")
    daemon.supervisor.reload_configuration()
    daemon.supervisor.add("a")
    with pytest.raises(Failure, match="refuses startProcess a: NO_FILE") as refusal:
        daemon.supervisor.start("a")
    assert "no such file" in refusal.value.hint


def test_broken_file_of_somebody_else_is_named(daemon: Folder) -> None:
    daemon.file("foreign").write_text("[program:foreign]\ncommand=echo 100%\n")
    with pytest.raises(Failure, match="foreign.conf") as refusal:
        daemon.supervisor.reload_configuration()
    assert "move it away" in refusal.value.hint


def test_missing_socket_is_told_from_one_that_nobody_listens_on(folder: Folder) -> None:
    with pytest.raises(SupervisorAbsent, match="there is no socket"):
        folder.supervisor.state()
    leftover = socket.socket(socket.AF_UNIX)
    leftover.bind(folder.socket)
    leftover.close()
    with pytest.raises(SupervisorAbsent, match="nobody listens"):
        folder.supervisor.state()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody who may not speak to the socket")
def test_socket_that_is_not_ours_is_told_as_that(daemon: Folder) -> None:
    os.chmod(daemon.root, 0o755)
    child = os.fork()
    if child == 0:
        os.setuid(65534)
        try:
            daemon.supervisor.state()
        except Failure as failure:
            os._exit(0 if "not allowed" in failure.cause and "ansible_become" in failure.hint else 1)
        finally:
            os._exit(2)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


def test_path_that_is_too_long_for_a_socket_is_told_as_that() -> None:
    with pytest.raises(Failure, match="more than 107"):
        Supervisor("/" + "x" * 120).state()


def test_absence_crosses_the_wire() -> None:
    again = decoded(encoded(SupervisorAbsent("gone", hint="start it")))
    assert isinstance(again, SupervisorAbsent)
    assert (again.cause, again.hint) == ("gone", "start it")
