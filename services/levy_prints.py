"""征集单 on paper: 缴费通知单 and 应缴核定表 say on the screen and in the PDF the very same words."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlmodel import Session

from documents.levy_pdf import Fact, ItemLine, LevyPaper, write_notice_pdf, write_sheet_pdf
from documents.wage_file import insurance_name
from models.account import Account
from models.levy import Levy, LevyItem, LevyRun, list_issued
from models.levy_list import find_levy, list_items, list_versions
from models.region import Region, get_region
from models.unit import Unit, get_unit
from rules.capital_amounts import capital_amount
from rules.fields import N_
from rules.levies import ITEM_KINDS
from rules.money import yuan_text
from rules.refusals import Missing
from services.exchange import File
from services.levy_payments import Standing, standing
from services.prints import PDF
from translations import gettext as _

STATES = {"paid": N_("已缴清"), "open": N_("未缴清"), "late": N_("逾期"), "credit": N_("多缴或应退")}
"""缴费标志."""
_KINDS: dict[str, str] = dict(ITEM_KINDS)


@dataclass(frozen=True, slots=True)
class Printout:
    """A 征集单 with everything that stands on its paper; ``at`` is the moment of printing on the hall's clock."""

    levy: Levy
    items: Sequence[LevyItem]
    standing: Standing
    unit: Unit
    region: Region
    issuer: str
    newer: Levy | None
    printed_by: str
    at: datetime


def month_printouts(
    session: Session, unit_id: int, month: str, printed_by: str, at: datetime
) -> list[Printout]:
    """What counts of a unit's month YYYYMM, by 险种; none where nothing was issued."""
    return _printouts(session, list_issued(session, unit_id, month), printed_by, at)


def levy_printout(session: Session, unit_id: int, levy_id: int, printed_by: str, at: datetime) -> Printout:
    """One 征集单 of a unit, a version that was replaced, too. Raises ``Missing``."""
    levy = find_levy(session, unit_id, levy_id)
    if levy is None:
        raise Missing(levy_id)
    return _printouts(session, [levy], printed_by, at)[0]


def notice_paper(printout: Printout) -> LevyPaper:
    """缴费通知单: what is owed, to be paid by when. Source: manual, 征缴管理."""
    levy, rates = printout.levy, _rates(printout, "employee_millionths")
    facts = [
        (_("单位名称"), printout.unit.name),
        (_("单位编号"), printout.unit.unit_no),
        (_("统一社会信用代码"), printout.unit.uscc),
        (_("征集流水号"), levy.serial_no),
        (_("单位费率"), _rates(printout, "employer_millionths")),
        *([(_("个人费率"), rates)] if rates != "0%" else []),
        (_("缴费截止"), _day(levy.due_on)),
    ]
    how = _("征集金额 = 四舍五入（正常参保职工缴费基数之和 × 单位缴费费率，保留两位小数），先合计、后舍入。")
    clerk = _("经办人：%(name)s") % {"name": printout.printed_by}
    return _paper(printout, tuple(facts), (how, *_notes(printout)), clerk)


def sheet_paper(printout: Printout) -> LevyPaper:
    """应缴核定表: how it was fixed, each fact with its code. Source: GB/T 40217-2021."""
    levy, run_day = printout.levy, printout.levy.issued_at
    moment = run_day.astimezone(printout.at.tzinfo).strftime("%Y-%m-%d") if run_day else ""
    flag = _("已作废") if printout.newer else _(STATES[printout.standing.state])
    facts = (
        (_("单位名称 AAB004"), printout.unit.name),
        (_("单位编号 AAB001"), printout.unit.unit_no),
        (_("信用代码 BAB010"), printout.unit.uscc),
        (_("险种 AAE140"), f"{levy.insurance} {insurance_name(levy.insurance)}"),
        (_("费款所属期 AAE003"), levy.month),
        (_("流水号 AAE063"), levy.serial_no),
        (_("经办机构"), printout.region.bureau_name),
        (_("缴费截止"), _day(levy.due_on)),
        (_("经办日期"), moment),
        (_("缴费标志"), flag),
    )
    clerk = _("经办人：%(name)s") % {"name": printout.issuer}
    return _paper(printout, facts, _notes(printout), clerk)


def notice_pdf(printouts: Sequence[Printout]) -> File:
    """缴费通知单 of these 征集单, a page each; at least one of them."""
    return _file(printouts, notice_paper, write_notice_pdf, _("缴费通知单"))


def sheet_pdf(printouts: Sequence[Printout]) -> File:
    """应缴核定表 of these 征集单, a page each; at least one of them."""
    return _file(printouts, sheet_paper, write_sheet_pdf, _("应缴核定表"))


def _file(
    printouts: Sequence[Printout],
    make: Callable[[Printout], LevyPaper],
    write: Callable[[Sequence[LevyPaper]], tuple[bytes, list[str]]],
    word: str,
) -> File:
    content, _missing = write([make(one) for one in printouts])
    first = printouts[0]
    number = first.levy.serial_no if len(printouts) == 1 else first.levy.month
    return File(content, f"{word}_{first.unit.unit_no}_{number}.pdf", PDF)


def _printouts(session: Session, levies: Sequence[Levy], printed_by: str, at: datetime) -> list[Printout]:
    items = list_items(session, [levy.key for levy in levies])
    stand = standing(session, levies, at.date())
    found = []
    for levy in levies:
        run = session.get_one(LevyRun, levy.run_id)
        issuer = session.get(Account, run.issued_by)
        found.append(
            Printout(
                levy=levy,
                items=[item for item in items if item.levy_id == levy.key],
                standing=stand[levy.key],
                unit=get_unit(session, levy.unit_id),
                region=get_region(session, run.region_code),
                issuer=issuer.display_name if issuer else "",
                newer=list_versions(session, levy)[0] if levy.state == "replaced" else None,
                printed_by=printed_by,
                at=at,
            )
        )
    return found


def _paper(printout: Printout, facts: tuple[Fact, ...], notes: tuple[str, ...], clerk: str) -> LevyPaper:
    levy = printout.levy
    bureau = _("经办机构（章）：%(name)s") % {"name": printout.region.bureau_name}
    printed = _("打印时间：%(time)s") % {"time": f"{printout.at:%Y-%m-%d %H:%M}"}
    title = {"name": insurance_name(levy.insurance), "year": levy.month[:4], "month": int(levy.month[4:])}
    foot = {"no": levy.serial_no, "unit": printout.unit.name}
    return LevyPaper(
        title=_("（%(name)s　费款所属期 %(year)s 年 %(month)s 月）") % title,
        facts=facts,
        items=tuple(_item_line(item) for item in printout.items),
        total=_total_line(levy),
        capitals=capital_amount(levy.total_fen),
        sums=_sums(printout),
        notes=notes,
        signs=((bureau, _("单位（章）：")), (clerk, printed)),
        foot=_("征集流水号 %(no)s　%(unit)s") % foot,
    )


def _item_line(item: LevyItem) -> ItemLine:
    return ItemLine(
        kind=_(_KINDS[item.kind]),
        for_month=item.for_month,
        people=f"{item.people:,}",
        base_total=_whole(item.base_total_fen),
        employer_rate=_percent(item.employer_millionths),
        employee_rate=_percent(item.employee_millionths),
        employer=_yuan(item.employer_fen),
        employee=_yuan(item.employee_fen),
        total=_yuan(item.employer_fen + item.employee_fen),
    )


def _total_line(levy: Levy) -> ItemLine:
    return ItemLine(
        kind=_("合计"),
        for_month="",
        people="",
        base_total=_whole(levy.base_total_fen),
        employer_rate="",
        employee_rate="",
        employer=_yuan(levy.employer_fen),
        employee=_yuan(levy.employee_fen),
        total=_yuan(levy.total_fen),
    )


def _sums(printout: Printout) -> tuple[Fact, ...]:
    """What stands between 应缴合计 and what is to be paid today; none where they are the same."""
    now, lines = printout.standing, []
    if printout.newer or now.owed_fen == printout.levy.total_fen:
        return ()
    if now.late_fee_fen:
        words = _("滞纳金（逾期 %(days)s 天，计到 %(day)s）")
        lines.append(
            (words % {"days": now.days_late, "day": f"{printout.at:%Y-%m-%d}"}, _yuan(now.late_fee_fen))
        )
    if now.paid_fen:
        lines.append((_("已缴"), _yuan(-now.paid_fen)))
    if now.state == "credit":
        return (*lines, (_("多缴或应退"), _yuan(now.credit_fen)))
    return (*lines, (_("还应缴（大写）") + capital_amount(now.owed_fen), _yuan(now.owed_fen)))


def _notes(printout: Printout) -> tuple[str, ...]:
    levy, notes = printout.levy, []
    if levy.version > 1:
        words = _("第 %(version)s 版，重新核定的理由：%(reason)s")
        notes.append(words % {"version": levy.version, "reason": levy.reason})
    if printout.newer:
        words = _("本单已作废，由征集流水号 %(number)s 代替，请不要按本单缴费。")
        return (*notes, words % {"number": printout.newer.serial_no})
    return (*notes, *printout.standing.fee_lines())


def _rates(printout: Printout, name: str) -> str:
    return _("、").join(dict.fromkeys(_percent(getattr(item, name)) for item in printout.items)) or "0%"


def _percent(millionths: int) -> str:
    whole, part = divmod(millionths, 10_000)
    return f"{whole}.{part:04d}".rstrip("0").rstrip(".") + "%"


def _yuan(fen: int) -> str:
    return yuan_text(fen, grouped=True)


def _whole(fen: int) -> str:
    return _yuan(fen).removesuffix(".00")


def _day(day: date) -> str:
    return _("%(year)s 年 %(month)s 月 %(day)s 日") % {"year": day.year, "month": day.month, "day": day.day}
