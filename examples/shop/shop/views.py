"""The shop's pages: tea and orders, one order's progress, and the same as JSON."""

from uuid import UUID

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe
from kombu.exceptions import OperationalError

from shop.forms import OrderForm
from shop.models import MOST_AT_ONCE, Order, Product
from shop.progress import UNKNOWN, last_stock_taking, progress_of
from shop.tasks import pack_order

LATEST = 5


@require_safe
@never_cache
def home(request: HttpRequest) -> HttpResponse:
    """What there is, and what was ordered last."""
    return _home(request)


@require_POST
def place_order(request: HttpRequest) -> HttpResponse:
    """Take an order and send it to the workers. Answers a page, or JSON to whoever asks for it by `Accept`."""
    form = OrderForm(request.POST)
    if not form.is_valid():
        return _refusal(request, 400, form.errors.get_json_data(), "Please choose a tea and how many.")
    order = form.save()
    if not _sent(order):
        order.delete()
        return _refusal(request, 503, "the broker does not answer", "Orders cannot be taken just now.")
    if _wants_json(request):
        return JsonResponse(_as_json(order), status=201, headers={"Location": order.get_absolute_url()})
    return redirect(order)


@require_safe
@never_cache
def order_page(request: HttpRequest, order_id: UUID) -> HttpResponse:
    """One order and its progress; the page keeps itself up to date."""
    order = get_object_or_404(Order.objects.select_related("product"), id=order_id)
    return render(request, "shop/order.html", {"order": order, "progress": progress_of(order)})


@require_safe
@never_cache
def order_json(request: HttpRequest, order_id: UUID) -> HttpResponse:
    """One order and its progress, for the page's script and for yours."""
    return JsonResponse(_as_json(get_object_or_404(Order.objects.select_related("product"), id=order_id)))


def _sent(order: Order) -> bool:
    """Send the order to the workers, if that can be done. The result backend is asked first, since it says at once that
    it is away, where sending would wait for it."""
    if progress_of(order).state == UNKNOWN:
        return False
    try:
        pack_order.apply_async([order.product.name, order.quantity], task_id=str(order.id))
    except OperationalError:
        return False
    return True


def _home(request: HttpRequest, message: str = "", status: int = 200) -> HttpResponse:
    orders = Order.objects.select_related("product")[:LATEST]
    page = {
        "products": Product.objects.all(),
        "quantities": range(1, MOST_AT_ONCE + 1),
        "orders": [(order, progress_of(order)) for order in orders],
        "stock_taking": last_stock_taking(),
        "message": message,
    }
    return render(request, "shop/home.html", page, status=status)


def _refusal(request: HttpRequest, status: int, error: object, message: str) -> HttpResponse:
    if _wants_json(request):
        return JsonResponse({"error": error}, status=status)
    return _home(request, message, status)


def _wants_json(request: HttpRequest) -> bool:
    return request.get_preferred_type(["text/html", "application/json"]) == "application/json"


def _as_json(order: Order) -> dict[str, object]:
    progress = progress_of(order)
    return {
        "id": str(order.id),
        "product": order.product.slug,
        "quantity": order.quantity,
        "state": progress.state,
        "progress": {"done": progress.done, "total": progress.total},
        "text": progress.text,
        "result": progress.result,
        "slip": progress.slip,
        "finished": progress.finished,
        "served_by": settings.RELEASE,
    }
