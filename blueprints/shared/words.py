"""Names and figures as a clerk reads them: states, insurances, wages, moments; used by every template."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from flask import Flask

from blueprints.shared import clock
from blueprints.shared.audit_words import audit_broken, audit_word
from models.filing import Filing
from models.filing_parts import FilingLine
from models.project import Project
from rules.capital_amounts import capital_amount
from rules.filing_states import WAGES
from rules.identity import mask_id
from rules.insurances import CHOICES
from rules.money import yuan_text
from rules.people import ENROLMENT_STATES, LEAVING_REASONS
from rules.wages import change_permille
from services.kind_list import find_kind
from services.kinds import Kind
from services.prints import shown
from translations import gettext as _


def yuan(fen: int | None) -> str:
    """Fen as grouped yuan; a dash where there is none."""
    return "—" if fen is None else yuan_text(fen, grouped=True)


def whole_yuan(fen: int | None) -> str:
    """Fen as yuan without decimals where there are none to show, as bases are."""
    text = yuan(fen)
    return text.removesuffix(".00")


def insurance_word(code: str) -> str:
    return _(dict(CHOICES).get(code, code))


def insurance_words(codes: Iterable[str]) -> str:
    return _("、").join(insurance_word(code) for code in codes)


def basis_word(basis: str) -> str:
    return _("元/年") if basis == "annual" else _("元/月")


def basis_hint(basis: str) -> str:
    """What to type, in a sentence's beginning."""
    return _("填上年度工资总额（元/年）") if basis == "annual" else _("填上年度月平均工资（元/月）")


def state_word(state: str) -> str:
    """A declaration's, a filing's or an upload's state as the bureau calls it."""
    words = {
        "none": _("未开始"),
        "starting": _("正在计算"),
        "failed": _("提交失败"),
        "start_failed": _("开始失败"),
        "open": _("开始申报"),
        "submitting": _("提交中"),
        "pending": _("待审核"),
        "submitted": _("已申报"),
        "approved": _("审核通过"),
        "returned": _("退回"),
        "cancelled": _("已放弃"),
        "statement_saved": _("说明已保存"),
        "backed_up": _("已备份"),
        "stale_backup": _("需重新备份"),
        "checking": _("正在检查"),
        "checked": _("检查完毕，等您处理"),
        "refused": _("没有通过检查"),
        "applying": _("正在写入"),
        "applied": _("已写入"),
        "discarded": _("已放弃"),
    }
    return words.get(state, state)


def filing_word(state: str) -> str:
    """A filing's state, or a step of its timeline, as the bureau calls it."""
    words = {
        "draft": _("待提交"),
        "refused": _("审核不通过"),
        "cancelled": _("已作废"),
        "withdrawn": _("撤回"),
        "taken": _("审核中"),
        "put_back": _("放回待审"),
        "consented": _("一人同意，等另一人"),
        "consent_taken_back": _("撤回同意"),
    }
    return words.get(state) or state_word(state)


def kind_word(kind: str) -> str:
    """The name of a kind of 业务."""
    return _("工资申报") if kind == WAGES else _(find_kind(kind).label_msgid)


def filing_title(filing: Filing) -> str:
    """What a filing is about, for a list: its kind, then whom or what."""
    if filing.kind == WAGES:
        return _("%(year)s 年度工资申报") % {"year": filing.year}
    words = kind_word(filing.kind)
    if not filing.title:
        return words
    if filing.people > 1:
        return words + _("：%(name)s 等 %(count)s 人") % {"name": filing.title, "count": filing.people}
    return words + _("：%(name)s") % {"name": filing.title}


def line_text(line: FilingLine, kind: Kind) -> str:
    """A filing's line in one row of a list: what its form requires, besides the name."""
    fields = [one for name, one in kind.fields.items() if one.required and name != "name"]
    return _("，").join(filter(None, (shown(one, line.content.get(one.name)) for one in fields)))


def state_shape(state: str) -> str:
    """The class that gives a state its shape and colour; the word stands beside it."""
    shapes = {
        "submitting": "busy",
        "taken": "busy",
        "put_back": "busy",
        "consented": "busy",
        "consent_taken_back": "busy",
        "draft": "ask",
        "withdrawn": "ask",
        "starting": "busy",
        "checking": "busy",
        "applying": "busy",
        "pending": "busy",
        "submitted": "busy",
        "approved": "ok",
        "applied": "ok",
        "returned": "fail",
        "failed": "fail",
        "start_failed": "fail",
        "refused": "fail",
        "checked": "ask",
        "stale_backup": "ask",
        "discarded": "skip-it",
        "cancelled": "skip-it",
    }
    return shapes.get(state, "")


def project_standing(project: Project) -> str:
    """How a project stands today, as ``Project.standing`` calls it."""
    today = clock.today()
    return project.standing(today)


def project_word(standing: str) -> str:
    """How a project stands, as the bureau calls it: what is not paid for is not in force."""
    words = {
        "unpaid": _("未生效，待缴费"),
        "waiting": _("已缴费，待开工"),
        "covered": _("参保中"),
        "expired": _("已到期"),
        "completed": _("已竣工"),
        "ended": _("已终止"),
    }
    return words[standing]


def project_shape(standing: str) -> str:
    """The class that gives a project's standing its shape and colour."""
    return {"unpaid": "ask", "expired": "ask", "covered": "ok", "waiting": "ok"}.get(standing, "skip-it")


def right_word(right: str) -> str:
    """What an operator may do, as the unit's administrator gives it; or a duty of the bureau's staff."""
    words = {
        "entry": _("录入"),
        "submit": _("申报"),
        "people": _("人员"),
        "query": _("查询"),
        "reveal": _("看完整证件号码和导出名单"),
        "accept": _("受理"),
        "review": _("复核"),
        "levy": _("征缴"),
        "parameters": _("参数"),
        "system": _("系统管理"),
        "security": _("安全管理"),
        "audit": _("审计"),
        "support": _("客服"),
        "vendor": _("技术支持"),
    }
    return words[right]


def enrolment_word(state: str) -> str:
    """The state of a person's cover in one 险种 (AAC031)."""
    return _(dict(ENROLMENT_STATES)[state])


def leaving_reason(code: str) -> str:
    """Why a cover ended (AAE160)."""
    return _(dict(LEAVING_REASONS).get(code, code))


def month_word(month: str | None) -> str:
    """A month YYYYMM as 2026-06."""
    return f"{month[:4]}-{month[4:]}" if month else ""


def row_word(state: str) -> str:
    """The state of one person's wage in the grid."""
    words = {
        "saved": _("已保存"),
        "explain": _("需说明"),
        "excluded": _("此次不申报"),
        "left": _("未录入"),
        "refused": _("未保存"),
        "conflict": _("未保存"),
    }
    return words[state]


def row_shape(state: str) -> str:
    """The class that gives a row's state its shape; 未录入 has none."""
    shapes = {"saved": "ok", "explain": "ask", "excluded": "skip-it", "refused": "fail", "conflict": "fail"}
    return shapes.get(state, "")


def local(moment: datetime) -> datetime:
    """A UTC moment on the region's clock."""
    return moment.astimezone(clock.now().tzinfo)


def moment_text(moment: datetime | None, pattern: str = "%m-%d %H:%M") -> str:
    return local(moment).strftime(pattern) if moment else ""


def day_text(day: date) -> str:
    return _("%(month)s 月 %(day)s 日") % {"month": day.month, "day": day.day}


def percent(permille: int | None) -> str:
    """Permille with its sign as percent: +3.4%."""
    if permille is None:
        return "—"
    sign = "+" if permille > 0 else "−" if permille < 0 else ""
    whole, tenth = divmod(abs(permille), 10)
    return f"{sign}{whole}.{tenth}%" if tenth else f"{sign}{whole}%"


def rate_text(millionths: int) -> str:
    """A rate in millionths of the base as percent: 2300 is 0.23%."""
    return f"{Decimal(millionths).scaleb(-4).normalize():f}%"


def change(new_fen: int, old_fen: int) -> str:
    """How much a sum has changed, as percent."""
    return percent(change_permille(old_fen, new_fen))


def grouped_digest(digest: str) -> str:
    """A digest in groups of four, to be read aloud."""
    return " ".join(digest[i : i + 4] for i in range(0, len(digest), 4))


def page_word(message: str, **values: object) -> str:
    """``_`` of the templates: the message in the reader's language; ``%%`` is a percent sign.

    A plain text, so the template escapes it and its values. Jinja's own extension does the same at ten
    times the cost, and a page of the grid asks 300 times.
    """
    text = _(message)
    return text % values if "%" in text else text


def standing_word(state: str) -> str:
    """How a 征集单 stands by its payments, as ``services.levy_payments.Standing`` calls it."""
    words = {"paid": _("已缴清"), "open": _("未缴清"), "late": _("逾期"), "credit": _("多缴或应退")}
    return words[state]


def standing_shape(state: str) -> str:
    """The class that gives such a state its shape and colour."""
    return {"paid": "ok", "open": "ask", "late": "fail", "credit": "ok"}[state]


def install_words(app: Flask) -> None:
    """Hand these words to every template."""
    app.jinja_env.globals["_"] = page_word
    filters: dict[str, Any] = {
        "yuan": yuan,
        "whole_yuan": whole_yuan,
        "masked": mask_id,
        "insurance": insurance_word,
        "insurances": insurance_words,
        "basis": basis_word,
        "basis_hint": basis_hint,
        "state_word": state_word,
        "filing_word": filing_word,
        "filing_title": filing_title,
        "field_text": shown,
        "line_text": line_text,
        "kind_word": kind_word,
        "state_shape": state_shape,
        "project_standing": project_standing,
        "project_word": project_word,
        "project_shape": project_shape,
        "right_word": right_word,
        "enrolment_word": enrolment_word,
        "leaving_reason": leaving_reason,
        "month": month_word,
        "row_word": row_word,
        "row_shape": row_shape,
        "moment": moment_text,
        "day": day_text,
        "percent": percent,
        "rate": rate_text,
        "change": change,
        "fingerprint": grouped_digest,
    }
    app.jinja_env.filters.update(filters)
    app.jinja_env.filters.update(
        standing_word=standing_word, standing_shape=standing_shape, capital=capital_amount
    )
    app.jinja_env.filters.update(audit_word=audit_word, audit_broken=audit_broken)
