"""What makes a Python on the host our agent: one command, then one packed stream on its input."""

from __future__ import annotations

import ast
import os
import shlex
import sys
import zlib
from collections.abc import Mapping
from functools import lru_cache
from importlib.util import find_spec

from backline.agent.shipped_cache import ShippedCache, ShippedModule, usual_file
from backline.agent.shipped_form import shipped_form
from backline.agent.wire import message_frame

LOADER = "backline.agent.loader"
ALWAYS = ("backline.agent.loop",)

OLDEST_PYTHON = (3, 8)

TOO_OLD = "Backline needs Python 3.8 or newer, this is "
NO_PYTHON = 94
"""The exit code of a search that found none."""
SEARCHED = (
    "python3 python3.14 python3.13 python3.12 python3.11 python3.10 python3.9 python3.8 /usr/libexec/platform-python "
    "/usr/local/bin/python3 /usr/local/bin/python3.[0-9]* /opt/*/bin/python3 /usr/bin/python3.[0-9]* python"
)
"""Names and places of a Python, the host's own first; the patterns are for the shell."""
SEARCH = (
    "for p in {searched}; do "
    'if "$p" -I -S -c "import sys;sys.exit(sys.version_info<{oldest})" >/dev/null 2>&1 </dev/null; '
    'then exec "$p" {arguments}; fi; '
    "done; echo no Python 3.8 or newer >&2; exit {none}"
)

# Words that sh, bash, dash, zsh, fish and csh parse alike: single quotes around no quote, backslash, newline or `!`.
# The list comprehension reads exactly SIZE bytes in short reads, and leaves when the input ends before.
COMMAND = (
    "import os,sys,zlib;b=[];s=lambda:sum(map(len,b));"
    "sys.version_info<{oldest} and sys.exit({too_old}+sys.version);"
    "[0 for _ in iter(lambda:(b.append(os.read(0,{size}-s()) or sys.exit(96)),s())[1],{size})];"
    'exec(compile(zlib.decompress(bytes().join(b)),"<backline.agent.loader>","exec"))'
)


def start_command(interpreter: str, stream_size: int) -> str:
    """The shell command that starts the agent; `stream_size` is the length of `start_stream` in bytes."""
    return f"exec {shlex.quote(interpreter)} {_arguments(stream_size)}"


def search_command(stream_size: int) -> str:
    """The same by whichever Python the host has; ends with NO_PYTHON where none is new enough."""
    oldest = str(OLDEST_PYTHON).replace(" ", "")
    arguments = _arguments(stream_size)
    script = SEARCH.format(searched=SEARCHED, oldest=oldest, arguments=arguments, none=NO_PYTHON)
    return f"exec sh -c {shlex.quote(script)}"


def _arguments(stream_size: int) -> str:
    code = COMMAND.format(oldest=OLDEST_PYTHON, too_old=f'"{TOO_OLD}"', size=stream_size)
    return f"-I -S -c '{code}'"


@lru_cache(maxsize=8)
def start_stream(modules: frozenset[str], first: bytes) -> bytes:
    """Loader, modules and the first frames as one packed stream; packed once a run, however many hosts."""
    sources = shipped_sources(modules | frozenset(ALWAYS))
    return zlib.compress(f"{_module(LOADER).text}\nstart({sources!r}, {first!r})\n".encode(), 9)


@lru_cache(maxsize=8)
def ahead_frame(modules: frozenset[str]) -> bytes:
    """A message with the sources of these modules, for what will surely be asked: it follows the start stream without
    waiting for the agent. Empty for none; packed once a run, however many hosts."""
    sources = beyond_start(modules)
    return message_frame({"m": "modules", "seen": 0, "modules": sources}) if sources else b""


def beyond_start(modules: frozenset[str]) -> dict[str, str]:
    """What these modules need that is not in the start stream."""
    started = shipped_sources(frozenset(ALWAYS))
    return {name: text for name, text in shipped_sources(modules).items() if name not in started}


@lru_cache(maxsize=256)
def shipped_sources(modules: frozenset[str]) -> Mapping[str, str]:
    """The source of these modules, of every module of ours that they import, and of the packages around them."""
    found: dict[str, str] = {}
    wanted = set(modules)
    while wanted:
        name = wanted.pop()
        if name in found:
            continue
        found[name] = _module(name).text
        wanted |= _imports(name)
        wanted.add(name.rpartition(".")[0] or name)
    _kept().save()
    return dict(sorted(found.items()))


@lru_cache(maxsize=1)
def _kept() -> ShippedCache:
    """What was worked out from sources, now or earlier; another version of these two files worked it out otherwise."""
    makers = (os.stat(file) for file in (__file__, shipped_form.__code__.co_filename))
    recipe = " ".join([sys.version, *(f"{maker.st_mtime_ns} {maker.st_size}" for maker in makers)])
    return ShippedCache(usual_file(), recipe, _worked_out)


@lru_cache(maxsize=256)
def _module(name: str) -> ShippedModule:
    spec = find_spec(name)
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError(f"{name} has no source to ship")
    return _kept().module(spec.origin)


def _worked_out(source: str) -> ShippedModule:
    """With the modules of ours that it imports at run time, within functions too. `from package import module` names a
    module beside the package; `from module import name` only the module."""
    text = shipped_form(source)
    modules: set[str] = set()
    names: set[str] = set()
    pending: list[ast.AST] = list(ast.parse(text).body)
    while pending:
        node = pending.pop()
        if isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING":
            pending.extend(node.orelse)
            continue
        if isinstance(node, ast.ImportFrom) and node.module:
            modules.add(node.module)
            names.update(f"{node.module}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Import):
            modules.update(alias.name for alias in node.names)
        pending.extend(ast.iter_child_nodes(node))
    return ShippedModule(text, *(tuple(sorted(filter(_is_ours, one))) for one in (modules, names)))


@lru_cache(maxsize=256)
def _imports(name: str) -> frozenset[str]:
    """The modules of ours that this one imports."""
    found = _module(name)
    return frozenset(found.modules) | frozenset(filter(_is_module, found.names))


def _is_ours(name: str) -> bool:
    return name.startswith("backline.")


@lru_cache(maxsize=1024)
def _is_module(name: str) -> bool:
    """Whether a name in a package is a module. What is in a module is none, and to know that nothing is imported."""
    package = find_spec(name.rpartition(".")[0])
    return package is not None and package.submodule_search_locations is not None and find_spec(name) is not None
