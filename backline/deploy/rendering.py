"""Every file that Backline would write for one host, as text: what its roles bring, and what a release adds."""

from __future__ import annotations

from collections.abc import Iterator

from backline.deploy.code import environment_file, launcher_file, requirements_file
from backline.deploy.role import Role, generation_processes, role_plan
from backline.fleet.hiding import Hiding
from backline.resources.dataclass import dataclass, replace
from backline.resources.file import File
from backline.resources.left_behind import LeftBehind
from backline.resources.program_files import program_as_file
from backline.resources.secret import MASK, Secret, masked
from backline.settings.app import App, Generation, Release
from backline.settings.app_settings import AppSettings
from backline.settings.plain import generation_of
from backline.settings.secret_names import masked_environment, secret_values
from backline.settings.settings import HostSettings

UNKNOWN = ".."
"""Stands for the key of a virtualenv, which only the host's interpreter gives it."""


class AnyNumber(int):
    """The number of no release in particular: wherever it is written, it is N."""

    def __str__(self) -> str:
        return "N"

    __repr__ = __str__


@dataclass(frozen=True)
class RenderedFile:
    """One file as it would stand on the host, its secrets as dots."""

    path: str
    owner: str
    """Empty for whoever logs in."""
    mode: int
    text: str


def rendered_files(settings: HostSettings, roles: tuple[Role, ...], requirements: str) -> Iterator[RenderedFile]:
    """What the roles of `settings` write, then what a release with this lock adds. Raises ConfigurationError."""
    hiding = Hiding()
    hiding.add(secret_values(settings.app.environment))
    masked_settings = replace(settings, app=_masked_environment(settings))
    for file in (*role_files(settings, roles), *release_files(masked_settings, roles, requirements)):
        yield RenderedFile(file.path, file.owner or settings.app.keeper, file.mode, hiding.text(_text(file)))


def role_files(settings: HostSettings, roles: tuple[Role, ...]) -> tuple[File, ...]:
    """What the roles of `settings` write."""
    return tuple(file for entry in role_plan(settings, roles) for file in entry.resource.written_files())


def release_files(
    settings: HostSettings, roles: tuple[Role, ...], requirements: str, generation: Generation | None = None
) -> Iterator[File]:
    """What a release adds, as this generation of it; without one, under the name rN. What only a deploy knows (the
    manifest, release.json) is not among them."""
    any_release = Release(settings.app, AnyNumber(), f"{settings.app.virtualenvs}/{UNKNOWN}")
    generation = generation or generation_of(any_release)
    release = generation.release
    if "app" in settings.roles:
        yield environment_file(release)
        yield launcher_file(release, settings.of(AppSettings).django_settings_module)
        yield requirements_file(release, requirements)
    for process in generation_processes(settings, roles, generation, requirements):
        yield program_as_file(settings.supervisor.include_directory, process.program)


def _masked_environment(settings: HostSettings) -> App:
    """The app with dots for its secrets, so that the names of those can be read."""
    return replace(settings.app, environment=masked_environment(settings.app.environment, MASK))


def _text(file: File) -> str:
    if isinstance(file.content, Secret):
        return f"{MASK}\n"
    assert not isinstance(file.content, LeftBehind)  # a plan is lightened only when it is sent
    text = file.content.decode("utf-8", "replace") if isinstance(file.content, bytes) else file.content
    return masked(text, frozenset(secret.reveal() for secret in file.secrets))
