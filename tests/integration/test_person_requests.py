"""人员新增, 人员减少, 人员信息变更: from the form through the bureau to what it changes."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import select

from models.db import reading, transaction
from models.filing import Filing, FilingEvent
from models.notice import Notice
from models.person import Enrolment, Person, PersonBase
from tests.factories import id_number

NEW_ID = "11010519491231002X"
YOUNG = id_number(990001)


def form(**other: object) -> dict[str, object]:
    """A 人员新增 that is right in every field."""
    return {
        "id_kind": "01",
        "id_number": YOUNG,
        "name": "新来人",
        "mobile": "13800000000",
        "employment": "contract",
        "wage": "6000",
        "cover_from": "2026-06-18",
        "insurances": ["310", "410"],
        **other,
    }


def join(clerk, **other: object) -> int:
    """Fill the form in and press 保存; returns the number of the draft."""
    clerk.get("/personnel/join")
    page = clerk.press("保存", **form(**other))
    assert page.status == 200 and page.path.startswith("/filings/"), page.words[:900]
    return int(page.path.rsplit("/", 1)[1])


def send(clerk, filing_id: int):
    clerk.get(f"/filings/{filing_id}/submit")
    return clerk.press("确认提交")


def decide(reviewer, filing_id: int, button: str, reason: str = ""):
    reviewer.get(f"/bureau/filings/{filing_id}")
    reviewer.press(f"{button}…", reason=reason)
    return reviewer.press(f"确认{button}")


def get_filing(filing_id: int) -> Filing:
    with reading() as session:
        return session.get_one(Filing, filing_id)


def enrolments(person_number: str) -> list[Enrolment]:
    with reading() as session:
        query = select(Enrolment).join(Person, Person.id == Enrolment.person_id)
        return list(
            session.scalars(query.where(Person.id_number == person_number).order_by(Enrolment.insurance))
        )


def test_somebody_joins(wang, sign_in):
    filing_id = join(wang)
    assert get_filing(filing_id).state == "draft"
    page = send(wang, filing_id)
    assert "等社保局审核" in page.words
    gao = sign_in("gao")
    assert "新来人" in gao.get("/bureau/").words
    decide(gao, filing_id, "通过")
    assert get_filing(filing_id).state == "approved"
    found = enrolments(YOUNG)
    assert [(one.insurance, one.state, one.from_month) for one in found] == [
        ("310", "active", "202606"),
        ("410", "active", "202606"),
    ]
    with reading() as session:
        bases = list(session.scalars(select(PersonBase).where(PersonBase.filing_id == filing_id)))
        assert {base.base_fen for base in bases} == {600_000}
        # The region's basis is annual.
        assert {base.wage_fen for base in bases} == {7_200_000}
        kinds = list(session.scalars(select(Notice.kind).where(Notice.filing_id == filing_id)))
        versions = list(
            session.scalars(select(FilingEvent.version).where(FilingEvent.filing_id == filing_id))
        )
    assert versions == [1, 2, 3]
    assert sorted(kinds) == ["filing_approved", "filing_pending"]
    assert "审核通过" in wang.get(f"/filings/{filing_id}").words


def test_what_is_wrong_is_said_beside_its_field(wang):
    wang.get("/personnel/join")
    page = wang.press("保存", **form(id_number="150102199003071238", wage="", mobile="123"))
    assert page.status == 422
    assert {one.get("id") for one in page.all("//p[@class='err']")} == {"e-wage", "e-mobile"}
    page = wang.press("保存", **form(id_number="150102199003071238"))
    assert page.status == 422 and page.one("//p[@id='e-id_number']").text_content()
    assert page.value("name") == "新来人"


def test_a_draft_may_be_changed_withdrawn_and_cancelled(wang):
    filing_id = join(wang)
    wang.get(f"/filings/{filing_id}/lines/1")
    wang.press("保存", wage="7000")
    send(wang, filing_id)
    wang.get(f"/filings/{filing_id}/withdraw")
    wang.press("撤回")
    assert get_filing(filing_id).state == "draft"
    wang.get(f"/filings/{filing_id}/cancel")
    wang.press("作废")
    assert get_filing(filing_id).state == "cancelled"
    assert wang.get(f"/filings/{filing_id}/submit").status == 409


def test_taken_is_taken(wang, sign_in):
    filing_id = join(wang)
    send(wang, filing_id)
    gao = sign_in("gao")
    gao.get(f"/bureau/filings/{filing_id}")
    gao.press("受理")
    page = wang.post(f"/filings/{filing_id}/withdraw")
    assert page.status == 409 and "已经受理" in page.words
    gao.press("放回待审")
    assert wang.post(f"/filings/{filing_id}/withdraw").status == 200
    assert get_filing(filing_id).state == "draft"


def test_returned_is_mended_and_sent_again(wang, sign_in):
    filing_id = join(wang)
    send(wang, filing_id)
    gao = sign_in("gao")
    decide(gao, filing_id, "退回", "请核对工资")
    assert "请核对工资" in wang.get(f"/filings/{filing_id}").words
    wang.get(f"/filings/{filing_id}/lines/1")
    wang.press("保存", wage="8000")
    send(wang, filing_id)
    decide(gao, filing_id, "不通过", "证明不符")
    assert get_filing(filing_id).state == "refused"
    assert enrolments(YOUNG) == []
    wang.get(f"/filings/{filing_id}")
    page = wang.press("照这件新建")
    copied = int(page.path.rsplit("/", 1)[1])
    assert (get_filing(copied).state, get_filing(copied).title) == ("draft", "新来人")
    send(wang, copied)
    assert get_filing(copied).state == "pending"


@pytest.mark.parametrize("insurances", [["310"], ["410"]])
def test_two_units_that_ask_for_the_same_person(wang, sign_in, insurances):
    """医疗 is had through one unit; 工伤 through as many as employ."""
    mine = join(wang, insurances=insurances)
    zhao = sign_in("zhao")
    theirs = join(zhao, insurances=insurances)
    send(wang, mine)
    page = send(zhao, theirs)
    if insurances == ["410"]:
        assert get_filing(theirs).state == "pending"
        return
    assert get_filing(theirs).state == "draft"
    page = zhao.get(f"/filings/{theirs}")
    assert "其他单位" in page.words and "23000072" not in page.words and "单位23000072" not in page.words


def test_a_known_person_is_found_and_nothing_is_told(wang, world, sign_in):
    with reading() as session:
        person = session.get_one(Person, world.theirs.people[0])
    wang.get("/personnel/join")
    page = wang.press("保存", **form(id_number=person.id_number, name="别的名", insurances=["410"]))
    assert page.status == 422 and person.name not in page.words
    page = wang.press("保存", **form(id_number=person.id_number, name=person.name, insurances=["310", "410"]))
    assert page.status == 422 and "其他单位" in page.words and "23000099" not in page.words
    filing_id = join(wang, id_number=person.id_number, name=person.name, insurances=["410"])
    send(wang, filing_id)
    decide(sign_in("gao"), filing_id, "通过")
    active = [(one.unit_id, one.insurance) for one in enrolments(person.id_number) if one.state == "active"]
    assert (world.ours.id, "410") in active and (world.theirs.id, "410") in active


def test_somebody_leaves(wang, world, sign_in, way):
    started = way.started()
    with reading() as session:
        person = session.get_one(Person, world.ours.people[0])
    wang.get("/personnel/leave")
    page = wang.press(
        "保存",
        id_number=person.id_number,
        name=person.name,
        reason="221",
        left_on="2026-06-10",
        last_month="202606",
        insurances=["310", "410", "510"],
    )
    filing_id = int(page.path.rsplit("/", 1)[1])
    send(wang, filing_id)
    decide(sign_in("gao"), filing_id, "通过")
    assert {one.state for one in enrolments(person.id_number)} == {"suspended"}
    assert "刷新名单" in wang.get(f"/wages/{started}/rows").words


def test_a_name_is_changed_with_an_attachment(wang, world, sign_in):
    with reading() as session:
        person = session.get_one(Person, world.ours.people[1])
    wang.get("/personnel/change")
    page = wang.press(
        "保存", id_number=person.id_number, name=person.name, new_name="改名人", reason="户口更正"
    )
    filing_id = int(page.path.rsplit("/", 1)[1])
    page = send(wang, filing_id)
    assert page.status == 422 and "附件" in page.words
    wang.get(f"/filings/{filing_id}")
    wang.press("添加", file=("户口.png", b"\x89PNG\r\n\x1a\n" + b"x" * 50 + b"IEND\xaeB`\x82"))
    send(wang, filing_id)
    gao = sign_in("gao")
    decide(gao, filing_id, "通过")
    with reading() as session:
        assert session.get_one(Person, person.id).name == "改名人"
    assert gao.http.get(f"/filings/{filing_id}/attachments/1").status_code == 200
    assert sign_in("zhao").http.get(f"/filings/{filing_id}/attachments/1").status_code == 404


def test_insured_elsewhere_before_the_decision(wang, world, sign_in):
    filing_id = join(wang, id_number=NEW_ID)
    send(wang, filing_id)
    with transaction() as session:
        person = Person(person_no="2300999999", name="新来人", id_kind="01", id_number=NEW_ID)
        session.add(person)
        session.flush()
        session.add(
            Enrolment(
                unit_id=world.theirs.id,
                person_id=person.id,
                insurance="310",
                from_month="202605",
                cover_from=date(2026, 5, 1),
                employment="contract",
            )
        )
    page = decide(sign_in("gao"), filing_id, "通过")
    assert page.status == 422, page.words[:500]
    assert "新来人" in page.words and "不能通过" in page.words
    assert get_filing(filing_id).state == "pending"
    assert [one.unit_id for one in enrolments(NEW_ID)] == [world.theirs.id]
