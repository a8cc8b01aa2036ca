"""The shop, tested: manage.py test. Tasks run at once and their results stay in memory; no broker is needed."""

import logging
import os
import threading
from collections.abc import Callable
from pathlib import Path
from unittest import mock
from uuid import uuid4

from django.core import mail
from django.core.exceptions import ImproperlyConfigured
from django.test import Client, SimpleTestCase, TestCase, override_settings

from shop import environment
from shop.celery import app
from shop.models import Order
from shop.tasks import mail_keeper, pack_order, take_stock

NOWHERE = "redis+socket:///nonexistent/valkey.sock"
PLAIN_FILES = {"staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}}


def configure_celery(test: TestCase, **settings: object) -> None:
    """Give the Celery application other settings until the test ends."""
    before = {name: app.conf[name] for name in settings}
    _set_celery(settings)
    test.addCleanup(_set_celery, before)


def _set_celery(settings: dict[str, object]) -> None:
    app.conf.update(settings)
    app._local = threading.local()  # each thread keeps the result backend that it opened


@override_settings(STORAGES=PLAIN_FILES, SHOP_PACKING_SECONDS=0, RELEASE="r7", SHOP_GREETING="Good <morning>")
class ShopTest(TestCase):
    def setUp(self) -> None:
        logging.disable()  # refusals are logged, and here they are wanted
        self.addCleanup(logging.disable, logging.NOTSET)
        configure_celery(self, task_always_eager=True, result_backend="cache+memory://")

    def order(self, **fields: object):
        return self.client.post(
            "/orders/", {"product": "assam", "quantity": 3, **fields}, headers={"accept": "application/json"}
        )


class Pages(ShopTest):
    def test_home_shows_the_shelves_the_greeting_and_the_release(self) -> None:
        page = self.client.get("/")
        self.assertContains(page, "Darjeeling")
        self.assertContains(page, "Good &lt;morning&gt;")
        self.assertContains(page, '<span class="release">r7</span>', html=True)
        self.assertContains(page, "no stock-taking yet")

    def test_an_order_by_the_form_leads_to_its_page(self) -> None:
        page = self.client.post("/orders/", {"product": "genmaicha", "quantity": 2}, follow=True)
        self.assertContains(page, "2 × Genmaicha packed")
        self.assertContains(self.client.get("/"), "2 × Genmaicha")

    def test_a_form_without_its_token_is_refused(self) -> None:
        strict = Client(enforce_csrf_checks=True)
        self.assertEqual(strict.post("/orders/", {"product": "assam", "quantity": 1}).status_code, 403)

    def test_a_script_takes_the_token_from_the_page(self) -> None:
        strict = Client(enforce_csrf_checks=True)
        strict.get("/")
        token = strict.cookies["csrftoken"].value
        answer = strict.post("/orders/", {"product": "assam", "quantity": 1}, headers={"x-csrftoken": token})
        self.assertEqual(answer.status_code, 302)

    def test_a_wrong_order_is_refused_and_the_shelves_stay(self) -> None:
        page = self.client.post("/orders/", {"product": "coffee", "quantity": 2})
        self.assertContains(page, "choose a tea", status_code=400)
        self.assertContains(page, "Darjeeling", status_code=400)

    def test_an_unknown_order_is_not_found(self) -> None:
        self.assertEqual(self.client.get(f"/orders/{uuid4()}/").status_code, 404)


class Json(ShopTest):
    def test_an_order_is_packed_and_the_keeper_told(self) -> None:
        answer = self.order()
        self.assertEqual(answer.status_code, 201)
        told = self.client.get(f"/orders/{answer.json()['id']}.json").json()
        self.assertEqual(told["state"], "SUCCESS")
        self.assertEqual(told["progress"], {"done": 3, "total": 3})
        self.assertEqual((told["result"]["text"], told["result"]["release"]), ("3 × Assam packed", "r7"))
        self.assertEqual((told["slip"]["text"], told["finished"]), ("told keeper@shop.example", True))
        self.assertEqual([message.subject for message in mail.outbox], ["Packed: 3 × Assam"])

    def test_a_wrong_order_names_the_field(self) -> None:
        answer = self.order(quantity=13)
        self.assertEqual((answer.status_code, list(answer.json()["error"])), (400, ["quantity"]))

    def test_progress_is_told_while_an_order_is_packed(self) -> None:
        seen = []
        with mock.patch("shop.tasks.time.sleep", lambda seconds: seen.append(self._progress())):
            self.order()
        self.assertEqual(seen, [("PACKING", {"done": done, "total": 3}) for done in range(3)])

    def _progress(self) -> tuple[str, dict[str, int]]:
        told = self.client.get(f"/orders/{Order.objects.get().id}.json").json()
        return told["state"], told["progress"]


class Workers(ShopTest):
    def test_no_task_asks_the_database(self) -> None:
        with self.assertNumQueries(0):
            pack_order.delay("Assam", 2)
            mail_keeper.delay("2 × Assam")
            take_stock.delay()

    def test_stock_is_taken_again_and_again(self) -> None:
        for _ in range(2):
            take_stock.delay()
        self.assertContains(self.client.get("/"), "by r7")

    def test_mail_has_a_queue_of_its_own(self) -> None:
        route = app.amqp.router.route
        self.assertEqual(route({}, "shop.tasks.mail_keeper")["queue"].name, "mail")
        self.assertEqual(route({}, "shop.tasks.pack_order")["queue"].name, "default")


class WithoutBroker(ShopTest):
    def setUp(self) -> None:
        super().setUp()
        configure_celery(self, task_always_eager=False, result_backend=NOWHERE)

    def test_home_answers_all_the_same(self) -> None:
        self.assertContains(self.client.get("/"), "no stock-taking yet")

    def test_an_order_is_not_taken(self) -> None:
        answer = self.order()
        self.assertEqual((answer.status_code, Order.objects.count()), (503, 0))


class Environment(SimpleTestCase):
    def database(self, url: str) -> dict[str, object]:
        with mock.patch.dict(os.environ, {"DATABASE_URL": url}):
            return environment.database(Path("/site"))

    def test_sqlite_is_beside_manage_py_or_at_an_absolute_path(self) -> None:
        self.assertEqual(self.database("")["NAME"], "/site/shop.sqlite3")
        self.assertEqual(self.database("sqlite:////srv/a%20b/shop.sqlite3")["NAME"], "/srv/a b/shop.sqlite3")

    def test_postgres_needs_its_driver(self) -> None:
        with mock.patch("importlib.util.find_spec", return_value=None):
            self.assert_refused("psycopg", self.database, "postgres://shop@db/shop")

    def test_postgres_is_read_from_its_url(self) -> None:
        with mock.patch("importlib.util.find_spec", return_value=True):
            found = self.database("postgres://shop:p%40ss@db:6543/tea?sslmode=require")
        self.assertEqual((found["USER"], found["PASSWORD"]), ("shop", "p@ss"))
        self.assertEqual((found["HOST"], found["PORT"], found["NAME"]), ("db", "6543", "tea"))
        self.assertEqual(found["OPTIONS"], {"sslmode": "require"})

    def test_what_cannot_be_read_is_named(self) -> None:
        self.assert_refused("'mysql'", self.database, "mysql://db/shop")
        with mock.patch.dict(os.environ, {"DJANGO_DEBUG": "maybe", "DJANGO_SECRET_KEY": ""}):
            self.assert_refused("DJANGO_DEBUG", environment.flag, "DJANGO_DEBUG")
            self.assert_refused("DJANGO_SECRET_KEY", environment.secret_key, False)

    def assert_refused(self, named: str, reader: Callable[..., object], *arguments: object) -> None:
        with self.assertRaisesMessage(ImproperlyConfigured, named):
            reader(*arguments)
