"""说明信息 and 打印: saved before printing, nothing typed is lost, two operators do not overwrite each other."""

from __future__ import annotations

import pypdf
import pytest

from models.db import reading
from models.declaration import find_statement
from tests.factories import statement
from tests.integration.way import audited, list_rows


def saved(declaration_id: int):
    with reading() as session:
        return find_statement(session, declaration_id)


def test_the_statement_begins_with_what_the_bureau_knows(wang, way):
    page = wang.get(f"/wages/{way.entered()}/statement")
    assert page.value("legal_representative") == "周立新"
    assert page.value("phone") == "0451-82600000"
    assert page.value("filled_on") == "2026-06-18"


def test_a_statement_is_saved_and_drawn_again(wang, way):
    declaration_id = way.entered()
    wang.get(f"/wages/{declaration_id}/statement")
    page = wang.press("保存", **statement(change_reason="一人退休"))
    assert "说明信息已保存" in page.words
    found = saved(declaration_id)
    assert found.version == 1
    assert found.content["last_year_wage_total"] == 31_000_000
    assert page.one("//textarea[@name='change_reason']").text == "一人退休"
    assert page.value("last_year_wage_total") == "310000.00"


def test_what_is_wrong_is_said_beside_its_field_and_nothing_typed_is_lost(wang, way):
    declaration_id = way.entered()
    wang.get(f"/wages/{declaration_id}/statement")
    page = wang.press(
        "保存", **statement(phone="12", last_year_headcount="五个", promise=None, change_reason="说明" * 40)
    )
    assert page.status == 422
    for name in ("phone", "last_year_headcount", "promise"):
        field = page.one(f"//*[@name='{name}']")
        assert field.get("aria-invalid") == "true"
        assert page.one(f"//*[@id='{field.get('aria-describedby')}']").text_content().strip()
        assert page.all(f"//*[@role='alert']//a[@href='#f-{name}']"), name
    assert page.value("phone") == "12"
    assert page.one("//textarea[@name='change_reason']").text == "说明" * 40
    assert saved(declaration_id) is None


def test_the_second_operators_statement_does_not_overwrite_the_first(wang, sign_in, way):
    declaration_id = way.entered()
    li = sign_in("li")
    li.get(f"/wages/{declaration_id}/statement")
    wang.get(f"/wages/{declaration_id}/statement")
    wang.press("保存", **statement(change_reason="王的说明"))
    page = li.press("保存", **statement(change_reason="李的说明"))
    assert page.status == 409
    assert "另一位经办人刚保存过" in page.alert
    assert page.one("//textarea[@name='change_reason']").text == "李的说明"
    assert saved(declaration_id).content["change_reason"] == "王的说明"
    li.press("保存")
    assert saved(declaration_id).content["change_reason"] == "李的说明"


def test_head_counts_that_do_not_add_up_are_a_warning_not_an_error(wang, way):
    declaration_id = way.entered()
    wang.get(f"/wages/{declaration_id}/statement")
    page = wang.press("保存", **statement(last_year_headcount="9"))
    assert page.status == 200
    assert "等于 9 人，本次申报 5 人" in page.words


def test_printing_waits_for_the_statement(wang, way):
    declaration_id = way.entered()
    assert "要先保存说明信息" in wang.get(f"/wages/{declaration_id}/prints").words
    for refused in (
        wang.get(f"/wages/{declaration_id}/statement.pdf"),
        wang.post(f"/wages/{declaration_id}/prints"),
    ):
        assert refused.status == 422
        assert "还没有保存说明信息" in refused.alert


def test_the_statement_prints_on_one_page_with_what_was_saved(wang, way, tmp_path):
    declaration_id = way.stated(way.entered(), change_reason="一人退休")
    answer = wang.http.get(f"/wages/{declaration_id}/statement.pdf")
    assert answer.mimetype == "application/pdf"
    (tmp_path / "s.pdf").write_bytes(answer.data)
    pages = pypdf.PdfReader(tmp_path / "s.pdf").pages
    assert len(pages) == 1
    text = "".join(pages[0].extract_text().split())
    assert "一人退休" in text and "23000072" in text


def test_the_roster_is_made_in_the_background_and_holds_every_name(wang, way, run_jobs, tmp_path):
    declaration_id = way.stated(way.entered())
    wang.get(f"/wages/{declaration_id}/prints")
    page = wang.press("打印申报表")
    assert "正在生成申报表" in page.words
    run_jobs()
    page = wang.get(page.path)
    answer = wang.http.get(page.one("//*[@id='roster']//a[@download]").get("href"))
    (tmp_path / "r.pdf").write_bytes(answer.data)
    text = "".join(one.extract_text() for one in pypdf.PdfReader(tmp_path / "r.pdf").pages)
    for row in list_rows(declaration_id):
        assert row.id_number not in text
    assert "王秀兰" in "".join(text.split()) or list_rows(declaration_id)[0].name in "".join(text.split())
    assert audited("roster_ordered")


def test_a_roster_older_than_the_wages_says_so(wang, way, run_jobs):
    declaration_id = way.stated(way.entered())
    wang.get(f"/wages/{declaration_id}/prints")
    wang.press("打印申报表")
    run_jobs()
    way.type_wage(declaration_id, 1, "61000")
    assert "请重新生成" in wang.get(f"/wages/{declaration_id}/prints").words


@pytest.mark.parametrize("word", ["保存"])
def test_an_unchanged_statement_keeps_its_version_and_so_its_backup(wang, way, word):
    declaration_id = way.ready()
    wang.get(f"/wages/{declaration_id}/statement")
    wang.press(word)
    assert saved(declaration_id).version == 1
    assert "当前数据已备份" in wang.get(f"/wages/{declaration_id}/backup").words
