"""The app's own variables: the names that everything starts from."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import PurePosixPath
from typing import Literal

from backline.resources.dataclass import dataclass, field
from backline.resources.secret import Secret
from backline.settings.own_places import own_directory
from backline.settings.plain_objections import is_whole, is_within, objections_to_environment, objections_to_paths
from backline.settings.settings import Objection, Settings

PARTS = ("workers", "web", "beat")
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*")
USER = re.compile(r"[A-Za-z_][A-Za-z0-9_-]{0,31}")
MODULE = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*")


@dataclass(frozen=True)
class AppSettings(Settings):
    """What is deployed, where it lies, and how a release of it is made."""

    app_name: str
    """The app's name, such as `shop`: its folders, programs and users carry it, so several apps may share a host."""
    app_source: str
    """The Django project on the controller, such as `examples/shop`, relative to the folder of tasks.py: a git work
    tree or a folder in one."""
    django_settings_module: str
    """The settings of the Django project, such as `shop.settings`."""
    app_user: str = "{{ '' if backline_rootless else app_name }}"
    """The user that the app's processes run as, made where there is none; rootless it is whoever logs in, and this
    stays empty."""
    app_root: str = "{{ ansible_user_dir if backline_rootless else '/srv' }}/{{ app_name }}"
    """The folder on the host that everything of the app lies in."""
    app_adopt: bool = False
    """Whether a folder that is at `app_root` already, and that no deploy has made, is taken over with what it holds;
    it then goes with the app when that is removed. Else it is refused."""
    app_hosts: str = ""
    """The hosts that one deployment of the app is on, as a pattern: workers and beat are placed among them, also where
    --host names only some. Empty: the largest group, besides `all`, that every named host is in."""
    app_python: str = ""
    """The interpreter of the app's virtualenv; empty for the one that runs Backline's agent on the host."""
    app_requirements: str = "requirements.txt"
    """The file of pinned requirements, relative to `app_source`."""
    app_environment: Mapping[str, str | Secret] = field(default_factory=dict)
    """What every process of the app finds in its environment."""
    app_shared_paths: tuple[str, ...] = ()
    """Paths in the project, such as `media`, that all releases share: links to folders below `shared/`."""
    app_releases_kept: int = 5
    """How many releases that were live and proved are kept for a rollback."""
    app_migrate: bool = True
    """Whether a deploy runs the project's migrations, once, on the first host."""
    app_collectstatic: bool = True
    """Whether a deploy collects the project's static files into the release."""
    app_check: bool = True
    """Whether a deploy is refused where `manage.py check --deploy` finds an error."""
    app_trial_seconds: int = 6
    """Seconds that new programs must have run before they take over; one that dies in them refuses the release."""
    app_restart_order: tuple[str, ...] = PARTS
    """The order in which the parts of the app go over to a new generation."""
    backline_rootless: bool = False
    """Whether everything lies in the home of the user that logs in, under a supervisord of their own."""
    supervisor_naming: Literal["generations", "plain"] = "generations"
    """`generations`: programs carry their release; old and new overlap. `plain`: one name, restarted in place."""
    app_directory: str = ""
    """Plain mode: the path that programs work in, kept to the letter; a link that each deploy moves. Empty: the
    release's own."""
    app_virtualenv: str = ""
    """Plain mode: the path of the virtualenv in their commands; a link that each deploy moves. Empty: the release's
    own."""

    def objections(self) -> Iterator[Objection]:
        """What types do not say."""
        yield from _objections_to_names(self.app_name, self.app.user)
        if not MODULE.fullmatch(self.django_settings_module):
            yield Objection("django_settings_module", "must be a Python module, such as shop.settings")
        shared = own_directory(self.app)
        if not is_whole(self.app_root):
            yield Objection("app_root", "must be an absolute path without `..`, and not / itself")
        elif is_within(self.app_root, shared) or is_within(shared, self.app_root):
            yield Objection("app_root", f"must lie beside {shared}, where Backline keeps what apps share")
        if self.app_releases_kept < 1:
            yield Objection("app_releases_kept", "must be at least 1")
        if self.app_trial_seconds < 0:
            yield Objection("app_trial_seconds", "must be seconds, or 0 for none")
        if sorted(self.app_restart_order) != sorted(PARTS):
            yield Objection("app_restart_order", f"must name each of {', '.join(PARTS)} once")
        yield from objections_to_paths(
            self.app, {"app_directory": self.app_directory, "app_virtualenv": self.app_virtualenv}
        )
        yield from objections_to_environment(self.app)
        yield from _objections_to_values(self.app_environment)
        for path in self.app_shared_paths:
            if path.startswith("/") or ".." in path.split("/") or path.strip("/") in ("", "."):
                yield Objection("app_shared_paths", f'must be paths inside the project, but "{path}" is not')
            inside = next((other for other in self.app_shared_paths if _is_inside(other, path)), None)
            if inside:
                yield Objection("app_shared_paths", f'names "{inside}", which is in "{path}" and so is shared already')


def _objections_to_names(app: str, user: str) -> Iterator[Objection]:
    """The user has the app's name where nothing else is said, and none where rootless."""
    if not NAME.fullmatch(app):
        yield Objection("app_name", "must be letters, digits, - and _, the first one a letter or digit")
    elif user and not USER.fullmatch(user):
        yield Objection("app_user", f'must be the name of a user, but "{user}" cannot be one')
    elif user == "root":
        yield Objection("app_user", "must not be root, who could change the code that runs")


def _objections_to_values(environment: Mapping[str, str | Secret]) -> Iterator[Objection]:
    for name, value in environment.items():
        if "\0" in (value.reveal() if isinstance(value, Secret) else value):
            yield Objection("app_environment", f"must not have a NUL byte in {name}: no environment carries it")


def _is_inside(path: str, folder: str) -> bool:
    return PurePosixPath(folder) in PurePosixPath(path).parents
