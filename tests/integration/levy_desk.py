"""The bureau's side of 征集 as short cuts: a month levied and issued, and what it is levied by changed from SQL."""

from __future__ import annotations

from datetime import date

from sqlalchemy import select, update

from jobs.runner import Runner
from models.db import reading, transaction
from models.levy import Levy
from models.person import Enrolment, PersonBase
from models.region import BaseParameter
from models.unit import UnitRate
from services.levy_runs import issue_run, start_run
from tests.factories import NOW, actor


def draft_month(runner: Runner, month: str, by: str = "gao") -> int:
    """A month calculated and not issued; the number of its run."""
    run_id, job_id = start_run(actor(by), month, NOW)
    assert job_id is not None
    runner.run(job_id)
    return run_id


def issue_month(runner: Runner, month: str, by: str = "gao") -> None:
    """A month levied and issued for a whole region."""
    issue_run(actor(by), draft_month(runner, month, by), NOW)


def get_levy(unit_id: int, month: str, insurance: str) -> Levy:
    """What counts of a unit's month."""
    with reading() as session:
        query = select(Levy).where(Levy.unit_id == unit_id, Levy.month == month, Levy.insurance == insurance)
        return session.scalars(query.where(Levy.state == "issued")).one()


def set_wages(unit_id: int, wage_fen: int, person_id: int | None = None) -> None:
    """Everybody's, or one person's, declared wage of every month."""
    change = update(PersonBase).where(PersonBase.unit_id == unit_id).values(wage_fen=wage_fen)
    with transaction() as session:
        session.connection().execute(change.where(PersonBase.person_id == person_id) if person_id else change)


def end_cover(unit_id: int, person_id: int, last_month: str) -> None:
    """The person is insured through the unit until the end of a month."""
    change = update(Enrolment).where(Enrolment.unit_id == unit_id, Enrolment.person_id == person_id)
    with transaction() as session:
        session.connection().execute(change.values(state="ended", to_month=last_month))


def new_bounds(region: str, insurance: str, since: date, floor_fen: int, cap_fen: int) -> None:
    """Other bounds from a day on; the row in force ends there."""
    with transaction() as session:
        query = select(BaseParameter).where(
            BaseParameter.region_code == region, BaseParameter.insurance == insurance
        )
        old = session.scalars(query).one()
        values = old.model_dump(exclude={"id"}) | {
            "valid_from": since,
            "floor_fen": floor_fen,
            "cap_fen": cap_fen,
            "source": "示例公告〔2026〕2号",
        }
        old.valid_to = since
        session.add_all([old, BaseParameter(**values)])


def new_rate(
    unit_id: int, insurance: str, since: date, employer: int, employee: int = 0, **other: object
) -> None:
    """Another rate of the unit's own from a day on, in millionths."""
    with transaction() as session:
        query = select(UnitRate).where(UnitRate.unit_id == unit_id, UnitRate.insurance == insurance)
        old = session.scalars(query).one()
        values = old.model_dump(exclude={"id"}) | {
            "valid_from": since,
            "employer_millionths": employer,
            "employee_millionths": employee,
            **other,
        }
        old.valid_to = since
        session.add_all([old, UnitRate(**values)])
