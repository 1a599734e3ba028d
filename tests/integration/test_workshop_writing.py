"""What a staged file would change, shown in lists, written by merging or replacing, and taken back."""

from __future__ import annotations

import openpyxl

from tests.integration.way import audited, check_counts, get_upload, list_rows, wages
from tests.integration.workshop import change, counts_of, number, own_file, rows_of, words_of


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
