"""Lines of a list: which are people, which are left out and counted, which have moved; none is lost."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sheet_samples import ods, xls, xlsx
from wage_samples import ID, Rows, made, read, refused, text

from documents.columns import Unsure
from documents.limits import Limits
from documents.reading import RawTable, read_wage_file
from rules.refusals import Refusal


def test_lines_that_are_no_people_are_left_out_and_counted() -> None:
    rows: Rows = [
        ["姓名", "部门", "身份证号", "现工资"],
        ["张三", "一", ID, 1.0],
        [None, "一小计", None, 1.0],
        [],
        ["姓名", "部门", "身份证号", "现工资"],
        ["李四", "总计部", ID, 2.0],
        ["王五", None, None, None],
        [None, None, None, 3.0],
        ["合 计", None, None, 3.0],
        ["制表人：赵六", None, "审核人：", None],
        ["以上各项均经本人核对无误并已公示七天，特此说明", None, None, None],
    ]
    for data in (xlsx({"表": rows}), xls({"表": rows}), ods({"表": rows}), made(rows, "csv")):
        table = read(data)
        assert [line for line, _cells in table.rows] == [2, 6, 7, 8]
        left_out = {"total_lines": 2, "blank_lines": 1, "heading_lines": 1, "note_lines": 2}
        assert {name: table.fixes[name] for name in left_out} == left_out


def test_a_wage_is_never_left_out_with_a_footer() -> None:
    table = read(
        text(
            "姓名,现工资,备注",
            "张三,1,",
            "备注：,5000,",
            "李四,五千,原因：晋升",
            "制表人：,日期：2026-03-01,",
        )
    )
    assert [line for line, _cells in table.rows] == [2, 3, 4]
    assert table.fixes["note_lines"] == 1


@pytest.mark.parametrize(
    "line,is_odd",
    [
        (f"张三\t{ID}\t1\t2", False),
        (f"张三\t{ID}\t1\t", False),
        (f"张三\t{ID}", False),
        ("张三\t110***********002X", False),
        (f"张三\t{ID}\t1\t2\t3", True),
        (f"张三\t{ID}\t1\t2\t\t", False),
        (f"张三 {ID}\t1\t2", True),
        (f"{ID}\t1\t2", True),
        ("张三\t1\t2", True),
    ],
)
def test_lines_of_a_text_whose_cells_have_moved(line: str, is_odd: bool) -> None:
    table = read(text("姓名\t证件号码\t原工资\t现工资", line))
    assert (list(table.odd) == [2]) == is_odd
    assert len(table.rows) == 1


def test_a_note_beside_a_sheet_moves_nothing() -> None:
    table = read(xlsx({"表": [["姓名", "现工资"], ["张三", 1.0, "见附件"]]}))
    assert table.odd == {}


CELLS = st.one_of(
    st.none(),
    st.sampled_from(
        [
            "姓名",
            "工资",
            "现工资",
            "序号",
            "证件号码",
            "合计",
            "",
            "1",
            "张三",
            ID,
            "#GZSB|",
            "单位：万元",
            "上年",
            "月",
        ]
    ),
    st.text(max_size=6),
)


@settings(deadline=None, max_examples=300)
@given(st.lists(st.lists(CELLS, max_size=7), min_size=1, max_size=9), st.sampled_from(["txt", "csv"]))
def test_no_arrangement_of_cells_loses_a_line(rows: list[list[str | None]], form: str) -> None:
    sign = "\t" if form == "txt" else ","
    lines = [sign.join((cell or "").translate(_FLAT) for cell in row) for row in rows]
    data = "\n".join(lines).encode("utf-8", "surrogatepass")
    try:
        result = read_wage_file(data, "a.csv", Limits())
    except Refusal as refusal:
        assert refusal.code.startswith("file.")
        return
    if isinstance(result, Unsure):
        assert result.sheets
        return
    assert isinstance(result, RawTable)
    told = sum(
        result.fixes.get(name, 0) for name in ("blank_lines", "total_lines", "heading_lines", "note_lines")
    )
    below = (
        data.decode("utf-8", "surrogatepass").removesuffix("\n").count("\n") + 1 - result.columns.heading_line
    )
    assert told + len(result.rows) == below


_FLAT = {ord(sign): None for sign in '\t,;"\r\n\x00\x1a\ufeff'} | dict.fromkeys(range(0xD800, 0xE000))


def test_a_file_of_headings_only_has_no_people() -> None:
    refused(text("姓名,现工资"), "file.no_people", "a.csv")
