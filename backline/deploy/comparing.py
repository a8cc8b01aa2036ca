"""Every file that Backline would write for one host beside what is there; a release's beside those of the live one."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from backline.agent.steps.compare_files import Compared, CompareFiles
from backline.deploy.prepare import look
from backline.deploy.rendering import release_files, role_files
from backline.deploy.role import Role, chosen
from backline.deploy.stock import Stock
from backline.fleet.target import Target
from backline.resources.dataclass import dataclass, replace
from backline.resources.file import File
from backline.resources.secret import Secret
from backline.settings.app import Generation, Release
from backline.settings.launcher import shell_quoted
from backline.settings.plain import generation_of
from backline.settings.settings import HostSettings


@dataclass(frozen=True)
class Comparison:
    """What differs on one host, of so many files."""

    target: Target
    count: int
    differing: tuple[Compared, ...]


def compare(target: Target, roles: tuple[Role, ...], names: Collection[str], requirements: str) -> Comparison:
    """The files of the roles of these names, all where none is named, and those that a release with this lock adds."""
    settings = chosen(target.settings, names)
    stock = replace(look(target), settings=settings)
    files = tuple(with_its_lines(file, settings) for file in _files(stock, roles, requirements))
    found = target.answer(CompareFiles(files), tuple)
    return Comparison(target, len(files), found)


def _files(stock: Stock, roles: tuple[Role, ...], requirements: str) -> Iterator[File]:
    """Once each, however many generations of the live release serve."""
    yield from role_files(stock.settings, roles)
    generations = tuple(_generations(stock)) or (None,)
    every = (file for one in generations for file in release_files(stock.settings, roles, requirements, one))
    serving = {process.program.name for process in stock.live_processes()}
    yield from {file.path: file for file in every if not _is_replaced(stock, file, serving)}.values()


def _generations(stock: Stock) -> Iterator[Generation]:
    live = stock.live_release
    if live is not None:
        release = Release(stock.settings.app, live.number, live.virtualenv)
        yield from (generation_of(release, attempt) for attempt in sorted(stock.live_attempts))


def _is_replaced(stock: Stock, file: File, serving: Collection[str]) -> bool:
    """Whether it is a program's file of a generation of which this program serves no more."""
    folder, _, name = file.path.rpartition("/")
    program = name.rpartition(".")[0]
    known = {process.program.name for record in stock.generations for process in record.processes}
    return folder == stock.settings.supervisor.include_directory and program in known and program not in serving


def with_its_lines(file: File, settings: HostSettings) -> File:
    """A file that is secret as a whole, with its secrets named instead, so that the lines beside them can be told."""
    if not isinstance(file.content, Secret):
        return file
    values = (value for value in settings.app.environment.values() if isinstance(value, Secret))
    secrets = tuple(Secret(shell_quoted(value.reveal())[1:-1]) for value in values)
    return replace(file, content=file.content.reveal(), secrets=secrets)
