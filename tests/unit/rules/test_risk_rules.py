"""What speaks for a closer look: worked examples with their figures, and that order and repetition change nothing."""

from __future__ import annotations

from datetime import date
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.risks import (
    LIMITS,
    Declared,
    Flag,
    Line,
    WageFacts,
    account_flags,
    joining_flags,
    leaving_flags,
    level,
    median_fen,
    most_common,
    price_flags,
    read_limits,
    start_flags,
    wage_flags,
)

# Twenty people between 5,001.37 and 6,901.37 yuan, nobody with a whole thousand.
LAST_YEAR = [500_137 + 10_000 * place for place in range(20)]


def facts(wages: list[int] | None = None, **other: object) -> WageFacts:
    """A unit of twenty whose wages rose by 3 %, unless something else is said."""
    given = [wage * 103 // 100 for wage in LAST_YEAR] if wages is None else wages
    values = {"changed": 0, "silent": 0, "below": 0, "left": 0, "before": LAST_YEAR, **other}
    values.setdefault("declared", [Declared(wage, "") for wage in given])
    return WageFacts(**values)  # type: ignore[arg-type]


def only(found: list[Flag], code: str) -> Flag:
    assert [flag.code for flag in found] == [code]
    return found[0]


def test_a_clean_declaration_has_no_flag():
    assert wage_flags(facts(heads={"310": 20, "410": 20}, fewest="310", peers=[580_000] * 9)) == []
    assert level([]) == 0


@pytest.mark.parametrize(
    ("percent", "severity"), [(119, 0), (120, 1), (80, 1), (81, 0), (140, 2), (60, 2), (160, 3), (39, 3)]
)
def test_a_total_is_held_against_last_year(percent: int, severity: int):
    found = wage_flags(facts([10_000_050 * percent // 100], before=[10_000_050]))
    assert level(found) == severity
    if found:
        change = (percent - 100) * 10
        assert only(found, "risk.total_changed").figures == {
            "before_fen": 10_000_050,
            "now_fen": 10_000_050 * percent // 100,
            "permille": change,
        }


def test_the_median_sees_what_a_total_hides():
    low = [430_111 + place for place in range(19)]
    one_pays_for_all = facts([*low, sum(LAST_YEAR) - sum(low)])
    flag = only(wage_flags(one_pays_for_all), "risk.median_changed")
    assert flag.figures == {"before_fen": 595_137, "now_fen": 430_121, "permille": -277}
    assert flag.severity == 1


def test_a_unit_is_held_against_those_of_its_kind_if_there_are_enough():
    own = [300_001] * 3
    assert wage_flags(facts(own, before=own, peers=[600_000] * 4)) == []
    flag = only(wage_flags(facts(own, before=own, peers=[600_000] * 5)), "risk.below_peers")
    assert (flag.severity, flag.figures["permille"], flag.figures["units"]) == (2, -500, 5)
    high = [3_000_001] * 3
    flag = only(wage_flags(facts(high, before=high, peers=[600_000] * 5)), "risk.above_peers")
    assert flag.severity == 1, "paying more than others is worth knowing, no more"


def test_people_are_told_with_their_share_and_the_way_to_their_rows():
    found = {flag.code: flag for flag in wage_flags(facts(changed=2, silent=1, below=6, left=5))}
    assert found["risk.changed"] == Flag(
        "risk.changed", 2, {"people": 2, "of": 20, "permille": 100}, "changed"
    )
    assert found["risk.silent"] == Flag("risk.silent", 3, {"people": 1}, "silent")
    assert found["risk.below_floor"] == Flag(
        "risk.below_floor", 2, {"people": 6, "of": 20, "permille": 300}, "below"
    )
    assert found["risk.left"] == Flag("risk.left", 2, {"people": 5, "of": 25, "permille": 200}, "left")
    assert next(iter(found)) == "risk.silent", "the gravest first"


def test_patterns_are_seen_in_ten_people_and_not_in_nine():
    odd = LAST_YEAR[:10]
    for same, codes in ((9, []), (10, ["risk.same_wage"])):
        wages = [505_800] * same + odd
        found = wage_flags(facts(wages, before=wages))
        assert [flag.code for flag in found] == codes
    assert found[0].figures == {"people": 10, "of": 20, "permille": 500, "wage_fen": 505_800}
    even = [500_000 + 100_000 * place for place in range(10)]
    assert only(wage_flags(facts(even, before=even)), "risk.round").severity == 2
    assert wage_flags(facts(even[:9], before=even[:9])) == []


def test_one_sentence_for_many_is_told_with_the_sentence():
    declared = [
        Declared(wage, "全员调薪" if place < 12 else f"第 {place} 人") for place, wage in enumerate(LAST_YEAR)
    ]
    flag = only(wage_flags(facts(declared=declared)), "risk.same_note")
    assert flag.figures == {"people": 12, "of": 20, "permille": 600, "note": "全员调薪"}
    assert flag.show == "alike"


def test_heads_of_one_insurance_are_held_against_the_others():
    flag = only(wage_flags(facts(heads={"310": 15, "410": 20, "510": 20}, fewest="310")), "risk.heads")
    assert (flag.severity, flag.figures) == (2, {"insurance": "310", "others": "410", "people": 15, "of": 20})
    assert wage_flags(facts(heads={"310": 20, "410": 15}, fewest="310")) == [], "told with the other filing"
    assert wage_flags(facts(heads={"410": 15}, fewest="410")) == [], "nothing to compare"


@pytest.mark.parametrize(("days", "severity"), [(0, 0), (1, 1), (30, 2), (90, 3)])
def test_late_is_told_in_days(days: int, severity: int):
    found = wage_flags(facts(days_late=days))
    assert level(found) == severity and all(flag.figures == {"days": days} for flag in found)


def test_a_region_sets_its_own_limits():
    limits = read_limits({"few": [3], "same": [900], "unknown": [1], "round": "often", "left": []})
    assert (limits["few"], limits["same"], limits["round"], limits["left"]) == (
        (3,),
        (900,),
        LIMITS["round"],
        LIMITS["left"],
    )
    assert "unknown" not in limits and read_limits(None) == LIMITS
    same = [505_837] * 4
    assert only(wage_flags(facts(same, before=same), limits), "risk.same_wage").severity == 1


def test_joining_flags_say_how_long_ago_and_how_many():
    lines = [Line(days_before=59), Line(60), Line(400, True)]
    found = {flag.code: flag for flag in joining_flags(lines)}
    assert found["risk.backdated"] == Flag("risk.backdated", 3, {"people": 2, "days": 400})
    assert found["risk.over_age"].figures == {"people": 1}
    floor = [Line(0, False, 462_300, 462_300)] * 10
    assert only(joining_flags(floor), "risk.at_floor").figures["floor_fen"] == 462_300
    assert joining_flags([*floor[:9], *[Line(0, False, 700_000, 462_300)] * 9]) == []


def test_leaving_flags_say_how_many_of_how_many():
    assert leaving_flags([Line()] * 9, 20) == []
    flag = only(leaving_flags([Line()] * 10, 20), "risk.many_leave")
    assert (flag.severity, flag.figures) == (3, {"people": 10, "of": 20, "permille": 500})
    assert only(leaving_flags([Line(200)], 500), "risk.left_long_ago").severity == 2


def test_projects_and_accounts():
    assert price_flags(1_000_000, 1_000_001) == [] == price_flags(1_000_000, 950_000)
    assert only(price_flags(1_000_000, 700_000), "risk.price_cut").figures["permille"] == -300
    assert start_flags(date(2026, 6, 18), date(2026, 6, 18)) == []
    assert only(start_flags(date(2026, 6, 1), date(2026, 6, 18)), "risk.started").figures == {"days": 17}
    assert only(account_flags("12345678", "87654321"), "risk.account").figures == {"tail": "4321"}
    assert account_flags("12345678", "12345678") == [] == account_flags("12345678", "")


WAGES = st.lists(st.integers(100, 999_999_999), max_size=60)
ROWS = st.lists(
    st.tuples(st.sampled_from([100_000, 505_800, 777_777, 999_999]), st.sampled_from(["", "调岗", "调薪"]))
)


@given(ROWS, WAGES, WAGES, st.randoms(use_true_random=False))
def test_the_order_of_rows_changes_nothing(rows, before, peers, random):
    def found():
        declared = [Declared(*row) for row in rows]
        return wage_flags(facts(declared=declared, before=list(before), peers=list(peers)))

    first = found()
    for one in (rows, before, peers):
        random.shuffle(one)
    assert found() == first


@given(ROWS, WAGES, WAGES, st.integers(0, 5), st.integers(0, 400))
def test_every_flag_says_whole_numbers_and_a_severity(rows, before, peers, left, days):
    declared = [Declared(*row) for row in rows]
    flags = wage_flags(
        facts(
            declared=declared, before=before, peers=peers, left=left, days_late=days, changed=len(rows) // 2
        )
    )
    assert all(1 <= flag.severity <= 3 for flag in flags)
    assert all(type(value) in (int, str) for flag in flags for value in flag.figures.values())
    assert level(flags) == max((flag.severity for flag in flags), default=0)
    for flag in flags:
        if "of" in flag.figures and "permille" in flag.figures:
            exact = Fraction(int(flag.figures["people"]) * 1000, int(flag.figures["of"]))
            assert abs(int(flag.figures["permille"]) - exact) <= Fraction(1, 2)


@given(WAGES)
def test_half_of_the_wages_lie_on_each_side_of_the_median(wages):
    middle = median_fen(wages)
    if not wages:
        assert middle is None
    else:
        assert middle is not None
        assert 2 * sum(wage < middle for wage in wages) <= len(wages)
        # Between two middle ones it may be rounded up by half a fen, so that all that is above is at most half.
        assert 2 * sum(wage > middle for wage in wages) <= len(wages)


def test_the_smallest_of_equally_common_values_is_told():
    assert most_common([3, 1, 3, 1, 2]) == (1, 2)
    assert most_common([]) == (None, 0)
