"""征集汇总: what a run came to by 险种 and 应缴类型, as a spreadsheet."""

from __future__ import annotations

from sqlmodel import Session

from documents.levy_workbook import Column, write_table
from documents.wage_file import insurance_name
from models.levy import LevyRun
from models.levy_run_list import ItemSum, sum_items
from rules.levies import ITEM_KINDS
from services.exchange import File
from translations import gettext as _

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def list_sums(session: Session, run: LevyRun) -> list[ItemSum]:
    """The sums of a run by 险种, and in the order in which a notice lists 应缴类型."""
    order = [kind for kind, _word in ITEM_KINDS]
    return sorted(sum_items(session, run.key), key=lambda one: (one.insurance, order.index(one.kind)))


def summary_file(session: Session, run: LevyRun) -> File:
    """The sums of a run, with the total of the amounts below."""
    columns = [
        Column(_("险种"), 10),
        Column(_("应缴类型"), 12),
        Column(_("人次"), 10, "count"),
        Column(_("缴费基数（元）"), 20, "money"),
        Column(_("单位应缴（元）"), 18, "money"),
        Column(_("个人应缴（元）"), 18, "money"),
        Column(_("应缴合计（元）"), 18, "money"),
    ]
    words: dict[str, str] = dict(ITEM_KINDS)
    sums = list_sums(session, run)
    rows: list[list[str | int]] = [
        [
            insurance_name(one.insurance),
            _(words[one.kind]),
            one.people,
            one.base_total_fen,
            one.employer_fen,
            one.employee_fen,
            one.total_fen,
        ]
        for one in sums
    ]
    employer, employee = sum(one.employer_fen for one in sums), sum(one.employee_fen for one in sums)
    rows.append([_("合计"), "", "", "", employer, employee, employer + employee])
    return File(write_table(run.month, columns, rows), f"{_('征集汇总')}_{run.month}.xlsx", XLSX)
