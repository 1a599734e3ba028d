"""A line whose cells do not fit the headings is shown as it stands, but for the numbers of identity cards in it."""

from __future__ import annotations

from io import BytesIO

import pytest
from openpyxl import load_workbook

from models.db import transaction
from models.upload import Upload
from rules.identity import mask_id
from tests.factories import id_number
from tests.integration.way import list_rows

CUT = 60
"""So much of a line is kept to be shown."""


@pytest.fixture
def started(way):
    return way.started()


@pytest.fixture
def stranger():
    """The number of somebody's card that stands on the line beside the person's own."""
    return id_number(777)


def odd_file(started, *more):
    """A list of five columns whose first person's line has cells more."""
    row = list_rows(started)[0]
    own = [row.person_no, row.name, row.id_number, "财务", "61000", *more]
    return f"个人编号,姓名,证件号码,部门,现工资\r\n{','.join(own)}\r\n".encode()


def short_file(started):
    """A list whose first person's line lacks a cell."""
    row = list_rows(started)[0]
    return f"个人编号,姓名,证件号码,部门,现工资\r\n{row.person_no},{row.name},财务,61000\r\n".encode()


def test_neither_page_nor_workbook_says_a_whole_id_number(wang, way, started, stranger):
    own = list_rows(started)[0].id_number
    upload_id = way.upload(started, odd_file(started, stranger), "工资.csv")
    page = wang.get(f"/wages/uploads/{upload_id}")
    assert "本行的格数和表头不一样多" in page.words
    assert mask_id(own) in page.words
    assert own not in page.text and stranger not in page.text
    with transaction() as session:
        session.get_one(Upload, upload_id).state = "checking"
    early = wang.get(f"/wages/uploads/{upload_id}")
    assert "已发现要改的行" in early.words and mask_id(own) in early.words
    assert own not in early.text and stranger not in early.text
    with transaction() as session:
        session.get_one(Upload, upload_id).state = "checked"
    book = load_workbook(BytesIO(wang.get(f"/wages/uploads/{upload_id}/result.xlsx").body))
    said = [cell.comment.text for row in book.worksheets[0].iter_rows() for cell in row if cell.comment]
    assert any(mask_id(own) in text for text in said)
    assert not any(own in text or stranger in text for text in said)


@pytest.mark.parametrize("kept", [8, 11, 14])
def test_a_number_that_the_line_s_end_cuts_is_hidden_too(wang, way, started, stranger, kept):
    row = list_rows(started)[0]
    front = len("、".join([row.person_no, row.name, row.id_number, "财务", "61000", ""]))
    padding = "补" * (CUT - kept - front - 1)
    upload_id = way.upload(started, odd_file(started, padding, stranger), "工资.csv")
    page = wang.get(f"/wages/uploads/{upload_id}")
    assert mask_id(stranger[:kept]) in page.text
    assert stranger[:kept] not in page.text


def test_a_short_line_is_not_said_to_be_long(wang, way, started):
    upload_id = way.upload(started, short_file(started), "工资.csv")
    page = wang.get(f"/wages/uploads/{upload_id}")
    assert "不一样多" in page.words and "比表头多" not in page.words


def test_the_cell_in_question_is_the_wage_of_the_file(wang, way, started, stranger):
    upload_id = way.upload(started, odd_file(started, stranger), "工资.csv")
    page = wang.get(f"/wages/uploads/{upload_id}")
    assert page.one("//tbody[@id='rows']//td[@data-k='文件中的值']").text_content() == "61000"
    page = wang.press("保存本页修正", w2="62000")
    assert "已修正" in wang.get(f"{page.path}?show=repaired").words
