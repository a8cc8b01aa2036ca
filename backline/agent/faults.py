"""Any exception as a failure that can travel and that a person can act on."""

from __future__ import annotations

from backline.agent.files import HINTS
from backline.resources.failure import Failure


def as_failure(error: Exception) -> Failure:
    """A failure as it is; anything else is a fault of ours, told with the lines that a report needs."""
    if isinstance(error, Failure):
        return error
    if isinstance(error, MemoryError):  # before anything that needs some
        return Failure("no memory is left on the host", hint="give it more memory or swap")
    import traceback

    lines = traceback.format_exception(type(error), error, error.__traceback__)
    told = tuple("".join(lines).rstrip().splitlines()[-12:])
    if isinstance(error, OSError):
        place = f" ({error.filename})" if error.filename else ""
        hint = HINTS.get(error.errno or 0, "")
        return Failure(f"{error.strerror or error}{place}", lines=() if hint else told, hint=hint)
    hint = "this is a fault in Backline; please report these lines"
    return Failure(f"{type(error).__name__}: {error}", lines=told, hint=hint)
