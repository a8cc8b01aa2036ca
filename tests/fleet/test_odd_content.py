"""Odd content on a real host: names that no shell likes, links that lead nowhere, 100 MB of output, others' folders."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from backline.resources.failure import Failure
from backline.resources.shared_folder import SharedFolder
from tests.fleet.as_root import as_root
from tests.fleet.conftest import started
from tests.fleet.kiosk import MANAGE, ROLE, Kiosk, kiosk_on
from tests.host.deploy.project import CHECKOUT
from tests.host.deploy.screens import refused
from tests.lab.lab import Wanted

FAILED, USAGE, REFUSED = 1, 2, 6
VARIABLES = "inventory/group_vars/all.yml"
RELEASE = "srv/kiosk/current"
PROGRAMS = "/etc/supervisor/conf.d"
NAMES = (
    b"new\nline",
    b"qu'ote\"s",
    "emoji \U0001f389".encode(),
    b"-dash",
    b"latin-\xe9",
    b"tab\t",
    b"back\\slash",
    b" ",
    b"*?[x]",
)
LINKS = {b"loop": b"pool", b"pool": b"loop", b"self": b"self", b"nowhere": b"\xff\n/none"}
AGENT = """\
import os, sys

def most(pid):
    \"\"\"kB that the agent, which is somewhere above, has had at most.\"\"\"
    words = open(f"/proc/{pid}/status").read().split()
    if b"-I\\0-S\\0-c" not in open(f"/proc/{pid}/cmdline", "rb").read():
        return most(words[words.index("PPid:") + 1])
    return words[words.index("VmHWM:") + 1]

"""
LOUD = f"""\
{AGENT}
if sys.argv[1] in ("check", "migrate"):
    for count in range(12500):
        print("x" * 7999)
    sys.exit(f"this is why: {{most(os.getppid())}} kB")
"""
"""100 MB."""
COUNTING = f"""\
{AGENT}
if sys.argv[1] == "migrate":
    open("/srv/kiosk/shared/most", "w").write(most(os.getppid()))
"""
HUGE = 300 * 1000 * 1000
"""Bytes; of zeros, which git packs."""
MEASURE = """\
import resource, subprocess, sys

subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL, check=True)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
"""
"""In a small process of its own, since a child begins with the memory of who forks it."""
SOME_MEMORY = 150 * 1024
"""kB. 100 MB that somebody keeps would not do with it, since Python alone has 20."""


@pytest.fixture(scope="module")
def kiosk(tmp_path_factory: pytest.TempPathFactory) -> Generator[Kiosk]:
    with started(Wanted(hosts=1)) as lab, kiosk_on(lab, tmp_path_factory.mktemp("kiosk")) as found:
        yield found


def test_every_name_and_link_that_git_carries_arrives_and_is_told(kiosk: Kiosk) -> None:
    folder = os.fsencode(kiosk.shop)
    for name in NAMES:
        Path(os.fsdecode(folder + b"/" + name)).write_bytes(name)
    for name, target in LINKS.items():
        os.symlink(target, folder + b"/" + name)
    kiosk.project.commit("odd names")
    done = kiosk.project.on_host("deploy")
    sent = {event["subject"] for event in done.events if event["event"] == "sent"}
    assert sent == {os.fsdecode(name) for name in (*NAMES, *LINKS)}
    release = os.fsencode(kiosk.host.root / "srv/kiosk/releases" / done.summary["release"][1:])
    assert {name: Path(os.fsdecode(release + b"/" + name)).read_bytes() for name in NAMES} == {
        name: name for name in NAMES
    }
    assert {name: os.readlink(release + b"/" + name) for name in LINKS} == LINKS
    again = kiosk.project.inv("deploy", "--host", "h1", "--check", "--diff")
    assert "nothing would change" in again.out
    assert kiosk.project.on_host("deploy", "--force").summary["hosts"]["h1"]["blobs_sent"] == 0


@pytest.mark.parametrize(
    ("command", "step", "code", "lines"),
    [
        ("migrate", "migrate", FAILED, ()),
        ("check --deploy", "check", REFUSED, ("app_check: true",)),
    ],
)
def test_100_mb_of_a_release_s_own_command_are_kept_by_their_end(
    kiosk: Kiosk, command: str, step: str, code: int, lines: tuple[str, ...]
) -> None:
    kiosk.change("manage.py", LOUD)
    with variable(kiosk, *lines), kiosk.untouched():
        screen = refused(kiosk.project, "deploy", "--host", "h1", code=code, host="h1", step=step)
    assert f"{command} ended with exit code 1" in screen.text
    assert int(screen.text.partition("this is why: ")[2].split()[0]) < SOME_MEMORY
    kiosk.change("manage.py", MANAGE)


def test_100_mb_of_a_persons_line_pass_through_without_being_kept(kiosk: Kiosk) -> None:
    """The shell's parent is the agent."""
    line = "head -c 100000000 /dev/zero | tr '\\0' y; echo; grep VmHWM /proc/$PPID/status"
    done = kiosk.project.inv("run", line, "--host", "h1")
    assert done.out.count("y") == 100_000_000
    _, word, kilobytes, _ = done.out.splitlines()[-1].rsplit(maxsplit=3)
    assert word == "VmHWM:"
    assert int(kilobytes) < SOME_MEMORY


def test_nor_are_they_kept_by_who_has_typed_it(kiosk: Kiosk) -> None:
    line = "head -c 100000000 /dev/zero | tr '\\0' y | fold -w 8000"
    assert measured(kiosk, "run", line, "--host", "h1") < SOME_MEMORY


def measured(kiosk: Kiosk, *words: str) -> int:
    """How many kB a command of ours had at most."""
    done = subprocess.run(
        [sys.executable, "-c", MEASURE, sys.executable, "-m", "invoke", *words],
        cwd=kiosk.project.folder,
        env={**os.environ, "PYTHONPATH": str(CHECKOUT)},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    return int(done.stdout)


@pytest.mark.parametrize("content", ["a\0b\n", "0123456789" * 2_000_000], ids=["NUL", "20 MB"])
def test_a_file_of_a_role_may_hold_anything(kiosk: Kiosk, content: str) -> None:
    """A NUL; 20 MB."""
    role = kiosk.project.folder / "roles/kiosk.py"
    expression = repr(content) if len(content) < 9 else f"{content[:10]!r} * {len(content) // 10}"
    made = f'    from backline.resources.file import File\n\n    yield File("/srv/kiosk/shared/made", {expression})\n'
    role.write_text(ROLE.replace("    yield from ()\n", made))
    assert kiosk.project.on_host("deploy", "--diff").summary["hosts"]["h1"]["changed"] == 1
    assert (kiosk.host.root / "srv/kiosk/shared/made").read_bytes() == content.encode()
    assert kiosk.project.on_host("deploy").summary["hosts"]["h1"]["changed"] == 0
    role.write_text(ROLE)


def test_a_nul_in_the_environment_is_refused_with_its_line(kiosk: Kiosk) -> None:
    with variable(kiosk, 'app_environment: {GREETING: "a\\0b"}'), kiosk.untouched():
        screen = refused(kiosk.project, "deploy", "--host", "h1", code=USAGE, host="h1", step="check variables")
        place = kiosk.project.line_of(VARIABLES, "GREETING")
    assert f"{place}: app_environment must not have a NUL byte in GREETING: no environment carries it" in screen.text


@contextmanager
def variable(kiosk: Kiosk, *lines: str) -> Iterator[None]:
    """These are below the others, and win."""
    file = kiosk.project.folder / VARIABLES
    before = file.read_text()
    names = [line.partition(":")[0] for line in lines]
    kept = [line for line in before.splitlines() if line.partition(":")[0] not in names]
    file.write_text("\n".join((*kept, *lines, "")))
    try:
        yield
    finally:
        file.write_text(before)


@pytest.mark.parametrize("vandalism", ["rm $file", "echo '[program:kiosk' >$file", "rm $file; supervisorctl update"])
def test_a_live_program_s_file_is_mended_and_what_does_not_run_is_started(kiosk: Kiosk, vandalism: str) -> None:
    assert kiosk.project.on_host("deploy").summary["status"] == "live"
    before = kiosk.serving()
    kiosk.shell(f"for file in {PROGRAMS}/kiosk-*; do {vandalism}; done")
    done = kiosk.project.inv("deploy", "--host", "h1")
    assert f"{PROGRAMS}/kiosk-open-r" in done.out
    assert ("did not run; it is started" in done.out) == ("update" in vandalism)
    assert "is live already" in done.out
    after = kiosk.serving()
    assert after["files"] == before["files"]
    if "update" not in vandalism:
        assert after == before
    assert "nothing was started" in kiosk.project.inv("deploy", "--host", "h1").out


COMMANDS = (["deploy"], ["deploy", "--check"], ["provision"], ["remove", "--name", "other", "--yes"])


def test_what_somebody_has_at_the_app_s_root_is_refused_until_it_is_said_to_be_the_app_s(kiosk: Kiosk) -> None:
    kiosk.shell("mkdir -p /srv/other/shared && echo theirs >/srv/other/shared/data")
    with variable(kiosk, "app_name: other"), kiosk.untouched():
        for command in COMMANDS:
            done = kiosk.project.inv(*command, "--host", "h1", check=False)
            assert done.code == FAILED, command
            assert "/srv/other is there already and is not Backline's: it holds shared" in " ".join(done.err.split())
            assert "app_adopt: true" in done.err
    assert kiosk.shell("find /srv/other -type f; ls -A /srv/other; ls /opt/backline/apps") == (
        "/srv/other/shared/data\nshared\nkiosk\n"
    )
    with variable(kiosk, "app_name: other", "app_adopt: true"):
        assert kiosk.project.on_host("deploy").summary["status"] == "deployed"
        assert kiosk.shell("cat /srv/other/shared/data") == "theirs\n"
        assert kiosk.project.on_host("deploy").summary["status"] == "live"
        kiosk.project.on_host("remove", "--name", "other", "--yes")
    assert kiosk.shell("ls /srv") == "kiosk\n"


def test_root_follows_no_link_that_the_app_has_put_among_its_own_folders(kiosk: Kiosk) -> None:
    kiosk.shell("mkdir -p /root/precious && ln -s /root/precious /srv/kiosk/shared/media")
    kiosk.shell("chown -h kiosk /srv/kiosk/shared/media")
    inside = "/srv/kiosk/shared"
    with as_root(kiosk.host) as root:
        for path in ("media/photos", "media"):
            with pytest.raises(Failure, match="media is a link"):
                root.apply(SharedFolder(f"{inside}/{path}", owner="kiosk", group="kiosk", inside=inside))
        assert kiosk.shell("ls -A /root/precious; stat -c %U /root/precious") == "root\n"
        kiosk.shell(f"rm {inside}/media")
        wanted = SharedFolder(f"{inside}/media/photos", owner="kiosk", group="kiosk", inside=inside)
        assert root.applied(wanted) == [wanted.path]
        assert root.applied(wanted) == []
    assert kiosk.shell(f"stat -c '%U %a' {inside}/media {inside}/media/photos") == "kiosk 755\nkiosk 755\n"


def test_a_file_of_300_mb_is_in_memory_once_on_either_side(kiosk: Kiosk) -> None:
    """The last, since whatever is deployed after it has that file too."""
    kiosk.shell("mount -o remount,size=1g /srv")
    (kiosk.shop / "huge").write_bytes(bytes(HUGE))
    kiosk.change("manage.py", COUNTING)
    most = measured(kiosk, "deploy", "--host", "h1")
    assert (kiosk.host.root / RELEASE / "huge").stat().st_size == HUGE
    assert most < HUGE // 1000 + SOME_MEMORY
    assert int(kiosk.shell("cat /srv/kiosk/shared/most")) < HUGE // 1000 + SOME_MEMORY
