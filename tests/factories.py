"""Small builders of what a test needs: a region with its rules, a unit with its people, who may sign in."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone
from typing import Any

from argon2 import PasswordHasher
from sqlalchemy import delete, insert, select, update

from models.account import USUAL_RIGHTS, Account, Actor
from models.db import reading, transaction
from models.person import Enrolment, Person, PersonBase
from models.project import Project, ProjectCharge
from models.region import BaseParameter, DeclarationWindow, Region, RegionParameter
from models.unit import Unit, UnitRate
from rules.duties import USUAL_DUTIES
from rules.identity import id_check_digit

CHINA = timezone(timedelta(hours=8))
NOW = datetime(2026, 6, 18, 9, 0, tzinfo=CHINA)
YEAR = 2026
NORTH, WEST = "230000", "150000"
ALL = ("310", "410", "510")
FLOOR, CAP = 462_300, 2_311_500
PASSWORD = "正确的-horse-2026"
# As strong as a test needs: the parameters travel in the hash, so signing in is the real thing and quick.
PASSWORD_HASH = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(PASSWORD)
NAMES = (
    "王秀兰",
    "李敏",
    "乌云·其木格",
    "䶮𬭎",
    "赵海燕",
    "孙志刚",
    "张建国",
    "陈静",
    "高志强",
    "周立新",
    "刘洋",
    "吴磊",
)
_numbers = itertools.count(1)


@dataclass(frozen=True)
class MadeUnit:
    """A unit with the ids of its people, in the order of 个人编号."""

    id: int
    unit_no: str
    region: str
    people: tuple[int, ...]


@dataclass(frozen=True)
class World:
    """Two regions, three units, an operator or two for each, a reviewer for each region."""

    ours: MadeUnit
    theirs: MadeUnit
    far: MadeUnit


def make_world(people: int = 5) -> World:
    """``ours`` (wang, li) and ``theirs`` (zhao) in the north, ``far`` (chen) in the west; gao and na review."""
    make_region(NORTH, "annual")
    make_region(WEST, "monthly")
    world = World(
        make_unit(NORTH, "23000072", people),
        make_unit(NORTH, "23000099", 4),
        make_unit(WEST, "15010312", 3, ("410",), base_wage_fen=600_000),
    )
    make_account("wang", "王经办", NORTH, world.ours.id)
    make_account("li", "李经办", NORTH, world.ours.id)
    make_account("zhao", "赵经办", NORTH, world.theirs.id)
    make_account("chen", "陈经办", WEST, world.far.id)
    make_account("gao", "高审核", NORTH, None)
    make_account("na", "娜审核", WEST, None)
    return world


def make_region(code: str, basis: str, insurances: Iterable[str] = ALL) -> str:
    """A region with bounds for some 险种 and a window from March to July of 2026."""
    with transaction() as session:
        session.add(Region(code=code, name=f"地区{code}", bureau_name=f"社保局{code}", wage_basis=basis))
        session.flush()
        session.add(
            DeclarationWindow(
                region_code=code,
                year=YEAR,
                opens_on=date(YEAR, 3, 1),
                closes_on=date(YEAR, 7, 31),
                effective_month=f"{YEAR}07",
            )
        )
        for insurance in insurances:
            session.add(
                BaseParameter(
                    region_code=code,
                    insurance=insurance,
                    valid_from=date(YEAR - 1, 1, 1),
                    valid_to=date(YEAR + 1, 1, 1),
                    average_fen=770_500,
                    floor_fen=FLOOR,
                    cap_fen=CAP,
                )
            )
    return code


def set_bounds(region: str, insurance: str, floor_fen: int, cap_fen: int) -> None:
    """The bureau publishes other bounds for an 险种."""
    _update(
        update(BaseParameter)
        .where(BaseParameter.region_code == region, BaseParameter.insurance == insurance)
        .values(floor_fen=floor_fen, cap_fen=cap_fen)
    )


def drop_bounds(region: str, insurance: str) -> None:
    """The bureau has not published bounds for an 险种."""
    _update(
        delete(BaseParameter).where(BaseParameter.region_code == region, BaseParameter.insurance == insurance)
    )


def make_unit(
    region: str,
    unit_no: str,
    people: int,
    insurances: Sequence[str] = ALL,
    *,
    base_wage_fen: int = 6_000_000,
) -> MadeUnit:
    """A unit and its people; last year the first earned ``base_wage_fen``, each next one 1,000 yuan more."""
    with transaction() as session:
        unit = Unit(
            region_code=region,
            unit_no=unit_no,
            name=f"单位{unit_no}",
            uscc="91230000MA19000200",
            kind="enterprise",
            funding="own_funds",
            legal_representative="周立新",
            contact_name="王秀兰",
            contact_phone="0451-82600000",
        )
        session.add(unit)
        session.flush()
        assert unit.id is not None
        unit_id = unit.id
        for insurance in insurances:
            session.add(
                UnitRate(
                    unit_id=unit_id,
                    insurance=insurance,
                    valid_from=date(YEAR - 2, 1, 1),
                    valid_to=date(YEAR + 2, 1, 1),
                    employer_millionths=2_300,
                )
            )
    ids = add_people(unit_id, people, insurances, base_wage_fen=base_wage_fen)
    return MadeUnit(unit_id, unit_no, region, tuple(ids))


def add_people(
    unit_id: int, count: int, insurances: Sequence[str] = ALL, *, base_wage_fen: int | None = 6_000_000
) -> list[int]:
    """People enrolled in these 险种; ``base_wage_fen`` None leaves last year's wage unknown."""
    numbers = [next(_numbers) for _ in range(count)]
    with transaction() as session:
        connection = session.connection()
        people = [
            {
                "person_no": f"{number:010d}",
                "name": NAMES[number % len(NAMES)],
                "id_kind": "01",
                "id_number": id_number(number),
            }
            for number in numbers
        ]
        connection.execute(insert(Person.__table__), people)
        query = select(Person.id, Person.person_no).where(
            Person.person_no.between(f"{numbers[0]:010d}", f"{numbers[-1]:010d}")
        )
        ids = [row.id for row in connection.execute(query.order_by(Person.person_no))]
        enrolments, bases = [], []
        for place, person_id in enumerate(ids):
            key = {"unit_id": unit_id, "person_id": person_id}
            for insurance in insurances:
                enrolments.append({**key, "insurance": insurance, "from_month": f"{YEAR - 3}01"})
                if base_wage_fen is not None:
                    bases.append(
                        {
                            **key,
                            "insurance": insurance,
                            "year": YEAR - 1,
                            "effective_month": f"{YEAR - 1}07",
                            "wage_fen": base_wage_fen + place % 500 * 100_000,
                            "base_fen": FLOOR,
                        }
                    )
        connection.execute(insert(Enrolment), enrolments)
        if bases:
            connection.execute(insert(PersonBase), bases)
    return ids


def id_number(number: int) -> str:
    """A well-formed identity number that nobody has."""
    first = f"230103{1970 + number % 30:04d}{1 + number % 12:02d}{1 + number % 28:02d}{number % 1000:03d}"
    # The birthday repeats after 420 people; a unit of twenty thousand needs more.
    first = f"{230100 + number // 420 % 900:06d}" + first[6:]
    return first + id_check_digit(first)


def leave(unit_id: int, person_id: int, insurances: Sequence[str] = ALL) -> None:
    """The person's cover through the unit ends."""
    _enrolment(unit_id, person_id, insurances, "active", "ended")


def come_back(unit_id: int, person_id: int, insurances: Sequence[str] = ALL) -> None:
    """The cover that ended is active again."""
    _enrolment(unit_id, person_id, insurances, "ended", "active")


def make_account(
    username: str, name: str, region: str, unit_id: int | None, duties: str = USUAL_DUTIES, office: str = ""
) -> int:
    """An operator of a unit, or where there is no unit a reviewer with duties; the password is ``PASSWORD``."""
    with transaction() as session:
        account = Account(
            username=username,
            password_hash=PASSWORD_HASH,
            display_name=name,
            role="operator" if unit_id else "reviewer",
            region_code=region,
            unit_id=unit_id,
            rights=USUAL_RIGHTS if unit_id else duties,
            office_code=office,
        )
        session.add(account)
        session.flush()
        assert account.id is not None
        return account.id


def actor(username: str) -> Actor:
    """The account as services know it."""
    with reading() as session:
        account = session.scalars(select(Account).where(Account.username == username)).one()
        assert account.id is not None
        return Actor(
            account.id,
            account.display_name,
            account.role,
            account.region_code,
            account.unit_id,
            "某处",
            rights=account.rights,
            office_code=account.office_code,
        )


def set_project_formula(region: str, strategy: str = "price_rate", params: Any = None) -> None:
    """The region computes 应缴 of projects that begin around ``YEAR`` by this formula; 0.06 % of the price by default."""
    value = {"strategy": strategy, "params": params or {"rate": "0.0006"}}
    with transaction() as session:
        session.add(
            RegionParameter(
                region_code=region,
                name="project_formula",
                valid_from=date(YEAR - 1, 1, 1),
                valid_to=date(YEAR + 2, 1, 1),
                value=value,
                source="示例文件〔2025〕1号",
            )
        )


def make_project(unit: MadeUnit, state: str = "covered", **other: Any) -> int:
    """A project of a unit, 1,000,000 yuan from April 2026 to October 2027, billed 600 yuan, paid unless unpaid."""
    number = next(_numbers)
    terms = {
        "formula": {"strategy": "price_rate", "params": {"rate": "0.0006"}},
        "source": "",
        "valid_from": f"{YEAR - 1}-01-01",
        "valid_to": f"{YEAR + 2}-01-01",
        "labour_permille": 0,
        "billed_fen": 0,
    }
    values = {
        "project_no": f"{unit.region}{YEAR}0318{number:04d}",
        "name": "示例大桥工程",
        "kind": "municipal",
        "place_code": unit.region[:2] + "0102",
        "builder": "示例建设局",
        "licence_no": "SG-1",
        "contract_no": f"HT-{number}",
        "contract_fen": 100_000_000,
        "starts_on": date(YEAR, 4, 1),
        "ends_on": date(YEAR + 1, 10, 31),
        "manager": "周立新",
        "manager_phone": "13800000000",
        "state": state,
        "created_at": NOW,
    }
    with transaction() as session:
        project = Project(unit_id=unit.id, region_code=unit.region, **(values | other))
        session.add(project)
        session.flush()
        paid_at = None if state in ("unpaid", "ended") else NOW
        session.add(
            ProjectCharge(
                project_id=project.key,
                reason="first",
                contract_fen=project.contract_fen,
                amount_fen=60_000,
                terms=terms,
                charged_at=NOW,
                paid_at=paid_at,
                voucher="8800001" if paid_at else "",
            )
        )
        return project.key


def give_right(username: str, right: str) -> None:
    """One more right for an operator."""
    _update(update(Account).where(Account.username == username).values(rights=Account.rights + f" {right}"))


def statement(**changes: Any) -> dict[str, str]:
    """A 说明表 as a person types it, without anything wrong."""
    return {
        "unit_type": "enterprise",
        "funding_source": "own_funds",
        "legal_representative": "周立新",
        "contact_person": "王秀兰",
        "phone": "0451-82600000",
        "last_year_headcount": "5",
        "last_year_wage_total": "310000.00",
        "published": "1",
        "promise": "1",
        "filled_by": "王经办",
        "filled_on": "2026-06-18",
        **changes,
    }


def _enrolment(unit_id: int, person_id: int, insurances: Sequence[str], old: str, new: str) -> None:
    _update(
        update(Enrolment)
        .where(
            Enrolment.unit_id == unit_id,
            Enrolment.person_id == person_id,
            Enrolment.insurance.in_(insurances),
            Enrolment.state == old,
        )
        .values(state=new)
    )


def _update(statement: Any) -> None:
    with transaction() as session:
        assert session.connection().execute(statement).rowcount, "the factory found nothing to change"
