"""A clerk's ten worst files, made by real programs, go in through a real browser and come out right."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from conftest import product
from hall import Hall
from playwright.sync_api import Page, expect

from documents.limits import Limits
from documents.store import Store
from jobs.tasks import make_runner
from models import db, migrate
from services.declarations import start_declaration
from settings import Settings
from tests import factories
from tests.factories import ALL, NOW, PASSWORD, YEAR, actor, make_world

FILES = Path(__file__).parents[1] / "fixtures" / "wage_files"
WAGES = ["61000.00", "62500.50", "63000.00", "64800.00", "66000.00"]


def as_it_is(hall: Hall) -> None:
    """Nothing to mend: what the program did to the file is put right in reading it."""


def say_which_column(hall: Hall) -> None:
    """The heading line is gone: the clerk says what each column is."""
    page = hall.page
    expect(page.get_by_role("heading", name="请说明哪一列是什么")).to_be_visible()
    page.get_by_label("没有表头，第一行就是人员").check()
    for column, role in zip("BCF", ("个人编号", "姓名", "现工资"), strict=True):
        page.get_by_label(f"{column} 列").select_option(label=role)
    hall.press("就这样读，检查文件")
    hall.wait_for(page.locator("#upload-dock"))


def type_anew(hall: Hall) -> None:
    """Four amounts that nobody can read: each is typed in its line."""
    for line, wage in zip((3, 4, 5, 6), WAGES, strict=False):
        field = hall.page.locator(f"#w{line}")
        field.fill(wage)
        if hall.has_script:
            with hall.page.expect_response(lambda answer: answer.url.endswith("/lines")):
                field.press("Enter")
            expect(hall.page.locator(f"#u{line}")).to_contain_text("已修正")
    if not hall.has_script:
        hall.press("保存本页修正")


def take_the_proposals(hall: Hall) -> None:
    """All wages stand in the column beside: one press moves them."""
    hall.press("按建议改好 5 行")


# The file, what is done about it, and how many of its lines are refused at first.
WORST: list[tuple[str, Callable[[Hall], None], int]] = [
    ("01_id_scientific.csv", as_it_is, 0),
    ("04_utf16_unicode_text.txt", as_it_is, 0),
    ("06_thousand_separators.csv", as_it_is, 0),
    ("08_extra_columns.ods", as_it_is, 0),
    ("09_columns_moved.xls", as_it_is, 0),
    ("10_headings_removed.txt", say_which_column, 0),
    ("12_blank_and_total.xls", as_it_is, 0),
    ("21_zeros_lost.csv", as_it_is, 0),
    ("22_bad_amounts.txt", type_anew, 4),
    ("24_wage_in_old_column.xlsx", take_the_proposals, 5),
]
HARDEST = [one for one in WORST if one[1] is not as_it_is]


@pytest.fixture(scope="module")
def world_data(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A data folder with the unit and the open declaration that the files are about."""
    folder = tmp_path_factory.mktemp("world")
    settings = Settings(data=folder)
    migrate.upgrade(db.connect(settings.url))
    numbers = factories._numbers
    # The files name people by number, and those are given out in turn.
    factories._numbers = itertools.count(1)
    make_world()
    factories._numbers = numbers
    _, job_id = start_declaration(actor("wang"), YEAR, ALL, NOW)
    make_runner(Store(folder / "files"), Limits(), lambda: NOW).run(job_id)
    db.disconnect()
    yield folder


@pytest.fixture
def wang(tmp_path: Path, world_data: Path, new_page: Callable[..., Page], has_script: bool) -> Iterator[Hall]:
    with product(tmp_path, world_data, WANGTING_DEMO="no") as address:
        hall = Hall(new_page(address, has_script=has_script), has_script=has_script)
        hall.sign_in("wang", PASSWORD)
        yield hall


def test_the_ten_worst_files_come_out_right(wang: Hall) -> None:
    files = WORST if wang.has_script else HARDEST
    for name, mend, refused in files:
        wang.page.goto("/wages/1/uploads")
        wang.upload("要上传的文件", FILES / name, "上传并检查")
        is_asked = mend is say_which_column
        wang.wait_for(wang.page.locator("table.sample" if is_asked else "#upload-dock"))
        if refused:
            counts = wang.page.locator("#upload-counts b").all_inner_texts()
            assert counts[3:] == [str(refused), "5"], name
            expect(wang.page.get_by_role("button", name="确认写入")).to_be_disabled()
        mend(wang)
        wang.press("确认写入")
        wang.wait_for(wang.page.get_by_text("已写入 5 人的工资"))
        assert entered(wang) == WAGES, name
        wang.press("撤销这次写入")
        wang.wait_for(wang.page.get_by_text("已撤销：5 人的工资回到了写入之前"))
        assert entered(wang) == [""] * 5, name


def entered(hall: Hall) -> list[str]:
    """The wages as they are in the system, read from the download."""
    text = hall.page.request.get("/wages/1/download/csv").body().decode("utf-8-sig")
    return [line.rsplit(",", 1)[1] for line in text.splitlines()[2:]]
