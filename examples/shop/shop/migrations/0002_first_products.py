"""Something to sell on the first day."""

from django.db import migrations

TEAS = [
    ("assam", "Assam", "Malty and strong; takes milk.", "5.20"),
    ("darjeeling", "Darjeeling", "First flush, light as spring.", "8.90"),
    ("genmaicha", "Genmaicha", "Green tea with roasted rice.", "6.40"),
    ("lapsang", "Lapsang Souchong", "Smoked over pine; you will know.", "7.10"),
]


def stock_up(apps, schema_editor):
    product = apps.get_model("shop", "Product")
    for slug, name, description, price in TEAS:
        product.objects.get_or_create(slug=slug, defaults={"name": name, "description": description, "price": price})


class Migration(migrations.Migration):
    dependencies = [("shop", "0001_initial")]

    # Backwards nothing is removed: somebody may have ordered it.
    operations = [migrations.RunPython(stock_up, migrations.RunPython.noop)]
