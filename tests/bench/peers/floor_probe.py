"""The floor: one Paramiko connection, one exec of a Python as root that takes 100 KB and checks 60 files.

floor_probe.py TARGET; TARGET is a JSON file that says which host.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import paramiko

REMOTE = "sudo -n python3 -I -S -c 'import sys;size=int(sys.stdin.buffer.readline());exec(sys.stdin.buffer.read(size))'"
FILES = 60
SIZE = 100_000
PROGRAM = f"""
import hashlib, json, os
code = sorted(os.path.join(place, name) for place, _, names in os.walk('/srv/kiosk/releases') for name in names)
paths = [os.path.join(place, name) for place in ('/etc/kiosk', '/etc/supervisor/conf.d') for name in os.listdir(place)]
found = []
for path in (paths + code)[:{FILES}]:
    status = os.stat(path)
    with open(path, 'rb') as file:
        found.append([status.st_mode, status.st_uid, status.st_gid, hashlib.sha256(file.read()).hexdigest()])
print(json.dumps(found))
"""


def probe(target: dict[str, str]) -> int:
    """How many files were checked."""
    client = paramiko.SSHClient()
    client.load_host_keys(target["known_hosts"])
    client.connect(
        target["address"], username=target["user"], key_filename=target["key"], allow_agent=False, look_for_keys=False
    )
    channel = client.get_transport().open_session()  # type: ignore[union-attr]
    channel.exec_command(REMOTE)
    body = PROGRAM.encode() + b"#"
    body += os.urandom(SIZE // 2).hex().encode()[: SIZE - len(body)]
    channel.sendall(b"%d\n" % len(body) + body)
    channel.shutdown_write()
    answer = b"".join(iter(lambda: channel.recv(65536), b""))
    client.close()
    return len(json.loads(answer))


if __name__ == "__main__":
    checked = probe(json.loads(Path(sys.argv[1]).read_text()))
    if checked != FILES:
        sys.exit(f"{checked} files instead of {FILES}: is the host provisioned?")
