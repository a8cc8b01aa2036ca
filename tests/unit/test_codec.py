"""What goes over the wire comes back as it was; nothing but classes of ours is made again."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as some

from backline.resources import failure as failures
from backline.resources.actions.celery_ping import CeleryPing
from backline.resources.codec import decoded, encoded, kinds_in
from backline.resources.directory import Directory
from backline.resources.failure import Failure
from backline.resources.plan import Entry, Handler, Plan
from backline.resources.process import WORKERS, Process
from backline.resources.program import Program
from backline.resources.resource import Difference
from backline.resources.secret import Secret

scalars = some.none() | some.booleans() | some.integers() | some.floats(allow_nan=False) | some.text() | some.binary()
keys = some.text() | some.integers() | some.booleans()
values = some.recursive(
    scalars | some.builds(Secret, some.text()) | some.builds(Directory, some.text(), some.integers()),
    lambda inner: (
        some.lists(inner).map(tuple)
        | some.dictionaries(keys, inner)
        | some.builds(Difference, some.text(), inner, inner)
    ),
    max_leaves=20,
)


def travelled(value: object) -> object:
    """By the same JSON as on the wire."""
    return decoded(json.loads(json.dumps(encoded(value))))


@given(values)
def test_every_value_comes_back_as_it_was(value: object) -> None:
    came = travelled(value)
    assert came == value
    assert type(came) is type(value)


@given(some.text(), some.lists(some.text()), some.text())
def test_text_of_mappings_that_looks_like_ours_is_still_text(name: str, items: list[str], kind: str) -> None:
    value = {"$": kind, name: tuple(items)}
    assert travelled(value) == value


def test_a_list_comes_back_as_a_tuple() -> None:
    assert travelled([1, ["a"]]) == (1, ("a",))


def test_a_process_with_all_that_hangs_on_it_travels() -> None:
    ping = CeleryPing("/run", "/python", "/r43", "shop", (("a-r43@web1", "shop-a-r43"),), "/supervisor.sock", 60.0)
    program = Program("shop-a-r43", ("celery",), "/r43", "/log", environment={"HOME": "/home/anna"})
    process = Process(program, WORKERS, "celery", gate=ping, links=(("/a", "b"),))
    assert travelled((process,)) == (process,)


def test_a_plan_says_which_modules_it_needs() -> None:
    plan = Plan((Entry(Directory("/srv"), (Handler("h", CeleryPing("", "", "", "", (), "", 1.0)),)),))
    ours = "backline.resources."
    assert kinds_in(encoded(plan)) == {f"{ours}{name}" for name in ("plan", "directory", "actions.celery_ping")}
    assert kinds_in(encoded({"os:path": ("os:system", b"x")})) == frozenset()


@pytest.mark.parametrize("value", [object(), {1, 2}, print, Failure, 1j, ((), [{"a": object()}])])
def test_what_has_no_form_is_refused_when_it_is_sent(value: object) -> None:
    with pytest.raises(TypeError, match="has no form on the wire"):
        encoded(value)


FOREIGN = ["os:system", "subprocess:Popen", "backlines.evil:X", "builtins:eval", "", ":", "tests.unit.shop:shop"]


@pytest.mark.parametrize("kind", FOREIGN)
def test_a_class_that_is_not_ours_is_refused(kind: str) -> None:
    with pytest.raises(TypeError, match="is not a kind of ours"):
        decoded({"$": kind, "args": "true"})


@pytest.mark.parametrize(
    "kind",
    ["backline.resources.codec:sys.exit", "backline.resources.codec:sys", "backline.resources.codec:encoded"],
)
def test_what_is_no_class_of_ours_in_a_module_of_ours_is_refused(kind: str) -> None:
    with pytest.raises((TypeError, AttributeError)):
        decoded({"$": kind, "value": 1})


def test_fields_of_a_newer_peer_are_left_out() -> None:
    form = {"$": "backline.resources.directory:Directory", "path": "/srv", "colour": "green"}
    assert decoded(form) == Directory("/srv")


KINDS = [kind for kind in vars(failures).values() if isinstance(kind, type) and issubclass(kind, Failure)]


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_a_failure_keeps_its_class_its_code_and_its_words(kind: type[Failure]) -> None:
    sent = kind("no", lines=("one", "two"), hint="try", state="as before", host="web1", step="check")
    came = travelled(sent)
    assert type(came) is kind
    assert isinstance(came, Failure)
    assert (vars(came), came.code, str(came)) == (vars(sent), kind.code, "web1 · check: no")
