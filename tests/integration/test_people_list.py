"""参保人员查询, the page of a person, and what of it is shown in full or taken away only by right and with a trace."""

from __future__ import annotations

from io import BytesIO
from urllib.parse import urlsplit

import pytest
from openpyxl import load_workbook
from sqlalchemy import select, update

from cert.digests import sm3_hex
from models.account import Account
from models.audit import AuditEvent
from models.db import reading, transaction
from models.people_list import PeopleSearch, list_people
from models.person import Enrolment, Person
from services.person_effects import DETAILS
from tests.factories import add_people, leave
from tests.integration.test_person_requests import decide, form, join, send


@pytest.fixture
def may_reveal(world):
    with transaction() as session:
        rights = "entry submit people query reveal"
        session.connection().execute(
            update(Account).where(Account.username.in_(("wang", "zhao"))).values(rights=rights)
        )


def get_person(person_id: int) -> Person:
    with reading() as session:
        return session.get_one(Person, person_id)


def names(page) -> list[str]:
    return [" ".join(one.text_content().split()) for one in page.all("//tbody//th")]


def numbers(page) -> list[str]:
    return [one.text_content() for one in page.all("//td[@data-k='个人编号']")]


def search(clerk, **values: str):
    clerk.get("/personnel/people")
    return clerk.press("查询", **values)


def events(action: str) -> list[AuditEvent]:
    with reading() as session:
        return list(session.scalars(select(AuditEvent).where(AuditEvent.action == action)))


def test_the_units_people_with_masked_numbers(wang, world):
    page = wang.get("/personnel/people")
    assert numbers(page) == [get_person(one).person_no for one in world.ours.people]
    assert all(get_person(one).id_number not in page.text for one in world.ours.people)
    assert "参保：医疗、工伤、生育" in page.words


def test_found_by_name_number_and_the_numbers_end(wang, world):
    person = get_person(world.ours.people[2])
    for words in (person.name, person.name[0], person.person_no, person.id_number, person.id_number.lower()):
        page = search(wang, words=words)
        assert person.name in names(page), words
        assert person.name not in page.address and person.id_number not in page.address
        assert page.value("words") == words
    assert names(search(wang, words=person.id_number)) == [person.name]
    assert person.name in names(search(wang, words=person.id_number[-5:]))
    assert "没有符合条件的人员" in search(wang, words=person.name[1:] + "某").words
    assert "没有符合条件的人员" in search(wang, words="%").words


def test_another_units_people_are_not_found(wang, world):
    for one in world.theirs.people:
        person = get_person(one)
        for words in (person.id_number, person.person_no, person.id_number[-6:]):
            assert person.person_no not in numbers(search(wang, words=words))
    page = search(wang, words=get_person(world.theirs.people[0]).name)
    assert not set(numbers(page)) & {get_person(one).person_no for one in world.theirs.people}


def test_words_are_kept_for_one_unit_only(wang, world):
    person = get_person(world.ours.people[0])
    page = search(wang, words=person.name)
    assert "found=1" in page.address
    assert wang.get("/personnel/people").value("words") == "", (
        "without its mark the address asks for everybody"
    )


def test_by_state_insurance_and_month(wang, world):
    gone, part = world.ours.people[0], world.ours.people[1]
    leave(world.ours.id, gone)
    leave(world.ours.id, part, ("310",))
    new = add_people(world.ours.id, 1, ("410",))[0]
    with transaction() as session:
        session.connection().execute(
            update(Enrolment).where(Enrolment.person_id == new).values(from_month="202605")
        )
    people = {one: get_person(one).person_no for one in (*world.ours.people, new)}

    def found(**values: str) -> set[str]:
        return set(numbers(search(wang, **values)))

    assert found(state="ended") == {people[gone], people[part]}
    assert people[gone] not in found(state="active") and people[part] in found(state="active")
    assert found(state="ended", insurance="410") == {people[gone]}
    assert found(since="2026-01") == {people[new]}
    assert people[new] not in found(until="2025-12")
    assert "终止：医疗" in search(wang, state="ended").words


@pytest.mark.parametrize("words", ["", "王"])
def test_pages_go_forward_and_back_and_show_everybody_once(wang, world, words):
    add_people(world.ours.id, 120)
    if words:
        with transaction() as session:
            session.connection().execute(update(Person).values(name="王" + Person.name))
    page = search(wang, words=words)
    first, seen = numbers(page), []
    while True:
        seen.append(numbers(page))
        following = page.all("//a[@rel='next']")
        if not following:
            break
        assert "王" not in following[0].get("href")
        page = wang.get(following[0].get("href"))
    assert [len(one) for one in seen] == [50, 50, 25]
    assert len({number for one in seen for number in one}) == 125
    back = wang.get(page.one("//a[@rel='prev']").get("href"))
    assert numbers(back) == seen[1]
    back = wang.get(back.one("//a[@rel='prev']").get("href"))
    assert numbers(back) == first and not back.all("//a[@rel='prev']")


def test_a_name_is_compared_by_code_point_on_every_database(world):
    with transaction() as session:
        for person_id, name in zip(
            world.ours.people, ("䶮一", "王\U00030edd", "王", "阿·王", "Wang"), strict=True
        ):
            session.connection().execute(update(Person).where(Person.id == person_id).values(name=name))
    with reading() as session:
        for words, count in (("王", 2), ("王\U00030edd", 1), ("阿", 1), ("W", 1), ("w", 0), ("䶮", 1)):
            assert len(list_people(session, world.ours.id, PeopleSearch(words)).people) == count, words


def test_an_empty_unit_is_told_what_to_do(wang, world):
    with transaction() as session:
        query = update(Enrolment).where(Enrolment.unit_id == world.ours.id)
        session.connection().execute(query.values(unit_id=world.far.id, state="ended"))
    page = wang.get("/personnel/people")
    assert "人员新增" in page.words and page.one("//p/a[@href='/personnel/join']") is not None


def test_a_persons_page_and_its_two_forms(wang, world, sign_in):
    person = get_person(world.ours.people[0])
    page = wang.get(f"/personnel/people/{person.id}")
    assert person.person_no in page.words and person.id_number not in page.text
    assert "缴费基数" in page.words and "2025-07" in page.words
    wang.get(page.one("//main//a[.='人员减少']").get("href"))
    assert (wang.page.value("person_no"), wang.page.value("name")) == (person.person_no, person.name)
    page = wang.press("保存", reason="222", left_on="2026-06-10", last_month="202606")
    filing_id = int(page.path.rsplit("/", 1)[1])
    assert wang.get(f"/personnel/people/{person.id}").one(f"//a[@href='/filings/{filing_id}']") is not None
    wang.get(f"/personnel/change?person={person.id}")
    page = wang.press("保存", new_mobile="13911112222", reason="换号")
    send(wang, int(page.path.rsplit("/", 1)[1]))
    decide(sign_in("gao"), int(page.path.rsplit("/", 1)[1]), "通过")
    assert "13911112222" in wang.get(f"/personnel/people/{person.id}").words
    assert "现登记：13911112222" in wang.get(f"/personnel/change?person={person.id}").words


def test_nobody_elses_person(wang, world):
    other = world.theirs.people[0]
    for where in (f"people/{other}", f"leave?person={other}", f"change?person={other}", "people/99999"):
        assert wang.get(f"/personnel/{where}").status == 404, where


def test_who_left_is_shown_as_far_as_the_unit_knew_them(wang, world):
    person_id = world.ours.people[0]
    with transaction() as session:
        person = session.get_one(Person, person_id)
        person.mobile, person.details = "13700001111", dict.fromkeys(DETAILS, "机密")
    assert "13700001111" in wang.get(f"/personnel/people/{person_id}").words
    leave(world.ours.id, person_id)
    page = wang.get(f"/personnel/people/{person_id}")
    assert "已不在本单位参保" in page.words and "13700001111" not in page.words and "机密" not in page.words
    assert not page.all("//main//a[.='人员减少']")
    assert wang.get(f"/personnel/leave?person={person_id}").status == 404


def test_the_whole_number_needs_right_and_purpose_and_leaves_a_trace(wang, world, may_reveal):
    person = get_person(world.ours.people[0])
    wang.get(f"/personnel/people/{person.id}")
    wang.get(wang.page.one("//a[.='看完整号码…']").get("href"))
    for purpose, note in (("", ""), ("other", " ")):
        page = wang.press("显示号码", purpose=purpose, purpose_note=note)
        assert page.status == 422 and person.id_number not in page.text
    assert events("id_revealed") == []
    page = wang.press("显示号码", purpose="other", purpose_note="银行核对")
    assert page.one("//*[@id='number']").text == person.id_number
    assert "no-store" in page.headers["Cache-Control"]
    (event,) = events("id_revealed")
    assert (event.subject_id, event.unit_id) == (person.id, world.ours.id)
    assert event.after == {"purpose": "other", "purpose_note": "银行核对"}
    assert person.id_number not in wang.get(f"/personnel/people/{person.id}/number").text
    for other in (world.theirs.people[0], 99999):
        assert wang.post(f"/personnel/people/{other}/number", {"purpose": "asked"}).status == 404
    leave(world.ours.id, person.id)
    assert wang.post(f"/personnel/people/{person.id}/number", {"purpose": "asked"}).status == 404
    assert len(events("id_revealed")) == 1


def test_without_the_right_there_is_nothing_to_press(wang, world):
    person_id = world.ours.people[0]
    assert "看完整号码" not in wang.get(f"/personnel/people/{person_id}").words
    assert "导出" not in wang.get("/personnel/people").words
    for where in (f"people/{person_id}/number", "people/export"):
        assert "权限" in wang.get(f"/personnel/{where}").words
        assert "权限" in wang.post(f"/personnel/{where}", {"purpose": "asked"}).words
    assert events("id_revealed") == [] and events("people_exported") == []


def test_an_export_is_what_was_asked_for_and_leaves_a_trace(wang, world, may_reveal):
    leave(world.ours.id, world.ours.people[0])
    name = get_person(world.ours.people[0]).name
    page = search(wang, words=name, state="ended")
    address = page.one("//a[starts-with(., '导出')]").get("href")
    page = wang.get(address)
    assert name in page.words and name not in urlsplit(address).query
    assert wang.press("导出 xlsx", purpose="").status == 422
    answer = wang.http.post(
        address, data={"csrf_token": wang.token(), "purpose": "check", "purpose_note": ""}
    )
    rows = list(load_workbook(BytesIO(answer.data)).active.iter_rows(values_only=True))
    assert rows[0][:4] == ("个人编号", "姓名", "证件类型", "证件号码")
    assert [(row[1], row[4], row[5]) for row in rows[1:]] == [
        (name, one, "终止") for one in ("医疗", "工伤", "生育")
    ]
    assert all("***" in row[3] for row in rows[1:])
    (event,) = events("people_exported")
    assert (event.after["rows"], event.after["digest"]) == (3, sm3_hex(answer.data))
    assert event.after["filter"] == {
        "words": "name", "state": "ended", "insurance": "", "since": "", "until": "",
    }  # fmt: skip
    assert event.after["purpose"] == "check" and name not in str(event.after)


def test_an_export_goes_through_every_page(wang, world, may_reveal, monkeypatch):
    monkeypatch.setattr("services.people.CHUNK", 2)
    wang.get("/personnel/people/export")
    data = wang.http.post(
        "/personnel/people/export", data={"csrf_token": wang.token(), "purpose": "check"}
    ).data
    rows = list(load_workbook(BytesIO(data)).active.iter_rows(values_only=True, min_row=2))
    assert [row[0] for row in rows] == [
        get_person(one).person_no for one in world.ours.people for _ in range(3)
    ]


def test_an_export_of_nobody_is_refused(wang, world, may_reveal):
    page = wang.post("/personnel/people/export?state=suspended", {"purpose": "check"})
    assert page.status == 422 and "没有可以导出" in page.alert


def test_a_person_who_joined_is_in_the_list(wang, sign_in):
    filing_id = join(wang)
    send(wang, filing_id)
    decide(sign_in("gao"), filing_id, "通过")
    page = search(wang, words="新来人", since="2026-06")
    assert names(page) == ["新来人"] and "参保：医疗、工伤" in page.words
    page = wang.get(page.one("//tbody//a").get("href"))
    assert form()["mobile"] in page.words and "劳动合同" not in page.alert
