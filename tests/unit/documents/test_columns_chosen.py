"""Which sheet is the list, what was chosen or remembered about its columns, and the sample that is shown."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sheet_samples import ods, xls, xlsx
from wage_samples import ID, Rows, asked, read, text

from documents.columns import Columns, Sample, sample_sheets
from documents.limits import Limits

# Sheets -----------------------------------------------------------------------------------------

LIST: Rows = [["姓名", "现工资"], ["张三", 5000.0]]


def test_one_sheet_of_several_is_the_list() -> None:
    book = {"说明": [["填表说明"], ["一", "二"]], "名单": LIST, "空": []}
    for data in (xlsx(book), xls(book), ods(book)):
        assert read(data).columns == Columns(1, (None, None, 0, None, None, 1), "名单")


def test_several_lists_are_asked_about() -> None:
    months = {f"{month}月": LIST for month in range(1, 13)}
    unsure = asked(xlsx(months), "columns.many_sheets")
    assert unsure.guess.sheet == "1月"
    assert [one.name for one in unsure.sheets] == [f"{month}月" for month in range(1, 9)]
    table = read(xlsx(months), chosen=replace(unsure.guess, sheet="3月"))
    assert table.columns.sheet == "3月"


def test_a_download_is_not_confused_by_other_lists() -> None:
    head = "#GZSB|1|230001|2026|310|annual|1|b-1|0123456789abcdef"
    full = ["序号", "个人编号", "姓名", "证件号码", "原工资", "现工资"]
    table = read(xlsx({"另": LIST, "工资申报": [[head], full, [1.0, "9", "张三", ID, 1.0, 2.0]]}))
    assert table.columns.sheet == "工资申报"
    assert table.head is not None and table.head.unit_no == "230001"


# Remembered and chosen ---------------------------------------------------------------------------


def test_an_earlier_answer_for_the_same_headings_is_taken() -> None:
    first = text("姓名,身份证号,应发合计,实发工资", f"张三,{ID},1,2")
    unsure = asked(first, "columns.many_wages")
    answer = replace(unsure.guess, times=12)
    kept = {unsure.signature: answer.to_json()}

    def remembered(signature: str) -> Columns | None:
        return Columns.from_json(kept[signature]) if signature in kept else None

    # Next month the list has a title more, and comes as a workbook.
    second = xlsx(
        {"四月": [["名单"], [], ["姓 名", "身份证号", "应发合计", "实发工资"], ["李四", ID, 3.0, 4.0]]}
    )
    table = read(second, remembered=remembered)
    assert table.columns == Columns(3, (None, None, 0, 1, None, 2), "四月", 12)
    assert table.rows == [(4, ["", "", "李四", ID, "", "3"])]
    assert table.signature == unsure.signature
    other = text("姓名,身份证号,应发合计(万元),实发工资", f"张三,{ID},1,2")
    asked(other, "columns.many_wages", remembered=remembered)


def test_a_remembered_sheet_is_found_among_several_lists() -> None:
    book = xlsx({"一": LIST, "二": LIST})
    unsure = asked(book, "columns.many_sheets")
    chosen = replace(unsure.guess, sheet="二")
    assert read(book, remembered=lambda _signature: chosen).columns.sheet == "二"
    asked(xlsx({"三": LIST, "四": LIST}), "columns.many_sheets", remembered=lambda _signature: chosen)


def test_what_is_chosen_goes_before_everything() -> None:
    data = text("姓名,现工资,旧的", "张三,1,2")
    chosen = Columns(1, (None, None, 0, None, None, 2), "", 12)
    table = read(data, chosen=chosen, remembered=lambda _signature: replace(chosen, times=1))
    assert table.columns == chosen
    assert table.rows[0][1][5] == "2"


def test_a_chosen_heading_line_says_where_people_begin() -> None:
    data = text("张三,1", "李四,2")
    assert [line for line, _cells in read(data, chosen=Columns(0, (None, None, 0, None, None, 1))).rows] == [
        1,
        2,
    ]
    assert [line for line, _cells in read(data, chosen=Columns(1, (None, None, 0, None, None, 1))).rows] == [
        2
    ]


def test_columns_as_they_are_kept() -> None:
    columns = Columns(3, (0, None, 2, None, None, 5), "表", 12)
    assert Columns.from_json(columns.to_json() | {"is_chosen": True}) == columns
    good = columns.to_json()
    for wrong in (
        None,
        {},
        good | {"places": [1]},
        good | {"places": [-1] * 6},
        good | {"times": 7},
        good | {"heading_line": -1},
        good | {"heading_line": True},
        good | {"sheet": None},
        good | {"places": ["1"] * 6},
    ):
        with pytest.raises(ValueError):
            Columns.from_json(wrong)


# Samples -----------------------------------------------------------------------------------------


def test_a_sample_shows_enough_and_not_too_much() -> None:
    heading = ["姓名", "身份证号", "工资", *["x" * 60] * 40]
    rows: Rows = [["很长的说明"] for _ in range(20)] + [heading, [], *[["张三", ID, 1.0] for _ in range(50)]]
    (sample,) = asked(xlsx({"表": rows}), "columns.weak_wage").sheets
    assert sample.first_line == 15
    assert sample.rows[6][0] == "姓名"
    assert sample.rows[7] == ("",) * 30
    assert sample.rows[8][:3] == ("张三", "110***********002X", "1")
    assert len(sample.rows) == 13
    assert {len(row) for row in sample.rows} == {30}
    assert max(map(len, sample.rows[6])) == 40
    assert sample.width == 43


def test_samples_of_a_file_that_needed_no_question() -> None:
    (sample,) = sample_sheets(text("", "姓名,现工资", "张三,1"), "a.csv", Limits())
    assert sample == Sample("", 2, (("姓名", "现工资"), ("张三", "1")), 2)
