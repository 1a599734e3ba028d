"""A form as a file: our template comes back whole, and so does the list that a payroll program keeps."""

from __future__ import annotations

from io import BytesIO

import pytest
from openpyxl import load_workbook
from sheet_samples import xlsx

from documents.form_file import read_form_rows, write_form_template
from documents.limits import Limits
from rules.people import CHANGING_FIELDS, JOINING_FIELDS, LEAVING_FIELDS
from rules.refusals import Refusal

ID = "11010519491231002X"
LEAVING = ["证件号码", "姓名", "减少原因", "离职日期", "最后缴费月份", "险种"]
WIDE = Limits()
SOMEBODY = [ID, "张三", "辞职", "2026-06-10", "202606", "医疗、工伤"]


def plain(label: str) -> str:
    return label


def read(data: bytes | str, name: str = "名单.xlsx", fields=LEAVING_FIELDS, limits: Limits = WIDE):
    sent = data.encode("gb18030") if isinstance(data, str) else data
    return read_form_rows(sent, name, fields, limits, plain)


def csv(*rows: list[str]) -> str:
    return "\r\n".join(",".join(row) for row in rows) + "\r\n"


@pytest.mark.parametrize("fields", [JOINING_FIELDS, LEAVING_FIELDS, CHANGING_FIELDS])
def test_the_template_names_every_field_and_comes_back_as_it_was_filled(fields):
    book = load_workbook(BytesIO(write_form_template("人员", fields, plain)))
    sheet = book.active
    assert sheet.title == "人员" and book.sheetnames[1] == "填写说明"
    typed = {}
    for cell, field in zip(sheet[1], fields.values(), strict=True):
        assert cell.value == field.label_msgid + ("*" if field.required else "")
        text = field.choices[-1][1] if field.choices else ID if field.kind == "code" else f"写在{cell.column}"
        sheet.cell(2, cell.column, text)
        typed[field.name] = field.choices[-1][0] if field.choices else text
    out = BytesIO()
    book.save(out)
    assert read(out.getvalue(), fields=fields) == [typed]


def test_the_templates_columns_are_text_and_its_choices_lists():
    sheet = load_workbook(BytesIO(write_form_template("减少", LEAVING_FIELDS, plain))).active
    assert {one.number_format for one in sheet.column_dimensions.values()} == {"@"}
    rules = {str(one.sqref): one.formula1 for one in sheet.data_validations.dataValidation}
    place = list(LEAVING_FIELDS).index("reason")
    assert any(str(at).startswith("ABCDEFGHIJ"[place] + "2:") for at in rules)


def test_an_empty_template_holds_nobody():
    with pytest.raises(Refusal) as refused:
        read(write_form_template("减少", LEAVING_FIELDS, plain))
    assert refused.value.code == "batch.nobody"


@pytest.mark.parametrize("encoding", ["gb18030", "utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("separator", [",", "\t"])
def test_a_text_in_any_encoding(encoding, separator):
    data = "\r\n".join(separator.join(row) for row in (LEAVING, SOMEBODY)).encode(encoding)
    assert read(data, "名单.txt")[0]["insurances"] == "310 410"


def test_a_payroll_programs_own_list():
    rows = [
        ["2026 年 6 月离职人员名单"],
        [],
        ["序号", "部门", "员工姓名", "身份证号", "离职时间", "离职原因", "停缴年月", "参保险种", "联系电话"],
        [1, "车间", " 张三 ", f"'{ID.lower()}", "2026-06-10", "辞职", "2026-06-01", "医疗保险,工伤保险", "1"],
        ["序号", "部门", "员工姓名", "身份证号", "离职时间", "离职原因", "停缴年月", "参保险种", "联系电话"],
        [],
        [2, "车间", "李四", ID, "2026/6/11", "退休", "202606", "全部", ""],
        ["合计", 2],
    ]
    first, second = read(xlsx({"离职": rows, "说明": [["填表人：王会计"]]}))
    assert first == {
        "id_number": ID.lower(),
        "name": "张三",
        "reason": "222",
        "left_on": "2026-06-10",
        "last_month": "2026-06",
        "insurances": "310 410",
        "note": "",
    } | {name: "" for name in LEAVING_FIELDS if name == "person_no"}
    assert second["reason"] == "251" and second["left_on"] == "2026/6/11"
    assert second["insurances"] == "全部", "what is not understood stays to be seen"


def test_the_label_goes_before_other_names():
    rows = [["姓名", "联系电话", "手机号", *LEAVING[2:], "证件号码"], ["张三", "1", "2", *SOMEBODY[2:], ID]]
    assert (
        read(
            csv(["新手机号", "联系电话", "现登记的姓名", "变更原因"], ["2", "1", "张三", "换号"]),
            "a.csv",
            CHANGING_FIELDS,
        )[0]["new_mobile"]
        == "2"
    )
    assert read(csv(*rows), "a.csv")[0]["id_number"] == ID


@pytest.mark.parametrize(
    ("rows", "code", "params"),
    [
        ([["张三", "李四"], ["1", "2"]], "batch.no_headings", {}),
        ([LEAVING[:-1], SOMEBODY[:-1]], "batch.lacking_columns", {"names": "险种", "line": 1}),
        ([[*LEAVING, "姓名"], [*SOMEBODY, "李四"]], "batch.twin_columns", {"name": "姓名"}),
        ([LEAVING, [" ", "", "", "", "", ""]], "batch.nobody", {}),
    ],
)
def test_what_cannot_be_read_is_named(rows, code, params):
    with pytest.raises(Refusal) as refused:
        read(csv(*rows), "a.csv")
    assert refused.value.code == code
    assert {name: refused.value.params[name] for name in params} == params


def test_two_sheets_with_people_are_not_guessed_between():
    with pytest.raises(Refusal) as refused:
        read(xlsx({"五月": [LEAVING, SOMEBODY], "六月": [LEAVING, SOMEBODY]}))
    assert (refused.value.code, refused.value.params["names"]) == ("batch.many_sheets", "五月、六月")
    assert len(read(xlsx({"五月": [LEAVING], "六月": [LEAVING, SOMEBODY]}))) == 1


def test_no_more_lines_than_allowed():
    few = Limits(lines=2)
    assert len(read(csv(LEAVING, *[SOMEBODY] * 2), "a.csv", limits=few)) == 2
    with pytest.raises(Refusal) as refused:
        read(csv(LEAVING, *[SOMEBODY] * 3), "a.csv", limits=few)
    assert (refused.value.code, refused.value.params["limit"]) == ("file.too_many_lines", 2)
