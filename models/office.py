"""Whose units somebody of the bureau sees and decides: the one condition that every query of the bureau uses."""

from __future__ import annotations

from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, and_, select
from sqlmodel import Session

from models.unit import Unit


class Office(NamedTuple):
    """A bureau: the whole region with ``code`` '', else its 盟市 (4 digits) or 旗县 (6 digits)."""

    region_code: str
    code: str = ""


def within(office: Office, region_code: Any, unit_id: Any) -> ColumnElement[bool]:
    """Whether a row, by its columns of region and unit, belongs to an office.

    What has no unit yet (a unit that asks to be registered) is the whole region's alone.
    """
    in_region: ColumnElement[bool] = region_code == office.region_code
    if not office.code:
        return in_region
    units = select(Unit.id).where(
        Unit.region_code == office.region_code, Unit.office_code.like(f"{office.code}%")
    )
    return and_(in_region, unit_id.in_(units))


def find_office_unit(session: Session, office: Office, unit_id: int) -> Unit | None:
    """A unit that this office looks after."""
    query = select(Unit).where(Unit.id == unit_id, within(office, Unit.region_code, Unit.id))
    return session.scalars(query).first()
