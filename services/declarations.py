"""A declaration from 开始 to ready: start it, fill its list, refresh the list, confirm, state, cancel."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import exists, func, insert, select, update
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session

from models import audit
from models.account import Actor
from models.db import transaction
from models.declaration import (
    Declaration,
    DeclarationInsurance,
    Statement,
    Tally,
    WageRow,
    find_declaration,
    find_statement,
    get_tally,
)
from models.filing import list_declaration_filings
from models.region import find_window, first_day, get_region
from models.unit import get_unit, list_rates
from models.wage_list import insert_new, insured_in, next_rows, renumber, update_insurances, update_records
from rules.insurances import ALL
from rules.refusals import Conflict, Missing, Refusal
from services.work import LeaseLost, Task, end_job, put_job

CHUNK = 2000
START_JOB = "start"


def get_open(session: Session, actor: Actor, declaration_id: int) -> Declaration:
    """The unit's declaration, locked and open for changes.

    Raises ``Missing``, or ``Refusal`` ``declaration.not_open`` with its state.
    """
    declaration = get_own(session, actor, declaration_id, lock=True)
    if declaration.state != "open":
        raise Refusal("declaration.not_open", state=declaration.state)
    return declaration


def get_own(session: Session, actor: Actor, declaration_id: int, *, lock: bool = False) -> Declaration:
    """The unit's declaration in any state; raises ``Missing``."""
    declaration = find_declaration(session, actor.own_unit_id, declaration_id, lock=lock)
    if declaration is None:
        raise Missing(declaration_id)
    return declaration


def start_declaration(actor: Actor, year: int, insurances: Iterable[str], now: datetime) -> tuple[int, int]:
    """开始 (manual 黑龙江 三(一)): open a declaration and put down the job that fills its list.

    Returns the numbers of declaration and job. Raises ``Refusal``: ``start.no_insurance``, ``start.unopened``
    before 险种开通 (manual 黑龙江 二), ``start.not_opened`` for an 险种 the unit does not pay,
    ``start.no_window``, ``start.not_yet`` with the opening day, ``start.already`` with the live one's id.
    """
    chosen = [code for code in ALL if code in set(insurances)]
    if not chosen:
        raise Refusal("start.no_insurance", "insurances")
    try:
        with transaction() as session:
            declaration = _new_declaration(session, actor, year, now)
            opened = list_rates(session, actor.own_unit_id, first_day(declaration.effective_month))
            if not_opened := [code for code in chosen if code not in opened]:
                raise Refusal("start.not_opened", "insurances", insurances=not_opened)
            session.add(declaration)
            session.flush()
            assert declaration.id is not None
            session.add(Tally(declaration_id=declaration.id))
            for code in chosen:
                session.add(
                    DeclarationInsurance(
                        declaration_id=declaration.id, insurance=code, unit_id=actor.own_unit_id, year=year
                    )
                )
            session.flush()
            audit.record(
                session,
                actor,
                "declaration_started",
                "declaration",
                declaration.id,
                now,
                after={"year": year, "insurances": chosen},
            )
            return declaration.id, put_job(session, START_JOB, declaration.id, actor.own_unit_id, now)
    except IntegrityError as error:
        # The partial unique index speaks: somebody, perhaps the other tab, was first.
        raise Refusal("start.already", "insurances", year=year) from error


def restart_declaration(actor: Actor, declaration_id: int, now: datetime) -> int:
    """Try again to fill the list of a declaration whose start failed; returns the job's number."""
    with transaction() as session:
        declaration = get_own(session, actor, declaration_id, lock=True)
        if declaration.state not in ("failed", "starting"):
            raise Refusal("declaration.not_open", state=declaration.state)
        declaration.state = "starting"
        session.add(declaration)
        audit.record(session, actor, "declaration_restarted", "declaration", declaration_id, now)
        return put_job(session, START_JOB, declaration_id, actor.own_unit_id, now)


def fill_list(task: Task) -> None:
    """The start job: everyone actively insured, in chunks of their own transaction; may run again."""
    declaration_id = task.subject_id
    with transaction() as session:
        declaration = session.get_one(Declaration, declaration_id)
        total = (
            session.scalar(select(func.count()).select_from(insured_in(session, declaration).subquery())) or 0
        )
    if declaration.state != "starting":
        raise LeaseLost(task.kind, task.job_id)
    if total == 0:
        raise Refusal("start.nobody")
    task.report(0, total)
    done = _add_insured(task, declaration, total)
    with transaction() as session:
        renumber(session, declaration_id)
        session.connection().execute(
            update(Declaration)
            .where(Declaration.id == declaration_id, Declaration.state == "starting")
            .values(state="open")
        )
        end_job(session, task, task.clock(), result={"people": done})
        audit.record(
            session,
            None,
            "list_filled",
            "declaration",
            declaration_id,
            task.clock(),
            unit_id=task.unit_id,
            after={"people": done},
        )


def fail_list(session: Session, task: Task, code: str, params: dict[str, Any]) -> None:
    """The start job gave up: the declaration says so, and may be started again or cancelled."""
    session.connection().execute(
        update(Declaration)
        .where(Declaration.id == task.subject_id, Declaration.state == "starting")
        .values(state="failed")
    )
    audit.record(
        session,
        None,
        "start_failed",
        "declaration",
        task.subject_id,
        task.clock(),
        unit_id=task.unit_id,
        after={"code": code},
    )


class Refreshed(NamedTuple):
    """How many came, how many went, and of how many a name or a number is another now."""

    joined: int
    left: int
    changed: int


def refresh_list(actor: Actor, declaration_id: int, now: datetime) -> Refreshed:
    """刷新名单: bring in who joined, take out who left, take over changed names and numbers.

    A wage already entered is kept with the row of a person who left, and is there again on return.
    """
    with transaction() as session:
        declaration = get_open(session, actor, declaration_id)
        insured = insured_in(session, declaration).subquery()
        is_insured = exists().where(insured.c.person_id == WageRow.person_id)
        connection = session.connection()
        left = connection.execute(
            update(WageRow)
            .where(WageRow.declaration_id == declaration_id, WageRow.is_active, ~is_insured)
            .values(is_active=False)
        ).rowcount
        back = connection.execute(
            update(WageRow)
            .where(WageRow.declaration_id == declaration_id, ~WageRow.is_active, is_insured)
            .values(is_active=True)
        ).rowcount
        update_insurances(session, declaration)
        changed = update_records(session, declaration_id)
        joined = insert_new(session, declaration) + back
        if left or joined:
            renumber(session, declaration_id)
            declaration.roster_version += 1
        declaration.is_list_stale = False
        session.add(declaration)
        after = {"joined": joined, "left": left} | ({"changed": changed} if changed else {})
        audit.record(session, actor, "list_refreshed", "declaration", declaration_id, now, after=after)
        return Refreshed(joined, left, changed)


def confirm_left(actor: Actor, declaration_id: int, revision: int, now: datetime) -> None:
    """The clerk read the names of those not entered and says that they are not declared this time.

    Raises ``Conflict`` ``check.changed`` when the list has changed since it was read.
    """
    with transaction() as session:
        declaration = get_open(session, actor, declaration_id)
        tally = get_tally(session, declaration_id)
        if tally.revision != revision:
            raise Conflict("check.changed")
        declaration.left_confirmed_revision = revision
        session.add(declaration)
        audit.record(
            session,
            actor,
            "left_out_confirmed",
            "declaration",
            declaration_id,
            now,
            after={"people": tally.insured - tally.entered, "revision": revision},
        )


def save_statement(
    actor: Actor, declaration_id: int, content: dict[str, Any], version: int, now: datetime
) -> Statement:
    """Save the 说明信息, already validated by rules/statement.py.

    ``version`` is the one that the form was drawn from (0: none yet); raises ``Conflict``
    ``statement.changed`` when another operator saved since.
    """
    with transaction() as session:
        get_open(session, actor, declaration_id)
        return write_statement(session, actor, declaration_id, content, version, now)


def write_statement(
    session: Session, actor: Actor, declaration_id: int, content: dict[str, Any], version: int, now: datetime
) -> Statement:
    """The same inside a running transaction on a locked declaration."""
    statement = find_statement(session, declaration_id)
    before = statement.content if statement else None
    if (statement.version if statement else 0) != version:
        raise Conflict("statement.changed")
    if statement is None:
        statement = Statement(declaration_id=declaration_id, saved_by=actor.account_id, saved_at=now)
    elif before == content:
        return statement
    else:
        statement.version += 1
    statement.content, statement.saved_by, statement.saved_at = content, actor.account_id, now
    session.add(statement)
    audit.record(
        session, actor, "statement_saved", "declaration", declaration_id, now, before=before, after=content
    )
    return statement


def cancel_declaration(actor: Actor, declaration_id: int, now: datetime) -> None:
    """放弃: give up a declaration of which nothing was ever submitted, so that another can be started."""
    with transaction() as session:
        declaration = get_own(session, actor, declaration_id, lock=True)
        if declaration.state not in ("open", "failed") or list_declaration_filings(session, declaration_id):
            raise Refusal("declaration.not_open", state=declaration.state)
        declaration.state = "cancelled"
        session.add(declaration)
        session.connection().execute(
            update(DeclarationInsurance)
            .where(DeclarationInsurance.declaration_id == declaration_id)
            .values(is_live=False)
        )
        audit.record(session, actor, "declaration_cancelled", "declaration", declaration_id, now)


def _new_declaration(session: Session, actor: Actor, year: int, now: datetime) -> Declaration:
    window = find_window(session, actor.region_code, year)
    if window is None:
        raise Refusal("start.no_window", "year", year=year)
    if now.date() < window.opens_on:
        raise Refusal("start.not_yet", "year", opens_on=window.opens_on.isoformat())
    region = get_region(session, actor.region_code)
    if region.needs_opening and get_unit(session, actor.own_unit_id).opened_at is None:
        raise Refusal("start.unopened")
    return Declaration(
        unit_id=actor.own_unit_id,
        region_code=actor.region_code,
        year=year,
        effective_month=window.effective_month,
        wage_basis=region.wage_basis,
        months=12 if region.wage_basis == "annual" else 1,
        started_by=actor.account_id,
        started_at=now,
    )


def _add_insured(task: Task, declaration: Declaration, total: int) -> int:
    assert declaration.id is not None
    done = last = 0
    while True:
        with transaction() as session:
            rows, last = next_rows(session, declaration, last, CHUNK)
            if rows:
                present = set(
                    session.scalars(
                        select(WageRow.person_id).where(
                            WageRow.declaration_id == declaration.id,
                            WageRow.person_id.in_([row["person_id"] for row in rows]),
                        )
                    )
                )
                fresh = [row for row in rows if row["person_id"] not in present]
                if fresh:
                    session.connection().execute(insert(WageRow), fresh)
        if not rows:
            return done
        done += len(rows)
        task.report(done, max(total, done))
