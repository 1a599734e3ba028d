"""The 说明表: every answer of the declaration's statement on one page to sign and seal."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from documents.form_pdf import render_form
from documents.wage_file import insurance_name
from translations import gettext as _

Field = tuple[str, str]
Section = tuple[str, Sequence[Field]]

# Half a line holds this many Latin letters, or half as many Chinese ones.
_HALF_LINE = 26


@dataclass(frozen=True, slots=True)
class StatementFacts:
    """Whose statement it is; ``promise`` the sentence above the signatures, ``fingerprint`` hex."""

    unit_name: str
    year: int
    insurances: tuple[str, ...]
    promise: str
    fingerprint: str = ""


def write_statement_pdf(facts: StatementFacts, sections: Sequence[Section]) -> tuple[bytes, list[str]]:
    """The 说明表 as PDF, and the characters the typeface lacks. Source: manual 三(五) and (六).

    ``sections`` are (title, [(label, value)]) in the order of print; short values share a line.
    """
    foot = _("{unit}　{year}年度").format(unit=facts.unit_name, year=facts.year)
    if facts.fingerprint:
        foot += "　" + _("数据指纹 {mark}").format(mark=facts.fingerprint[:16])
    return render_form(
        "statement.html",
        {
            "facts": facts,
            "insurances": "、".join(insurance_name(code) for code in facts.insurances),
            "sections": [(title, _lines(fields)) for title, fields in sections],
            "foot": foot,
        },
    )


def _lines(fields: Sequence[Field]) -> list[list[Field]]:
    """Fields in lines of two; a long value has a line of its own, and so has one left alone."""
    lines: list[list[Field]] = []
    half: list[Field] = []
    for label, value in fields:
        if sum(1 if one.isascii() else 2 for one in value) > _HALF_LINE:
            if half:
                lines.append(half)
                half = []
            lines.append([(label, value)])
            continue
        half.append((label, value))
        if len(half) == 2:
            lines.append(half)
            half = []
    return [*lines, half] if half else lines
