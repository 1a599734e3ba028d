"""滞纳金 day by day: the spans that are shown add up to what is charged."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from rules.late_fees import Span, late_spans
from rules.levies import late_fee_fen, late_fee_of

DUE = date(2026, 6, 25)
RATE = Decimal("0.0005")
DAYS = st.integers(-20, 80).map(lambda days: DUE + timedelta(days=days))


def test_a_payment_parts_the_days():
    spans = late_spans(100_000, [(date(2026, 7, 5), 40_000)], DUE, date(2026, 7, 15))
    assert spans == (
        Span(100_000, DUE, date(2026, 7, 5)),
        Span(60_000, date(2026, 7, 5), date(2026, 7, 15)),
    )
    assert [span.days for span in spans] == [10, 10]


def test_what_is_in_time_has_none():
    assert late_spans(100_000, [(DUE, 100_000)], DUE, date(2026, 7, 15)) == ()
    assert late_spans(100_000, [], DUE, DUE) == ()
    assert late_spans(-5_000, [], DUE, date(2026, 7, 15)) == ()


@given(st.integers(-(10**9), 10**12), st.lists(st.tuples(DAYS, st.integers(1, 10**11)), max_size=6), DAYS)
def test_the_spans_add_up_to_the_fee(total, payments, today):
    known = [(day, amount) for day, amount in payments if day <= today]
    spans = late_spans(total, known, DUE, today)
    fen_days = sum(span.unpaid_fen * span.days for span in spans)
    assert late_fee_fen(fen_days, 1, RATE) == late_fee_of(total, known, DUE, today, RATE)
    assert all(span.days > 0 and span.unpaid_fen > 0 for span in spans)
