"""Templates by name: whose counts, what is refused, and what becomes of secrets."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest
from jinja2 import Environment

from backline.resources.failure import ConfigurationError
from backline.resources.secret import MASK, Secret
from backline.settings import templates
from backline.settings.templates import OURS, TemplateFolders, render_secret_template, render_template, use_templates_of


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.chdir(tmp_path)
    use_templates_of(tmp_path)
    yield
    use_templates_of(OURS.parent)


def write_template(name: str, text: str, folder: str = "templates") -> Path:
    path = Path(folder) / name
    path.parent.mkdir(exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path.parent.absolute()


def test_a_users_template_is_taken_before_ours() -> None:
    ours, users = write_template("x.j2", "ours", "ours"), write_template("x.j2", "the user's")
    assert TemplateFolders((users, ours)).render("x.j2") == "the user's"
    assert TemplateFolders((ours, users)).render("x.j2") == "ours"


def test_ours_are_found_from_any_folder() -> None:
    name = next(path.name for path in OURS.iterdir() if path.suffix == ".j2")
    with pytest.raises(ConfigurationError, match=f"^templates/{name}:[0-9]+: '.*' is undefined$"):
        render_template(name)


def test_lines_of_blocks_vanish_and_the_last_newline_stays() -> None:
    write_template("x.j2", "{% for n in names %}\n{{ n }}\n{% endfor %}\nend\n")
    assert render_template("x.j2", names=("a", "b")) == "a\nb\nend\n"


def test_a_value_may_be_called_name() -> None:
    write_template("x.j2", "{{ name }}")
    assert render_template("x.j2", name="shop") == "shop"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a\n{{ b }}\n", "templates/x.j2:2: 'b' is undefined"),
        ("a\n\n{% if %}\n", "templates/x.j2:3: Expected an expression, got 'end of statement block'"),
        ("{{ 1 + 'a' }}", "templates/x.j2:1: unsupported operand type(s) for +: 'int' and 'str'"),
        ("{% include 'y.j2' %}", "there is no template y.j2"),
        ("{% include 'z.j2' %}", "templates/z.j2:2: 'q' is undefined"),
    ],
)
def test_a_template_that_cannot_be_rendered_is_named_with_its_line(text: str, said: str) -> None:
    write_template("x.j2", text)
    write_template("z.j2", "\n{{ q }}")
    with pytest.raises(ConfigurationError) as refused:
        render_template("x.j2")
    assert refused.value.cause == said


def test_a_missing_template_says_where_it_was_looked_for() -> None:
    with pytest.raises(ConfigurationError) as refused:
        render_template("absent.j2")
    assert refused.value.cause == "there is no template absent.j2"
    assert refused.value.lines == (f"looked in {Path.cwd() / 'templates'}", f"looked in {OURS}")


def test_a_secret_prints_as_dots_and_is_revealed_only_into_a_secret() -> None:
    write_template("x.j2", "{{ key }} {{ app.environment.KEY }} {{ app.environment.values() | join }}")
    values = {"key": Secret("a"), "app": SimpleNamespace(environment={"KEY": Secret("b")})}
    assert render_template("x.j2", **values) == " ".join([MASK] * 3)
    text = render_secret_template("x.j2", **values)
    assert str(text) == MASK
    assert text.reveal() == "a b b"


@pytest.mark.parametrize(
    ("text", "said"),
    [("{{ {}[key] }}", "why is not shown, for a secret is in it"), ("{{ key }}{{ q }}", "'q' is undefined")],
)
def test_what_is_wrong_with_a_template_quotes_no_secret(text: str, said: str) -> None:
    write_template("x.j2", text)
    with pytest.raises(ConfigurationError) as refused:
        render_secret_template("x.j2", key=Secret("a"))
    assert refused.value.cause == f"templates/x.j2:1: {said}"


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Where this test keeps what was compiled."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    templates._prepared.cache_clear()
    yield tmp_path / "cache" / "backline" / "templates" / "Environment"
    templates._prepared.cache_clear()


def test_what_one_run_compiled_the_next_one_does_not(
    tmp_path: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "note.j2").write_text("{{ word }}\n")
    folders = TemplateFolders((tmp_path,))
    assert folders.render("note.j2", word="first") == "first\n"
    assert len(list(cache.iterdir())) == 1

    templates._prepared.cache_clear()  # another run
    with monkeypatch.context() as without:
        without.delattr(Environment, "compile")
        assert folders.render("note.j2", word="second") == "second\n"

    (tmp_path / "note.j2").write_text("changed: {{ word }}\n")
    assert folders.render("note.j2", word="third") == "changed: third\n"


@pytest.mark.usefixtures("cache")
@pytest.mark.parametrize("revealed_first", [True, False])
def test_what_was_compiled_to_hide_secrets_is_not_run_to_reveal_them(tmp_path: Path, revealed_first: bool) -> None:
    (tmp_path / "keys.j2").write_text("{% for key in keys %}{{ key }} {% endfor %}")
    folders = TemplateFolders((tmp_path,))
    secrets = {"keys": [Secret("a"), Secret("b")]}
    for _ in range(2):
        shown = "" if revealed_first else folders.render("keys.j2", **secrets)
        assert folders.render_secret("keys.j2", **secrets).reveal() == "a b "
        assert (shown or folders.render("keys.j2", **secrets)) == f"{MASK} {MASK} "
        templates._prepared.cache_clear()  # another run


def test_nothing_that_somebody_else_may_have_compiled_is_run(tmp_path: Path, cache: Path) -> None:
    cache.mkdir(parents=True)
    cache.chmod(0o777)
    (tmp_path / "note.j2").write_text("{{ word }}\n")
    assert TemplateFolders((tmp_path,)).render("note.j2", word="told") == "told\n"
    assert list(cache.iterdir()) == []


def test_without_a_place_to_keep_them_templates_are_rendered_as_well(tmp_path: Path, cache: Path) -> None:
    cache.parents[2].write_text("no folder")
    (tmp_path / "note.j2").write_text("{{ word }}\n")
    assert TemplateFolders((tmp_path,)).render("note.j2", word="told") == "told\n"
