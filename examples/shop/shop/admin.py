"""The keeper's pages, at /admin/ (make a keeper: manage.py createsuperuser)."""

from django.contrib import admin

from shop.models import Order, Product


@admin.register(Product)
class ProductAdmin(admin.ModelAdmin):
    list_display = ["name", "price", "description"]
    prepopulated_fields = {"slug": ["name"]}


@admin.register(Order)
class OrderAdmin(admin.ModelAdmin):
    list_display = ["product", "quantity", "ordered_at", "id"]
    readonly_fields = ["id", "ordered_at"]
