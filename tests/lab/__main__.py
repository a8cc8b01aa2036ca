"""The command: python -m tests.lab up 3, and what one types beside it."""

from __future__ import annotations

import argparse
import os
import sys
import time
from dataclasses import asdict

from tests.lab.faults import LabError
from tests.lab.image import image
from tests.lab.keys import client_key
from tests.lab.lab import DEFAULT_RELEASE, Lab, Wanted
from tests.lab.labs import claimed, clear_abandoned, opened
from tests.lab.places import lab_folder, labs_folder, locked
from tests.lab.records import all_records
from tests.lab.requirements import require_lab
from tests.lab.sources import RELEASES

PROGRAM = "python -m tests.lab"
EXAMPLES = f"""\
{PROGRAM} up 3                        h1, h2 and h3; the first time it installs Debian, about a minute
{PROGRAM} up 3 --packages --rtt-ms 50 the same hosts with apt, pip and uv at work, and 50 ms away
{PROGRAM} ssh h1                      as deploy; as root: ssh root@h1
{PROGRAM} cut h2                      its line is cut; heal h2 mends it
{PROGRAM} reset h3                    thrown away and made anew, same address, same keys
{PROGRAM} down

Users: root, deploy (sudo without a password), and those of tests/lab/accounts.py, whose password is: lab
Images, keys and labs lie in {lab_folder()}; BACKLINE_LAB_DIR chooses another place.
"""


def up(options: argparse.Namespace) -> None:
    """Bring up h1 to hN, or change what is up"""
    clear_abandoned()
    began = time.monotonic()
    lab = opened(options.lab) or claimed(options.lab, None)
    try:
        lab.adjust(Wanted(options.hosts, options.release, options.rtt_ms, options.packages))
    except LabError:
        if not lab.record.hosts:
            lab.down()
        raise
    print(f"up after {time.monotonic() - began:.1f} s, as {RELEASES[options.release]}:")
    for host in lab.hosts:
        print(f"  {host.name}  {host.address}")
    print(f"log in:  {PROGRAM} ssh h1    or    ssh -F {lab.record.folder}/ssh_config h1")
    print(f"key:     {client_key()}\nknown:   {lab.record.folder}/known_hosts")


def down(options: argparse.Namespace) -> None:
    """End it all"""
    clear_abandoned()
    lab = opened(options.lab)
    if lab is not None:
        lab.down()


def distance(options: argparse.Namespace) -> None:
    """Move the hosts away or near, while they run"""
    the_lab(options).set_distance(options.milliseconds)


def cut(options: argparse.Namespace) -> None:
    """Lose every frame to and from hosts"""
    for name in options.hosts:
        the_lab(options).host(name).cut()


def heal(options: argparse.Namespace) -> None:
    """Undo a cut"""
    for name in options.hosts:
        the_lab(options).host(name).heal()


def reset(options: argparse.Namespace) -> None:
    """Throw hosts away and make them anew"""
    for name in options.hosts:
        the_lab(options).host(name).reset()


def ssh(options: argparse.Namespace) -> None:
    """Log in, or run a command"""
    lab = the_lab(options)
    lab.host(options.host.rpartition("@")[2])
    sys.stdout.flush()
    os.execvp("ssh", ["ssh", "-F", str(lab.record.folder / "ssh_config"), options.host, *options.command])


def execute(options: argparse.Namespace) -> None:
    """Run a command inside, as root and without ssh"""
    done = the_lab(options).host(options.host).execute(*options.command, check=False)
    sys.stdout.write(done.stdout)
    sys.stderr.write(done.stderr)
    sys.exit(done.returncode)


def root(options: argparse.Namespace) -> None:
    """Print the folder that is a host's / as seen from here"""
    print(the_lab(options).host(options.host).root)


def traffic(options: argparse.Namespace) -> None:
    """Print connections, channels, bytes and frames of each host"""
    for host in the_lab(options).hosts:
        print(host.name, " ".join(f"{name}={value}" for name, value in asdict(host.traffic()).items()))


def status(options: argparse.Namespace) -> None:
    """Print all labs and their hosts"""
    for record in all_records():
        kept = "until it is taken down" if record.owner is None else f"of process {record.owner.pid}"
        packages = ", packages" if record.packages else ""
        print(f"lab {record.name}: {record.network.subnet}, {kept}{packages}")
        for host in record.hosts:
            state = "down" if not host.is_up else "cut" if host.is_cut else "up"
            print(f"  {host.name}  {record.network.address(host.number)}  {state}  {host.release}  {host.rtt_ms:g} ms")


def install(options: argparse.Namespace) -> None:
    """Install a Debian release for hosts to begin with, where that was not done before"""
    print(image(options.release))


def the_lab(options: argparse.Namespace) -> Lab:
    lab = opened(options.lab)
    if lab is None:
        raise LabError(f"no lab is up; start one with:  {PROGRAM} up 3")
    return lab


def parser() -> argparse.ArgumentParser:
    found = argparse.ArgumentParser(
        prog=PROGRAM,
        description="Throw-away Debian servers on this machine, for tests and for trying things out. Needs root.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    found.add_argument("--lab", default="mine", metavar="NAME", help="which of several labs (default: mine)")
    commands = found.add_subparsers(metavar="COMMAND", required=True)
    for function in (up, down, ssh, execute, cut, heal, reset, distance, root, traffic, status, install):
        name = {execute: "exec", distance: "rtt", install: "image"}.get(function, function.__name__)
        command = commands.add_parser(name, help=function.__doc__, description=function.__doc__)
        command.set_defaults(function=function)
        add_arguments(command, name)
    return found


def add_arguments(command: argparse.ArgumentParser, name: str) -> None:
    if name == "up":
        command.add_argument("hosts", type=int, help="how many")
        command.add_argument("--rtt-ms", type=float, default=0.0, metavar="X", help="the way there and back takes X ms")
        command.add_argument("--packages", action="store_true", help="apt, pip and uv work inside")
        command.add_argument("--release", choices=RELEASES, default=DEFAULT_RELEASE)
    elif name == "image":
        command.add_argument("release", nargs="?", choices=RELEASES, default=DEFAULT_RELEASE)
    elif name == "rtt":
        command.add_argument("milliseconds", type=float)
    elif name in ("cut", "heal", "reset"):
        command.add_argument("hosts", nargs="+", metavar="HOST")
    elif name in ("ssh", "exec", "root"):
        command.add_argument("host", metavar="HOST")
    if name in ("ssh", "exec"):
        command.add_argument("command", nargs=argparse.REMAINDER, metavar="COMMAND")


def main() -> None:
    options = parser().parse_args()
    try:
        require_lab()
        if options.function is ssh:  # becomes ssh: nobody must wait for its end
            options.function(options)
        with locked(labs_folder() / options.lab):
            options.function(options)
    except LabError as error:
        sys.exit(f"lab: {error}")


if __name__ == "__main__":
    main()
