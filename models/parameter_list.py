"""Dated parameters as the bureau looks at them: in force, before and to come; and the changes that wait or are decided."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import Select, func, select
from sqlmodel import Session

from models.account import Account
from models.levy import LevyRun
from models.parameter_change import ParameterChange
from models.region import BaseParameter, RegionParameter, RegionRate
from models.unit import Unit, UnitRate
from rules.parameters import BOUNDS, KINDS, REGION_RATE, RETIREMENT, UNIT_RATE, fraction_of, millionths

Row = BaseParameter | RegionRate | UnitRate | RegionParameter
WITHOUT_END = date.max
"""The ``valid_to`` of a row that holds until another change closes it."""
# Windows are changed by two people, too, but are no parameters (services/windows.py).
_IS_PARAMETER = ParameterChange.kind.in_(KINDS)


def list_rows(
    session: Session, region_code: str, kind: str, insurance: str = "", unit_id: int | None = None
) -> list[Row]:
    """Every row of a kind, of one 险种 or of all, by 险种, the latest first; of ``unit_rate`` those of one unit."""
    table: Any = _TABLES.get(kind, RegionParameter)
    query = _of_kind(kind, region_code, unit_id)
    if table is not RegionParameter:
        query = query.order_by(table.insurance)
        if insurance:
            query = query.where(table.insurance == insurance)
    return list(session.scalars(query.order_by(table.valid_from.desc())))


def find_in_force(session: Session, change: ParameterChange) -> Row | None:
    """What is in force on the day a change begins."""
    return next(
        (one for one in _same(session, change) if one.valid_from <= change.valid_from < one.valid_to), None
    )


def find_start_after(session: Session, change: ParameterChange) -> date | None:
    """When a row of the same subject begins that does not begin before the change."""
    return min(
        (one.valid_from for one in _same(session, change) if one.valid_from >= change.valid_from),
        default=None,
    )


def make_row(change: ParameterChange) -> Row:
    """The row that a change becomes."""
    content = change.content
    dates: dict[str, Any] = {"valid_from": change.valid_from, "valid_to": WITHOUT_END}
    if change.kind == BOUNDS:
        return BaseParameter(
            region_code=change.region_code,
            insurance=change.insurance,
            average_fen=content["average"],
            floor_fen=content["floor"],
            cap_fen=content["cap"],
            rounding=content["rounding"],
            source=change.source,
            **dates,
        )
    if change.kind in (REGION_RATE, UNIT_RATE):
        dates["employer_millionths"] = millionths(content["employer"])
        dates["employee_millionths"] = millionths(content["employee"])
    if change.kind == REGION_RATE:
        return RegionRate(
            region_code=change.region_code, insurance=change.insurance, source=change.source, **dates
        )
    if change.kind == UNIT_RATE:
        return UnitRate(
            unit_id=change.unit_id,
            insurance=change.insurance,
            industry_class=_number(content["industry_class"]),
            floating_percent=_number(content["floating"]),
            reason=change.source,
            **dates,
        )
    value = content if change.kind == RETIREMENT else content["value"]
    return RegionParameter(
        region_code=change.region_code, name=change.kind, value=value, source=change.source, **dates
    )


def content_of(row: Row) -> dict[str, Any]:
    """A row as the content of a change: the fields of its kind."""
    if isinstance(row, BaseParameter):
        return {
            "average": row.average_fen,
            "floor": row.floor_fen,
            "cap": row.cap_fen,
            "rounding": row.rounding,
        }
    if isinstance(row, RegionParameter):
        return dict(row.value) if row.name == RETIREMENT else {"value": row.value}
    rates: dict[str, Any] = {
        "employer": fraction_of(row.employer_millionths),
        "employee": fraction_of(row.employee_millionths),
    }
    if isinstance(row, UnitRate):
        rates["industry_class"] = _text(row.industry_class)
        rates["floating"] = _text(row.floating_percent)
    return rates


def source_of(row: Row) -> str:
    """依据 or 理由."""
    return row.reason if isinstance(row, UnitRate) else row.source


def find_change(session: Session, region_code: str, change_id: int) -> ParameterChange | None:
    """A change of this region."""
    query = select(ParameterChange).where(
        ParameterChange.id == change_id, ParameterChange.region_code == region_code, _IS_PARAMETER
    )
    return session.scalars(query).first()


def list_changes(
    session: Session, region_code: str, states: Sequence[str], limit: int, subject: str = ""
) -> list[tuple[ParameterChange, Account, Unit | None]]:
    """Changes in these states with who entered them and the unit they are about, the latest first; of one subject or all."""
    query = (
        select(ParameterChange, Account, Unit)
        .join(Account, Account.id == ParameterChange.entered_by)
        .outerjoin(Unit, Unit.id == ParameterChange.unit_id)
        .where(ParameterChange.region_code == region_code, ParameterChange.state.in_(states), _IS_PARAMETER)
        .order_by(ParameterChange.id.desc())
    )
    if subject:
        query = query.where(ParameterChange.subject == subject)
    return [(change, account, unit) for change, account, unit in session.execute(query.limit(limit))]


def find_waiting(session: Session, region_code: str, subject: str) -> ParameterChange | None:
    """The change of a subject that waits for release."""
    query = select(ParameterChange).where(
        ParameterChange.region_code == region_code,
        ParameterChange.subject == subject,
        ParameterChange.state == "entered",
    )
    return session.scalars(query).first()


def was_released_since(session: Session, change: ParameterChange, moment: datetime) -> bool:
    """Whether another change of the region was released after a moment."""
    query = select(ParameterChange.id).where(
        ParameterChange.region_code == change.region_code,
        ParameterChange.state == "released",
        ParameterChange.decided_at > moment,
        _IS_PARAMETER,
    )
    return session.scalars(query.limit(1)).first() is not None


def find_last_month(session: Session, region_code: str) -> str | None:
    """The latest month that has a run, whatever its state."""
    found: str | None = session.scalar(
        select(func.max(LevyRun.month)).where(LevyRun.region_code == region_code)
    )
    return found


_TABLES: dict[str, Any] = {BOUNDS: BaseParameter, REGION_RATE: RegionRate, UNIT_RATE: UnitRate}


def _of_kind(kind: str, region_code: str, unit_id: int | None) -> Select[Any]:
    if kind == UNIT_RATE:
        return select(UnitRate).where(UnitRate.unit_id == unit_id)
    if kind in _TABLES:
        return select(_TABLES[kind]).where(_TABLES[kind].region_code == region_code)
    return select(RegionParameter).where(
        RegionParameter.region_code == region_code, RegionParameter.name == kind
    )


def _same(session: Session, change: ParameterChange) -> list[Row]:
    return list_rows(session, change.region_code, change.kind, change.insurance, change.unit_id)


def _number(text: str) -> int | None:
    return int(text) if text else None


def _text(number: int | None) -> str:
    return "" if number is None else str(number)
