"""Plain mode: programs of one name in every generation, started without a launcher, from paths that a person set."""

from __future__ import annotations

from collections.abc import Mapping

from backline.resources.dataclass import dataclass
from backline.resources.secret import Secret
from backline.settings.app import Generation, Plain, Release, account_environment

LANGUAGE = "C.UTF-8"
"""An old Python takes everything for ASCII where no language is set."""


def generation_of(release: Release, attempt: int = 1) -> Generation:
    """One starting of a release's programs, in the mode of its app."""
    kind = PlainGeneration if release.app.plain else Generation
    return kind(release, attempt)


def static_root(release: Release) -> dict[str, str]:
    """Where the project's STATIC_ROOT should be, as its settings can read it from the environment."""
    return {"DJANGO_STATIC_ROOT": release.static}


@dataclass(frozen=True)
class PlainGeneration(Generation):
    """`shop_web`, `shop_celery`: restarted in place. Its program files are written anew at each restart."""

    @property
    def in_place(self) -> bool:
        return True

    @property
    def foundations(self) -> tuple[tuple[str, str], ...]:
        """The links that a person set instead of the release's own paths."""
        links = ((self._plain.directory, self.release.directory), (self._plain.virtualenv, self.release.virtualenv))
        return tuple((path.rstrip("/"), target) for path, target in links if path)

    def program_name(self, part: str) -> str:
        return f"{self.app.name}_{part}"

    def worker_program_name(self, worker: str) -> str:
        return self.program_name(worker)

    def node_name(self, worker: str) -> str:
        """The same in every generation, for there is never a second one."""
        return f"{worker}@{self.app.host}"

    def words(self, program: str) -> tuple[str, ...]:
        return (f"{self._virtualenv}/bin/{program}",)

    @property
    def directory(self) -> str:
        """To the letter: a slash at its end stays."""
        return self._plain.directory or self.release.directory

    @property
    def environment(self) -> Mapping[str, str | Secret]:
        """What the launcher would have set."""
        return {
            **account_environment(self.app),
            "LANG": LANGUAGE,
            **self.app.environment,
            **static_root(self.release),
            "BACKLINE_RELEASE": self.release.name,
            "DJANGO_SETTINGS_MODULE": self.app.settings_module,
        }

    @property
    def web_socket(self) -> str:
        return f"{self.app.run_directory}/{self.program_name('web')}.sock"

    @property
    def _plain(self) -> Plain:
        return self.app.plain or Plain()

    @property
    def _virtualenv(self) -> str:
        return self._plain.virtualenv.rstrip("/") or f"{self.release.directory}/.venv"
