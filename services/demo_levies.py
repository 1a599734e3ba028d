"""Sample levies (示例): the months before this one, issued and, but for the last, paid."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import select, update
from sqlmodel import Session

from documents.limits import Limits
from models.account import Account, Actor, find_account
from models.db import reading, transaction
from models.levy import Levy, LevyRun, find_last_run
from models.notice import Notice, NoticeRead
from models.person import Enrolment
from models.region import first_day
from models.unit import Unit
from rules.levies import month_before
from rules.money import yuan_text
from services import levy_runs
from services.demo import HEILONGJIANG, INNER_MONGOLIA
from services.payment_files import book_file

MONTHS = {HEILONGJIANG: ("sbj_hlj", 2), INNER_MONGOLIA: ("sbj_nmg", 12)}
"""A year for the small region; the unit of twenty thousand people would take its time at the first start."""


def fill_levies(now: datetime) -> None:
    """Issue the months before this one in each region that has none; the last of them is still to be paid."""
    for username, count in MONTHS.values():
        with reading() as session:
            actor = _reviewer(session, username)
            if find_last_run(session, actor.region_code) is not None:
                continue
        with transaction() as session:
            _spread_joiners(
                session, actor.region_code, [month_before(f"{now:%Y%m}", back) for back in range(count)]
            )
        for back in range(count, 0, -1):
            month = month_before(f"{now:%Y%m}", back)
            day = first_day(month)
            issued_at = now.replace(year=day.year, month=day.month, day=6, hour=9, minute=30)
            _issue(actor, month, issued_at)
            if back > 1:
                _pay(actor, month, issued_at + timedelta(days=14))
        with transaction() as session:
            _read_old_notices(session, actor.region_code, month_before(f"{now:%Y%m}"), now)


def _reviewer(session: Session, username: str) -> Actor:
    account = find_account(session, username)
    assert account is not None and account.id is not None
    return Actor(account.id, account.display_name, account.role, account.region_code, None, "")


def _spread_joiners(session: Session, region_code: str, months: list[str]) -> None:
    """Some people came within the year, a different number each month, so that the months are not all alike."""
    units = select(Unit.id).where(Unit.region_code == region_code, Unit.name.like("%示例%")).scalar_subquery()
    for place, month in enumerate(months):
        joined = Enrolment.person_id % 97
        session.connection().execute(
            update(Enrolment)
            .where(Enrolment.unit_id.in_(units), joined >= place * 2, joined < place * 2 + 1 + place % 2)
            .values(from_month=month)
        )


def _issue(actor: Actor, month: str, at: datetime) -> None:
    with transaction() as session:
        run = LevyRun(region_code=actor.region_code, month=month, started_by=actor.account_id, started_at=at)
        session.add(run)
        session.flush()
        run_id = run.key
    for _done in levy_runs.calculate_units(run_id):
        pass
    levy_runs.issue_run(actor, run_id, at)


def _pay(actor: Actor, month: str, at: datetime) -> None:
    """The tax office's file of everything that the month came to."""
    with reading() as session:
        query = (
            select(Levy)
            .join(LevyRun, LevyRun.id == Levy.run_id)
            .where(LevyRun.region_code == actor.region_code, Levy.month == month, Levy.total_fen > 0)
        )
        lines = [
            f"{levy.serial_no},{yuan_text(levy.total_fen)},{at:%Y-%m-%d},SW{levy.serial_no}"
            for levy in session.scalars(query.order_by(Levy.id))
        ]
    data = "\r\n".join(["流水号,金额,缴款日期,凭证号", *lines]).encode("gb18030")
    book_file(actor, f"税务入账-{month}-示例.csv", data, Limits(), at)


def _read_old_notices(session: Session, region_code: str, last_month: str, now: datetime) -> None:
    query = select(Notice.id, Notice.unit_id, Notice.params).where(Notice.kind == "levy_issued")
    operators = select(Account.id, Account.unit_id).where(Account.region_code == region_code)
    accounts = session.execute(operators).all()
    session.add_all(
        NoticeRead(notice_id=notice_id, account_id=account_id, read_at=now)
        for notice_id, unit_id, params in session.execute(query)
        for account_id, its_unit in accounts
        if its_unit == unit_id and params["period"] != last_month
    )
