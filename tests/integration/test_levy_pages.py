"""征集 at the bureau: start, watch, read, issue, and 重新核定, page by page."""

from __future__ import annotations

import zipfile
from io import BytesIO

import pytest
from openpyxl import load_workbook
from sqlalchemy import delete, func, select, update

from models.db import reading, transaction
from models.levy import Levy, LevyConfirmation, LevyRun
from models.person import PersonBase
from models.region import RegionParameter
from models.unit import UnitRate
from rules.money import yuan_text
from tests.factories import NORTH, NOW, actor, add_people, drop_bounds, make_unit
from tests.integration.clerk import HTMX


@pytest.fixture
def gao(sign_in):
    return sign_in("gao")


@pytest.fixture
def run(gao, run_jobs):
    """Starts a month and calculates it; its page."""

    def start(month: str = "202606") -> str:
        gao.get("/bureau/levies")
        gao.press("开始征集", month=month)
        run_jobs()
        gao.get(gao.page.path)
        return gao.page.path

    return start


@pytest.fixture
def issued(gao, run):
    """June, issued."""
    address = run()
    gao.press("签发…")
    gao.press("确认签发")
    return address


def count(table, *where):
    with reading() as session:
        return session.scalar(select(func.count()).select_from(table).where(*where))


def total(*where):
    with reading() as session:
        query = select(func.sum(Levy.total_fen)).where(Levy.state != "replaced", *where)
        return int(session.scalar(query) or 0)


def change_rate(unit_id, employer):
    own = update(UnitRate).where(UnitRate.unit_id == unit_id, UnitRate.insurance == "410")
    with transaction() as session:
        session.connection().execute(own.values(employer_millionths=employer))


def test_a_month_is_started_watched_read_and_issued(gao, run_jobs, world):
    page = gao.get("/bureau/levies")
    assert page.value("month") == "202606" and "还没有征集过" in page.words
    page = gao.press("开始征集")
    address = page.path
    assert "正在计算" in page.words and "离开本页不会中断" in page.words
    assert "正在计算" in gao.http.get(address, headers=HTMX).get_data(as_text=True)
    run_jobs()
    assert gao.http.get(address, headers=HTMX).headers["HX-Refresh"] == "true"
    page = gao.get(address)
    assert "已算完，待签发" in page.words
    assert yuan_text(total(), grouped=True) in page.words
    assert len(page.all("//section[.//h2[@id='s']]//tbody/tr")) == 4
    page = gao.press("签发…")
    assert "2 个单位" in page.words and count(Levy, Levy.state == "issued") == 0
    page = gao.press("确认签发")
    assert "已签发" in page.words
    assert count(Levy, Levy.state == "issued") == 6
    assert not page.all("//button[@value]")
    assert "202607" in gao.get("/bureau/levies").value("month")


def test_a_second_start_changes_nothing(gao, run, run_jobs):
    address = run()
    before = count(Levy), total()
    page = gao.post("/bureau/levies", {"month": "202606"})
    assert page.path == address and "没有再开始一次" in page.words
    assert run_jobs.woken == []
    assert (count(LevyRun), count(Levy), total()) == (1, *before)
    assert "办完它才能开始下一个月" in gao.get("/bureau/levies").words
    assert gao.post("/bureau/levies", {"month": "202607"}).status == 422


@pytest.mark.parametrize(("month", "said"), [("", "不是月份"), ("202613", "不是月份"), ("202608", "最晚")])
def test_what_cannot_be_levied_is_said_beside_the_month(gao, month, said):
    gao.get("/bureau/levies")
    page = gao.press("开始征集", month=month)
    assert page.status == 422 and said in page.alert and page.value("month") == month
    assert count(LevyRun) == 0


def test_what_could_not_be_levied_is_listed_with_what_to_do(gao, run, world):
    with transaction() as session:
        rates = UnitRate.unit_id == world.theirs.id, UnitRate.insurance == "410"
        session.connection().execute(delete(UnitRate).where(*rates))
    drop_bounds(NORTH, "510")
    add_people(world.ours.id, 2, ("310",), base_wage_fen=None)
    address = run()
    page = gao.page
    assert "没有费率，4 人没有征集" in page.words
    assert "没有缴费基数上下限，5 人没有征集" in page.words
    assert "2 人没有申报过工资" in page.words
    link = page.one("//a[contains(., '录入单位费率')]").get("href")
    page = gao.get(link)
    assert (page.value("unit_no"), page.one("//select[@name='insurance']/option[@selected]").text) == (
        "23000099",
        "工伤",
    )
    gao.get(address)
    assert "没有征集" in gao.press("签发…").words


def test_more_problems_than_a_page_holds_are_paged(gao, run, world):
    for number in range(60):
        make_unit(NORTH, f"2400{number:04d}", 1, ("410",))
    with transaction() as session:
        session.connection().execute(delete(UnitRate).where(UnitRate.insurance == "410"))
    address = run()
    assert len(gao.page.all("//section[.//h2[@id='p']]//tbody/tr")) == 50
    assert len(gao.get(f"{address}?skip=50").all("//section[.//h2[@id='p']]//tbody/tr")) == 12


def test_recalculating_takes_in_what_has_changed_since(gao, run, run_jobs, world):
    address = run()
    before = total()
    change_rate(world.ours.id, 5_000)
    page = gao.press("重新计算…")
    assert "草稿作废" in page.words and total() == before
    gao.press("确认重新计算")
    assert "正在计算" in gao.page.words
    run_jobs()
    assert total() > before
    assert yuan_text(total(), grouped=True) in gao.get(address).words


def test_a_run_that_failed_says_why_and_may_be_calculated_anew(gao, run, run_jobs):
    address = run()
    with transaction() as session:
        session.connection().execute(
            update(LevyRun).values(state="failed", failure={"code": "job.gave_up", "params": {"attempts": 3}})
        )
    page = gao.get(address)
    assert page.alert and "没有算成" in page.words
    assert not page.all("//button[@value='issue']")
    assert gao.post(address, {"do": "issue", "sure": "1"}).status == 409
    gao.get(address)
    gao.press("重新计算…")
    gao.press("确认重新计算")
    run_jobs()
    assert "已算完，待签发" in gao.get(address).words


def test_the_summary_goes_out_as_a_workbook_that_adds_up(gao, run):
    address = run()
    answer = gao.http.get(f"{address}/summary.xlsx")
    assert answer.mimetype.endswith("spreadsheetml.sheet")
    assert zipfile.is_zipfile(BytesIO(answer.data))
    rows = list(load_workbook(BytesIO(answer.data)).active.iter_rows(values_only=True))
    assert rows[0][0] == "险种" and [row[0] for row in rows[1:]] == ["医疗", "工伤", "生育", "合计"]
    assert round(rows[-1][-1] * 100) == total()
    assert round(sum(row[-1] for row in rows[1:-1]) * 100) == total()


def test_units_are_found_by_number_and_paged(gao, run, world):
    for number in range(60):
        make_unit(NORTH, f"2400{number:04d}", 1, ("410",))
    address = run()
    page = gao.get(f"{address}/units")
    assert len(page.all("//tbody/tr")) == 50
    following = page.one("//a[@rel='next']").get("href")
    assert len(gao.get(following).all("//tbody/tr")) == 12
    gao.get(f"{address}/units")
    page = gao.press("查询", unit_no="2300007")
    assert [one.text for one in page.all("//tbody//td[@class='id']")] == ["23000072"]
    assert "没有单位编号以" in gao.press("查询", unit_no="%").words


def test_who_confirmed_is_counted_and_named(gao, run, world):
    address = run()
    with transaction() as session:
        session.add(
            LevyConfirmation(
                unit_id=world.ours.id,
                month="202606",
                digest="0" * 64,
                people=5,
                total_fen=total(Levy.unit_id == world.ours.id),
                confirmed_by=actor("wang").account_id,
                confirmed_at=NOW,
            )
        )
    page = gao.get(address)
    assert page.one("//dt[.='已确认的单位']/following-sibling::dd").text == "1"
    assert len(gao.get(f"{address}/units").all("//span[.='已确认']")) == 1
    assert "单位已确认：王经办" in gao.get(f"{address}/units/{world.ours.id}").words


def test_a_unit_is_issued_again_with_a_reason_and_only_after_a_look(gao, issued, world):
    address = f"{issued}/units/{world.ours.id}"
    change_rate(world.ours.id, 5_000)
    old = total()
    gao.get(address)
    page = gao.press("重新核定…")
    assert page.status == 422 and "理由" in page.alert
    page = gao.press("重新核定…", reason="费率录错")
    assert "确认重新核定？" in page.words and total() == old
    page = gao.press("确认重新核定")
    assert "已重新核定" in page.words and "第 2 版" in page.words and "费率录错" in page.words
    assert "已被新版代替" in page.words
    assert total() > old
    assert count(Levy, Levy.version == 2) == 1
    assert "重新核定" in gao.get(f"{issued}/units").one("//tbody/tr[1]/th").text_content()
    assert yuan_text(total(), grouped=True) in gao.get(issued).words


def test_nothing_new_is_no_new_version(gao, issued, world):
    gao.get(f"{issued}/units/{world.ours.id}")
    assert "没有变化" in gao.press("重新核定…", reason="看看").words
    page = gao.press("确认重新核定")
    assert page.status == 422 and "没有变化" in page.alert and page.one("//textarea").text.strip() == "看看"
    assert count(Levy, Levy.version == 2) == 0


def test_what_is_a_draft_or_not_the_newest_month_is_not_issued_again(gao, issued, run, world):
    later = run("202607")
    assert not gao.get(f"{later}/units/{world.ours.id}").all("//textarea")
    assert not gao.get(f"{issued}/units/{world.ours.id}").all("//textarea")
    answer = gao.post(f"{issued}/units/{world.ours.id}", {"reason": "晚了", "sure": "1"})
    assert answer.status == 409


def test_another_regions_run_is_not_there(sign_in, gao, issued, world):
    na = sign_in("na")
    ours, far = f"/units/{world.ours.id}", f"/units/{world.far.id}"
    for path in ("", "/units", "/summary.xlsx", ours):
        assert gao.http.get(issued + path).status_code == 200
        assert na.http.get(issued + path).status_code == 404, path
    assert gao.get(issued + far).status == 404
    assert gao.post(issued + far, {"reason": "x", "sure": "1"}).status == 404
    for data in ({"do": "issue"}, {"do": "restart", "sure": "1"}):
        assert na.post(issued, data).status == 404
    assert na.post(issued + ours, {"reason": "x", "sure": "1"}).status == 404
    assert na.post(issued + ours, {"reason": "x"}).status == 404
    assert "2026-06" not in na.get("/bureau/levies").words


def test_no_wage_is_levied_after_it_is_declared(gao, run, run_jobs, world):
    with transaction() as session:
        session.connection().execute(delete(PersonBase).where(PersonBase.unit_id == world.theirs.id))
        session.add(
            RegionParameter(
                region_code=NORTH,
                name="levy_due_day",
                valid_from=NOW.date().replace(month=1),
                valid_to=NOW.date().replace(year=2030),
                value=20,
            )
        )
    address = run()
    page = gao.get(f"{address}/units/{world.theirs.id}")
    assert "没有申报过工资" in page.words and "这个单位这个月没有征集单" in page.words
    assert "最迟 2026-06-20 缴清" in gao.get(f"{address}/units/{world.ours.id}").words
