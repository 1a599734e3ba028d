"""Sample people are valid, varied and the same for the same seed."""

from __future__ import annotations

import pytest

from rules.identity import birth_date, is_valid_id_number
from rules.wages import MAX_WAGE_FEN
from services.demo_people import RARE_CHARACTERS, DemoPerson, adjust_total, demo_people

AREAS = ("150102", "150204", "152921")
LOW, HIGH = 6_069_600, 30_348_000


def people(count: int, seed: int = 7, share: int = 40, first_no: str = "0000000101") -> list[DemoPerson]:
    return list(
        demo_people(count, seed, AREAS, share, first_no=first_no, year=2026, low_fen=LOW, high_fen=HIGH)
    )


def test_people_are_valid_and_unique() -> None:
    found = people(3000)
    assert len({person.id_number for person in found}) == 3000
    assert [person.person_no for person in found[:2]] == ["0000000101", "0000000102"]
    assert found[-1].person_no == "0000003100"
    for person in found:
        assert is_valid_id_number(person.id_number)
        assert person.id_number[:6] in AREAS
        assert 22 <= 2026 - birth_date(person.id_number).year <= 59
        assert 0 < len(person.name) <= 50
        assert 100 <= person.wage_fen <= MAX_WAGE_FEN


def test_id_numbers_stay_unique_when_one_area_must_do() -> None:
    # 20,000 draws from one area meet the same number about fourteen times.
    found = list(
        demo_people(20_000, 7, AREAS[:1], 40, first_no="0000000101", year=2026, low_fen=LOW, high_fen=HIGH)
    )
    assert len({person.id_number for person in found}) == 20_000


def test_the_same_seed_gives_the_same_people() -> None:
    assert people(200) == people(200)
    assert people(200) == people(400)[:200]
    assert people(200) != people(200, seed=8)


def test_names_are_varied_in_a_small_unit() -> None:
    names = [person.name for person in people(72)]
    assert all(any(rare in name for name in names) for rare in RARE_CHARACTERS)
    names = [person.name for person in people(300)]
    assert any("·" in name and len(name) >= 10 for name in names)
    assert any(name.isalpha() and len(name) == 2 for name in names)


@pytest.mark.parametrize("share", [0, 40, 100])
def test_the_mongolian_share_is_kept(share: int) -> None:
    found = people(2000, share=share)
    rare = sum(any(char in person.name for char in RARE_CHARACTERS) for person in found)
    mongolian_like = sum("其其格" in person.name or "孛儿只斤" in person.name for person in found)
    assert (mongolian_like == 0) is (share == 0)
    assert (rare == 0) is (share == 100)


def test_wages_lie_on_both_sides_of_the_bounds() -> None:
    found = people(2000)
    below = sum(person.wage_fen < LOW for person in found)
    above = sum(person.wage_fen > HIGH for person in found)
    assert 200 < below < 400
    assert 50 < above < 160


def test_the_total_is_exact() -> None:
    before = people(72)
    after = adjust_total(before, 461_075_752)
    assert sum(person.wage_fen for person in after) == 461_075_752
    assert [person.id_number for person in after] == [person.id_number for person in before]
    assert len({person.wage_fen for person in after}) > 60


@pytest.mark.parametrize(
    "total", [72 * 100, 72 * 100 + 1, 5_000_001, 72 * MAX_WAGE_FEN - 1, 72 * MAX_WAGE_FEN]
)
def test_extreme_totals_are_exact_and_possible(total: int) -> None:
    after = adjust_total(people(72), total)
    assert sum(person.wage_fen for person in after) == total
    assert all(100 <= person.wage_fen <= MAX_WAGE_FEN for person in after)


@pytest.mark.parametrize("total", [-1, 0, 72 * 100 - 1, 72 * MAX_WAGE_FEN + 1])
def test_impossible_totals_are_errors(total: int) -> None:
    with pytest.raises(ValueError, match="total"):
        adjust_total(people(72), total)


def test_impossible_arguments_are_errors() -> None:
    with pytest.raises(ValueError, match="10 digits"):
        people(1, first_no="123")
    with pytest.raises(ValueError, match="10 digits"):
        people(2, first_no="9999999999")
    with pytest.raises(ValueError, match="percent"):
        people(1, share=101)
