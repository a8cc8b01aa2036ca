"""Records survive a newer and an older Backline."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from backline.resources.actions.celery_ping import CeleryPing
from backline.resources.failure import Failure
from backline.resources.process import WORKERS, Process
from backline.resources.program import Program
from backline.resources.records import GenerationRecord, GoodReleases, LiveRecord, ReleaseRecord

RELEASE = ReleaseRecord(
    number=44,
    commit="1f0c",
    tree="9ab3",
    ref="main",
    dirty=True,
    by="anna",
    at="2026-01-02T03:04:05Z",
    fingerprint="f",
    virtualenv="/srv/shop/venvs/3.12-a",
    origin=42,
    previous=43,
)
PING = CeleryPing("/run", "/python", "/r43", "shop", (("a-r43@web1", "shop-a-r43"),), "/supervisor.sock", 60.0)
PROCESS = Process(Program("shop-a-r43", ("celery", "worker"), "/r43", "/log"), WORKERS, "celery", gate=PING)
RECORDS = [
    RELEASE,
    replace(RELEASE, environment={"GREETING": "hello"}),
    LiveRecord(43, ("shop-a-r43-2", "shop-web-r43")),
    LiveRecord(43, ("shop_a", "shop_web"), ("r43-2", "r43")),
    GenerationRecord("r43-2", 43, 2, (PROCESS,)),
    GoodReleases((1, 2, 4)),
]
Record = ReleaseRecord | LiveRecord | GenerationRecord | GoodReleases


@pytest.mark.parametrize("record", RECORDS)
def test_record_is_read_as_it_was_written(record: Record) -> None:
    assert type(record).from_json(record.to_json()) == record


@pytest.mark.parametrize("record", RECORDS)
def test_fields_that_are_not_known_are_left_out(record: Record) -> None:
    text = json.dumps({**json.loads(record.to_json()), "colour": "green"})
    assert type(record).from_json(text) == record


@pytest.mark.parametrize("record", RECORDS)
def test_newer_format_is_refused_plainly(record: Record) -> None:
    text = json.dumps({**json.loads(record.to_json()), "format": 2})
    with pytest.raises(Failure, match="written by a newer Backline: format 2"):
        type(record).from_json(text)


@pytest.mark.parametrize("text", ["", "[]", '{"number": 1}', "half a li"])
def test_what_is_no_record_is_refused(text: str) -> None:
    with pytest.raises(Failure, match="release.json"):
        ReleaseRecord.from_json(text)


def test_record_without_a_field_it_needs_names_it() -> None:
    content = json.loads(RELEASE.to_json())
    del content["origin"], content["tree"]
    with pytest.raises(Failure, match="lacks origin, tree"):
        ReleaseRecord.from_json(json.dumps(content))


def test_release_that_is_live_again_is_the_latest_good_one() -> None:
    assert GoodReleases((1, 2, 4)).and_now(2) == GoodReleases((1, 4, 2))


@pytest.mark.parametrize("field", ["release", "programs"])
def test_live_record_without_a_field_it_needs_names_it(field: str) -> None:
    content = json.loads(LiveRecord(43, ("shop-web-r43",)).to_json())
    del content[field]
    with pytest.raises(Failure, match=f"live.json lacks {field}"):
        LiveRecord.from_json(json.dumps(content))


def test_generation_record_without_a_field_it_needs_names_itself() -> None:
    content = json.loads(GenerationRecord("r43-2", 43, 2, (PROCESS,)).to_json())
    del content["attempt"]
    with pytest.raises(Failure, match="the record of generation r43-2 lacks attempt"):
        GenerationRecord.from_json(json.dumps(content))


def test_record_of_an_earlier_backline_has_no_settings_module() -> None:
    content = json.loads(RELEASE.to_json())
    del content["settings_module"]
    assert ReleaseRecord.from_json(json.dumps(content)).settings_module == ""


def test_program_serves_as_the_generation_has_it_that_the_record_names() -> None:
    plain = LiveRecord(43, ("shop_a", "shop_web"), ("r43-2", "r43"))
    assert (plain.serves("shop_a", "r43-2"), plain.serves("shop_a", "r43"), plain.serves("shop_b", "r43")) == (
        True,
        False,
        False,
    )
    assert LiveRecord(43, ("shop-a-r43",)).serves("shop-a-r43", "r43")
