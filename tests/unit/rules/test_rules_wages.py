"""Typed wages, contribution bases and summaries hold against the manual and against exact models."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from rules.money import yuan_text
from rules.refusals import Refusal
from rules.wages import (
    MAX_WAGE_FEN,
    Adjusted,
    Base,
    Bounds,
    change_permille,
    contribution_base,
    is_declared,
    needs_explanation,
    parse_wage,
    summarise,
)

# 内蒙古 2026, 工伤: 5058 to 25290 yuan a month; the average is 8430.
INJURY = Bounds("410", 505_800, 2_529_000, 843_000, 100)

wages = st.integers(0, MAX_WAGE_FEN)
months_worked = st.integers(1, 12)


@st.composite
def bounds(draw: st.DrawFn) -> Bounds:
    floor = draw(st.integers(0, 3_000_000))
    cap = floor + draw(st.integers(0, 10_000_000))
    return Bounds("410", floor, cap, floor, draw(st.sampled_from([1, 10, 100, 1000])))


@pytest.mark.parametrize(
    ("text", "fen"),
    [
        ("", None),
        ("   ", None),
        ("\u00a0\u3000\ufeff ", None),
        ("0", 0),
        ("0.99", 99),
        ("5000", 500_000),
        ("5000.5", 500_050),
        ("5000.05", 500_005),
        ("007", 700),
        (" 5000\u00a0", 500_000),
        ("\u3000５０００．５", 500_050),
        ("1,234,567.89", 123_456_789),
        ("１，２３４", 123_400),
        ("￥5000", 500_000),
        ("¥ 5,000.00 元", 500_000),
        ("5000 元", 500_000),
        ("\u202d5000\u202c", 500_000),
        ("9999999.99", MAX_WAGE_FEN),
    ],
)
def test_wages_that_are_understood(text: str, fen: int | None) -> None:
    assert parse_wage(text) == fen


@pytest.mark.parametrize(
    ("text", "code", "suggestion"),
    [
        ("NaN", "wage.not_a_number", None),
        ("1_000", "wage.not_a_number", None),
        ("٥٠٠٠", "wage.not_a_number", None),
        ("5000²", "wage.not_a_number", None),
        ("①", "wage.not_a_number", None),
        ("½", "wage.not_a_number", None),
        ("五", "wage.not_a_number", None),
        ("元", "wage.not_a_number", None),
        ("5000\n6000", "wage.not_a_number", None),
        ("+5000", "wage.not_a_number", "5000.00"),
        ("5000.", "wage.not_a_number", "5000.00"),
        (".5", "wage.not_a_number", "0.50"),
        ("0000005000", "wage.not_a_number", "5000.00"),
        ("1e5", "wage.scientific", "100000.00"),
        ("1.50102E+17", "wage.scientific", None),
        ("1e-5", "wage.scientific", None),
        ("-1e3", "wage.scientific", None),
        ("1e999999999", "wage.scientific", None),
        ("5千", "wage.unit_word", "5000.00"),
        ("5 千", "wage.unit_word", "5000.00"),
        ("1.2万", "wage.unit_word", "12000.00"),
        ("5千元", "wage.unit_word", "5000.00"),
        ("5k", "wage.unit_word", "5000.00"),
        ("5万万", "wage.unit_word", None),
        ("五千", "wage.unit_word", None),
        ("9亿", "wage.unit_word", None),
        ("=A1", "wage.formula", None),
        ("=5000", "wage.formula", None),
        ("＝A1", "wage.formula", None),
        ("@A1", "wage.formula", None),
        ("+A1", "wage.formula", None),
        ("-A1", "wage.formula", None),
        ("-5000", "wage.negative", None),
        ("\u22125000", "wage.negative", None),
        ("－５０００", "wage.negative", None),
        ("(5000)", "wage.negative", None),
        ("7865.505", "wage.decimals", "7865.51"),
        ("7865.504", "wage.decimals", "7865.50"),
        ("5000.000", "wage.decimals", "5000.00"),
        ("64038.299999999996", "wage.decimals", "64038.30"),
        ("9999999.999", "wage.decimals", None),
        ("10000000", "wage.too_large", None),
        ("99999999999999999999", "wage.too_large", None),
        ("1,2,3", "wage.separators", None),
        ("12,34", "wage.separators", None),
        ("0,123", "wage.separators", None),
        ("5,0000", "wage.separators", "50000.00"),
        ("1 234.50", "wage.separators", "1234.50"),
    ],
)
def test_wages_that_are_refused(text: str, code: str, suggestion: str | None) -> None:
    with pytest.raises(Refusal) as caught:
        parse_wage(text)
    refusal = caught.value
    assert (refusal.code, refusal.params["suggestion"]) == (code, suggestion)
    assert refusal.field == "wage"
    assert refusal.params["value"] == text


def test_a_long_text_is_cut_in_the_refusal() -> None:
    with pytest.raises(Refusal) as caught:
        parse_wage("工" * 100)
    assert caught.value.params["value"] == "工" * 40


@given(wages, st.booleans())
def test_what_is_written_is_read_again(fen: int, grouped: bool) -> None:
    assert parse_wage(yuan_text(fen, grouped=grouped)) == fen


money_like = st.text("0123456789.,-+eE ￥¥元千万=()_５．，\u00a0\u3000\u200b", max_size=20)


@given(st.one_of(st.text(st.characters(codec=None)), money_like))
def test_any_text_is_a_wage_or_a_refusal(text: str) -> None:
    try:
        fen = parse_wage(text)
    except Refusal as refusal:
        suggestion = refusal.params["suggestion"]
        if suggestion is not None:
            assert isinstance(suggestion, str)
            assert parse_wage(suggestion) is not None
    else:
        assert fen is None or 0 <= fen <= MAX_WAGE_FEN


@pytest.mark.parametrize(
    ("wage_fen", "months", "base"),
    [
        (505_799, 1, Base(505_800, "floor")),
        (505_800, 1, Base(505_800, "none")),
        (2_529_000, 1, Base(2_529_000, "none")),
        (2_529_001, 1, Base(2_529_000, "cap")),
        (680_349, 1, Base(680_300, "none")),
        (680_350, 1, Base(680_400, "none")),
        (6_403_830, 12, Base(533_700, "none")),  # 64038.30 a year is 5336.525 a month
        (6_069_599, 12, Base(505_800, "floor")),  # one fen a year below the floor
        (6_069_600, 12, Base(505_800, "none")),
        (0, 12, Base(505_800, "floor")),
    ],
)
def test_contribution_base(wage_fen: int, months: int, base: Base) -> None:
    assert contribution_base(wage_fen, months, INJURY) == base


def test_a_published_floor_with_a_fraction_becomes_whole_yuan() -> None:
    # 7563 × 60 % = 4537.8, published as 4538.
    assert contribution_base(100, 1, Bounds("410", 453_780, 2_268_900, 756_300, 100)).base_fen == 453_800


@given(wages, months_worked, bounds())
def test_contribution_base_is_the_exact_model(wage_fen: int, months: int, limits: Bounds) -> None:
    raw = Fraction(wage_fen, months)
    clamped = min(max(raw, Fraction(limits.floor_fen)), Fraction(limits.cap_fen))
    # Exact ties survive in Decimal only when the quotient ends, so the model rounds the doubled integer part.
    steps = clamped / limits.rounding_fen
    whole = steps.numerator // steps.denominator
    expected = (whole + (1 if steps - whole >= Fraction(1, 2) else 0)) * limits.rounding_fen
    base = contribution_base(wage_fen, months, limits)
    assert base.base_fen == expected
    assert base.adjustment == (
        "floor" if raw < limits.floor_fen else "cap" if raw > limits.cap_fen else "none"
    )


@given(wages)
def test_monthly_base_agrees_with_decimal(wage_fen: int) -> None:
    yuan = min(max(Decimal(wage_fen) / 100, Decimal(5058)), Decimal(25290))
    expected = int(yuan.quantize(Decimal(1), ROUND_HALF_UP)) * 100
    assert contribution_base(wage_fen, 1, INJURY).base_fen == expected


@given(wages, wages, months_worked, bounds())
def test_more_wage_never_means_a_smaller_base(one: int, other: int, months: int, limits: Bounds) -> None:
    low, high = sorted((one, other))
    assert contribution_base(low, months, limits).base_fen <= contribution_base(high, months, limits).base_fen


@pytest.mark.parametrize(("wage_fen", "months"), [(100, 0), (100, -1), (-1, 1)])
def test_impossible_arguments_are_errors(wage_fen: int, months: int) -> None:
    with pytest.raises(ValueError, match="months"):
        contribution_base(wage_fen, months, INJURY)


def test_bounds_the_wrong_way_round_are_errors() -> None:
    with pytest.raises(ValueError, match="floor"):
        Bounds("410", 2, 1, 1, 100)
    with pytest.raises(ValueError, match="rounding"):
        Bounds("410", 1, 2, 1, 0)


def test_less_than_one_yuan_is_not_declared() -> None:
    assert not is_declared(0)
    assert not is_declared(99)
    assert is_declared(100)


@pytest.mark.parametrize(
    ("old", "new", "permille", "explain"),
    [
        (None, 500_000, None, False),
        (0, 500_000, None, False),
        (500_000, 500_000, 0, False),
        (500_000, 650_000, 300, False),
        (500_000, 650_001, 300, True),
        (500_000, 350_000, -300, False),
        (500_000, 349_999, -300, True),
        (2000, 2001, 1, False),  # half a permille goes away from zero
        (2000, 1999, -1, False),
        (300, 100, -667, True),
    ],
)
def test_changes(old: int | None, new: int, permille: int | None, explain: bool) -> None:
    assert change_permille(old, new) == permille
    assert needs_explanation(old, new) is explain


def test_summary_of_a_small_unit() -> None:
    rows = [
        (None, None),
        (6_000_000, None),
        (6_000_000, 50),  # not declared this time
        (6_000_000, 6_000_001),  # below the floor
        (7_000_000, 6_069_600),  # exactly the floor
        (8_000_000, 30_348_000),  # exactly the cap
        (9_000_000, 40_000_000),  # above the cap
    ]
    summary = summarise(rows, 12, INJURY)
    assert (summary.people, summary.entered, summary.excluded, summary.not_entered) == (7, 4, 1, 3)
    assert summary.wage_total_fen == 6_000_001 + 6_069_600 + 30_348_000 + 40_000_000
    assert summary.old_total_fen == 42_000_000
    assert summary.base_total_fen == 2 * 505_800 + 2 * 2_529_000
    assert summary.below == Adjusted(1, 500_000, 505_800)
    assert summary.above == Adjusted(1, 3_333_333, 2_529_000)
    assert [one.count for one in summary.bins] == [1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1]
    assert [one.kind for one in summary.bins] == ["below", *["within"] * 10, "above"]
    assert (summary.bins[0].from_fen, summary.bins[0].to_fen) == (0, 505_800)
    assert (summary.bins[1].from_fen, summary.bins[1].to_fen) == (505_800, 708_120)
    assert (summary.bins[-1].from_fen, summary.bins[-1].to_fen) == (2_529_000, None)


def test_summary_rounds_a_tie_up_and_a_bin_begins_at_its_edge() -> None:
    assert summarise([(None, 680_350)], 1, INJURY).base_total_fen == 680_400
    on_the_edge = summarise([(None, 708_120)], 1, INJURY)
    assert [one.count for one in on_the_edge.bins] == [0, 0, 1, *[0] * 9]


def test_summary_rounds_the_total_before_adjustment_once() -> None:
    # Each is 83.5 fen a month, together 167: rounding each person would give 168.
    summary = summarise([(None, 1002), (None, 1002)], 12, INJURY)
    assert summary.below == Adjusted(2, 167, 2 * 505_800)
    assert summarise([(None, 1002)], 12, INJURY).below.before_fen == 84


rows_of_people = st.lists(
    st.tuples(st.one_of(st.none(), wages), st.one_of(st.none(), wages, st.integers(0, 5_000_000))),
    max_size=40,
)


@given(rows_of_people, months_worked, bounds())
def test_summary_agrees_with_one_person_at_a_time(
    rows: list[tuple[int | None, int | None]], months: int, limits: Bounds
) -> None:
    assume(limits.floor_fen < limits.cap_fen)
    summary = summarise(rows, months, limits)
    declared = [wage for _, wage in rows if wage is not None and is_declared(wage)]
    bases = [contribution_base(wage, months, limits) for wage in declared]
    assert summary.entered == len(declared)
    assert summary.excluded == sum(1 for _, wage in rows if wage is not None and not is_declared(wage))
    assert summary.base_total_fen == sum(base.base_fen for base in bases)
    assert summary.below.count == sum(base.adjustment == "floor" for base in bases)
    assert summary.above.count == sum(base.adjustment == "cap" for base in bases)
    assert summary.above.after_fen == sum(base.base_fen for base in bases if base.adjustment == "cap")
    for one in summary.bins[1:-2]:
        assert one.to_fen is not None
        inside = sum(one.from_fen * months <= wage < one.to_fen * months for wage in declared)
        assert one.count == inside
    assert sum(one.count for one in summary.bins) == len(declared)
