"""A file of payments is read as banks and tax offices write it, and refused with the cause where it cannot be."""

from __future__ import annotations

from datetime import date
from io import BytesIO

import pytest
from openpyxl import Workbook

from documents.limits import Limits
from documents.payment_file import RawPayment, read_payment_file
from rules.payments import FIELDS, PaymentLine, read_line
from rules.refusals import Refusal

LIMITS = Limits(lines=10)
TODAY = date(2026, 7, 1)
PLAIN = "流水号,金额,缴款日期,凭证号\n000000185747,3589.65,2026-06-24,P1\n"
CELLS = {"serial": "000000185747", "amount": "3589.65", "paid_on": "2026-06-24", "voucher": "P1"}


def read(text: str | bytes, name: str = "到账.csv") -> list[RawPayment]:
    data = text if isinstance(text, bytes) else text.encode("utf-8")
    return read_payment_file(data, name, FIELDS, LIMITS)


def refused(text: str | bytes) -> Refusal:
    with pytest.raises(Refusal) as caught:
        read(text)
    return caught.value


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_every_usual_encoding(encoding):
    assert read(PLAIN.encode(encoding)) == [RawPayment(2, CELLS)]


def test_columns_by_name_in_any_order_below_a_title_and_lines_keep_their_numbers():
    text = (
        "某银行代收明细\n\n凭证号,摘要,缴费日期,征集流水号,实缴金额\n"
        '"P1","社保费\n六月",2026-06-24,000000185747,"3,589.65"\n\n'
        "P2,,20260625\t,'000000185748,12\n合计,,,,3601.65\n"
    )
    first, second = read(text)
    assert first == RawPayment(4, {**CELLS, "amount": "3,589.65"})
    assert second.line_no == 7 and second.cells["serial"] == "000000185748"
    assert second.cells["paid_on"] == "20260625"


def test_a_workbook_that_lost_the_zeros():
    book = Workbook()
    book.active.append(["流水号", "金额", "缴款日期", "凭证号"])
    book.active.append([185747, 3589.65, date(2026, 6, 24), "P1"])
    out = BytesIO()
    book.save(out)
    (raw,) = read_payment_file(out.getvalue(), "到账.xlsx", FIELDS, LIMITS)
    assert read_line(raw.line_no, raw.cells, TODAY) == PaymentLine(
        2, 185_747, 358_965, date(2026, 6, 24), "P1"
    )


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("流水号,金额,缴款日期\n1,2,2026-06-24\n", "payments.no_headings"),
        ("流水号,金额,金额,缴款日期,凭证号\n1,2,2,2026-06-24,P\n", "payments.twin_columns"),
        ("流水号,金额,缴款日期,凭证号\n\n", "payments.no_lines"),
        ("流水号,金额,缴款日期,凭证号\n" + "1,2,2026-06-24,P\n" * 11, "payments.too_many"),
        (b"", "file.empty"),
        (b"%PDF-1.7\n", "file.is_pdf"),
        (b"\x00\x01\x02\x03" * 40, "file.encoding"),
    ],
)
def test_what_cannot_be_read_is_refused_with_its_cause(text, code):
    assert refused(text).code == code


def test_two_sheets_of_payments_are_asked_about():
    book = Workbook()
    for sheet in (book.active, book.create_sheet("五月")):
        sheet.append(["流水号", "金额", "缴款日期", "凭证号"])
        sheet.append(["1", "2", "2026-06-24", "P"])
    out = BytesIO()
    book.save(out)
    refusal = refused(out.getvalue())
    assert refusal.code == "payments.many_sheets" and "五月" in str(refusal.params["names"])


@pytest.mark.parametrize(
    ("changed", "codes"),
    [
        ({"amount": "0"}, {"payments.zero"}),
        ({"amount": "-5.00"}, {"field.not_money"}),
        ({"amount": "1.005"}, {"field.not_money"}),
        ({"serial": "12345678901234567890"}, {"payments.no_serial"}),
        ({"serial": "0"}, {"payments.no_serial"}),
        ({"serial": "一八五"}, {"payments.no_serial"}),
        ({"paid_on": "2026-07-02"}, {"payments.in_future"}),
        ({"paid_on": "2026-02-30"}, {"field.date"}),
        ({"voucher": "9" * 41}, {"payments.voucher_long"}),
        ({"voucher": "", "amount": "x"}, {"field.required", "field.not_money"}),
    ],
)
def test_everything_wrong_in_a_line_is_told_at_once(changed, codes):
    found = read_line(2, CELLS | changed, TODAY)
    assert isinstance(found, list) and {one.code for one in found} == codes


def test_today_is_not_the_future():
    assert isinstance(read_line(2, CELLS | {"paid_on": "2026-07-01"}, TODAY), PaymentLine)
