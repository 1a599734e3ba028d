"""An approved personnel request reaches the open wage declaration: it offers 刷新名单, and refreshing settles it."""

from __future__ import annotations

from models.db import reading
from models.person import Person
from services.filings import save_new, submit_filing
from services.reviews import approve_filing
from tests.factories import NOW, World, actor, id_number
from tests.integration.test_person_requests import form
from tests.integration.way import audited, check_counts, get_declaration, list_rows, wages

OFFER = "参保人员有变动，名单还是旧的"
PNG = b"\x89PNG\r\n\x1a\n" + b"x" * 50 + b"IEND\xaeB`\x82"


def approve(code: str, **typed: str) -> int:
    """A request of wang's, from the form to the bureau's approval, without its pages."""
    filing_id = save_new(actor("wang"), code, typed, NOW)
    submit_filing(actor("wang"), filing_id, 1, NOW)
    approve_filing(actor("gao"), filing_id, NOW)
    return filing_id


def get_person(world: World, place: int) -> Person:
    with reading() as session:
        return session.get_one(Person, world.ours.people[place])


def joined(number: int) -> None:
    values = {
        name: " ".join(value) if isinstance(value, list) else str(value) for name, value in form().items()
    }
    approve("person_in", **values | {"id_number": id_number(number)})


def left(world: World, place: int) -> None:
    person = get_person(world, place)
    approve(
        "person_out",
        person_no=person.person_no,
        name=person.name,
        reason="222",
        left_on="2026-06-10",
        last_month="202606",
        insurances="310 410 510",
    )


def test_nothing_is_offered_while_nothing_has_changed(wang, way):
    assert OFFER not in wang.get(f"/wages/{way.started()}/rows").words


def test_who_joined_and_who_left_is_offered_and_brought_in(wang, way, world):
    declaration_id = way.entered("60000", "61000")
    joined(996000)
    left(world, 1)
    page = wang.get(f"/wages/{declaration_id}/rows")
    assert OFFER in page.words
    page = wang.press("刷新名单")
    assert "新来 1 人，离开 1 人" in page.words and OFFER not in page.words
    assert not get_declaration(declaration_id).is_list_stale
    assert wages(declaration_id)[0] == 6_000_000 and 6_100_000 not in wages(declaration_id)
    assert "新来人" in [row.name for row in list_rows(declaration_id)]
    check_counts(declaration_id)


def test_a_changed_name_is_taken_over_and_the_wage_stays(wang, way, world, app):
    declaration_id = way.entered("60000", "61000")
    person = get_person(world, 0)
    wang.get(f"/personnel/change?person={person.id}")
    page = wang.press("保存", new_name="改名人", reason="户口更正")
    filing_id = int(page.path.rsplit("/", 1)[1])
    wang.press("添加", file=("户口.png", PNG))
    wang.get(f"/filings/{filing_id}/submit")
    wang.press("确认提交")
    approve_filing(actor("gao"), filing_id, NOW)
    assert OFFER in wang.get(f"/wages/{declaration_id}/rows").words
    before = get_declaration(declaration_id).roster_version
    page = wang.press("刷新名单")
    assert "1 人的姓名或号码已按最新登记更新" in page.words and OFFER not in page.words
    row = next(row for row in list_rows(declaration_id) if row.person_id == person.id)
    assert (row.name, row.wage_fen, row.id_number) == ("改名人", 6_000_000, person.id_number)
    assert get_declaration(declaration_id).roster_version == before, "it is still the same people"
    assert audited("list_refreshed")[0].after == {"joined": 0, "left": 0, "changed": 1}


def test_what_changes_while_the_bureau_has_it_is_offered_when_it_comes_back(wang, way, world):
    way.submitted()
    joined(996100)
    assert OFFER not in wang.get("/wages/1/rows").words, "it is not open"
    way.send_back(1)
    assert OFFER in wang.get("/wages/1/rows").words


def test_another_units_declaration_is_left_alone(way, world, sign_in):
    theirs = way.started(by="zhao")
    joined(996200)
    assert not get_declaration(theirs).is_list_stale
