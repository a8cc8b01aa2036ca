"""What uv or pip says of why it could not install something: the reason in a line, and what helps against it."""

from __future__ import annotations

from backline.resources.dataclass import dataclass

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

KILLED = -9
"""The exit code of what was ended by SIGKILL."""
ROOM = ("no space left on device", "os error 28", "disk quota exceeded")
MEMORY = (
    *("memoryerror", "cannot allocate memory", "os error 12", "out of memory", "memory allocation of"),
    *("failed to spawn thread", "resource temporarily unavailable"),
)
KILLING = ("signal: 9 (sigkill)", "exit code: -9", "signals.sigkill", "killed signal terminated program")
NO_WAY = (
    *("tcp connect error", "dns error", "error sending request for url", "operation timed out"),
    *("failed to establish a new connection", "connection broken by", "network is unreachable"),
    *("403 forbidden", "401 unauthorized", "403 client error", "401 client error"),
)
COMPILERS = ("gcc", "cc", "g++", "c++", "clang", "clang++", "rustc", "cargo")
MISSING = ("no such file or directory", "not found", "unable to execute")
CONFIGURATIONS = {"pg_config": "libpq-dev", "mysql_config": "default-libmysqlclient-dev", "pkg-config": "pkg-config"}
"""Programs by which a build finds a library, and Debian's packages that have them."""

MAKE_ROOM = "make room on the host's file systems (df -h, df -i)"
GIVE_MEMORY = "give the host more memory or swap, or require what has a wheel"
REACH_INDEX = "see that the host gets to its package index, and is let in:\npip.conf, uv.toml, proxy variables, address"


@dataclass(frozen=True)
class BuildError:
    """`hint` is empty where it is the requirements that are to be mended."""

    reason: str
    hint: str = ""


def build_error(lines: Sequence[str], code: int) -> BuildError:
    """What the output of uv, pip or venv tells, and its exit code."""
    said = _reason(lines)
    for signs, what, hint in (
        (ROOM, "no room is left on the host", MAKE_ROOM),
        (KILLING, "it was killed, as happens where memory runs out", GIVE_MEMORY),
        (MEMORY, "the host ran out of memory", GIVE_MEMORY),
        (NO_WAY, "the package index cannot be reached, or refuses", REACH_INDEX),
    ):
        if _first_with(lines, signs):
            return BuildError(_joined(what, "" if signs is NO_WAY and _misleads(said) else said), hint)
    if code == KILLED:
        return BuildError("it was killed, as happens where memory runs out", GIVE_MEMORY)
    for what, packages in _lacking(lines):
        hint = f"install it on the host, or require what has a wheel;\non Debian and Ubuntu:  apt install {packages}"
        return BuildError(_joined(said, f"it has no wheel, and the host has no {what}"), hint)
    return BuildError(said or f"exit code {code}")


def _lacking(lines: Sequence[str]) -> Iterator[tuple[str, str]]:
    """What a build looked for in vain, and Debian's packages that have it; the first is the reason of the others."""
    for line in lines:
        low = line.lower()
        if not any(sign in low for sign in MISSING):
            continue
        words = [word.strip("'\"`.,:;()[]") for word in line.split()]
        names = [word.rpartition("/")[2] for word in words]
        for name in names:
            if name in CONFIGURATIONS:
                yield name, CONFIGURATIONS[name]
            elif name in COMPILERS or name.rpartition("-")[2] in COMPILERS:
                yield f"compiler ({name})", "build-essential python3-dev"
            elif name == "Python.h":
                yield "headers of Python (Python.h)", "python3-dev"
            elif name.endswith(".h"):
                yield f"header {name}", f"the -dev package that has {name}"


def _misleads(said: str) -> bool:
    """pip says of an index that it cannot reach that it does not have the package."""
    return said.startswith("no matching distribution")


def _reason(lines: Sequence[str]) -> str:
    """The words in which uv or pip says why; theirs, since they name the requirement."""
    for what, why in (("error:", "cause:"), ("×", "╰─▶")):  # uv of today, uv of before
        told = _after(lines, what)
        if told == "subprocess-exited-with-error":  # pip's word for what its next line tells
            told = _joined(_package(lines), _after(lines, "×"))
        if told:
            return _joined(told, _after(lines, why))
    missing = _after(lines, "ERROR: No matching distribution found for")
    if missing:
        return f"no matching distribution found for {missing}"
    last = [line.strip() for line in lines if not line.startswith(("note:", "hint:"))][-1:]
    return _after(lines, "ERROR:") or "".join(last)


def _package(lines: Sequence[str]) -> str:
    """What pip was at when it failed: the last that it began."""
    begun = [line.split()[1] for line in lines if line.startswith(("Collecting ", "Processing "))]
    return begun[-1].rpartition("/")[2] if begun else ""


def _after(lines: Sequence[str], sign: str) -> str:
    """The first line that begins with a sign, without it."""
    found = next((line.strip() for line in lines if line.strip().startswith(sign)), "")
    return found[len(sign) :].strip()


def _first_with(lines: Sequence[str], signs: Sequence[str]) -> str:
    return next((line for line in lines if any(sign in line.lower() for sign in signs)), "")


def _joined(*parts: str) -> str:
    return ": ".join(filter(None, parts))
