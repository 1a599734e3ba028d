"""Good wage files to start from, and the tools to break them the way people do."""

from __future__ import annotations

import zipfile
from dataclasses import replace
from io import BytesIO
from typing import Any

import pytest
from hypothesis import strategies as st
from sheet_samples import Cell, ods, xls, xlsx

from documents.columns import Unsure
from documents.limits import Limits
from documents.reading import RawTable, read_wage_file
from documents.wage_file import BLANKS, WageFileHead, WageFileLine, digest_of_cells, write_text
from rules.refusals import Refusal

HEAD = WageFileHead("230001", 2026, ("310", "410", "510"), "annual", 3, "b-20260301-7")
LINES = [
    WageFileLine(1, "0010001", "张三", "150***********7237", 6403830, 800050),
    WageFileLine(2, "0010002", "䶮𬭎", "150***********723X", 7200000, None),
    WageFileLine(3, "0010003", "乌云·其木格", "810***********0021", None, 1),
]

ID = "11010519491231002X"
Rows = list[list[Cell]]

NAMES = (
    st.text(st.characters(exclude_categories=("Cs", "Cc")), min_size=1, max_size=20)
    .map(lambda text: text.strip(BLANKS))
    .filter(
        lambda text: (
            text
            and not text.startswith(("'", '"', "合计", "总计", "小计"))
            and not set(text) & {"\ufffe", "\uffff"}
        )
    )
)
FEN = st.none() | st.integers(0, 99_999_999_999)
PEOPLE = st.lists(
    st.builds(
        WageFileLine,
        st.integers(1, 200_000),
        st.from_regex(r"[0-9]{4,12}", fullmatch=True),
        NAMES,
        st.just("150***********7237"),
        FEN,
        FEN,
    ),
    min_size=1,
    max_size=12,
)


def good_text() -> str:
    return write_text(HEAD, LINES).decode("gb18030")


def changed(old: str, new: str, encoding: str = "gb18030") -> bytes:
    """The good file with one piece exchanged; the piece must be there."""
    text = good_text()
    assert old in text
    return text.replace(old, new).encode(encoding)


def text(*lines: str) -> bytes:
    """Lines of a clerk's own list."""
    return "\r\n".join(lines).encode()


def made(rows: Rows, form: str) -> bytes:
    """The rows as a file of a form; line breaks inside a cell only where the form has them."""
    if form == "xlsx":
        return xlsx({"表": rows})
    if form == "xls":
        return xls({"表": rows})
    if form == "ods":
        return ods({"表": rows})
    sign = "\t" if form == "txt" else ","
    return text(
        *(
            sign.join(f'"{cell}"' if cell and "\n" in str(cell) else str(cell or "") for cell in row)
            for row in rows
        )
    )


def zipped(*entries: tuple[str | zipfile.ZipInfo, bytes]) -> bytes:
    out = BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in entries:
            archive.writestr(name, data)
    return out.getvalue()


def read(data: bytes, name: str = "工资申报.txt", limits: Limits | None = None, **how: Any) -> RawTable:
    """Read what needs no question."""
    table = read_wage_file(data, name, limits or Limits(), **how)
    assert isinstance(table, RawTable), table
    return table


def asked(data: bytes, reason: str, name: str = "工资申报.txt", **how: Any) -> Unsure:
    """Read what must be asked about for this reason; the question for a look at its guess."""
    unsure = read_wage_file(data, name, Limits(), **how)
    assert isinstance(unsure, Unsure), unsure
    assert unsure.reason == reason, unsure
    return unsure


def refused(data: bytes, code: str, name: str = "工资申报.txt", limits: Limits | None = None) -> Refusal:
    """Read what must be refused with this code; the refusal for a look at its parameters."""
    with pytest.raises(Refusal) as caught:
        read_wage_file(data, name, limits or Limits())
    assert caught.value.code == code, (caught.value.code, caught.value.params)
    return caught.value


def cells_of(lines: list[WageFileLine]) -> list[list[str]]:
    """The six cells a reader should find for lines, wages in yuan."""

    def yuan(fen: int | None) -> str:
        return "" if fen is None else f"{fen // 100}.{fen % 100:02d}"

    return [
        [str(one.seq), one.person_no, one.name, one.id_masked, yuan(one.old_wage_fen), yuan(one.wage_fen)]
        for one in lines
    ]


def head_with_people(count: int) -> WageFileHead:
    return replace(HEAD, people=count)


def fixed_columns_unchanged(table: RawTable) -> bool:
    """Whether the columns that the unit must leave alone are those of the download; False without a head."""
    digest = digest_of_cells(cells for _line, cells in table.rows)
    return table.head is not None and digest == table.head.fixed_digest
