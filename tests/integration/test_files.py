"""下载 and 上传: staged, checked whole, written all or nothing; each line that will not do says where and why."""

from __future__ import annotations

import io
import zipfile
from datetime import timedelta

import openpyxl
import pytest

from models.upload import Upload, UploadLine
from tests.factories import add_people, leave
from tests.integration.way import audited, check_counts, count, get_upload, list_rows, tally, wages

HEADS = ("zip", "zip-utf8", "xlsx")


def downloaded(clerk, declaration_id: int, kind: str = "zip") -> bytes:
    page = clerk.http.get(f"/wages/{declaration_id}/download/{kind}")
    assert page.status_code == 200
    return page.data


def text_of(data: bytes) -> list[str]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        (name,) = archive.namelist()
        raw = archive.read(name)
    return raw.decode("utf-8-sig" if raw[:3] == b"\xef\xbb\xbf" else "gb18030").split("\r\n")


def typed(data: bytes, *wages_: str) -> bytes:
    """The text file with wages in the last column of the first lines, as an editor leaves it."""
    lines = text_of(data)
    for place, wage in enumerate(wages_, start=2):
        lines[place] = lines[place].rsplit("\t", 1)[0] + "\t" + wage
    return "\r\n".join(lines).encode("gb18030")


def filled_sheet(data: bytes, *wages_: str) -> bytes:
    book = openpyxl.load_workbook(io.BytesIO(data))
    sheet = book.worksheets[0]
    head = next(row for row in sheet.iter_rows() if row[0].value == "序号")
    column = next(cell.column for cell in head if cell.value == "现工资")
    for place, wage in enumerate(wages_, start=head[0].row + 1):
        sheet.cell(place, column).value = float(wage)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def sent(clerk, run_jobs, declaration_id: int, data: bytes, name: str = "工资.txt"):
    """Upload through the form, have it checked, and look at the result."""
    clerk.get(f"/wages/{declaration_id}/uploads")
    page = clerk.press("上传并检查", file=(name, data))
    run_jobs()
    return clerk.get(page.path)


def number_of(page) -> int:
    """The number of the upload whose page this is."""
    return int(page.path.split("/")[3])


def outcomes(page) -> list[int]:
    return [int(one.text) for one in page.all("//*[contains(@class, 'count')]//b")]


@pytest.mark.parametrize("kind", HEADS)
def test_a_downloaded_file_comes_back_unchanged(wang, way, run_jobs, kind):
    declaration_id = way.entered("60000", "0.5", "9999999.99")
    data = downloaded(wang, declaration_id, kind)
    page = sent(wang, run_jobs, declaration_id, data, f"工资.{kind[:4].removesuffix('-')}")
    assert outcomes(page) == [0, 5, 0, 0, 5], page.words
    assert "没有要写入的" in page.words


def test_a_filled_text_file_is_checked_and_then_written(wang, way, run_jobs):
    declaration_id = way.entered("60000")
    data = typed(downloaded(wang, declaration_id), "60000.00", "62000", "200000", "0.50")
    page = sent(wang, run_jobs, declaration_id, data)
    assert outcomes(page) == [1, 2, 2, 0, 5], page.words
    assert wages(declaration_id) == [6_000_000, None, None, None, None], "the check writes nothing"
    page = wang.press("确认写入")
    assert "正在写入" in page.words
    run_jobs()
    page = wang.get(page.path)
    assert "已写入 3 人的工资" in page.words and not page.alert
    assert wages(declaration_id) == [6_000_000, 6_200_000, 20_000_000, 50, None]
    check_counts(declaration_id)
    (event,) = audited("upload_applied")
    assert (event.actor_name, event.after["accepted"], event.after["warned"]) == ("王经办", 1, 2)


def test_a_filled_workbook_is_written(wang, way, run_jobs):
    declaration_id = way.started()
    data = filled_sheet(downloaded(wang, declaration_id, "xlsx"), "60000", "61000.5")
    page = sent(wang, run_jobs, declaration_id, data, "工资.xlsx")
    assert outcomes(page) == [2, 3, 0, 0, 5], page.words
    wang.press("确认写入")
    run_jobs()
    assert wages(declaration_id) == [6_000_000, 6_100_050, None, None, None]


def test_names_outside_gbk_survive_the_way_there_and_back(wang, way, world, run_jobs):
    add_people(world.ours.id, 12)
    declaration_id = way.started()
    names = [row.name for row in list_rows(declaration_id)]
    assert "䶮𬭎" in names
    assert [line.split("\t")[2] for line in text_of(downloaded(wang, declaration_id))[2:-1]] == names


def test_the_file_masks_identity_numbers(wang, way):
    declaration_id = way.started()
    lines = "\n".join(text_of(downloaded(wang, declaration_id)))
    assert not [row.id_number for row in list_rows(declaration_id) if row.id_number in lines]


def test_each_refused_line_names_line_column_value_and_reason_and_nothing_is_written(wang, way, run_jobs):
    declaration_id = way.entered("60000")
    before = wages(declaration_id), tally(declaration_id).revision
    data = typed(downloaded(wang, declaration_id), "60000.00", "六万", "1.234", "-5", "63000")
    page = sent(wang, run_jobs, declaration_id, data)
    assert outcomes(page) == [1, 1, 0, 3, 5], page.words
    told = [
        [" ".join(cell.text_content().split()) for cell in row.xpath("./*")]
        for row in page.all("//tbody[@id='rows']/tr")
    ]
    assert [(row[0], row[2], row[3]) for row in told] == [
        ("4", "现工资", "六万"),
        ("5", "现工资", "1.234"),
        ("6", "现工资", "-5"),
    ]
    assert "单位字" in told[0][4] and "两位小数" in told[1][4] and "负数" in told[2][4]
    people = list_rows(declaration_id)[1:4]
    assert [row[1] for row in told] == [f"{one.name} {one.person_no}" for one in people]
    assert "disabled" in page.one("//button[@value='apply']").attrib
    refused = wang.post(page.path, {"do": "apply"})
    assert refused.status == 422 and "3 行被拒绝" in refused.alert
    run_jobs()
    assert (wages(declaration_id), tally(declaration_id).revision) == before


def test_an_unknown_person_and_a_person_twice_are_refused(wang, way, run_jobs):
    declaration_id = way.started()
    lines = text_of(downloaded(wang, declaration_id))
    cells = lines[2].split("\t")
    stranger = "\t".join([cells[0], "9999999999", "外来人", "", cells[4], "5000"])
    data = "\r\n".join([*lines[:-1], stranger, lines[3], ""]).encode("gb18030")
    page = sent(wang, run_jobs, declaration_id, data)
    assert "没有这个人" in page.words and "与第 4 行是同一个人" in page.words
    assert get_upload(number_of(page)).refused == 2


def test_a_wage_pasted_into_the_former_wage_is_refused(wang, way, run_jobs):
    declaration_id = way.started()
    lines = text_of(downloaded(wang, declaration_id))
    cells = lines[2].split("\t")
    lines[2] = "\t".join([*cells[:4], "65000.00", ""])
    page = sent(wang, run_jobs, declaration_id, "\r\n".join(lines).encode("gb18030"))
    assert "原工资又与系统中的 60000.00 不同" in page.words
    page = wang.press("用建议 65000.00")
    assert get_upload(number_of(page)).refused == 0
    assert page.value("w3") == "65000.00"


def test_a_file_from_before_a_refresh_is_held_against_the_present_list(wang, way, world, run_jobs):
    declaration_id = way.started()
    data = typed(downloaded(wang, declaration_id), "60000")
    add_people(world.ours.id, 1)
    wang.get(f"/wages/{declaration_id}/rows")
    wang.press("刷新名单")
    page = sent(wang, run_jobs, declaration_id, data)
    assert "文件是刷新名单之前下载的，已按现在的名单逐行核对" in page.words
    assert "文件里没有的1 人" in page.words
    wang.press("确认写入")
    run_jobs()
    assert wages(declaration_id) == [6_000_000, *[None] * 5]


def test_another_units_file_is_refused_whole(wang, sign_in, way, run_jobs):
    declaration_id = way.started()
    theirs = way.started(by="zhao")
    data = downloaded(sign_in("zhao"), theirs)
    page = sent(wang, run_jobs, declaration_id, data, "工资.zip")
    assert "这是单位 23000099 的文件，本单位编号是 23000072" in page.alert


def test_a_file_of_other_insurances_names_both(wang, way, run_jobs):
    declaration_id = way.started(("310",))
    other = way.started(("410", "510"))
    page = sent(wang, run_jobs, declaration_id, downloaded(wang, other), "工资.zip")
    assert "工伤" in page.alert and "生育" in page.alert


def test_a_file_that_is_none_is_refused_with_its_cause(wang, way, run_jobs):
    declaration_id = way.started()
    page = sent(wang, run_jobs, declaration_id, b"Rar!\x1a\x07\x00 nothing", "工资.zip")
    assert "这是 rar 压缩包" in page.alert


def test_no_file_at_all_is_said_beside_the_form(wang, way):
    declaration_id = way.started()
    wang.get(f"/wages/{declaration_id}/uploads")
    page = wang.press("上传并检查", file=("", b""))
    assert page.status == 422
    assert "没有选择文件" in page.alert
    assert count(Upload) == 0


def test_a_row_saved_between_check_and_write_stops_the_whole_file(wang, way, run_jobs):
    declaration_id = way.started()
    data = typed(downloaded(wang, declaration_id), "60000", "61000", "62000")
    page = sent(wang, run_jobs, declaration_id, data)
    way.type_wage(declaration_id, 2, "77000", by="li")
    wang.press("确认写入")
    run_jobs()
    assert wages(declaration_id) == [None, 7_700_000, None, None, None]
    run_jobs.sweep()
    page = wang.get(page.path)
    assert "又被修改，文件没有写入" in page.alert
    assert outcomes(page) == [3, 2, 0, 0, 5], "checked again against the new wages"
    page = wang.press("确认写入")
    run_jobs()
    assert wages(declaration_id) == [6_000_000, 6_100_000, 6_200_000, None, None]
    page = wang.get(page.path)
    assert "已写入 3 人的工资" in page.words
    assert "文件没有写入" not in page.words, "an old refusal does not outlive the file's success"


def test_a_row_that_left_between_check_and_write_stops_the_whole_file(wang, way, world, run_jobs):
    declaration_id = way.started()
    sent(wang, run_jobs, declaration_id, typed(downloaded(wang, declaration_id), "60000"))
    leave(world.ours.id, world.ours.people[0])
    address = wang.page.path
    wang.get(f"/wages/{declaration_id}/rows")
    wang.press("刷新名单")
    wang.get(address)
    wang.press("确认写入")
    run_jobs()
    assert wages(declaration_id) == [None] * 4


def test_confirming_twice_writes_once(wang, way, run_jobs):
    declaration_id = way.started()
    upload_id = way.upload(declaration_id, typed(downloaded(wang, declaration_id), "60000"))
    revision = tally(declaration_id).revision
    for _ in range(2):
        way.apply(upload_id)
    assert len(audited("upload_applied")) == 1
    assert tally(declaration_id).revision == revision + 1


def test_the_same_file_is_not_checked_twice_while_it_waits(wang, way):
    declaration_id = way.started()
    data = typed(downloaded(wang, declaration_id), "60000")
    assert way.upload(declaration_id, data) == way.upload(declaration_id, data)
    assert count(UploadLine) == 5


def test_the_same_file_sent_again_later_says_that_it_was_written(wang, way, run_jobs):
    declaration_id = way.started()
    data = typed(downloaded(wang, declaration_id), "60000")
    way.apply(way.upload(declaration_id, data))
    page = sent(wang, run_jobs, declaration_id, data)
    assert "已经写入过" in page.words


def test_a_discarded_file_changes_nothing(wang, way, run_jobs):
    declaration_id = way.started()
    sent(wang, run_jobs, declaration_id, typed(downloaded(wang, declaration_id), "60000"))
    page = wang.press("放弃此文件")
    assert "已放弃此文件" in page.words
    assert wages(declaration_id) == [None] * 5
    assert len(audited("upload_discarded")) == 1


def test_a_file_discarded_while_it_is_being_checked_stays_discarded(wang, way, run_jobs, clock):
    declaration_id = way.started()
    data = typed(downloaded(wang, declaration_id), "60000")
    wang.get(f"/wages/{declaration_id}/uploads")
    page = wang.press("上传并检查", file=("工资.txt", data))
    wang.post(page.path, {"do": "discard"})
    run_jobs()
    for _ in range(5):
        clock.now += timedelta(minutes=2)
        run_jobs.sweep()
    assert get_upload(number_of(page)).state == "discarded"


def test_an_upload_after_submission_is_refused(wang, way):
    filing_ids = way.submitted()
    assert filing_ids
    data = downloaded(wang, 1)
    page = wang.post("/wages/1/uploads", {"file": (io.BytesIO(data), "工资.zip")})
    assert page.status == 422
    assert "不能修改" in page.alert


def test_people_missing_from_the_file_keep_their_wage(wang, way, run_jobs):
    declaration_id = way.entered()
    lines = text_of(downloaded(wang, declaration_id))
    del lines[4:6]
    page = sent(wang, run_jobs, declaration_id, "\r\n".join(lines).encode("gb18030"))
    assert "文件里没有的2 人 系统中的工资不变" in page.words
    assert None not in wages(declaration_id)


def test_leading_zeros_lost_in_a_spreadsheet_are_put_back(wang, way, run_jobs):
    declaration_id = way.started()
    lines = text_of(downloaded(wang, declaration_id))
    cells = lines[2].split("\t")
    lines[2] = "\t".join([cells[0], cells[1].lstrip("0"), *cells[2:5], "60000"])
    page = sent(wang, run_jobs, declaration_id, "\r\n".join(lines).encode("gb18030"))
    assert "丢失的前导零 1 处" in page.words
    assert outcomes(page)[0] == 1
