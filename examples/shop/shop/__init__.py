"""A small tea shop: its web answers orders, its workers pack them."""

from shop.celery import app as celery_app

__all__ = ["celery_app"]
