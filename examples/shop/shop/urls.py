"""The shop's addresses."""

from django.contrib import admin
from django.urls import path

from shop import views

urlpatterns = [
    path("", views.home, name="home"),
    path("orders/", views.place_order, name="orders"),
    path("orders/<uuid:order_id>/", views.order_page, name="order"),
    path("orders/<uuid:order_id>.json", views.order_json, name="order-json"),
    path("admin/", admin.site.urls),
]
