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
from wage_samples import HEAD, LINES, cells_of, changed, good_text, read, refused, zipped

from documents.limits import Limits
from documents.reading import RawTable, fixed_columns_unchanged, read_wage_file
from documents.wage_file import write_text, write_zip
from documents.workbook import write_workbook
from rules.refusals import Refusal

GOOD = write_text(HEAD, LINES)
GOOD_ZIP = write_zip(HEAD, LINES)
GOOD_BOOK = write_workbook(HEAD, LINES)


def assert_good(table: RawTable) -> None:
    assert [cells for _line, cells in table.rows] == cells_of(LINES)
    assert fixed_columns_unchanged(table)


@pytest.mark.parametrize("ruined", ["1.50102E+17", "150102199003071000"])
def test_01_02_a_ruined_identity_number_is_no_reason_to_refuse(ruined: str) -> None:
    table = read(changed("150***********7237", ruined))
    assert table.rows[0][1][3] == ruined
    assert fixed_columns_unchanged(table)


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
    refusal = refused(changed("现工资", "现工资\t备注"), "file.columns_extra")
    assert refusal.params == {"line": 2, "extra": "备注"}


def test_08_extra_cell_in_a_row() -> None:
    refusal = refused(changed("8000.50", "8000.50\t好"), "file.row_columns")
    assert refusal.params == {"line": 3, "got": 7, "expected": 6}


def test_08_empty_cells_behind_the_last_are_nothing() -> None:
    assert_good(read(changed("\r\n", "\t\t\r\n")))


def test_09_column_deleted() -> None:
    refusal = refused(changed("\t证件号码", ""), "file.columns_missing")
    assert refusal.params == {"line": 2, "missing": "证件号码"}
    assert refused(changed("\t150***********7237", ""), "file.row_columns").params["line"] == 3


def test_09_columns_moved() -> None:
    refusal = refused(changed("原工资\t现工资", "现工资\t原工资"), "file.columns_moved")
    assert refusal.params["line"] == 2


def test_09_tabs_turned_into_spaces() -> None:
    assert refused(changed("\t", "    "), "file.tabs_lost").params == {"line": 2}


def test_10_head_removed() -> None:
    without = good_text().split("\r\n", 1)[1]
    assert refused(without.encode("gb18030"), "file.head_missing").params["line"] == 1


def test_10_headings_removed() -> None:
    refused(changed("序号\t个人编号\t姓名\t证件号码\t原工资\t现工资\r\n", ""), "file.columns_missing")


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
    assert table.fixes["line_ends"] == 1


def test_12_blank_and_total_lines() -> None:
    data = changed("\r\n2\t", "\r\n\r\n\t\t\t\t\t\r\n2\t") + "合 计\t\t\t\t136038.30\t\r\n".encode("gb18030")
    table = read(data)
    assert_good(table)
    assert table.fixes["blank_lines"] == 2
    assert table.fixes["total_lines"] == 1
    assert [line for line, _cells in table.rows] == [3, 6, 7]


@pytest.mark.parametrize("quoted", [False, True])
def test_13_csv(quoted: bool) -> None:
    lines = [line.split("\t") for line in good_text().split("\r\n")]
    mark = '"' if quoted else ""
    text = "\r\n".join(",".join(f"{mark}{cell}{mark}" for cell in line) for line in lines)
    assert refused(text.encode("gbk", "replace"), "file.is_csv", "工资.csv").params == {"name": "工资.csv"}
    refused(zipped(("工资.csv", text.encode())), "file.is_csv", "a.zip")


def test_14_workbook_named_zip() -> None:
    assert refused(GOOD_BOOK, "file.xlsx_named_zip", "工资.ZIP").params == {"name": "工资.ZIP"}


@pytest.mark.parametrize(
    "start,code",
    [
        (b"Rar!\x1a\x07\x01\x00", "file.is_rar"),
        (b"7z\xbc\xaf\x27\x1c\x00\x04", "file.is_7z"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(504) + "Workbook".encode("utf-16-le"), "file.is_xls"),
        (
            b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(504) + "EncryptedPackage".encode("utf-16-le"),
            "file.encrypted_xlsx",
        ),
    ],
)
def test_15_other_programs_files(start: bytes, code: str) -> None:
    refused(start + bytes(100), code, "a.zip")


def test_16_folders_and_litter() -> None:
    data = zipped(
        ("新建文件夹/工资.txt", GOOD),
        ("__MACOSX/新建文件夹/._工资.txt", b"x"),
        ("新建文件夹/.DS_Store", b"x"),
        ("新建文件夹/", b""),
    )
    assert_good(read(data, "a.zip"))


def test_16_not_exactly_one_text() -> None:
    refusal = refused(zipped(("a.txt", GOOD), ("b.txt", GOOD)), "file.zip_many_txt", "a.zip")
    assert refusal.params == {"count": 2, "names": "a.txt、b.txt"}
    assert refused(zipped(("a.doc", b"x")), "file.zip_no_txt", "a.zip").params == {"names": "a.doc"}
    assert refused(zipped(("a.zip", GOOD_ZIP)), "file.zip_nested", "b.zip").params == {"name": "a.zip"}
    refused(zipped(), "file.zip_no_txt", "a.zip")


def test_17_renamed_file_with_gbk_name() -> None:
    raw = "工资新.txt".encode("gbk")
    data = zipped(("x" * len(raw), GOOD)).replace(b"x" * len(raw), raw)
    assert_good(read(data, "改名.dat"))


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


@pytest.mark.parametrize(
    "data",
    [
        b"\xff\xd8\xff\xe0\x00\x10JFIF",
        b"\xff" * 40,
        b"\xff\xfe\x00",
        b"\x00" * 9,
    ],
)
def test_no_text_at_all(data: bytes) -> None:
    refused(data, "file.encoding")


def test_an_entry_without_a_name() -> None:
    # A name that begins with NUL is cut there, so nothing is left of it.
    refused(zipped(("a.txt", GOOD)).replace(b"a.txt", b"\x00.txt"), "file.zip_no_txt", "a.zip")


def test_some_other_text() -> None:
    refused("姓名,工资\n张三,1".encode(), "file.head_missing")
    refused(b"<html><table>", "file.head_missing", "a.xls")


def changed_book(**parts: tuple[bytes, bytes]) -> bytes:
    """The good workbook with a piece of its one sheet exchanged."""
    out = BytesIO()
    with zipfile.ZipFile(BytesIO(GOOD_BOOK)) as source, zipfile.ZipFile(out, "w") as target:
        for name in source.namelist():
            data = source.read(name)
            for stem, (old, new) in parts.items():
                if stem in name:
                    assert old in data
                    data = data.replace(old, new)
            target.writestr(name, data)
    return out.getvalue()


def test_a_far_cell_costs_no_memory() -> None:
    far = b'<row r="1048576"><c r="A1048576"><v>1</v></c></row></sheetData>'
    refused(changed_book(sheet1=(b"</sheetData>", far)), "file.too_many_lines", "a.xlsx")
    wide = b'<row r="9"><c r="XFD9"><v>1</v></c></row></sheetData>'
    assert (
        refused(changed_book(sheet1=(b"</sheetData>", wide)), "file.columns_extra", "a.xlsx").params["extra"]
        == "XFD"
    )


def test_damaged_workbooks() -> None:
    refused(changed_book(sheet1=(b"</sheetData>", b"</sheet")), "file.workbook_damaged", "a.xlsx")
    letter = zipped(("[Content_Types].xml", b""), ("word/document.xml", b""))
    refused(letter, "file.workbook_damaged", "a.docx")
    refused(changed_book(sheet1=(b"#GZSB", b"GZSB")), "file.head_missing", "a.xlsx")


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


GOOD_FILES = [
    (GOOD, "a.txt"),
    (GOOD_ZIP, "a.zip"),
    (GOOD_BOOK, "a.xlsx"),
    # Stored, not packed: here the damage reaches the text and the XML themselves.
    (zipped((zipfile.ZipInfo("a.txt"), GOOD)), "b.zip"),
    (changed_book(), "b.xlsx"),
]


@settings(deadline=None, max_examples=400)
@given(st.sampled_from(GOOD_FILES), st.integers(0, 2**40))
def test_any_damage_is_read_or_refused(good: tuple[bytes, str], seed: int) -> None:
    data, name = good
    try:
        assert isinstance(read_wage_file(mutated(data, seed), name, Limits()), RawTable)
    except Refusal as refusal:
        assert refusal.code.startswith("file.")
