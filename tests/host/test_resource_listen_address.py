"""ListenAddress: free, the program's own, or somebody else's."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator

import pytest

from backline.agent.machine import Machine
from backline.agent.steps.start_programs import StartPrograms
from backline.resources.failure import Conflict
from backline.resources.listen_address import ListenAddress
from tests.host.applying import ThisHost, this_host
from tests.host.openssh import free_port
from tests.host.supervisor.conftest import Folder, daemon, eventually, folder, listener, machine

__all__ = ["daemon", "folder", "listener", "machine", "this_host"]

SERVER = "import socket, sys, time; s = socket.create_server(('127.0.0.1', int(sys.argv[1]))); time.sleep(1000)"


def address(where: str, supervisor: str = "/no/such/socket") -> ListenAddress:
    return ListenAddress(where, "shop-nginx", supervisor, "nginx_listen")


@pytest.fixture
def taken() -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield int(server.getsockname()[1])


@pytest.mark.parametrize("form", ["{}", "127.0.0.1:{}", "*:{}", "localhost:{}"])
def test_a_free_one_is_as_it_should_be(this_host: ThisHost, form: str) -> None:
    wanted = address(form.format(free_port()))
    assert this_host.attributes(wanted) == []
    assert not this_host.apply(wanted)


@pytest.mark.parametrize("form", ["{}", "127.0.0.1:{}", "*:{}"])
def test_somebody_elses_is_refused_with_who_has_it(this_host: ThisHost, taken: int, form: str) -> None:
    wanted = address(form.format(taken))
    with pytest.raises(Conflict, match=rf"is taken by pid {os.getpid()} \(.*python") as refusal:
        this_host.apply(wanted)
    assert refusal.value.hint == "end that, or give shop-nginx another address: nginx_listen"


def test_a_connection_that_has_ended_is_in_nobodys_way(this_host: ThisHost, taken: int) -> None:
    """What waits for its last packets (TIME_WAIT) does not listen."""
    port = free_port()
    with socket.create_server(("127.0.0.1", port)) as server:
        client = socket.create_connection(("127.0.0.1", port))
        accepted, _ = server.accept()
        accepted.close()
        client.close()
    assert this_host.attributes(address(f"127.0.0.1:{port}")) == []


def test_the_programs_own_is_as_it_should_be(this_host: ThisHost, daemon: Folder, machine: Machine) -> None:
    port = free_port()
    program = daemon.program("shop-nginx", daemon.python, "-c", SERVER, str(port))
    StartPrograms(daemon.socket, daemon.include, daemon.python, (program,)).perform(machine)
    eventually(machine, lambda: socket.socket().connect_ex(("127.0.0.1", port)) == 0)
    assert this_host.attributes(address(f"127.0.0.1:{port}", daemon.socket)) == []
    with pytest.raises(Conflict, match=str(daemon.pid("shop-nginx"))):
        this_host.apply(address(f"127.0.0.1:{port}"))
