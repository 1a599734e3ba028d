"""The 申报表: a cover to sign and seal, then everybody by name, at a cost that grows with the rows only."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import BinaryIO

from documents.pen import Align, Pen, new_canvas
from documents.wage_file import basis_name, insurance_name
from rules.money import yuan_text
from translations import gettext as _

_LEFT, _RIGHT, _TOP, _BOTTOM = 36.0, 559.28, 806.0, 36.0
_ROW = 20.0
_HEADING = 34.0
_TABLE_TOP = _TOP - 32.0
_FOOTER = _BOTTOM - 4.0
ROWS_PER_PAGE = int((_TABLE_TOP - _HEADING - _BOTTOM - 16.0) // _ROW)
_COVER_PAGES = 1
_SIZE = 8.5


@dataclass(frozen=True, slots=True)
class InsuranceFigures:
    """The sums of one insurance ("310", "410", "510"); amounts in fen, texts as they are to be printed.

    ``below_…`` and ``above_…`` are the people whose wage is under the floor or over the cap, and the sums
    of their bases before and after being brought to it. None prints as a dash.
    """

    insurance: str
    insured: int
    declared: int
    previous_wages_fen: int | None
    monthly_average_fen: int | None
    below_people: int
    below_before_fen: int
    below_after_fen: int
    above_people: int
    above_before_fen: int
    above_after_fen: int
    base_total_fen: int
    previous_base_total_fen: int | None
    growth_text: str
    rate_text: str
    monthly_amount_fen: int | None


@dataclass(frozen=True, slots=True)
class DeclarationCover:
    """What the cover says. ``facts`` are (label, value) pairs in the order of print.

    ``base_groups`` are the headings of the base columns (one to three, "医疗", "工伤生育"), ``total_rows``
    the number of rows that will follow, ``fingerprint`` the hex digest of the data (printed in short).
    """

    unit_name: str
    unit_no: str
    year: int
    wage_basis: str
    facts: tuple[tuple[str, str], ...]
    figures: tuple[InsuranceFigures, ...]
    base_groups: tuple[str, ...]
    total_rows: int
    fingerprint: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class RosterRow:
    """One person; wages in fen on the cover's basis, one monthly base in fen for each base group."""

    seq: int
    name: str
    id_masked: str
    old_wage_fen: int | None
    wage_fen: int | None
    base_fens: tuple[int | None, ...]


def write_declaration_pdf(
    cover: DeclarationCover,
    rows: Iterable[RosterRow],
    out: BinaryIO,
    progress: Callable[[int], None] | None = None,
) -> list[str]:
    """Write the 申报表 to ``out``; answers the characters the typeface lacks (printed as 〔U+…〕).

    ``progress`` is called after each page of people with the rows done. Raises ValueError if the rows are
    not as many as the cover says, since the number of pages is already printed then. Source: manual 三(六).
    """
    canvas = new_canvas(out, _("社会保险缴费基数申报表"))
    pen = Pen(canvas)
    pages = page_count(cover.total_rows)
    _cover_page(pen, cover)
    _footer(pen, cover, 1, pages)
    pen.end_page()
    done = 0
    for page, chunk in enumerate(_chunks(rows), start=_COVER_PAGES + 1):
        done += len(chunk)
        if done > cover.total_rows:
            break
        _people_page(pen, cover, chunk)
        _footer(pen, cover, page, pages)
        pen.end_page()
        if progress:
            progress(done)
    if done != cover.total_rows:
        raise ValueError(f"the cover says {cover.total_rows} rows, at least {done} came")
    canvas.save()
    return pen.missing


def page_count(total_rows: int) -> int:
    """How many pages a declaration with so many people has."""
    return _COVER_PAGES + -(-total_rows // ROWS_PER_PAGE)


def _chunks(rows: Iterable[RosterRow]) -> Iterable[list[RosterRow]]:
    chunk: list[RosterRow] = []
    for row in rows:
        chunk.append(row)
        if len(chunk) == ROWS_PER_PAGE:
            yield chunk
            chunk = []
    if chunk:
        yield chunk


def _footer(pen: Pen, cover: DeclarationCover, page: int, pages: int) -> None:
    left = _("{unit}　{year}年度　数据指纹 {mark}").format(
        unit=cover.unit_name, year=cover.year, mark=cover.fingerprint[:16]
    )
    pen.boxed(_LEFT - 3, _FOOTER - 10, 400, 14, left, 8)
    number = _("第 {page} 页 共 {pages} 页").format(page=page, pages=pages)
    pen.boxed(_RIGHT - 117, _FOOTER - 10, 120, 14, number, 8, "right")


# The cover --------------------------------------------------------------------------------------


def _cover_page(pen: Pen, cover: DeclarationCover) -> None:
    middle = (_LEFT + _RIGHT) / 2
    pen.text(middle, _TOP - 24, _("社会保险缴费基数申报表"), 20, "center")
    names = "、".join(insurance_name(one.insurance) for one in cover.figures)
    line = _("{year}年度　险种：{names}").format(year=cover.year, names=names)
    pen.boxed(_LEFT, _TOP - 54, _RIGHT - _LEFT, 18, line, 11, "center")
    y = _facts(pen, cover.facts, _TOP - 66)
    y = _figures(pen, cover, y - 16)
    if cover.note:
        pen.boxed(_LEFT - 3, y - 34, _RIGHT - _LEFT + 6, 30, cover.note, 9)
        y -= 34
    _signatures(pen, min(y - 34, _BOTTOM + 140))


def _facts(pen: Pen, facts: tuple[tuple[str, str], ...], top: float) -> float:
    """A grid of two pairs a line; the y of its lower edge."""
    label, half, height = 82.0, (_RIGHT - _LEFT) / 2, 24.0
    lines = -(-len(facts) // 2)
    ys = [top - height * number for number in range(lines + 1)]
    for place, (name, value) in enumerate(facts):
        x = _LEFT + half * (place % 2)
        y = ys[place // 2 + 1]
        pen.shade(x, y, label, height)
        pen.boxed(x, y, label, height, name, 9.5)
        pen.boxed(x + label, y, half - label, height, value, 9.5)
    if facts:
        pen.grid([_LEFT, _LEFT + label, _LEFT + half, _LEFT + half + label, _RIGHT], ys)
    return ys[-1]


def _figure_lines() -> list[tuple[str, Callable[[InsuranceFigures], str]]]:
    unit = _("元")
    month = basis_name("monthly")

    def money(label: str, unit: str) -> str:
        return f"{label}（{unit}）"

    return [
        (_("参保人数（人）"), lambda one: str(one.insured)),
        (_("申报人数（人）"), lambda one: str(one.declared)),
        (money(_("上年工资总额"), unit), lambda one: _yuan(one.previous_wages_fen)),
        (money(_("月人均工资"), month), lambda one: _yuan(one.monthly_average_fen)),
        (_("低于下限人数（人）"), lambda one: str(one.below_people)),
        (money(_("低于下限　调整前合计"), month), lambda one: _yuan(one.below_before_fen)),
        (money(_("低于下限　调整后合计"), month), lambda one: _yuan(one.below_after_fen)),
        (_("高于上限人数（人）"), lambda one: str(one.above_people)),
        (money(_("高于上限　调整前合计"), month), lambda one: _yuan(one.above_before_fen)),
        (money(_("高于上限　调整后合计"), month), lambda one: _yuan(one.above_after_fen)),
        (money(_("缴费基数合计"), month), lambda one: _yuan(one.base_total_fen)),
        (money(_("上年缴费基数合计"), month), lambda one: _yuan(one.previous_base_total_fen)),
        (_("缴费基数增减率"), lambda one: one.growth_text or "—"),
        (_("费率"), lambda one: one.rate_text or "—"),
        (money(_("预计月缴费额"), unit), lambda one: _yuan(one.monthly_amount_fen)),
    ]


def _figures(pen: Pen, cover: DeclarationCover, top: float) -> float:
    """The table of sums, a column an insurance; the y of its lower edge."""
    lines = _figure_lines()
    label, height = 190.0, 21.0
    width = (_RIGHT - _LEFT - label) / max(len(cover.figures), 1)
    xs = [_LEFT, *(_LEFT + label + width * number for number in range(len(cover.figures) + 1))]
    ys = [top - height * number for number in range(len(lines) + 2)]
    pen.shade(_LEFT, ys[1], _RIGHT - _LEFT, height)
    pen.boxed(_LEFT, ys[1], label, height, _("项目"), 9.5, "center")
    for place, one in enumerate(cover.figures):
        pen.boxed(xs[place + 1], ys[1], width, height, insurance_name(one.insurance), 9.5, "center")
    for number, (name, value) in enumerate(lines):
        y = ys[number + 2]
        pen.boxed(_LEFT, y, label, height, name, 9.5)
        for place, one in enumerate(cover.figures):
            pen.boxed(xs[place + 1], y, width, height, value(one), 9.5, "right")
    pen.grid(xs, ys)
    return ys[-1]


def _signatures(pen: Pen, y: float) -> None:
    half = (_RIGHT - _LEFT) / 2
    signs = (
        (_("单位负责人（签字）："), _("填报人（签字）：")),
        (_("单位（公章）："), _("经办机构（盖章）：")),
    )
    for line in signs:
        for place, label in enumerate(line):
            x = _LEFT + half * place
            pen.text(x, y, label, 10)
            end = x + pen.width(label, 10)
            pen.line(end, y - 3, x + half - 24, y - 3)
        y -= 36
    for place in (0, 1):
        pen.text(_LEFT + half * (place + 1) - 24, y, _("年　　　月　　　日"), 10, "right")


# The people -------------------------------------------------------------------------------------


def _columns(cover: DeclarationCover) -> list[tuple[str, float, Align]]:
    unit = basis_name(cover.wage_basis)
    month = basis_name("monthly")
    base = 58.0 if len(cover.base_groups) < 3 else 50.0
    columns: list[tuple[str, float, Align]] = [
        (_("序号"), 32, "center"),
        (_("姓名"), 80, "left"),
        (_("证件号码"), 92, "left"),
        (_("原工资") + f"\n（{unit}）", 60, "right"),
        (_("现工资") + f"\n（{unit}）", 60, "right"),
    ]
    for group in cover.base_groups:
        columns.append((_("{group}\n缴费基数\n（{unit}）").format(group=group, unit=month), base, "right"))
    left = _RIGHT - _LEFT - sum(width for _name, width, _align in columns)
    return [*columns, (_("本人签字"), left, "center")]


def _people_page(pen: Pen, cover: DeclarationCover, rows: list[RosterRow]) -> None:
    columns = _columns(cover)
    xs = [_LEFT]
    for _name, width, _align in columns:
        xs.append(xs[-1] + width)
    title = _("{year}年度社会保险缴费基数申报表（人员明细）").format(year=cover.year)
    pen.text((_LEFT + _RIGHT) / 2, _TOP - 10, title, 12, "center")
    pen.boxed(
        _LEFT - 3,
        _TABLE_TOP + 3,
        _RIGHT - _LEFT,
        12,
        _("单位编号：{no}　{name}").format(no=cover.unit_no, name=cover.unit_name),
        8.5,
    )
    y = _TABLE_TOP - _HEADING
    pen.shade(_LEFT, y, _RIGHT - _LEFT, _HEADING)
    for x, (name, width, _align) in zip(xs, columns, strict=False):
        pen.boxed(x, y, width, _HEADING, name, 8.5, "center")
    ys = [_TABLE_TOP, y]
    for row in rows:
        y -= _ROW
        ys.append(y)
        for x, (_name, width, align), value in zip(xs, columns, _values(row), strict=False):
            pen.boxed(x, y, width, _ROW, value, _SIZE, align)
    pen.grid(xs, ys)


def _values(row: RosterRow) -> tuple[str, ...]:
    return (
        str(row.seq),
        row.name,
        row.id_masked,
        yuan_text(row.old_wage_fen, grouped=True),
        yuan_text(row.wage_fen, grouped=True),
        *(yuan_text(fen, grouped=True) for fen in row.base_fens),
    )


def _yuan(fen: int | None) -> str:
    return "—" if fen is None else yuan_text(fen, grouped=True)
