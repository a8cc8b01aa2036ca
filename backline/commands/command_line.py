"""A command line that Invoke would refuse without saying what was meant, or whose --help it would take for a value.

Help is prepared where tasks.py makes the commands. What is wrong is looked for when Invoke asks for the options of the
first one: by then all of tasks.py is read, which may have commands of its own.
"""

from __future__ import annotations

import inspect
import signal
import sys
import textwrap
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, NoReturn

from invoke.collection import Collection
from invoke.exceptions import Exit, ParseError
from invoke.parser import Parser
from invoke.parser.context import ParserContext
from invoke.tasks import Task

from backline.commands.mistyped_line import (
    lacking_argument,
    lacking_value,
    misplaced,
    unknown_command,
    unknown_option,
    unknown_word,
    unquoted,
)
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
INVOKES_CODE = 1


def prepare_help(namespace: Collection, argv: Sequence[str]) -> None:
    """Have what Invoke shows of commands fit a usual screen, and --help behind a command mean its help; and who reads
    but the first lines of it leave without a traceback."""
    words = _words(argv)
    if not words or not (words[0].partition("=")[0] in SHOWING or words[-1] in HELP_OPTIONS):
        return
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    for name in namespace.task_names:
        task = namespace[name]
        if [name] == words[:-1]:
            task.positional = ()  # or --help would be the value of the first of them
        paragraphs = inspect.cleandoc(task.__doc__ or "").split("\n\n")
        folded = (textwrap.fill(one, HELP_WIDTH, break_long_words=False, break_on_hyphens=False) for one in paragraphs)
        task.__doc__ = "\n\n".join(folded)


def require_meant(namespace: Collection, argv: Sequence[str]) -> None:
    """Raises Exit, which Invoke tells, for a command line that cannot be meant, with what could be."""
    words = _words(argv)
    if not words:
        return
    names = namespace.task_names
    if words[0].startswith("-"):
        failure = None if _is_invokes_option(words[0]) else misplaced(words, names)
    elif words[0] in names:
        failure = None if words[-1] in HELP_OPTIONS else objection(words, names, namespace[words[0]])
    else:
        failure = unknown_command(words, names)
    if failure:
        _refuse(failure)


def _words(argv: Sequence[str]) -> Sequence[str]:
    """What is typed behind `inv`; nothing where the program is another one."""
    program = Path(argv[0] if argv else "")
    return argv[1:] if program.name in PROGRAMS or program.parts[-2:] == MODULE else ()


def _is_invokes_option(word: str) -> bool:
    """Short ones may stand together: -ep."""
    from invoke.main import program

    known = program.initial_context.flags
    is_short = word.startswith("-") and not word.startswith("--")
    return word.partition("=")[0] in known or (is_short and word[:2] in known)


def objection(words: Sequence[str], names: Iterable[str], task: Task[Any]) -> ConfigurationError | None:
    """What is wrong with the words of a command that is known; None where nothing is, or another command begins."""
    help, context = dict(task.help), ParserContext(words[0], args=task.get_arguments())
    task.help = help  # which Invoke takes out of it, an option at a time
    try:
        left = Parser([context], ignore_unknown=True).parse_argv([*words]).unparsed
    except ParseError as error:
        lacking = error.context.missing_positional_args if error.context else ()
        return lacking_argument(words, lacking[0].name or "", help) if lacking else lacking_value(words, context)
    if not left or left[0] in (*names, *HELP_OPTIONS):
        return None
    if LINE in task.positional:
        return unquoted(words, context)
    if _is_invokes_option(left[0]):
        return None
    if left[0].startswith("-"):
        return unknown_option(words, left[0], context)
    return unknown_word(words, left[0], context)


def _refuse(failure: ConfigurationError) -> NoReturn:
    """Raises Exit with the screen, and the code with which Invoke itself refuses what it does not know."""
    from backline.commands.explaining import UNTOUCHED
    from backline.report.cells import wants_color
    from backline.report.failure import failure_screen

    failure.state = UNTOUCHED
    raise Exit(failure_screen(failure, color=wants_color(sys.stderr)), INVOKES_CODE)
