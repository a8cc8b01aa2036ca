"""What makes a function a command: the options that every command has, the site that it is given, and how it ends."""

from __future__ import annotations

import inspect
import shlex
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from copy import copy
from pathlib import Path
from typing import Any

from invoke.parser.argument import Argument
from invoke.tasks import Task

from backline.commands.entrance import Entrance
from backline.commands.exits import told_failures
from backline.commands.explaining import UNTOUCHED
from backline.commands.greeting import greet
from backline.commands.site import Site
from backline.resources.dataclass import dataclass, field
from backline.resources.failure import Interrupted

CHANGING = {
    "check": "only say what would be done, and do nothing",
    "diff": "show what differs in files, as unified diffs",
    "forks": "at most so many hosts at once (default: 32)",
}
"""What a command that changes hosts is told besides."""
SWITCHING = {**CHANGING, "batch": "at most so many hosts switch at once (default: all)"}
"""What one is told that has hosts go over to something new."""
HELP = {
    "host": "hosts or groups of the inventory, several with commas (default: the only host there is)",
    "inventory": "the inventory's folder or file (default: inventory/ beside tasks.py, or $BACKLINE_INVENTORY)",
    "verbose": "tell more: unchanged resources, every line of what runs",
    "ask_pass": "ask for the password of the login (ansible_password)",
    "ask_become_pass": "ask for the password of sudo or su (ansible_become_password)",
    "vault_password_file": "the file with the vault's password (default: "
    "$ANSIBLE_VAULT_PASSWORD_FILE, else what ansible.cfg says; else asks)",
    "debug": "show a traceback where something fails",
}


@dataclass(frozen=True)
class Command:
    """A command before Invoke knows it. `help` is a line for each of its own options, `manners` for each of those that
    the Site is told."""

    body: Callable[..., None]
    help: Mapping[str, str] = field(default_factory=dict)
    manners: Mapping[str, str] = field(default_factory=dict)

    @property
    def name(self) -> str:
        return self.body.__name__.rstrip("_").replace("_", "-")


def command(**help: str) -> Callable[[Callable[..., None]], Command]:
    """Mark a function as a command. It is given a Site, then its own options."""

    def mark(body: Callable[..., None]) -> Command:
        return Command(body, help)

    return mark


def changing(**help: str) -> Callable[[Callable[..., None]], Command]:
    """Mark a function as a command that changes hosts: it has --check and --diff as well, and need not know."""

    def mark(body: Callable[..., None]) -> Command:
        return Command(body, help, CHANGING)

    return mark


def switching(**help: str) -> Callable[[Callable[..., None]], Command]:
    """Mark a function as a command that changes hosts, and what is live on them."""

    def mark(body: Callable[..., None]) -> Command:
        return Command(body, help, SWITCHING)

    return mark


def task_of(command: Command, project: Path, family: str = "") -> CommandTask:
    """The Invoke task of a command; `project` is the folder of tasks.py, `family` what is typed before its name."""
    name = f"{family}.{command.name}" if family else command.name

    def run(context: object, **options: Any) -> None:
        host, inventory = options.pop("host"), options.pop("inventory")
        verbose, debug = options.pop("verbose"), options.pop("debug")
        vault = options.pop("vault_password_file")
        typed = _typed(name, [*own, *manners], options)
        told = {name: options.pop(name) for name in command.manners}
        entrance = Entrance(options.pop("ask_pass"), options.pop("ask_become_pass"))
        site = Site(
            project, host, inventory, verbose, command=typed, entrance=entrance, vault_password_file=vault, **told
        )
        with told_failures(site, debug), _stopped_early(command, site, options):
            if command.manners:
                greet(site)
            command.body(site, **options)

    own = list(inspect.signature(command.body).parameters.values())[1:]
    manners = [_option(name, getattr(Site, name)) for name in command.manners]
    run.__signature__ = inspect.Signature([_option("context"), *own, *manners, *_common_options()])  # type: ignore[attr-defined]
    run.__doc__ = command.body.__doc__
    # Invoke would make -h mean --host, and others what nobody expects.
    return CommandTask(run, name=command.name, help={**HELP, **command.manners, **command.help}, auto_shortflags=False)


class CommandTask(Task[Any]):
    """Its options are quickly copied: Invoke copies all options of all commands each time that it reads a command line,
    in depth, and there are hundreds."""

    before_parsing: Callable[[], None] | None = None
    """Done when Invoke asks for the options: tasks.py has been read, and the command line has not."""

    def get_arguments(self, ignore_unknown_help: bool | None = None) -> list[Argument]:
        if self.before_parsing:
            self.before_parsing()
        return [_Flat.like(option) for option in super().get_arguments(ignore_unknown_help)]


class _Flat(Argument):
    """An option whose value is replaced and never changed, so that its copies may share it."""

    @classmethod
    def like(cls, option: Argument) -> _Flat:
        """The same option."""
        return cls(
            names=option.names,
            kind=option.kind,
            default=option.default,
            help=option.help,
            positional=option.positional,
            optional=option.optional,
            incrementable=option.incrementable,
            attr_name=option.attr_name,
        )

    def __deepcopy__(self, memo: object) -> _Flat:
        return copy(self)


@contextmanager
def _stopped_early(command: Command, site: Site, options: Mapping[str, object]) -> Iterator[None]:
    """Ctrl-C that no run has heard came before there was one: of a command that changes hosts, nothing was begun."""
    try:
        yield
    except KeyboardInterrupt:
        if not command.manners:
            raise
        stopped = Interrupted("stopped by Ctrl-C", state=UNTOUCHED)
        if options.get("json"):
            from backline.commands.running import tell_not_begun

            tell_not_begun(site, stopped)
        raise stopped from None


def _typed(name: str, own: Sequence[inspect.Parameter], options: Mapping[str, object]) -> str:
    """The command and its own options as words to type again; how the answer looks is left out."""
    words = [name]
    for option in own:
        value = options[option.name]
        if option.default is inspect.Parameter.empty:
            words.append(str(value))
        elif value != option.default and option.name != "json":
            words += _option_words(option.name, value)
    return shlex.join(words)


def _option_words(parameter: str, value: object) -> list[str]:
    """As Invoke calls it: `as_` is --as."""
    name = parameter.strip("_").replace("_", "-")
    if isinstance(value, bool):
        return [f"--{name}" if value else f"--no-{name}"]
    return [f"-{name}" if len(name) == 1 else f"--{name}", str(value)]


def _common_options() -> list[inspect.Parameter]:
    defaults = {
        "host": "",
        "inventory": "",
        "verbose": False,
        "ask_pass": False,
        "ask_become_pass": False,
        "vault_password_file": "",
        "debug": False,
    }
    return [_option(name, default) for name, default in defaults.items()]


def _option(name: str, default: object = inspect.Parameter.empty) -> inspect.Parameter:
    return inspect.Parameter(name, inspect.Parameter.POSITIONAL_OR_KEYWORD, default=default)
