"""Money is written and rounded as the manual says."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.money import UnreadableAmount, divide_half_up, parse_yuan, round_half_up, yuan_text


@pytest.mark.parametrize(
    ("fen", "plain", "grouped"),
    [
        (None, "", ""),
        (0, "0.00", "0.00"),
        (5, "0.05", "0.05"),
        (-5, "-0.05", "-0.05"),
        (123450, "1234.50", "1,234.50"),
        (-123450, "-1234.50", "-1,234.50"),
        (461075752, "4610757.52", "4,610,757.52"),
    ],
)
def test_yuan_text(fen: int | None, plain: str, grouped: str) -> None:
    assert yuan_text(fen) == plain
    assert yuan_text(fen, grouped=True) == grouped


@given(st.integers(-(10**15), 10**15))
def test_yuan_text_says_the_same_amount(fen: int) -> None:
    assert Decimal(yuan_text(fen)) * 100 == fen
    assert yuan_text(fen, grouped=True).replace(",", "") == yuan_text(fen)


@pytest.mark.parametrize(
    ("value", "places", "rounded"),
    [
        ("78.2345", 2, "78.23"),
        ("782.345", 2, "782.35"),  # half-even would say 782.34
        ("0.5", 0, "1"),
        ("2.5", 0, "3"),
        ("-2.5", 0, "-3"),
        ("-0.001", 2, "0.00"),
        ("1", 2, "1.00"),
        ("123456789012345678901234567890.125", 2, "123456789012345678901234567890.13"),
    ],
)
def test_round_half_up(value: str, places: int, rounded: str) -> None:
    assert str(round_half_up(Decimal(value), places)) == rounded


@given(st.integers(-(10**20), 10**20), st.integers(1, 10**9))
def test_divide_half_up_is_the_nearest_integer(numerator: int, denominator: int) -> None:
    exact = Fraction(numerator, denominator)
    distance = abs(divide_half_up(numerator, denominator)) - abs(exact)
    assert Fraction(-1, 2) < distance <= Fraction(1, 2)
    assert divide_half_up(-numerator, denominator) == -divide_half_up(numerator, denominator)


def test_parse_yuan_honours_the_limits_it_is_given() -> None:
    assert parse_yuan("999,999,999,999.99", 99_999_999_999_999, 12) == 99_999_999_999_999
    with pytest.raises(UnreadableAmount) as caught:
        parse_yuan("1000", 99_999, 9)
    assert caught.value.reason == "too_large"


@pytest.mark.parametrize(
    "text", ["9" * 5000, "0" * 5000, "1e999999999999", "9" * 64, "1." + "3" * 60, "1" + "," * 60 + "x"]
)
@pytest.mark.timeout(10)
def test_endless_texts_are_refused_without_hanging(text: str) -> None:
    with pytest.raises(UnreadableAmount):
        parse_yuan(text, 999_999_999, 9)
