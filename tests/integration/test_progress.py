"""申报进度: every unit in one state, counted as listed, by office; reminded once a day; taken away with a trace."""

from __future__ import annotations

from io import BytesIO

import pytest
from openpyxl import load_workbook
from sqlalchemy import insert, select, update

from models.db import reading, transaction
from models.notice import Notice
from models.person import Enrolment
from models.progress_list import (
    STATES,
    UNITS_A_PAGE,
    Scope,
    Search,
    count_states,
    list_units,
)
from models.unit import Unit
from rules.insurances import GROUPS
from rules.refusals import Missing, Refusal
from services.progress import remind, scope_of, state_words
from tests.factories import NORTH, NOW, YEAR, actor, make_account, make_unit
from tests.integration.clerk import Clerk
from tests.integration.way import audited, count

MEDICAL, INJURY = GROUPS
SCOPE = Scope(NORTH, YEAR, MEDICAL, is_over=False)


@pytest.fixture
def gao(sign_in) -> Clerk:
    return sign_in("gao")


def states(scope: Scope = SCOPE) -> dict[str, int]:
    """Units by state, those of none left out; what is counted is what is listed."""
    with reading() as session:
        found: dict[str, int] = {}
        for one in count_states(session, scope):
            found[one.state] = found.get(one.state, 0) + one.units
        listed = list_units(session, scope, Search(), limit=None)
    assert {state: sum(one.state == state for one in listed) for state in found} == found
    assert sum(found.values()) == len(listed)
    return found


def test_a_unit_goes_from_state_to_state(way, world):
    assert states() == {"not_started": 2}
    declaration_id = way.ready()
    assert states() == {"not_started": 1, "drafting": 1}
    way.submit(declaration_id)
    assert states() == {"not_started": 1, "waiting": 1}
    way.jobs.sweep()
    assert states() == {"not_started": 1, "waiting": 1}
    way.send_back(1)
    assert states() == {"not_started": 1, "returned": 1}


def test_approved_is_done_for_its_group_only(way):
    first, second = way.submitted()
    way.approve(first)
    assert states() == {"not_started": 1, "approved": 1}
    assert states(SCOPE._replace(group=INJURY)) == {"not_started": 1, "waiting": 1}
    assert second


def test_after_the_window_whoever_sent_nothing_is_late(way):
    way.started()
    assert states(SCOPE._replace(is_over=True)) == {"late": 2}
    with reading() as session:
        found = list_units(session, SCOPE._replace(is_over=True), Search("late"))
    assert [one.is_begun for one in found] == [True, False]


def test_who_has_nobody_in_a_group_is_not_asked(world):
    make_unit(NORTH, "23000500", 3, ("410",))
    assert sum(states().values()) == 2
    assert sum(states(SCOPE._replace(group=INJURY)).values()) == 3
    with transaction() as session:
        ended = update(Enrolment).where(Enrolment.unit_id == world.theirs.id).values(state="ended")
        session.connection().execute(ended)
    assert sum(states().values()) == 1


def test_the_board_shows_and_leads_to_the_list(gao, way):
    way.submitted()
    page = gao.get("/bureau/progress")
    assert "2026 年度申报进度" in page.words and "2026-07-31" in page.words
    assert page.one("//*[name()='svg']/*[name()='desc']").text_content().startswith("未开始 1")
    (address,) = {one.get("href") for one in page.all("//td[@data-k='待审核']//a")}
    page = gao.get(address)
    assert "单位23000072" in page.words and "单位23000099" not in page.words
    assert page.all("//a[contains(@href, '/bureau/filings/')]"), "what waits is one step away"


def test_a_list_is_searched_by_number_or_name_and_paged(gao, world):
    units = [
        {"region_code": NORTH, "unit_no": f"9{place:07d}", "name": f"批量单位{place}", "uscc": "x"}
        for place in range(UNITS_A_PAGE + 20)
    ]
    with transaction() as session:
        session.connection().execute(insert(Unit), units)
        ids = list(session.scalars(select(Unit.id).where(Unit.unit_no.like("9%")).order_by(Unit.id)))
        person = world.ours.people[0]
        covered = [
            {"unit_id": one, "person_id": person, "insurance": "410", "from_month": "202301"} for one in ids
        ]
        session.connection().execute(insert(Enrolment), covered)
    page = gao.get("/bureau/progress/units?group=injury_maternity&state=not_started")
    seen = [one.text_content() for one in page.all("//tbody/tr/th")]
    page = gao.get(page.one("//a[@rel='next']").get("href"))
    seen += [one.text_content() for one in page.all("//tbody/tr/th")]
    assert not page.all("//a[@rel='next']")
    assert len(seen) == len(set(seen)) == UNITS_A_PAGE + 22
    assert len(gao.press("查询", words="90000007").all("//tbody/tr")) == 1
    assert len(gao.press("查询", words="批量单位119").all("//tbody/tr")) == 1
    assert "没有找到这样的单位" in gao.get("/bureau/progress/units?words=%25").words


def test_offices_see_their_own(world, sign_in):
    with transaction() as session:
        for unit, code in ((world.ours, "230102"), (world.theirs, "230203")):
            session.connection().execute(update(Unit).where(Unit.id == unit.id).values(office_code=code))
    with reading() as session:
        counted = {one.city: one.units for one in count_states(session, SCOPE)}
    assert counted == {"2301": 1, "2302": 1}
    make_account("city", "市审核", NORTH, None, office="2301")
    city = sign_in("city")
    page = city.get("/bureau/progress/units?office=2302")
    assert "单位23000072" in page.words and "单位23000099" not in page.words
    page = sign_in("gao").get("/bureau/progress/units?office=2302")
    assert "单位23000099" in page.words and "单位23000072" not in page.words


def test_the_list_is_taken_away_with_a_trace(gao, way):
    way.submitted()
    gao.get("/bureau/progress/units?state=waiting")
    form = gao.page.one("//form[contains(@action, '.xlsx')]")
    data = {one.get("name"): one.get("value") for one in form.xpath(".//input")}
    answer = gao.http.post(form.get("action"), data=data)
    rows = list(load_workbook(BytesIO(answer.data)).active.iter_rows(values_only=True))
    assert rows == [
        ("单位编号", "单位名称", "进度", "提交日期"),
        ("23000072", "单位23000072", "待审核", "2026-06-18"),
    ]
    (event,) = audited("progress_exported")
    assert event.after["state"] == "waiting" and event.after["rows"] == 1


def test_a_reminder_is_confirmed_then_told_once_a_day(gao, clock, sign_in):
    gao.get("/bureau/progress/units?state=not_started")
    page = gao.get(gao.page.one("//a[contains(@href, '/remind')]").get("href"))
    assert "2 个单位" in page.words and count(Notice) == 0
    page = gao.press("确认提醒")
    assert "已提醒 2 个单位" in page.words and "高审核" in page.words
    assert "社保局提醒：2026 年度工资申报 7 月 31 日截止，医疗还没有提交" in sign_in("wang").get("/").words
    gao.get("/bureau/progress/remind?state=not_started")
    assert "2 个今天已经提醒过" in gao.press("确认提醒").words
    assert count(Notice) == 2
    clock.move(days=1)
    with reading() as session:
        scope = scope_of(session, actor("gao"), None, "", "", clock())
    assert remind(actor("gao"), scope, Search("not_started"), clock()) == (2, 2)
    assert len(audited("progress_reminded")) == 3


def test_who_has_nothing_to_do_is_not_disturbed(world):
    for state in ("waiting", "approved", ""):
        with pytest.raises(Refusal) as refused:
            remind(actor("gao"), SCOPE, Search(state), NOW)
        assert refused.value.code == "progress.not_reminded"
    with pytest.raises(Refusal) as refused:
        remind(actor("gao"), SCOPE, Search("returned"), NOW)
    assert refused.value.code == "progress.nobody"
    assert count(Notice) == 0


def test_each_regions_board_is_its_own(sign_in, world):
    page = sign_in("na").get("/bureau/progress/units?group=injury_maternity")
    assert "单位15010312" in page.words and "23000072" not in page.words


def test_a_year_or_group_that_is_none_is_not_found(world, gao):
    with reading() as session:
        for year, group in ((1999, ""), (None, "nothing")):
            with pytest.raises(Missing):
                scope_of(session, actor("gao"), year, group, "", NOW)
    assert gao.get("/bureau/progress?year=1999").status == 404


def test_every_state_has_its_words():
    assert tuple(state_words()) == STATES
