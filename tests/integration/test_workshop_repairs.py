"""Bad lines are mended on the screen, as plain forms and as HTMX, one by one or all of a kind."""

from __future__ import annotations

import gzip

from sqlalchemy import select

from models.db import reading, transaction
from models.declaration import WageRow
from models.upload import UploadLine, UploadRepair
from tests.factories import add_people
from tests.integration.clerk import HTMX, Page
from tests.integration.way import count, get_upload, list_rows, wages
from tests.integration.workshop import change, counts_of, number, own_file, rows_of

PAGE_BYTES = 9 * 1024
ROW_BYTES = 1228


def test_a_page_of_repairs_is_saved_by_a_plain_form_and_shown_once_more(wang, started, look):
    page = look(started, own_file(started, "61000", "5千", "六万", "-5", "64000"))
    assert counts_of(page) == [2, 0, 0, 3, 5]
    page = wang.press("保存本页修正", w3="60500", w4="七万")
    # The rows that were on the page are still there, each with what became of it.
    assert [row.split()[0] for row in rows_of(page)] == ["3", "4", "5"]
    assert "已修正" in rows_of(page)[0] and "带有单位字" in rows_of(page)[1] and "负数" in rows_of(page)[2]
    assert page.value("w4") == "七万"
    assert "改过的行里还有 1 行不能写入" in page.alert
    assert counts_of(page) == [3, 0, 0, 2, 5]
    assert count(UploadRepair) == 2, "the row that nobody touched was not sent as a repair"
    # Asked for once more, the list is that of the lines still to be mended.
    assert [row.split()[0] for row in rows_of(wang.get(page.path))] == ["4", "5"]


def test_a_row_that_is_saved_unchanged_is_no_repair(wang, started, look):
    look(started, own_file(started, "5千"))
    wang.press("保存本页修正")
    assert count(UploadRepair) == 0


def test_what_was_typed_comes_back_as_it_was_typed_and_never_as_markup(wang, started, look):
    look(started, own_file(started, "5千"))
    page = wang.press("保存本页修正", w2='"><b>:1:五千')
    assert page.value("w2") == '"><b>:1:五千'
    assert "<b>:1" not in page.text
    wang.press("保存本页修正", w2="5000")
    assert get_upload(number(page)).refused == 0


def test_a_proposal_is_taken_with_one_press_and_taken_back_with_another(wang, started, look):
    page = look(started, own_file(started, "5千", "6千"))
    page = wang.press("用建议 5000.00", w3="61000")
    assert counts_of(page)[3] == 0, "what was typed beside it is saved too"
    with reading() as session:
        found = session.scalars(select(UploadLine).order_by(UploadLine.line_no)).all()
    assert [line.wage_fen for line in found] == [500_000, 6_100_000]
    page = wang.press("还原")
    assert counts_of(page)[3] == 1


def test_a_line_left_out_is_settled_and_can_be_taken_in_again(wang, started, look, run_jobs):
    page = look(started, own_file(started, "61000", "5千"))
    page = wang.press("保存本页修正", s3="1")
    assert counts_of(page) == [1, 0, 0, 1, 2], "it stays among the refused"
    assert "将写入 1 人的工资" in page.words
    assert [row.split()[0] for row in rows_of(wang.get(f"{page.path}?show=skipped"))] == ["3"]
    page = wang.press("保存本页修正", s3=None)
    assert "还有 1 行被拒绝" in page.words
    wang.press("保存本页修正", s3="1")
    wang.get(page.path)
    page = wang.press("确认写入")
    run_jobs()
    assert wages(started) == [6_100_000, None, None, None, None]


def test_htmx_sends_one_row_and_gets_it_back_with_the_counts_and_the_dock(wang, started, look):
    look(started, own_file(started, "61000", "5千", "六万"))
    answer = change(wang, "w3", "60500")
    assert answer.status == 200
    assert answer.one("//tr").get("id") == "u3" and "已修正" in answer.words
    assert [int(one.text) for one in answer.all("//*[@id='upload-counts'][@hx-swap-oob]//b")] == [
        2,
        0,
        0,
        1,
        3,
    ]
    assert "还有 1 行被拒绝" in answer.one("//*[@id='upload-dock'][@hx-swap-oob]").text_content()
    assert len(gzip.compress(answer.body)) <= ROW_BYTES
    answer = change(wang, "w4", "七万")
    field = answer.one("//input[@name='w4']")
    assert field.get("aria-invalid") == "true"
    assert "带有单位字" in answer.one(f"//*[@id='{field.get('aria-describedby')}']").text_content()
    answer = change(wang, "s4", "1")
    assert "本行不导入" in answer.words and answer.all("//button[@id='do-apply'][not(@disabled)]")


def test_htmx_presses_the_buttons_of_a_row(wang, started, look):
    page = look(started, own_file(started, "61000.004"))
    answer = change(wang, "f2")
    assert "已修正" in answer.words and answer.all("//button[@name='r2']")
    wang.get(f"{page.path}?show=accepted")
    wang.get(page.path)
    assert get_upload(number(page)).accepted == 1


def test_a_line_that_waited_for_another_is_drawn_with_it(wang, started, look):
    row = list_rows(started)[0]
    page = look(started, f"个人编号\t现工资\r\n{row.person_no}\t5千\r\n{row.person_no}\t62000".encode())
    assert "与第 2 行是同一个人" in rows_of(page)[1]
    answer = change(wang, "s2", "1")
    assert answer.all("//tr/@id") == ["u2", "u3"]
    assert answer.one("//tr[@hx-swap-oob]").get("id") == "u3"
    assert get_upload(number(page)).accepted == 1


def test_a_row_of_htmx_without_its_line_is_refused_beside_the_page(wang, started, look):
    page = look(started, own_file(started, "5千"))
    token = page.one("//form[@id='fix']/input[@name='csrf_token']").get("value")
    for name, data in (("w2", {}), ("", {"o2": ":::x"}), ("w3", {"o2": ":::x"}), ("w9", {"o9": ":::x"})):
        answer = Page(
            wang.http.post(
                f"{page.path}/lines",
                data={"csrf_token": token, "w2": "1", **data},
                headers={**HTMX, "HX-Trigger-Name": name},
            )
        )
        assert answer.status == 422 and answer.headers["HX-Retarget"] == "#refusal", name
    for seen in ("", "x", "0:0:1", "abc:0:0:1", "²:0:0:1"):
        answer = wang.post(f"{page.path}/lines", {"w2": "1", "o2": seen})
        assert answer.status == 422, seen
    assert count(UploadRepair) == 0


def test_who_is_meant_is_chosen_from_the_people_it_may_be(wang, way, world, started, look):
    first, second = list_rows(started)[:2]
    with transaction() as session:
        session.get_one(WageRow, second.id).name = first.name
    page = look(started, f"姓名\t现工资\r\n{first.name}\t5千".encode())
    options = page.all("//select[@name='p2']/option")
    assert [one.get("value") for one in options] == ["", str(first.id), str(second.id)]
    assert second.id_number not in page.text
    page = wang.press("保存本页修正", p2=str(second.id))
    assert "带有单位字" in rows_of(page)[0], "the person is settled, the wage is not"
    page = wang.press("用建议 5000.00")
    assert counts_of(page) == [0, 0, 1, 0, 1]
    with reading() as session:
        line = session.scalars(select(UploadLine)).one()
    assert (line.wage_row_id, line.wage_fen) == (second.id, 500_000)


def test_fifty_lines_a_page_with_the_way_on_and_back(app, way, world, wang):
    add_people(world.ours.id, 120)
    declaration_id = way.started()
    upload_id = way.upload(declaration_id, own_file(declaration_id, *["5千"] * 110))
    page = wang.get(f"/wages/uploads/{upload_id}")
    seen = []
    for _ in range(3):
        seen.append([int(row.split()[0]) for row in rows_of(page)])
        if onward := page.all("//a[@rel='next']/@href"):
            page = wang.get(onward[0])
    assert [len(lines) for lines in seen] == [50, 50, 10]
    assert [line for lines in seen for line in lines] == list(range(2, 112))
    page = wang.get(page.one("//a[@rel='prev']").get("href"))
    assert [int(row.split()[0]) for row in rows_of(page)] == seen[1]
    page = wang.press("保存本页修正", w60="61000")
    assert [int(row.split()[0]) for row in rows_of(page)] == seen[1], "the same page again"
    page = wang.get(page.one("//a[@rel='next']").get("href"))
    assert [int(row.split()[0]) for row in rows_of(page)] == seen[2]


def test_a_page_of_fifty_bad_rows_is_small(wang, way, world):
    add_people(world.ours.id, 50)
    declaration_id = way.started()
    wrong = ["5千", "1.234", "-5", "六万", "7,86,5", "=A1*2"]
    upload_id = way.upload(declaration_id, own_file(declaration_id, *(wrong[n % 6] for n in range(50))))
    page = wang.get(f"/wages/uploads/{upload_id}")
    assert len(rows_of(page)) == 50
    size = len(gzip.compress(page.body))
    assert size <= PAGE_BYTES, size
    assets = page.all("//script/@src|//link[@rel='stylesheet']/@href")
    assert size + sum(len(gzip.compress(wang.http.get(one).data)) for one in assets) <= 45 * 1024


# Kinds ---------------------------------------------------------------------------------------------


def test_all_lines_of_a_kind_are_mended_left_out_and_taken_back(wang, way, world):
    add_people(world.ours.id, 20)
    declaration_id = way.started()
    upload_id = way.upload(declaration_id, own_file(declaration_id, *["5千"] * 12, *["1.234"] * 3, "61000"))
    page = wang.get(f"/wages/uploads/{upload_id}")
    page = wang.press("按建议改好 3 行")
    assert "超过两位小数：按建议改好了 3 行" in page.words
    assert get_upload(upload_id).unsettled == 12
    page = wang.press("这 12 行都不导入")
    assert "12 行都不导入吗" in page.alert, "many lines are left out only after a second look"
    assert get_upload(upload_id).skipped == 0
    page = wang.press("是，这 12 行都不导入")
    assert get_upload(upload_id).skipped == 12 and "将写入" in page.words
    page = wang.press("还原")
    assert get_upload(upload_id).skipped == 0


def test_a_kind_is_looked_at_alone_and_what_was_typed_is_saved_with_it(wang, started, look):
    page = look(started, own_file(started, "5千", "6千", "-5", "1.234"))
    page = wang.get(page.one("//*[@id='upload-kinds']//a[contains(., '负数')]").get("href"))
    assert [row.split()[0] for row in rows_of(page)] == ["4"]
    page = wang.press("按建议改好 2 行", w4="62000")
    assert get_upload(number(page)).refused == 1
    assert count(UploadRepair) == 3


def test_a_kind_that_is_gone_is_said(wang, started, look):
    page = look(started, own_file(started, "5千"))
    page = wang.post(f"{page.path}/kinds", {"do": "fix wage.decimals"})
    assert "现在没有了" in page.words
    answer = wang.post(f"{page.path}/kinds", {"do": "burn wage.unit_word"})
    assert answer.status == 422


def test_every_finding_has_a_name_of_its_own():
    from blueprints.shared.sentences import SENTENCES
    from blueprints.wages.mending import kind_word

    codes = [code for code in SENTENCES if code.startswith(("line.", "wage."))]
    assert len(codes) > 20
    assert [code for code in codes if kind_word(code) == "其他"] == []
    assert len({kind_word(code) for code in codes}) == len(codes)
