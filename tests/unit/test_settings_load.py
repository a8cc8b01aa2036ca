"""A host's settings: what is checked, and every word that is said about what is wrong."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from typing import Literal

import pytest

from backline.resources.failure import ConfigurationError
from backline.resources.secret import Secret
from backline.settings.app import SupervisorPaths
from backline.settings.app_settings import AppSettings
from backline.settings.load import RoleDeclaration, load_settings
from backline.settings.placeholder_facts import placeholder_facts
from backline.settings.settings import HostSettings, Settings
from tests.unit.written_inventory import write_inventory


class Colour(Enum):
    RED = "red"
    BLUE = "blue"


@dataclass(frozen=True)
class Worker:
    queues: tuple[str, ...]
    concurrency: int = 2
    log: str | None = None


@dataclass(frozen=True)
class WorkSettings(Settings):
    work_app: str
    """The app, such as `shop`."""
    work_them: Mapping[str, Worker] = field(default_factory=dict)
    work_count: int = 2
    work_share: float = 0.5
    work_loudly: bool = False
    work_key: Secret | None = None
    work_token: Secret = Secret("")
    work_password: str | Secret = ""
    work_pool: Literal["prefork", "solo"] = "prefork"
    work_colour: Colour = Colour.RED
    work_names: tuple[str, ...] = ()
    work_labels: Mapping[str, str] = field(default_factory=dict)
    work_folder: str = "{{ app_root }}/work"
    work_threads: int = 4


@dataclass(frozen=True)
class LightSettings(Settings):
    light_on: bool = True


DECLARATIONS = (
    RoleDeclaration("app", AppSettings),
    RoleDeclaration("light", LightSettings),
    RoleDeclaration("work", WorkSettings, brings=("app",)),
)
ENOUGH = "{app_name: shop, app_source: src, django_settings_module: shop.settings, work_app: shop}"


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def loaded(text: str, enough: str = ENOUGH) -> HostSettings:
    """The settings of web1 where group_vars/all.yml says `text`."""
    hosts = f"all: {{vars: {enough}, hosts: {{web1: }}}}"
    inventory = write_inventory({"hosts.yml": hosts, "group_vars/all.yml": text})
    return load_settings(inventory.host("web1"), inventory, DECLARATIONS, placeholder_facts())


def refusal(text: str, enough: str = ENOUGH) -> list[str]:
    with pytest.raises(ConfigurationError) as refused:
        loaded(text, enough)
    assert refused.value.host == "web1"
    return list(refused.value.lines) or [refused.value.cause]


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("work_count: 4", 4),
        ("work_count: '{{ ansible_processor_vcpus * 2 + 1 }}'", 5),
        ("work_share: 1", 1.0),
        ("work_loudly: yes", True),
        ("work_key: null", None),
        ("work_key: pw", Secret("pw")),
        ("work_token: pw", Secret("pw")),
        ("work_pool: solo", "solo"),
        ("work_colour: blue", Colour.BLUE),
        ("work_names: [a, b]", ("a", "b")),
        ("work_labels: {a: b}", {"a": "b"}),
        ("work_folder: ~/x", "~/x"),
        ("work_folder: '{{ ansible_user_dir }}/x'", "/home/deploy/x"),
        ("work_folder: !unsafe '{{ x }}'", "{{ x }}"),
        ("work_them: {mail: {queues: [a], concurrency: 3}}", {"mail": Worker(("a",), 3)}),
    ],
)
def test_a_value_becomes_what_its_role_declares(written: str, value: object) -> None:
    found = getattr(loaded(written).of(WorkSettings), written.partition(":")[0])
    assert found == value
    assert type(found) is type(value)


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("work_count: two", 'work_count must be a whole number, but is "two"'),
        ("work_count: 1.5", "work_count must be a whole number, but is 1.5"),
        ("work_count: yes", "work_count must be a whole number, but is true"),
        ("work_count: ", "work_count must be a whole number, but is empty"),
        ("work_share: half", 'work_share must be a number, but is "half"'),
        ("work_loudly: very", 'work_loudly must be true or false, but is "very"'),
        ("work_loudly: 1", "work_loudly must be true or false, but is 1"),
        ("work_app: 43", "work_app must be text, but is 43; put it in quotes"),
        ("work_app: 2026-01-02", "work_app must be text, but is the date 2026-01-02; put it in quotes"),
        ("work_app: [a]", "work_app must be text, but is a list"),
        ("work_key: 43", "work_key must be a secret text or empty, but is a number; put it in quotes"),
        ("work_key: 2026-01-02", "work_key must be a secret text or empty, but is a date; put it in quotes"),
        ("work_key: [43]", "work_key must be a secret text or empty, but is a list"),
        ("work_password: 43", "work_password must be text, but is a number; put it in quotes"),
        ("work_pool: sole", 'work_pool must be one of prefork, solo, but is "sole"; did you mean solo?'),
        ("work_colour: green", 'work_colour must be one of red, blue, but is "green"'),
        ("work_names: a", 'work_names must be a list of text, but is "a"; write [a]'),
        ("work_names: [a, 1]", "work_names.1 must be text, but is 1; put it in quotes"),
        ("work_labels: [a]", "work_labels must be a mapping of names to text, but is a list"),
        ("app_environment: {DEBUG: 1}", "app_environment.DEBUG must be text, but is 1; put it in quotes"),
        (
            "app_environment: {DB_PASSWORD: 43}",
            "app_environment.DB_PASSWORD must be text, but is a number; put it in quotes",
        ),
        (
            "work_them: {mail: {queues: [a], concurency: 1}}",
            "work_them.mail.concurency is not known; did you mean concurrency?",
        ),
        ("work_them: {mail: {queues: [a], x: 1}}", "work_them.mail.x is not known; there are queues, concurrency, log"),
        ("work_them: {mail: }", "work_them.mail.queues is not set, but needed"),
        (
            "work_them: {mail: {queues: [a], log: 1}}",
            "work_them.mail.log must be text or empty, but is 1; put it in quotes",
        ),
        ("work_them: {mail: 3}", "work_them.mail must be a mapping, but is 3"),
        ("work_wokers: 1\nwork_cuont: 1", "work_cuont is not a variable of Backline; did you mean work_count?"),
        ("backline_rols: [app]", "backline_rols is not a variable of Backline; did you mean backline_roles?"),
        ("backline_roles: app", 'backline_roles must be a list of text, but is "app"; write [app]'),
        ("backline_roles: [wrok]", "backline_roles names wrok, which is not a role; did you mean work?"),
        ("backline_roles: [x-ray]", "backline_roles names x-ray, which is not a role; there are app, light, work"),
        ("work_folder: '{{ app_rot }}'", "work_folder uses app_rot, which is not set; did you mean app_root?"),
        ("app_releases_kept: 0", "app_releases_kept must be at least 1"),
        ("app_root: shop", "app_root must be an absolute path without `..`, and not / itself"),
        ("app_root: //", "app_root must be an absolute path without `..`, and not / itself"),
        ("app_root: /srv/shop/../blog", "app_root must be an absolute path without `..`, and not / itself"),
        ("app_root: /opt", "app_root must lie beside /opt/backline, where Backline keeps what apps share"),
        ("app_root: /opt/backline/x", "app_root must lie beside /opt/backline, where Backline keeps what apps share"),
        ("app_name: a/b", "app_name must be letters, digits, - and _, the first one a letter or digit"),
        (
            "django_settings_module: shop/settings.py",
            "django_settings_module must be a Python module, such as shop.settings",
        ),
        ("app_restart_order: [web, beat]", "app_restart_order must name each of workers, web, beat once"),
        ("app_shared_paths: [../x]", 'app_shared_paths must be paths inside the project, but "../x" is not'),
    ],
)
def test_a_wrong_value_is_told_in_one_line_with_its_origin(written: str, said: str) -> None:
    line = 2 if "\n" in written else 1
    assert refusal(written) == [f"inventory/group_vars/all.yml:{line}: {said}"]


def test_a_nested_mistake_is_told_with_its_own_line() -> None:
    text = "work_them:\n  mail:\n    queues:\n      - a\n      - 5\n"
    said = "inventory/group_vars/all.yml:5: work_them.mail.queues.1 must be text, but is 5; put it in quotes"
    assert refusal(text) == [said]


def test_what_is_missing_is_told_with_an_example() -> None:
    assert refusal("x: 1", enough="{}") == [
        f"inventory/group_vars/all.yml: {name} is not set, and role {role} needs it; for example: {name}: {example}"
        for role, name, example in [
            ("app", "app_name", "shop"),
            ("app", "app_source", "examples/shop"),
            ("app", "django_settings_module", "shop.settings"),
            ("work", "work_app", "shop"),
        ]
    ]


def test_everything_that_is_wrong_is_told_at_once_and_once() -> None:
    with pytest.raises(ConfigurationError) as refused:
        loaded("work_cuont: 1\nwork_share: x\nwork_thread: 1\na: '{{ b }}'\nwork_app: '{{ a }}'\napp_user: '{{ a }}'\n")
    assert refused.value.cause == "4 things are wrong with its variables"
    assert refused.value.lines == (
        "inventory/group_vars/all.yml:1: work_cuont is not a variable of Backline; did you mean work_count?",
        "inventory/group_vars/all.yml:3: work_thread is not a variable of Backline; did you mean work_threads?",
        "inventory/group_vars/all.yml:4: a uses b, which is not set",
        'inventory/group_vars/all.yml:2: work_share must be a number, but is "x"',
    )


def test_a_misspelt_required_variable_is_told_once() -> None:
    assert refusal("app_nmae: shop", enough=ENOUGH.replace("app_name: shop, ", "")) == [
        "inventory/group_vars/all.yml:1: app_nmae is not a variable of Backline; did you mean app_name?"
    ]


def test_a_variable_of_the_users_own_is_allowed() -> None:
    settings = loaded("mine: 1\nwork_count: 1\nwork_counts: 2\nwork_share: '{{ work_counts }}'")
    assert (settings.of(WorkSettings).work_count, settings.of(WorkSettings).work_share) == (1, 2.0)
    assert settings.doubts == ()


def test_a_name_that_a_template_uses_is_the_users_own() -> None:
    settings = loaded("work_thread: 3\nwork_count: '{{ work_thread }}'")
    assert settings.of(WorkSettings).work_count == 3
    assert settings.doubts == ()


def test_what_is_more_than_a_slip_away_is_another_word_unless_the_right_one_is_needed() -> None:
    assert loaded("app_port: 8000").doubts == (
        "inventory/group_vars/all.yml:1: nothing uses app_port; did you mean app_root?",
    )
    assert refusal("ap_nme: shop", enough=ENOUGH.replace("app_name: shop, ", "")) == [
        "inventory/group_vars/all.yml:1: ap_nme is not a variable of Backline; did you mean app_name?"
    ]


def test_a_name_that_nothing_uses_and_that_is_nearly_a_known_one_is_asked_about() -> None:
    """The right one is set too, here or in another file, so that it may be meant as it is: nothing is refused."""
    doubts = loaded("ansible_hsot: x\nwork_count: 1\nwork_cuont: 2\nansible_become_exe: x").doubts
    assert doubts == (
        "inventory/group_vars/all.yml:1: nothing uses ansible_hsot; did you mean ansible_host?",
        "inventory/group_vars/all.yml:3: nothing uses work_cuont; did you mean work_count?",
    )


def test_text_that_must_be_plain_cannot_be_secret() -> None:
    inventory = write_inventory({"hosts.yml": f"all: {{vars: {ENOUGH}, hosts: {{web1: }}}}"})
    host = inventory.host("web1")
    variables = dict(host.variables)
    variables["work_app"] = type(variables["work_app"])("work_app", Secret("pw"), variables["work_app"].origin)
    secret_host = type(host)(host.name, host.groups, variables)
    with pytest.raises(ConfigurationError) as refused:
        load_settings(secret_host, inventory, DECLARATIONS, placeholder_facts())
    assert refused.value.cause == "inventory/hosts.yml:1: work_app must be text, but is secret"


@pytest.mark.parametrize(
    ("written", "roles"),
    [
        ("x: 1", ("app", "light", "work")),
        ("backline_roles: [work]", ("app", "work")),
        ("backline_roles: [light]", ("light",)),
        ("backline_roles: [work, light, work]", ("app", "light", "work")),
        ("backline_roles: []", ()),
    ],
)
def test_a_host_has_its_roles_and_what_they_bring(written: str, roles: tuple[str, ...]) -> None:
    assert loaded(written).roles == roles


def test_a_role_that_the_host_does_not_have_needs_nothing() -> None:
    assert loaded("backline_roles: [light]", enough=ENOUGH.replace(", work_app: shop", "")).roles == ("light",)


def test_rootless_everything_lies_at_home() -> None:
    settings = loaded("backline_rootless: true\napp_environment: {A: b}")
    app = settings.app
    assert (app.root, app.home, app.user, app.group, app.host) == ("/home/deploy/shop", "/home/deploy", "", "", "web1")
    assert app.environment == {"A": "b"}
    assert settings.of(WorkSettings).work_folder == "/home/deploy/shop/work"
    assert settings.of(AppSettings).app is app
    assert settings.supervisor == SupervisorPaths(
        socket="/home/deploy/.backline/supervisor.sock",
        include_directory="/home/deploy/.backline/supervisor.d",
        configuration="/home/deploy/.backline/supervisord.conf",
        python="/home/deploy/.backline/tools/supervisor-python",
    )


def test_with_root_it_lies_where_servers_have_it() -> None:
    settings = loaded("")
    app = settings.app
    assert (app.root, app.home, app.user, app.group, app.rootless) == ("/srv/shop", "/srv/shop", "shop", "shop", False)
    assert settings.supervisor == SupervisorPaths(
        socket="/var/run/supervisor.sock",
        include_directory="/etc/supervisor/conf.d",
        configuration="/etc/supervisor/supervisord.conf",
        python="/usr/bin/python3",
    )
