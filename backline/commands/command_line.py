"""A command line that Invoke would refuse without saying what was meant, or whose --help it would take for a value.

Looked at where tasks.py is read, since nothing else of ours comes before Invoke parses it.
"""

from __future__ import annotations

import difflib
import inspect
import shlex
import signal
import sys
import textwrap
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, NoReturn

from invoke.collection import Collection
from invoke.exceptions import Exit, ParseError
from invoke.parser import Parser
from invoke.parser.context import ParserContext
from invoke.tasks import Task

from backline.resources.failure import ConfigurationError

PROGRAMS = ("inv", "invoke")
MODULE = ("invoke", "__main__.py")
"""As `python -m invoke` calls itself."""
HELP_OPTIONS = ("--help", "-h")
SHOWING = (*HELP_OPTIONS, "--list", "-l")
"""With which Invoke only shows something."""
LINE = "line"
"""The argument of a command that takes a whole command line as one word."""
HELP_WIDTH = 78
"""Cells, behind Invoke's two of indentation."""
SURELY_MEANT = 0.7
"""How alike a command must be to be suggested (1: the same): `help` means no shell."""
INVOKES_CODE = 1


def prepare(namespace: Collection, argv: Sequence[str]) -> None:
    """Refuse a command line that cannot be meant, with what could be; and have --help behind a command mean its help.
    Raises Exit, which Invoke tells. What is not typed to Invoke's own program is left alone."""
    program, *words = argv or [""]
    if not _is_invokes(Path(program)) or not words:
        return
    if words[0].partition("=")[0] in SHOWING or words[-1] in HELP_OPTIONS:
        _show_well(namespace)
    names = namespace.task_names
    if words[0].startswith("-"):
        return
    if words[0] not in names:
        _refuse(unknown_command(words, names))
    task = namespace[words[0]]
    if words[1:2] and words[1] in HELP_OPTIONS:
        task.positional = ()  # or it would be the value of the first of them
        return
    failure = objection(words, names, task)
    if failure:
        _refuse(failure)


def _is_invokes(program: Path) -> bool:
    return program.name in PROGRAMS or program.parts[-2:] == MODULE


def _show_well(namespace: Collection) -> None:
    """What Invoke shows of commands fits a usual screen, where it folds nothing itself and a terminal would break
    within words; and who reads but the first lines of it leaves without a traceback."""
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    for task in (namespace[name] for name in namespace.task_names):
        paragraphs = inspect.cleandoc(task.__doc__ or "").split("\n\n")
        folded = (textwrap.fill(one, HELP_WIDTH, break_long_words=False, break_on_hyphens=False) for one in paragraphs)
        task.__doc__ = "\n\n".join(folded)


def objection(words: Sequence[str], names: Iterable[str], task: Task[Any]) -> ConfigurationError | None:
    """What is wrong with the words of a command that is known; None where nothing is, or another command begins."""
    from invoke.main import program

    help, context = dict(task.help), ParserContext(words[0], args=task.get_arguments())
    task.help = help  # which Invoke takes out of it, an option at a time
    try:
        left = Parser([context], ignore_unknown=True).parse_argv([*words]).unparsed
    except ParseError as error:
        lacking = error.context.missing_positional_args if error.context else ()
        return lacking_argument(words, lacking[0].name or "", help) if lacking else lacking_value(words, context)
    except ValueError:  # Invoke takes it for a number, and what it is not is told with a traceback
        return no_number(words, context)
    if not left or left[0] in (*names, *HELP_OPTIONS):
        return None
    if LINE in task.positional:
        return unquoted(words, context)
    if left[0].partition("=")[0] in program.initial_context.flags:
        return None
    if left[0].startswith("-"):
        return unknown_option(words, left[0], context)
    return unknown_word(words, left[0])


def unknown_command(words: Sequence[str], names: Iterable[str]) -> ConfigurationError:
    """There is no such command: what is nearest, and the members of a family whose name alone was typed."""
    name, *rest = words
    names = sorted(names)
    if rest and f"{name}.{rest[0]}" in names:
        return ConfigurationError(
            f"{name} {rest[0]} is written as one word", hint=_typed([f"{name}.{rest[0]}", *rest[1:]])
        )
    members = [one for one in names if one.startswith(f"{name}.")]
    if members:
        return ConfigurationError(f"{name} is a family of commands", lines=tuple(members), hint=_typed([members[-1]]))
    near = difflib.get_close_matches(name, names, n=1, cutoff=SURELY_MEANT)
    if not near:
        return ConfigurationError(f"no command is called {name}", hint="all of them:  inv --list")
    return ConfigurationError(f"no command is called {name}; did you mean {near[0]}?", hint=_typed([near[0], *rest]))


def lacking_argument(words: Sequence[str], name: str, help: Mapping[str, str]) -> ConfigurationError:
    """A command did not get what it cannot do without."""
    return ConfigurationError(
        f"inv {words[0]} lacks its {name}: {help.get(name, name)}", hint=f"how it is used:  inv {words[0]} --help"
    )


def lacking_value(words: Sequence[str], context: ParserContext) -> ConfigurationError | None:
    """An option that needs a value stands at the end, or before another one."""
    for word, behind in zip(words, [*words[1:], ""], strict=True):
        option = context.flags.get(word)
        if option and option.takes_value and (not behind or behind in context.flags):
            return ConfigurationError(
                f"{word} lacks its value: {option.help}", hint=f"its options:  inv {words[0]} --help"
            )
    return None


def no_number(words: Sequence[str], context: ParserContext) -> ConfigurationError | None:
    """An option that takes a number has something else."""
    for word, behind in zip(words, [*words[1:], ""], strict=True):
        name, equals, value = word.partition("=")
        option, given = context.flags.get(name), value if equals else behind
        if option and option.kind is int and not given.lstrip("-").isdecimal():
            right = [f"{name}={option.default}"] if equals else [name, str(option.default)]
            place = words.index(word)
            hint = _typed([*words[:place], *right, *words[place + (1 if equals else 2) :]])
            return ConfigurationError(f"{name} {given}: a number is meant", hint=hint)
    return None


def unquoted(words: Sequence[str], context: ParserContext) -> ConfigurationError:
    """A command line of several words was given to a command that takes it as one."""
    own, line, rest = [], [], list(words[1:])
    while rest:
        word = rest.pop(0)
        option = context.flags.get(word.partition("=")[0])
        if option is None:
            line.append(word)
        else:
            valued = option.takes_value and "=" not in word
            own += [word, *rest[: 1 if valued else 0]]
            rest = rest[1 if valued else 0 :]
    return ConfigurationError(
        f"inv {words[0]} takes the whole line as one word, so it must be quoted",
        hint=_typed([words[0], " ".join(line), *own]),
    )


def unknown_option(words: Sequence[str], word: str, context: ParserContext) -> ConfigurationError:
    """A command has no such option: which is nearest."""
    options = [one for one in (*context.flags, *context.inverse_flags) if one.startswith("--")]
    near = difflib.get_close_matches(word, options, n=1)
    if not near:
        return ConfigurationError(f"inv {words[0]} has no option {word}", hint=f"its options:  inv {words[0]} --help")
    parted = [(one, *one.partition("=")) for one in words]
    right = [f"{near[0]}{equals}{value}" if name == word else one for one, name, equals, value in parted]
    return ConfigurationError(f"inv {words[0]} has no option {word}; did you mean {near[0]}?", hint=_typed(right))


def unknown_word(words: Sequence[str], word: str) -> ConfigurationError:
    """Something that is neither an option nor a command: it is a host, most often."""
    right = [*words[: words.index(word)], "--host", *words[words.index(word) :]]
    return ConfigurationError(
        f"inv {words[0]} has no use for {word}; if that is a host, name it with --host", hint=_typed(right)
    )


def _typed(words: Sequence[str]) -> str:
    return f"inv {shlex.join(words)}"


def _refuse(failure: ConfigurationError) -> NoReturn:
    """Raises Exit with the screen, and the code with which Invoke itself refuses what it does not know."""
    from backline.commands.explaining import UNTOUCHED
    from backline.report.cells import wants_color
    from backline.report.failure import failure_screen

    failure.state = UNTOUCHED
    raise Exit(failure_screen(failure, color=wants_color(sys.stderr)), INVOKES_CODE)
