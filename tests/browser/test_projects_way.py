"""A project from its registration to its completion, with and without JavaScript."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest
from hall import Hall
from playwright.sync_api import Page, expect

from tests.factories import CHINA, id_number

NAME = "青城大桥新建工程"
PICTURE = b"\x89PNG\r\n\x1a\n" + b"x" * 50 + b"IEND\xaeB`\x82"


@pytest.fixture
def shots(tmp_path: Path, has_script: bool) -> Path:
    """Where pictures go: SCREENSHOTS if it is set, else away with the test."""
    folder = Path(os.environ.get("SCREENSHOTS", str(tmp_path))) / ("js" if has_script else "nojs")
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def days(count: int) -> date:
    """So many days from today, where the hall stands."""
    return datetime.now(CHINA).date() + timedelta(count)


def test_a_project_from_registration_to_completion(
    address: str, new_page: Callable[..., Page], has_script: bool, tmp_path: Path, shots: Path
) -> None:
    clerk = Hall(new_page(address, has_script=has_script), has_script=has_script)
    clerk.sign_in("slb_wang")
    reviewer = Hall(new_page(address, has_script=has_script), has_script=has_script)
    reviewer.sign_in("sbj_hlj")
    register(clerk, tmp_path, shots)
    approve(reviewer, shots, "60-case")
    unpaid(clerk, shots)
    page = clerk.page.url
    pay(reviewer, shots, "1,200.00")
    clerk.page.goto(page)
    expect(clerk.page.locator("main")).to_contain_text("参保中")
    expect(clerk.page.locator("main")).not_to_contain_text("未生效")
    add_workers(clerk, tmp_path, shots)
    clerk.page.goto(page)
    ask(clerk, "造价变更", shots, contract="2500000", reason="设计变更")
    approve(reviewer, shots, "69-case-price")
    clerk.page.goto(page)
    expect(clerk.page.locator("main")).to_contain_text("待补缴 1,800.00 元")
    clerk.shoot(shots, "70-project-more")
    pay(reviewer, shots, "1,800.00")
    clerk.page.goto(page)
    ask(clerk, "延期", shots, extended_to=str(days(300)))
    approve(reviewer, shots, "71-case-extension")
    clerk.page.goto(page)
    expect(clerk.page.locator("main")).to_contain_text(str(days(300)))
    ask(clerk, "竣工", shots, completed_on=str(days(-1)))
    approve(reviewer, shots, "72-case-end")
    clerk.page.goto(page)
    expect(clerk.page.locator(".head")).to_contain_text("已竣工")
    clerk.shoot(shots, "73-project-ended")
    clerk.go("打开花名册")
    expect(clerk.page.locator("main")).to_contain_text("花名册不能再改")
    clerk.page.goto("/projects/filings")
    expect(clerk.page.get_by_role("row").filter(has_text=NAME)).to_have_count(4)
    clerk.shoot(shots, "74-project-filings")


def register(clerk: Hall, folder: Path, shots: Path) -> None:
    clerk.page.goto("/projects/")
    clerk.shoot(shots, "55-projects")
    clerk.page.goto("/projects/register")
    clerk.press("保存")
    expect(clerk.page.locator(".note.bad")).to_contain_text("项目名称")
    clerk.shoot(shots, "56-register-refused")
    texts = {
        "name": NAME,
        "place": "230102",
        "builder": "示例建设局",
        "licence_no": "SG-2026-1",
        "contract_no": "QC-2026-017",
        "contract": "1,000,000元",
        "starts_on": str(days(-10)),
        "ends_on": str(days(200)),
        "manager": "乌云其其格",
        "manager_phone": "13800000000",
    }
    fill(clerk, **texts)
    clerk.page.locator("#f-kind").select_option(label="市政工程")
    clerk.press("保存")
    picture = folder / "合同.png"
    picture.write_bytes(PICTURE)
    clerk.upload("添加附件", picture, "添加")
    clerk.shoot(shots, "57-register-draft")
    clerk.go("提交…")
    clerk.shoot(shots, "58-register-submit")
    clerk.press("确认提交")
    expect(clerk.page.locator("main")).to_contain_text("社保局已经收到")


def fill(clerk: Hall, **texts: str) -> None:
    for name, text in texts.items():
        clerk.page.locator(f"#f-{name}").fill(text)


def approve(reviewer: Hall, shots: Path, picture: str) -> None:
    reviewer.page.goto("/bureau/")
    reviewer.page.get_by_role("row").filter(has_text=NAME).get_by_role("link").first.click()
    reviewer.shoot(shots, picture)
    reviewer.press("通过…")
    reviewer.press("确认通过")
    expect(reviewer.page.locator(".note.good")).to_be_visible()


def unpaid(clerk: Hall, shots: Path) -> None:
    """Approved and not paid: it is said wherever the project appears."""
    for where in ("/", "/filings/", "/projects/"):
        clerk.page.goto(where)
        expect(clerk.page.locator("main")).to_contain_text("未生效")
    clerk.shoot(shots, "61-projects-unpaid")
    clerk.page.get_by_role("row").filter(has_text=NAME).get_by_role("link").first.click()
    expect(clerk.page.locator("main")).to_contain_text("项目未生效：应缴 1,200.00 元还没有到账")
    clerk.page.get_by_text("为什么是这个数").click()
    expect(clerk.page.get_by_text("1,000,000.00 元 × 0.12% = 1,200.00 元")).to_be_visible()
    clerk.shoot(shots, "62-project-unpaid")


def pay(reviewer: Hall, shots: Path, amount: str) -> None:
    reviewer.page.locator("#menu details:not([open]) > summary").first.click()
    reviewer.go("项目缴费")
    reviewer.shoot(shots, "63-charges")
    reviewer.page.get_by_role("link", name=f"记到账 {NAME} {amount}").click()
    fill(reviewer, voucher="8800123", paid_on=str(days(0)))
    reviewer.shoot(shots, "64-charge")
    reviewer.press("记为到账…")
    reviewer.shoot(shots, "65-charge-sure")
    reviewer.press("确认到账")
    expect(reviewer.page.locator(".note.good")).to_contain_text("已记为到账")


def add_workers(clerk: Hall, folder: Path, shots: Path) -> None:
    clerk.go("打开花名册")
    clerk.go("批量上传")
    clerk.shoot(shots, "66-roster-batch")
    lines = ["姓名,证件号码,班组,工种,手机,进场日期,退场日期"]
    lines += [f"工人{'甲乙丙'[n]},{id_number(700 + n)},木工班,木工,,{days(-n - 3)}," for n in range(3)]
    file = folder / "花名册.csv"
    file.write_bytes("\r\n".join(lines).encode("gb18030"))
    clerk.page.locator("input[type=file]").set_input_files(file)
    clerk.press("上传并检查")
    clerk.go("提交…")
    clerk.press("确认提交")
    expect(clerk.page.locator("main")).to_contain_text("已经生效")
    clerk.page.get_by_role("link", name=NAME).click()
    clerk.go("打开花名册")
    clerk.page.get_by_role("link", name="退场或修改 工人乙").click()
    expect(clerk.page.locator("#f-id_number")).to_have_value(re.compile(r"^230\*+\d{3}[\dX]$"))
    fill(clerk, out_on=str(days(-2)))
    clerk.shoot(shots, "67-roster-out")
    clerk.press("保存")
    clerk.go("提交…")
    clerk.press("确认提交")
    clerk.page.get_by_role("link", name=NAME).click()
    clerk.go("打开花名册")
    expect(clerk.page.get_by_role("row").filter(has_text="工人乙")).to_contain_text("已退场")
    clerk.shoot(shots, "68-roster")


def ask(clerk: Hall, what: str, shots: Path, **texts: str) -> None:
    clerk.go(what)
    fill(clerk, **texts)
    clerk.shoot(shots, f"75-{what}")
    clerk.press("保存")
    clerk.go("提交…")
    clerk.press("确认提交")
    expect(clerk.page.locator("main")).to_contain_text("社保局已经收到")
