"""Whatever is sent ends in an answer, and no wage changes that the report does not list."""

from __future__ import annotations

import random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from models.db import reading
from rules.refusals import Refusal
from services.declarations import cancel_declaration, get_own
from services.exchange import wage_file
from services.repairs import repair_kind
from services.uploads import apply_upload
from tests.factories import actor
from tests.integration.test_mending import assert_adds_up, lines_of
from tests.integration.way import check_counts, get_upload, list_rows

KINDS = ("zip", "zip-utf8", "xlsx", "csv", "own")
WORDS = (
    "5千",
    "８,000",
    "\t",
    "\t\t",
    ",",
    "\r\n",
    "\n",
    '"',
    "'",
    "合计",
    "=1+1",
    "-",
    "0",
    "0.5",
    "60000",
    "x",
    "",
    "\x00",
)


def sample(declaration_id: int, kind: str) -> tuple[bytes, str]:
    """A good file of a kind and its name; "own" is a table of a payroll system."""
    rows = list_rows(declaration_id)
    if kind == "own":
        lines = [
            "2026 年工资表",
            "部门,姓名,身份证号,现工资",
            *(f"一车间,{r.name},{r.id_number},61000" for r in rows),
        ]
        return "\n".join(lines).encode("gb18030"), "工资.csv"
    with reading() as session:
        file = wage_file(session, get_own(session, actor("wang"), declaration_id), kind)
    return file.content, file.name


def bent(data: bytes, seed: int) -> bytes:
    """The bytes with a few things done to them that editors, copies and broken lines do."""
    chance = random.Random(seed)
    held = bytearray(data)
    for _ in range(chance.randint(0, 3)):
        at = chance.randrange(len(held) or 1)
        match chance.randrange(6):
            case 0:
                held[at : at + 1] = bytes([chance.randrange(256)])
            case 1:
                del held[at : at + chance.randint(1, 40)]
            case 2:
                held[at:at] = chance.choice(WORDS).encode(chance.choice(["utf-8", "gb18030"]))
            case 3:
                lines = held.split(b"\n")
                chance.shuffle(lines)
                held = bytearray(b"\n".join(lines))
            case 4:
                lines = held.split(b"\n")
                lines.insert(chance.randrange(len(lines)), chance.choice(lines))
                held = bytearray(b"\n".join(lines))
            case _:
                held = held[:at]
    return bytes(held)


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
@given(seed=st.integers(0, 2**32))
def test_any_damage_ends_in_an_answer_and_writes_what_it_lists(way, kind, seed):
    started = way.started()
    try:
        way.save(started, dict(zip(list_rows(started)[:2], ["60000", "0"], strict=True)))
        data, name = sample(started, kind)
        upload_id = way.upload(started, bent(data, seed) or b"-", name)
        upload = get_upload(upload_id)
        assert upload.state in ("checked", "asking", "refused"), upload.refusal
        if upload.state == "refused":
            assert upload.refusal["code"].split(".")[0] in ("file", "head", "columns"), upload.refusal
        if upload.state == "checked":
            _write(way, started, upload_id)
    finally:
        cancel_declaration(actor("wang"), started, way.clock())


def _write(way, started: int, upload_id: int) -> None:
    assert_adds_up(upload_id)
    for code in {line.code for line in lines_of(upload_id, "refused")}:
        repair_kind(actor("wang"), upload_id, code, "skip", way.clock())
    before = {row.id: row.wage_fen for row in list_rows(started)}
    written = [line for line in lines_of(upload_id) if line.outcome in ("accepted", "warned")]
    way.apply(upload_id)
    assert {row.id: row.wage_fen for row in list_rows(started)} == before | {
        line.wage_row_id: line.wage_fen for line in written
    }
    check_counts(started)
    way.undo(upload_id)
    assert {row.id: row.wage_fen for row in list_rows(started)} == before


@pytest.mark.parametrize("kind", KINDS)
def test_a_good_file_is_read_without_a_question_or_a_refusal(way, kind):
    started = way.started()
    data, name = sample(started, kind)
    upload_id = way.upload(started, data, name)
    upload = get_upload(upload_id)
    assert (upload.state, upload.lines, upload.refused) == ("checked", 5, 0), (upload.asked, upload.refusal)


def test_a_file_with_a_refused_line_is_not_written(way):
    started = way.started()
    data, name = sample(started, "own")
    upload_id = way.upload(started, data.replace(b"61000", "6万".encode("gb18030"), 1), name)
    with pytest.raises(Refusal, match=r"upload\.has_refused"):
        apply_upload(actor("wang"), upload_id, "merge", 0, way.clock())
    assert [row.wage_fen for row in list_rows(started)] == [None] * 5


def test_a_body_cut_short_on_the_way_is_said_to_be_just_that(wang, way):
    started = way.started()
    token = (
        wang.get(f"/wages/{started}/uploads").one("//form[@enctype]//input[@name='csrf_token']").get("value")
    )
    body = (
        f'--x\r\nContent-Disposition: form-data; name="csrf_token"\r\n\r\n{token}\r\n'
        '--x\r\nContent-Disposition: form-data; name="file"; filename="a.txt"\r\n\r\n个人编号'
    ).encode()
    answer = wang.http.post(
        f"/wages/{started}/uploads", data=body, content_type="multipart/form-data; boundary=x"
    )
    assert answer.status_code == 422 and "文件没有传完" in answer.get_data(as_text=True)
