"""The parts of a difference between two months add up to it, whoever came, left or was moved by whatever bound."""

from __future__ import annotations

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from rules.levies import Item, Rate, add_up, month_parts, past_part
from rules.levy_reasons import REASONS, Reason, Side, find_reasons
from rules.wages import Bounds

FLOOR, CAP = 505_800, 2_529_000
BOUNDS = Bounds("410", FLOOR, CAP, 843_000, 100)
INJURY = Rate(Decimal("0.0023"), Decimal(0))
MEDICAL = Rate(Decimal("0.08"), Decimal("0.02"))


def month(
    wages: dict[int, int], rate: Rate = INJURY, bounds: Bounds = BOUNDS, *, by_person: bool = True
) -> tuple[Item, ...]:
    """The month itself, of people with these monthly wages in fen."""
    parts = month_parts([(one, wage, one * 10) for one, wage in wages.items()], 1, bounds, rate)
    return (add_up("normal", "202607", rate, parts, share_by_person=by_person),) if parts else ()


def side(items: tuple[Item, ...], bounds: Bounds = BOUNDS, *, by_person: bool = True) -> Side:
    return Side(items, bounds, by_person)


def total(items: tuple[Item, ...]) -> int:
    return sum(item.total_fen for item in items)


def by_code(reasons: list[Reason]) -> dict[str, Reason]:
    assert [one.code for one in reasons] == [
        code for code, _word in REASONS if code in {r.code for r in reasons}
    ]
    return {one.code: one for one in reasons}


def test_the_same_month_again_has_no_reason():
    items = month({1: 680_300, 2: 100_000})
    assert find_reasons(side(items), side(items), 1) == []


def test_who_left_and_who_came_by_hand():
    # 5 × 6803 = 34,015 × 0.0023 = 78.2345 → 78.23; 4 × 6803 = 27,212 × 0.0023 = 62.5876 → 62.59;
    # 27,212 + 6,000 = 33,212 × 0.0023 = 76.3876 → 76.39.
    before = month(dict.fromkeys(range(1, 6), 680_300))
    after = month({**dict.fromkeys(range(2, 6), 680_300), 9: 600_000})
    found = by_code(find_reasons(side(before), side(after), 1))
    assert set(found) == {"left", "joined"}
    assert (found["left"].amount_fen, found["left"].base_fen) == (6_259 - 7_823, -680_300)
    assert (found["joined"].amount_fen, found["joined"].changes) == (7_639 - 6_259, ((9, 0, 600_000, 90),))


def test_a_higher_floor_moves_who_is_below_it_and_nobody_else():
    lower = Bounds("410", 450_000, CAP, 750_000, 100)
    wages = {1: 400_000, 2: 480_000, 3: 700_000}
    reasons = find_reasons(side(month(wages, bounds=lower), lower), side(month(wages)), 1)
    found = by_code(reasons)
    assert list(found) == ["floor"]
    assert [(one.person_id, one.before_fen, one.after_fen) for one in found["floor"].changes] == [
        (1, 450_000, FLOOR),
        (2, 480_000, FLOOR),
    ]


def test_a_new_wage_and_a_new_cap_of_one_person_are_two_reasons():
    lower = Bounds("410", FLOOR, 2_000_000, 700_000, 100)
    before, after = month({1: 1_000_000}, bounds=lower), month({1: 2_200_000})
    found = by_code(find_reasons(side(before, lower), side(after), 1))
    assert found["wage"].changes == ((1, 1_000_000, 2_000_000, 10),)
    assert found["cap"].changes == ((1, 2_000_000, 2_200_000, 10),)


def test_a_coarser_rounding_is_said_as_such():
    exact = Bounds("410", FLOOR, CAP, 843_000, 1)
    found = by_code(
        find_reasons(side(month({1: 680_350}, bounds=exact), exact), side(month({1: 680_350})), 1)
    )
    assert found["rounding"].base_fen == 50


def test_a_rate_and_the_way_shares_are_rounded():
    wages = {1: 680_333, 2: 680_333, 3: 680_333}
    exact = Bounds("310", FLOOR, CAP, 843_000, 1)
    before = month(wages, MEDICAL, exact)
    dearer = Rate(Decimal("0.09"), Decimal("0.02"))
    found = by_code(
        find_reasons(
            side(before, exact), side(month(wages, dearer, exact, by_person=False), exact, by_person=False), 1
        )
    )
    assert list(found) == ["rate"]


def test_past_months_come_once():
    lacking = past_part(7, 600_000, 1, BOUNDS, INJURY, levied_fen=0, filing_id=3)
    back = past_part(8, None, 1, BOUNDS, INJURY, levied_fen=600_000, filing_id=4)
    assert lacking and back
    arrears, refund = (
        add_up("arrears", "202606", INJURY, [lacking[1]]),
        add_up("refund", "202606", INJURY, [back[1]]),
    )
    same = month({1: 680_300})
    found = by_code(find_reasons(side((*same, refund)), side((*same, arrears)), 1))
    assert (found["arrears"].amount_fen, found["arrears"].base_fen) == (1_380, 600_000)
    assert (found["once"].amount_fen, found["once"].base_fen) == (1_380, 600_000)


@st.composite
def sides(draw: st.DrawFn) -> Side:
    floor = draw(st.integers(300_000, 600_000))
    step = draw(st.sampled_from((1, 10, 100)))
    bounds = Bounds("310", floor, draw(st.integers(floor, 2_600_000)), floor, step)
    rate = Rate(
        Decimal(draw(st.integers(0, 90_000))).scaleb(-6),
        Decimal(draw(st.sampled_from((0, 20_000, 3_333)))).scaleb(-6),
    )
    by_person = draw(st.booleans())
    wages = draw(st.dictionaries(st.integers(1, 12), st.integers(0, 3_000_000), max_size=8))
    items = list(month(wages, rate, bounds, by_person=by_person))
    for kind, wage, levied in (
        ("arrears", 700_000, 0),
        ("difference", 700_000, 1),
        ("refund", None, 700_000),
    ):
        found = past_part(3, wage, 1, bounds, rate, levied_fen=levied, filing_id=1)
        if draw(st.booleans()) and found:
            items.append(add_up(kind, "202606", rate, [found[1]], share_by_person=by_person))  # type: ignore[arg-type]
    return Side(tuple(items), bounds, by_person)


@given(sides(), sides())
def test_the_parts_add_up_to_the_whole_difference(before: Side, after: Side):
    reasons = find_reasons(before, after, 1)
    assert sum(one.amount_fen for one in reasons) == total(after.items) - total(before.items)
    moved = sum(item.base_total_fen for item in after.items) - sum(
        item.base_total_fen for item in before.items
    )
    assert sum(one.base_fen for one in reasons) == moved
    assert all(one.changes or one.code == "rate" for one in reasons)
