"""Sample requests (示例) in every state, made by the same services that people use."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date, datetime
from itertools import islice

from sqlalchemy import func, select
from sqlmodel import Session

from documents.store import Store
from models.account import Account, Actor
from models.db import reading
from models.filing import Filing
from models.person import Enrolment, Person
from models.region import get_region
from models.unit import Unit
from rules.filing_states import WAGES
from rules.identity import birth_date
from rules.money import yuan_text
from services.demo_people import DemoPerson, demo_people
from services.demo_projects import fill_projects
from services.demo_samples import Sample, attach, send
from services.filings import cancel_filing, save_many, save_new
from services.reviews import approve_filing, refuse_filing, return_filing, take_filing


def fill_requests(store: Store, now: datetime) -> bool:
    """Requests of every kind and state for the sample's units, once; returns whether there was anything to do."""
    with reading() as session:
        others = select(func.count()).select_from(Filing).where(Filing.kind != WAGES)
        clerk, reviewer = _actor(session, "bdh_zhao"), _actor(session, "sbj_hlj")
        if clerk is None or reviewer is None or session.scalar(others):
            return False
        builder, agreeing = _actor(session, "qh_wuyun"), _actor(session, "sbj_nmg")
    _people(Sample(clerk, reviewer, now, store))
    if builder is not None and agreeing is not None:
        sample = Sample(builder, agreeing, now, store)
        _unit(sample)
        fill_projects(sample)
    return True


def _unit(sample: Sample) -> None:
    """A change that took effect at once, and one that waits."""
    typed = {"contact_name": "乌云其木格", "contact_phone": "0471-4600001", "address": "示例路 2 号"}
    send(sample, save_new(sample.clerk, "unit_contact", typed, sample.ago(9)))
    with reading() as session:
        unit = session.get_one(Unit, sample.clerk.own_unit_id)
    typed = {"name": unit.name, "kind": unit.kind, "funding": unit.funding, "bank_name": unit.bank_name}
    typed |= {"legal_representative": "白音", "bank_account": ""}
    filing_id = save_new(sample.clerk, "unit_change", typed, sample.ago(2))
    attach(sample, filing_id, "营业执照.png")
    send(sample, filing_id)


def _people(sample: Sample) -> None:
    strangers = _strangers(sample.now.year)
    ends: list[Callable[[Sample, int], None]] = [
        lambda _sample, _id: None,
        send,
        _taken,
        _returned,
        _refused,
        _cancelled,
    ]
    for place, end in enumerate(ends):
        start = sample.ago(len(ends) - place)
        filing_id = save_new(sample.clerk, "person_in", _joining(next(strangers), start.date()), start)
        end(sample, filing_id)
    rows = [_joining(one, sample.now.date()) for one in strangers]
    rows[1]["id_number"] = rows[1]["id_number"][:-1] + ("0" if rows[1]["id_number"][-1] != "0" else "1")
    rows[3]["mobile"] = "1380"
    save_many(sample.clerk, "person_in", rows, sample.now)
    for place, (person, insurances) in enumerate(_insured(sample.clerk.own_unit_id)):
        start = sample.ago(3 - place)
        if place == 0:
            send(
                sample,
                save_new(sample.clerk, "person_out", _leaving(person, insurances, start.date()), start),
            )
        elif place == 1:
            _change_name(sample, person, start)
        else:
            # Nobody joins or leaves by the sample: its units are as large as the README says.
            typed = {"id_number": person.id_number, "name": person.name, "new_mobile": "13900000001"}
            typed["reason"] = "换了手机号"
            _approved(sample, save_new(sample.clerk, "person_change", typed, start))


def _strangers(year: int) -> Iterator[DemoPerson]:
    """People whom no unit of the sample insures, too young to retire."""
    found = demo_people(
        30, 77, ("230103", "230108"), 10, first_no="9000000001", year=year, low_fen=400_000, high_fen=900_000
    )
    return islice((one for one in found if year - birth_date(one.id_number).year < 50), 14)


def _change_name(sample: Sample, person: Person, start: datetime) -> None:
    typed = {"id_number": person.id_number, "name": person.name, "new_mobile": "13900000000"}
    typed |= {"new_born_on": (person.born_on or start.date()).isoformat(), "reason": "户口本更正"}
    typed["new_name"] = person.name[0] + "建华"
    filing_id = save_new(sample.clerk, "person_change", typed, start)
    attach(sample, filing_id, "户口本.png")
    send(sample, filing_id)


def _taken(sample: Sample, filing_id: int) -> None:
    send(sample, filing_id)
    take_filing(sample.reviewer, filing_id, sample.ago(0, -90))


def _returned(sample: Sample, filing_id: int) -> None:
    send(sample, filing_id)
    return_filing(
        sample.reviewer, filing_id, "参保日期与劳动合同不一致，请核对后再提交。", {}, sample.ago(0, -60)
    )


def _refused(sample: Sample, filing_id: int) -> None:
    send(sample, filing_id)
    refuse_filing(sample.reviewer, filing_id, "此人已办理退休，不再参加这些险种。", sample.ago(0, -50))


def _approved(sample: Sample, filing_id: int) -> None:
    send(sample, filing_id)
    approve_filing(sample.reviewer, filing_id, sample.ago(0, -40))


def _cancelled(sample: Sample, filing_id: int) -> None:
    cancel_filing(sample.clerk, filing_id, sample.ago(0, -30))


def _joining(person: DemoPerson, day: date) -> dict[str, str]:
    return {
        "id_kind": "01",
        "id_number": person.id_number,
        "name": person.name,
        "mobile": "13800000000",
        "employment": "contract",
        "wage": yuan_text(person.wage_fen),
        "cover_from": day.isoformat(),
        "insurances": "310 410 510",
        "nation": "汉族",
    }


def _leaving(person: Person, insurances: str, day: date) -> dict[str, str]:
    return {
        "id_number": person.id_number,
        "name": person.name,
        "reason": "222",
        "left_on": day.isoformat(),
        "last_month": f"{day:%Y%m}",
        "insurances": insurances,
    }


def _insured(unit_id: int) -> Iterator[tuple[Person, str]]:
    """The first people of a unit with the 险种 they have there."""
    with reading() as session:
        ids = select(Enrolment.person_id).where(Enrolment.unit_id == unit_id, Enrolment.state == "active")
        people = list(session.scalars(select(Person).where(Person.id.in_(ids)).order_by(Person.id).limit(3)))
        for person in people:
            codes = select(Enrolment.insurance).where(
                Enrolment.unit_id == unit_id, Enrolment.person_id == person.id, Enrolment.state == "active"
            )
            yield person, " ".join(session.scalars(codes.order_by(Enrolment.insurance)))


def _actor(session: Session, username: str) -> Actor | None:
    account = session.scalars(select(Account).where(Account.username == username)).first()
    if account is None or account.id is None:
        return None
    unit = session.get(Unit, account.unit_id) if account.unit_id else None
    return Actor(
        account.id,
        account.display_name,
        account.role,
        account.region_code,
        account.unit_id,
        unit.name if unit else get_region(session, account.region_code).bureau_name,
        unit.unit_no if unit else None,
        account.is_admin,
    )
