"""Runs modules whose source came over the wire; the first thing that runs on a host, so it imports nothing of ours."""

import sys

ModuleSpec = type(sys.__spec__)  # importlib.machinery would cost an import


class ShippedModules:
    """A finder and loader of the modules that the controller sent; `sources` is name → source and may grow."""

    def __init__(self, sources):  # type: ignore[no-untyped-def]
        self.sources = dict(sources)

    def find_spec(self, name, path=None, target=None):  # type: ignore[no-untyped-def]
        if name not in self.sources:
            return None
        package = any(other.startswith(name + ".") for other in self.sources)
        return ModuleSpec(name, self, origin="shipped", is_package=package)

    def create_module(self, spec):  # type: ignore[no-untyped-def]
        return None

    def exec_module(self, module):  # type: ignore[no-untyped-def]
        code = compile(self.sources[module.__name__], "<%s>" % module.__name__, "exec")
        exec(code, module.__dict__)

    def get_source(self, name):  # type: ignore[no-untyped-def]
        """For tracebacks."""
        return self.sources.get(name)


def start(sources, first):  # type: ignore[no-untyped-def]
    """Take the shipped modules into use and serve; `first` is what came in the same flight: whole frames."""
    shipped = ShippedModules(sources)
    sys.meta_path.insert(0, shipped)
    from backline.agent.loop import serve

    serve(shipped, first)
