"""到账: files of payments from the bank or the tax office, and how each 征集单 stands by them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Literal

from sqlalchemy import select
from sqlmodel import Session

from models.levy import Levy, LevyRun
from models.levy_payments import Payment, list_paid
from models.region import find_parameter
from rules.late_fees import Span, late_spans
from rules.levies import late_fee_of
from rules.money import yuan_text
from translations import gettext as _

State = Literal["paid", "open", "late", "credit"]


@dataclass(frozen=True, slots=True)
class Standing:
    """What was paid for a 征集单 by a day, and what is still to pay; money in fen.

    ``unpaid_fen`` is of the levy itself, ``late_fee_fen`` what the days up to now cost, paid or not, and
    ``owed_fen`` what is left of both; ``credit_fen`` is what the unit has paid beyond, or is owed by a 退收.
    ``per_day`` is the rate of 滞纳金, 0 where the region has none; ``spans`` are the days it counts.
    ``state``: "credit" (to be given back), "paid", "open", or "late", which is open after the last day to pay.
    """

    paid_fen: int
    unpaid_fen: int
    late_fee_fen: int
    days_late: int
    state: State
    owed_fen: int
    credit_fen: int
    per_day: Decimal
    spans: tuple[Span, ...]

    def fee_lines(self) -> list[str]:
        """滞纳金 in sentences: unpaid × days × rate of each span, and what they come to; none where nothing was late."""
        if not self.spans:
            return []
        if not self.per_day:
            words = _("已逾期 %(days)s 天。本地区没有设定滞纳金的标准，不计滞纳金。")
            return [words % {"days": self.days_late}]
        sums = _("从 %(since)s 的次日到 %(until)s：%(unpaid)s 元 × %(days)s 天 × %(rate)s = %(product)s 元")
        lines = [
            sums
            % {
                "since": span.since.isoformat(),
                "until": span.until.isoformat(),
                "unpaid": yuan_text(span.unpaid_fen, grouped=True),
                "days": span.days,
                "rate": self.per_day,
                "product": f"{span.unpaid_fen * span.days * self.per_day / 100:f}",
            }
            for span in self.spans
        ]
        total = _("合计四舍五入到分，滞纳金 %(fee)s 元（《社会保险法》第八十六条，按日加收 %(rate)s）")
        rate = f"{(self.per_day * 100).normalize():f}%"
        return [*lines, total % {"fee": yuan_text(self.late_fee_fen, grouped=True), "rate": rate}]


def standing(session: Session, levies: Sequence[Levy], on: date) -> dict[int, Standing]:
    """How each of these 征集单 stands on a day, by number.

    Payments to any version of the same unit, 险种 and month count. The rate of 滞纳金 is the region's
    ``late_fee_per_day`` on the last day to pay. Source: 社会保险法 86.
    """
    paid = list_paid(session, [levy.key for levy in levies], on)
    regions = _regions(session, levies)
    rates: dict[tuple[str, date], Decimal] = {}
    found = {}
    for levy in levies:
        key = (regions[levy.run_id], levy.due_on)
        if key not in rates:
            rates[key] = _fee_rate(session, *key)
        found[levy.key] = stand(levy.total_fen, paid.get(levy.key, []), levy.due_on, on, rates[key])
    return found


def stand(total_fen: int, payments: Sequence[Payment], due_on: date, on: date, per_day: Decimal) -> Standing:
    """How an amount stands on a day by the payments that came in until then."""
    paid = sum(amount for _day, amount in payments)
    spans = late_spans(total_fen, payments, due_on, on)
    fee = late_fee_of(total_fen, payments, due_on, on, per_day)
    balance = total_fen + fee - paid
    state: State = "paid" if balance == 0 else "credit" if balance < 0 else "late" if on > due_on else "open"
    return Standing(
        paid_fen=paid,
        unpaid_fen=max(0, total_fen - paid),
        late_fee_fen=fee,
        days_late=sum(span.days for span in spans),
        state=state,
        owed_fen=max(0, balance),
        credit_fen=max(0, -balance),
        per_day=per_day,
        spans=spans,
    )


def _regions(session: Session, levies: Sequence[Levy]) -> dict[int, str]:
    runs = {levy.run_id for levy in levies}
    query = select(LevyRun.id, LevyRun.region_code).where(LevyRun.id.in_(runs))
    return {run_id: region for run_id, region in session.execute(query)}


def _fee_rate(session: Session, region_code: str, on: date) -> Decimal:
    return Decimal(find_parameter(session, region_code, "late_fee_per_day", on) or "0")
