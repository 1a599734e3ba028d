"""缴费申报: the month before it is issued, beside the last one; confirmed, changed since, disputed."""

from __future__ import annotations

import pytest
from sqlalchemy import delete, select, update

from models.account import Account
from models.audit import AuditEvent
from models.db import reading, transaction
from models.filing import Filing
from models.filing_parts import FilingHold, FilingLine
from models.levy import Levy, LevyConfirmation
from models.notice import Notice
from models.person import Enrolment, Person, PersonBase
from models.unit import UnitRate
from services.levy_runs import issue_run, start_run
from tests.factories import ALL, NORTH, NOW, actor, add_people, drop_bounds, set_bounds
from tests.integration.clerk import Clerk, Page
from tests.integration.project_desk import decide, save, send
from tests.integration.test_person_requests import join


@pytest.fixture
def issue(runner):
    """The bureau levies and issues a month."""

    def levy(month: str) -> None:
        run_id, job_id = start_run(actor("gao"), month, NOW)
        assert job_id is not None
        runner.run(job_id)
        issue_run(actor("gao"), run_id, NOW)

    return levy


@pytest.fixture
def gao(sign_in):
    return sign_in("gao")


def takes_in(clerk: Clerk, reviewer: Clerk, **other: object) -> int:
    """Somebody new is approved; returns the number of the request."""
    filing_id = join(clerk, **other)
    send(clerk, filing_id)
    decide(reviewer, filing_id, "通过")
    return filing_id


def end_cover(person_id: int, last_month: str) -> None:
    with transaction() as session:
        session.connection().execute(
            update(Enrolment)
            .where(Enrolment.person_id == person_id)
            .values(state="ended", to_month=last_month)
        )


def confirmations() -> list[LevyConfirmation]:
    with reading() as session:
        return list(session.scalars(select(LevyConfirmation)))


def events(action: str) -> list[AuditEvent]:
    with reading() as session:
        return list(session.scalars(select(AuditEvent).where(AuditEvent.action == action)))


def confirm(clerk: Clerk) -> Page:
    """From the page through the question to the confirmation."""
    page = clerk.get("/levies/declare")
    clerk.get(page.one("//a[normalize-space()='确认申报…']").get("href"))
    return clerk.press("确认申报")


def row(page: Page, table: int, name: str) -> list[str]:
    """The cells of a row that begins with a name, in one of the page's tables."""
    found = page.one(f"(//table)[{table}]/tbody/tr[th[normalize-space()='{name}']]")
    return [" ".join(cell.text_content().split()) for cell in found]


def test_a_first_month_is_the_present_one_and_says_what_it_is_made_of(wang):
    page = wang.get("/levies/declare")
    assert page.status == 200 and "费款所属期 2026-06" in page.words
    # Five people of 5,000.00 and 83.33 more each: whole yuan, summed, and rounded once.
    assert row(page, 2, "正常")[:9] == [
        "正常",
        "2026-06",
        "5",
        "25,833",
        "0.23%",
        "0%",
        "59.42",
        "0.00",
        "59.42",
    ]
    assert "2026-06-25" in page.words and "178.26" in page.words
    assert "相比" not in page.words


def test_an_issued_month_is_said_and_the_next_one_is_beside_it(wang, gao, world, issue):
    issue("202606")
    number = takes_in(wang, gao)
    end_cover(world.ours.people[0], "202606")
    set_bounds(NORTH, "310", 510_000, 2_311_500)
    page = wang.get("/levies/declare")
    assert "费款所属期 2026-07" in page.words and "2026-06 已签发（2026-06-18）" in page.words
    medical, injury, maternity = (row(page, 1, name) for name in ("医疗", "工伤", "生育"))
    assert medical[1:4] == ["1 人 医疗新来", "1 人 医疗离开", "1 人 医疗基数变化"]
    assert injury[1:4] == ["1 人 工伤新来", "1 人 工伤离开", "0"]
    assert maternity[1:4] == ["0", "1 人 生育离开", "0"]
    with reading() as session:
        receipt = session.get_one(Filing, number).receipt_no
    assert row(page, 2, "补缴")[1:3] == ["2026-06", "1"] and row(page, 2, "补缴")[-1] == receipt
    with reading() as session:
        before = session.scalars(select(Levy).where(Levy.insurance == "310")).first()
    total = page.one("//h2[@id='b310']").text_content()
    assert before is not None and medical[4] == f"{before.total_fen / 100:.2f}" and medical[5] in total

    page = wang.get("/levies/declare/changes?insurance=310&show=came")
    assert "新来人" in page.words and "6,000" in page.words
    assert page.one("//td//a").get("href") == f"/filings/{number}"
    page = wang.get("/levies/declare/changes?insurance=310&show=left")
    assert "共 1 人" in page.words and "5,000" in page.words
    page = wang.get("/levies/declare/changes?insurance=310&show=moved")
    assert "5,083" in page.words and "5,100" in page.words and "工资没变，按新的下限算" in page.words
    assert wang.get("/levies/declare/changes?insurance=410&show=moved").status == 200
    assert "没有这样的人" in wang.page.words
    for wrong in ("insurance=999&show=came", "insurance=310&show=all", "show=came"):
        assert wang.get(f"/levies/declare/changes?{wrong}").status == 404


def test_a_wage_that_changed_leads_to_its_request(wang, world, issue):
    issue("202606")
    with transaction() as session:
        for insurance, wage, adjustment in (("310", 8_400_000, "none"), ("410", 3_000_000, "floor")):
            session.add(
                PersonBase(
                    unit_id=world.ours.id,
                    person_id=world.ours.people[1],
                    insurance=insurance,
                    year=2026,
                    effective_month="202607",
                    wage_fen=wage,
                    base_fen=0,
                    adjustment=adjustment,
                )
            )
    page = wang.get("/levies/declare/changes?insurance=310&show=moved")
    assert "申报工资变了" in page.words and "低于下限" not in page.words and "7,000" in page.words
    assert "低于下限，按下限算" in wang.get("/levies/declare/changes?insurance=410&show=moved").words


def test_lists_of_changes_are_paged_by_person(wang, world, issue):
    issue("202606")
    add_people(world.ours.id, 130, ("310",))
    page = wang.get("/levies/declare/changes?insurance=310&show=came")
    assert "共 130 人" in page.words and len(page.all("//tbody/tr")) == 100
    first = {one.get("href") for one in page.all("//tbody//th//a")}
    page = wang.get(page.one("//a[@rel='next']").get("href"))
    rest = {one.get("href") for one in page.all("//tbody//th//a")}
    assert len(rest) == 30 and not first & rest and not page.all("//a[@rel='next']")


def test_what_cannot_be_reckoned_is_said_with_what_to_do(wang, world):
    add_people(world.ours.id, 2, ("310",), base_wage_fen=None)
    drop_bounds(NORTH, "510")
    with transaction() as session:
        session.connection().execute(
            delete(UnitRate).where(UnitRate.unit_id == world.ours.id, UnitRate.insurance == "410")
        )
    words = wang.get("/levies/declare").words
    assert "医疗有 2 人没有工资" in words and "去工资申报" in words
    assert "工伤没有费率，5 人" in words and "联系社保局" in words
    assert "生育的缴费基数上下限还没有公布，5 人" in words
    page = wang.get("/levies/declare/changes?insurance=310&show=lacking")
    assert "共 2 人" in page.words and len(page.all("//tbody/tr")) == 2


def test_nobody_to_levy_is_said_with_what_to_do(wang, world):
    with transaction() as session:
        session.connection().execute(
            update(Enrolment).where(Enrolment.unit_id == world.ours.id).values(to_month="202512")
        )
    page = wang.get("/levies/declare")
    assert "这个月没有应缴的内容" in page.words and page.all("//main//a[@href='/personnel/join']")
    assert "确认申报" not in page.words
    page = wang.post("/levies/declare/confirm", {"month": "202606", "seen": "0" * 64})
    assert page.status == 422 and confirmations() == []


def test_a_month_is_confirmed_and_says_by_whom(wang, world):
    page = confirm(wang)
    assert "王经办 已于 2026-06-18 09:00 确认：5 人，178.26 元。" in page.words
    assert "到现在没有变化" in page.words and "确认申报…" not in page.words
    (kept,) = confirmations()
    assert (kept.unit_id, kept.month, kept.people, kept.total_fen) == (world.ours.id, "202606", 5, 17_826)
    (event,) = events("levy_confirmed")
    assert event.unit_id == world.ours.id and event.before is None
    assert event.after == {"month": "202606", "digest": kept.digest, "people": 5, "total_fen": 17_826}
    # The same once more changes nothing.
    wang.post("/levies/declare/confirm", {"month": "202606", "seen": kept.digest})
    assert len(events("levy_confirmed")) == 1
    assert wang.get("/levies/declare/confirm").path == "/levies/declare"


def test_what_changed_since_is_said_and_confirmed_again(wang, gao, clock):
    confirm(wang)
    clock.move(minutes=10)
    number = takes_in(wang, gao)
    page = wang.get("/levies/declare")
    assert "以后有变化：现在是 6 人" in page.words and "请核对后再确认一次" in page.words
    assert page.all(f"//div[@role='status']//a[@href='/filings/{number}']")
    assert "到现在没有变化" in confirm(wang).words
    (kept,) = confirmations()
    assert kept.people == 6
    assert [event.after["people"] for event in events("levy_confirmed")] == [5, 6]


def test_the_same_sums_of_other_bases_are_a_change(wang, world):
    confirm(wang)
    with transaction() as session:
        for person_id, wage in ((world.ours.people[0], 6_100_000), (world.ours.people[1], 6_000_000)):
            session.connection().execute(
                update(PersonBase).where(PersonBase.person_id == person_id).values(wage_fen=wage)
            )
    page = wang.get("/levies/declare")
    assert "人数和应缴合计没有变" in page.words and "请核对后再确认一次" in page.words


def test_a_page_drawn_before_a_change_confirms_nothing(wang, world):
    page = wang.get("/levies/declare")
    ask = page.one("//a[normalize-space()='确认申报…']").get("href")
    question = wang.get(ask)
    add_people(world.ours.id, 1, ALL)
    wang.page = question
    page = wang.press("确认申报")
    assert page.status == 409 and "重新核对" in page.alert
    assert wang.get(ask).status == 409
    for seen in ("", "某值", "0" * 64):
        assert wang.post("/levies/declare/confirm", {"month": "202606", "seen": seen}).status == 409
    assert confirmations() == [] and events("levy_confirmed") == []


def test_a_month_that_was_issued_meanwhile_is_not_confirmed(wang, issue):
    page = wang.get("/levies/declare")
    wang.get(page.one("//a[normalize-space()='确认申报…']").get("href"))
    issue("202606")
    page = wang.press("确认申报")
    assert page.status == 409 and "202607" in page.alert
    assert confirmations() == []


def test_whoever_may_not_submit_may_look(wang, world):
    with transaction() as session:
        session.connection().execute(
            update(Account).where(Account.username == "wang").values(rights="entry query")
        )
    page = wang.get("/levies/declare")
    assert page.status == 200 and "确认要有“申报”的权限" in page.words
    assert not page.all("//a[starts-with(@href, '/levies/dispute')]")
    assert wang.post("/levies/declare/confirm", {"month": "202606"}).status == 422
    assert confirmations() == []
    with transaction() as session:
        session.connection().execute(
            update(Account).where(Account.username == "wang").values(rights="entry submit")
        )
    assert wang.get("/levies/declare").status == 422


def test_another_unit_sees_nothing_of_ours(wang, sign_in, world, issue):
    issue("202606")
    end_cover(world.ours.people[0], "202606")
    confirm(wang)
    zhao = sign_in("zhao")
    page = zhao.get("/levies/declare")
    assert "确认：" not in page.words
    assert row(page, 1, "医疗")[1:4] == ["0", "0", "0"] and row(page, 2, "正常")[2] == "4"
    page = zhao.get("/levies/declare/changes?insurance=310&show=left")
    assert "没有这样的人" in page.words
    (kept,) = confirmations()
    page = zhao.post("/levies/declare/confirm", {"month": "202607", "seen": kept.digest})
    assert page.status == 409 and len(confirmations()) == 1


def dispute(clerk: Clerk, **values: str) -> int:
    typed = {"wrong": "rate", "explanation": "费率应是 0.16%，已核定浮动下调。", **values}
    return save(clerk, "/levies/dispute?month=202606&insurance=410&item=normal", **typed)


def test_a_difference_goes_all_the_way(wang, gao, world):
    page = wang.get("/levies/declare")
    wang.get(page.one("//section[h2 or div/h2[@id='b410']]//a[normalize-space()='有差异…']").get("href"))
    assert wang.page.value("month") == "202606"
    assert wang.page.one("//select[@name='insurance']/option[@selected]").get("value") == "410"
    number = dispute(wang, expected="41.33")
    assert "缴费差异：2026-06 工伤" in wang.page.words
    send(wang, number)
    for where in ("/filings/", f"/filings/{number}", "/notices"):
        assert "缴费差异" in wang.get(where).words, where
    assert "缴费差异：2026-06 工伤" in gao.get("/bureau/").words
    page = gao.get(f"/bureau/filings/{number}")
    assert "41.33" in page.words and "金额不会自动改变" in page.words
    gao.press("通过…")
    assert "金额不会因此改变" in gao.page.words
    gao.press("确认通过")
    page = wang.get(f"/filings/{number}")
    assert "社保局同意您的意见" in page.words and "已经生效" not in page.words
    assert "缴费差异（2026-06 工伤）审核通过" in wang.get("/notices").words
    with reading() as session:
        assert session.scalars(select(FilingHold)).all() == []
        kinds = set(session.scalars(select(Notice.kind).where(Notice.filing_id == number)))
    assert kinds == {"filing_pending", "filing_approved"}
    assert len(events("filing_approve")) == 1


def test_one_difference_at_a_time_of_a_month_and_insurance(wang):
    number = dispute(wang)
    send(wang, number)
    page = wang.get("/levies/declare")
    assert page.one("//a[normalize-space()='已报差异，看进度']").get("href") == f"/filings/{number}"
    assert len(page.all("//a[normalize-space()='有差异…']")) == 2
    wang.get("/levies/dispute?month=202606&insurance=410")
    page = wang.press("保存", wrong="amount", explanation="再报一次")
    assert page.status == 422 and "办的是同样的事" in page.alert
    page = wang.press("保存", wrong="amount", explanation="医疗也不对", insurance="310")
    assert page.status == 200 and page.path.startswith("/filings/")


def test_a_month_that_nobody_levied_is_refused(wang, issue):
    issue("202606")
    for month, status in (("202605", 422), ("202608", 422), ("202606", 200), ("202607", 200)):
        wang.get("/levies/dispute")
        assert wang.page.value("month") == "202607"
        page = wang.press("保存", month=month, insurance="310", wrong="base", explanation="基数不对")
        assert page.status == status, month
    wang.get("/levies/dispute")
    page = wang.press("保存", month="202605", insurance="310", wrong="base", explanation="基数不对")
    assert "2026-05 没有征集" in page.alert


def test_a_difference_is_tied_to_a_person_of_the_unit_only(wang, world):
    with reading() as session:
        ours = session.get_one(Person, world.ours.people[0])
        theirs = session.get_one(Person, world.theirs.people[0])
    for person, known in ((ours, ours.id), (theirs, None)):
        number = dispute(wang, name=person.name, id_number=person.id_number)
        assert person.id_number not in wang.page.text
        with reading() as session:
            line = session.scalars(select(FilingLine).where(FilingLine.filing_id == number)).one()
        assert line.person_id == known
