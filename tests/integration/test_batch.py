"""批量: a file of people becomes one draft; what is wrong in it is mended on the screen and sent together."""

from __future__ import annotations

from io import BytesIO

import pytest
from openpyxl import load_workbook
from sqlalchemy import func, select

from models.db import reading
from models.filing import Filing
from models.filing_parts import FilingLine, list_lines
from models.person import Enrolment, Person
from tests.factories import id_number
from tests.integration.test_person_requests import decide, get_filing, send

HEADINGS = ["姓名", "身份证号", "证件类型", "手机", "用工形式", "月工资", "参保时间", "险种"]
JOIN = "/personnel/join/batch"


def person(number: int, **other: str) -> list[str]:
    """A line of a clerk's own list."""
    line = {
        "name": "新来人",
        "id": id_number(number),
        "kind": "身份证",
        "mobile": "13800000000",
        "employment": "合同制",
        "wage": "6,000.00",
        "from": "2026/6/18",
        "insurances": "医疗、工伤",
    } | other
    return list(line.values())


def table(*rows: list[str]) -> bytes:
    return "\r\n".join("\t".join(row) for row in (HEADINGS, *rows)).encode("gb18030")


def upload(clerk, data: bytes, name: str = "新来的.txt", where: str = JOIN):
    clerk.get(where)
    return clerk.press("上传并检查", file=(name, data))


def lines_of(filing_id: int) -> list[FilingLine]:
    with reading() as session:
        return list_lines(session, filing_id)


def drafts() -> int:
    with reading() as session:
        return session.scalar(select(func.count()).select_from(Filing)) or 0


def test_everybody_of_a_good_file_is_insured_at_once(wang, sign_in, world):
    page = upload(wang, table(*(person(991000 + n) for n in range(12))))
    filing_id = int(page.path.rsplit("/", 1)[1])
    assert "读到 12 行，都没有问题" in page.words
    assert get_filing(filing_id).people == 12
    send(wang, filing_id)
    decide(sign_in("gao"), filing_id, "通过")
    with reading() as session:
        query = select(func.count()).select_from(Enrolment).where(Enrolment.in_filing_id == filing_id)
        assert session.scalar(query) == 24


def test_bad_lines_are_mended_one_after_the_other(wang):
    good = person(992000)
    page = upload(
        wang,
        table(
            good, person(992001, wage="5千"), person(992002, kind="驾照"), person(992003, name="王1"), good
        ),
    )
    filing_id = int(page.path.rsplit("/", 1)[1])
    assert "读到 5 行，其中 4 行要改" in page.words
    assert [line.is_faulty for line in lines_of(filing_id)] == [False, True, True, True, True]
    assert wang.get(f"/filings/{filing_id}/submit").status == 409
    wang.get(f"/filings/{filing_id}/lines/2")
    page = wang.press("保存", wage="5000")
    assert page.path == f"/filings/{filing_id}/lines/3", "on to the next bad line"
    page = wang.press("保存", id_kind="01")
    assert page.path == f"/filings/{filing_id}/lines/4"
    assert page.value("name") == "王1"
    page = wang.press("保存", name="王一")
    assert page.path == f"/filings/{filing_id}/lines/5"
    wang.get(f"/filings/{filing_id}")
    assert "与第 1 行重复" in wang.page.words
    wang.post(f"/filings/{filing_id}/lines/5/drop", {"version": str(get_filing(filing_id).version)})
    assert not any(line.is_faulty for line in lines_of(filing_id))
    assert "等社保局审核" in send(wang, filing_id).words


def test_the_same_file_is_the_same_draft(wang, sign_in):
    data = table(person(993000))
    first = upload(wang, data).path
    second = upload(wang, data, "另一个名字.csv")
    assert second.path == first and "已经上传过" in second.words and drafts() == 1
    assert upload(sign_in("li"), data).path == first, "a colleague finds it, too"
    assert upload(sign_in("zhao"), data).path != first, "another unit does not"
    filing_id = int(first.rsplit("/", 1)[1])
    wang.get(f"{first}/cancel")
    wang.press("作废")
    again = upload(wang, data)
    assert again.path != first and get_filing(filing_id).state == "cancelled"


def test_a_submitted_file_is_not_asked_for_twice(wang):
    data = table(person(993100))
    filing_id = int(upload(wang, data).path.rsplit("/", 1)[1])
    send(wang, filing_id)
    assert upload(wang, data).path == f"/filings/{filing_id}"
    assert drafts() == 1


def test_leaving_by_own_number_or_document(wang, world, sign_in):
    with reading() as session:
        first, second = (session.get_one(Person, one) for one in world.ours.people[:2])
    rows = [
        "个人编号,身份证号,姓名,离职原因,离职时间,停缴年月,险种",
        f"{first.person_no},,{first.name},辞职,2026-06-10,2026-06,医疗 工伤 生育",
        f",{second.id_number},{second.name},退休,2026-06-11,202606,医疗 工伤 生育",
    ]
    page = upload(wang, "\r\n".join(rows).encode(), "离职.csv", "/personnel/leave/batch")
    filing_id = int(page.path.rsplit("/", 1)[1])
    assert [line.problems for line in lines_of(filing_id)] == [[], []]
    assert [line.content["id_number"] for line in lines_of(filing_id)] == [first.id_number, second.id_number]
    assert first.id_number not in page.text
    send(wang, filing_id)
    decide(sign_in("gao"), filing_id, "通过")
    with reading() as session:
        query = select(Enrolment.state).where(Enrolment.out_filing_id == filing_id).order_by(Enrolment.id)
        assert sorted(session.scalars(query)) == ["ended"] * 3 + ["suspended"] * 3


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "请"),
        ("姓名,手机\r\n张三,1".encode(), "证件类型"),
        ("张三,李四\r\n".encode(), "没有找到表头"),
        (b"Rar!\x1a\x07\x00rest", "rar"),
    ],
)
def test_a_file_that_cannot_be_read_is_said_on_its_page(wang, data, words):
    page = upload(wang, data, "名单.csv")
    assert page.status == 422 and words in page.alert, page.alert
    assert drafts() == 0


def test_no_more_lines_than_the_setting(wang, app):
    most = app.config["SETTINGS"].batch_lines
    page = upload(wang, table(*([person(994000)] * (most + 1))))
    assert page.status == 422 and str(most) in page.alert and drafts() == 0


@pytest.mark.parametrize("where", ["join", "leave", "change"])
def test_the_template_is_there_and_comes_back_empty(wang, where):
    assert wang.get(f"/personnel/{where}").one(f"//a[@href='/personnel/{where}/batch']") is not None
    wang.get(f"/personnel/{where}/batch")
    address = wang.page.one("//a[@download]").get("href")
    answer = wang.http.get(address)
    assert answer.data.startswith(b"PK") and "filename" in answer.headers["Content-Disposition"]
    page = upload(wang, answer.data, "模板.xlsx", f"/personnel/{where}/batch")
    assert page.status == 422 and "表头下面没有内容" in page.alert


def test_the_result_colours_bad_cells_and_masks_numbers(wang):
    good, bad = person(995000), person(995001, wage="5千")
    page = upload(wang, table(good, bad))
    wang.get(page.path)
    address = wang.page.one("//a[contains(@href, 'result.xlsx')]").get("href")
    sheet = load_workbook(BytesIO(wang.http.get(address).data)).active
    texts = [[cell.value or "" for cell in row] for row in sheet.iter_rows()]
    place = next(n for n, text in enumerate(texts[0]) if text.startswith("缴费工资"))
    assert texts[2][place] == "5千" and texts[1][place] == "6,000.00"
    assert sheet.cell(3, place + 1).comment is not None and sheet.cell(2, place + 1).comment is None
    assert all(good[1] not in text and bad[1] not in text for row in texts for text in row)
    assert "居民身份证（户口簿）" in texts[1]
