"""The levy is summed first and rounded once, as the manual's own example shows."""

from __future__ import annotations

import json
from decimal import ROUND_HALF_UP, Decimal, localcontext
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.amounts import levy_amount_fen
from rules.insurances import ALL, GROUPS, INJURY, MATERNITY, MEDICAL, group_of, groups_of
from rules.money import yuan_text
from rules.refusals import Refusal

VECTORS = json.loads((Path(__file__).parent / "vectors.json").read_text("utf-8"))["amount"]


@pytest.mark.parametrize("vector", VECTORS)
def test_manual_examples(vector: dict[str, Any]) -> None:
    amount = levy_amount_fen(sum(vector["bases"]) * 100, Decimal(vector["rate"]))
    assert yuan_text(amount) == vector["half_up"]


def test_rounding_each_person_would_be_wrong() -> None:
    vector = VECTORS[0]
    each = sum(levy_amount_fen(base * 100, Decimal(vector["rate"])) for base in vector["bases"])
    assert yuan_text(each) == vector["per_person_sum"] != vector["half_up"]


@given(st.integers(-(10**18), 10**18), st.decimals(0, 2, places=6))
def test_levy_agrees_with_decimal(total: int, rate: Decimal) -> None:
    with localcontext() as context:
        context.prec = 60
        assert levy_amount_fen(total, rate) == int((total * rate).quantize(Decimal(1), ROUND_HALF_UP))


def test_a_float_rate_is_an_error() -> None:
    with pytest.raises(TypeError):
        levy_amount_fen(100, 0.0023)


@pytest.mark.parametrize("rate", ["-0.1", "NaN", "Infinity"])
def test_an_impossible_rate_is_an_error(rate: str) -> None:
    with pytest.raises(ValueError, match="rate"):
        levy_amount_fen(100, Decimal(rate))


def test_three_insurances_make_two_records() -> None:
    assert groups_of(ALL) == list(GROUPS)
    assert [group.insurances for group in GROUPS] == [(MEDICAL,), (INJURY, MATERNITY)]
    assert groups_of([MATERNITY, INJURY]) == [GROUPS[1]]
    assert groups_of([MATERNITY, MEDICAL]) == list(GROUPS)
    assert groups_of([]) == []
    assert group_of(MATERNITY).code == "injury_maternity"


def test_an_unknown_insurance_is_refused() -> None:
    with pytest.raises(Refusal) as caught:
        group_of("110")
    assert (caught.value.code, caught.value.params) == ("insurance.unknown", {"value": "110"})
