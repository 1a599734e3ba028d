"""Which column is what: ten payroll systems' own headings, and every doubt that has to be asked about."""

from __future__ import annotations

import pytest
from wage_samples import ID, Rows, asked, made, read, text

from documents.columns import ROLES, Columns
from documents.headings import meaning


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
