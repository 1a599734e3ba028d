"""Drafts of 征集单 in the database: written, held against their details, and counted from their issue on."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import and_, case, delete, func, insert, or_, select, union_all, update
from sqlmodel import Session

from models.levy import Levy, LevyDetail, LevyItem, LevySettled


def add_levies(session: Session, rows: list[dict[str, Any]]) -> list[int]:
    """Write these 征集单 and return their numbers in the same order."""
    if not rows:
        return []
    statement = insert(Levy).returning(Levy.id, sort_by_parameter_order=True)
    return list(session.scalars(statement, rows))


def find_wrong_sums(session: Session, run_id: int) -> int | None:
    """A draft of a run whose sums are not those of its items, or whose items' are not those of their people."""
    of_run = and_(Levy.run_id == run_id, Levy.state == "draft")
    details = (
        select(
            LevyDetail.levy_id,
            LevyDetail.seq,
            func.count().label("people"),
            func.sum(LevyDetail.base_fen).label("base_fen"),
        )
        .join(Levy, Levy.id == LevyDetail.levy_id)
        .where(of_run)
        .group_by(LevyDetail.levy_id, LevyDetail.seq)
        .subquery()
    )
    same_item = and_(details.c.levy_id == LevyItem.levy_id, details.c.seq == LevyItem.seq)
    bad_items = (
        select(LevyItem.levy_id)
        .join(Levy, Levy.id == LevyItem.levy_id)
        .outerjoin(details, same_item)
        .where(
            of_run,
            or_(
                details.c.people.is_distinct_from(LevyItem.people),
                details.c.base_fen.is_distinct_from(LevyItem.base_total_fen),
            ),
        )
    )
    normal_people = func.sum(case((LevyItem.kind == "normal", LevyItem.people), else_=0))
    items = (
        select(
            LevyItem.levy_id,
            normal_people.label("people"),
            func.sum(LevyItem.base_total_fen).label("base_fen"),
            func.sum(LevyItem.employer_fen).label("employer_fen"),
            func.sum(LevyItem.employee_fen).label("employee_fen"),
        )
        .join(Levy, Levy.id == LevyItem.levy_id)
        .where(of_run)
        .group_by(LevyItem.levy_id)
        .subquery()
    )
    bad_levies = (
        select(Levy.id)
        .outerjoin(items, items.c.levy_id == Levy.id)
        .where(
            of_run,
            or_(
                func.coalesce(items.c.people, 0) != Levy.people,
                func.coalesce(items.c.base_fen, 0) != Levy.base_total_fen,
                func.coalesce(items.c.employer_fen, 0) != Levy.employer_fen,
                func.coalesce(items.c.employee_fen, 0) != Levy.employee_fen,
            ),
        )
    )
    return session.scalars(union_all(bad_items, bad_levies).limit(1)).first()


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
