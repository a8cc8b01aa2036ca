"""Runs modules whose source came over the wire; the first thing that runs on a host, so it imports nothing of ours."""

from __future__ import annotations

import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import ModuleType
    from typing import Any, NoReturn

ModuleSpec: Any = type(sys.__spec__)  # importlib.machinery would cost an import


class ShippedModules:
    """A finder and loader of the modules that the controller sent; `sources` is name → source and may grow."""

    def __init__(self, sources: dict[str, str]) -> None:
        self.sources = dict(sources)

    def find_spec(self, name: str, path: object = None, target: object = None) -> Any:
        """See importlib.abc.MetaPathFinder."""
        if name not in self.sources:
            return None
        package = any(other.startswith(name + ".") for other in self.sources)
        return ModuleSpec(name, self, origin="shipped", is_package=package)

    def create_module(self, spec: object) -> None:
        """The usual kind of module."""

    def exec_module(self, module: ModuleType) -> None:
        """See importlib.abc.Loader."""
        code = compile(self.sources[module.__name__], f"<{module.__name__}>", "exec")
        exec(code, module.__dict__)

    def get_source(self, name: str) -> str | None:
        """For tracebacks."""
        return self.sources.get(name)


def start(sources: dict[str, str], first: bytes) -> NoReturn:
    """Take the shipped modules into use and serve; `first` is what came in the same flight: whole frames."""
    shipped = ShippedModules(sources)
    sys.meta_path.insert(0, shipped)
    from backline.agent.loop import serve

    serve(shipped, first)
