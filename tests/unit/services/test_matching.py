"""Whom a line means: number, then ID number, then a name that nobody else has; the rest is asked."""

from __future__ import annotations

import pytest

from rules.wages import Bounds
from services.line_check import Bands, LineCheck, join_cells, split_cells
from services.matching import Roster, is_same_id, plain_name
from services.repairs import Repair

ZHANG, LI, WU, WU_TOO = 1, 2, 3, 4
PEOPLE = [
    # id, version, person_no, name, old, held, id_number, insurances
    (ZHANG, 1, "0010001", "张三", 6_000_000, None, "150102199003071237", "310 410 510"),
    (LI, 1, "0010002", "李·四", 6_000_000, 6_000_000, "11010519491231002X", "310 410 510"),
    (WU, 1, "0010003", "乌云", 6_000_000, None, "440524188001010014", "310"),
    (WU_TOO, 1, "0010004", "乌云", None, None, "810000199408230021", "310"),
]


@pytest.fixture
def roster() -> Roster:
    return Roster(PEOPLE)


@pytest.mark.parametrize(
    ("number", "name", "identity", "row", "code"),
    [
        ("0010001", "张三", "", ZHANG, ""),
        ("10001", "张三", "", ZHANG, ""),
        ("", "", "150102199003071237", ZHANG, ""),
        ("", "", "150102900307123", ZHANG, ""),
        ("", "", "11010519491231002x", LI, ""),
        ("E-77", "", "11010519491231002X", LI, "line.found_by_id"),
        ("", "张三", "", ZHANG, ""),
        ("", "李•四", "", LI, ""),
        ("", "张 三", "150***********1237", ZHANG, ""),
        ("E-77", "张三", "", ZHANG, "line.found_by_name"),
        ("", "乌云", "", None, "line.ambiguous_person"),
        ("", "乌云", "810***********0021", WU_TOO, ""),
        ("", "乌云", "810000199408230021", WU_TOO, ""),
        ("", "王五", "", None, "line.unknown_person"),
        ("9999999", "", "", None, "line.unknown_person"),
        # A whole and right ID number that nobody has is not overruled by a name.
        ("", "张三", "110101199001010015", None, "line.ambiguous_person"),
        # A ruined one says nothing.
        ("", "张三", "1.50102E+17", ZHANG, ""),
        ("", "", "", None, "line.unknown_person"),
    ],
)
def test_who_is_meant(roster, number, name, identity, row, code):
    match = roster.match(number, name, identity)
    assert (match.row.id if match.row else None, match.code) == (row, code)


def test_the_candidates_are_those_of_the_name(roster):
    assert [one.id for one in roster.match("", "乌云", "").candidates] == [WU, WU_TOO]
    assert roster.match("", "王五", "").candidates == []


def test_zeros_are_padded_only_for_one_person():
    twice = Roster(
        [
            *PEOPLE,
            (5, 1, "10001", "赵六", None, None, "", "310"),
            (6, 1, "010001", "钱七", None, None, "", "310"),
        ]
    )
    assert twice.match("10001", "", "").row.id == 5, "the number as it stands comes first"
    assert twice.match("00010001", "", "").code == "line.unknown_person"


def test_names_and_numbers_are_compared_as_people_read_them():
    assert plain_name("李 · 四") == plain_name("李•四") == plain_name("李．四")
    assert plain_name("ＡＢ") == "AB"
    assert is_same_id("150***********1237", "150102199003071237")
    assert not is_same_id("150***********1238", "150102199003071237")
    assert is_same_id("15010219900307 1237", "150102199003071237")


BOUNDS = {
    "310": Bounds("310", 400_000, 2_000_000, 700_000, 100),
    "410": Bounds("410", 500_000, 2_500_000, 700_000, 100),
}
BANDS = Bands(12, BOUNDS)


def judged(*cells: str, repair: Repair | None = None, **kinds):
    check = LineCheck(Roster(PEOPLE), BANDS, **kinds)
    return check.judge(3, list(cells), repair)


def test_the_strictest_bounds_of_a_persons_insurances_count():
    assert BANDS.limits("310 410 510") == (500_000, 2_000_000)
    assert BANDS.limits("310") == (400_000, 2_000_000)
    assert BANDS.limits("510")[0] == 0


@pytest.mark.parametrize(
    ("cells", "outcome", "code", "fix"),
    [
        (("1", "0010001", "张三", "", "60000.00", "66000"), "accepted", None, None),
        (("2", "0010002", "李·四", "", "60000.00", "60000"), "unchanged", None, None),
        (("2", "0010002", "李·四", "", "60000.00", ""), "unchanged", None, None),
        (("1", "0010001", "张三", "", "60000.00", "59999"), "warned", "wage.below_floor", None),
        (("1", "0010001", "张三", "", "60000.00", "5000"), "warned", "wage.looks_monthly", {"wage": "60000.00"}),
        (("1", "0010001", "张三", "", "61000.00", "66000"), "warned", "line.old_wage_differs", None),
        (("1", "0010001", "张三", "", "66000", ""), "refused", "line.old_wage_changed", {"wage": "66000.00"}),
        (("1", "0010001", "李·四", "", "60000.00", "66000"), "refused", "line.name_differs", None),
        (("1", "0010001", "张三", "", "60000.00", "6.6万"), "refused", "wage.unit_word", {"wage": "66000.00"}),
        (("9", "0099999", "王五", "", "", "66000"), "refused", "line.unknown_person", {"skip": True}),
    ],
)  # fmt: skip
def test_what_becomes_of_a_line_of_our_own_file(cells, outcome, code, fix):
    line = judged(*cells)
    assert (line.outcome, line.code, line.fix) == (outcome, code, fix)


def test_a_clerks_own_file_is_not_held_against_the_former_wage():
    assert judged("", "0010001", "张三", "", "1", "66000", is_free=True).outcome == "accepted"
    other = judged("", "0010001", "张三", "110101199001010015", "", "66000", is_free=True)
    assert (other.outcome, other.code, other.value) == ("warned", "line.id_differs", "110…")


def test_a_wage_in_another_unit_is_multiplied_and_a_typed_one_is_not():
    assert judged("", "0010001", "张三", "", "", "6.6", is_free=True, times=10_000).fen == 6_600_000
    typed = judged(
        "", "0010001", "张三", "", "", "6.6", repair=Repair(3, wage="66000"), is_free=True, times=10_000
    )
    assert (typed.fen, typed.is_repaired) == (6_600_000, True)
    assert judged("", "0010001", "张三", "", "", "6.6", is_free=True, times=10_000).wage_text == "66000.00"
    assert judged("", "0010001", "张三", "", "", "6点6", is_free=True, times=10_000).wage_text == ""
    assert typed.wage_text == "66000", "what was typed is in yuan"
    much = judged("", "0010001", "张三", "", "", "66000", is_free=True, times=10_000)
    assert (much.outcome, much.code) == ("refused", "wage.too_large")


def test_a_line_that_does_not_fit_its_headings_waits_for_its_wage():
    cells = ("1", "0010001", "张三", "", "60000.00", "66000", "1、0010001、张三、66000、多")
    assert judged(*cells).code == "line.cells"
    assert judged(*cells, repair=Repair(3, wage="66000")).outcome == "accepted"


def test_cells_come_back_as_they_were_kept():
    cells = ["1", "0010001", "张三", "", "60000.00", "5千"]
    assert split_cells(join_cells(cells)) == cells
    long = split_cells(join_cells(["1", "a\tb", "x" * 500, "", "", ""]))
    assert len(long) == 6 and long[1] == "a b" and len(long[2]) == 80
