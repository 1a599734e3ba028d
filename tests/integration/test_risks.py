"""Risk flags from the hand-over to the review page: kept with the request, found again, each with its rows."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pytest
from sqlalchemy import select, text, update
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session

from models.db import reading, transaction
from models.person import Enrolment, Person
from models.region import RegionParameter
from models.unit import Unit
from rules.risks import LIMITS_NAME, Declared, WageFacts, wage_flags
from services.filings import save_many, save_new
from services.risks import find_flags, look_again
from tests.factories import FLOOR, NORTH, NOW, YEAR, actor, add_people, make_account, make_project, make_unit
from tests.integration.clerk import Clerk
from tests.integration.test_person_requests import join, send
from tests.integration.way import Way, get_filing

SignIn = Callable[[str], Clerk]


@pytest.fixture
def gao(sign_in: SignIn) -> Clerk:
    return sign_in("gao")


@pytest.fixture
def crowd(way: Way) -> Way:
    """Our unit with twenty people, who earned 60,000, 61,000 … and then 60,000, 61,000 … again."""
    add_people(way.world.ours.id, 15)
    return way


def codes(number: int) -> list[str]:
    return [flag["code"] for flag in get_filing(number).risk]


def figures(number: int, code: str) -> dict[str, object]:
    (found,) = [flag["figures"] for flag in get_filing(number).risk if flag["code"] == code]
    return found


def usual(count: int) -> list[str]:
    """What twenty people earn who have nothing odd about them: 2 % more than last year, no round amounts."""
    before = [60_000 + 1_000 * place for place in range(5)] + [60_000 + 1_000 * place for place in range(15)]
    return [f"{wage * 102 // 100 + 7}.35" for wage in before][:count]


def test_a_clean_declaration_has_no_flag(crowd: Way, gao: Clerk) -> None:
    for number in crowd.submitted(*usual(20)):
        filing = get_filing(number)
        assert (filing.risk, filing.risk_level) == ([], 0)
        assert gao.get(f"/bureau/filings/{number}").all("//ul[@class='risks']/li") == []


def test_what_is_odd_is_kept_with_its_figures_and_leads_to_its_rows(crowd: Way, gao: Clerk) -> None:
    medical, _other = crowd.submitted(*["96000"] * 12, *usual(20)[12:])
    filing = get_filing(medical)
    assert filing.risk_level == 3 and codes(medical)[0] == "risk.changed"
    same = {"people": 12, "of": 20, "permille": 600, "wage_fen": 9_600_000}
    assert figures(medical, "risk.same_wage") == same
    page = gao.get(f"/bureau/filings/{medical}")
    assert "12 人的工资同为 96,000.00，占申报人数 20 人的 60%。" in page.words
    for show, rows in (("same", 12), ("round", 12), ("alike", figures(medical, "risk.same_note")["people"])):
        page = gao.get(f"/bureau/filings/{medical}?show={show}")
        assert len(page.all("//section[@id='people']//tbody/tr")) == rows, show


def test_the_numbers_in_sql_are_those_of_the_rules(crowd: Way) -> None:
    """Counted by hand from what was typed and known, and judged by the same rules."""
    before = [60_000 + 1_000 * place for place in range(5)] + [60_000 + 1_000 * place for place in range(15)]
    typed = ["96000"] * 6 + ["30000"] * 4 + [""] * 3 + usual(20)[13:]
    number = crowd.submitted(*typed)[0]
    pairs = [(old, wage) for old, wage in zip(before, typed, strict=True) if wage]
    declared = [
        Declared(
            int(float_free(wage)),
            "调岗" if abs(int(float_free(wage)) - old * 100) * 10 > old * 100 * 3 else "",
        )
        for old, wage in pairs
    ]
    counted = WageFacts(
        declared=declared,
        changed=sum(one.note != "" for one in declared),
        silent=0,
        below=sum(one.wage_fen < FLOOR * 12 for one in declared),
        left=3,
        before=[wage * 100 for wage in before],
        heads={"310": 20, "410": 20, "510": 20},
        fewest="310",
    )
    with reading() as session:
        assert find_flags(session, get_filing(number), NOW.tzinfo) == wage_flags(counted)
    assert len(codes(number)) >= 4


def float_free(yuan: str) -> str:
    """Fen as digits: "61.35" is "6135"."""
    whole, _point, part = yuan.partition(".")
    return whole + part.ljust(2, "0")


def test_units_of_the_same_kind_are_the_measure(crowd: Way) -> None:
    number = crowd.submitted(*usual(20))[0]
    for place in range(5):
        declare_for(crowd, place, "130000.00")
    look_again(number, NOW)
    found = figures(number, "risk.below_peers")
    assert (found["units"], found["before_fen"]) == (5, 13_000_000)
    assert get_filing(number).risk_level == 2
    with transaction() as session:
        session.execute(text("UPDATE unit SET kind = 'government_body' WHERE unit_no = '23000080'"))
    look_again(number, NOW)
    assert codes(number) == [], "four units are too few to say anything"


def declare_for(way: Way, place: int, yuan: str) -> None:
    """Another unit of the region, of one person, that declared this year."""
    unit = make_unit(NORTH, f"2300008{place}", 1)
    make_account(f"peer{place}", "某经办", NORTH, unit.id)
    way.submitted(yuan, by=f"peer{place}")


def test_a_region_sets_its_own_limits(crowd: Way, gao: Clerk) -> None:
    number = crowd.submitted(*usual(20))[0]
    with transaction() as session:
        session.add(
            RegionParameter(
                region_code=NORTH,
                name=LIMITS_NAME,
                valid_from=date(YEAR, 1, 1),
                valid_to=date(YEAR + 1, 1, 1),
                value={"total": [10, 400]},
            )
        )
    gao.get(f"/bureau/filings/{number}")
    assert codes(number) == ["risk.total_changed"], "found when it is looked at"
    assert get_filing(number).risk_level == 1


def test_looking_twice_changes_nothing_and_a_decision_keeps_what_was_seen(crowd: Way, gao: Clerk) -> None:
    number = crowd.submitted(*["96000"] * 12, *usual(20)[12:])[0]
    before = get_filing(number)
    gao.get(f"/bureau/filings/{number}")
    gao.get(f"/bureau/filings/{number}")
    after = get_filing(number)
    assert (after.risk, after.risk_level, after.version) == (before.risk, before.risk_level, before.version)
    crowd.approve(number)
    set_risk(number, None, 0)
    gao.get(f"/bureau/filings/{number}")
    assert codes(number), "one that was never looked at is looked at once"
    set_risk(number, "[]", 0)
    gao.get(f"/bureau/filings/{number}")
    assert get_filing(number).risk == [], "what was decided keeps the flags that its reviewer saw"


def set_risk(number: int, risk: str | None, level: int) -> None:
    with transaction() as session:
        session.execute(
            text("UPDATE filing SET risk = :risk, risk_level = :level WHERE id = :id"),
            {"risk": risk, "level": level, "id": number},
        )


def test_the_database_knows_four_levels(way: Way) -> None:
    number = way.submitted()[0]
    for level in (-1, 4):
        with pytest.raises(IntegrityError):
            set_risk(number, None, level)


def test_the_distribution_stands_beside_last_years(crowd: Way, gao: Clerk) -> None:
    number = crowd.submitted(*["30000"] * 4, *usual(20)[4:])[0]
    page = gao.get(f"/bureau/filings/{number}")
    figure = page.one("//figure")
    rows = [[int(cell.text_content()) for cell in row.xpath("./td")] for row in figure.xpath(".//tbody/tr")]
    assert [sum(column) for column in zip(*rows, strict=True)] == [20, 20]
    assert rows[0][1] == sum(int(float_free(wage)) < FLOOR * 12 for wage in [*["30000"] * 4, *usual(20)[4:]])
    assert len(figure.xpath(".//*[local-name()='rect']")) == 2 * len(rows) == 24


def test_requests_about_people_are_flagged(way: Way, wang: Clerk, gao: Clerk) -> None:
    number = join(wang, cover_from="2026-01-01", work_from="")
    send(wang, number)
    assert codes(number) == ["risk.backdated"] and get_filing(number).risk_level == 1
    assert "最早的早 168 天" in gao.get(f"/bureau/filings/{number}").words


def test_a_request_that_says_nothing_odd_has_no_flag(way: Way, wang: Clerk) -> None:
    number = join(wang)
    send(wang, number)
    assert (get_filing(number).risk, get_filing(number).risk_level) == ([], 0)


def test_a_cheaper_contract_and_another_account_are_flagged(way: Way) -> None:
    unit = way.world.ours
    project = make_project(unit, contract_no="HT-R")
    cheaper = save_new(actor("wang"), "project_price", {"contract": "500000", "reason": "甩项"}, NOW, project)
    with transaction() as session:
        session.execute(update(Unit).where(Unit.id == unit.id).values(bank_account="620000000012"))
    values = {
        "name": "单位23000072",
        "legal_representative": "周立新",
        "kind": "enterprise",
        "funding": "own_funds",
    }
    bank = {"bank_name": "示例银行营业部", "bank_account": "620000009934"}
    admin = actor("wang")._replace(is_admin=True)
    moved = save_new(admin, "unit_change", {**values, **bank}, NOW)
    with reading() as session:
        (price,) = find_flags(session, get_filing(cheaper), NOW.tzinfo)
        (account,) = find_flags(session, get_filing(moved), NOW.tzinfo)
    assert (price.code, price.severity, price.figures["permille"]) == ("risk.price_cut", 3, -500)
    assert (account.code, account.figures) == ("risk.account", {"tail": "9934"})


def test_many_who_leave_at_once_are_held_against_all_who_are_insured(crowd: Way) -> None:
    with reading() as session:
        people = [session.get_one(Person, one) for one in list_ids(session, crowd.world.ours.id)[:12]]
    rows = [
        {
            "person_no": one.person_no,
            "name": one.name,
            "reason": "222",
            "left_on": "2026-06-10",
            "last_month": "202606",
            "insurances": "310",
        }
        for one in people
    ]
    number = save_many(actor("wang"), "person_out", rows, NOW)
    with reading() as session:
        (flag,) = find_flags(session, get_filing(number), NOW.tzinfo)
    assert (flag.code, flag.severity) == ("risk.many_leave", 3)
    assert flag.figures == {"people": 12, "of": 20, "permille": 600}


def list_ids(session: Session, unit_id: int) -> list[int]:
    query = select(Enrolment.person_id).where(Enrolment.unit_id == unit_id).distinct()
    return sorted(session.scalars(query))
