"""The files of tests/fixtures/wage_files through the whole application: what each becomes, and not one wage more."""

from __future__ import annotations

import io
import itertools
import re
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import openpyxl
import pytest
from sqlalchemy import select

from documents.columns import Columns
from documents.headings import ROLES, meaning
from documents.wage_file import HEADINGS
from models.db import reading
from models.upload import Upload, UploadLine
from rules.refusals import Refusal
from services.declarations import refresh_list
from services.repairs import repair_kind
from services.uploads import choose_columns
from tests import factories
from tests.factories import World, actor, add_people, make_world
from tests.integration.way import check_counts, get_upload, wages

FILES = Path(__file__).parent.parent / "fixtures" / "wage_files"
TABLE = Path(__file__).parent.parent.parent / "docs" / "wage-file.md"
FILLED = [6_100_000, 6_250_050, 6_300_000, 6_480_000, 6_600_000]
NOTHING = [None] * 5
FIRST_LINE = 3


@dataclass(frozen=True)
class Read:
    """Accepted, unchanged, warned, refused; code and proposal by line; what was put right silently."""

    counts: tuple[int, int, int, int] = (5, 0, 0, 0)
    codes: dict[int, tuple[str, object]] = field(default_factory=dict)
    fixes: dict[str, int] = field(default_factory=dict)


def csv(**fixes: int) -> Read:
    """LibreOffice on this system ends lines with LF."""
    return Read(fixes={"csv": 1, "line_ends": 1, **fixes})


WELL = Read()
READ = {
    "01_id_scientific.csv": csv(id_ruined=4),
    "02_id_tail_zeroed.csv": csv(id_ruined=4),
    "02_id_as_number.xls": Read(fixes={"id_ruined": 4}),
    "03_utf8_bom.txt": Read(fixes={"bom": 1}),
    "04_utf16_unicode_text.txt": Read(fixes={"utf16": 1, "line_ends": 1}),
    "05_full_width_digits.txt": Read(fixes={"amount_written": 5}),
    "06_thousand_separators.csv": csv(amount_written=5),
    "07_odd_blanks.txt": Read(fixes={"trimmed_lines": 5}),
    "08_extra_columns.ods": WELL,
    "09_columns_moved.xls": WELL,
    "09_id_column_deleted.ods": WELL,
    "10_head_removed.xlsx": WELL,
    "11_lf.txt": Read(fixes={"line_ends": 1}),
    "11_cr.txt": Read(fixes={"line_ends": 1}),
    "11_crlf.txt": WELL,
    "11_mixed.txt": Read(fixes={"line_ends": 1}),
    "12_blank_and_total.xls": Read(fixes={"blank_lines": 1, "total_lines": 1}),
    "13_quoted_gb18030.csv": csv(),
    "13_csv_in_zip.zip": csv(),
    "14_xlsx_named.zip": Read(fixes={"renamed": 1}),
    "16_folder_and_litter.zip": WELL,
    "17_gbk_names.zip": WELL,
    "17_renamed.txt": Read(fixes={"renamed": 1}),
    "18_plain.txt": WELL,
    "19_small_x_and_apostrophes.txt": Read(fixes={"lower_case_x": 1, "trimmed_lines": 5}),
    "20_duplicate_line.txt": Read((5, 0, 0, 1), {8: ("line.duplicate", {"skip": True})}),
    "20_missing_people.txt": Read((3, 0, 0, 0)),
    "21_zeros_lost.csv": csv(zeros_padded=5),
    "22_bad_amounts.txt": Read(
        (1, 0, 0, 4),
        {
            3: ("wage.decimals", {"wage": "61000.13"}),
            4: ("wage.negative", None),
            5: ("wage.unit_word", {"wage": "63000.00"}),
            6: ("wage.formula", None),
        },
    ),
    "22_formula.xlsx": Read(
        (3, 0, 0, 2), {3: ("wage.formula", None), 4: ("wage.formula", None)}, {"formulas": 2}
    ),
    "24_wage_in_old_column.xlsx": Read(
        (0, 0, 0, 5),
        {
            line: ("line.old_wage_changed", {"wage": f"{fen // 100}.{fen % 100:02d}"})
            for line, fen in enumerate(FILLED, start=FIRST_LINE)
        },
    ),
}
ASKED = {
    "09_wage_column_deleted.xlsx": "columns.no_wage",
    "10_headings_removed.txt": "columns.no_headings",
}
REFUSED = {
    "15_rar_named.zip": "file.is_rar",
    "15_7z_named.zip": "file.is_7z",
    "20_other_unit.zip": "head.other_unit",
    "23_encrypted.zip": "file.encrypted",
    "23_encrypted_aes.zip": "file.encrypted",
    "23_encrypted.xlsx": "file.encrypted_workbook",
    "23_encrypted.xls": "file.encrypted_workbook",
    "23_encrypted.ods": "file.encrypted_workbook",
}
ON_THEIR_OWN = ("20_old_batch.zip",)


@pytest.fixture
def world(app: object, monkeypatch: pytest.MonkeyPatch) -> World:
    """The people that the files name: their numbers begin with 1."""
    monkeypatch.setattr(factories, "_numbers", itertools.count(1))
    return make_world()


def sent(way, name: str) -> Upload:
    """The file uploaded to declaration 1, and checked."""
    return get_upload(way.upload(1, (FILES / name).read_bytes(), name))


def lines_of(upload: Upload) -> list[UploadLine]:
    with reading() as session:
        query = select(UploadLine).where(UploadLine.upload_id == upload.id).order_by(UploadLine.line_no)
        return list(session.scalars(query))


def counts_of(upload: Upload) -> tuple[int, int, int, int]:
    return upload.accepted, upload.unchanged, upload.warned, upload.refused


def test_every_file_has_its_answer_and_every_breakage_its_file() -> None:
    names = {path.name for path in FILES.glob("[0-9]*")}
    assert names == {*READ, *ASKED, *REFUSED, *ON_THEIR_OWN}
    assert {int(name[:2]) for name in names} == set(range(1, 25))


def test_the_headings_in_the_manual_are_understood() -> None:
    rows = [line.split("|") for line in TABLE.read_text().splitlines() if line.startswith("|")]
    named = {
        cells[1].strip(): re.findall(r"[\u4e00-\u9fff]+|No", cells[2]) for cells in rows if len(cells) == 4
    }
    for role, heading in zip(ROLES, HEADINGS, strict=True):
        assert heading in named[heading]
        assert {one: found.role for one in named[heading] if (found := meaning(one))} == dict.fromkeys(
            named[heading], role
        )


def test_the_table_in_the_manual_gives_the_same_answers() -> None:
    rows = [
        line.split("|") for line in TABLE.read_text().splitlines() if line.startswith("|") and "`" in line
    ]
    told = {
        name: cells[4] for cells in rows if len(cells) == 6 for name in re.findall(r"`([^`]+)`", cells[3])
    }
    said = {
        **{name: {code for code, _fix in expected.codes.values()} for name, expected in READ.items()},
        **{name: {code} for name, code in (ASKED | REFUSED).items()},
        "20_old_batch.zip": {"old_batch"},
    }
    assert told.keys() == said.keys()
    assert {
        name: codes for name, codes in said.items() if not all(f"`{code}`" in told[name] for code in codes)
    } == {}
    for names, word in ((READ, "read"), (ASKED, "asked"), (REFUSED, "refused")):
        for name in names:
            refuses = name in READ and READ[name].counts[3]
            assert (
                told[name].strip().startswith(("lines refused", "the second refused") if refuses else word)
            ), name


@pytest.mark.parametrize("name", READ)
def test_it_is_read(way, name: str) -> None:
    way.started()
    upload, expected = sent(way, name), READ[name]
    assert upload.state == "checked", upload.refusal or upload.asked
    assert counts_of(upload) == expected.counts
    lines = lines_of(upload)
    assert {line.line_no: (line.code, line.fix) for line in lines if line.code} == expected.codes
    assert upload.fixes == expected.fixes
    assert Counter(line.outcome for line in lines) == +Counter(
        dict(zip(("accepted", "unchanged", "warned", "refused"), expected.counts, strict=True))
    )
    assert wages(1) == NOTHING, "the check writes nothing"


@pytest.mark.parametrize("name", READ)
def test_it_writes_what_its_lines_say_and_nothing_else(way, name: str) -> None:
    way.started()
    upload = sent(way, name)
    assert upload.id is not None
    if upload.refused:
        with pytest.raises(Refusal, match=r"upload\.has_refused"):
            way.apply(upload.id)
        assert wages(1) == NOTHING
        for code in {line.code for line in lines_of(upload) if line.outcome == "refused"}:
            repair_kind(actor("wang"), upload.id, code, "skip", way.clock())
    told = {line.wage_row_id: line.wage_fen for line in lines_of(upload) if line.outcome == "accepted"}
    way.apply(upload.id)
    assert get_upload(upload.id).state == "applied"
    assert [fen for fen in wages(1) if fen is not None] == list(told.values())
    assert set(told.values()) <= set(FILLED)
    check_counts(1)
    way.undo(upload.id)
    assert wages(1) == NOTHING


@pytest.mark.parametrize("name", ASKED)
def test_it_is_asked_about(way, name: str) -> None:
    way.started()
    upload = sent(way, name)
    assert (upload.state, upload.asked["reason"]) == ("asking", ASKED[name])
    assert wages(1) == NOTHING


def test_a_file_without_headings_is_read_once_its_columns_are_told(way) -> None:
    way.started()
    upload = sent(way, "10_headings_removed.txt")
    job_id = choose_columns(actor("wang"), upload.id, Columns(0, (0, 1, 2, 3, 4, 5)), way.clock())
    way.jobs.runner.run(job_id)
    upload = get_upload(upload.id)
    assert (upload.state, counts_of(upload)) == ("checked", (5, 0, 0, 0))
    way.apply(upload.id)
    assert wages(1) == FILLED


@pytest.mark.parametrize("name", REFUSED)
def test_it_is_refused_by_name(way, name: str) -> None:
    way.started()
    upload = sent(way, name)
    assert (upload.state, upload.refusal["code"]) == ("refused", REFUSED[name])
    assert not lines_of(upload)
    assert wages(1) == NOTHING


def test_people_who_are_not_in_the_file_are_counted_and_kept(way) -> None:
    way.entered("60000", "61000", "62000", "63000", "64000")
    upload = sent(way, "20_missing_people.txt")
    assert (counts_of(upload), upload.missing) == ((3, 0, 0, 0), 2)
    way.apply(upload.id)
    assert wages(1) == [FILLED[0], 6_100_000, FILLED[2], 6_300_000, FILLED[4]]


def test_a_file_from_before_a_refresh_is_held_against_the_list_of_today(way, world: World) -> None:
    way.started()
    add_people(world.ours.id, 1)
    refresh_list(actor("wang"), 1, way.clock())
    upload = sent(way, "20_old_batch.zip")
    assert (upload.state, counts_of(upload), upload.missing) == ("checked", (5, 0, 0, 0), 1)
    assert upload.fixes == {"old_batch": 1}
    way.apply(upload.id)
    assert wages(1) == [*FILLED, None]


def test_wages_typed_into_the_former_wage_are_taken_over_with_one_press(way) -> None:
    way.started()
    upload = sent(way, "24_wage_in_old_column.xlsx")
    assert repair_kind(actor("wang"), upload.id, "line.old_wage_changed", "fix", way.clock()) == 5
    way.apply(upload.id)
    assert wages(1) == FILLED


def test_the_same_wages_come_out_of_every_whole_file(way) -> None:
    """Whatever kind it is saved as, the file means the same."""
    way.started()
    whole = [name for name, expected in READ.items() if expected.counts == (5, 0, 0, 0)]
    for name in whole:
        lines = lines_of(sent(way, name))
        assert [line.wage_fen for line in lines] == FILLED, name


@pytest.mark.parametrize(
    "name", ["22_bad_amounts.txt", "01_id_scientific.csv", "12_blank_and_total.xls", "08_extra_columns.ods",
             "14_xlsx_named.zip", "20_duplicate_line.txt"],
)  # fmt: skip
def test_what_is_taken_away_shows_each_line_and_can_be_sent_again(way, wang, name: str) -> None:
    way.started()
    upload = sent(way, name)
    answer = wang.http.get(f"/wages/uploads/{upload.id}/result.xlsx")
    assert answer.status_code == 200
    sheet = openpyxl.load_workbook(io.BytesIO(answer.data)).active
    words = {"accepted": "接受", "unchanged": "不变", "warned": "警告", "refused": "拒绝"}
    last = sheet.max_column
    for line in lines_of(upload):
        assert sheet.cell(line.line_no, last - 1).value == words[line.outcome]
        cells = [sheet.cell(line.line_no, column) for column in range(1, last + 1)]
        comments = [cell.comment.text for cell in cells if cell.comment]
        assert len(comments) == (line.code is not None)
        if line.code:
            assert comments == [f"{words[line.outcome]}：{cells[-1].value}"]
    again = get_upload(way.upload(1, answer.data, "检查结果.xlsx"))
    assert (again.state, counts_of(again)) == ("checked", counts_of(upload))


def test_before_the_file_is_read_there_is_nothing_to_take_away(way, wang) -> None:
    way.started()
    for name in ("10_headings_removed.txt", "15_rar_named.zip"):
        upload = sent(way, name)
        assert wang.http.get(f"/wages/uploads/{upload.id}/result.xlsx").status_code == 422


def test_another_unit_takes_nothing_away(way, sign_in) -> None:
    way.started()
    upload = sent(way, "18_plain.txt")
    assert sign_in("zhao").http.get(f"/wages/uploads/{upload.id}/result.xlsx").status_code == 404
