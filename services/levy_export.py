"""缴费申报查询 as files: the list of 征集单, and the people of one of them, by right and for a purpose that is kept."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlmodel import Session

from cert.digests import sm3_hex
from documents.levy_workbook import Column, write_table
from models import audit
from models.account import Actor
from models.db import reading, transaction
from models.levy import Levy
from models.levy_list import LevySearch, Line, find_levy, list_levies, list_lines
from models.unit import Unit, get_unit
from rules.identity import mask_id
from rules.insurances import CHOICES
from rules.levies import ITEM_KINDS
from rules.purposes import clean_purpose
from rules.refusals import Missing, Refusal
from services.filings import Faulty
from translations import gettext as _

_KINDS: Mapping[str, str] = dict(ITEM_KINDS)


def export_levies(session: Session, unit_id: int, search: LevySearch) -> bytes:
    """Every 征集单 of the unit that a search finds as an xlsx, in the manual's columns and those of their sums."""
    columns = (
        Column(_("序号"), 6, "count"),
        Column(_("单位编号"), 14),
        Column(_("单位名称"), 36),
        Column(_("费款所属期"), 12),
        Column(_("险种"), 8),
        Column(_("缴费人数"), 10, "count"),
        Column(_("缴费基数"), 18, "money"),
        Column(_("单位应缴"), 16, "money"),
        Column(_("个人应缴"), 16, "money"),
        Column(_("征集金额"), 16, "money"),
        Column(_("缴费截止"), 12),
        Column(_("流水号"), 16),
    )
    unit = get_unit(session, unit_id)
    levies = list_levies(session, unit_id, search, limit=None)
    rows = [_levy_row(place, unit, levy) for place, levy in enumerate(levies, start=1)]
    return write_table(_("缴费申报查询"), columns, rows)


def _levy_row(place: int, unit: Unit, levy: Levy) -> Sequence[str | int]:
    return (
        place,
        unit.unit_no,
        unit.name,
        levy.month,
        _insurance(levy.insurance),
        levy.people,
        levy.base_total_fen,
        levy.employer_fen,
        levy.employee_fen,
        levy.total_fen,
        levy.due_on.isoformat(),
        levy.serial_no,
    )


def export_people(actor: Actor, levy_id: int, typed: Mapping[str, str], now: datetime) -> bytes:
    """Everybody of a 征集单 as an xlsx, a line for each 应缴类型 and month, numbers masked; with an audit event.

    Raises ``Missing``, ``Refusal`` ``right.lacking``, ``Faulty`` for a purpose that is not said.
    """
    if not actor.may("reveal"):
        raise Refusal("right.lacking", right="reveal")
    purpose, errors = clean_purpose(typed)
    if errors:
        raise Faulty(errors)
    # What was issued never changes, so nobody's writing has to wait while the file is made.
    with reading() as session:
        levy = find_levy(session, actor.own_unit_id, levy_id)
        if levy is None:
            raise Missing(levy_id)
        rows = [_person_row(levy, line) for line in list_lines(session, levy)]
    data = write_table(_("缴费明细"), _person_columns(), rows)
    after = {**purpose, "levy": levy.serial_no, "rows": len(rows), "digest": sm3_hex(data)}
    with transaction() as session:
        audit.record(session, actor, "levy_exported", "levy", levy_id, now, after=after)
    return data


def _person_columns() -> tuple[Column, ...]:
    return (
        Column(_("费款所属期"), 12),
        Column(_("险种"), 8),
        Column(_("应缴类型"), 10),
        Column(_("所属期"), 10),
        Column(_("个人编号"), 16),
        Column(_("姓名"), 14),
        Column(_("证件号码"), 24),
        Column(_("申报工资"), 16, "money"),
        Column(_("缴费基数"), 14, "money"),
        Column(_("已征基数"), 14, "money"),
        Column(_("调整"), 10),
        Column(_("个人应缴"), 12, "money"),
        Column(_("来自业务"), 24),
    )


def _person_row(levy: Levy, line: Line) -> Sequence[str | int]:
    return (
        levy.month,
        _insurance(levy.insurance),
        _(_KINDS[line.kind]),
        line.for_month,
        line.person_no,
        line.name,
        mask_id(line.id_number),
        line.wage_fen,
        line.base_fen,
        line.before_fen,
        {"floor": _("低于下限"), "cap": _("高于上限")}.get(line.adjustment, ""),
        line.employee_fen,
        line.receipt_no or "",
    )


def _insurance(code: str) -> str:
    return _(dict(CHOICES).get(code, code))
