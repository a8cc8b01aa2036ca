"""The order form."""

from django import forms

from shop.models import Order, Product


class OrderForm(forms.ModelForm):
    product = forms.ModelChoiceField(Product.objects.all(), to_field_name="slug")

    class Meta:
        model = Order
        fields = ["product", "quantity"]
