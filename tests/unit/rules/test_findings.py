"""One rule set says what there is to say about a wage, and how serious it is."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.findings import asks_explanation, find, severity_of
from rules.wages import MAX_WAGE_FEN, is_declared, needs_explanation

FLOOR, CAP = 505_800, 2_529_000
YEAR = 12


def said(old_yuan: float | None, yuan: float, months: int = 1) -> tuple[str, int | None] | None:
    old = None if old_yuan is None else round(old_yuan * 100)
    finding = find(old, round(yuan * 100), months, FLOOR, CAP)
    return None if finding is None else (finding.code, finding.fix_fen)


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        (7000, 7500, None),
        (7000, 9100, None),
        (7000, 9100.01, ("wage.changed_much", None)),
        (7000, 4899.99, ("wage.changed_much", None)),
        (7480, 78655, ("wage.tenfold", 786_550)),
        (7480, 786.5, ("wage.tenfold", 786_500)),
        (None, 7500, None),
        (None, 5057.99, ("wage.below_floor", None)),
        (None, 25290.01, ("wage.above_cap", None)),
        (7000, 0, ("wage.excluded", None)),
        (7000, 0.01, ("wage.under_one", None)),
        (7000, 0.99, ("wage.under_one", None)),
        (None, 1, ("wage.below_floor", None)),
        # A rise that is explained anyway says so before the cap does.
        (7000, 30000, ("wage.changed_much", None)),
        (7000, 84000, ("wage.looks_annual", 700_000)),
    ],
)
def test_monthly_wages(old, new, expected):
    assert said(old, new) == expected


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        (84000, 7000, ("wage.looks_monthly", 8_400_000)),
        (84000, 8000, ("wage.tenfold", 8_000_000)),
        (84000, 90000, None),
        (84000, 60000, ("wage.below_floor", None)),
    ],
)
def test_annual_wages(old, new, expected):
    assert said(old, new, YEAR) == expected


def test_severities():
    assert severity_of("wage.not_a_number") == severity_of("line.unknown_person") == "block"
    assert severity_of("anything.unheard_of") == "block"
    assert severity_of("wage.changed_much") == severity_of("wage.tenfold") == "explain"
    assert severity_of("wage.below_floor") == severity_of("wage.excluded") == "notice"


FEN = st.integers(0, MAX_WAGE_FEN)


@given(st.none() | FEN, FEN, st.sampled_from([1, 12]))
def test_what_must_be_explained_in_the_grid_is_what_a_file_asks_to_explain(old, new, months):
    finding = find(old, new, months, FLOOR, CAP)
    assert asks_explanation(old, new) == (finding is not None and finding.severity == "explain")


@given(FEN, FEN, st.sampled_from([1, 12]))
def test_a_proposal_is_a_wage_that_asks_for_no_explanation(old, new, months):
    finding = find(old, new, months, FLOOR, CAP)
    if finding is not None and finding.fix_fen is not None:
        assert is_declared(finding.fix_fen) and finding.fix_fen <= MAX_WAGE_FEN
        assert not needs_explanation(old, finding.fix_fen)


def test_an_empty_wage_needs_no_explanation():
    assert not asks_explanation(700_000, None)
