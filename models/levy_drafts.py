"""Drafts of 征集单 in the database: written, held against their details, and counted from their issue on."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, NamedTuple

from sqlalchemy import and_, case, delete, func, insert, or_, select, update
from sqlmodel import Session

from models.levy import Levy, LevyDetail, LevyItem, LevySettled


def add_levies(session: Session, rows: list[dict[str, Any]]) -> list[int]:
    """Write these 征集单 and return their numbers in the same order."""
    if not rows:
        return []
    statement = insert(Levy).returning(Levy.id, sort_by_parameter_order=True)
    return list(session.scalars(statement, rows))


class DraftItem(NamedTuple):
    """An item of a draft, and what its people add up to; money in fen."""

    item: LevyItem
    people: int
    base_total_fen: int
    employee_fen: int


def list_draft_items(session: Session, run_id: int) -> list[DraftItem]:
    """Every item of a run's drafts beside the sums of its people."""
    drafts = and_(Levy.run_id == run_id, Levy.state == "draft")
    of_people = (
        select(
            LevyDetail.levy_id,
            LevyDetail.seq,
            func.count().label("people"),
            func.sum(LevyDetail.base_fen).label("base_fen"),
            func.sum(LevyDetail.employee_fen).label("employee_fen"),
        )
        .join(Levy, Levy.id == LevyDetail.levy_id)
        .where(drafts)
        .group_by(LevyDetail.levy_id, LevyDetail.seq)
        .subquery()
    )
    query = (
        select(LevyItem, of_people.c.people, of_people.c.base_fen, of_people.c.employee_fen)
        .join(Levy, Levy.id == LevyItem.levy_id)
        .outerjoin(of_people, and_(of_people.c.levy_id == LevyItem.levy_id, of_people.c.seq == LevyItem.seq))
        .where(drafts)
    )
    return [
        DraftItem(item, people or 0, int(base or 0), int(employee or 0))
        for item, people, base, employee in session.execute(query)
    ]


def find_wrong_levy(session: Session, run_id: int) -> int | None:
    """A draft of a run that is not the sum of its items."""
    of_items = (
        select(
            LevyItem.levy_id,
            func.sum(case((LevyItem.kind == "normal", LevyItem.people), else_=0)).label("people"),
            func.sum(LevyItem.base_total_fen).label("base_fen"),
            func.sum(LevyItem.employer_fen).label("employer_fen"),
            func.sum(LevyItem.employee_fen).label("employee_fen"),
        )
        .join(Levy, Levy.id == LevyItem.levy_id)
        .where(Levy.run_id == run_id, Levy.state == "draft")
        .group_by(LevyItem.levy_id)
        .subquery()
    )
    wrong = or_(
        func.coalesce(of_items.c.people, 0) != Levy.people,
        func.coalesce(of_items.c.base_fen, 0) != Levy.base_total_fen,
        func.coalesce(of_items.c.employer_fen, 0) != Levy.employer_fen,
        func.coalesce(of_items.c.employee_fen, 0) != Levy.employee_fen,
    )
    query = select(Levy.id).outerjoin(of_items, of_items.c.levy_id == Levy.id)
    return session.scalars(query.where(Levy.run_id == run_id, Levy.state == "draft", wrong).limit(1)).first()


def issue_drafts(session: Session, run_id: int, now: datetime, not_due_before: date) -> None:
    """From now on the drafts of a run count, and none is due before a day."""
    drafts = update(Levy).where(Levy.run_id == run_id, Levy.state == "draft")
    connection = session.connection()
    connection.execute(drafts.where(Levy.due_on < not_due_before).values(due_on=not_due_before))
    connection.execute(drafts.values(state="issued", issued_at=now))
    session.expire_all()


def delete_drafts(session: Session, run_id: int) -> None:
    """Throw the drafts of a run away, and what it settled."""
    drafts = select(Levy.id).where(Levy.run_id == run_id, Levy.state == "draft").scalar_subquery()
    connection = session.connection()
    for table in (LevyDetail, LevyItem):
        connection.execute(delete(table).where(table.levy_id.in_(drafts)))
    connection.execute(delete(Levy).where(Levy.run_id == run_id, Levy.state == "draft"))
    connection.execute(delete(LevySettled).where(LevySettled.run_id == run_id))
