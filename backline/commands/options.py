"""Options that several commands share, said once: as the fields of a dataclass."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import wraps
from typing import Any

from backline.resources.dataclass import fields

Body = Callable[..., None]


def sharing(options: type[Any]) -> Callable[[Body], Body]:
    """Give a command's body, behind its site, an object of this dataclass; its fields become options of the command,
    behind the command's own."""
    shared = fields(options)

    def spread(body: Body) -> Body:
        @wraps(body)
        def run(site: object, **given: Any) -> None:
            body(site, options(**{one.name: given.pop(one.name, one.default) for one in shared}), **given)

        site, _, *own = inspect.signature(body).parameters.values()
        extra = (inspect.Parameter(one.name, site.kind, default=one.default) for one in shared)
        run.__signature__ = inspect.Signature([site, *own, *extra])  # type: ignore[attr-defined]
        return run

    return spread
