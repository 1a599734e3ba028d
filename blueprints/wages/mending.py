"""A staged line as the table of lines to mend shows it, and what the table's fields ask for when they come back."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, NamedTuple

from blueprints.shared.sentences import say
from documents.wage_file import HEADINGS
from models.upload import LINES_A_PAGE, Kind, Upload, UploadLine, UploadRepair
from rules.identity import mask_id
from rules.numbers import whole_number
from rules.refusals import Refusal
from services.line_check import split_cells
from services.repairs import Repair
from translations import gettext as _

WAGE, ID = HEADINGS[5], HEADINGS[3]
LONGEST_WAGE, LINES_AT_ONCE = 60, 2 * LINES_A_PAGE
# Lists whose lines are mended in place; the others are only looked at.
MENDED = ("todo", "refused", "warned", "skipped", "repaired")
# One line too many has nothing in it to be mended; it can only be left out.
ONLY_TO_SKIP = ("line.duplicate",)
SKIPPED_BY_PROPOSAL = ("line.duplicate", "line.unknown_person")
# Says what stands on the whole line; the text may end in the middle of an identity number.
WHOLE_LINE = "line.cells"
LONG_NUMBER = re.compile(r"\d{8,}[Xx]?")

# What was put in place of a line's cells, as it was sent or as it is kept.
Mended = Repair | UploadRepair


class Fix(NamedTuple):
    """A line of the table: what the file says, why that will not do, and the fields to put it right."""

    line: UploadLine
    tone: str
    shape: str
    word: str
    column: str
    value: str
    reason: str
    offer: str
    text: str
    has_wage: bool
    people: list[dict[str, Any]]
    chosen: int | None
    seen: str

    @property
    def is_wrong(self) -> bool:
        """Whether the wage typed is what stands in the way."""
        return self.tone == "bad-row" and self.column == WAGE


def draw_fix(line: UploadLine, repair: Mended | None) -> Fix:
    """The line with its reason in words; ``repair`` is what the clerk put in place of its cells, if anything."""
    chosen = repair.wage_row_id if repair else None
    is_typed = repair is not None and repair.wage is not None
    params = line.params or {}
    people = params.get("candidates", [])
    column = line.column_name or WAGE
    tone, shape, word = _state(line)
    return Fix(
        line,
        tone,
        shape,
        word,
        column,
        value_of(line),
        reason_of(line),
        _offer(line, people),
        line.wage_text,
        line.code not in ONLY_TO_SKIP and bool(line.wage_row_id or people),
        people,
        chosen,
        f"{chosen or ''}:{int(line.is_skipped)}:{int(is_typed)}:{line.wage_text}",
    )


def reason_of(line: UploadLine) -> str:
    """Why the line is where it is, as one sentence."""
    if line.code:
        value = mask_id(line.value or "") if line.column_name == ID else line.value or ""
        return told(line.code, {"value": value, **(line.params or {})})
    if not line.is_repaired or line.is_skipped:
        return ""
    return _("与系统中的相同，不用写入。") if line.outcome == "unchanged" else _("可以写入。")


def told(code: str, params: Mapping[str, Any]) -> str:
    """The sentence for a line's code; the people it may be are for choosing, not for saying.

    Of the long numbers in a line that is shown as it stands, only the ends are said.
    """
    said = {name: value for name, value in params.items() if name != "candidates"}
    if code == WHOLE_LINE:
        said["value"] = LONG_NUMBER.sub(lambda number: mask_id(number[0]), said["value"])
    return say(code, said)


def _state(line: UploadLine) -> tuple[str, str, str]:
    """The row's class, and its state as shape and word."""
    if line.is_skipped:
        return "", "skip-it", _("本行不导入")
    if line.outcome == "refused":
        return "bad-row", "fail", _("待修正")
    if line.outcome == "warned":
        words = (_("请核对"), _("需说明"), _("已修正，请核对"), _("已修正，需说明"))
        return "ask-row", "ask", words[2 * line.is_repaired + (line.severity == "explain")]
    return "", "ok", _("已修正")


def value_of(line: UploadLine) -> str:
    """The cell in question as the file has it, whatever was put in its place."""
    value, column = line.value or "", line.column_name or WAGE
    if line.cells and (line.is_repaired or line.code in (None, WHOLE_LINE)) and column in HEADINGS:
        value = _cell(line, column)
    return mask_id(value) if column == ID else value


def _offer(line: UploadLine, people: list[dict[str, Any]]) -> str:
    """The proposal in words; leaving a line out has its tick."""
    fix = {} if line.is_skipped else line.fix or {}
    if "wage" in fix:
        return _("用建议 %(wage)s") % {"wage": fix["wage"]}
    found = next((one for one in people if one["row"] == fix.get("row")), None)
    return _("用建议 %(name)s %(id)s") % found if found else ""


def repair_from(form: Mapping[str, str], number: int, offered: Repair | None) -> Repair | None:
    """What the fields of a line's row ask for; None where nobody touched them. Raises ``Refusal`` ``form.damaged``.

    ``w`` is the wage, ``p`` the person, ``s`` 本行不导入, ``o`` what they were when drawn; ``f`` is the button
    that takes the proposal, ``offered``, ``r`` the one that takes the repair back; each with the line's number.
    """
    seen = _Seen.read(form.get(f"o{number}", ""))
    text = form.get(f"w{number}", seen.text).strip()[:LONGEST_WAGE]
    chosen = _number(form.get(f"p{number}", str(seen.chosen or "")))
    is_skipped = f"s{number}" in form
    is_changed = text != seen.text.strip()
    wage = text if is_changed or seen.is_typed else None
    if f"r{number}" in form:
        return Repair(number)
    if f"f{number}" in form and offered is not None:
        if offered.is_skipped:
            return offered
        return Repair(number, offered.wage or wage, offered.wage_row_id or chosen)
    if not is_changed and (chosen, is_skipped) == (seen.chosen, seen.is_skipped):
        return None
    return Repair(number, is_skipped=True) if is_skipped else Repair(number, wage, chosen)


class _Seen(NamedTuple):
    """A row's fields as they were drawn; ``is_typed`` tells a wage typed here from the file's own."""

    chosen: int | None
    is_skipped: bool
    is_typed: bool
    text: str

    @classmethod
    def read(cls, field: str) -> _Seen:
        """From the row's hidden field."""
        parts = field.split(":", 3)
        if len(parts) != 4:
            raise Refusal("form.damaged")
        return cls(_number(parts[0]), parts[1] == "1", parts[2] == "1", parts[3])


def line_numbers(form: Mapping[str, str]) -> list[int]:
    """The lines whose fields came back, in order, at most two pages of them."""
    numbers = {whole_number(name[1:]) for name in form if name[:1] == "o"}
    return sorted(number for number in numbers if number is not None)[:LINES_AT_ONCE]


def _cell(line: UploadLine, column: str) -> str:
    """What the file has in a column."""
    return split_cells(line.cells)[HEADINGS.index(column)].strip() if line.cells else ""


def _number(text: str) -> int | None:
    if not text:
        return None
    number = whole_number(text)
    if number is None:
        raise Refusal("form.damaged")
    return number


class KindSeen(NamedTuple):
    """Lines that say the same, in words: how many are open, how many can be mended at once, how many are left out."""

    code: str
    word: str
    shape: str
    open: int
    fixable: int
    skipped: int


def draw_kinds(kinds: list[Kind]) -> list[KindSeen]:
    """The kinds of findings, refused and left out lines of the same kind put together."""
    found: dict[str, KindSeen] = {}
    for kind in kinds:
        shape = {"block": "fail", "explain": "ask"}.get(kind.severity, "skip-it")
        seen = found.get(kind.code, KindSeen(kind.code, kind_word(kind.code), shape, 0, 0, 0))
        found[kind.code] = seen._replace(
            open=seen.open + kind.count - kind.skipped,
            # Its proposal is to leave the line out, and that has a button of its own.
            fixable=0 if kind.code in SKIPPED_BY_PROPOSAL else seen.fixable + kind.fixable,
            skipped=seen.skipped + kind.skipped,
        )
    return list(found.values())


def kind_word(code: str) -> str:
    """What lines with this code have in common, in a few words."""
    words = {
        "wage.not_a_number": _("现工资不是金额"),
        "wage.scientific": _("现工资是科学记数法"),
        "wage.unit_word": _("现工资带着“千”“万”“元”等字"),
        "wage.formula": _("现工资是没有算出来的公式"),
        "wage.negative": _("现工资是负数"),
        "wage.decimals": _("现工资超过两位小数"),
        "wage.too_large": _("现工资太大"),
        "wage.separators": _("现工资的逗号或空格位置不对"),
        "wage.changed_much": _("比原工资变动超过 30%"),
        "wage.tenfold": _("可能多写或少写了一位"),
        "wage.looks_monthly": _("可能填成了月工资"),
        "wage.looks_annual": _("可能填成了年工资"),
        "wage.under_one": _("现工资不到 1 元"),
        "wage.excluded": _("现工资是 0 元，此次不申报"),
        "wage.below_floor": _("低于缴费基数下限"),
        "wage.above_cap": _("高于缴费基数上限"),
        "line.unknown_person": _("名单里没有这个人"),
        "line.ambiguous_person": _("分不清是名单里的哪个人"),
        "line.name_differs": _("编号和姓名不是同一个人"),
        "line.id_differs": _("证件号码与系统不同"),
        "line.duplicate": _("同一个人有两行"),
        "line.old_wage_changed": _("金额填在了原工资一列"),
        "line.old_wage_differs": _("原工资与系统不同"),
        "line.found_by_id": _("个人编号对不上，按证件号码找到"),
        "line.found_by_name": _("个人编号对不上，按姓名找到"),
        "line.cells": _("这一行的格子和表头对不齐"),
    }
    return words.get(code, _("其他"))


def put_right(upload: Upload) -> list[str]:
    """What was put right silently while reading, in words; amounts and people are the same as in the file."""
    counted = {
        "amount_written": _("全角数字、千分位逗号等写法 %(n)s 处"),
        "zeros_padded": _("个人编号丢失的前导零 %(n)s 处"),
        "found_by_id": _("没有个人编号、按证件号码找到 %(n)s 人"),
        "found_by_name": _("没有个人编号、按姓名找到 %(n)s 人"),
        "id_ruined": _("被表格软件改坏的证件号码 %(n)s 处，没有采用"),
        "lower_case_x": _("小写 x %(n)s 处"),
        "trimmed_lines": _("多余空格 %(n)s 行"),
        "blank_lines": _("空行 %(n)s 行"),
        "total_lines": _("合计、小计 %(n)s 行"),
        "heading_lines": _("重复的表头 %(n)s 行"),
        "note_lines": _("制表人、说明等文字 %(n)s 行"),
        "formulas": _("没有算出结果的公式 %(n)s 处"),
    }
    once = {
        "bom": _("文件开头的编码标记"),
        "utf16": _("Unicode 文本编码"),
        "line_ends": _("换行方式"),
        "csv": _("逗号分隔"),
        "renamed": _("文件的扩展名与内容不符，已按内容读取"),
        "old_batch": _("文件是刷新名单之前下载的，已按现在的名单逐行核对"),
    }
    fixes = upload.fixes or {}
    return [counted[name] % {"n": fixes[name]} for name in counted if fixes.get(name)] + [
        once[name] for name in once if fixes.get(name)
    ]
