"""Apply a release's migrations; and, to foresee it, which they are: by the release that is live, and the new tree."""

from __future__ import annotations

from backline.agent.steps.pending_migrations import KnownMigrations, PendingMigrations
from backline.agent.steps.run_in_release import RunInRelease
from backline.resources.blobs import MANIFEST, files_in_manifest
from backline.resources.dataclass import dataclass
from backline.resources.failure import Failure
from backline.resources.foresight import Would
from backline.resources.resource import Action, Host

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from backline.resources.foresight import Foresight

USUAL_FOLDER = "migrations"


@dataclass(frozen=True)
class Migrate(Action):
    """`run` is `manage.py migrate` in the new release; `live` asks the release that is live, None where none is."""

    run: RunInRelease
    live: PendingMigrations | None = None

    def perform(self, host: Host) -> str:
        return self.run.perform(host)

    def foresee(self, host: Foresight) -> None:
        """Tells each migration by its name, as far as it can be known before the new release can be run."""
        known = KnownMigrations()
        if self.live is None:
            host.warn("no release is live that could be asked: named are the project's own migrations, all of them")
        else:
            try:
                known = self.live.perform(host)
            except Failure as failure:
                host.warn(f"which migrations would be applied is not known: {failure.cause}")
                return
            if self._virtualenv_of(host, self.run.directory) != self._virtualenv_of(host, self.live.directory):
                host.warn("migrations that come with new packages are not known before the new virtualenv is there")
        files = files_in_manifest(host.read(f"{self.run.directory}/{MANIFEST}"))
        for name in foreseen_migrations(known, [file.path for file in files]):
            host.foretell(Would.MIGRATE, name)

    def _virtualenv_of(self, host: Host, release: str) -> str:
        found = host.status(f"{release}/.venv")
        return found.target.rstrip("/").rpartition("/")[2] if found else ""


def foreseen_migrations(known: KnownMigrations, paths: Iterable[str]) -> tuple[str, ...]:
    """What `migrate` would apply of a tree with these files, sorted: what its folders have and the database lacks, and
    what the live release has not applied of packages that are installed."""
    labels = {folder: label for label, folder in known.folders.items()}
    brought = dict(_brought(labels, paths))
    own = {*labels.values(), *brought.values()}
    new = {f"{label}.{name}" for (_, name), label in brought.items()} - set(known.applied)
    of_packages = {name for name in known.pending if name.partition(".")[0] not in own}
    return tuple(sorted(new | of_packages))


def _brought(labels: dict[str, str], paths: Iterable[str]) -> Iterator[tuple[tuple[str, str], str]]:
    """(folder, name) and the app's label of each migration in a tree. An app that is new is called as its folder."""
    for path in paths:
        folder, _, file = path.rpartition("/")
        name = file[: -len(".py")]
        if not file.endswith(".py") or name[:1] in ("_", "~", ""):
            continue
        above, _, last = folder.rpartition("/")
        label = labels.get(folder) or (above.rpartition("/")[2] if last == USUAL_FOLDER else "")
        if label:
            yield (folder, name), label
