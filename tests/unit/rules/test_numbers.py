"""``whole_number`` takes what a page of ours wrote, and nothing else."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.numbers import LARGEST, whole_number


@given(st.integers(0, LARGEST))
def test_what_a_page_wrote_comes_back(number: int) -> None:
    assert whole_number(str(number)) == number


@given(st.integers(LARGEST + 1) | st.integers(max_value=-1))
def test_numbers_outside_the_databases_range_are_none(number: int) -> None:
    assert whole_number(str(number)) is None


@pytest.mark.parametrize(
    "odd", ["", *" 五²１٣", " 1", "1 ", "1\n", "+1", "-1", "1_0", "1,000", "1.0", "1e3", "0x1"]
)
def test_other_texts_are_none(odd: str) -> None:
    assert whole_number(odd) is None


@pytest.mark.parametrize("digits", [19, 30, 5000])
def test_no_row_has_a_number_of_so_many_digits(digits: int) -> None:
    assert whole_number("9" * digits) is None
    assert whole_number("0" * (digits - 1) + "1") is None


def test_leading_zeros_say_nothing() -> None:
    assert whole_number("007") == 7


@given(st.text())
def test_any_text_gives_a_number_in_range_or_none(text: str) -> None:
    number = whole_number(text)
    assert number is None or 0 <= number <= LARGEST
