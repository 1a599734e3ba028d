"""备份 covers one revision, says when it does no more, and can be read back; an altered one is refused."""

from __future__ import annotations

import io
import zipfile

import pytest

from models.declaration import Backup
from rules.refusals import Conflict, Refusal
from services.submissions import submit_declaration
from tests.factories import actor
from tests.integration.way import audited, check_counts, count, tally, wages


def file_of(clerk, declaration_id: int) -> bytes:
    page = clerk.get(f"/wages/{declaration_id}/backup")
    return clerk.http.get(page.all("//a[@download]")[0].get("href")).data


def restore(clerk, run_jobs, declaration_id: int, data: bytes):
    clerk.get(f"/wages/{declaration_id}/backup")
    page = clerk.press("恢复", file=("备份.zip", data))
    run_jobs()
    return clerk.get(page.path)


def repacked(data: bytes, **changes: bytes) -> bytes:
    """The same zip with some parts exchanged, named by their ending."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(out, "w") as new:
        for name in old.namelist():
            ending = name.rsplit(".", 1)[0] if name.endswith("json") else "txt"
            new.writestr(name, changes.get(ending, old.read(name)))
    return out.getvalue()


def part(data: bytes, ending: str) -> bytes:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return archive.read(next(name for name in archive.namelist() if name.endswith(ending)))


def test_a_backup_needs_the_statement(wang, way):
    declaration_id = way.entered()
    assert "要先保存说明信息" in wang.get(f"/wages/{declaration_id}/backup").words
    refused = wang.post(f"/wages/{declaration_id}/backup")
    assert refused.status == 422
    assert "还没有保存说明信息" in refused.alert
    assert count(Backup) == 0


def test_a_backup_covers_the_present_data(wang, way):
    declaration_id = way.stated(way.entered())
    wang.get(f"/wages/{declaration_id}/backup")
    page = wang.press("备份")
    assert "当前数据已备份" in page.words
    assert "已备份" in wang.get("/wages/").words
    (event,) = audited("backup_made")
    assert event.after["revision"] == tally(declaration_id).revision


@pytest.mark.parametrize("what", ["wage", "note", "statement"])
def test_any_edit_afterwards_asks_for_a_new_backup_and_blocks_submission(wang, way, what):
    declaration_id = way.ready()
    revision = tally(declaration_id).revision
    if what == "wage":
        way.type_wage(declaration_id, 1, "70000")
    elif what == "note":
        way.type_wage(declaration_id, 1, "90000")
        way.backed_up(declaration_id)
        page = wang.get(f"/wages/{declaration_id}/check")
        wang.press("保存说明", **{page.one("//input[starts-with(@name, 'n')]").get("name"): "晋升"})
    else:
        way.stated(declaration_id, version=1, change_reason="改过")
    assert "需重新备份" in wang.get(f"/wages/{declaration_id}/backup").words
    assert "需重新备份" in wang.get("/wages/").words
    page = wang.get(f"/wages/{declaration_id}/submit")
    assert page.one("//button[normalize-space()='确认申报']").get("disabled") is not None
    with pytest.raises(Refusal) as caught:
        submit_declaration(actor("wang"), declaration_id, tally(declaration_id).revision, way.clock())
    assert caught.value.code == "submit.no_backup"
    if what != "statement":
        with pytest.raises(Conflict):
            submit_declaration(actor("wang"), declaration_id, revision, way.clock())


def test_a_backup_can_be_read_back(wang, way, run_jobs):
    declaration_id = way.ready("60000", "61000", "62000", "0.5", "64000")
    data = file_of(wang, declaration_id)
    before = wages(declaration_id)
    for seq, text in ((1, "99000"), (2, ""), (4, "70000")):
        way.type_wage(declaration_id, seq, text)
    way.stated(declaration_id, version=1, change_reason="改过")
    page = restore(wang, run_jobs, declaration_id, data)
    assert "说明信息将换成备份中的" in page.words
    assert wages(declaration_id) != before
    wang.press("确认恢复")
    run_jobs()
    assert wages(declaration_id) == before
    assert "改过" not in wang.get(f"/wages/{declaration_id}/statement").text
    check_counts(declaration_id)


def test_a_backup_read_back_at_once_changes_nothing(wang, way, run_jobs):
    declaration_id = way.ready()
    page = restore(wang, run_jobs, declaration_id, file_of(wang, declaration_id))
    assert "没有要写入的" in page.words


@pytest.mark.parametrize("kind", ["txt", "statement"])
def test_an_altered_backup_is_refused_and_changes_nothing(wang, way, run_jobs, kind):
    declaration_id = way.ready()
    data = file_of(wang, declaration_id)
    if kind == "txt":
        changed = repacked(data, txt=part(data, ".txt").replace(b"60000.00\r\n", b"99000.00\r\n", 1))
    else:
        changed = repacked(data, statement=part(data, "statement.json").replace(b"31000000", b"32000000"))
    assert changed != repacked(data)
    page = restore(wang, run_jobs, declaration_id, changed)
    assert "可能被改动过，不能恢复" in page.alert
    assert not page.all("//button[@value='apply']")


def test_a_damaged_or_foreign_zip_is_no_backup(wang, way, run_jobs):
    declaration_id = way.ready()
    data = file_of(wang, declaration_id)
    assert "打不开" in restore(wang, run_jobs, declaration_id, data[: len(data) // 2]).alert
    other = io.BytesIO()
    with zipfile.ZipFile(other, "w") as archive:
        archive.writestr("a.txt", "nothing")
    assert "不是网厅的备份" in restore(wang, run_jobs, declaration_id, other.getvalue()).alert


def test_another_units_backup_is_refused(wang, sign_in, way, run_jobs):
    ours, theirs = way.ready(), way.ready(by="zhao")
    page = restore(wang, run_jobs, ours, file_of(sign_in("zhao"), theirs))
    assert "23000099" in page.alert


def test_each_backup_so_far_can_be_downloaded(wang, way, clock):
    declaration_id = way.ready()
    first = file_of(wang, declaration_id)
    clock.move(minutes=1)
    way.type_wage(declaration_id, 1, "61000")
    way.backed_up(declaration_id)
    page = wang.get(f"/wages/{declaration_id}/backup")
    links = [one.get("href") for one in page.all("//a[@download]")]
    assert len(links) == 2
    assert wang.http.get(links[1]).data == first
