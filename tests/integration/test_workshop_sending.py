"""A file is sent, or refused at once; each one says how it stands, to its own unit only."""

from __future__ import annotations

import io

import pytest

from tests.integration.clerk import HTMX, Page
from tests.integration.way import get_upload
from tests.integration.workshop import own_file


def test_the_sending_script_is_told_where_to_go_or_why_not(wang, started):
    page = wang.get(f"/wages/{started}/uploads")
    token = page.one("//form[contains(@class, 'send')]/input[@name='csrf_token']").get("value")

    def send(data: bytes) -> Page:
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


def test_another_units_workshop_is_not_found(wang, sign_in, way):
    theirs = way.started(by="zhao")
    upload_id = way.upload(theirs, own_file(theirs, "5千"), by="zhao")
    for address in ("", "/columns", "/result.xlsx"):
        assert wang.get(f"/wages/uploads/{upload_id}{address}").status == 404
    assert wang.htmx(f"/wages/uploads/{upload_id}/difference").status == 404
    for address in ("", "/lines", "/kinds", "/columns"):
        assert wang.post(f"/wages/uploads/{upload_id}{address}", {"do": "discard", "o2": ":::"}).status == 404
    assert get_upload(upload_id).state == "checked"
