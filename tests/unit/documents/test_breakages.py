"""The twenty-four ways a wage file gets broken, by real bytes, each with its own answer."""

from __future__ import annotations

import random
import stat
import subprocess
import zipfile
from io import BytesIO
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sheet_samples import ods, xls
from wage_samples import (
    HEAD,
    LINES,
    asked,
    cells_of,
    changed,
    fixed_columns_unchanged,
    good_text,
    read,
    refused,
    zipped,
)

from documents.columns import Columns, Unsure
from documents.limits import Limits
from documents.reading import RawTable, read_wage_file
from documents.wage_file import write_text, write_zip
from documents.workbook import write_workbook
from rules.identity import is_valid_id_number
from rules.refusals import Refusal

GOOD = write_text(HEAD, LINES)
GOOD_ZIP = write_zip(HEAD, LINES)
GOOD_BOOK = write_workbook(HEAD, LINES)


def assert_good(table: RawTable) -> None:
    assert [cells for _line, cells in table.rows] == cells_of(LINES)
    assert fixed_columns_unchanged(table)


@pytest.mark.parametrize("ruined", ["1.50102E+17", "1.50102199003071e+17", "150102199003071000"])
def test_01_02_a_ruined_identity_number_is_left_out(ruined: str) -> None:
    table = read(changed("150***********7237", ruined))
    assert table.rows[0][1][3] == ""
    assert table.rows[1][1][3] == "150***********723X"
    assert table.fixes == {"id_ruined": 1}
    assert fixed_columns_unchanged(table)


def test_02_a_sound_number_may_end_in_zeros() -> None:
    # 11010519491231 700 with its own check digit 0.
    table = read(changed("150***********7237", "110105194912317000"))
    assert table.rows[0][1][3] == (
        "" if not is_valid_id_number("110105194912317000") else "110105194912317000"
    )


def test_03_utf8_bom() -> None:
    table = read(changed("张三", "张三", "utf-8-sig"))
    assert_good(table)
    assert table.fixes == {"bom": 1}


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be"])
def test_04_utf16_unicode_text(encoding: str) -> None:
    # Excel pads the first line with tabs and quotes what holds a comma.
    text = good_text().replace("\r\n1\t", "\t\t\t\t\t\r\n1\t", 1).replace("8000.50", '"8,000.50"')
    table = read(text.encode(encoding))
    assert table.fixes["utf16"] == 1
    assert table.rows[0][1][5] == "8,000.50"
    assert fixed_columns_unchanged(table)


@pytest.mark.parametrize("wage", ["８０００．５０", "8,000.50", "-5", "5千", "=A1", "1.234", "1e5"])
def test_05_06_22_the_wage_is_left_to_the_wage_rule(wage: str) -> None:
    assert read(changed("8000.50", wage)).rows[0][1][5] == wage


def test_07_blanks_around_cells() -> None:
    table = read(changed("\t张三\t", "\t\u3000张三\u00a0 \t"))
    assert_good(table)
    assert table.fixes == {"trimmed_lines": 1}


def test_07_blanks_at_the_ends_of_lines() -> None:
    assert_good(read(changed("8000.50\r\n", "8000.50 \r\n")))
    assert_good(read(changed("\r\n1\t", "\r\n 1\t")))


def test_07_an_editor_cut_the_empty_wage_off() -> None:
    assert_good(read(changed("72000.00\t\r\n", "72000.00\r\n")))


def test_08_extra_column() -> None:
    table = read(changed("现工资", "现工资\t备注").replace(b"8000.50", "8000.50\t好".encode("gbk")))
    assert_good(table)
    assert table.odd == {}


def test_08_extra_cell_in_a_row() -> None:
    table = read(changed("8000.50", "8000.50\t好"))
    assert_good(table)
    assert list(table.odd) == [3]
    assert table.odd[3][-2:] == ["8000.50", "好"]


def test_08_empty_cells_behind_the_last_are_nothing() -> None:
    assert_good(read(changed("\r\n", "\t\t\r\n")))


def test_09_a_column_deleted() -> None:
    text = "\r\n".join(
        "\t".join(line.split("\t")[:3] + line.split("\t")[4:]) for line in good_text().split("\r\n")
    )
    table = read(text.encode("gb18030"))
    assert [cells[3] for _line, cells in table.rows] == ["", "", ""]
    assert [cells[5] for _line, cells in table.rows] == ["8000.50", "", "0.01"]
    assert table.columns.places == (0, 1, 2, None, 3, 4)
    assert fixed_columns_unchanged(table)


def test_09_a_cell_deleted_moves_those_behind_it() -> None:
    table = read(changed("\t150***********7237", ""))
    assert list(table.odd) == [3]


def test_09_the_wage_column_deleted() -> None:
    text = "\r\n".join(line.rpartition("\t")[0] or line for line in good_text().split("\r\n"))
    unsure = asked(text.encode("gb18030"), "columns.no_wage")
    assert unsure.guess.places == (0, 1, 2, 3, 4, None)


def test_09_columns_moved() -> None:
    lines = [line.split("\t") for line in good_text().split("\r\n")]
    moved = "\r\n".join("\t".join(line if len(line) < 6 else [line[5], *line[:5]]) for line in lines)
    table = read(moved.encode("gb18030"))
    assert_good(table)
    assert table.columns.places == (1, 2, 3, 4, 5, 0)


def test_09_tabs_turned_into_spaces() -> None:
    assert refused(changed("\t", "    "), "file.tabs_lost").params == {"line": 2}


def test_10_head_removed() -> None:
    table = read(good_text().split("\r\n", 1)[1].encode("gb18030"))
    assert table.head is None
    assert [cells for _line, cells in table.rows] == cells_of(LINES)
    assert [line for line, _cells in table.rows] == [2, 3, 4]
    assert not fixed_columns_unchanged(table)


def test_10_headings_removed() -> None:
    unsure = asked(changed("序号\t个人编号\t姓名\t证件号码\t原工资\t现工资\r\n", ""), "columns.no_headings")
    assert unsure.signature == ""
    assert unsure.guess.heading_line == 0
    assert unsure.guess.places == (0, 1, 2, 3, 4, 5)
    table = read(
        changed("序号\t个人编号\t姓名\t证件号码\t原工资\t现工资\r\n", ""),
        chosen=Columns(0, (0, 1, 2, 3, 4, 5)),
    )
    assert_good(table)


def test_10_the_head_below_a_title_or_in_pieces() -> None:
    lines = good_text().split("\r\n")
    assert_good(read("\r\n".join(["2026 年工资申报", "", *lines]).encode()))
    pieces = "\t".join(lines[0].split("|"))
    assert_good(read("\r\n".join([pieces, *lines[1:]]).encode()))


@pytest.mark.parametrize(
    "old,new",
    [
        ("|2026|", "|二〇二六|"),
        ("|annual|", "|weekly|"),
        ("310+410", "310+999"),
        ("|3|b-", "|b-"),
        ("|3|", "||"),
    ],
)
def test_10_head_damaged(old: str, new: str) -> None:
    assert refused(changed(old, new), "file.head_damaged").params["line"] == 1


def test_10_a_later_version() -> None:
    assert refused(changed("#GZSB|1|", "#GZSB|2|"), "file.version").params["value"] == "2"


@pytest.mark.parametrize("end", ["\n", "\r", "\r\r\n"])
def test_11_line_ends(end: str) -> None:
    table = read(changed("\r\n", end))
    assert_good(table)
    assert table.fixes == {"line_ends": 1}
    assert [line for line, _cells in table.rows] == [3, 4, 5]


def test_12_blank_and_total_lines() -> None:
    data = changed("\r\n2\t", "\r\n\r\n\t\t\t\t\t\r\n2\t") + "合 计\t\t\t\t136038.30\t\r\n".encode("gb18030")
    table = read(data)
    assert_good(table)
    assert table.fixes["blank_lines"] == 2
    assert table.fixes["total_lines"] == 1
    assert [line for line, _cells in table.rows] == [3, 6, 7]


def test_12_totals_headings_and_footers_between_the_people() -> None:
    lines = good_text().split("\r\n")
    lines[4:4] = ["\t生产部小计\t\t\t1.00\t2.00", lines[0], lines[1]]
    lines[-1:] = ["7\t\t\t\t\t", "", "制表人：张三\t\t审核：李四", "填表说明", "\t\t总 计\t3人\t\t5"]
    table = read("\r\n".join(lines).encode("gb18030"))
    assert_good(table)
    assert table.fixes == {"total_lines": 2, "heading_lines": 2, "note_lines": 3, "blank_lines": 1}


@pytest.mark.parametrize("separator", [",", ";"])
@pytest.mark.parametrize("quoted", [False, True])
def test_13_csv(separator: str, quoted: bool) -> None:
    lines = [line.split("\t") for line in good_text().split("\r\n")]
    mark = '"' if quoted else ""
    text = "\r\n".join(separator.join(f"{mark}{cell}{mark}" for cell in line) for line in lines)
    table = read(text.encode("gb18030"), "工资.csv")
    assert_good(table)
    assert (table.kind, table.fixes["csv"]) == ("csv", 1)
    assert_good(read(zipped(("工资.csv", text.encode())), "a.zip"))


def test_13_a_line_break_inside_a_cell() -> None:
    lines = good_text().replace("\t", ",").split("\r\n")
    lines[2] = lines[2].replace("张三", '"张\n三"').replace("8000.50", '"8,000.50"')
    table = read("\r\n".join(lines).encode(), "工资.csv")
    assert [line for line, _cells in table.rows] == [3, 5, 6]
    assert table.rows[0][1][2] == "张三"
    assert table.rows[0][1][5] == "8,000.50"


def test_13_a_line_break_inside_a_cell_of_unicode_text() -> None:
    lines = good_text().split("\r\n")
    lines[2] = lines[2].replace("张三", '"张\n三"')
    table = read("\r\n".join(lines).encode("utf-16"))
    assert_good(RawTable(table.kind, table.head, table.rows, table.columns))
    assert [line for line, _cells in table.rows] == [3, 5, 6]


@pytest.mark.parametrize("place", [3, 5])
def test_13_a_quotation_mark_without_its_other(place: int) -> None:
    lines = good_text().replace("\t", ",").split("\r\n")
    lines[place - 1] = lines[place - 1].replace(",", ',"', 1)
    assert refused("\r\n".join(lines).encode(), "file.quote_open", "a.csv").params == {"line": place}


def test_14_workbook_named_zip() -> None:
    table = read(GOOD_BOOK, "工资.ZIP")
    assert fixed_columns_unchanged(table)
    assert (table.kind, table.fixes) == ("xlsx", {"renamed": 1})


def test_14_workbooks_inside_a_zip() -> None:
    table = read(zipped(("表/工资.xlsx", GOOD_BOOK)), "a.zip")
    assert fixed_columns_unchanged(table)
    assert table.fixes == {}


@pytest.mark.parametrize(
    "start,code",
    [
        (b"Rar!\x1a\x07\x01\x00", "file.is_rar"),
        (b"7z\xbc\xaf\x27\x1c\x00\x04", "file.is_7z"),
        (b"\x1f\x8b\x08", "file.is_archive"),
        (b"%PDF-1.7", "file.is_pdf"),
        (b"\xff\xd8\xff\xe0\x00\x10JFIF", "file.is_image"),
        (b"\x89PNG\r\n", "file.is_image"),
        (b"RIFF\x00\x00\x00\x00WEBP", "file.is_image"),
        (b"{\\rtf1", "file.is_word"),
        (b"<html><table>", "file.is_web_page"),
        (b"\xef\xbb\xbf <?xml version='1.0'?>", "file.is_web_page"),
        (b"MIME-Version: 1.0", "file.is_web_page"),
    ],
)
def test_15_other_programs_files(start: bytes, code: str) -> None:
    rest = b"" if code == "file.is_web_page" else bytes(100)
    refused(start + rest, code, "工资.xls")
    refused(zipped(("工资.xls", start + rest)), code, "a.zip")


def test_15_other_papers_of_an_office() -> None:
    refused(zipped(("[Content_Types].xml", b""), ("word/document.xml", b"")), "file.is_word", "a.docx")
    refused(zipped(("[Content_Types].xml", b""), ("xl/workbook.bin", b"")), "file.is_xlsb", "a.xlsb")
    text = (("mimetype", b"application/vnd.oasis.opendocument.text"), ("content.xml", b""))
    refused(zipped(*text), "file.is_word", "a.odt")


def test_16_folders_and_litter() -> None:
    data = zipped(
        ("新建文件夹/工资.txt", GOOD),
        ("__MACOSX/新建文件夹/._工资.txt", b"x"),
        ("新建文件夹/.DS_Store", b"x"),
        ("新建文件夹/", b""),
    )
    assert_good(read(data, "a.zip"))


def test_16_not_exactly_one_list() -> None:
    refusal = refused(zipped(("a.txt", GOOD), ("b.xlsx", GOOD_BOOK)), "file.zip_many", "a.zip")
    assert refusal.params == {"count": 2, "names": "a.txt、b.xlsx"}
    refusal = refused(zipped(("a.doc", b"x"), ("b.doc", b"x")), "file.zip_nothing", "a.zip")
    assert refusal.params == {"names": "a.doc、b.doc"}
    assert refused(zipped(("a.zip", GOOD_ZIP)), "file.zip_nested", "b.zip").params == {"name": "a.zip"}
    assert refused(zipped(("a.txt", GOOD_ZIP)), "file.zip_nested", "b.zip").params == {"name": "a.txt"}
    refused(zipped(), "file.zip_nothing", "a.zip")


def test_16_a_single_file_is_taken_whatever_its_name() -> None:
    assert_good(read(zipped(("工资", GOOD)), "a.zip"))


def test_17_renamed_file_with_gbk_name() -> None:
    raw = "工资新.txt".encode("gbk")
    data = zipped(("x" * len(raw), GOOD)).replace(b"x" * len(raw), raw)
    table = read(data, "改名.dat")
    assert_good(table)
    assert table.fixes == {"renamed": 1}


def test_17_name_that_is_no_gbk() -> None:
    data = zipped(("xxxx.txt", GOOD)).replace(b"xxxx.txt", b"\xff\xff\xff\xff.txt")
    assert_good(read(data, "a.zip"))


def test_18_plain_text() -> None:
    assert_good(read(GOOD, "工资.txt"))
    assert_good(read(changed("张三", "张三", "utf-8"), "工资.txt"))


def test_19_lower_case_x_and_apostrophes() -> None:
    table = read(changed("723X", "723x").replace(b"\t0010001\t", b"\t'0010001\t"))
    assert_good(table)
    assert table.fixes["lower_case_x"] == 1


@pytest.mark.parametrize("change", ["missing", "twice", "other"])
def test_20_other_people_than_downloaded(change: str) -> None:
    lines = {"missing": LINES[1:], "twice": [*LINES, LINES[0]], "other": [*LINES[:2], LINES[0]]}[change]
    first = GOOD.split(b"\r\n", 1)[0]
    rest = write_text(HEAD, lines).split(b"\r\n", 1)[1]
    assert not fixed_columns_unchanged(read(first + b"\r\n" + rest))


def test_20_no_people_left() -> None:
    refused(b"\r\n".join(GOOD.split(b"\r\n")[:2]), "file.no_people")


def test_21_leading_zeros_lost() -> None:
    table = read(changed("\t00", "\t"))
    assert table.rows[0][1][1] == "10001"
    assert fixed_columns_unchanged(table)


@pytest.mark.parametrize("flags", [[], ["-e"]])
def test_23_encrypted_zip(tmp_path: Path, flags: list[str]) -> None:
    (tmp_path / "a.txt").write_bytes(GOOD)
    secret = ["-P", "123456"] if flags else []
    subprocess.run(["zip", "-q", *secret, "a.zip", "a.txt"], cwd=tmp_path, check=True)
    data = (tmp_path / "a.zip").read_bytes()
    if flags:
        assert refused(data, "file.encrypted", "a.zip").params == {"name": "a.txt"}
    else:
        assert_good(read(data, "a.zip"))


def test_24_wage_pasted_into_the_former_wage() -> None:
    assert not fixed_columns_unchanged(read(changed("64038.30", "70000.00")))
    assert not fixed_columns_unchanged(read(changed("张三", "李四")))


# Beyond the list: what hostile hands send ------------------------------------------------------


def test_empty_and_too_large() -> None:
    refused(b"", "file.empty")
    refused(b"\r\n \r\n", "file.empty")
    assert refused(GOOD, "file.too_large", limits=Limits(upload_bytes=10)).params["limit"] == 10
    assert refused(GOOD, "file.too_many_lines", limits=Limits(lines=1)).params["limit"] == 1


@pytest.mark.parametrize("name", ["../a.txt", "/a.txt", "x/../../a.txt", "C:/a.txt", "..\\a.txt"])
def test_paths_out_of_the_archive(name: str) -> None:
    refused(zipped((name, GOOD)), "file.zip_path", "a.zip")


def test_symlink() -> None:
    link = zipfile.ZipInfo("a.txt")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    refused(zipped((link, b"/etc/passwd")), "file.zip_symlink", "a.zip")


def test_bomb() -> None:
    refused(zipped(("a.txt", b" " * 20_000_000)), "file.zip_bomb", "a.zip")
    assert (
        refused(zipped(("a.txt", GOOD)), "file.zip_bomb", "a.zip", Limits(expanded_bytes=20)).params["limit"]
        == 20
    )


def test_bomb_that_lies_about_its_size() -> None:
    data = zipped(("a.txt", b" " * 20_000_000)).replace((20_000_000).to_bytes(4, "little"), b"\x10\0\0\0")
    with pytest.raises(Refusal):
        read(data, "a.zip")


def test_damaged_zip() -> None:
    refused(GOOD_ZIP[:-30], "file.zip_damaged", "a.zip")
    refused(b"PK\x03\x04" + bytes(50), "file.zip_damaged", "a.zip")


@pytest.mark.parametrize("data", [b"\xff" * 40, b"\xff\xfe\x00", b"\x00" * 9, b"abc\x01\x02" * 9])
def test_no_text_at_all(data: bytes) -> None:
    refused(data, "file.encoding")


def test_a_single_wrong_byte() -> None:
    data = GOOD.replace("乌云".encode("gbk"), b"\xff\xff")
    assert refused(data, "file.bad_character").params == {"line": 5}
    data = changed("乌云", "乌云", "utf-8-sig").replace("乌云".encode(), b"\xff\xff")
    assert refused(data, "file.bad_character").params == {"line": 5}


def test_an_entry_without_a_name() -> None:
    # A name that begins with NUL is cut there, so nothing is left of it.
    refused(zipped(("a.txt", GOOD)).replace(b"a.txt", b"\x00.txt"), "file.zip_nothing", "a.zip")


def test_some_other_text() -> None:
    refused("春眠不觉晓\n处处闻啼鸟".encode(), "file.no_list")
    asked("春眠,不觉晓\n处处,闻啼鸟".encode(), "columns.no_headings")


def test_a_list_without_people() -> None:
    refused("姓名,现工资\n合计,0".encode(), "file.no_people")


PAYROLL = [["工资表", None, None], ["姓名", "身份证号", "现工资"], ["张三", "11010519491231002X", 8000.5]]


def mutated(data: bytes, seed: int) -> bytes:
    chance = random.Random(seed)
    out = bytearray(data)
    for _ in range(chance.randint(1, 6)):
        place = chance.randrange(len(out))
        kind = chance.randrange(3)
        if kind == 0:
            out[place] = chance.randrange(256)
        elif kind == 1:
            del out[place : place + chance.randint(1, 20)]
        else:
            out[place:place] = chance.randbytes(chance.randint(1, 8))
        if not out:
            break
    return bytes(out)


def mutated_part(data: bytes, seed: int) -> bytes:
    """A zip in which one part is damaged, and the container sound: the damage reaches the text and the XML."""
    out = BytesIO()
    with zipfile.ZipFile(BytesIO(data)) as source, zipfile.ZipFile(out, "w") as target:
        names = source.namelist()
        for name in names:
            part = source.read(name)
            target.writestr(name, mutated(part, seed) if part and name == names[seed % len(names)] else part)
    return out.getvalue()


GOOD_FILES = [
    (GOOD, "a.txt"),
    (good_text().replace("\t", ",").encode("utf-16"), "a.csv"),
    (good_text().replace("\t", ",").encode(), "b.csv"),
    (xls({"表": PAYROLL, "另": PAYROLL}), "a.xls"),
    (GOOD_ZIP, "a.zip"),
    (GOOD_BOOK, "a.xlsx"),
    (ods({"表": PAYROLL}), "a.ods"),
]


@settings(deadline=None, max_examples=400)
@given(st.sampled_from(GOOD_FILES), st.integers(0, 2**40), st.booleans())
def test_any_damage_is_read_asked_about_or_refused(good: tuple[bytes, str], seed: int, inside: bool) -> None:
    data, name = good
    damage = mutated_part if inside and data.startswith(b"PK") else mutated
    try:
        assert isinstance(read_wage_file(damage(data, seed), name, Limits()), RawTable | Unsure)
    except Refusal as refusal:
        assert refusal.code.startswith("file.")
