"""下载数据 in every kind: named rightly, the same people in each, and what comes back unchanged changes nothing."""

from __future__ import annotations

import io
from urllib.parse import unquote

import openpyxl
import pytest

from tests.integration.way import get_upload, list_rows, wages

STEM = "工资申报_23000072_2026_医疗工伤生育"
KINDS = {
    "zip": f"{STEM}.zip",
    "zip-utf8": f"{STEM}.zip",
    "xlsx": f"{STEM}.xlsx",
    "xlsx-blank": f"{STEM}_模板.xlsx",
    "csv": f"{STEM}.csv",
}


@pytest.mark.parametrize("kind", KINDS)
def test_a_download_bears_its_name_and_comes_back_without_a_change(way, wang, kind: str) -> None:
    declaration_id = way.entered("60000", "0.5", "9999999.99")
    before = wages(declaration_id)
    answer = wang.http.get(f"/wages/{declaration_id}/download/{kind}")
    assert answer.status_code == 200
    name = unquote(answer.headers["Content-Disposition"].split("UTF-8''")[1])
    assert name == KINDS[kind]
    upload = get_upload(way.upload(declaration_id, answer.data, name))
    blank = 5 if kind == "xlsx-blank" else 2
    assert (upload.lines, upload.unchanged, upload.blank, upload.missing) == (5, 5, blank, 0)
    assert (upload.state, upload.fixes.keys() - {"bom", "csv"}) == ("checked", set())
    assert wages(declaration_id) == before


def test_the_template_has_the_people_and_no_wage(way, wang) -> None:
    declaration_id = way.entered()
    data = wang.http.get(f"/wages/{declaration_id}/download/xlsx-blank").data
    rows = list(openpyxl.load_workbook(io.BytesIO(data)).active.iter_rows(min_row=3, values_only=True))
    held = list_rows(declaration_id)
    assert [row[1] for row in rows] == [one.person_no for one in held]
    assert [row[4] for row in rows] == [(one.old_wage_fen or 0) / 100 for one in held]
    assert [row[5] for row in rows] == [None] * 5


@pytest.mark.parametrize("kind", KINDS)
def test_no_kind_shows_an_identity_number(way, wang, kind: str) -> None:
    declaration_id = way.started()
    data = wang.http.get(f"/wages/{declaration_id}/download/{kind}").data
    upload_id = way.upload(declaration_id, data, KINDS[kind])
    sheet = openpyxl.load_workbook(
        io.BytesIO(wang.http.get(f"/wages/uploads/{upload_id}/result.xlsx").data)
    ).active
    shown = {sheet.cell(line, 4).value for line in range(3, 8)}
    numbers = {row.id_number for row in list_rows(declaration_id)}
    assert shown == {number[:3] + "***********" + number[-4:] for number in numbers}


def test_the_result_tells_what_could_be_done_and_what_was_done(way, wang) -> None:
    declaration_id = way.started()
    first, second, third, fourth, _ = list_rows(declaration_id)
    lines = [
        "个人编号,姓名,身份证号,现工资",
        f"{first.person_no},{first.name},,6.1万",
        f"{second.person_no},{second.name},,六万",
        f"9999999999,{third.name},11010519491231002X,63000",
        f"8888888888,{fourth.name},,64000",
        "7777777777,查无此人,,65000",
    ]
    upload_id = way.upload(declaration_id, "\r\n".join(lines).encode(), "名单.csv")
    way.repair(upload_id, 3, wage="62000")
    way.repair(upload_id, 5, is_skipped=True)
    answer = wang.http.get(f"/wages/uploads/{upload_id}/result.xlsx")
    assert unquote(answer.headers["Content-Disposition"]).endswith("名单_检查结果.xlsx")
    sheet = openpyxl.load_workbook(io.BytesIO(answer.data)).active
    told = {line: (sheet.cell(line, 5).value, sheet.cell(line, 6).value) for line in range(2, 7)}
    assert told[2][0] == "拒绝" and told[2][1].endswith("建议改为 61000.00（元/年）。")
    assert told[3] == ("接受", f"您已改为：{second.name}，现工资 62000。")
    assert told[5][0] == "不导入" and told[5][1].endswith("您已选“本行不导入”。")
    assert told[6][0] == "拒绝" and told[6][1].endswith("建议本行不导入。")
    assert sheet["D2"].comment.text == f"拒绝：{told[2][1]}"
    assert [sheet[f"D{line}"].comment for line in (1, 3)] == [None, None]
    assert told[4][0] == "拒绝"
    assert told[4][1].endswith(f"建议对应到 {third.name}（个人编号 {third.person_no}）。")
