"""A unit's lists as full as its people make them: 业务, 通知 and a few people who are hard to find; run by ``inside``."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, insert, select, text, update

from models import db
from models.account import Actor
from models.filing import Filing
from models.filing_parts import FilingLine
from models.notice import Notice
from models.unit import Unit

FEW = 60
"""So many of the people have the name, so many the state that is searched for; it fills a page of either unit."""
NAME = "测试"
# A page of every list is full in the smallest unit, and grows no longer with it.
_FEWEST = 220
_A_FILING_FOR = 5


def fill_lists(actor: Actor, people: int, now: datetime) -> None:
    """Filings in proportion to the people, half of them approved, with a line and a notice each."""
    count = max(people // _A_FILING_FOR, 2 * _FEWEST)
    with db.transaction() as session:
        connection = session.connection()
        unit = session.scalars(select(Unit).where(Unit.id == actor.own_unit_id)).one()
        _hide_few(connection, people)
        filings = [_filing(actor, unit, number, now) for number in range(count)]
        connection.execute(insert(Filing), filings)
        connection.execute(update(Filing).where(Filing.state == "draft").values(state="pending"))
        half = {"state": "approved", "decided_at": now}
        connection.execute(update(Filing).where(Filing.state == "pending", Filing.id % 2 == 0).values(half))
        found = list(session.execute(select(Filing.id, Filing.title).where(Filing.kind == "person_in")))
        connection.execute(insert(FilingLine), [_line(number, title) for number, title in found])
        connection.execute(insert(Notice), [_notice(actor, number, title, now) for number, title in found])


def _hide_few(connection: Connection, people: int) -> None:
    """Spread over the whole list: a few with a name of their own, a few others whose cover is suspended."""
    step = people // FEW
    for statement in (
        f"UPDATE person SET name = '{NAME}' || name WHERE id % {step} = 0",
        f"UPDATE enrolment SET state = 'suspended' WHERE person_id % {step} = {step - 1}",
    ):
        connection.execute(text(statement))


def _filing(actor: Actor, unit: Unit, number: int, now: datetime) -> dict[str, Any]:
    return {
        "receipt_no": f"BENCH-{number:08d}",
        "kind": "person_in",
        "unit_id": unit.id,
        "region_code": unit.region_code,
        "year": now.year,
        "title": f"某人{number}",
        "state": "draft",
        "people": 1,
        "submitted_by": actor.account_id,
        "submitter_name": actor.name,
        "submitted_at": now,
    }


def _line(number: int, title: str) -> dict[str, Any]:
    return {
        "filing_id": number,
        "seq": 1,
        "title": title,
        "typed": {},
        "content": {"name": title},
        "problems": [],
    }


def _notice(actor: Actor, number: int, title: str, now: datetime) -> dict[str, Any]:
    params = {"title": title, "receipt_no": f"BENCH-{number:08d}", "kind": "person_in", "year": now.year}
    return {
        "unit_id": actor.own_unit_id,
        "kind": "filing_pending",
        "params": params,
        "filing_id": number,
        "key": f"bench:{number}",
        "at": now,
    }
