"""Two months beside each other: everybody stays, came or left, and a base that moved has a reason."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.levies import Part
from rules.levy_changes import Moved, compare


def part(person_id: int, wage: int, base: int, adjustment: str = "none") -> Part:
    return Part(person_id, wage, base, 0, adjustment, 0, None)  # type: ignore[arg-type]


months = st.dictionaries(st.integers(1, 30), st.integers(1, 5)).map(
    lambda bases: {number: part(number, base, base) for number, base in bases.items()}
)


@given(months, months)
def test_everybody_is_somewhere_once_and_the_bases_add_up(before, now):
    found = compare(before, now)
    came, left = ({one.person_id for one in side} for side in (found.came, found.left))
    moved = {one.new.person_id for one in found.moved}
    assert came == now.keys() - before.keys() and left == before.keys() - now.keys()
    assert moved == {number for number in before.keys() & now.keys() if before[number] != now[number]}
    difference = sum(one.base_fen for one in now.values()) - sum(one.base_fen for one in before.values())
    assert difference == (
        sum(one.base_fen for one in found.came)
        - sum(one.base_fen for one in found.left)
        + sum(one.new.base_fen - one.old.base_fen for one in found.moved)
    )


@pytest.mark.parametrize(
    ("old", "new", "why"),
    [
        (part(1, 600, 600), part(1, 700, 700), "wage"),
        (part(1, 600, 600), part(1, 400, 460, "floor"), "wage_floor"),
        (part(1, 600, 600), part(1, 9000, 2300, "cap"), "wage_cap"),
        (part(1, 400, 460, "floor"), part(1, 400, 480, "floor"), "new_floor"),
        (part(1, 9000, 2300, "cap"), part(1, 9000, 2500, "cap"), "new_cap"),
        (part(1, 470, 480, "floor"), part(1, 470, 470), "new_bounds"),
    ],
)
def test_a_base_that_moved_has_a_reason(old, new, why):
    assert Moved(old, new).why == why
