"""What the workers do. Nothing here touches the database: what a task needs it is given, what it found it returns."""

import time
from datetime import datetime, timezone

from celery import Task, shared_task
from django.conf import settings
from django.core.mail import send_mail

PACKING = "PACKING"
"""The state of an order between its first packet and its last."""

STOCK_TAKING = "shop-stock-taking"
"""Under this name the latest stock-taking lies in the result backend."""


@shared_task(bind=True)
def pack_order(self: Task, product: str, quantity: int) -> dict[str, str]:
    """Pack an order, packet by packet, and have the keeper told."""
    for packed in range(quantity):
        self.update_state(state=PACKING, meta={"done": packed, "total": quantity})
        time.sleep(settings.SHOP_PACKING_SECONDS)
    slip = mail_keeper.delay(f"{quantity} × {product}")
    return {"text": f"{quantity} × {product} packed", "slip": slip.id, **_who(self)}


@shared_task(bind=True)
def mail_keeper(self: Task, what: str) -> dict[str, str]:
    """Tell the keeper by mail what was packed; the `mail_` of its name sends it to the queue `mail`."""
    send_mail(f"Packed: {what}", f"{what} can be sent.\n", None, [settings.SHOP_KEEPER])
    return {"text": f"told {settings.SHOP_KEEPER}", **_who(self)}


@shared_task(bind=True, ignore_result=True)
def take_stock(self: Task) -> None:
    """Note when stock was last taken; beat sends this every SHOP_STOCK_TAKING_SECONDS."""
    now = datetime.now(timezone.utc).isoformat(timespec="seconds")
    # A state of our own, since Celery never overwrites a SUCCESS.
    self.backend.store_result(STOCK_TAKING, {"at": now, **_who(self)}, "TAKEN")


def _who(task: Task) -> dict[str, str]:
    """Which worker ran the task, and which release that worker runs."""
    return {"worker": task.request.hostname or "", "release": settings.RELEASE}
