"""Templates in variables: lazy, recursive, of their own type, and secret as soon as a secret is in them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backline.inventory.variable import Unsafe
from backline.resources.failure import ConfigurationError
from backline.resources.secret import MASK, Secret
from backline.settings.expressions import TEMPLATE, Scope
from backline.settings.nearest import edits, is_slip, nearest
from tests.unit.written_inventory import variables

DATABASE = {"user": "shop", "password": Secret("pw")}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("plain", "plain"),
        ("{{ number }}", 3),
        ("{{ number * 2 }}", 6),
        ("{{ number }}{{ number }}", "33"),
        ("{{ number }} ", "3 "),
        ("x{{ number }}", "x3"),
        ("{{ copy }}", 3),
        ("{{ names }}", ["a", "b"]),
        ("{{ names | join('-') }}", "a-b"),
        ("{{ absent | default('none') }}", "none"),
        ("{% if number %}yes{% endif %}", "yes"),
        ("{{ number > 2 }}", True),
        ("{{ -number }}", -3),
        ("{{ +1 }}", 1),
        ("{{- number -}}", 3),
        ("{{+ -number }}", -3),
        ("{{\n  number\n}}", 3),
        ("{{ '}}' }}", "}}"),
        ("{{ number }}{# three #}", "3"),
        ("{{ names | map('upper') }}", ["A", "B"]),
        ("{{ {'it': names | select('eq', 'b')} }}", {"it": ["b"]}),
        ("{{ mapping.keys() }}", ["inner"]),
        ("{{ mapping.items() }}", [("inner", 3)]),
        ("{{ range(2) }}", [0, 1]),
        ("{{ mapping.inner }}", 3),
        ({"deep": ["{{ number }}"]}, {"deep": [3]}),
        (Unsafe("{{ number }}"), "{{ number }}"),
        ("{{ raw }}", "{{ number }}"),
        ("line\n", "line\n"),
    ],
)
def test_a_variable_is_rendered_when_it_is_asked_for(text: object, value: object) -> None:
    scope = Scope(
        variables(
            number=3,
            copy="{{ number }}",
            names=["a", "b"],
            mapping={"inner": "{{ copy }}"},
            raw=Unsafe("{{ number }}"),
            broken="{{ nobody }}",
            it=text,
        )
    )
    assert scope.value("it") == value
    assert type(scope.value("it")) in (type(value), Unsafe)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{{ numbr }}", "vars.yml:2: it uses numbr, which is not set; did you mean number?"),
        ("x{{ xyzzy }}", "vars.yml:2: it uses xyzzy, which is not set"),
        ("{{ [number, xyzzy] }}", "vars.yml:2: it uses xyzzy, which is not set"),
        ("{{ {'a': [xyzzy]} }}", "vars.yml:2: it uses xyzzy, which is not set"),
        ({"a": ["{{ xyzzy }}"]}, "vars.yml:2: it.a.0 uses xyzzy, which is not set"),
        ("{{ number.foo }}", "vars.yml:2: it cannot be rendered: 'int object' has no attribute 'foo'"),
        ("{{ 1 + }}", "vars.yml:2: it cannot be rendered: unexpected 'end of print statement'"),
        ("{{ 1 + 'a' }}", "vars.yml:2: it cannot be rendered: unsupported operand type(s) for +: 'int' and 'str'"),
        ("{{ 1 | nofilter }}", "vars.yml:2: it cannot be rendered: No filter named 'nofilter'."),
        ("{{ it }}", "vars.yml:2: it is made of itself: it → it"),
        ("{{ other }}", "vars.yml:2: it is made of itself: it → other → third → it"),
    ],
)
def test_what_cannot_be_rendered_is_named_with_its_line(text: object, said: str) -> None:
    scope = Scope(variables(number=3, it=text, other="{{ third }}", third="{{ it }}"))
    with pytest.raises(ConfigurationError) as refused:
        scope.value("it")
    assert refused.value.cause == said


@pytest.mark.parametrize(
    ("text", "hidden"),
    [
        ("{{ password }}", "pw"),
        ("redis://:{{ password }}@host", "redis://:pw@host"),
        ("{{ url }}", "https://pw"),
        ("{{ password | upper }}", "PW"),
        ("{{ password ~ '!' }}", "pw!"),
        ("{{ password | length }}", "2"),
        ("{{ db.password }}", "pw"),
        ("{{ db['password'] }}", "pw"),
        ("{{ db.values() | join(',') }}", "shop,pw"),
        ("{% for value in db.values() %}{{ value }};{% endfor %}", "shop;pw;"),
        ("{{ 'a' if db.password == 'pw' else 'b' }}", "a"),
    ],
)
def test_what_is_made_with_a_secret_is_a_secret(text: str, hidden: str) -> None:
    value = Scope(variables(password=Secret("pw"), url="https://{{ password }}", db=DATABASE, it=text)).value("it")
    assert isinstance(value, Secret)
    assert value.reveal() == hidden


def test_what_stands_beside_a_secret_is_plain() -> None:
    scope = Scope(variables(db=DATABASE, user="{{ db.user }}", all="{{ db }}", known="{{ db.password is defined }}"))
    assert scope.value("user") == "shop"
    assert scope.value("all") == DATABASE
    assert scope.value("known") is True


@pytest.mark.parametrize(
    "text",
    ["{% for value in db.values() %}{{ value ~ ';' }}{% endfor %}", "{{ '%s' % db }}", "{{ [['{}'.format(db)]] }}"],
)
def test_a_secret_that_would_end_as_dots_is_refused(text: str) -> None:
    with pytest.raises(ConfigurationError) as refused:
        Scope(variables(db=DATABASE, it=text)).value("it")
    assert refused.value.cause == (
        "vars.yml:2: it cannot be rendered: a secret stays dots in it: name it by its own name or key, not in a loop"
    )


@pytest.mark.parametrize("text", ["{{ {}[db.password] }}", "{{ 'x' ~ db[db.password] }}", "{{ db.password.sort }}"])
def test_an_error_does_not_quote_a_secret(text: str) -> None:
    with pytest.raises(ConfigurationError) as refused:
        Scope(variables(db=DATABASE, it=text)).value("it")
    assert refused.value.cause == "vars.yml:2: it cannot be rendered: why is not shown, for a secret is in it"


def test_beside_a_secret_a_name_that_is_not_set_is_told() -> None:
    with pytest.raises(ConfigurationError, match="it uses nobody, which is not set"):
        Scope(variables(db=DATABASE, it="{{ db.password ~ nobody }}")).value("it")


def is_itself(text: str) -> bool:
    """A value that looks like the mask is refused, as one that was masked by mistake; a template is rendered."""
    return MASK not in text and not TEMPLATE.search(text)


@given(st.text().filter(is_itself), st.text(min_size=1).filter(is_itself))
def test_no_secret_shows_whatever_is_around_it(around: str, secret: str) -> None:
    value = Scope(variables(secret=Secret(secret), around=Unsafe(around), it="{{ around }}{{ secret }}")).value("it")
    assert isinstance(value, Secret)
    assert value.reveal() == around + secret
    assert f"{value}{value!r}" == MASK * 2


@given(st.text("ab_", max_size=6), st.text("ab_", max_size=6), st.text("ab_", max_size=6))
def test_edits_are_a_distance(one: str, other: str, third: str) -> None:
    assert (edits(one, other) == 0) == (one == other)
    assert edits(one, other) == edits(other, one)
    assert edits(one, third) <= edits(one, other) + edits(other, third)
    assert abs(len(one) - len(other)) <= edits(one, other) <= max(len(one), len(other))


def test_only_what_is_within_two_edits_is_suggested() -> None:
    assert nearest("celery_wokers", ["celery_workers", "celery_app"]) == "celery_workers"
    assert nearest("celery_wrks", ["celery_workers"]) == ""


@pytest.mark.parametrize(
    ("name", "other", "slip"),
    [
        ("app_hosts", "app_host", True),
        ("app_nmae", "app_name", True),
        ("app_nome", "app_name", True),
        ("app_port", "app_root", False),
        ("app_bane", "app_name", False),
        ("app_eman", "app_name", False),
    ],
)
def test_a_slip_is_one_letter_or_two_exchanged(name: str, other: str, slip: bool) -> None:
    assert is_slip(name, other) == is_slip(other, name) == slip
