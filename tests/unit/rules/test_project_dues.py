"""What a building project owes by each region's formula, and how the number is explained."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules import project_dues
from rules.project_dues import Formula, due_fen, explain, explain_difference, parse_formula
from rules.refusals import Refusal

YI = 10_000_000_000
"""One hundred million yuan, in fen."""

CHENGDU = parse_formula("price_rate", {"rate": "0.0006"})
SHANDONG = parse_formula("labour_rate", {"rate": "0.013"})
SHARE = parse_formula("share_rate", {"share": "0.15", "rate": "0.013"})
HUBEI = parse_formula("tiers", {"tiers": [[10 * YI, "0.0012"], [50 * YI, "0.001"], [None, "0.0008"]]})
PRICES = st.integers(0, 10**14)
RATES = st.integers(1, 1_000_000).map(lambda millionths: f"{Decimal(millionths).scaleb(-6):f}")


@pytest.mark.parametrize(
    ("formula", "contract_fen", "permille", "due"),
    [
        (CHENGDU, 100_000_000, 0, 60_000),
        (CHENGDU, 1_234_567_890, 0, 740_741),
        (CHENGDU, 0, 0, 0),
        (CHENGDU, 833, 0, 0),
        (CHENGDU, 834, 0, 1),
        (CHENGDU, 2_500, 0, 2),
        (SHANDONG, YI, 200, 26_000_000),
        (SHANDONG, YI, 125, 16_250_000),
        (SHANDONG, YI, 1000, 130_000_000),
        (SHARE, YI, 0, 19_500_000),
        (SHARE, YI, 300, 19_500_000),
        (HUBEI, YI, 0, 12_000_000),
        (HUBEI, 10 * YI - 1, 0, 120_000_000),
        (HUBEI, 10 * YI, 0, 100_000_000),
        (HUBEI, 50 * YI - 1, 0, 500_000_000),
        (HUBEI, 50 * YI, 0, 400_000_000),
        (HUBEI, 100 * YI, 0, 800_000_000),
    ],
)
def test_what_is_owed(formula: Formula, contract_fen: int, permille: int, due: int) -> None:
    assert due_fen(formula, contract_fen, permille) == due


def test_it_is_rounded_once_and_half_up() -> None:
    half_a_fen = parse_formula("price_rate", {"rate": "0.0005"})
    assert [due_fen(half_a_fen, price) for price in (999, 1_000, 1_001)] == [0, 1, 1]
    # 3 × 0.5 × 0.3 = 0.45; had 1.5 been rounded to 2 before, 0.6 would be owed as 1.
    assert due_fen(parse_formula("share_rate", {"share": "0.5", "rate": "0.3"}), 3) == 0


def test_a_share_of_labour_that_is_needed_and_missing_is_refused() -> None:
    assert SHANDONG.needs_labour and not SHARE.needs_labour
    for ask in (due_fen, explain):
        with pytest.raises(Refusal) as caught:
            ask(SHANDONG, YI)
        assert (caught.value.code, caught.value.field) == ("project.labour_missing", "labour_percent")


@pytest.mark.parametrize(("contract_fen", "permille"), [(-1, 0), (1, -1), (1, 1001)])
def test_impossible_numbers_are_errors(contract_fen: int, permille: int) -> None:
    with pytest.raises(ValueError, match=r"a price|a share"):
        due_fen(CHENGDU, contract_fen, permille)


@given(PRICES, RATES, RATES, st.integers(1, 1000))
def test_dues_are_whole_fen_and_exact(contract_fen: int, rate: str, share: str, permille: int) -> None:
    for formula, factor in (
        (parse_formula("price_rate", {"rate": rate}), Decimal(rate)),
        (parse_formula("labour_rate", {"rate": rate}), Decimal(rate) * permille / 1000),
        (parse_formula("share_rate", {"rate": rate, "share": share}), Decimal(rate) * Decimal(share)),
    ):
        due = due_fen(formula, contract_fen, permille)
        assert type(due) is int
        assert 0 <= due <= contract_fen
        assert due == int((contract_fen * factor).quantize(Decimal(1), ROUND_HALF_UP))


@given(PRICES, PRICES, st.integers(1, 1000))
def test_a_higher_price_never_owes_less_within_one_tier(one: int, other: int, permille: int) -> None:
    low, high = sorted((one, other))
    for formula in (CHENGDU, SHANDONG, SHARE):
        assert due_fen(formula, low, permille) <= due_fen(formula, high, permille)
    if project_dues._tier_of(HUBEI, low) == project_dues._tier_of(HUBEI, high):
        assert due_fen(HUBEI, low) <= due_fen(HUBEI, high)


@pytest.mark.parametrize(
    ("strategy", "params"),
    [
        ("percent", {"rate": "0.1"}),
        ("", {}),
        (None, {}),
        (["tiers"], {"tiers": [[None, "0.1"]]}),
        ("price_rate", None),
        ("price_rate", []),
        ("price_rate", {}),
        ("price_rate", {"rate": None}),
        ("price_rate", {"rate": 0.0006}),
        ("price_rate", {"rate": 1}),
        ("price_rate", {"rate": "0"}),
        ("price_rate", {"rate": "0.000000"}),
        ("price_rate", {"rate": "-0.1"}),
        ("price_rate", {"rate": "1.1"}),
        ("price_rate", {"rate": "6E-4"}),
        ("price_rate", {"rate": "0.0000001"}),
        ("price_rate", {"rate": "0.06%"}),
        ("price_rate", {"rate": "٠.١"}),
        ("price_rate", {"rate": "NaN"}),
        ("price_rate", {"rate": "0.1\n"}),
        ("price_rate", {"rate": "0.1", "share": "0.1"}),
        ("labour_rate", {"rate": "0.1", "share": "0.1"}),
        ("share_rate", {"rate": "0.1"}),
        ("share_rate", {"rate": "0.1", "share": "15"}),
        ("tiers", {"tiers": []}),
        ("tiers", {"tiers": None}),
        ("tiers", {"tiers": "0.1"}),
        ("tiers", {"tiers": [[]]}),
        ("tiers", {"tiers": [["0.1", None]]}),
        ("tiers", {"tiers": [{"rate": "0.1"}]}),
        ("tiers", {"tiers": [[100, "0.1"]]}),
        ("tiers", {"tiers": [[None, "0.1"], [None, "0.2"]]}),
        ("tiers", {"tiers": [[0, "0.1"], [None, "0.2"]]}),
        ("tiers", {"tiers": [[-1, "0.1"], [None, "0.2"]]}),
        ("tiers", {"tiers": [[True, "0.1"], [None, "0.2"]]}),
        ("tiers", {"tiers": [[1e9, "0.1"], [None, "0.2"]]}),
        ("tiers", {"tiers": [[200, "0.1"], [100, "0.2"], [None, "0.3"]]}),
        ("tiers", {"tiers": [[100, "0.1"], [100, "0.2"], [None, "0.3"]]}),
        ("tiers", {"tiers": [[100, 0.1], [None, "0.2"]]}),
    ],
)
def test_nonsense_is_no_formula(strategy: Any, params: Any) -> None:
    with pytest.raises(ValueError, match=r"formula|rate|tiers"):
        parse_formula(strategy, params)


def test_a_formula_is_read_as_it_is_written() -> None:
    assert Formula("price_rate", Decimal("0.0006")) == CHENGDU
    assert Formula("share_rate", Decimal("0.013"), Decimal("0.15")) == SHARE
    assert HUBEI.tiers[1:] == ((50 * YI, Decimal("0.001")), (None, Decimal("0.0008")))
    assert parse_formula("tiers", {"tiers": [[None, "1"]]}).tiers == ((None, Decimal(1)),)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | RATES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


@given(st.sampled_from(["price_rate", "labour_rate", "share_rate", "tiers"]) | JSON, JSON, JSON)
def test_any_json_is_a_formula_or_a_value_error(strategy: Any, one: Any, other: Any) -> None:
    for params in (
        one,
        {"rate": one},
        {"rate": one, "share": other},
        {"tiers": one},
        {"tiers": [one, other]},
    ):
        try:
            formula = parse_formula(strategy, params)
        except ValueError:
            continue
        assert due_fen(formula, YI, 500) >= 0


def said(formula: Formula, contract_fen: int, permille: int) -> list[str]:
    return [msgid % params for msgid, params in explain(formula, contract_fen, permille)]


PLAIN = "应缴额 = 合同总造价 × 费率"
BY_LABOUR = "应缴额 = 合同总造价 × 人工费占比 × 行业费率"
BY_SHARE = "应缴额 = 合同总造价 × 规定比例 × 行业费率"
BY_TIER = "应缴额 = 合同总造价 × 造价所在档的费率（全部造价用同一个费率）"
TIERS = (
    "造价不满 1,000,000,000.00 元的，费率 0.12%",
    "造价在 1,000,000,000.00 元以上、不满 5,000,000,000.00 元的，费率 0.1%",
    "造价在 5,000,000,000.00 元以上的，费率 0.08%",
)


@pytest.mark.parametrize(
    ("formula", "contract_fen", "lines"),
    [
        (CHENGDU, 123_456_789, [PLAIN, "1,234,567.89 元 × 0.06% = 740.74 元"]),
        (SHANDONG, YI, [BY_LABOUR, "100,000,000.00 元 × 12.5% × 1.3% = 162,500.00 元"]),
        (SHARE, YI, [BY_SHARE, "100,000,000.00 元 × 15% × 1.3% = 195,000.00 元"]),
        (HUBEI, 10 * YI - 1, [BY_TIER, TIERS[0], "999,999,999.99 元 × 0.12% = 1,200,000.00 元"]),
        (HUBEI, 10 * YI, [BY_TIER, TIERS[1], "1,000,000,000.00 元 × 0.1% = 1,000,000.00 元"]),
        (HUBEI, 50 * YI, [BY_TIER, TIERS[2], "5,000,000,000.00 元 × 0.08% = 4,000,000.00 元"]),
        (parse_formula("tiers", {"tiers": [[None, "1"]]}), 100, [BY_TIER, "1.00 元 × 100% = 1.00 元"]),
    ],
)
def test_the_formula_is_said_with_its_numbers(formula: Formula, contract_fen: int, lines: list[str]) -> None:
    assert said(formula, contract_fen, 125) == [*lines, "结果四舍五入到分。"]


@given(PRICES)
def test_what_is_said_is_what_is_owed(contract_fen: int) -> None:
    for formula in (CHENGDU, SHANDONG, SHARE, HUBEI):
        due = due_fen(formula, contract_fen, 250)
        assert f" = {due // 100:,}.{due % 100:02d} 元" in said(formula, contract_fen, 250)[-2]


@pytest.mark.parametrize(
    ("due", "billed", "line"),
    [
        (250_00, 100_00, "减去已经核定的 100.00 元，补缴 150.00 元。"),
        (100_00, 100_00, "已经核定 100.00 元，不用补缴。"),
        (80_00, 100_00, "已经核定 100.00 元，比现在应缴的 80.00 元多，不用补缴；多缴的不在这里退。"),
    ],
)
def test_what_was_billed_before_is_taken_off(due: int, billed: int, line: str) -> None:
    msgid, params = explain_difference(due, billed)
    assert msgid % params == line
