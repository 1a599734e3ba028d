"""缴费申报查询 and 人员缴费基数查询: what was issued, its people and its files, and nothing of anybody else's."""

from __future__ import annotations

from io import BytesIO
from urllib.parse import unquote

import pytest
from openpyxl import load_workbook
from sqlalchemy import select, update

from models.account import Account
from models.audit import AuditEvent
from models.db import reading, transaction
from models.levy import LevyDetail, list_issued
from models.person import Person
from rules.money import yuan_text
from services.levy_versions import reissue
from tests.factories import ALL, CAP, FLOOR, NOW, actor, add_people
from tests.integration.levy_desk import draft_month, end_cover, get_levy, issue_month, set_wages
from tests.integration.project_desk import decide, send
from tests.integration.test_person_requests import join


@pytest.fixture
def june(world, runner):
    """June, issued; five people of ours in each 险种."""
    issue_month(runner, "202606")
    return world.ours


def cells(page, label: str) -> list[str]:
    return [" ".join(one.text_content().split()) for one in page.all(f"//td[@data-k='{label}']")]


def names(page) -> list[str]:
    return [" ".join(one.text_content().split()) for one in page.all("//tbody/tr/th")]


def sheet_of(answer) -> list[tuple[object, ...]]:
    assert answer.status_code == 200
    return list(load_workbook(BytesIO(answer.data)).active.iter_rows(values_only=True))


def may_reveal() -> None:
    with transaction() as session:
        rights = "entry submit people query reveal"
        session.connection().execute(update(Account).where(Account.username == "wang").values(rights=rights))


def test_nothing_is_found_before_the_first_month_is_issued(wang, runner):
    draft_month(runner, "202606")
    for address in ("/levies/", "/levies/bases"):
        page = wang.get(address)
        assert "没有找到匹配的记录" in page.words
        assert page.one("//main//a[@class='btn go']").get("href") == "/levies/declare"
    for address in ("/levies/1", "/levies/1/items", "/levies/1/items/export"):
        may_reveal()
        assert wang.get(address).status == 404


def test_the_list_has_the_manuals_columns(wang, june):
    page = wang.get("/levies/")
    heads = [one.text_content() for one in page.all("//table[contains(@class, 'cards')]//th[@scope='col']")]
    manual = ["序号", "单位编号", "单位名称", "费款所属期", "缴费人数", "缴费基数", "征集金额", "流水号"]
    assert [one for one in heads if one in manual] == manual
    levy = get_levy(june.id, "202606", "410")
    row = page.one(f"//tr[th/a[@href='/levies/{levy.id}']]")
    said = [" ".join(one.text_content().split()) for one in row]
    # 5,000 5,083 5,167 5,250 5,333 make 25,833, × 0.0023 = 59.4159.
    assert said[1:3] == ["23000072", "单位23000072"]
    assert said[4:9] == ["工伤", "5", "25,833", "59.42 为什么是这个数", f"{levy.id:012d}"]
    assert said[9] == "未缴清"


def test_the_list_goes_by_month_and_insurance(wang, june, runner):
    issue_month(runner, "202607")
    assert [name[:7] for name in names(wang.get("/levies/"))[-6:]] == ["2026-07"] * 3 + ["2026-06"] * 3
    wang.press("查询", since="2026-07", until="202607", insurance="410")
    assert cells(wang.page, "险种") == ["工伤"]
    wang.press("查询", since="2025-01", until="2025-12")
    assert "没有找到匹配的记录。最近签发的是 2026-07" in wang.page.words
    assert wang.get("/levies/?since=²&until=2026-13&insurance=x").status == 200
    assert len(cells(wang.page, "险种")) == 6


def test_the_picture_and_its_table_say_the_same(wang, june, runner):
    end_cover(june.id, june.people[0], "202606")
    issue_month(runner, "202607")
    page = wang.get("/levies/?since=2026-06&until=2026-07&insurance=410")
    told = [
        " ".join(one.text_content().split()) for one in page.all("//*[@role='img']//*[local-name()='desc']")
    ]
    sums = [get_levy(june.id, month, "410").total_fen for month in ("202606", "202607")]
    assert told == [f"2026-06 {sums[0] / 100:.2f}；2026-07 {sums[1] / 100:.2f}", "2026-06 5 人；2026-07 4 人"]
    rows = [[cell.text_content() for cell in row] for row in page.all("//details//tbody/tr")]
    assert rows == [["2026-07", "4", f"{sums[1] / 100:.2f}"], ["2026-06", "5", f"{sums[0] / 100:.2f}"]]
    assert len(page.all("//*[@role='img']//*[local-name()='rect']")) == 4


def test_a_month_of_money_back_has_its_bar_below_the_line(app):
    with app.test_request_context():
        macro = app.jinja_env.get_template("components/bars.html").module.bars
        drawn = str(
            macro("x", "金额", (("202606", -300, "-3.00"), ("202607", 900, "9.00"), ("202608", 0, "0.00")))
        )
    assert drawn.count('class="out"') == 1
    assert 'height="16"' in drawn and 'height="48"' in drawn and 'height="0"' in drawn


def test_a_sheet_shows_its_items_and_adds_up(wang, june):
    levy = get_levy(june.id, "202606", "410")
    page = wang.get(f"/levies/{levy.id}")
    assert cells(page, "单位费率") == ["0.23%"] and cells(page, "个人费率") == ["0%"]
    assert cells(page, "合计（元）") == ["59.42", "59.42"]
    assert "各版本" not in page.words


def test_versions_stay_and_say_why(wang, june):
    old = get_levy(june.id, "202606", "410")
    set_wages(june.id, 680_300 * 12)
    reissue(actor("gao"), june.id, "202606", "工资更正", NOW)
    new = get_levy(june.id, "202606", "410")
    page = wang.get(f"/levies/{old.id}")
    assert (
        "不再作数" in page.words
        and page.one("//p/a[contains(., '第 2 版')]").get("href") == f"/levies/{new.id}"
    )
    page = wang.get(f"/levies/{new.id}")
    assert cells(page, "重新核定的原因") == ["工资更正", "—"]
    assert cells(page, "征集金额") == ["78.23", "59.42"]
    assert len(wang.get(f"/levies/{old.id}/items").all("//tbody/tr")) == 5


def test_people_are_paged_by_key_there_and_back(wang, world, runner):
    add_people(world.ours.id, 120, ("410",))
    issue_month(runner, "202606")
    levy = get_levy(world.ours.id, "202606", "410")
    first = cells(wang.get(f"/levies/{levy.id}/items"), "个人编号")
    second = cells(wang.get(wang.page.one("//a[@rel='next']").get("href")), "个人编号")
    assert (len(first), len(second)) == (100, 25)
    assert first + second == sorted({*first, *second})
    assert cells(wang.get(wang.page.one("//a[@rel='prev']").get("href")), "个人编号") == first
    assert not wang.page.all("//a[@rel='prev']") and wang.page.all("//a[@rel='next']")


def test_people_are_found_by_name_and_the_address_does_not_tell(wang, june):
    levy = get_levy(june.id, "202606", "410")
    with reading() as session:
        person = session.get_one(Person, june.people[2])
    wang.get(f"/levies/{levy.id}/items")
    page = wang.press("查询", words=person.name, item="1")
    assert cells(page, "个人编号") == [person.person_no]
    assert person.name not in unquote(page.address) and person.id_number not in page.text
    page = wang.press("查询", words="没有这个人")
    assert "没有找到匹配的记录" in page.words


def test_what_moved_a_base_is_tagged(wang, world, runner):
    ours = world.ours
    set_wages(ours.id, 100_000 * 12, ours.people[0])
    set_wages(ours.id, 3_000_000 * 12, ours.people[1])
    issue_month(runner, "202606")
    page = wang.get(f"/levies/{get_levy(ours.id, '202606', '410').id}/items")
    bases = cells(page, "缴费基数 元/月")
    assert bases[:2] == [f"↓ 低于下限 {FLOOR // 100:,}", f"↑ 高于上限 {CAP // 100:,}"]
    assert cells(page, "申报工资 元/年")[0] == "12,000.00"


def test_the_list_as_a_file(wang, june):
    rows = sheet_of(wang.http.get("/levies/export.xlsx?since=2026-06&until=2026-06"))
    assert rows[0][:5] == ("序号", "单位编号", "单位名称", "费款所属期", "险种")
    assert len(rows) == 4
    injury = next(row for row in rows if row[4] == "工伤")
    assert injury[5:10] == (5, 25_833, 59.42, 0, 59.42)
    assert injury[-1] == get_levy(june.id, "202606", "410").serial_no


def test_people_as_a_file_by_right_for_a_purpose_and_never_as_a_formula(wang, june):
    levy = get_levy(june.id, "202606", "410")
    address = f"/levies/{levy.id}/items/export"
    refused = wang.post(address, {"purpose": "business"})
    assert "看完整证件号码和导出名单" in refused.words
    may_reveal()
    with transaction() as session:
        session.get_one(Person, june.people[0]).name = "=1+1"
    wang.get(address)
    assert wang.press("导出 xlsx").status == 422
    data = {"csrf_token": wang.token(), "purpose": "business", "purpose_note": ""}
    rows = sheet_of(wang.http.post(address, data=data))
    assert len(rows) == 6 and rows[1][5] == "'=1+1"
    assert all("*" in str(row[6]) for row in rows[1:])
    assert sum(row[8] for row in rows[1:]) == 25_833
    with reading() as session:
        event = session.scalars(select(AuditEvent).where(AuditEvent.action == "levy_exported")).one()
    assert event.after["rows"] == 5 and event.after["purpose"] == "business"


def test_bases_of_the_newest_month_and_of_another(wang, june, runner):
    end_cover(june.id, june.people[0], "202606")
    issue_month(runner, "202607")
    assert len(wang.get("/levies/bases").all("//tbody/tr")) == 4 * len(ALL)
    wang.press("查询", month="2026-06", insurance="410")
    assert len(wang.page.all("//tbody/tr")) == 5 and cells(wang.page, "险种") == ["工伤"] * 5
    with reading() as session:
        person = session.get_one(Person, june.people[0])
    wang.press("查询", words=person.id_number)
    assert cells(wang.page, "个人编号") == [person.person_no]
    wang.press("查询", month="2026-07")
    assert "没有找到匹配的记录" in wang.page.words


def test_a_persons_months_name_the_request_they_come_from(wang, june, runner, sign_in):
    filing_id = join(wang)
    send(wang, filing_id)
    decide(sign_in("gao"), filing_id, "通过")
    issue_month(runner, "202607")
    with reading() as session:
        line = session.scalars(select(LevyDetail).where(LevyDetail.filing_id == filing_id)).first()
    assert line is not None
    page = wang.get(f"/levies/bases/{line.person_id}")
    assert {"补缴", "正常"} == {
        " ".join(one.text_content().split()) for one in page.all("//td[@class='end']")
    }
    assert set(cells(page, "所属期")) == {"2026-06", "2026-07"}
    assert {one.get("href") for one in page.all("//td[@data-k='工资来自']/a")} == {f"/filings/{filing_id}"}


def test_a_long_history_goes_on_with_older_months(wang, world, runner, monkeypatch):
    monkeypatch.setattr("models.levy_list.MONTHS_A_PAGE", 1)
    for month in ("202605", "202606"):
        issue_month(runner, month)
    page = wang.get(f"/levies/bases/{world.ours.people[0]}")
    assert {name[:7] for name in names(page)} == {"2026-06"}
    page = wang.get(page.one("//a[@rel='next']").get("href"))
    assert {name[:7] for name in names(page)} == {"2026-05"} and not page.all("//a[@rel='next']")


def test_nobody_sees_what_is_anothers(wang, world, runner):
    may_reveal()
    issue_month(runner, "202606")
    theirs = get_levy(world.theirs.id, "202606", "410").id
    for place in ("", "/items", "/items/export", "/why", "/notice.pdf"):
        assert wang.get(f"/levies/{theirs}{place}").status == 404
    assert wang.get(f"/levies/bases/{world.theirs.people[0]}").status == 404
    assert wang.post(f"/levies/{theirs}/items/search", {"words": "王"}).status == 404
    seen = wang.get("/levies/").text + wang.get("/levies/bases").text
    with reading() as session:
        others = session.scalars(select(Person.person_no).where(Person.id.in_(world.theirs.people))).all()
    assert others and not [number for number in others if number in seen]


def test_wage_filings_have_a_list_of_their_own(wang, way):
    wang.get("/levies/filings")
    before = wang.page.words
    way.submitted("90000")
    page = wang.get("/levies/filings")
    assert "工资申报业务查询" in before and page.words != before
    assert "待审核" in page.words


def test_home_shows_what_is_to_be_paid(wang, world, runner):
    assert "还应缴" not in wang.get("/").words
    issue_month(runner, "202606")
    page = wang.get("/")
    with reading() as session:
        total = sum(one.total_fen for one in list_issued(session, world.ours.id, "202606"))
    assert f"还应缴 {yuan_text(total, grouped=True)} 元" in page.words
    assert page.one("//svg[@role='img']") is not None
    assert page.one("//a[contains(@href, '/levies/notices?month=202606')]") is not None
