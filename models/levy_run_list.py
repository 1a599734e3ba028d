"""征集 as the bureau looks at it: the months with their sums, what a run came to, and each unit in it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlmodel import Session

from models.account import Account
from models.levy import Levy, LevyConfirmation, LevyItem, LevyRun
from models.office import Office, within
from models.unit import Unit

RUNS_SHOWN = 36
UNITS_A_PAGE = 50
_COUNTS = Levy.state != "replaced"


@dataclass(frozen=True)
class RunTotal:
    """What a run came to: units with a 征集单, how many of those, and the amount in fen."""

    units: int = 0
    levies: int = 0
    total_fen: int = 0


@dataclass(frozen=True)
class ItemSum:
    """One 险种 and 应缴类型 over all units of a run; money in fen."""

    insurance: str
    kind: str
    people: int
    base_total_fen: int
    employer_fen: int
    employee_fen: int

    @property
    def total_fen(self) -> int:
        """应缴合计."""
        return self.employer_fen + self.employee_fen


@dataclass(frozen=True)
class UnitTotal:
    """A unit in a run; ``is_reissued``: at least one of its 征集单 is a later version."""

    unit: Unit
    levies: int
    total_fen: int
    is_confirmed: bool
    is_reissued: bool


@dataclass(frozen=True)
class LevyWithItems:
    """A 征集单 and its items in order."""

    levy: Levy
    items: list[LevyItem]


def list_runs(session: Session, region_code: str) -> list[tuple[LevyRun, RunTotal]]:
    """The latest months with what they came to, the newest first."""
    query = select(LevyRun).where(LevyRun.region_code == region_code).order_by(LevyRun.month.desc())
    runs = list(session.scalars(query.limit(RUNS_SHOWN)))
    totals = _totals(session, [run.key for run in runs])
    return [(run, totals.get(run.key, RunTotal())) for run in runs]


def total_run(session: Session, run_id: int) -> RunTotal:
    """What one run came to."""
    return _totals(session, [run_id]).get(run_id, RunTotal())


def sum_items(session: Session, run_id: int) -> list[ItemSum]:
    """The sums of a run by 险种 and 应缴类型; replaced versions do not count."""
    query = (
        select(
            Levy.insurance,
            LevyItem.kind,
            func.sum(LevyItem.people),
            func.sum(LevyItem.base_total_fen),
            func.sum(LevyItem.employer_fen),
            func.sum(LevyItem.employee_fen),
        )
        .join(LevyItem, LevyItem.levy_id == Levy.id)
        .where(Levy.run_id == run_id, _COUNTS)
        .group_by(Levy.insurance, LevyItem.kind)
    )
    return [
        ItemSum(insurance, kind, *(int(one) for one in sums))
        for insurance, kind, *sums in session.execute(query)
    ]


def count_confirmed(session: Session, run: LevyRun) -> int:
    """How many units of the run's region confirmed its month."""
    query = (
        select(func.count())
        .select_from(LevyConfirmation)
        .join(Unit, Unit.id == LevyConfirmation.unit_id)
        .where(Unit.region_code == run.region_code, LevyConfirmation.month == run.month)
    )
    return session.scalar(query) or 0


def list_run_units(
    session: Session,
    run: LevyRun,
    office: Office,
    unit_no: str = "",
    after: int = 0,
    limit: int = UNITS_A_PAGE + 1,
) -> list[UnitTotal]:
    """An office's units of a run behind one by number of row, whose 单位编号 begins like this; at most ``limit``."""
    confirmed = (
        select(LevyConfirmation.unit_id)
        .where(LevyConfirmation.unit_id == Unit.id, LevyConfirmation.month == run.month)
        .exists()
    )
    query = (
        select(Unit, func.count(), func.sum(Levy.total_fen), func.max(Levy.version), confirmed)
        .join(Levy, Levy.unit_id == Unit.id)
        .where(Levy.run_id == run.key, _COUNTS, Unit.id > after, within(office, Unit.region_code, Unit.id))
        .group_by(Unit.id)
        .order_by(Unit.id)
    )
    if unit_no:
        query = query.where(func.substr(Unit.unit_no, 1, len(unit_no)) == unit_no)
    return [
        UnitTotal(unit, levies, int(total), bool(is_confirmed), version > 1)
        for unit, levies, total, version, is_confirmed in session.execute(query.limit(limit))
    ]


def list_unit_levies(session: Session, run_id: int, unit_id: int) -> list[LevyWithItems]:
    """Every 征集单 of a unit in a run with its items: by 险种, the newest version first."""
    levies = session.scalars(
        select(Levy)
        .where(Levy.run_id == run_id, Levy.unit_id == unit_id)
        .order_by(Levy.insurance, Levy.version.desc())
    ).all()
    query = select(LevyItem).where(LevyItem.levy_id.in_([levy.key for levy in levies]))
    by_levy: dict[int, list[LevyItem]] = {}
    for item in session.scalars(query.order_by(LevyItem.levy_id, LevyItem.seq)):
        by_levy.setdefault(item.levy_id, []).append(item)
    return [LevyWithItems(levy, by_levy.get(levy.key, [])) for levy in levies]


def find_confirmation(session: Session, unit_id: int, month: str) -> tuple[LevyConfirmation, Account] | None:
    """That a unit confirmed a month, and who did."""
    query = (
        select(LevyConfirmation, Account)
        .join(Account, Account.id == LevyConfirmation.confirmed_by)
        .where(LevyConfirmation.unit_id == unit_id, LevyConfirmation.month == month)
    )
    found = session.execute(query).first()
    return (found[0], found[1]) if found else None


def find_units(session: Session, ids: Iterable[int]) -> dict[int, Unit]:
    """Units by their numbers of row."""
    return {unit.id or 0: unit for unit in session.scalars(select(Unit).where(Unit.id.in_(set(ids))))}


def _totals(session: Session, run_ids: list[int]) -> dict[int, RunTotal]:
    query = (
        select(
            Levy.run_id,
            func.count(Levy.unit_id.distinct()),
            func.count(),
            func.sum(Levy.total_fen),
        )
        .where(Levy.run_id.in_(run_ids), _COUNTS)
        .group_by(Levy.run_id)
    )
    return {run: RunTotal(units, levies, int(total)) for run, units, levies, total in session.execute(query)}
