"""The work for pyinfra 3, by its own operations, with `_if` where others have handlers. BENCH_TARGET says where to."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from pyinfra import config, host
from pyinfra.operations import crontab, files, pip, server
from pyinfra.operations.util import any_changed

config.SUDO = True

TARGET = json.loads(Path(os.environ["BENCH_TARGET"]).read_text())
VALUES = {**json.loads(Path(TARGET["variables"]).read_text()), "log_level": host.data.get("log_level", "info")}
ARTIFACTS, RELEASE = TARGET["artifacts"], f"/srv/kiosk/releases/{VALUES['release']}"


def template(name: str, path: str, group: str = "root", mode: str = "644") -> Any:
    source = f"{TARGET['templates']}/{name}.j2"
    return files.template(name=path, src=source, dest=path, user="root", group=group, mode=mode, **VALUES)


server.group(name="group", group="kiosk", system=True)
server.user(
    name="user",
    user="kiosk",
    group="kiosk",
    system=True,
    home="/srv/kiosk",
    create_home=False,
    ensure_home=False,
    shell="/usr/sbin/nologin",
)
for directory, owner, group, mode in (
    ("/srv/kiosk", "kiosk", "kiosk", "755"),
    ("/srv/kiosk/releases", "kiosk", "kiosk", "755"),
    ("/srv/kiosk/wheels", "root", "root", "755"),
    ("/var/log/kiosk", "kiosk", "adm", "750"),
    ("/etc/kiosk", "root", "kiosk", "750"),
    ("/etc/nginx/sites-available", "root", "root", "755"),
    ("/etc/nginx/sites-enabled", "root", "root", "755"),
):
    files.directory(name=directory, path=directory, user=owner, group=group, mode=mode)
files.sync(
    name="wheels",
    src=f"{ARTIFACTS}/wheels",
    dest="/srv/kiosk/wheels",
    user="root",
    group="root",
    mode="644",
    dir_mode="755",
)
pip.venv(name="virtualenv", path="/srv/kiosk/venv", python="python3")
pip.packages(
    name="packages",
    packages=["kioskalpha==1.0", "kioskbeta==2.1", "kioskgamma==0.3"],
    virtualenv="/srv/kiosk/venv",
    extra_install_args="--no-index --find-links /srv/kiosk/wheels",
)
settings = [
    template("kiosk.env", "/etc/kiosk/kiosk.env", "kiosk", "640"),
    template("gunicorn.conf.py", "/etc/kiosk/gunicorn.conf.py"),
    template("celeryconfig.py", "/etc/kiosk/celeryconfig.py"),
    template("logging.ini", "/etc/kiosk/logging.ini"),
    template("local_settings.py", "/etc/kiosk/local_settings.py", "kiosk", "640"),
]
template("logrotate", "/etc/logrotate.d/kiosk")
template("nginx.conf", "/etc/nginx/sites-available/kiosk.conf")
template("healthy.sh", "/etc/kiosk/healthy.sh", mode="755")
template("profile.sh", "/etc/profile.d/kiosk.sh")
files.link(name="site", path="/etc/nginx/sites-enabled/kiosk.conf", target="/etc/nginx/sites-available/kiosk.conf")
for path, old, new in (
    ("/etc/login.defs", r"^UMASK.*$", "UMASK\t\t027"),
    ("/etc/hosts", r"^.*\sdb\.internal$", "198.51.100.10 db.internal"),
    ("/etc/environment", r"^KIOSK_STAGE=.*$", "KIOSK_STAGE=production"),
):
    files.line(name=path, path=path, line=old, replace=new)
files.put(
    name="kernel",
    src=f"{ARTIFACTS}/60-kiosk.conf",
    dest="/etc/sysctl.d/60-kiosk.conf",
    user="root",
    group="root",
    mode="644",
)
crontab.crontab(
    name="cleanup",
    command="/srv/kiosk/venv/bin/python /srv/kiosk/current/manage.py clearsessions",
    user="kiosk",
    minute="17",
    hour="3",
)
files.directory(name=RELEASE, path=RELEASE, user="kiosk", group="kiosk", mode="755")
packed = f"/srv/kiosk/releases/{VALUES['release']}.tar.gz"
put = files.put(name="archive", src=f"{ARTIFACTS}/release.tar.gz", dest=packed, user="kiosk", group="kiosk", mode="644")
unpack = f"tar xzf {packed} -C {RELEASE} && chown -R kiosk:kiosk {RELEASE}"
server.shell(name="unpack", commands=[unpack], _if=put.did_change)
files.link(name=".env", path=f"{RELEASE}/.env", target="/etc/kiosk/kiosk.env")
current = files.link(name="current", path="/srv/kiosk/current", target=RELEASE)
programs = [
    template(f"program-{program}.conf", f"/etc/supervisor/conf.d/kiosk-{program}.conf")
    for program in ("web", "worker", "beat")
]
server.shell(name="update", commands=["supervisorctl reread", "supervisorctl update"], _if=any_changed(*programs))
server.shell(
    name="restart",
    commands=["supervisorctl restart kiosk-web", "supervisorctl restart kiosk-worker"],
    _if=any_changed(*settings, put, current),
)
server.shell(name="healthy", commands=["/etc/kiosk/healthy.sh"])
