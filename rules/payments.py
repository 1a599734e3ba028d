"""One line of a bank's or tax office's file of payments: what has to stand in it, and what it cannot be."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import NamedTuple

from rules.column_names import OF_PAYMENTS
from rules.fields import N_, Field, clean_fields
from rules.numbers import whole_number
from rules.refusals import Refusal

FIELDS = {
    field.name: field
    for field in (
        Field("serial", N_("流水号"), "text", True, other_names=OF_PAYMENTS["serial"]),
        Field("amount", N_("金额"), "money", True, other_names=OF_PAYMENTS["amount"]),
        Field("paid_on", N_("缴款日期"), "date", True, other_names=OF_PAYMENTS["paid_on"]),
        Field("voucher", N_("凭证号"), "text", True, other_names=OF_PAYMENTS["voucher"]),
    )
}
"""The columns of the file, by name."""

VOUCHER_LENGTH = 40


class PaymentLine(NamedTuple):
    """A payment of so many fen for a 征集单, as a line of a file says it."""

    line_no: int
    levy_id: int
    amount_fen: int
    paid_on: date
    voucher: str


def read_line(line_no: int, typed: Mapping[str, str], today: date) -> PaymentLine | list[Refusal]:
    """A line of the file from its cells by the names of ``FIELDS``, or everything that is wrong in it.

    Codes: those of ``rules.fields``; ``payments.no_serial``, ``payments.zero``, ``payments.in_future`` and
    ``payments.voucher_long``.
    """
    content, problems = clean_fields(FIELDS, typed)
    found = list(problems.values())
    levy_id = whole_number(content.get("serial", ""))
    if "serial" in content and not levy_id:
        found.append(Refusal("payments.no_serial", "serial", value=content["serial"][:VOUCHER_LENGTH]))
    if content.get("amount") == 0:
        found.append(Refusal("payments.zero", "amount"))
    if "paid_on" in content and date.fromisoformat(content["paid_on"]) > today:
        found.append(Refusal("payments.in_future", "paid_on", day=content["paid_on"]))
    if len(content.get("voucher", "")) > VOUCHER_LENGTH:
        found.append(Refusal("payments.voucher_long", "voucher", limit=VOUCHER_LENGTH))
    if found or not levy_id:
        return found
    paid_on = date.fromisoformat(content["paid_on"])
    return PaymentLine(line_no, levy_id, content["amount"], paid_on, content["voucher"])
