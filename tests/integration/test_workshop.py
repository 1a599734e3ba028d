"""检查结果 on the screen, as plain forms and as HTMX: repairs, kinds, lists, columns, merge or replace, undo."""

from __future__ import annotations

import gzip
from typing import Any

import openpyxl
import pytest
from lxml.html import HtmlElement
from sqlalchemy import select

from models.db import reading, transaction
from models.declaration import WageRow
from models.upload import UploadLine, UploadRepair
from tests.factories import add_people
from tests.integration.clerk import HTMX, Clerk, Page, filled
from tests.integration.way import audited, check_counts, count, get_upload, list_rows, wages

BIG = 9 * 1024
ROW = 1228


def own_file(declaration_id: int, *wages_: str, heading: str = "现工资") -> bytes:
    """A list of the unit's own, without our head: 个人编号, 姓名 and a wage for each of the first people."""
    rows = zip(list_rows(declaration_id), wages_, strict=False)
    lines = [f"个人编号\t姓名\t{heading}", *(f"{row.person_no}\t{row.name}\t{wage}" for row, wage in rows)]
    return "\r\n".join(lines).encode()


def rows_of(page: Page) -> list[str]:
    """The rows of the table to mend, each as its words."""
    return [words_of(row) for row in page.all("//tbody[@id='rows']/tr")]


def words_of(row: HtmlElement) -> str:
    return " ".join(" ".join(cell.text_content().split()) for cell in row.xpath("./*"))


def counts_of(page: Page) -> list[int]:
    return [int(one.text) for one in page.all("//*[@id='upload-counts']//b")]


def change(clerk: Clerk, name: str, value: str | None = None) -> Page:
    """Change one field of a row, or press one of its buttons, as grid.js and HTMX send it."""
    field = clerk.page.one(f"//tbody[@id='rows']//*[@name='{name}']")
    row = next(field.iterancestors("tr"))
    token = clerk.page.one("//form[@id='fix']/input[@name='csrf_token']").get("value")
    data: dict[str, Any] = {"csrf_token": token, **dict(filled(row, {}))}
    if field.tag == "button" or value is not None:
        data[name] = value or "1"
    else:
        data.pop(name, None)
    headers = {**HTMX, "HX-Trigger-Name": name, "HX-Trigger": name}
    return Page(clerk.http.post(field.get("hx-post"), data=data, headers=headers))


@pytest.fixture
def started(way) -> int:
    return way.started()


@pytest.fixture
def look(wang, way):
    """Send a file and open its result."""

    def send(declaration_id: int, data: bytes, name: str = "工资.txt") -> Page:
        upload_id = way.upload(declaration_id, data, name)
        return wang.get(f"/wages/uploads/{upload_id}")

    return send


# Repairs -------------------------------------------------------------------------------------------


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


def number(page: Page) -> int:
    return int(page.path.split("/")[3])


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
    assert len(gzip.compress(answer.body)) <= ROW
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


# What it would change ------------------------------------------------------------------------------


def test_every_count_leads_to_its_lines(wang, way, look):
    started = way.entered("60000", "61000", "62000")
    rows = list_rows(started)
    data = (
        own_file(started, "60000", "", "5千", "0.5").decode() + f"\r\n{rows[4].person_no}\t{rows[4].name}\t0"
    )
    page = look(started, data.encode())
    assert counts_of(page) == [0, 2, 2, 1, 5]
    facts = " ".join(page.one("//dl[contains(@class, 'facts')][contains(., '空着')]").text_content().split())
    for words in ("现工资空着的 1 人", "填 0 的 1 人", "不到 1 元的 1 人", "文件里没有的 0 人"):
        assert words.replace(" ", "") in facts.replace(" ", "")
    found = {}
    for show in ("accepted", "unchanged", "added", "changed", "blank", "zero", "under_one"):
        listed = wang.get(f"{page.path}?show={show}")
        found[show] = [words_of(row).split()[0] for row in listed.all("//section[@id='list']//tbody/tr")]
    assert found == {
        "accepted": [],
        "unchanged": ["2", "3"],
        "added": ["5", "6"],
        "changed": [],
        "blank": ["3"],
        "zero": ["6"],
        "under_one": ["5"],
    }
    assert [row.split()[0] for row in rows_of(wang.get(f"{page.path}?show=warned"))] == ["5", "6"]
    assert [row.split()[0] for row in rows_of(wang.get(f"{page.path}?show=refused"))] == ["4"]
    assert wang.get(f"{page.path}?show=nonsense").status == 200


def test_people_whom_the_file_does_not_have_are_listed(wang, way, look):
    started = way.entered()
    page = look(started, own_file(started, "61000"))
    names = [row.name for row in list_rows(started)[1:]]
    for show in ("missing", "clears"):
        listed = wang.get(f"{page.path}?show={show}")
        assert [one.text_content() for one in listed.all("//section[@id='list']//tbody//th")] == names


def test_the_difference_is_fetched_again_after_a_repair(wang, started, look):
    page = look(started, own_file(started, "61000", "5千"))
    change(wang, "w3", "62000")
    fresh = wang.htmx(page.one("//*[@id='upload-change']").get("hx-get") + "&mode=replace")
    assert "2 人 新填" in fresh.words
    assert fresh.one("//input[@name='mode'][@value='replace']").get("checked") is not None
    assert {"upload-filter", "upload-kinds", "upload-counts", "upload-dock"} == set(
        fresh.all("//*[@hx-swap-oob]/@id")
    )
    assert "写入后会变什么" in wang.get(f"{page.path}/difference").words


def test_replace_empties_the_others_only_when_told_how_many(wang, way, look, run_jobs):
    started = way.entered()
    page = look(started, own_file(started, "61000", "62000"))
    assert page.one("//input[@name='mode'][@checked]").get("value") == "merge"
    page = wang.press("确认写入", mode="replace")
    assert page.status == 422 and "清空 3 人" in page.alert
    assert page.one("//input[@name='mode'][@checked]").get("value") == "replace"
    way.type_wage(started, 5, "", by="li")
    page = wang.press("确认写入", mode="replace", cleared="3")
    assert page.status == 422 and "清空 2 人" in page.alert
    page = wang.press("确认写入", mode="replace", cleared="2")
    run_jobs()
    page = wang.get(page.path)
    assert wages(started) == [6_100_000, 6_200_000, None, None, None]
    assert "已写入 2 人的工资：新填 0 人，修改 2 人。清空 2 人。" in page.words
    check_counts(started)
    # The next file is offered the way that was taken last.
    page = look(started, own_file(started, "63000"))
    assert page.one("//input[@name='mode'][@checked]").get("value") == "replace"


def test_what_was_typed_but_not_saved_is_saved_before_it_is_written(wang, started, look, run_jobs):
    page = look(started, own_file(started, "61000", "200000"))
    page = wang.press("确认写入", w3="62000")
    assert "先保存了本页的 1 处修正" in page.words
    assert get_upload(number(page)).state == "checked"
    wang.press("确认写入")
    run_jobs()
    assert wages(started)[:2] == [6_100_000, 6_200_000]


def test_a_written_file_is_taken_back_and_checked_again(wang, way, look, run_jobs):
    started = way.entered("60000")
    page = look(started, own_file(started, "61000", "62000"))
    wang.press("确认写入")
    run_jobs()
    page = wang.get(page.path)
    assert "点“申报”之前都可以撤销" in page.words
    way.type_wage(started, 2, "70000", by="li")
    page = wang.press("撤销这次写入")
    assert "正在撤销" in page.words
    run_jobs()
    page = wang.get(page.path)
    assert wages(started)[:2] == [6_000_000, 7_000_000]
    assert "已撤销：1 人的工资回到了写入之前" in page.words and "另有 1 人在写入之后又改过" in page.words
    wang.press("重新检查这个文件")
    run_jobs()
    assert counts_of(wang.get(page.path)) == [2, 0, 0, 0, 2]
    assert len(audited("upload_undone")) == 1


def test_a_file_given_up_can_be_had_again_without_sending_it(wang, started, look, run_jobs):
    page = look(started, own_file(started, "61000"))
    wang.press("放弃此文件")
    page = wang.get(page.path)
    assert "不用再上传" in page.words
    wang.press("重新检查")
    run_jobs()
    assert counts_of(wang.get(page.path)) == [1, 0, 0, 0, 1]


def test_after_submission_nothing_of_it_can_be_changed(wang, way):
    declaration_id = way.started()
    upload_id = way.upload(declaration_id, own_file(declaration_id, *["60000"] * 5))
    way.apply(upload_id)
    way.stated(declaration_id)
    way.confirm(declaration_id)
    way.backed_up(declaration_id)
    way.submit(declaration_id)
    page = wang.get(f"/wages/uploads/{upload_id}")
    assert "已经申报，不能再撤销" in page.words and not page.all("//main//form")
    assert wang.post(page.path, {"do": "undo"}).status == 422
    assert wages(declaration_id) == [6_000_000] * 5
    for address in (f"/wages/{declaration_id}/uploads", f"{page.path}/columns"):
        assert wang.get(address).status == 200


def test_the_result_is_taken_away_as_a_workbook(wang, started, look, tmp_path):
    page = look(started, own_file(started, "61000", "5千"))
    answer = wang.http.get(page.one("//a[contains(., '下载结果')]").get("href"))
    target = tmp_path / "result.xlsx"
    target.write_bytes(answer.data)
    sheet = openpyxl.load_workbook(target).worksheets[0]
    texts = [str(cell.value) for row in sheet.iter_rows() for cell in row if cell.value is not None]
    assert "5千" in texts and any("带有单位字" in text for text in texts)


# Columns -------------------------------------------------------------------------------------------


def test_the_columns_are_asked_once_and_remembered(wang, way, started, look, run_jobs):
    data = own_file(started, "5000", "5100", heading="应发合计")
    page = look(started, data)
    assert page.path.endswith("/columns"), "the result leads to what it waits for"
    assert page.one("//select[@name='c0']/option[@selected]").get("value") == "person_no"
    assert "以后本单位上传同样表头的文件，都这样读" in page.words
    page = wang.press("就这样读，检查文件", c1="name", c2="wage", times="12")
    run_jobs()
    page = wang.get(page.path)
    assert counts_of(page)[4] == 2 and "文件里的工资都乘了 12" in page.words
    wang.press("确认写入")
    run_jobs()
    assert wages(started)[:2] == [6_000_000, 6_120_000]
    page = look(started, own_file(started, "5000", "5200", heading="应发合计"))
    assert not page.path.endswith("/columns") and counts_of(page) == [1, 1, 0, 0, 2]


def test_what_is_wrong_with_the_columns_is_said_and_the_choice_is_kept(wang, started, look):
    page = look(started, own_file(started, "5000", "5100", heading="应发合计"))
    for choice, said in (
        ({"c0": "person_no", "c1": "", "c2": ""}, "现工资"),
        ({"c0": "", "c1": "", "c2": "wage"}, "姓名"),
        ({"c0": "name", "c1": "name", "c2": "wage"}, "A 列和 B 列都选了“姓名”"),
    ):
        page = wang.press("就这样读，检查文件", **choice, times="12", heading="1")
        assert page.status == 422 and said in page.alert, choice
        chosen = {one.get("name"): one.xpath("./option[@selected]/@value") for one in page.all("//select")}
        assert {name: (values or [""])[0] for name, values in chosen.items()} == choice
        assert page.one("//input[@name='times'][@checked]").get("value") == "12"
    assert get_upload(number(page)).state == "asking"


def test_columns_found_by_themselves_can_be_corrected(wang, way, started, look, run_jobs):
    rows = list_rows(started)
    lines = [
        "个人编号\t姓名\t现工资\t备注",
        *(f"{row.person_no}\t{row.name}\t5000\t61000" for row in rows[:2]),
    ]
    page = look(started, "\r\n".join(lines).encode())
    page = wang.get(page.one("//a[contains(., '列对错了')]").get("href"))
    assert page.one("//select[@name='c2']/option[@selected]").get("value") == "wage"
    page = wang.press("就这样读，检查文件", c2="", c3="wage")
    run_jobs()
    page = wang.get(page.path)
    assert counts_of(page) == [2, 0, 0, 0, 2]
    wang.press("确认写入")
    run_jobs()
    assert wages(started)[:2] == [6_100_000, 6_100_000]


def test_a_workbook_of_several_sheets_asks_which(wang, started, look, run_jobs, tmp_path):
    book = openpyxl.Workbook()
    rows = list_rows(started)
    for sheet, wage in ((book.active, 5000), (book.create_sheet("七月"), 61000)):
        sheet.append(["个人编号", "姓名", "现工资"])
        for row in rows:
            sheet.append([row.person_no, row.name, wage])
    book.worksheets[0].title = "六月"
    book.save(tmp_path / "工资.xlsx")
    page = look(started, (tmp_path / "工资.xlsx").read_bytes(), "工资.xlsx")
    assert [one.text for one in page.all("//nav[@aria-labelledby='sh']/a")] == ["六月", "七月"]
    page = wang.get(page.one("//nav[@aria-labelledby='sh']/a[.='七月']").get("href"))
    page = wang.press("就这样读，检查文件", c0="person_no", c1="name", c2="wage")
    run_jobs()
    assert counts_of(wang.get(page.path)) == [5, 0, 0, 0, 5]


@pytest.mark.parametrize(
    "form", [{"sheet": "7"}, {"heading": "-1"}, {"times": "7"}, {"times": "x"}, {"sheet": ""}]
)
def test_a_bent_answer_about_columns_is_refused(wang, started, look, form):
    page = look(started, own_file(started, "5000", heading="应发合计"))
    good = {"sheet": "0", "heading": "1", "times": "1", "c0": "person_no", "c2": "wage"}
    assert wang.post(page.path, good | form).status == 422
    assert get_upload(number(page)).state == "asking"


# Sending -------------------------------------------------------------------------------------------


def test_the_sending_script_is_told_where_to_go_or_why_not(wang, started):
    page = wang.get(f"/wages/{started}/uploads")
    token = page.one("//form[contains(@class, 'send')]/input[@name='csrf_token']").get("value")

    def send(data: bytes) -> Page:
        import io

        form = {"csrf_token": token, "file": (io.BytesIO(data), "工资.txt")}
        return Page(wang.http.post(page.path, data=form, headers=HTMX))

    answer = send(own_file(started, "61000"))
    assert answer.status == 204 and answer.headers["HX-Redirect"].startswith("/wages/uploads/")
    answer = send(b"")
    assert answer.status == 422 and "没有选择文件" in answer.alert and not answer.is_document


def test_an_empty_backup_is_refused_on_its_own_page(wang, way):
    declaration_id = way.ready()
    wang.get(f"/wages/{declaration_id}/backup")
    page = wang.press("恢复", file=("", b""))
    assert page.path == f"/wages/{declaration_id}/backup" and "没有选择文件" in page.alert


def test_each_file_sent_says_how_it_stands_and_what_to_do(wang, way, started):
    asking = way.upload(started, own_file(started, "1", heading="应发合计"))
    open_ = way.upload(started, own_file(started, "5千"))
    refused = way.upload(started, b"Rar!\x1a\x07\x00 nothing")
    good = way.upload(started, own_file(started, "61000"))
    way.apply(way.upload(started, own_file(started, "62000")))
    page = wang.get(f"/wages/{started}/uploads")
    files = page.all("//table[contains(@class, 'jobs')]//tbody/tr")
    assert [[cell.text_content().strip() for cell in row.xpath("./td")[1:]] for row in files] == [
        ["已写入", "看结果，或撤销"],
        ["检查完毕，可以写入", "核对并写入"],
        ["没有通过检查", "看原因和办法"],
        ["检查完毕，1 行要修正", "去修正"],
        ["要您说明各列是什么", "去说明各列"],
    ]
    links = page.all("//table[contains(@class, 'jobs')]//a/@href")
    assert [int(link.rsplit("/", 1)[1]) for link in links][1:] == [good, refused, open_, asking]


@pytest.mark.parametrize("kind", ["zip", "zip-utf8", "xlsx", "xlsx-blank", "csv"])
def test_every_kind_of_file_is_offered(wang, started, kind):
    page = wang.get(f"/wages/{started}/uploads")
    link = page.one(
        f"//a[contains(@href, '/download/{kind}')][substring-after(@href, '/download/')='{kind}']"
    )
    assert wang.http.get(link.get("href")).status_code == 200


# Bytes ---------------------------------------------------------------------------------------------


def test_a_page_of_fifty_bad_rows_is_small(wang, way, world):
    add_people(world.ours.id, 50)
    declaration_id = way.started()
    wrong = ["5千", "1.234", "-5", "六万", "7,86,5", "=A1*2"]
    upload_id = way.upload(declaration_id, own_file(declaration_id, *(wrong[n % 6] for n in range(50))))
    page = wang.get(f"/wages/uploads/{upload_id}")
    assert len(rows_of(page)) == 50
    size = len(gzip.compress(page.body))
    assert size <= BIG, size
    assets = page.all("//script/@src|//link[@rel='stylesheet']/@href")
    assert size + sum(len(gzip.compress(wang.http.get(one).data)) for one in assets) <= 45 * 1024


def test_another_units_workshop_is_not_found(wang, sign_in, way):
    theirs = way.started(by="zhao")
    upload_id = way.upload(theirs, own_file(theirs, "5千"), by="zhao")
    for address in ("", "/columns", "/result.xlsx"):
        assert wang.get(f"/wages/uploads/{upload_id}{address}").status == 404
    assert wang.htmx(f"/wages/uploads/{upload_id}/difference").status == 404
    for address in ("", "/lines", "/kinds", "/columns"):
        assert wang.post(f"/wages/uploads/{upload_id}{address}", {"do": "discard", "o2": ":::"}).status == 404
    assert get_upload(upload_id).state == "checked"
