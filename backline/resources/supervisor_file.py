"""The file of one Supervisor program as text, quoted so that Supervisor's parser reads back what was meant."""

from __future__ import annotations

from backline.resources.failure import ConfigurationError
from backline.resources.secret import Secret

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from backline.resources.program import Program

_LETTERS = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ")
_DIGITS = frozenset("0123456789")
_NAME = _LETTERS | _DIGITS | frozenset("._-")
_VARIABLE = _LETTERS | _DIGITS | frozenset("_")
_PLAIN = _NAME | frozenset("/:=@,+")
"""Characters that shlex takes as they are."""
_QUOTES = ("'", '"')
ELSEWHERE = "set it in app_environment without supervisor_naming: plain; the launcher carries every value"
"""Where a value goes that `environment=` cannot carry."""
_STOP_SIGNALS = ("TERM", "HUP", "INT", "QUIT", "KILL", "USR1", "USR2")


def file_name(program_name: str) -> str:
    """The name of a program's file in the include folder."""
    return f"{program_name}.conf"


def rendered(program: Program) -> str:
    """The text of the program's file. Raises ConfigurationError, by name, for what the format cannot carry."""
    return "".join(f"{line}\n" for line in _lines(program))


def says_the_same(text: str, other: str) -> bool:
    """Whether two files come to the same programs, whatever their comments and spaces."""
    from configparser import Error, RawConfigParser

    def parsed(text: str) -> dict[str, dict[str, str]]:
        parser = RawConfigParser(strict=False, inline_comment_prefixes=(";", "#"))
        parser.read_string(text)
        return {section: dict(parser[section]) for section in parser.sections()}

    try:
        return parsed(text) == parsed(other)
    except Error:
        return False


def _lines(program: Program) -> Iterator[str]:
    _require_name(program)
    yield f"[program:{program.name}]"
    yield f"command={_command(program)}"
    yield f"directory={_path(program, 'directory', program.directory)}"
    if program.user:
        yield f"user={_user(program)}"
    if program.environment:
        yield f"environment={_environment(program)}"
    if program.priority is not None:
        yield f"priority={program.priority}"
    yield f"autostart={_boolean(program.autostart)}"
    yield f"autorestart={_boolean(program.autorestart)}"
    if program.start_seconds is not None:
        yield f"startsecs={program.start_seconds}"
    yield f"stopsignal={_stop_signal(program)}"
    yield f"stopwaitsecs={program.patience}"
    # True would hand the signal to a worker's children as well, and what they are doing would be lost.
    yield "stopasgroup=false"
    yield "killasgroup=true"
    yield "redirect_stderr=true"
    yield f"stdout_logfile={_log_file(program)}"
    yield f"stdout_logfile_maxbytes={program.log_bytes}"
    yield f"stdout_logfile_backups={program.log_backups}"


def _refused(program: Program, what: str, why: str, hint: str = "") -> ConfigurationError:
    return ConfigurationError(f"program {program.name}: {what} {why}", hint=hint)


def _require_name(program: Program) -> None:
    if not program.name or not _NAME.issuperset(program.name):
        raise ConfigurationError(
            f"{program.name!r} cannot be the name of a Supervisor program",
            hint="use letters, digits, dots, dashes and underscores",
        )


def _not_on_one_line(text: str) -> str:
    """Why a line does not carry it, empty where it does: what ends a line, or what UTF-8 has no bytes for."""
    for character, word in (("\n", "a newline"), ("\r", "a carriage return"), ("\0", "a NUL byte")):
        if character in text:
            return f"contains {word}, which Supervisor's file cannot carry"
    if any("\ud800" <= character <= "\udfff" for character in text):
        return "contains bytes that are not UTF-8"
    return ""


def _starts_comment(text: str, place: int) -> bool:
    """Supervisor's parser takes ` ;` and ` #` for a comment, within quotes too."""
    return text[place] in ";#" and place > 0 and text[place - 1].isspace()


def _command(program: Program) -> str:
    if not program.command or not program.command[0]:
        raise _refused(program, "command", "is empty")
    for place, argument in enumerate(program.command):
        why = _not_on_one_line(argument)
        if why:
            raise _refused(program, f"word {place + 1} of the command", why)
    return " ".join(_quoted(argument) for argument in program.command)


def _quoted(argument: str) -> str:
    """One word for shlex. Quotes are closed and opened again where the parser's other passes would see something:
    a comment, or `%(here)s`, which Supervisor replaces before it looks at doubled percent signs."""
    if argument and _PLAIN.issuperset(argument):
        return argument
    parts = []
    for place, character in enumerate(argument):
        if character == "'":
            parts.append("'\"'\"'")
        elif character == "%":
            parts.append("%%")
        elif _starts_comment(argument, place) or (character == "(" and argument[place - 1 : place] == "%"):
            parts.append(f"''{character}")
        else:
            parts.append(character)
    return f"'{''.join(parts)}'"


def _not_without_quotes(text: str) -> str:
    """Why it cannot stand between no quotes, or between quotes that cannot be closed and opened again; or empty."""
    if any(_starts_comment(text, place) for place in range(len(text))):
        return "contains ` ;` or ` #`, where Supervisor's parser sees a comment"
    if "%(here)s" in text:
        return "contains `%(here)s`, which Supervisor replaces"
    return _not_on_one_line(text)


def _path(program: Program, what: str, path: str) -> str:
    why = _not_without_quotes(path)
    if why:
        raise _refused(program, what, why)
    if not path.startswith("/") or path != path.strip():
        raise _refused(program, what, f"must be an absolute path without spaces at its end, not {path!r}")
    return path.replace("%", "%%")


def _log_file(program: Program) -> str:
    path = _path(program, "log_file", program.log_file)
    if "%" in path:
        raise _refused(program, "log_file", "contains `%`, which Supervisor expands twice there")
    return path


def _user(program: Program) -> str:
    if not _NAME.issuperset(program.user):
        raise _refused(program, "user", f"{program.user!r} is not a user name")
    return program.user


def _stop_signal(program: Program) -> str:
    if program.stop_signal not in _STOP_SIGNALS:
        raise _refused(program, "stop_signal", f"{program.stop_signal!r} is none of {', '.join(_STOP_SIGNALS)}")
    return program.stop_signal


def _boolean(value: bool) -> str:
    return "true" if value else "false"


def _environment(program: Program) -> str:
    return ",".join(f"{name}={_value(program, name, value)}" for name, value in program.environment.items())


def _value(program: Program, name: str, value: str | Secret) -> str:
    """A value in the one kind of quotes that releases of Supervisor agree on; they take quotes at its ends away."""
    why = why_not_carried(name, value)
    if why or isinstance(value, Secret):
        raise _refused(program, f"environment variable {name}", why, ELSEWHERE)
    quote = '"' if "'" in value else "'"
    return f"{quote}{value.replace('%', '%%')}{quote}"


def why_not_carried(name: str, value: str | Secret) -> str:
    """Why `environment=` cannot set this variable, in words without the value; empty where it can."""
    if not name or not _VARIABLE.issuperset(name) or name[0] in _DIGITS:
        return "is not the name of an environment variable"
    if isinstance(value, Secret):
        return "is secret, and Supervisor's file is not the place for it"
    if value.startswith(_QUOTES) or value.endswith(_QUOTES):
        return "begins or ends with a quote, which Supervisor would take away"
    if "'" in value and ('"' in value or "\\" in value):
        return "contains ' beside \" or a backslash, which Supervisor cannot be told"
    return _not_without_quotes(value)
