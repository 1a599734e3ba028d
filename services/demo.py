"""Sample data (示例) for a first look: two regions, four units, their people, and who may sign in."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import func, insert, select
from sqlmodel import Session

from cert.demo import make_demo
from models import audit
from models.account import RIGHTS, Account
from models.db import transaction
from models.person import Enrolment, Person, PersonBase
from models.region import BaseParameter, DeclarationWindow, Region, RegionParameter, first_day, list_bounds
from models.unit import Unit, UnitRate
from rules.duties import USUAL_DUTIES
from rules.identity import birth_date, sex, uscc_check_char
from rules.wages import contribution_base
from services.accounts import hash_password
from services.demo_people import DemoPerson, adjust_total, demo_people

PASSWORD = "demo-2026"
HEILONGJIANG, INNER_MONGOLIA = "230000", "150000"


@dataclass(frozen=True)
class DemoUnit:
    """A unit of the sample: how many people, what it pays, who works for it."""

    region: str
    unit_no: str
    serial_no: str | None
    name: str
    uscc17: str
    people: int
    insurances: tuple[str, ...]
    rates: dict[str, int]
    operators: tuple[tuple[str, str], ...]
    total_fen: int | None = None

    @property
    def uscc(self) -> str:
        """The 统一社会信用代码 with its check character."""
        return self.uscc17 + uscc_check_char(self.uscc17)


UNITS = (
    DemoUnit(
        HEILONGJIANG,
        "23000072",
        "0072",
        "黑龙江省松北水文勘测院（示例）",
        "12230000414000072",
        72,
        ("310", "410", "510"),
        {"310": 75_000, "410": 2_300, "510": 5_000},
        (("slb_wang", "王秀兰"), ("slb_li", "李敏")),
        461_075_752,
    ),
    DemoUnit(
        HEILONGJIANG,
        "23020000",
        "2000",
        "北大荒农垦机械集团有限公司（示例）",
        "91230000MA1900020",
        20_000,
        ("310", "410", "510"),
        {"310": 75_000, "410": 9_000, "510": 5_000},
        (("bdh_zhao", "赵海燕"), ("bdh_sun", "孙志刚")),
    ),
    DemoUnit(
        INNER_MONGOLIA,
        "15010283",
        None,
        "呼和浩特市青禾供热有限责任公司（示例）",
        "91150102MA0Q7K480",
        480,
        ("410",),
        {"410": 2_300},
        (("qh_wuyun", "乌云其木格"), ("qh_zhang", "张建国")),
    ),
    DemoUnit(
        INNER_MONGOLIA,
        "15010312",
        None,
        "玉泉区小太阳幼儿园（示例）",
        "52150104MJ0000012",
        12,
        ("410",),
        {"410": 2_000},
        (("xty_chen", "陈静"),),
    ),
)
# Samples, not the regions' own: neither has published what a project pays.
PARAMETERS: dict[str, Any] = {
    "retirement_age": {"male": 60, "female": 50},
    "levy_due_day": 25,
    "levy_days_to_pay": 5,
    "late_fee_per_day": "0.0005",
    "project_formula": {"strategy": "price_rate", "params": {"rate": "0.0012"}},
}
EMPLOYEE_RATES = {"310": 20_000}
REVIEWERS = (
    (HEILONGJIANG, "sbj_hlj", "高志强", USUAL_DUTIES),
    (HEILONGJIANG, "sbj_hlj2", "林晓东", USUAL_DUTIES),
    (HEILONGJIANG, "sbj_sys", "杜文博", "system"),
    (HEILONGJIANG, "sbj_sec", "沈立", "security"),
    (HEILONGJIANG, "sbj_aud", "纪明", "audit"),
    (HEILONGJIANG, "jishu", "吕工", "vendor"),
    (HEILONGJIANG, "kefu", "何琳", "support"),
    (INNER_MONGOLIA, "sbj_nmg", "娜仁托雅", USUAL_DUTIES),
    (INNER_MONGOLIA, "sbj_nmg2", "白音", USUAL_DUTIES),
)


def demo_accounts() -> list[tuple[str, str, str]]:
    """(where, user name, password) of every sample account, for the start message and the README."""
    found = [(unit.name, username, PASSWORD) for unit in UNITS for username, _ in unit.operators]
    places = {HEILONGJIANG: "黑龙江省直社保局审核", INNER_MONGOLIA: "内蒙古社保局审核"}
    return found + [(places[region], username, PASSWORD) for region, username, *_ in REVIEWERS]


def fill_demo(now: datetime) -> bool:
    """Fill an empty database with the sample; returns whether there was anything to do."""
    with transaction() as session:
        if session.scalar(select(func.count()).select_from(Region)):
            return False
        _regions(session, now.date())
        password_hash = hash_password(PASSWORD)
        for region, username, name, duties in REVIEWERS:
            staff = _account(username, name, "reviewer", region, None, password_hash)
            staff.rights = duties
            session.add(staff)
        session.flush()
        for number, unit in enumerate(UNITS, start=1):
            add_unit(session, unit, number, now.date(), password_hash)
        audit.record(session, None, "demo_filled", "region", None, now)
        return True


def make_demo_ca(folder: Path, trust: Path, now: datetime) -> bool:
    """Make the demo CA with a key for every sample unit, once; returns whether there was anything to do.

    ``folder`` is where it lies (``cert.demo.make_demo``); ``trust`` gets a copy of what to trust, unless something
    is trusted there already. Whatever is interrupted is made anew at the next start.
    """
    is_new = not folder.exists()
    if is_new:
        fresh = folder.with_name(f"{folder.name}.new")
        shutil.rmtree(fresh, ignore_errors=True)
        make_demo(
            fresh,
            [(unit.name, unit.uscc) for unit in UNITS],
            now,
            {unit.uscc: [unit.unit_no] for unit in UNITS},
        )
        fresh.rename(folder)
    if not trust.exists() or not any(trust.iterdir()):
        fresh = trust.with_name(f"{trust.name}.new")
        shutil.rmtree(fresh, ignore_errors=True)
        shutil.copytree(folder / "trust", fresh)
        fresh.rename(trust)
    return is_new


def add_unit(session: Session, demo: DemoUnit, number: int, today: date, password_hash: str) -> int:
    """One unit with its rates, its operators and its people; returns its id."""
    monthly = demo.region == INNER_MONGOLIA
    unit = Unit(
        region_code=demo.region,
        unit_no=demo.unit_no,
        serial_no=demo.serial_no,
        name=demo.name,
        uscc=demo.uscc,
        kind="public_institution" if demo.uscc17.startswith("12") else "enterprise",
        funding="full_budget" if demo.uscc17.startswith("12") else "own_funds",
        legal_representative="周立新",
        contact_name=demo.operators[0][1],
        contact_phone="0471-4600000" if monthly else "0451-82600000",
        bank_name="示例银行营业部",
        bank_account=f"6200{number:012d}",
        address="示例路 1 号",
        office_code=demo.unit_no[:6],
    )
    session.add(unit)
    session.flush()
    assert unit.id is not None
    for insurance, rate in demo.rates.items():
        session.add(
            UnitRate(
                unit_id=unit.id,
                insurance=insurance,
                valid_from=date(today.year - 1, 1, 1),
                valid_to=date(today.year + 5, 1, 1),
                employer_millionths=rate,
                employee_millionths=EMPLOYEE_RATES.get(insurance, 0),
                reason="示例费率",
            )
        )
    for place, (username, name) in enumerate(demo.operators):
        account = _account(username, name, "operator", demo.region, unit.id, password_hash)
        account.is_admin = place == 0
        if account.is_admin:
            account.rights = " ".join(RIGHTS)
        session.add(account)
    session.flush()
    _people(session, demo, unit.id, number, today)
    return unit.id


def _regions(session: Session, today: date) -> None:
    # 2026 reference bounds of 省直 and 内蒙古 (domain notes); sample data, labelled as such.
    bounds = {
        (HEILONGJIANG, "310"): (770_500, 462_300, 2_311_500),
        (HEILONGJIANG, "410"): (770_500, 462_300, 2_311_500),
        (HEILONGJIANG, "510"): (770_500, 462_300, 2_311_500),
        (INNER_MONGOLIA, "410"): (843_000, 505_800, 2_529_000),
        (INNER_MONGOLIA, "310"): (843_000, 674_400, 2_529_000),
        (INNER_MONGOLIA, "510"): (843_000, 505_800, 2_529_000),
    }
    session.add(
        Region(
            code=HEILONGJIANG,
            name="黑龙江省直",
            bureau_name="黑龙江省社会保险局（示例）",
            wage_basis="annual",
        )
    )
    session.add(
        Region(
            code=INNER_MONGOLIA,
            name="内蒙古自治区",
            bureau_name="内蒙古社会保险局（示例）",
            wage_basis="monthly",
        )
    )
    session.flush()
    for (region, insurance), (average, floor, cap) in bounds.items():
        session.add(
            BaseParameter(
                region_code=region,
                insurance=insurance,
                valid_from=date(today.year - 1, 1, 1),
                valid_to=date(today.year + 5, 1, 1),
                average_fen=average,
                floor_fen=floor,
                cap_fen=cap,
                source="示例：2026 年参考上下限",
            )
        )
    for region in (HEILONGJIANG, INNER_MONGOLIA):
        for name, value in PARAMETERS.items():
            session.add(
                RegionParameter(
                    region_code=region,
                    name=name,
                    valid_from=date(today.year - 1, 1, 1),
                    valid_to=date(today.year + 5, 1, 1),
                    value=value,
                    source="示例",
                )
            )
        session.add(
            DeclarationWindow(
                region_code=region,
                year=today.year,
                opens_on=date(today.year, 1, 1),
                closes_on=date(today.year, 12, 31),
                effective_month=f"{today.year}07",
            )
        )
    session.flush()


def _account(
    username: str, name: str, role: str, region: str, unit_id: int | None, password_hash: str
) -> Account:
    return Account(
        username=username,
        password_hash=password_hash,
        display_name=name,
        role=role,
        region_code=region,
        unit_id=unit_id,
    )


def _people(session: Session, demo: DemoUnit, unit_id: int, number: int, today: date) -> None:
    """The unit's people, insured since long ago, with last year's wage and base."""
    months = 12 if demo.region == HEILONGJIANG else 1
    areas = ("230103", "230108", "232700") if demo.region == HEILONGJIANG else ("150102", "152501", "150581")
    found: list[DemoPerson] = list(
        demo_people(
            demo.people,
            number,
            areas,
            10 if demo.region == HEILONGJIANG else 60,
            first_no=f"{number:02d}00000001",
            year=today.year - 1,
            low_fen=330_000 * months,
            high_fen=2_700_000 * months,
        )
    )
    if demo.total_fen:
        found = adjust_total(found, demo.total_fen)
    table: Any = Person.__table__
    connection = session.connection()
    connection.execute(
        insert(table),
        [
            {
                "person_no": p.person_no,
                "name": p.name,
                "id_kind": "01",
                "id_number": p.id_number,
                "sex": sex(p.id_number),
                "born_on": birth_date(p.id_number),
            }
            for p in found
        ],
    )
    query = select(table.c.person_no, table.c.id).where(
        table.c.person_no.between(found[0].person_no, found[-1].person_no)
    )
    ids = dict(connection.execute(query).all())
    month = f"{today.year - 1}07"
    bounds = list_bounds(session, demo.region, first_day(month))
    enrolments, bases = [], []
    for person in found:
        key = {"unit_id": unit_id, "person_id": ids[person.person_no]}
        for code in demo.insurances:
            base = contribution_base(person.wage_fen, months, bounds[code])
            enrolments.append(
                {**key, "insurance": code, "state": "active", "from_month": f"{today.year - 3}01"}
            )
            bases.append(
                {
                    **key,
                    "insurance": code,
                    "year": today.year - 1,
                    "effective_month": month,
                    "wage_fen": person.wage_fen,
                    "base_fen": base.base_fen,
                    "adjustment": base.adjustment,
                }
            )
    connection.execute(insert(Enrolment), enrolments)
    connection.execute(insert(PersonBase), bases)
