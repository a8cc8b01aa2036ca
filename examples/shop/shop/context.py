"""What every page shows: the greeting, and which release made the page."""

from django.conf import settings
from django.http import HttpRequest


def every_page(request: HttpRequest) -> dict[str, str]:
    return {"greeting": settings.SHOP_GREETING, "release": settings.RELEASE}
