"""到账 as a short cut: a file as the bank sends it, a payment booked."""

from __future__ import annotations

from datetime import datetime

from documents.limits import Limits
from models.levy import Levy
from services.payment_files import book_file
from tests.factories import actor

HEADINGS = "流水号,金额,缴款日期,凭证号"


def payment_csv(*lines: str) -> bytes:
    """A file of these lines."""
    return "\r\n".join([HEADINGS, *lines, ""]).encode("gb18030")


def pay(levy: Levy, yuan: str, day: str, voucher: str, now: datetime) -> int:
    """A payment booked by a file of its own; returns the file."""
    data = payment_csv(f"{levy.serial_no},{yuan},{day},{voucher}")
    file_id, is_new = book_file(actor("gao"), f"{voucher}.csv", data, Limits(), now)
    assert is_new
    return file_id
