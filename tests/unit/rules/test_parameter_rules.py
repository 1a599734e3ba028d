"""A change of parameters: what is read, when it may begin, and what looks odd about it."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.parameters import (
    BOUNDS,
    CLASS_MILLIONTHS,
    DUE_DAY,
    KINDS,
    LATE_FEE,
    REGION_RATE,
    RETIREMENT,
    STEPS,
    UNIT_RATE,
    as_form,
    check_start,
    fraction_of,
    list_oddities,
    millionths,
    percent_text,
    read_change,
)
from rules.refusals import Refusal

COMMON = {"valid_from": "2026-07-01", "source": "示例〔2026〕1号"}
PUBLISHED = {"insurance": "410", "average": "7705", "floor": "4623", "cap": "23115", "rounding": "yuan"}
RATE = {"insurance": "310", "employer": "7.5", "employee": "2"}


def read(kind, **typed):
    entry, problems = read_change(KINDS[kind], COMMON | typed)
    assert not problems, problems
    return entry


def refused(kind, **typed):
    entry, problems = read_change(KINDS[kind], COMMON | typed)
    assert entry is None
    return {name: one.code for name, one in problems.items()}


def test_published_bounds_are_read_in_fen():
    entry = read(BOUNDS, **PUBLISHED)
    assert entry.content == {"average": 770_500, "floor": 462_300, "cap": 2_311_500, "rounding": "yuan"}
    assert (entry.insurance, entry.valid_from, entry.source) == ("410", date(2026, 7, 1), "示例〔2026〕1号")


@pytest.mark.parametrize(
    ("typed", "fraction"),
    [
        ("0.23", "0.0023"),
        ("0.23%", "0.0023"),
        ("０．２３％", "0.0023"),
        ("7.5", "0.075"),
        ("0.0001", "0.000001"),
        ("100", "1"),
        ("0", "0"),
    ],
)
def test_a_rate_is_typed_as_a_percentage_and_kept_as_a_fraction(typed, fraction):
    assert read(REGION_RATE, **RATE | {"employer": typed}).content["employer"] == fraction


@pytest.mark.parametrize("typed", ["", "-1", "100.1", "0.00001", "1e2", "二", "²", "0,23", "0.23%%", "101"])
def test_what_is_no_percentage_is_refused_in_its_field(typed):
    assert set(refused(REGION_RATE, **RATE | {"employer": typed})) == {"employer"}


def test_the_manuals_misprint_is_a_rate_ten_times_as_high_and_fits_no_class():
    entry = read(UNIT_RATE, unit_no="1", **RATE | {"insurance": "410", "employer": "2.3", "employee": "0"})
    assert entry.content["employer"] == "0.023"
    assert [one.code for one in list_oddities(KINDS[UNIT_RATE], "410", entry.content)] == [
        "parameter.odd_class"
    ]


@pytest.mark.parametrize("day", ["2026-07-02", "2026-07-31", "2026-06-18"])
def test_a_change_begins_on_the_first_of_a_month(day):
    assert refused(BOUNDS, **PUBLISHED | {"valid_from": day}) == {"valid_from": "parameter.not_first_day"}


def test_bounds_must_be_bounds():
    assert refused(BOUNDS, **PUBLISHED | {"floor": "30000"}) == {"floor": "parameter.floor_above_cap"}
    assert refused(BOUNDS, **PUBLISHED | {"floor": "0"}) == {"floor": "parameter.zero"}


@pytest.mark.parametrize(("day", "code"), [("0", "parameter.number"), ("32", "parameter.number")])
def test_the_due_day_is_a_day_of_a_month(day, code):
    assert refused(DUE_DAY, value=day) == {"value": code}
    assert read(DUE_DAY, value="31").content == {"value": 31}


def test_a_late_fee_is_decimal_text_and_ages_are_years():
    assert read(LATE_FEE, value="0.05").content == {"value": "0.0005"}
    assert read(RETIREMENT, male="63", female="55").content == {"male": 63, "female": 55}
    assert refused(RETIREMENT, male="6", female="55") == {"male": "parameter.age"}


def start(day="2026-07-01", today="2026-06-18", last=None, later=None):
    days = [None if one is None else date.fromisoformat(one) for one in (day, today, later)]
    check_start(days[0], days[1], last, days[2])


def test_the_future_that_nobody_levied_may_be_changed():
    start()
    start(last="202606")
    start(today="2026-07-01")


@pytest.mark.parametrize(
    ("given_", "code"),
    [
        ({"today": "2026-07-02"}, "parameter.past"),
        ({"day": "2026-06-01"}, "parameter.past"),
        ({"last": "202607"}, "parameter.levied"),
        ({"last": "202701"}, "parameter.levied"),
        ({"later": "2026-07-01"}, "parameter.later_row"),
        ({"later": "2027-01-01"}, "parameter.later_row"),
    ],
)
def test_the_past_and_the_levied_are_not_changed(given_, code):
    with pytest.raises(Refusal) as caught:
        start(**given_)
    assert caught.value.code == code


def odd(kind, insurance, **content):
    return [one.code for one in list_oddities(KINDS[kind], insurance, content)]


def test_bounds_off_the_average_are_odd_and_rounded_ones_are_not():
    # 7563 × 60 % = 4537.80 is published as 4538.
    assert odd(BOUNDS, "410", average=756_300, floor=453_800, cap=2_268_900) == []
    # 内蒙古 医保: 80 % of the average is published as the floor.
    assert odd(BOUNDS, "310", average=843_000, floor=674_400, cap=2_529_000) == ["parameter.odd_floor"]
    assert odd(BOUNDS, "410", average=843_000, floor=505_800, cap=2_529_100) == ["parameter.odd_cap"]


def rate(employer, industry_class="", floating="", employee="0"):
    return {
        "employer": employer,
        "employee": employee,
        "industry_class": industry_class,
        "floating": floating,
    }


@pytest.mark.parametrize(
    "content",
    [
        rate("0.002", "1", "100"),
        rate("0.003", "1", "150"),
        rate("0.0045", "4", "50"),
        rate("0.0285", "8", "150"),
        rate("0.0032", "2", "80"),
        rate("0.0135"),
        rate("0.009", "4"),
    ],
)
def test_the_rates_of_the_classes_and_steps_are_not_odd(content):
    assert odd(UNIT_RATE, "410", **content) == []


@pytest.mark.parametrize(
    "content",
    [
        rate("0.0023"),
        rate("0.0023", "1", "120"),
        rate("0.001", "1", "50"),
        rate("0.009", "4", "80"),
        rate("0"),
    ],
)
def test_other_rates_are_odd_and_no_more(content):
    assert odd(UNIT_RATE, "410", **content) == ["parameter.odd_class"]
    assert odd(UNIT_RATE, "310", **content) == []


def test_a_fraction_typed_as_a_percentage_is_odd():
    entry = read(REGION_RATE, **RATE | {"employer": "0.0023"})
    assert entry.content["employer"] == "0.000023"
    assert odd(REGION_RATE, "310", **entry.content) == ["parameter.odd_tiny"]
    assert odd(LATE_FEE, "", value="0.0002") == []


def test_every_class_and_step_gives_whole_millionths():
    assert all(one * step % 100 == 0 for one in CLASS_MILLIONTHS for step in STEPS)


@given(st.integers(0, 1_000_000))
def test_a_rate_survives_the_form(number):
    fraction = fraction_of(number)
    assert millionths(fraction) == number
    assert Decimal(fraction) * 1_000_000 == number
    typed = as_form(KINDS[REGION_RATE], {"employer": fraction, "employee": fraction})
    entry = read(REGION_RATE, insurance="310", **typed)
    assert entry.content == {"employer": fraction, "employee": fraction}
    assert percent_text(fraction) == typed["employer"] + "%"
