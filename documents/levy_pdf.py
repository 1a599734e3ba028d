"""缴费通知单 and 应缴核定表: one 征集单 each to a page, several of them in one file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from io import BytesIO

from documents.form_pdf import render_form

Fact = tuple[str, str]


@dataclass(frozen=True, slots=True)
class ItemLine:
    """One 应缴类型 of one month in words; money in yuan, rates in percent, as they are to be printed."""

    kind: str
    for_month: str
    people: str
    base_total: str
    employer_rate: str
    employee_rate: str
    employer: str
    employee: str
    total: str


@dataclass(frozen=True, slots=True)
class LevyPaper:
    """A 征集单 in words, for both forms.

    ``facts`` are (label, value) at the head of the form, two to a line; ``sums`` close the table: what it comes to,
    then 滞纳金 and payments as (label, amount), the last one what is to be paid; ``notes`` stand below.
    """

    title: str
    facts: tuple[Fact, ...]
    items: tuple[ItemLine, ...]
    total: ItemLine
    capitals: str
    sums: tuple[Fact, ...]
    notes: tuple[str, ...]
    signs: tuple[tuple[str, str], ...]
    foot: str


def write_notice_pdf(papers: Sequence[LevyPaper]) -> tuple[bytes, list[str]]:
    """缴费通知单 as PDF, and the characters the typeface lacks. Source: manual, 征缴管理."""
    return _write("levy_notice.html", papers)


def write_sheet_pdf(papers: Sequence[LevyPaper]) -> tuple[bytes, list[str]]:
    """应缴核定表 as PDF, each column with its code, and the characters the typeface lacks. Source: GB/T 40217-2021."""
    return _write("levy_sheet.html", papers)


def _write(template: str, papers: Sequence[LevyPaper]) -> tuple[bytes, list[str]]:
    done = [render_form(template, {"paper": paper, "pairs": _pairs(paper.facts)}) for paper in papers]
    missing = list(dict.fromkeys(one for _data, lacking in done for one in lacking))
    return (done[0][0] if len(done) == 1 else _joined([data for data, _lacking in done])), missing


# A line of the form has room for two facts; a lone last one is stretched over it.
def _pairs(facts: Sequence[Fact]) -> list[Sequence[Fact]]:
    return [facts[place : place + 2] for place in range(0, len(facts), 2)]


def _joined(files: Sequence[bytes]) -> bytes:
    from pypdf import PdfWriter

    writer = PdfWriter()
    for data in files:
        writer.append(BytesIO(data))
    # The typeface of each is the same in most of its parts; what is the same is kept once.
    writer.compress_identical_objects()
    out = BytesIO()
    writer.write(out)
    return out.getvalue()
