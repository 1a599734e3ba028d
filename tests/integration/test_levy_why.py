"""为什么是这个数: question 4.4 of the first manual is answered by the page, and every difference by its parts."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from models.db import reading
from models.levy_list import find_levy
from services.levy_explained import explain_levy
from tests.factories import CAP, FLOOR, NORTH, add_people
from tests.integration.clerk import Page
from tests.integration.levy_desk import (
    draft_month,
    end_cover,
    get_levy,
    issue_month,
    new_bounds,
    new_rate,
    set_wages,
)
from tests.integration.project_desk import decide, send
from tests.integration.test_person_requests import join

INJURY = "410"


def table_rows(page: Page, heading: str) -> dict[str, list[str]]:
    """The rows of the table under a heading that begins so, by their first cell."""
    table = page.one(f"//section[.//h2[starts-with(normalize-space(), '{heading}')]]//table")
    rows = [[" ".join(cell.text_content().split()) for cell in row] for row in table.xpath("./tbody/tr")]
    return {row[0]: row for row in rows}


def fen(text: str) -> int:
    return int(Decimal(text.replace(",", "").replace("+", "")) * 100)


@pytest.fixture
def manuals_example(world, runner):
    """Five people of 6,803.00 a month at 0.0023, issued for June."""
    set_wages(world.ours.id, 680_300 * 12)
    issue_month(runner, "202606")
    return get_levy(world.ours.id, "202606", INJURY)


def test_the_manuals_question_is_answered(wang, manuals_example):
    page = wang.get(f"/levies/{manuals_example.id}/why")
    assert page.one("//h1").text == "为什么是 78.23 元"
    assert "34,015.00 × 0.0023 = 78.2345 → 四舍五入到分 78.23" in page.words
    assert "单位应缴得 78.25 元。与系统差 +0.02 元：手工舍入了 5 次，系统先合计、只舍入一次。" in page.words
    assert "第一次征缴" in page.words


def test_each_input_says_where_it_comes_from_and_since_when(wang, world, runner):
    reason = "上年无工伤，下浮"
    new_rate(
        world.ours.id, INJURY, date(2026, 1, 1), 3_200, industry_class=2, floating_percent=80, reason=reason
    )
    new_bounds(NORTH, INJURY, date(2026, 2, 1), FLOOR + 100_000, CAP)
    issue_month(runner, "202606")
    page = wang.get(f"/levies/{get_levy(world.ours.id, '202606', INJURY).id}/why")
    rows = table_rows(page, "正常 2026-06")
    assert rows["单位费率"][1:] == [
        "0.0032（0.32%）",
        "本单位的费率，自 2026-01-01 起，行业风险 2 类，浮动到 80%，上年无工伤，下浮",
    ]
    assert rows["缴费基数下限、上限"][1] == "5,623 – 23,115"
    assert "自 2026-02-01 起，示例公告〔2026〕2号" in rows["缴费基数下限、上限"][2]
    # 5,000.00 to 5,333.33 a month, all below 5,623.
    assert rows["低于下限，提到下限的"][1:] == [
        "5 人",
        "月工资合计 25,833.33 元，计入的基数合计 28,115.00 元",
    ]
    link = page.one("//a[normalize-space()='看这 5 人的明细']").get("href")
    assert len(wang.get(link).all("//tbody/tr")) == 5


def test_a_share_of_the_people_is_rounded_one_by_one(wang, world, runner):
    new_rate(world.ours.id, "310", date(2026, 1, 1), 80_000, 20_000)
    set_wages(world.ours.id, 680_333 * 12)
    issue_month(runner, "202606")
    levy = get_levy(world.ours.id, "202606", "310")
    page = wang.get(f"/levies/{levy.id}/why")
    assert "每人的基数 × 0.02，各自四舍五入到分" in page.words
    assert "合计 = 2,721.20 + 680.30 = 3,401.50" in page.words
    assert levy.total_fen == 340_150


@pytest.fixture
def two_months(world, runner):
    """June and July of our unit: one came, one left, one has another wage, the floor rose, the rate fell."""
    ours = world.ours
    set_wages(ours.id, 700_000 * 12)
    set_wages(ours.id, 470_000 * 12, ours.people[3])
    issue_month(runner, "202606")
    add_people(ours.id, 1, (INJURY,), base_wage_fen=900_000 * 12)
    end_cover(ours.id, ours.people[0], "202606")
    set_wages(ours.id, 812_345 * 12, ours.people[1])
    new_bounds(NORTH, INJURY, date(2026, 7, 1), 500_000, CAP)
    new_rate(ours.id, INJURY, date(2026, 7, 1), 2_100)
    return ours


def test_the_parts_add_up_to_the_difference_on_the_page(wang, two_months, runner):
    issue_month(runner, "202607")
    old, new = (get_levy(two_months.id, month, INJURY) for month in ("202606", "202607"))
    page = wang.get(f"/levies/{new.id}/why")
    rows = table_rows(page, "比 2026-06")
    assert {name: row[1].split(" 人")[0] for name, row in rows.items()} == {
        "离开": "1",
        "新来": "1",
        "申报工资变化": "1",
        "下限变化，或调到下限": "1",
        "费率变化": "—",
        "加起来": "",
    }
    parts = [fen(row[3]) for name, row in rows.items() if name != "加起来"]
    assert sum(parts) == fen(rows["加起来"][3]) == new.total_fen - old.total_fen
    assert rows["离开"][2] == "-7,000.00" and rows["新来"][2] == "+9,000.00"
    assert rows["申报工资变化"][2] == "+1,123.00"  # 8,123.45 is 8,123, in whole yuan
    assert rows["下限变化，或调到下限"][2] == "+300.00"


def test_the_people_of_a_reason_are_listed(wang, two_months, runner):
    issue_month(runner, "202607")
    page = wang.get(f"/levies/{get_levy(two_months.id, '202607', INJURY).id}/why")
    wang.get(page.one("//a[starts-with(normalize-space(), '1 人 下限变化')]").get("href"))
    cells = wang.page.all("//section[h2[@id='people']]//tbody/tr/td")
    assert [" ".join(one.text_content().split()) for one in cells][1:3] == ["4,700", "5,000"]


def test_the_month_ahead_is_explained_as_it_will_be_issued(wang, two_months, runner):
    ahead = wang.get("/levies/declare/why?insurance=410")
    assert "还没有签发" in ahead.words
    issue_month(runner, "202607")
    issued = wang.get(f"/levies/{get_levy(two_months.id, '202607', INJURY).id}/why")
    for heading in ("正常 2026-07", "比 2026-06"):
        assert table_rows(issued, heading) == table_rows(ahead, heading)
    assert "还没有签发" not in issued.words


def test_a_request_is_named_where_its_wage_and_its_arrears_count(wang, world, runner, sign_in):
    issue_month(runner, "202606")
    filing_id = join(wang)
    send(wang, filing_id)
    decide(sign_in("gao"), filing_id, "通过")
    issue_month(runner, "202607")
    levy = get_levy(world.ours.id, "202607", INJURY)
    page = wang.get(f"/levies/{levy.id}/why?show=arrears")
    # 6,000.00 × 0.0023 = 13.80 for each of the two months.
    rows = table_rows(page, "比 2026-06")
    assert [rows[name][3] for name in ("新来", "这个月的补缴", "加起来")] == ["+13.80", "+13.80", "+27.60"]
    source = "人员新增：新来人（2026-06-18 审核通过） 1 人"
    assert source in table_rows(page, "正常 2026-07")["工资的来源"][2]
    assert table_rows(page, "补缴 2026-06")["工资的来源"][2] == source
    assert page.one("//section[h2[@id='people']]//td/a").get("href") == f"/filings/{filing_id}"


def test_an_insurance_that_is_not_due_ahead_has_no_page(wang):
    assert wang.get("/levies/declare/why?insurance=999").status == 404


def test_a_draft_is_explained_to_nobody(wang, world, runner):
    draft_month(runner, "202606")
    assert wang.get("/levies/1/why").status == 404


def test_a_long_list_of_a_reason_goes_on(wang, world, runner):
    issue_month(runner, "202606")
    add_people(world.ours.id, 130, (INJURY,))
    issue_month(runner, "202607")
    levy = get_levy(world.ours.id, "202607", INJURY)
    page = wang.get(f"/levies/{levy.id}/why?show=joined")
    assert len(page.all("//section[h2[@id='people']]//tbody/tr")) == 100
    page = wang.get(page.one("//a[@rel='next']").get("href").split("#")[0])
    assert len(page.all("//section[h2[@id='people']]//tbody/tr")) == 30


def test_a_rate_without_its_row_is_said_to_be_unproved(wang, world, runner):
    issue_month(runner, "202606")
    new_rate(world.ours.id, INJURY, date(2026, 6, 1), 9_900)
    levy = get_levy(world.ours.id, "202606", INJURY)
    with reading() as session:
        found = find_levy(session, world.ours.id, levy.key)
        assert found and explain_levy(session, found).formulas[0].rate_source is None
    assert "没有查到这个费率的依据" in wang.get(f"/levies/{levy.id}/why").words
