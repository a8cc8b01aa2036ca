"""What the bench's work makes of a host: an app with its user, files, code, virtualenv, programs and restarts."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from backline.resources.actions.restart_program import RestartProgram
from backline.resources.actions.run_command import RunCommand
from backline.resources.archive import Archive
from backline.resources.cron import Cron
from backline.resources.directory import Directory
from backline.resources.file import File
from backline.resources.group import Group
from backline.resources.line import Line
from backline.resources.link import Link
from backline.resources.plan import Entry, Handler, notifying
from backline.resources.resource import Resource
from backline.resources.user import User
from backline.resources.virtualenv import Virtualenv
from backline.settings.settings import Settings
from backline.settings.templates import render_template

BRINGS = ()
ARTIFACTS = Path(__file__).resolve().parent.parent / "artifacts"
BASE, LOGS, ETC = "/srv/kiosk", "/var/log/kiosk", "/etc/kiosk"
SUPERVISOR = "/var/run/supervisor.sock"
REQUIREMENTS = f"--no-index\n--find-links {BASE}/wheels\nkioskalpha==1.0\nkioskbeta==2.1\nkioskgamma==0.3\n"
UPDATE = Handler("update supervisor", RunCommand(("supervisorctl", "update")))
RESTARTS = tuple(
    Handler(f"restart {name}", RestartProgram(SUPERVISOR, f"kiosk-{name}"), interrupts=True)
    for name in ("web", "worker")
)


@dataclass(frozen=True)
class KioskSettings(Settings):
    """The variables of the work."""

    kiosk_values: dict[str, object]
    """What the templates are rendered with."""
    kiosk_log_level: str = "info"
    """The one variable that changes."""


def resources(kiosk: KioskSettings) -> Iterator[Resource | Entry]:
    """In the order in which the other tools do it, but that the programs' files come first: so their handler does."""
    values = {**kiosk.kiosk_values, "log_level": kiosk.kiosk_log_level}
    release = f"{BASE}/releases/{values['release']}"
    yield Group("kiosk", system=True)
    yield User("kiosk", group="kiosk", home=BASE, shell="/usr/sbin/nologin", system=True)
    yield from directories()
    for wheel in sorted((ARTIFACTS / "wheels").iterdir()):
        yield File(f"{BASE}/wheels/{wheel.name}", wheel.read_bytes(), owner="root", group="root")
    yield Virtualenv(f"{BASE}/venv", "python3", REQUIREMENTS)
    for name in ("web", "worker", "beat"):
        text = render_template(f"program-{name}.conf.j2", **values)
        yield notifying(File(f"/etc/supervisor/conf.d/kiosk-{name}.conf", text, owner="root", group="root"), UPDATE)
    for name, mode, group in (
        ("kiosk.env", 0o640, "kiosk"),
        ("gunicorn.conf.py", 0o644, "root"),
        ("celeryconfig.py", 0o644, "root"),
        ("logging.ini", 0o644, "root"),
        ("local_settings.py", 0o640, "kiosk"),
    ):
        yield notifying(File(f"{ETC}/{name}", render_template(f"{name}.j2", **values), mode, "root", group), *RESTARTS)
    for name, path, mode in (
        ("logrotate", "/etc/logrotate.d/kiosk", 0o644),
        ("nginx.conf", "/etc/nginx/sites-available/kiosk.conf", 0o644),
        ("healthy.sh", f"{ETC}/healthy.sh", 0o755),
        ("profile.sh", "/etc/profile.d/kiosk.sh", 0o644),
    ):
        yield File(path, render_template(f"{name}.j2", **values), mode, "root", "root")
    yield Link("/etc/nginx/sites-enabled/kiosk.conf", "/etc/nginx/sites-available/kiosk.conf")
    yield Line("/etc/login.defs", "UMASK\t\t027", instead_of="^UMASK")
    yield Line("/etc/hosts", "198.51.100.10 db.internal", instead_of=r"\sdb\.internal$")
    yield Line("/etc/environment", "KIOSK_STAGE=production", instead_of="^KIOSK_STAGE=")
    settings = "net.core.somaxconn = 1024\nvm.overcommit_memory = 1\n"
    yield File("/etc/sysctl.d/60-kiosk.conf", settings, owner="root", group="root")
    yield Cron("kiosk-cleanup", "17 3 * * *", "kiosk", f"{BASE}/venv/bin/python {BASE}/current/manage.py clearsessions")
    code = (ARTIFACTS / "release.tar.gz").read_bytes()
    yield notifying(Archive(release, code, owner="kiosk", group="kiosk"), *RESTARTS)
    yield Link(f"{release}/.env", f"{ETC}/kiosk.env")
    yield notifying(Link(f"{BASE}/current", release), *RESTARTS)


def directories() -> Iterator[Directory]:
    """Seven."""
    yield Directory(BASE, owner="kiosk", group="kiosk")
    yield Directory(f"{BASE}/releases", owner="kiosk", group="kiosk")
    yield Directory(f"{BASE}/wheels", owner="root", group="root")
    yield Directory(LOGS, 0o750, "kiosk", "adm")
    yield Directory(ETC, 0o750, "root", "kiosk")
    yield Directory("/etc/nginx/sites-available", owner="root", group="root")
    yield Directory("/etc/nginx/sites-enabled", owner="root", group="root")
