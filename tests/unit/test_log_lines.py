"""Lines of logs: their times, their levels, their order when merged, and what a sieve lets through."""

from __future__ import annotations

import io
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backline.report.follow import Follower, JsonFollower
from backline.report.log_lines import LogLine, Reader, Sieve, Source, level_of, merged, time_of

AT = 1795385555.0  # 2026-11-22 22:12:35 UTC
MAIL = Source("web1", "mail", "r43", "shop-celery-mail-r43")
WEB = Source("worker2", "web", "r43-2", "shop-web-r43-2")


@pytest.mark.parametrize(
    ("text", "level"),
    [
        ("[2026-11-22 22:12:35,000: INFO/MainProcess] celery ready", "info"),
        ("[2026-11-22 22:12:35 +0000] [7] [ERROR] Exception in worker process", "error"),
        ("2026/11/22 22:12:35 [warn] 7#7: a client", "warning"),
        ("7:M 22 Nov 2026 22:12:35.000 * Ready to accept connections", ""),
        ('127.0.0.1 - - [22/Nov/2026:22:12:35 +0000] "GET / HTTP/1.1" 200', ""),
        ("2026-11-22T22:12:35Z CRITICAL disk full", "critical"),
        ("[2026-11-22 23:12:35 +0100] [7] [INFO] Booting", "info"),
        ("2026-11-22 22:12:35 UTC [7] LOG:  a checkpoint", ""),
    ],
)
def test_a_line_says_when_and_how_grave(text: str, level: str) -> None:
    assert (time_of(text), level_of(text)) == (AT, level)


def test_a_time_without_a_zone_is_that_of_its_writers_clock() -> None:
    assert time_of("[2026-11-23 00:12:35,500: INFO/x]", offset=7200) == AT + 0.5


@given(st.text(max_size=300))
def test_no_text_is_too_strange_to_have_a_time(text: str) -> None:
    time_of(text)
    level_of(text)


@pytest.mark.parametrize("text", ["2026-13-45 99:99:99 x", "1:M 99 Foo 2026 00:00:00", "0000-00-00 00:00:00"])
def test_what_is_no_time_is_none(text: str) -> None:
    assert time_of(text) is None


def test_a_line_without_a_time_goes_with_the_line_before() -> None:
    reader = Reader(MAIL)
    texts = ["early", "[2026-11-22 22:12:35,000: ERROR/x] raised", "Traceback", "  INFO is no level here"]
    assert [(line.time, line.level) for line in map(reader.line, texts)] == [(None, ""), *[(AT, "error")] * 3]


times = st.lists(st.one_of(st.none(), st.integers(0, 30).map(float)), max_size=30)


def lines_of(source: Source, at: list[float | None]) -> list[LogLine]:
    """As a Reader makes them: what has no time has that of the line before."""
    lines: list[LogLine] = []
    for number, time in enumerate(at):
        before = lines[-1].time if lines else None
        lines.append(LogLine(source, f"{number} {'' if time is None else 'dated'}", before if time is None else time))
    return lines


@given(st.lists(times, max_size=5))
def test_merging_keeps_every_line_in_the_order_of_its_log(logs: list[list[float | None]]) -> None:
    sources = [Source("web1", str(number), "r1", "") for number in range(len(logs))]
    given_lines = [lines_of(*pair) for pair in zip(sources, logs, strict=True)]
    together = list(merged(given_lines))
    for source, lines in zip(sources, given_lines, strict=True):
        assert [line for line in together if line.source == source] == lines
    assert len(together) == sum(map(len, given_lines))


@given(st.lists(times.map(lambda log: sorted(item for item in log if item is not None)), max_size=5))
def test_logs_that_are_in_order_are_merged_in_order(logs: list[list[float]]) -> None:
    together = merged([lines_of(Source("", str(number), "", ""), [*log]) for number, log in enumerate(logs)])
    found = [line.time or 0.0 for line in together]
    assert found == sorted(found)


@given(st.lists(times, max_size=5))
def test_a_stack_trace_is_not_torn_apart(logs: list[list[float | None]]) -> None:
    together = list(merged([lines_of(Source("", str(n), "", ""), log) for n, log in enumerate(logs)]))
    for before, line in zip(together, together[1:], strict=False):
        if "dated" not in line.text and not line.text.startswith("0 "):
            assert before.source == line.source


def through(sieve: Sieve, texts: list[str]) -> list[str]:
    reader = Reader(MAIL)
    return [line.text for text in texts for line in sieve.pass_on(reader.line(text))]


@given(st.lists(st.sampled_from("ab"), max_size=40), st.integers(0, 4))
def test_around_shows_what_grep_shows(texts: list[str], around: int) -> None:
    numbered = [f"{number} {text}" for number, text in enumerate(texts)]
    hits = [number for number, text in enumerate(texts) if text == "a"]
    expected = [text for number, text in enumerate(numbered) if any(abs(number - hit) <= around for hit in hits)]
    assert through(Sieve(pattern=re.compile("a"), around=around), numbered) == expected


def test_a_level_lets_through_what_is_as_grave_with_its_stack_trace() -> None:
    stamp = "[2026-11-22 22:12:35,000: "
    texts = [f"{stamp}INFO/x] a", f"{stamp}ERROR/x] b", "Traceback", f"{stamp}DEBUG/x] c", f"{stamp}WARNING/x] d"]
    assert through(Sieve("warning"), texts) == [texts[1], texts[2], texts[4]]


def test_a_level_hides_what_nobody_says_to_be_grave() -> None:
    texts = ["[tasks]", "the end of a mail", "[2026-11-22 22:12:35,000: ERROR/x] b", "Traceback"]
    assert through(Sieve("error"), texts) == texts[2:]


def test_log_lines_stand_behind_aligned_names() -> None:
    stream = io.StringIO()
    Follower(stream, [MAIL, WEB])([LogLine(WEB, "GET / \x1b[32m200\x1b[0m"), LogLine(MAIL, "")])
    assert stream.getvalue() == "worker2  web   r43-2 | GET / 200\nweb1     mail  r43   |\n"


def test_sources_have_colours_of_their_own() -> None:
    stream = io.StringIO()
    Follower(stream, [MAIL, WEB], color=True)([LogLine(MAIL, "x"), LogLine(WEB, "y")])
    assert [line[:5] for line in stream.getvalue().splitlines()] == ["\x1b[94m", "\x1b[35m"]


def test_json_is_an_object_a_line() -> None:
    stream = io.StringIO()
    JsonFollower(stream)([LogLine(MAIL, 'a "b"', AT, "info")])
    assert stream.getvalue() == (
        '{"host": "web1", "worker": "mail", "generation": "r43", "program": "shop-celery-mail-r43", '
        '"time": "2026-11-22T22:12:35.000000Z", "level": "info", "text": "a \\"b\\""}\n'
    )
