"""大写金额: the examples of the rule itself, and every amount can be read back."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.capital_amounts import capital_amount

DIGITS = {sign: value for value, sign in enumerate("零壹贰叁肆伍陆柒捌玖")}
STEPS = {"拾": 10, "佰": 100, "仟": 1000}


@pytest.mark.parametrize(
    ("fen", "said"),
    [
        (358_965, "叁仟伍佰捌拾玖元陆角伍分"),
        (140_950, "壹仟肆佰零玖元伍角"),
        (600_714, "陆仟零柒元壹角肆分"),
        (168_032, "壹仟陆佰捌拾元叁角贰分"),
        (10_700_053, "壹拾万柒仟元伍角叁分"),
        (1_640_902, "壹万陆仟肆佰零玖元零贰分"),
        (32_504, "叁佰贰拾伍元零肆分"),
        (30_000, "叁佰元整"),
        (100_070_000, "壹佰万零柒佰元整"),
        (10_000_500_000, "壹亿零伍仟元整"),
        (100_000_000_000_000, "壹万亿元整"),
        (50, "伍角"),
        (5, "伍分"),
        (0, "零元整"),
        (-1_761, "负壹拾柒元陆角壹分"),
    ],
)
def test_amounts_as_the_rule_writes_them(fen, said):
    assert capital_amount(fen) == said


@given(st.integers(-(10**15), 10**15))
def test_every_amount_reads_back(fen):
    said = capital_amount(fen)
    assert read(said) == fen
    assert "零零" not in said and not said.endswith("零")


def read(said: str) -> int:
    sign, said = (-1, said[1:]) if said.startswith("负") else (1, said)
    yuan, has_yuan, rest = said.partition("元")
    if not has_yuan:
        yuan, rest = "零", said
    total, digit = 100 * whole(yuan), 0
    for one in rest:
        if one in DIGITS:
            digit = DIGITS[one]
        elif one in "角分":
            total += digit * (10 if one == "角" else 1)
    return sign * total


def whole(said: str) -> int:
    for word, size in (("亿", 10**8), ("万", 10**4)):
        high, found, low = said.rpartition(word) if word == "亿" else said.partition(word)
        if found:
            return whole(high) * size + (whole(low) if low else 0)
    total, digit = 0, 0
    for one in said:
        if one in DIGITS:
            digit = DIGITS[one]
        else:
            total, digit = total + digit * STEPS[one], 0
    return total + digit
