"""核定应缴: whoever never declared, by the last month's amount, by two people; told to the unit."""

from __future__ import annotations

import pytest
from sqlalchemy import func, select, update
from sqlalchemy.exc import IntegrityError

from models.assessment import Assessment
from models.db import reading, transaction
from models.region import DeclarationWindow, RegionParameter
from rules.money import yuan_text
from rules.refusals import Conflict, Refusal
from services.assessments import enter_assessments, release_assessments
from services.progress import scope_of
from tests.factories import ALL, NORTH, NOW, actor, make_account
from tests.integration.clerk import Clerk
from tests.integration.levy_desk import get_levy, issue_month
from tests.integration.way import audited, count

ADDRESS = "/bureau/assessments?group=injury_maternity"


@pytest.fixture
def late(world, runner) -> None:
    """June is issued, and the window closed yesterday."""
    issue_month(runner, "202606")
    with transaction() as session:
        closed = update(DeclarationWindow).values(closes_on=NOW.date().replace(day=17))
        session.connection().execute(closed)
    make_account("tao", "陶征缴", NORTH, None)


@pytest.fixture
def gao(late, sign_in) -> Clerk:
    return sign_in("gao")


def scope(name: str = "gao"):
    with reading() as session:
        return scope_of(session, actor(name), None, "injury_maternity", "", NOW)


def enter(world, insurance: str = "410", by: str = "gao") -> int:
    levy = get_levy(world.ours.id, "202606", insurance)
    enter_assessments(actor(by), scope(by), [levy.key], "两次提醒仍未申报", NOW)
    with reading() as session:
        return session.scalar(select(func.max(Assessment.id))) or 0


def get(assessment_id: int) -> Assessment:
    with reading() as session:
        return session.get_one(Assessment, assessment_id)


def test_before_the_window_closes_nobody_is_assessed(world, sign_in, runner):
    issue_month(runner, "202606")
    page = sign_in("gao").get(ADDRESS)
    assert "截止以后" in page.words and not page.all("//input[@type='checkbox']")
    levy = get_levy(world.ours.id, "202606", "410")
    with pytest.raises(Refusal) as refused:
        enter_assessments(actor("gao"), scope(), [levy.key], "理由", NOW)
    assert refused.value.code == "assessment.too_early"


def test_the_list_has_last_months_amount_and_the_share(gao, world):
    page = gao.get(ADDRESS)
    levy = get_levy(world.ours.id, "202606", "410")
    row = page.one(f"//tr[.//input[@value='{levy.key}']]")
    # 59.42 × 110 % = 65.362
    assert [one.text_content().strip() for one in row.xpath("td[@data-k]")] == ["工伤", "59.42", "65.36"]
    assert "2026-07 应缴按 2026-06 应缴（正常）的 110% 核定" in page.words


def test_one_enters_another_releases_and_the_unit_is_told(gao, world, sign_in):
    levy = get_levy(world.ours.id, "202606", "410")
    gao.get(ADDRESS)
    page = gao.press("录入选中的", id=[str(levy.key)], reason="两次提醒仍未申报")
    assert "已录入 1 条" in page.words
    page = gao.press("发布选中的", id=["1"])
    assert page.status == 422 and "不能由您自己发布" in page.alert
    tao = sign_in("tao")
    tao.get(ADDRESS)
    assert "已发布 1 条" in tao.press("发布选中的", id=["1"]).words
    made = get(1)
    assert (made.state, made.month, made.last_fen, made.assessed_fen) == ("released", "202607", 5942, 6536)
    wang = sign_in("wang")
    assert "2026 年 7 月工伤按上月应缴的 110%核定为 65.36 元" in wang.get("/notices").words
    page = wang.get("/levies/declare")
    assert "工伤已核定为 65.36 元" in page.words and "上月应缴 59.42 元的 110%" in page.words
    assert [event.unit_id for event in audited("assessment_released")] == [world.ours.id]


def test_an_amount_is_entered_once(late, world):
    enter(world)
    with pytest.raises(Conflict) as refused:
        enter(world)
    assert refused.value.code == "assessment.changed"
    with pytest.raises(IntegrityError), transaction() as session:
        values = get(1).model_dump(exclude={"id"})
        session.add(Assessment(**values))
    assert count(Assessment) == 1


def test_the_database_wants_two_people(late, world):
    number = enter(world)
    with pytest.raises(IntegrityError), transaction() as session:
        made = session.get_one(Assessment, number)
        made.state, made.decided_by = "released", made.entered_by
        session.add(made)


def test_a_dropped_one_needs_a_reason_and_may_be_entered_again(gao, world):
    enter(world)
    gao.get(ADDRESS)
    page = gao.press("撤掉选中的", id=["1"])
    assert page.status == 422 and "还没有写理由" in page.alert
    assert "已撤掉 1 条" in gao.press("撤掉选中的", id=["1"], reason="单位倒闭").words
    assert get(1).drop_reason == "单位倒闭"
    assert enter(world) == 2


def test_who_declared_meanwhile_is_not_assessed(late, world, way):
    number = enter(world)
    declaration_id = way.ready()
    with transaction() as session:
        session.connection().execute(update(DeclarationWindow).values(closes_on=NOW.date()))
    way.submit(declaration_id)
    with transaction() as session:
        closed = update(DeclarationWindow).values(closes_on=NOW.date().replace(day=17))
        session.connection().execute(closed)
    with pytest.raises(Refusal) as refused:
        release_assessments(actor("tao"), [number], NOW)
    assert refused.value.code == "assessment.declared"
    assert get(number).state == "entered"
    with pytest.raises(Conflict):
        enter(world, "510")


def test_the_share_is_a_parameter_of_the_region(late, world):
    with transaction() as session:
        session.add(
            RegionParameter(
                region_code=NORTH,
                name="assessment_percent",
                valid_from=NOW.date().replace(month=7, day=1),
                valid_to=NOW.date().replace(year=2027),
                value=120,
            )
        )
    made = get(enter(world))
    assert (made.percent, made.assessed_fen) == (120, 7130)


def test_nothing_chosen_and_no_reason_are_said(gao):
    gao.get(ADDRESS)
    assert "还没有写理由" in gao.press("录入选中的").alert
    assert "还没有选单位" in gao.press("录入选中的", reason="理由").alert


def test_another_regions_are_nobodys(late, world, sign_in):
    enter(world)
    na = sign_in("na")
    assert "23000072" not in na.get(ADDRESS).words
    assert na.post("/bureau/assessments", {"do": "drop", "id": "1", "reason": "x"}).status == 409
    assert get(1).state == "entered"


def test_every_insurance_of_a_unit_is_a_line(gao, world):
    page = gao.get(ADDRESS)
    for insurance in ALL[1:]:
        levy = get_levy(world.theirs.id, "202606", insurance)
        assert yuan_text(levy.total_fen) in page.text, insurance
