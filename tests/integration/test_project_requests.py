"""项目参保登记, its payment, and what is asked of a project later: from the form through the bureau to its effect."""

from __future__ import annotations

import threading
from datetime import date

import pytest
from sqlalchemy import select

from models.audit import AuditEvent
from models.db import reading
from models.notice import Notice
from models.project import Project, ProjectWorker, find_by_contract
from rules.refusals import Conflict
from services.project_payments import pay_charge
from services.reviews import approve_filing
from tests.factories import NORTH, NOW, actor, make_project, set_project_formula
from tests.integration.project_desk import (
    ask,
    attach,
    charges_of,
    decide,
    get_filing,
    get_project,
    pay,
    register,
    registering,
    rows,
    save,
    send,
)
from tests.integration.test_project_roster import worker


@pytest.fixture
def formula(world) -> None:
    set_project_formula(NORTH)


@pytest.fixture
def gao(sign_in):
    return sign_in("gao")


def the_project() -> Project:
    with reading() as session:
        project = find_by_contract(session, NORTH, "QC-2026-017")
        assert project is not None
        return project


def test_a_project_is_in_force_once_it_is_paid(wang, gao, formula):
    filing_id = register(wang)
    decide(gao, filing_id, "通过")
    project = the_project()
    assert get_filing(filing_id).project_id == project.id
    assert (project.project_no, project.state) == ("230102202606180001", "unpaid")
    (charge,) = charges_of(project.id)
    assert (charge.reason, charge.amount_fen, charge.is_owed) == ("first", 740_741, True)
    assert "未生效：应缴 7,407.41 元" in wang.get("/notices").words
    for where in (
        "/projects/",
        f"/projects/{project.id}",
        f"/projects/{project.id}/roster",
        "/",
        "/filings/",
    ):
        assert "未生效" in wang.get(where).words, where
    for where in ("/projects/filings", f"/filings/{filing_id}", f"/projects/{project.id}/price"):
        assert "未生效" in wang.get(where).words, where
    words = wang.get(f"/projects/{project.id}").words
    assert "12,345,678.90 元 × 0.06% = 7,407.41 元" in words
    assert "示例文件〔2025〕1号" in words and "2025-01-01" in words
    assert "青城大桥" in gao.get("/bureau/project-charges").words
    pay(gao, charge.id)
    project = get_project(project.id)
    assert project.state == "covered"
    assert "未生效" not in wang.get(f"/projects/{project.id}").words
    assert "参保中" in wang.get("/projects/").words and "7,407.41" in wang.page.words
    assert "8800123" in gao.get("/bureau/project-charges?show=paid").words
    (notice,) = rows(select(Notice).where(Notice.kind == "project_covered"))
    assert "应缴 7,407.41 元已到账，项目已生效" in wang.get("/notices").words
    assert wang.get(f"/notices/{notice.id}").path == f"/projects/{project.id}"
    actions = rows(select(AuditEvent.action).where(AuditEvent.subject == "project").order_by(AuditEvent.id))
    assert actions == ["project_registered", "project_charged", "project_paid"]


def test_a_registration_needs_its_contract_attached(wang, formula):
    filing_id = save(wang, "/projects/register", **registering())
    page = send(wang, filing_id)
    assert page.status == 422 and "附件" in page.words
    attach(wang, filing_id)
    send(wang, filing_id)
    assert get_filing(filing_id).state == "pending"


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"contract": "0"}, "contract"),
        ({"ends_on": "2026-05-31"}, "ends_on"),
        ({"place": "150102"}, "place"),
        ({"starts_on": "2020-06-01"}, "starts_on"),
        ({"labour_percent": "0.25"}, "labour_percent"),
        ({"builder": ""}, "builder"),
    ],
)
def test_what_is_wrong_is_said_beside_its_field(wang, formula, change, field):
    wang.get("/projects/register")
    page = wang.press("保存", **registering(**change))
    assert page.status == 422
    assert [one.get("id") for one in page.all("//p[@class='err']")] == [f"e-{field}"]
    assert page.value("name") == "青城大桥新建工程"


def test_without_a_formula_nothing_can_be_registered(wang):
    wang.get("/projects/register")
    page = wang.press("保存", **registering())
    assert page.status == 422 and "还没有公布 2026-06-01 开工的项目" in page.alert


def test_a_formula_by_labour_asks_for_the_share(wang, gao, world):
    set_project_formula(NORTH, "labour_rate", {"rate": "0.013"})
    wang.get("/projects/register")
    page = wang.press("保存", **registering())
    assert page.status == 422 and "人工费占比" in page.alert
    decide(gao, register(wang, labour_percent="12.5%"), "通过")
    (charge,) = charges_of(the_project().id)
    assert charge.amount_fen == 2_006_173
    assert "12,345,678.90 元 × 12.5% × 1.3% = 20,061.73 元" in wang.get(f"/projects/{the_project().id}").words


def test_a_contract_is_insured_once_in_a_region(wang, gao, sign_in, formula):
    mine = register(wang)
    zhao = sign_in("zhao")
    zhao.get("/projects/register")
    page = zhao.press("保存", **registering(contract_no=" qc-2026-017"))
    assert (
        page.status == 422
        and "已有一件待审核" in page.alert
        and get_filing(mine).receipt_no not in page.words
    )
    wang.get("/projects/register")
    assert get_filing(mine).receipt_no in wang.press("保存", **registering()).alert
    decide(gao, mine, "通过")
    zhao.get("/projects/register")
    page = zhao.press("保存", **registering())
    assert page.status == 422 and "只能参保一次" in page.alert and "单位23000072" not in page.words


def test_two_drafts_of_one_contract_and_only_one_is_sent(wang, sign_in, formula):
    zhao = sign_in("zhao")
    drafts = [(one, save(one, "/projects/register", **registering())) for one in (wang, zhao)]
    for clerk, filing_id in drafts:
        attach(clerk, filing_id)
    send(*drafts[0])
    send(*drafts[1])
    assert [get_filing(number).state for _clerk, number in drafts] == ["pending", "draft"]
    assert "已有一件待审核" in zhao.get(f"/filings/{drafts[1][1]}").words


def test_a_contract_that_was_insured_meanwhile_is_not_insured_again(wang, gao, world, formula):
    filing_id = register(wang)
    make_project(world.theirs, contract_no="QC-2026-017")
    page = decide(gao, filing_id, "通过")
    assert page.status == 422 and "只能参保一次" in page.words
    assert get_filing(filing_id).state == "pending"


def test_another_units_project_is_not_there(wang, world):
    theirs = make_project(world.theirs)
    for where in ("", "/roster", "/roster/add", "/roster/batch", "/change", "/extend", "/price", "/end"):
        assert wang.get(f"/projects/{theirs}{where}").status == 404, where
    assert wang.post(f"/projects/{theirs}/price", {"contract": "1", "reason": "x"}).status == 404
    assert "示例大桥" not in wang.get("/projects/").words


def test_projects_that_are_approved_together_get_numbers_of_their_own(wang, formula):
    numbers = [register(wang, contract_no=f"QC-{n}") for n in range(4)]
    gate = threading.Barrier(len(numbers))

    def approve(filing_id: int) -> None:
        gate.wait()
        approve_filing(actor("gao"), filing_id, NOW)

    threads = [threading.Thread(target=approve, args=(number,)) for number in numbers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    found = rows(select(Project.project_no).order_by(Project.project_no))
    assert found == [f"23010220260618{n:04d}" for n in range(1, 5)]


def test_a_higher_price_bills_the_difference_and_the_cover_stands(wang, gao, world, formula):
    project_id = make_project(world.ours)
    wang.get(f"/projects/{project_id}/price")
    assert wang.page.value("contract") == "1000000.00"
    page = wang.press("保存", reason="设计变更")
    assert page.status == 422 and "没有变更" in page.alert
    filing_id = save(wang, f"/projects/{project_id}/price", contract="2500000", reason="设计变更")
    send(wang, filing_id)
    words = gao.get(f"/bureau/filings/{filing_id}").words
    assert "1,000,000.00" in words and "2,500,000.00" in words
    decide(gao, filing_id, "通过")
    _first, more = charges_of(project_id)
    assert (more.reason, more.amount_fen, more.filing_id) == ("price", 90_000, filing_id)
    assert get_project(project_id).state == "covered"
    words = wang.get(f"/projects/{project_id}").words
    assert "待补缴 900.00 元" in words and "减去已经核定的 600.00 元，补缴 900.00 元。" in words
    assert "待补缴" in wang.get("/projects/").words
    pay(gao, more.id)
    told = rows(select(Notice.kind).where(Notice.kind.startswith("project_")).order_by(Notice.id))
    assert told == ["project_charged_more", "project_paid"]
    assert "待补缴" not in wang.get(f"/projects/{project_id}").words


def test_a_lower_price_gives_nothing_back_and_is_not_billed_twice(wang, gao, world, formula):
    project_id = make_project(world.ours)
    ask(wang, gao, f"/projects/{project_id}/price", contract="500000", reason="甩项")
    lower = charges_of(project_id)[-1]
    assert (lower.amount_fen, lower.is_owed) == (0, False)
    assert "多缴的不在这里退" in wang.get(f"/projects/{project_id}").words
    assert gao.http.get(f"/bureau/project-charges/{lower.id}").status_code == 404
    ask(wang, gao, f"/projects/{project_id}/price", contract="1200000", reason="恢复")
    assert charges_of(project_id)[-1].amount_fen == 12_000


def test_a_price_in_a_cheaper_tier_bills_nothing(wang, gao, world):
    set_project_formula(NORTH, "tiers", {"tiers": [[100_000_001, "0.0006"], [None, "0.0001"]]})
    project_id = make_project(world.ours)
    ask(wang, gao, f"/projects/{project_id}/price", contract="1100000", reason="增项")
    assert charges_of(project_id)[-1].amount_fen == 0
    assert "比现在应缴的 110.00 元多" in wang.get(f"/projects/{project_id}").words


def test_an_extension_in_time_and_one_that_comes_late(wang, gao, world, clock):
    project_id = make_project(world.ours, ends_on=date(2026, 7, 3))
    ask(wang, gao, f"/projects/{project_id}/extend", extended_to="2026-08-31")
    assert get_project(project_id).covered_to == date(2026, 8, 31)
    clock.now = NOW.replace(month=8, day=20)
    wang, gao = _again(wang, gao)
    wang.get(f"/projects/{project_id}/extend")
    page = wang.press("保存", extended_to="2026-08-31")
    assert page.status == 422 and "晚于现在的到期日 2026-08-31" in page.alert and "提前 15 天" in page.alert
    ask(wang, gao, f"/projects/{project_id}/extend", extended_to="2026-12-31", reason="雨季停工")
    assert get_project(project_id).covered_to == date(2026, 12, 31)


def _again(wang, gao):
    """Both sign in again: their sessions have gone to sleep meanwhile."""
    wang.sign_in("wang")
    gao.sign_in("gao")
    return wang, gao


def test_details_are_changed_and_compared(wang, gao, world):
    project_id = make_project(world.ours)
    wang.get(f"/projects/{project_id}/change")
    page = wang.press("保存", reason="无")
    assert page.status == 422 and "没有变更" in page.alert
    filing_id = save(wang, f"/projects/{project_id}/change", name="示例二桥工程", reason="更名")
    send(wang, filing_id)
    words = gao.get(f"/bureau/filings/{filing_id}").words
    assert "示例大桥工程" in words and "示例二桥工程" in words
    decide(gao, filing_id, "通过")
    assert get_project(project_id).name == "示例二桥工程"


def test_another_projects_contract_is_not_taken_over(wang, world):
    taken = make_project(world.theirs)
    project_id = make_project(world.ours)
    wang.get(f"/projects/{project_id}/change")
    page = wang.press("保存", contract_no=get_project(taken).contract_no, reason="更正")
    assert page.status == 422 and "只能参保一次" in page.alert


def test_one_request_of_a_kind_at_a_time(wang, world):
    project_id = make_project(world.ours)
    first = save(wang, f"/projects/{project_id}/extend", extended_to="2028-01-31")
    second = save(wang, f"/projects/{project_id}/extend", extended_to="2028-02-29")
    send(wang, first)
    send(wang, second)
    assert get_filing(second).state == "draft"
    assert get_filing(first).receipt_no in wang.get(f"/filings/{second}").words
    words = wang.get(f"/projects/{project_id}").words
    assert "延期：待" in words


def test_completion_ends_cover_and_roster(wang, gao, world):
    project_id = make_project(world.ours)
    send(wang, save(wang, f"/projects/{project_id}/roster/add", **worker()))
    wang.get(f"/projects/{project_id}/end")
    page = wang.press("保存", completed_on="2026-06-19")
    assert page.status == 422 and "还没有到" in page.alert
    page = wang.press("保存", completed_on="2026-05-05")
    assert page.status == 422 and "1 人的进场日期" in page.alert
    ask(wang, gao, f"/projects/{project_id}/end", completed_on="2026-06-10")
    project = get_project(project_id)
    assert (project.state, project.covered_to) == ("completed", date(2026, 6, 10))
    assert rows(select(ProjectWorker.out_on)) == [date(2026, 6, 10)]
    wang.get(f"/projects/{project_id}/roster/add")
    page = wang.press("保存", **worker(in_on="2026-06-01"))
    assert page.status == 422 and "花名册不能再改" in page.alert
    for kind in ("change", "extend", "price", "end"):
        assert f"/projects/{project_id}/{kind}" not in wang.get(f"/projects/{project_id}").text
    wang.get(f"/projects/{project_id}/end")
    assert "已经竣工或终止" in wang.press("保存", completed_on="2026-06-01").alert


def test_a_project_that_nobody_paid_for_is_given_up(wang, gao, world):
    project_id = make_project(world.ours, "unpaid", starts_on=date(2026, 9, 1))
    charge = charges_of(project_id)[0]
    ask(wang, gao, f"/projects/{project_id}/end", completed_on="2026-06-18")
    assert get_project(project_id).state == "ended"
    assert "不再收" in wang.get(f"/projects/{project_id}").words
    assert "示例大桥" not in gao.get("/bureau/project-charges").words
    page = gao.post(
        f"/bureau/project-charges/{charge.id}", {"do": "sure", "voucher": "1", "paid_on": "2026-06-18"}
    )
    assert page.status == 409 and "不用再收" in page.words


def test_what_changed_meanwhile_is_not_approved(wang, gao, world):
    project_id = make_project(world.ours)
    extension = save(wang, f"/projects/{project_id}/extend", extended_to="2028-01-31")
    send(wang, extension)
    ask(wang, gao, f"/projects/{project_id}/end", completed_on="2026-06-10")
    page = decide(gao, extension, "通过")
    assert page.status == 422 and "现在不能通过" in page.words
    assert get_filing(extension).state == "pending"


def test_a_payment_is_looked_at_before_it_is_kept(gao, world, sign_in):
    project_id = make_project(world.ours, "unpaid")
    (charge,) = charges_of(project_id)
    gao.get(f"/bureau/project-charges/{charge.id}")
    page = gao.press("记为到账…", voucher="", paid_on="2026-06-19")
    assert page.status == 422 and "凭证号" in page.alert
    page = gao.press("记为到账…", voucher="1", paid_on="2026-06-19")
    assert "还没有到" in page.alert
    page = gao.press("记为到账…", voucher="1", paid_on="2026-06-17")
    assert "早于核定应缴的日期 2026-06-18" in page.alert
    page = gao.press("记为到账…", voucher="HD-1", paid_on="2026年6月18日")
    assert "确认到账？" in page.words and charges_of(project_id)[0].is_owed
    gao.press("确认到账")
    page = gao.post(
        f"/bureau/project-charges/{charge.id}", {"do": "sure", "voucher": "2", "paid_on": "2026-06-18"}
    )
    assert page.status == 409 and "HD-1" in page.words
    assert charges_of(project_id)[0].voucher == "HD-1"
    na = sign_in("na")
    assert na.get(f"/bureau/project-charges/{charge.id}").status == 404
    assert na.post(f"/bureau/project-charges/{charge.id}", {"do": "sure"}).status == 404
    assert "示例大桥" not in na.get("/bureau/project-charges?show=paid").words


def test_a_payment_that_three_reviewers_note_is_kept_once(world):
    project_id = make_project(world.ours, "unpaid")
    (charge,) = charges_of(project_id)
    gate, refused = threading.Barrier(3), []

    def note(voucher: str) -> None:
        gate.wait()
        try:
            pay_charge(actor("gao"), charge.id, {"voucher": voucher, "paid_on": "2026-06-18"}, NOW)
        except Conflict as conflict:
            refused.append(conflict.code)

    threads = [threading.Thread(target=note, args=(str(n),)) for n in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert refused == ["payment.done"] * 2
    assert rows(select(Notice.kind).where(Notice.kind.startswith("project_"))) == ["project_covered"]
    assert len(rows(select(AuditEvent.id).where(AuditEvent.action == "project_paid"))) == 1


def test_an_empty_list_says_what_to_do(wang, gao):
    assert "还没有参保的项目" in wang.get("/projects/").words
    assert "没有待到账的应缴" in gao.get("/bureau/project-charges").words
    assert "还没有到账的应缴" in gao.get("/bureau/project-charges?show=paid").words


def test_a_long_list_goes_on_by_key(wang, gao, world):
    for _ in range(51):
        make_project(world.ours, "unpaid")
    page = wang.get("/projects/")
    assert len(page.all("//tbody/tr")) == 50
    page = wang.get(page.one("//*[@class='pager']/a").get("href"))
    assert len(page.all("//tbody/tr")) == 1
    page = gao.get("/bureau/project-charges")
    assert len(page.all("//tbody/tr")) == 50
    assert len(gao.get(page.one("//*[@class='pager']/a").get("href")).all("//tbody/tr")) == 1
