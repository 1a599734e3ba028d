"""The arithmetic of a levy: the manual's example and its trap, hand-made tables, and what must hold for any wages."""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.amounts import levy_amount_fen
from rules.levies import (
    Part,
    Rate,
    add_up,
    by_hand_fen,
    due_date,
    late_days,
    late_fee_fen,
    late_fee_of,
    month_before,
    month_parts,
    past_part,
)
from rules.wages import Bounds, contribution_base

VECTORS = json.loads((Path(__file__).parent / "vectors.json").read_text("utf-8"))["amount"]
INJURY = Rate(Decimal("0.0023"), Decimal(0))
MEDICAL = Rate(Decimal("0.075"), Decimal("0.02"))
BOUNDS = Bounds("310", 462_300, 2_311_500, 770_500, 100)
LATE = Decimal("0.0005")

wages = st.integers(0, 999_999_999)
rates = st.decimals("0", "0.5", places=6).map(lambda rate: Rate(rate, rate / 4))


@st.composite
def bounds(draw) -> Bounds:
    floor = draw(st.integers(0, 5_000_000))
    cap = draw(st.integers(floor, 9_000_000))
    return Bounds("310", floor, cap, 0, draw(st.sampled_from((1, 10, 100))))


def named(*given) -> list[Part]:
    return [Part._make(row) for row in month_parts(*given)]


def people(found: dict[int, int]) -> list[tuple[int, int, int | None]]:
    return [(person, wage, None) for person, wage in found.items()]


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector["rate"])
def test_the_manuals_example_and_its_misprint(vector):
    bases = [base * 100 for base in vector["bases"]]
    parts = [Part(place, base, base, 0, "none", 0, None) for place, base in enumerate(bases)]
    rate = Rate(Decimal(vector["rate"]), Decimal(0))
    item = add_up("normal", "202606", rate, parts)
    assert item.employer_fen == int(Decimal(vector["half_up"]) * 100)
    if "per_person_sum" in vector:
        assert by_hand_fen(bases, rate.employer) == int(Decimal(vector["per_person_sum"]) * 100)


@pytest.mark.parametrize(
    ("wage", "months", "base", "adjustment", "share"),
    [
        (462_299, 1, 462_300, "floor", 9_246),
        (462_300, 1, 462_300, "none", 9_246),
        (600_050, 1, 600_100, "none", 12_002),
        (600_049, 1, 600_000, "none", 12_000),
        (2_311_500, 1, 2_311_500, "none", 46_230),
        (2_311_501, 1, 2_311_500, "cap", 46_230),
        (7_200_600, 12, 600_100, "none", 12_002),
        (0, 12, 462_300, "floor", 9_246),
    ],
)
def test_one_persons_month(wage, months, base, adjustment, share):
    (part,) = named([(7, wage, 3)], months, BOUNDS, MEDICAL)
    assert part == Part(7, wage, base, 0, adjustment, share, 3)


@pytest.mark.parametrize(
    ("wage", "levied", "found"),
    [
        (600_000, 600_000, None),
        (None, 0, None),
        (600_000, 0, ("arrears", 600_000, 12_000)),
        (650_000, 600_000, ("difference", 50_000, 1_000)),
        (600_000, 650_000, ("refund", -50_000, -1_000)),
        (None, 600_000, ("refund", -600_000, -12_000)),
    ],
)
def test_what_a_past_month_lacks(wage, levied, found):
    lacking = past_part(7, wage, 1, BOUNDS, MEDICAL, levied_fen=levied, filing_id=4)
    if found is None:
        assert lacking is None
    else:
        kind, part = lacking
        assert (kind, part.base_fen, part.employee_fen) == found
        assert (part.before_fen, part.filing_id) == (levied, 4)


def test_a_share_that_is_rounded_once_for_all():
    parts = month_parts(
        [(1, 602_500, None), (2, 602_500, None)], 1, BOUNDS, Rate(Decimal("0.01"), Decimal("0.000001"))
    )
    one_by_one = add_up("normal", "202606", Rate(Decimal("0.01"), Decimal("0.000001")), parts)
    at_once = add_up(
        "normal", "202606", Rate(Decimal("0.01"), Decimal("0.000001")), parts, share_by_person=False
    )
    assert (one_by_one.employee_fen, at_once.employee_fen) == (2, 1)
    assert one_by_one.employer_fen == at_once.employer_fen


@given(st.dictionaries(st.integers(1, 10**6), wages, max_size=30), bounds(), rates, st.sampled_from((1, 12)))
def test_the_sum_of_the_details_is_the_total(found, limits, rate, months):
    parts = named(people(found), months, limits, rate)
    item = add_up("normal", "202606", rate, parts)
    assert item.base_total_fen == sum(part.base_fen for part in item.parts)
    assert item.employee_fen == sum(part.employee_fen for part in item.parts)
    assert item.employer_fen == levy_amount_fen(item.base_total_fen, rate.employer)
    assert item.total_fen == item.employer_fen + item.employee_fen
    assert {type(one) for part in parts for one in part if not isinstance(one, str)} <= {int, type(None)}
    assert (
        abs(by_hand_fen([part.base_fen for part in parts], rate.employer) - item.employer_fen)
        <= len(parts) / 2 + 1
    )


@given(st.dictionaries(st.integers(1, 10**6), wages, max_size=12), rates, st.randoms(use_true_random=False))
def test_the_order_of_people_does_not_matter(found, rate, random):
    parts = named(people(found), 1, BOUNDS, rate)
    mixed = list(parts)
    random.shuffle(mixed)
    assert add_up("normal", "202606", rate, mixed) == add_up("normal", "202606", rate, parts)


@given(wages, bounds(), rates, st.sampled_from((1, 11, 12)))
def test_the_quick_way_is_the_rules_own(wage, limits, rate, months):
    (part,) = named([(1, wage, None)], months, limits, rate)
    base = contribution_base(wage, months, limits)
    assert (part.base_fen, part.adjustment) == (base.base_fen, base.adjustment)
    assert part.employee_fen == levy_amount_fen(base.base_fen, rate.employee)
    step = limits.rounding_fen
    assert limits.floor_fen - step < part.base_fen < limits.cap_fen + step
    if limits.floor_fen % step == limits.cap_fen % step == 0:
        assert limits.floor_fen <= part.base_fen <= limits.cap_fen


@given(st.one_of(st.none(), wages), st.integers(0, 10**7), bounds())
def test_after_the_lacking_part_nothing_lacks(wage, levied, limits):
    lacking = past_part(1, wage, 1, limits, MEDICAL, levied_fen=levied, filing_id=None)
    if lacking is not None:
        levied += lacking[1].base_fen
    assert past_part(1, wage, 1, limits, MEDICAL, levied_fen=levied, filing_id=None) is None


def test_what_lateness_costs():
    due = date(2026, 6, 25)
    assert late_days(due, due) == 0
    assert late_days(due, date(2026, 6, 26)) == 1
    assert late_fee_fen(358_965, 10, LATE) == 1_795
    assert late_fee_fen(-358_965, 10, LATE) == 0
    with pytest.raises(TypeError):
        late_fee_fen(358_965, 10, 0.0005)  # type: ignore[arg-type]
    # 10 days on everything, 5 more on the half that was still open.
    half = [(date(2026, 7, 5), 100_000)]
    assert (
        late_fee_of(200_000, half, due, date(2026, 7, 10), LATE) == 200_000 * 10 // 2000 + 100_000 * 5 // 2000
    )
    assert late_fee_of(200_000, [(date(2026, 6, 20), 200_000)], due, date(2026, 9, 1), LATE) == 0


@given(st.lists(st.tuples(st.dates(date(2026, 6, 1), date(2026, 8, 1)), st.integers(1, 50_000)), max_size=5))
def test_paying_earlier_never_costs_more(payments):
    due, today = date(2026, 6, 25), date(2026, 8, 2)
    fee = late_fee_of(100_000, payments, due, today, LATE)
    assert 0 <= fee <= late_fee_of(100_000, [], due, today, LATE)
    assert (
        late_fee_of(
            100_000, [(day.replace(month=6, day=1), sum_) for day, sum_ in payments], due, today, LATE
        )
        <= fee
    )


@pytest.mark.parametrize(
    ("month", "day", "due"),
    [("202606", 25, date(2026, 6, 25)), ("202602", 31, date(2026, 2, 28)), ("202402", 30, date(2024, 2, 29))],
)
def test_the_last_day_to_pay(month, day, due):
    assert due_date(month, day) == due


def test_months_before():
    assert month_before("202601") == "202512"
    assert month_before("202601", 13) == "202412"
    assert month_before("202512", -1) == "202601"
