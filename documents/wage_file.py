"""The wage file leaves here: one text layout, the same columns and the same fingerprint every time.

Layout: a ``#GZSB|1|…`` line, a heading line, then one line a person; six columns parted by tabs,
CRLF at the end. The words of the layout are a protocol and are therefore never translated.
"""

from __future__ import annotations

import csv
import hashlib
import re
import zipfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from io import BytesIO, StringIO

from rules.money import yuan_text
from translations import gettext as _

MARK = "#GZSB"
VERSION = "1"
HEADINGS = ("序号", "个人编号", "姓名", "证件号码", "原工资", "现工资")
BASES = ("annual", "monthly")
INSURANCE_CODES = ("310", "410", "510")
ENCODINGS = ("gb18030", "utf-8-sig")
# A comma here would make a spreadsheet put the whole line in quotes when it saves text.
INSURANCE_JOINT = "+"

BLANKS = " \t\u00a0\u3000\u2002\u2003\u2009\u200b\ufeff"
_UNWRITABLE = re.compile("[\x00-\x1f\x7f\ud800-\udfff\ufffe\uffff]")
# Leading signs of a number that come and go when a spreadsheet holds it.
_NO_WEIGHT = "'0"
# The wide ones come from Chinese input methods; some spreadsheets take them for the narrow ones.
_FORMULA_START = ("=", "+", "-", "@", "\t", "＝", "＋", "－", "＠")


@dataclass(frozen=True, slots=True)
class WageFileHead:
    """What a wage file says of itself: whose it is, for which year, and of which download."""

    unit_no: str
    year: int
    insurances: tuple[str, ...]
    wage_basis: str
    people: int
    batch_id: str
    fixed_digest: str = ""


@dataclass(frozen=True, slots=True)
class WageFileLine:
    """One person of the file; wages in fen on the head's basis, None where none is known."""

    seq: int
    person_no: str
    name: str
    id_masked: str
    old_wage_fen: int | None
    wage_fen: int | None


def insurance_name(code: str) -> str:
    """The word for an insurance code ("310", "410", "510"); KeyError for any other."""
    return {"310": _("医疗"), "410": _("工伤"), "510": _("生育")}[code]


def basis_name(wage_basis: str) -> str:
    """The unit to print beside a wage: 元/年 for "annual", 元/月 for "monthly"; KeyError otherwise."""
    return {"annual": _("元/年"), "monthly": _("元/月")}[wage_basis]


def file_stem(head: WageFileHead) -> str:
    """The file's name without an ending, e.g. 工资申报_230001_2026_医疗工伤生育."""
    names = "".join(insurance_name(code) for code in head.insurances)
    return _("工资申报") + f"_{head.unit_no}_{head.year}_{names}"


def written(text: str) -> str:
    """The text as a cell can carry it: no control characters, no blanks around it."""
    if _UNWRITABLE.search(text):
        text = _UNWRITABLE.sub(" ", text)
    return text.strip(BLANKS)


def without_apostrophe(text: str) -> str:
    """Take off the apostrophe that makes a spreadsheet treat a number or a formula as text.

    One in front of a letter stays, it belongs to the name.
    """
    if text[:1] == "'" and (text[1:2] in _FORMULA_START or text[1:2].isdigit()):
        return text[1:]
    return text


def harmless(text: str) -> str:
    """A text a spreadsheet cannot take for a formula."""
    return "'" + text if text.startswith(_FORMULA_START) else text


def fixed_cells(line: WageFileLine) -> tuple[str, str, str, str, str]:
    """The five cells that the unit must leave alone, as they are written to the file."""
    return (
        str(line.seq),
        written(line.person_no),
        written(line.name),
        written(line.id_masked),
        yuan_text(line.old_wage_fen),
    )


def fixed_digest(lines: Iterable[WageFileLine]) -> str:
    """The first 16 hex digits of SHA-256 over the columns that the unit must leave alone."""
    return digest_of_cells(fixed_cells(line) for line in lines)


def digest_of_cells(rows: Iterable[Sequence[str]]) -> str:
    """``fixed_digest`` for rows of cells as they stand in a file.

    It feels a changed number, name or former wage and a row too many or too few, nothing else: not the
    order of the rows, not leading zeros lost from 个人编号, not how an amount is written, not quotation
    marks, and not the identity number, because a spreadsheet that ruins these does no harm.
    """
    keys = []
    for row in rows:
        amount = row[4]
        if amount[-3:-2] != "." or not amount.isascii() or "," in amount:
            amount = _plain_amount(amount)
        name = row[2]
        if "'" in name or '"' in name:
            name = name.replace("'", "").replace('"', "").strip(BLANKS)
        keys.append(f"{row[0]}\t{row[1].lstrip(_NO_WEIGHT)}\t{name}\t{amount}")
    keys.sort()
    return hashlib.sha256("\n".join(keys).encode("utf-8", "surrogatepass")).hexdigest()[:16]


def _plain_amount(text: str) -> str:
    text = text.replace(",", "")
    if text.isdecimal() and text.isascii():
        return text + ".00"
    return text + "0" if text[-2:-1] == "." else text


def head_line(head: WageFileHead) -> str:
    """The file's first line, without its line end; ValueError if a value would break the layout."""
    values = (
        MARK,
        VERSION,
        head.unit_no,
        str(head.year),
        INSURANCE_JOINT.join(head.insurances),
        head.wage_basis,
        str(head.people),
        head.batch_id,
        head.fixed_digest,
    )
    if any("|" in value or written(value) != value for value in values):
        raise ValueError(f"a value of the wage file's head cannot be written: {values!r}")
    return "|".join(values)


def write_text(head: WageFileHead, lines: Iterable[WageFileLine], encoding: str = "gb18030") -> bytes:
    """The wage file as bytes; ``encoding`` is one of ``ENCODINGS``.

    The head's digest is computed here. GB18030 rather than GBK, which has no 䶮 and no 𬭎.
    Source: manual 三(三), layout of the 工资申报 text.
    """
    if encoding not in ENCODINGS:
        raise ValueError(f"not an encoding of the wage file: {encoding}")
    rows = [(*fixed_cells(line), yuan_text(line.wage_fen)) for line in lines]
    first = head_line(replace(head, fixed_digest=digest_of_cells(rows)))
    parts = [first, "\t".join(HEADINGS)]
    parts.extend(map("\t".join, rows))
    return ("\r\n".join(parts) + "\r\n").encode(encoding)


def write_csv(head: WageFileHead, lines: Iterable[WageFileLine]) -> bytes:
    """The same lines parted by commas, for whoever opens them with a double click.

    UTF-8 with its mark, without which a Chinese spreadsheet reads GBK; quotes only where a comma or a
    quotation mark needs them (RFC 4180). No cell can be taken for a formula.
    """
    rows = [(*fixed_cells(line), yuan_text(line.wage_fen)) for line in lines]
    out = StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow([head_line(replace(head, fixed_digest=digest_of_cells(rows)))])
    writer.writerow(HEADINGS)
    writer.writerows(map(harmless, row) for row in rows)
    return out.getvalue().encode("utf-8-sig")


def write_zip(head: WageFileHead, lines: Iterable[WageFileLine], encoding: str = "gb18030") -> bytes:
    """A zip with the one text file of ``write_text`` inside, as the manual hands it out."""
    out = BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(file_stem(head) + ".txt", write_text(head, lines, encoding))
    return out.getvalue()
