"""The short way to a wage's fen says what the rule says, or nothing."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from rules.findings import Finding
from rules.refusals import Refusal
from rules.wages import parse_wage
from services.line_check import as_staged, staged_finding, warned
from services.matching import Listed
from services.staging import plain_fen


def ruled(text: str) -> int | None:
    try:
        return parse_wage(text)
    except Refusal:
        return None


@given(
    st.text(alphabet="0123456789.,'- 元１２．٣²e", max_size=12)
    | st.from_regex(r"[0-9]{0,9}\.?[0-9]{0,3}", fullmatch=True)
)
@example("9999999.99")
@example("10000000")
@example("5.")
@example(".50")
@example("1.2.3")
def test_the_short_way_never_differs_from_the_rule(text):
    assert plain_fen(text) in (-1, ruled(text))


@pytest.mark.parametrize(
    ("text", "fen"), [("60000", 6_000_000), ("60000.5", 6_000_050), ("60000.05", 6_000_005), ("0", 0)]
)
def test_a_plain_wage_takes_the_short_way(text, fen):
    assert plain_fen(text) == fen


@pytest.mark.parametrize("text", ["", "5千", "60,000", "１２", "-5", "5.", "1.234", "100000000"])
def test_whatever_is_not_plain_is_left_to_the_rule(text):
    assert plain_fen(text) == -1


@pytest.mark.parametrize(
    "finding",
    [
        Finding("wage.below_floor", {"floor": "5000.00"}),
        Finding("wage.tenfold", {"permille": 9000, "old": "6000.00"}, 600_000),
    ],
)
def test_a_finding_is_staged_alike_on_both_ways(finding):
    row = (7, 3, "0010001", "张三" * 40, 600_000, None, "150102199003071237", "310 410")
    cells = ["1", "0010001", "张三" * 40, "150***********1237", "6000.00", "60000.00"]
    long_way = as_staged(1, 3, cells, warned(Listed(*row), 6_000_000, cells[5], finding))
    assert staged_finding(1, 3, cells, row, 6_000_000, finding) == long_way
