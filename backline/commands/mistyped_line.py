"""What is said of a command line that Invoke cannot read, and what could be meant."""

from __future__ import annotations

import difflib
import shlex
from collections.abc import Iterable, Mapping, Sequence

from invoke.parser.context import ParserContext

from backline.resources.failure import ConfigurationError

MEANINGS = {
    "--host": "a host",
    "--program": "a program",
    "--worker": "a worker",
    "--role": "a role",
    "--to": "a release",
    "--ref": "a commit or branch",
}
"""What a word without an option may be, by the option that says so."""
SURELY_MEANT = 0.7
"""How alike a command must be to be suggested (1: the same): `help` means no shell."""


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


def unknown_word(words: Sequence[str], word: str, context: ParserContext) -> ConfigurationError:
    """Something that is neither an option nor a command: which options it could be the value of."""
    place = words.index(word)
    meanings = {
        meaning: _typed([*words[:place], option, *words[place:]])
        for option, meaning in MEANINGS.items()
        if option in context.flags and option not in words
    }
    width = max(map(len, meanings), default=0) + 1
    hint = "\n".join(f"{f'{meaning}:':{width}}  {command}" for meaning, command in meanings.items())
    return ConfigurationError(
        f"inv {words[0]} does not know what {word} is: an option says so",
        hint=hint or f"its options:  inv {words[0]} --help",
    )


def misplaced(words: Sequence[str], names: Iterable[str]) -> ConfigurationError | None:
    """An option of a command stands before it."""
    place = next((place for place, word in enumerate(words) if word in names), None)
    if place is None:
        return None
    right = [words[place], *words[:place], *words[place + 1 :]]
    return ConfigurationError(f"{words[0]} belongs behind the command", hint=_typed(right))


def _typed(words: Sequence[str]) -> str:
    return f"inv {shlex.join(words)}"
