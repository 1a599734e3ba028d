"""Which column is what: ten payroll systems' own headings, and every doubt that has to be asked about."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sheet_samples import Cell, ods, xls, xlsx
from wage_samples import asked, read, refused

from documents.columns import ROLES, Columns, Sample, Unsure, sample_sheets
from documents.headings import meaning
from documents.limits import Limits
from documents.reading import RawTable, read_wage_file
from rules.refusals import Refusal

ID = "11010519491231002X"
Rows = list[list[Cell]]


def text(*lines: str) -> bytes:
    return "\r\n".join(lines).encode()


def places(columns: Columns) -> dict[str, int]:
    return {role: place for role, place in zip(ROLES, columns.places, strict=True) if place is not None}


# What ten programs and offices write, and what is to be read from it: columns, line of the first person, wage.
SURE: dict[str, tuple[Rows, dict[str, int], int, str]] = {
    "bureau template": (
        [["序号", "个人编号", "姓名", "证件号码", "原工资", "现工资"], ["1", "001", "张三", ID, "1", "5000"]],
        {"seq": 0, "person_no": 1, "name": 2, "id_number": 3, "old_wage": 4, "wage": 5},
        2,
        "5000",
    ),
    "social security office": (
        [
            ["社会保险缴费工资申报表"],
            [],
            ["序号", "人员编号", "姓名", "公民身份号码", "上年工资", "本年工资", "备注"],
            ["1", "9", "张三", ID, "1", "5000.5", "无"],
        ],
        {"seq": 0, "person_no": 1, "name": 2, "id_number": 3, "old_wage": 4, "wage": 5},
        4,
        "5000.5",
    ),
    "medical insurance client": (
        [["医保编号", "身份证件号码", "人员姓名", "缴费工资"], ["9", ID, "张三", "5000"]],
        {"person_no": 0, "id_number": 1, "name": 2, "wage": 3},
        2,
        "5000",
    ),
    "personnel system": (
        [
            ["部门", "工号", "姓 名", "身份证号", "性别", "基本工资", "绩效工资", "申报工资（元/年）"],
            ["办公室", "7", "张三", ID, "男", "1", "2", "5000"],
        ],
        {"name": 2, "id_number": 3, "wage": 7},
        2,
        "5000",
    ),
    "two lines of headings": (
        [
            ["序号", "姓名", "身份证号码", "工资", None, None],
            [None, None, None, "上年工资", "本年工资", "增长"],
            ["1", "张三", ID, "4000", "5000", "25"],
        ],
        {"seq": 0, "name": 1, "id_number": 2, "old_wage": 3, "wage": 4},
        3,
        "5000",
    ),
    "years above the same words": (
        [
            [None, None, "上年", None, "本年", None],
            ["姓名", "社会保障号码", "工资", "基数", "工资", "基数"],
            ["张三", ID, "1", "2", "5000", "3"],
        ],
        {"name": 0, "id_number": 1, "old_wage": 2, "wage": 4},
        3,
        "5000",
    ),
    "starred import form": (
        [
            ["*姓名", "*证件类型", "*证件号码", "*新工资(元)", "联系人姓名"],
            ["张三", "居民身份证", ID, "5000", "李四"],
        ],
        {"name": 0, "id_number": 2, "wage": 3},
        2,
        "5000",
    ),
    "full-width and spaced": (
        [
            ["Ｎｏ．", "职　工　姓　名", "身份证\n号码", "原 工 资", "现 工 资 （元）"],
            ["1", "张三", ID, "1", "5000"],
        ],
        {"seq": 0, "name": 1, "id_number": 2, "old_wage": 3, "wage": 4},
        2,
        "5000",
    ),
    "accounting firm": (
        [
            ["客户：青禾公司", None, None, None],
            ["单位：元", None, None, None],
            ["编号", "个人账号", "参保人姓名", "2026年度缴费工资"],
            ["1", "8", "张三", "5000"],
        ],
        {"seq": 0, "person_no": 1, "name": 2, "wage": 3},
        4,
        "5000",
    ),
    "only a name and a wage": (
        [["姓名", "现工资"], ["张三", "5000"]],
        {"name": 0, "wage": 1},
        2,
        "5000",
    ),
    "last year's total beside the new wage": (
        [["姓名", "上年度工资总额", "申报工资"], ["张三", "1", "5000"]],
        {"name": 0, "old_wage": 1, "wage": 2},
        2,
        "5000",
    ),
}


@pytest.mark.parametrize("form", ["txt", "csv", "xlsx", "xls", "ods"])
@pytest.mark.parametrize("name", SURE)
def test_a_list_of_the_units_own_is_read_by_its_headings(name: str, form: str) -> None:
    rows, expected, first, wage = SURE[name]
    table = read(made(rows, form), f"工资.{form}")
    assert places(table.columns) == expected
    assert table.head is None
    assert table.kind == form
    ((line, cells),) = table.rows
    if form in ("txt", "csv"):
        first += sum(str(cell).count("\n") for row in rows for cell in row)
    assert (line, cells[5]) == (first, wage)
    assert cells[2] == ("张三" if "name" in expected else "")
    assert cells[3] == (ID if "id_number" in expected else "")
    assert len(table.signature) == 16


def made(rows: Rows, form: str) -> bytes:
    """The rows as a file of a form; line breaks inside a cell only where the form has them."""
    if form == "xlsx":
        return xlsx({"表": rows})
    if form == "xls":
        return xls({"表": rows})
    if form == "ods":
        return ods({"表": rows})
    sign = "\t" if form == "txt" else ","
    return text(
        *(
            sign.join(f'"{cell}"' if cell and "\n" in str(cell) else str(cell or "") for cell in row)
            for row in rows
        )
    )


DOUBTS: dict[str, tuple[Rows, str, dict[str, int], int]] = {
    "a payroll": (
        [["姓名", "身份证号", "基本工资", "应发合计", "扣款", "实发工资"], ["张三", ID, "1", "2", "3", "4"]],
        "columns.many_wages",
        {"name": 0, "id_number": 1, "wage": 3},
        1,
    ),
    "a plain wage": ([["姓名", "工资"], ["张三", "5000"]], "columns.weak_wage", {"name": 0, "wage": 1}, 1),
    "a base": ([["姓名", "缴费基数"], ["张三", "5000"]], "columns.weak_wage", {"name": 0, "wage": 1}, 1),
    "last year's average": (
        [["姓名", "上年度人均工资总额"], ["张三", "5000"]],
        "columns.weak_wage",
        {"name": 0, "wage": 1},
        1,
    ),
    "two strong ones": (
        [["姓名", "现工资", "申报工资"], ["张三", "1", "2"]],
        "columns.many_wages",
        {"name": 0, "wage": 1},
        1,
    ),
    "the same twice": (
        [["姓名", "现工资", "姓名", "现工资"], ["张三", "1", "李四", "2"]],
        "columns.same_heading",
        {"name": 0, "wage": 1},
        1,
    ),
    "two identity numbers": (
        [["姓名", "身份证号", "证件号码", "现工资"], ["张三", ID, ID, "2"]],
        "columns.same_heading",
        {"name": 0, "id_number": 1, "wage": 3},
        1,
    ),
    "nobody": (
        [["部门", "原工资", "现工资"], ["一", "1", "2"]],
        "columns.no_person",
        {"old_wage": 1, "wage": 2},
        1,
    ),
    "no wage": (
        [["姓名", "身份证号", "备注"], ["张三", ID, "x"]],
        "columns.no_wage",
        {"name": 0, "id_number": 1},
        1,
    ),
    "a monthly wage": (
        [["姓名", "现工资（元/月）"], ["张三", "1"]],
        "columns.other_basis",
        {"name": 0, "wage": 1},
        12,
    ),
    "a month's title": (
        [["2026年3月份职工工资表"], ["姓名", "现工资"], ["张三", "1"]],
        "columns.other_basis",
        {"name": 0, "wage": 1},
        12,
    ),
    "ten thousands": (
        [["姓名", "现工资(万元)"], ["张三", "1"]],
        "columns.other_basis",
        {"name": 0, "wage": 1},
        10000,
    ),
    "thousands said above": (
        [["", "", "单位：千元"], ["姓名", "部门", "现工资"], ["张三", "一", "1"]],
        "columns.other_basis",
        {"name": 0, "wage": 2},
        1000,
    ),
    "no headings": (
        [["张三", "110105194912310021", "9", "5000.00"], ["李四", ID, "8", "6000"]],
        "columns.no_headings",
        {"name": 0, "id_number": 1, "wage": 3},
        1,
    ),
}


@pytest.mark.parametrize("form", ["csv", "xlsx"])
@pytest.mark.parametrize("name", DOUBTS)
def test_what_is_not_sure_is_asked(name: str, form: str) -> None:
    rows, reason, guess, times = DOUBTS[name]
    unsure = asked(made(rows, form), reason)
    assert places(unsure.guess) == guess
    assert unsure.guess.times == times
    assert (unsure.signature == "") == (reason == "columns.no_headings")
    (sample,) = unsure.sheets
    assert sample.first_line == 1
    assert len(sample.rows) == len(rows)


def test_a_basis_that_fits_raises_no_doubt() -> None:
    monthly = text("2026年3月工资表", "姓名,现工资（元/月）", "张三,1")
    assert read(monthly, wage_basis="monthly").columns.times == 1
    annual = text("姓名,本年度年工资总额", "张三,1")
    assert read(annual).columns.times == 1
    # A year's total has no whole number that makes it a month's.
    assert asked(annual, "columns.other_basis", wage_basis="monthly").guess.times == 1


def test_a_date_in_a_title_is_no_basis() -> None:
    read(text("制表日期：2026年3月15日", "姓名,现工资", "张三,1"))


def test_a_firms_own_number_is_not_the_bureaus() -> None:
    table = read(text("职工编号,姓名,现工资", "7,张三,1"))
    assert table.columns.places == (None, None, 1, None, None, 2)
    assert read(text("职工编号,现工资", "7,1")).columns.places == (None, 0, None, None, None, 1)
    assert read(text("编号,个人编号,现工资", "7,9,1")).columns.places == (0, 1, None, None, None, 2)


@pytest.mark.parametrize(
    "heading", ["单位编号", "证件类型", "联系人姓名", "公积金基数", "工资卡号", "岗位工资", "金额", ""]
)
def test_words_that_only_look_alike(heading: str) -> None:
    assert meaning(heading) is None


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


# Lines -------------------------------------------------------------------------------------------


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
    below = data.decode("utf-8", "surrogatepass").rstrip("\n").count("\n") + 1 - result.columns.heading_line
    assert told + len(result.rows) == below


_FLAT = {ord(sign): None for sign in '\t,;"\r\n\x00\x1a\ufeff'} | dict.fromkeys(range(0xD800, 0xE000))


def test_a_file_of_headings_only_has_no_people() -> None:
    refused(text("姓名,现工资"), "file.no_people", "a.csv")
