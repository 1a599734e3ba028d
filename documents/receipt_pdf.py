"""The receipt of a submission: what was sent, when and by whom, and how anybody can check it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from documents.form_pdf import render_form
from documents.wage_file import insurance_name
from translations import gettext as _

_GROUP, _GROUPS_A_LINE = 4, 8


@dataclass(frozen=True, slots=True)
class Receipt:
    """A submission as it is in the snapshot. Times are texts in local time, as they are to be printed.

    ``sums`` are (label, amount text) pairs, ``timeline`` (time, who, what) triples, oldest first,
    ``digest`` the whole SM3 digest of the snapshot in hex, ``verify_at`` the address to check it at,
    ``signature`` whose certificate signed the digest and when, as text, empty where none did.
    """

    receipt_no: str
    unit_name: str
    unit_no: str
    insurances: tuple[str, ...]
    year: int
    people: int
    sums: tuple[tuple[str, str], ...]
    submitted_at: str
    submitted_by: str
    state: str
    digest: str
    verify_at: str
    timeline: tuple[tuple[str, str, str], ...] = ()
    signature: str = ""


def write_receipt_pdf(receipt: Receipt) -> tuple[bytes, list[str]]:
    """The receipt as PDF, and the characters the typeface lacks. Source: manual 三(八) and (九)."""
    lines = [
        (_("单位名称"), receipt.unit_name),
        (_("单位编号"), receipt.unit_no),
        (_("险种"), "、".join(insurance_name(code) for code in receipt.insurances)),
        (_("申报年度"), str(receipt.year)),
        (_("申报人数"), str(receipt.people)),
        *receipt.sums,
        (_("提交时间"), receipt.submitted_at),
        (_("提交人"), receipt.submitted_by),
        *([(_("电子签名"), receipt.signature)] if receipt.signature else []),
        (_("当前状态"), receipt.state),
    ]
    foot = _("回执 {no}　{unit}").format(no=receipt.receipt_no, unit=receipt.unit_name)
    values = {"receipt": receipt, "lines": lines, "digest_lines": digest_lines(receipt.digest), "foot": foot}
    return render_form("receipt.html", values)


def digest_lines(digest: str) -> Sequence[str]:
    """A hex digest in groups of four, eight groups a line, so that it can be compared by eye."""
    groups = [digest[at : at + _GROUP] for at in range(0, len(digest), _GROUP)]
    return [" ".join(groups[at : at + _GROUPS_A_LINE]) for at in range(0, len(groups), _GROUPS_A_LINE)]
