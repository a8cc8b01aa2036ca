"""The work as the Fabric script that a careful person writes: commands that may be repeated, files where they differ.

fabric_script.py TARGET LOG_LEVEL; TARGET is a JSON file that says which host, and where the work's parts lie.
"""

from __future__ import annotations

import hashlib
import io
import json
import sys
from pathlib import Path
from typing import Any

from fabric import Connection
from jinja2 import Environment, FileSystemLoader, StrictUndefined


class Kiosk:
    """One host, its variables and templates."""

    def __init__(self, target: dict[str, Any], log_level: str) -> None:
        self.values = {**json.loads(Path(target["variables"]).read_text()), "log_level": log_level}
        self.artifacts = Path(target["artifacts"])
        self.templates = Environment(
            loader=FileSystemLoader(target["templates"]),
            undefined=StrictUndefined,
            trim_blocks=True,
            keep_trailing_newline=True,
        )
        keys = {"key_filename": target["key"], "allow_agent": False, "look_for_keys": False}
        self.host = Connection(target["address"], user=target["user"], connect_kwargs=keys)

    def sh(self, command: str) -> str:
        """What one command as root wrote."""
        out = self.host.run(f"sudo -n sh -c '{command}'", hide=True).stdout
        return str(out)

    def put(self, content: bytes, path: str, owner: str = "root:root", mode: str = "644") -> bool:
        """True if the file was not there with this content, owner and mode."""
        asked = f"sha256sum {path} 2>/dev/null; stat -c %U:%G:%a {path} 2>/dev/null || true"
        found = self.sh(asked).split()
        if hashlib.sha256(content).hexdigest() in found and f"{owner}:{mode}" in found:
            return False
        candidate = f"/tmp/put-{hashlib.sha256(path.encode()).hexdigest()[:12]}"
        self.host.put(io.BytesIO(content), candidate)
        user, group = owner.split(":")
        self.sh(f"install -o {user} -g {group} -m {mode} {candidate} {path} && rm {candidate}")
        return True

    def template(self, name: str, path: str, owner: str = "root:root", mode: str = "644") -> bool:
        return self.put(self.templates.get_template(name).render(self.values).encode(), path, owner, mode)


def provision(kiosk: Kiosk) -> None:
    """All of it."""
    release = f"/srv/kiosk/releases/{kiosk.values['release']}"
    accounts(kiosk)
    virtualenv(kiosk)
    config = [
        kiosk.template("kiosk.env.j2", "/etc/kiosk/kiosk.env", "root:kiosk", "640"),
        kiosk.template("gunicorn.conf.py.j2", "/etc/kiosk/gunicorn.conf.py"),
        kiosk.template("celeryconfig.py.j2", "/etc/kiosk/celeryconfig.py"),
        kiosk.template("logging.ini.j2", "/etc/kiosk/logging.ini"),
        kiosk.template("local_settings.py.j2", "/etc/kiosk/local_settings.py", "root:kiosk", "640"),
    ]
    system(kiosk)
    changed = code(kiosk, release)
    files = [
        kiosk.template(f"program-{name}.conf.j2", f"/etc/supervisor/conf.d/kiosk-{name}.conf")
        for name in ("web", "worker", "beat")
    ]
    if any(files):
        kiosk.sh("supervisorctl reread && supervisorctl update")
    if changed or any(config):
        kiosk.sh("supervisorctl restart kiosk-web")
        kiosk.sh("supervisorctl restart kiosk-worker")
    kiosk.sh("/etc/kiosk/healthy.sh")


def accounts(kiosk: Kiosk) -> None:
    kiosk.sh("getent group kiosk >/dev/null || groupadd --system kiosk")
    user = "useradd --system -g kiosk -d /srv/kiosk -M -s /usr/sbin/nologin kiosk"
    kiosk.sh(f"getent passwd kiosk >/dev/null || {user}")
    for path, owner, group, mode in (
        ("/srv/kiosk", "kiosk", "kiosk", "755"),
        ("/srv/kiosk/releases", "kiosk", "kiosk", "755"),
        ("/srv/kiosk/wheels", "root", "root", "755"),
        ("/var/log/kiosk", "kiosk", "adm", "750"),
        ("/etc/kiosk", "root", "kiosk", "750"),
        ("/etc/nginx/sites-available", "root", "root", "755"),
        ("/etc/nginx/sites-enabled", "root", "root", "755"),
    ):
        kiosk.sh(f"install -d -o {owner} -g {group} -m {mode} {path}")


def virtualenv(kiosk: Kiosk) -> None:
    for wheel in sorted((kiosk.artifacts / "wheels").iterdir()):
        kiosk.put(wheel.read_bytes(), f"/srv/kiosk/wheels/{wheel.name}")
    kiosk.sh("test -x /srv/kiosk/venv/bin/python || python3 -m venv /srv/kiosk/venv")
    packages = "kioskalpha==1.0 kioskbeta==2.1 kioskgamma==0.3"
    kiosk.sh(f"/srv/kiosk/venv/bin/pip install -q --no-index --find-links /srv/kiosk/wheels {packages}")


def system(kiosk: Kiosk) -> None:
    kiosk.template("logrotate.j2", "/etc/logrotate.d/kiosk")
    kiosk.template("nginx.conf.j2", "/etc/nginx/sites-available/kiosk.conf")
    kiosk.template("healthy.sh.j2", "/etc/kiosk/healthy.sh", mode="755")
    kiosk.template("profile.sh.j2", "/etc/profile.d/kiosk.sh")
    kiosk.sh("ln -sfn /etc/nginx/sites-available/kiosk.conf /etc/nginx/sites-enabled/kiosk.conf")
    kiosk.sh(r'grep -qP "^UMASK\t\t027$" /etc/login.defs || sed -i "s/^UMASK.*/UMASK\t\t027/" /etc/login.defs')
    kiosk.sh('grep -q "db.internal$" /etc/hosts || echo "198.51.100.10 db.internal" >>/etc/hosts')
    kiosk.sh('grep -q "^KIOSK_STAGE=" /etc/environment || echo "KIOSK_STAGE=production" >>/etc/environment')
    kiosk.put(b"net.core.somaxconn = 1024\nvm.overcommit_memory = 1\n", "/etc/sysctl.d/60-kiosk.conf")
    job = "17 3 * * * /srv/kiosk/venv/bin/python /srv/kiosk/current/manage.py clearsessions"
    listed = "crontab -u kiosk -l 2>/dev/null"
    kiosk.sh(f'{listed} | grep -qF "{job}" || ({listed}; echo "{job}") | crontab -u kiosk -')


def code(kiosk: Kiosk, release: str) -> bool:
    """True if other code is current now."""
    changed = False
    if "lacks" in kiosk.sh(f"test -e {release}/manage.py || echo lacks"):
        kiosk.host.put(str(kiosk.artifacts / "release.tar.gz"), "/tmp/release.tar.gz")
        unpack = f"tar xzf /tmp/release.tar.gz -C {release} && chown -R kiosk:kiosk {release} && rm /tmp/release.tar.gz"
        kiosk.sh(f"install -d -o kiosk -g kiosk -m 755 {release} && {unpack}")
        changed = True
    kiosk.sh(f"ln -sfn /etc/kiosk/kiosk.env {release}/.env")
    is_current = f'test "$(readlink /srv/kiosk/current)" = {release}'
    switched = kiosk.sh(f"{is_current} || {{ ln -sfn {release} /srv/kiosk/current; echo switched; }}")
    return changed or "switched" in switched


if __name__ == "__main__":
    provision(Kiosk(json.loads(Path(sys.argv[1]).read_text()), sys.argv[2]))
