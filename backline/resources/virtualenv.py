"""A virtualenv with exactly what a requirements text asks for, built at its final path by uv, else by pip.

One of an old Python, which neither uv nor venv makes, by the program virtualenv of its time."""

from __future__ import annotations

import json

from backline.resources.build_errors import build_error
from backline.resources.dataclass import dataclass
from backline.resources.failure import Conflict, Failure
from backline.resources.foresight import Would
from backline.resources.package_indexes import uv_arguments, uv_environment
from backline.resources.path_resource import PathResource
from backline.resources.paths import is_program, path_name
from backline.resources.resource import Difference

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from backline.resources.foresight import Foresight
    from backline.resources.resource import Completed, Host

MARKER = ".backline-complete"
"""Written last: a virtualenv without it was never finished."""
REQUIREMENTS = ".backline-requirements.txt"
TOLD_LINES = 20


@dataclass(frozen=True)
class Virtualenv(PathResource):
    """`python` is the interpreter's path or name; `uv` the path of a uv (empty, or none there: the host's own);
    `virtualenv` that of a virtualenv that is to make it, with the pip that this brings (empty: uv, else venv and pip).

    One that was whole and is to be made anew is put aside first, and comes back if the new one cannot be made."""

    path: str
    python: str
    requirements: str
    uv: str = ""
    virtualenv: str = ""

    def needs(self) -> tuple[str, ...]:
        return (*super().needs(), *(path_name(tool) for tool in (self.uv, self.virtualenv) if tool))

    @property
    def interpreter(self) -> str:
        return f"{self.path}/bin/python"

    def differences(self, host: Host) -> Iterator[Difference]:
        found = host.status(self.path)
        if found is None:
            yield Difference("exists", False, True)
            return
        if not found.is_directory:
            raise Conflict(
                f"{self.path} is a {found.kind}, and a virtualenv should be there", hint="move it away first"
            )
        marker = self._marker(host)
        if not marker:
            yield Difference("complete", False, True)
            return
        if marker.get("requirements") != self._digest():
            yield Difference("requirements", marker.get("requirements"), self._digest())
        if not is_program(host, self.interpreter):
            yield Difference("interpreter", None, self.interpreter)
        installed = marker.get("distributions")
        lost = set(installed if isinstance(installed, list) else ()) - set(self._distributions(host))
        for name in sorted(lost):
            yield Difference(f"distribution {name}", False, True)

    def converge(self, host: Host) -> None:
        aside = f"{self.path}.before"
        if self._marker(host):
            host.remove(aside)
            host.rename(self.path, aside)
        else:
            host.remove(self.path)  # what a killed run put aside stays there, to come back if this one fails
        try:
            self._build(host)
        except Failure:
            host.remove(self.path)
            if host.status(aside):
                host.rename(aside, self.path)
            raise
        host.remove(aside)

    def foresee(self, host: Foresight) -> None:
        """A virtualenv of which the interpreter and the marker are known; what they hold is made up."""
        self._base(host)
        host.foretell(Would.BUILD, self.path)
        host.remove(self.path)
        for directory in (self.path, f"{self.path}/bin"):
            host.make_directory(directory, mode=0o755)
        host.write(self.interpreter, b"", mode=0o755)
        self._mark(host)

    # building

    def _base(self, host: Host) -> str:
        """The interpreter that it is made with."""
        python = host.find_program(self.python)
        if python is None:
            raise Failure(f"there is no {self.python} on this host", hint="install it, or set app_python to one it has")
        return python

    def _build(self, host: Host) -> None:
        python = self._base(host)
        uv = self.uv if self.uv and is_program(host, self.uv) else host.find_program("uv")
        if self.virtualenv:
            self._build_by_virtualenv(host, python)
        elif uv:
            self._build_by_uv(host, uv, python)
        else:
            self._build_by_venv(host, python)
        self._mark(host)

    def _mark(self, host: Host) -> None:
        record = {"format": 1, "requirements": self._digest(), "distributions": self._distributions(host)}
        host.write(f"{self.path}/{MARKER}", json.dumps(record).encode("ascii"), mode=0o644)

    def _build_by_uv(self, host: Host, uv: str, python: str) -> None:
        # copies: where files are links into uv's cache, whoever changes one here changes it there
        environment = {"UV_LINK_MODE": "copy", "UV_PYTHON_DOWNLOADS": "never", **uv_environment(host)}
        made = host.run([uv, "venv", "--python", python, self.path], environment=environment, live=True)
        self._expect(made, "uv cannot make the virtualenv")
        install = [uv, "pip", "install", "--python", self.interpreter, "--compile-bytecode", *uv_arguments(host)]
        done = host.run([*install, *self._from_file(host)], environment=environment, live=True)
        self._expect(done, "uv cannot install what is required")

    def _build_by_virtualenv(self, host: Host, python: str) -> None:
        made = host.run([self.virtualenv, "--python", python, "--no-periodic-update", self.path], live=True)
        self._expect(made, "virtualenv cannot make the virtualenv")
        self._install_by_pip(host)

    def _build_by_venv(self, host: Host, python: str) -> None:
        if host.run([python, "-c", "import venv, ensurepip"]).code != 0:
            raise Failure(
                f"{python} cannot make a virtualenv: it has no venv or no ensurepip, and there is no uv on this host",
                hint="install it (on Debian and Ubuntu: apt install python3-venv), or put uv on the PATH",
            )
        made = host.run([python, "-m", "venv", "--without-pip", self.path], live=True)
        self._expect(made, "python -m venv fails")
        # not by venv itself, which keeps to itself what went wrong
        brought = host.run([self.interpreter, "-I", "-m", "ensurepip", "--upgrade", "--default-pip"], live=True)
        self._expect(brought, "ensurepip fails")
        self._install_by_pip(host)

    def _install_by_pip(self, host: Host) -> None:
        install = [self.interpreter, "-m", "pip", "install", "--no-input", "--disable-pip-version-check"]
        done = host.run([*install, *self._from_file(host)], live=True)
        self._expect(done, "pip cannot install what is required")

    def _from_file(self, host: Host) -> Sequence[str]:
        """The arguments that name the requirements; 0600, for an index's address may hold a password."""
        path = f"{self.path}/{REQUIREMENTS}"
        host.write(path, self.requirements.encode("utf-8"), mode=0o600)
        return ("--require-hashes", "-r", path) if "--hash=" in self.requirements else ("-r", path)

    def _expect(self, completed: Completed, otherwise: str) -> None:
        if completed.code == 0:
            return
        lines = tuple(line for line in completed.output.splitlines() if line.strip())
        error = build_error(lines, completed.code)
        others = tuple(line for line in lines if not _is_told(line, error.reason))
        raise Failure(f"{otherwise}: {error.reason}", lines=others[-TOLD_LINES:], hint=error.hint)

    # looking

    def _digest(self) -> str:
        from hashlib import sha256

        return sha256(f"{self.python}\n{self.requirements}".encode()).hexdigest()[:16]

    def _marker(self, host: Host) -> dict[str, object]:
        """What the marker says; empty where there is none that is whole."""
        path = f"{self.path}/{MARKER}"
        found = host.status(path)
        if found is None or not found.is_file:
            return {}
        try:
            record = json.loads(host.read(path))
        except ValueError:
            return {}
        return record if isinstance(record, dict) else {}

    def _distributions(self, host: Host) -> list[str]:
        """The names and versions of what is installed, from the folders that say so."""
        folders = (f"{self.path}/lib/{name}/site-packages" for name in host.names(f"{self.path}/lib"))
        names = (name for folder in folders for name in host.names(folder))
        return sorted(name[: -len(".dist-info")] for name in names if name.endswith(".dist-info"))


def _is_told(line: str, reason: str) -> bool:
    """`error: …` or `cause: …` whose words stand in the reason."""
    told = line.strip().partition(": ")[2]
    return bool(told) and told in reason
