"""The whole way of a declaration, from 登录 to 审核通过, with and without JavaScript."""

from __future__ import annotations

import os
import re
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from hall import Hall
from playwright.sync_api import Page, expect


@pytest.fixture
def shots(tmp_path: Path, has_script: bool) -> Path:
    """Where pictures go: SCREENSHOTS if it is set, else away with the test."""
    folder = Path(os.environ.get("SCREENSHOTS", str(tmp_path))) / ("js" if has_script else "nojs")
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def test_the_72_person_unit_from_login_to_approval(
    address: str, new_page: Callable[..., Page], has_script: bool, tmp_path: Path, shots: Path
) -> None:
    clerk = Hall(new_page(address, has_script=has_script), has_script=has_script)
    clerk.sign_in("slb_wang")
    clerk.shoot(shots, "01-home")
    start(clerk, shots)
    enter_some_by_hand(clerk, shots)
    upload_the_rest(clerk, tmp_path, shots)
    check(clerk, shots)
    state_and_print(clerk, tmp_path, shots)
    back_up_and_restore(clerk, tmp_path, shots)
    receipts = submit(clerk, shots)

    reviewer = Hall(new_page(address, has_script=has_script), has_script=has_script)
    reviewer.sign_in("sbj_hlj")
    return_first(reviewer, shots)
    correct_and_submit_again(clerk, shots)
    approve_all(reviewer, shots)
    read_the_end(clerk, receipts, tmp_path, shots)


def start(clerk: Hall, shots: Path) -> None:
    clerk.go("去开始")
    for name in ("医疗", "工伤", "生育"):
        assert clerk.page.get_by_label(name).is_checked()
    clerk.shoot(shots, "02-start")
    clerk.press("开始")
    clerk.wait_for(clerk.page.get_by_text("参保人数 72，未录入人数 72"))
    clerk.shoot(shots, "03-started")
    clerk.go("去录入工资")
    assert clerk.counts() == (72, 72, 0)
    expect(clerk.page.locator("#totals")).to_contain_text("4,610,757.52")


def enter_some_by_hand(clerk: Hall, shots: Path) -> None:
    clerk.type_wages(["８０,０００.５", "5千", "0.5", "400000", "20000"])
    if clerk.has_script:
        expect(clerk.page.locator("#rows .st.fail")).to_have_count(1)
    assert clerk.counts() == (72, 69, 3)
    # What was typed and refused still stands in its field, with the reason beside it.
    assert clerk.wages().nth(1).input_value() == "5千"
    expect(clerk.page.locator("#rows tr").nth(1)).to_contain_text("带有单位字")
    expect(clerk.page.locator("#rows tr").nth(2)).to_contain_text("此次不申报")
    expect(clerk.page.locator("#rows tr").nth(3)).to_contain_text("高于上限")
    expect(clerk.page.locator("#rows tr").nth(4)).to_contain_text("低于下限")
    clerk.shoot(shots, "04-grid")
    clerk.page.locator("#counts a", has_text="未录入人数").click()
    # Clicked at once again, before the first answer: the last click counts.
    clerk.page.locator("#counts a", has_text=re.compile("^录入人数")).click()
    expect(clerk.page.locator("#rows tr")).to_have_count(3)
    expect(clerk.page.locator("#counts [aria-current]")).to_contain_text("录入人数")
    clerk.page.locator("#counts a", has_text="参保人数").click()
    name = clerk.page.locator("#rows tr th").nth(4).inner_text()
    clerk.page.get_by_label("姓名、证件号码或个人编号").fill(name)
    clerk.press("查询")
    assert name in clerk.page.locator("#rows").inner_text()
    assert name not in clerk.page.url
    clerk.go("看全部")


def upload_the_rest(clerk: Hall, folder: Path, shots: Path) -> None:
    file = clerk.download("下载数据 zip", folder)
    clerk.go("上传数据")
    clerk.shoot(shots, "05-uploads")
    broken = edit(file, folder / "broken.zip", lambda line, wage: "6千" if line == 10 else wage or "66000.10")
    clerk.upload("要上传的文件", broken, "上传并检查")
    clerk.wait_for(clerk.page.get_by_text("还有 1 行被拒绝"))
    row = clerk.page.locator("#u10")
    expect(row).to_contain_text("6千")
    expect(row).to_contain_text("带有单位字")
    clerk.shoot(shots, "06-upload-refused")
    row.get_by_label(re.compile("现工资 改为")).fill("66000.10")
    if clerk.has_script:
        row.get_by_label(re.compile("现工资 改为")).press("Enter")
        expect(row).to_contain_text("已修正")
    else:
        clerk.press("保存本页修正")
    clerk.wait_for(clerk.page.get_by_role("button", name="确认写入"))
    clerk.shoot(shots, "07-upload-checked")
    clerk.press("确认写入")
    clerk.wait_for(clerk.page.get_by_text("已写入 68 人的工资"))
    clerk.shoot(shots, "08-upload-applied")
    clerk.go("查看录入")
    assert clerk.counts() == (72, 1, 71)


def edit(file: Path, target: Path, wage: Callable[[int, str], str]) -> Path:
    """The downloaded file with other wages in its last column; lines count from 1."""
    with zipfile.ZipFile(file) as archive:
        name = archive.namelist()[0]
        lines = archive.read(name).decode("gb18030").split("\r\n")
    for index in range(2, len(lines) - 1):
        cells = lines[index].split("\t")
        cells[-1] = wage(index + 1, cells[-1])
        lines[index] = "\t".join(cells)
    with zipfile.ZipFile(target, "w") as archive:
        archive.writestr(name, "\r\n".join(lines).encode("gb18030"))
    return target


def check(clerk: Hall, shots: Path) -> None:
    clerk.go("下一步：核对")
    expect(clerk.page.locator("svg.chart")).to_have_count(3)
    expect(clerk.page.get_by_role("heading", name="未录入的 1 人")).to_be_visible()
    clerk.page.locator("#changed input.in").first.fill("调岗")
    clerk.page.get_by_label(re.compile("其余没写说明的人")).fill("全员调薪")
    clerk.press("保存说明")
    expect(clerk.page.get_by_text("都已写说明")).to_be_visible()
    expect(clerk.page.locator("#changed input.in").first).to_have_value("调岗")
    clerk.shoot(shots, "09-check")
    clerk.press("确认名单，下一步：说明")
    expect(clerk.page.get_by_text("请先看名单，再勾选确认")).to_be_visible()
    clerk.page.get_by_label(re.compile("我看过以上名单")).check()
    clerk.press("确认名单，下一步：说明")
    expect(clerk.page.get_by_role("heading", name="说明与承诺")).to_be_visible()


def state_and_print(clerk: Hall, folder: Path, shots: Path) -> None:
    clerk.page.get_by_label("上年末职工人数").fill("七十二")
    clerk.page.get_by_label(re.compile("上年工资总额")).fill("4610757.52")
    clerk.page.get_by_label(re.compile("申报工资已在本单位公示")).check()
    clerk.page.get_by_label(re.compile("承诺所填内容")).check()
    clerk.press("保存")
    expect(clerk.page.get_by_text("应填整数人数").first).to_be_visible()
    assert clerk.page.get_by_label("上年末职工人数").input_value() == "七十二"
    clerk.shoot(shots, "10-statement-refused")
    clerk.page.get_by_label("上年末职工人数").fill("72")
    clerk.press("保存")
    expect(clerk.page.get_by_text("说明信息已保存")).to_be_visible()
    clerk.shoot(shots, "11-statement")
    clerk.go("下一步：打印")
    assert clerk.download("打印说明表（PDF）", folder).read_bytes().startswith(b"%PDF")
    clerk.press("打印申报表")
    clerk.wait_for(clerk.page.get_by_role("link", name=re.compile("下载申报表")))
    clerk.shoot(shots, "12-prints")
    assert clerk.download(re.compile("下载申报表"), folder).read_bytes().startswith(b"%PDF")


def back_up_and_restore(clerk: Hall, folder: Path, shots: Path) -> None:
    clerk.go("下一步：备份")
    clerk.press("备份")
    expect(clerk.page.get_by_text("当前数据已备份")).to_be_visible()
    kept = clerk.download("下载", folder)
    clerk.shoot(shots, "13-backup")
    rows = clerk.page.locator("ol.steps a", has_text="录入").get_attribute("href")
    clerk.page.goto(rows or "")
    clerk.type_wages(["90000"])
    clerk.page.goto((rows or "").replace("/rows", "/backup"))
    expect(clerk.page.get_by_text("备份之后数据有修改，需重新备份")).to_be_visible()
    clerk.upload("备份文件（zip）", kept, "恢复")
    clerk.wait_for(clerk.page.get_by_role("button", name="确认恢复"))
    clerk.shoot(shots, "14-restore")
    clerk.press("确认恢复")
    clerk.wait_for(clerk.page.get_by_text("已恢复 1 人的工资"))
    clerk.page.goto(rows or "")
    assert clerk.wages().first.input_value() == "80000.50"
    clerk.page.goto((rows or "").replace("/rows", "/check"))
    clerk.page.get_by_label(re.compile("我看过以上名单")).check()
    clerk.press("确认名单，下一步：说明")
    clerk.page.goto((rows or "").replace("/rows", "/backup"))
    clerk.press("备份")
    expect(clerk.page.get_by_text("当前数据已备份")).to_be_visible()


def submit(clerk: Hall, shots: Path) -> list[str]:
    clerk.go("下一步：申报")
    clerk.shoot(shots, "15-submit")
    clerk.press("确认申报")
    clerk.wait_for(clerk.page.get_by_role("row").filter(has_text="工伤、生育").get_by_text("待审核"))
    clerk.wait_for(clerk.page.get_by_role("row").filter(has_text="医疗").get_by_text("待审核"))
    clerk.shoot(shots, "16-filings")
    receipts = clerk.page.locator("tbody td.id").all_inner_texts()
    assert len(set(receipts)) == 2
    return [receipt.strip() for receipt in receipts]


def open_case(reviewer: Hall, insurances: str) -> None:
    reviewer.page.goto("/bureau/")
    case = reviewer.page.locator("tr, li").filter(has_text=insurances).first
    case.get_by_role("link").first.click()


def return_first(reviewer: Hall, shots: Path) -> None:
    reviewer.shoot(shots, "17-queue")
    open_case(reviewer, "工伤、生育")
    reviewer.shoot(shots, "18-case")
    reviewer.page.get_by_label(re.compile("退回")).first.check()
    reviewer.page.get_by_label("给单位的意见").fill("请补调岗通知")
    confirm(reviewer, "退回")
    expect(reviewer.page.locator(".note.good").first).to_be_visible()


def confirm(reviewer: Hall, what: str) -> None:
    """Decide, and confirm what the page asks to be confirmed."""
    reviewer.page.get_by_role("button", name=re.compile(what)).last.click()
    sure = reviewer.page.get_by_role("button", name=re.compile(f"确认{what}"))
    if sure.count():
        sure.first.click()


def correct_and_submit_again(clerk: Hall, shots: Path) -> None:
    clerk.page.goto("/filings/")
    returned = clerk.page.get_by_role("row").filter(has_text="退回")
    returned.get_by_role("link").first.click()
    expect(clerk.page.get_by_text("请补调岗通知").first).to_be_visible()
    clerk.shoot(shots, "19-returned")
    clerk.page.goto("/wages/1/rows")
    clerk.type_wages(["81000"])
    clerk.page.goto("/wages/1/check")
    clerk.page.get_by_label(re.compile("我看过以上名单")).check()
    clerk.press("确认名单，下一步：说明")
    clerk.page.goto("/wages/1/submit")
    expect(clerk.page.get_by_text("请先备份")).to_be_visible()
    expect(clerk.page.get_by_role("button", name="确认申报")).to_be_disabled()
    clerk.page.goto("/wages/1/backup")
    clerk.press("备份")
    clerk.go("下一步：申报")
    clerk.press("确认申报")
    clerk.wait_for(clerk.page.get_by_role("row").filter(has_text="工伤、生育").first.get_by_text("待审核"))
    assert clerk.page.locator("tbody td.id").count() == 3


def approve_all(reviewer: Hall, shots: Path) -> None:
    for insurances in ("医疗", "工伤、生育"):
        open_case(reviewer, insurances)
        confirm(reviewer, "通过")
        expect(reviewer.page.locator(".note.good").first).to_be_visible()
    reviewer.page.goto("/bureau/decided")
    reviewer.shoot(shots, "20-decided")


def read_the_end(clerk: Hall, receipts: list[str], folder: Path, shots: Path) -> None:
    clerk.page.goto("/wages/")
    expect(clerk.page.get_by_role("table").get_by_text("审核通过")).to_be_visible()
    clerk.page.goto("/filings/")
    clerk.page.get_by_role("row").filter(has_text="医疗").get_by_role("link").first.click()
    clerk.shoot(shots, "21-approved")
    assert clerk.download(re.compile("回执"), folder).read_bytes().startswith(b"%PDF")
    clerk.page.goto("/filings/verify")
    clerk.page.get_by_role("textbox", name="回执号").fill(receipts[0])
    clerk.page.get_by_role("button", name=re.compile("查|核验")).first.click()
    expect(clerk.page.locator("main")).to_contain_text(receipts[0])
    clerk.shoot(shots, "22-verify")
