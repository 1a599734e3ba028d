"""Who is on the list of a wage declaration: everyone insured through the unit, in the order of 个人编号."""

from __future__ import annotations

from typing import Any

from sqlalchemy import and_, case, func, insert, or_, select, update
from sqlmodel import Session

from models.declaration import Declaration, WageRow, list_insurances
from models.person import Enrolment, Person, PersonBase
from rules.insurances import ALL


def insured_in(session: Session, declaration: Declaration) -> Any:
    """Person and 险种 of everyone actively insured through the unit in any of the chosen 险种."""
    assert declaration.id is not None
    chosen = list_insurances(session, declaration.id)
    flags = [func.max(case((Enrolment.insurance == code, 1), else_=0)).label(f"has_{code}") for code in ALL]
    return (
        select(Enrolment.person_id, *flags)
        .where(
            Enrolment.unit_id == declaration.unit_id,
            Enrolment.state == "active",
            Enrolment.insurance.in_(chosen),
        )
        .group_by(Enrolment.person_id)
    )


def _old_wages(declaration: Declaration, insured: Any) -> Any:
    """Last year's declared wage (原工资) of these people."""
    return (
        select(PersonBase.person_id, func.max(PersonBase.wage_fen).label("wage_fen"))
        .where(
            PersonBase.unit_id == declaration.unit_id,
            PersonBase.year == declaration.year - 1,
            PersonBase.person_id.in_(select(insured.c.person_id)),
        )
        .group_by(PersonBase.person_id)
        .subquery()
    )


def next_rows(
    session: Session, declaration: Declaration, after_id: int, limit: int
) -> tuple[list[dict[str, Any]], int]:
    """New rows of the next people behind a person, and the last of these."""
    insured = insured_in(session, declaration).where(Enrolment.person_id > after_id)
    insured = insured.order_by(Enrolment.person_id).limit(limit).subquery()
    rows = _new_rows(session, declaration, insured)
    return rows, rows[-1]["person_id"] if rows else after_id


def _new_rows(session: Session, declaration: Declaration, insured: Any) -> list[dict[str, Any]]:
    old = _old_wages(declaration, insured)
    query = (
        select(Person.id, Person.person_no, Person.name, Person.id_number, old.c.wage_fen, insured)
        .join(insured, insured.c.person_id == Person.id)
        .outerjoin(old, old.c.person_id == Person.id)
        .order_by(Person.id)
    )
    return [
        {
            "declaration_id": declaration.id,
            "seq": row.id,
            "person_id": row.id,
            "person_no": row.person_no,
            "name": row.name,
            "id_number": row.id_number,
            "insurances": _codes(row),
            "old_wage_fen": row.wage_fen,
        }
        for row in session.connection().execute(query)
    ]


def _codes(row: Any) -> str:
    return " ".join(code for code in ALL if getattr(row, f"has_{code}"))


def insert_new(session: Session, declaration: Declaration) -> int:
    """Bring in who is insured and not on the list; returns how many."""
    known = select(WageRow.person_id).where(WageRow.declaration_id == declaration.id)
    insured = insured_in(session, declaration).where(Enrolment.person_id.not_in(known)).subquery()
    rows = _new_rows(session, declaration, insured)
    if rows:
        session.connection().execute(insert(WageRow), rows)
    return len(rows)


def update_insurances(session: Session, declaration: Declaration) -> None:
    """Somebody may have joined or left one 险种 and stayed in another."""
    insured = insured_in(session, declaration).subquery()
    query = select(WageRow.id, WageRow.insurances.label("was"), insured).join(
        insured, and_(insured.c.person_id == WageRow.person_id, WageRow.declaration_id == declaration.id)
    )
    for row in session.connection().execute(query).all():
        if _codes(row) != row.was:
            session.connection().execute(
                update(WageRow).where(WageRow.id == row.id).values(insurances=_codes(row))
            )


def update_records(session: Session, declaration_id: int) -> int:
    """Take over what 人员信息变更 has changed; wages and 序号 stay."""
    names = ("person_no", "name", "id_number")
    pairs = [(getattr(WageRow, name), getattr(Person, name)) for name in names]
    changed = session.connection().execute(
        update(WageRow)
        .where(WageRow.declaration_id == declaration_id, WageRow.person_id == Person.id)
        .where(or_(*(kept != known for kept, known in pairs)))
        .values({kept: known for kept, known in pairs})
    )
    return changed.rowcount


def renumber(session: Session, declaration_id: int) -> None:
    """序号 1, 2, 3 … in the order of 个人编号, so that a page is a range of keys."""
    ranked = (
        select(WageRow.id, func.row_number().over(order_by=(WageRow.person_no, WageRow.id)).label("seq"))
        .where(WageRow.declaration_id == declaration_id, WageRow.is_active)
        .subquery()
    )
    session.connection().execute(
        update(WageRow).values(seq=ranked.c.seq).where(WageRow.id == ranked.c.id, WageRow.seq != ranked.c.seq)
    )
