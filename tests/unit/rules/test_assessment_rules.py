"""核定应缴: 110 % of the last month, rounded once, half-up; windows and announcements as they are typed."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.announcements import read_announcement
from rules.assessments import REASON_LENGTH, assessed_fen, clean_reason
from rules.refusals import Refusal
from rules.windows import read_window, window_of

WINDOW = {
    "year": "2027",
    "opens_on": "2027-03-01",
    "closes_on": "2027年7月31日",
    "effective_month": "2027-07",
    "source": "通知〔2027〕1号",
}
ANNOUNCEMENT = {
    "title": "申报开始",
    "text": "第一段\r\n\r\n第二段",
    "shown_from": "2026-06-01",
    "shown_until": "2026-06-30",
}


@pytest.mark.parametrize(
    ("last", "percent", "expected"),
    [(10_000, 110, 11_000), (7_823, 110, 8_605), (5, 110, 6), (4, 110, 4), (1, 110, 1), (100, 100, 100)],
)
def test_the_share_is_rounded_once_half_up(last, percent, expected):
    assert assessed_fen(last, percent) == expected


@given(st.integers(1, 10**14), st.integers(100, 300))
def test_the_share_is_what_decimal_says(last, percent):
    exact = Decimal(last) * percent / 100
    assert assessed_fen(last, percent) == int(exact.quantize(Decimal(1), ROUND_HALF_UP))


@pytest.mark.parametrize(("last", "percent"), [(0, 110), (-1, 110), (100, 99)])
def test_nothing_is_no_ground_for_an_assessment(last, percent):
    with pytest.raises(ValueError):
        assessed_fen(last, percent)


def test_a_reason_is_asked_and_bounded():
    assert clean_reason("  没有申报 ") == "没有申报"
    for wrong, code in (
        (" ", "assessment.no_reason"),
        ("长" * (REASON_LENGTH + 1), "assessment.long_reason"),
    ):
        with pytest.raises(Refusal) as refused:
            clean_reason(wrong)
        assert refused.value.code == code


def test_a_window_survives_its_way_into_a_change_and_back():
    window, source, problems = read_window(WINDOW)
    assert not problems and source == "通知〔2027〕1号"
    assert window is not None and window_of(window.content) == window
    assert window.effective_month == "202707" and window.closes_on.isoformat() == "2027-07-31"


@pytest.mark.parametrize(
    ("changes", "field", "code"),
    [
        ({"year": "27"}, "year", "window.year"),
        ({"closes_on": "2027-02-28"}, "closes_on", "window.days"),
        ({"effective_month": "202612"}, "effective_month", "window.month"),
        ({"source": ""}, "source", "field.required"),
        ({"opens_on": "昨天"}, "opens_on", "field.date"),
    ],
)
def test_a_window_that_cannot_be_is_refused_at_its_field(changes, field, code):
    window, _source, problems = read_window(WINDOW | changes)
    assert window is None and {name: one.code for name, one in problems.items()} == {field: code}


def test_an_announcement_keeps_its_paragraphs():
    content, problems = read_announcement(ANNOUNCEMENT)
    assert not problems
    assert content["text"] == "第一段\n\n第二段"
    assert not content["is_pinned"] and not content["is_public"]


def test_an_announcement_ends_after_it_begins():
    content, problems = read_announcement(ANNOUNCEMENT | {"shown_until": "2026-05-31"})
    assert content == {} and problems["shown_until"].code == "announcement.days"
