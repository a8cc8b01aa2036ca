"""The files of programs in Supervisor's include folder: checked all together, then written."""

from __future__ import annotations

from backline.resources.file import File
from backline.resources.supervisor_check import require_accepted
from backline.resources.supervisor_file import file_name, rendered

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from backline.resources.program import Program
    from backline.resources.resource import Host

FILE_MODE = 0o644


def program_file(include_directory: str, name: str) -> str:
    """The path of a program's file."""
    return f"{include_directory}/{file_name(name)}"


def program_name(name: str) -> str:
    """What a resource or action says that it provides when it means that a program runs."""
    return f"program:{name}"


def program_as_file(include_directory: str, program: Program) -> File:
    """A program's file, to be looked at. Raises ConfigurationError for what the format cannot carry."""
    return File(program_file(include_directory, program.name), rendered(program), FILE_MODE)


def require_programs_accepted(host: Host, python: str, include_directory: str, programs: Sequence[Program]) -> None:
    """Raises ConfigurationError where Supervisor's parser would refuse the files of these programs."""
    texts = {file_name(program.name): rendered(program) for program in programs}
    require_accepted(host, python, include_directory, texts)


def write_programs(host: Host, include_directory: str, programs: Sequence[Program]) -> None:
    """Put the files of programs, accepted before, where Supervisor reads them."""
    for program in programs:
        host.write(program_file(include_directory, program.name), rendered(program).encode(), mode=FILE_MODE)
