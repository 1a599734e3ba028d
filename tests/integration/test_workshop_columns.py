"""What the columns of a file are: asked once, remembered, corrected."""

from __future__ import annotations

import openpyxl
import pytest

from tests.integration.way import get_upload, list_rows, wages
from tests.integration.workshop import counts_of, number, own_file


def test_the_columns_are_asked_once_and_remembered(wang, way, started, look, run_jobs):
    data = own_file(started, "5000", "5100", heading="应发合计")
    page = look(started, data)
    assert page.path.endswith("/columns"), "the result leads to what it waits for"
    assert page.one("//select[@name='c0']/option[@selected]").get("value") == "person_no"
    assert "以后本单位上传同样表头的文件，都这样读" in page.words
    page = wang.press("就这样读，检查文件", c1="name", c2="wage", times="12")
    run_jobs()
    page = wang.get(page.path)
    assert counts_of(page)[4] == 2 and "文件里的工资都乘了 12" in page.words
    wang.press("确认写入")
    run_jobs()
    assert wages(started)[:2] == [6_000_000, 6_120_000]
    page = look(started, own_file(started, "5000", "5200", heading="应发合计"))
    assert not page.path.endswith("/columns") and counts_of(page) == [1, 1, 0, 0, 2]


def test_what_is_wrong_with_the_columns_is_said_and_the_choice_is_kept(wang, started, look):
    page = look(started, own_file(started, "5000", "5100", heading="应发合计"))
    for choice, said in (
        ({"c0": "person_no", "c1": "", "c2": ""}, "现工资"),
        ({"c0": "", "c1": "", "c2": "wage"}, "姓名"),
        ({"c0": "name", "c1": "name", "c2": "wage"}, "A 列和 B 列都选了“姓名”"),
    ):
        page = wang.press("就这样读，检查文件", **choice, times="12", heading="1")
        assert page.status == 422 and said in page.alert, choice
        chosen = {one.get("name"): one.xpath("./option[@selected]/@value") for one in page.all("//select")}
        assert {name: (values or [""])[0] for name, values in chosen.items()} == choice
        assert page.one("//input[@name='times'][@checked]").get("value") == "12"
    assert get_upload(number(page)).state == "asking"


def test_columns_found_by_themselves_can_be_corrected(wang, way, started, look, run_jobs):
    rows = list_rows(started)
    lines = [
        "个人编号\t姓名\t现工资\t备注",
        *(f"{row.person_no}\t{row.name}\t5000\t61000" for row in rows[:2]),
    ]
    page = look(started, "\r\n".join(lines).encode())
    page = wang.get(page.one("//a[contains(., '列对错了')]").get("href"))
    assert page.one("//select[@name='c2']/option[@selected]").get("value") == "wage"
    page = wang.press("就这样读，检查文件", c2="", c3="wage")
    run_jobs()
    page = wang.get(page.path)
    assert counts_of(page) == [2, 0, 0, 0, 2]
    wang.press("确认写入")
    run_jobs()
    assert wages(started)[:2] == [6_100_000, 6_100_000]


def test_a_workbook_of_several_sheets_asks_which(wang, started, look, run_jobs, tmp_path):
    book = openpyxl.Workbook()
    rows = list_rows(started)
    for sheet, wage in ((book.active, 5000), (book.create_sheet("七月"), 61000)):
        sheet.append(["个人编号", "姓名", "现工资"])
        for row in rows:
            sheet.append([row.person_no, row.name, wage])
    book.worksheets[0].title = "六月"
    book.save(tmp_path / "工资.xlsx")
    page = look(started, (tmp_path / "工资.xlsx").read_bytes(), "工资.xlsx")
    assert [one.text for one in page.all("//nav[@aria-labelledby='sh']/a")] == ["六月", "七月"]
    page = wang.get(page.one("//nav[@aria-labelledby='sh']/a[.='七月']").get("href"))
    page = wang.press("就这样读，检查文件", c0="person_no", c1="name", c2="wage")
    run_jobs()
    assert counts_of(wang.get(page.path)) == [5, 0, 0, 0, 5]


@pytest.mark.parametrize(
    "form", [{"sheet": "7"}, {"heading": "-1"}, {"times": "7"}, {"times": "x"}, {"sheet": ""}]
)
def test_a_bent_answer_about_columns_is_refused(wang, started, look, form):
    page = look(started, own_file(started, "5000", heading="应发合计"))
    good = {"sheet": "0", "heading": "1", "times": "1", "c0": "person_no", "c2": "wage"}
    assert wang.post(page.path, good | form).status == 422
    assert get_upload(number(page)).state == "asking"
