"""How far an order is, read from the result backend."""

from dataclasses import dataclass
from datetime import datetime

from celery.result import AsyncResult
from redis.exceptions import RedisError

from shop.models import Order
from shop.tasks import PACKING, STOCK_TAKING

WAITING = "PENDING"
DONE = "SUCCESS"
FAILED = "FAILURE"
UNKNOWN = "UNKNOWN"
"""The result backend does not answer."""

SENTENCES = {
    WAITING: "waiting for a worker",
    "STARTED": "a worker has it",
    PACKING: "packing",
    FAILED: "failed",
    UNKNOWN: "cannot be told just now: the result backend does not answer",
}


@dataclass(frozen=True)
class Progress:
    """`result` is what the task returned, `slip` what became of the keeper's mail; both None until there is one."""

    state: str
    done: int
    total: int
    text: str
    result: dict[str, str] | None = None
    slip: dict[str, str] | None = None

    @property
    def finished(self) -> bool:
        return self.state == FAILED or (self.state == DONE and self.slip is not None)


@dataclass(frozen=True)
class StockTaking:
    at: datetime
    release: str


def progress_of(order: Order) -> Progress:
    """Ask the result backend; a backend that is down is an answer too."""
    try:
        return _progress(order, AsyncResult(str(order.id)))
    except (RedisError, OSError):
        return Progress(UNKNOWN, 0, order.quantity, SENTENCES[UNKNOWN])


def last_stock_taking() -> StockTaking | None:
    """When stock was last taken, or None if it never was or nobody can tell."""
    try:
        found = AsyncResult(STOCK_TAKING).result
    except (RedisError, OSError):
        return None
    return StockTaking(datetime.fromisoformat(found["at"]), found["release"]) if found else None


def _progress(order: Order, task: AsyncResult) -> Progress:
    state, found = task.state, task.result
    if state == DONE:
        return Progress(state, order.quantity, order.quantity, found["text"], found, _slip(found["slip"]))
    if state == FAILED:
        return Progress(state, 0, order.quantity, f"{SENTENCES[FAILED]}: {found}")
    done = found["done"] if state == PACKING else 0
    return Progress(state, done, order.quantity, SENTENCES.get(state, state.lower()))


def _slip(task_id: str) -> dict[str, str] | None:
    task = AsyncResult(task_id)
    if task.state == FAILED:
        return {"text": f"not told: {task.result}"}
    return task.result if task.state == DONE else None
