"""The words of a notice: all of them for the screen, and for a mail those that tell nobody's name."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any, NamedTuple

from documents.wage_file import insurance_name
from rules.fields import N_
from rules.filing_states import WAGES
from services.kind_list import find_kind
from translations import gettext as _


class Words(NamedTuple):
    """What a kind of notice says on the screen, and in a mail where that is something else."""

    screen: str
    mail: str = ""


WORDS = {
    "filing_pending": Words(N_("%(what)s已提交，等社保局审核")),
    "filing_approved": Words(N_("%(what)s审核通过")),
    "filing_refused": Words(N_("%(what)s审核不通过")),
    "filing_returned": Words(N_("%(what)s被退回，改好后再提交")),
    "filing_failed": Words(N_("%(what)s提交失败，请看原因后重新申报")),
    "filing_withdrawn": Words(N_("%(what)s已撤回，现在是“待提交”")),
    "filing_cancelled": Words(N_("%(what)s已作废")),
    "window_closes": Words(N_("%(year)s 年度工资申报 %(day)s截止，%(insurances)s还没有申报")),
    "declare_reminder": Words(
        N_("社保局提醒：%(year)s 年度工资申报 %(day)s截止，%(insurances)s还没有提交，请尽快申报")
    ),
    "declare_late": Words(
        N_("社保局提醒：%(year)s 年度工资申报 %(day)s已截止，%(insurances)s没有申报，请马上补报并说明原因")
    ),
    "declare_returned": Words(
        N_("社保局提醒：%(year)s 年度工资申报（%(insurances)s）已被退回，请改好后再提交，%(day)s截止")
    ),
    "assessed": Words(
        N_(
            "%(year)s 年度工资没有申报，%(period)s%(insurances)s按上月应缴的 %(percent)s%%核定为 %(amount)s 元；"
            "请尽快补报，补报后再结算"
        )
    ),
    "certificate_expires": Words(
        N_("UKey 证书（%(subject)s）%(day)s到期，到期后不能用它登录，请尽快续期"),
        N_("UKey 证书 %(day)s到期，到期后不能用它登录，请尽快续期"),
    ),
    "delegation_ends": Words(
        N_("给%(firm)s%(agent)s的委托 %(day)s到期，之后不能再代办"),
        N_("本单位的一项委托 %(day)s到期，之后不能再代办"),
    ),
    "mandate_ends": Words(
        N_("%(unit)s给%(agent)s的委托 %(day)s到期，之后不能再代办"),
        N_("本单位受托代办的一项委托 %(day)s到期，之后不能再代办"),
    ),
    "delegation_confirmed": Words(
        N_("社保局已确认给%(firm)s%(agent)s的委托，%(day)s到期"),
        N_("社保局已确认本单位的一项委托，%(day)s到期"),
    ),
    "mandate_confirmed": Words(
        N_("社保局已确认%(unit)s给%(agent)s的委托，%(day)s到期"),
        N_("社保局已确认委托本单位代办的一项委托，%(day)s到期"),
    ),
    "delegation_refused": Words(
        N_("社保局没有同意给%(firm)s%(agent)s的委托"), N_("社保局没有同意本单位的一项委托")
    ),
    "correction_settled": Words(N_("核对单（%(number)s）社保局已处理")),
    "project_charged": Words(
        N_("项目“%(name)s”未生效：应缴 %(amount)s 元，到账后生效"),
        N_("项目（编号 %(number)s）未生效：应缴 %(amount)s 元，到账后生效"),
    ),
    "project_charged_more": Words(
        N_("项目“%(name)s”造价变更，要补缴 %(amount)s 元"),
        N_("项目（编号 %(number)s）造价变更，要补缴 %(amount)s 元"),
    ),
    "project_covered": Words(
        N_("项目“%(name)s”应缴 %(amount)s 元已到账，项目已生效"),
        N_("项目（编号 %(number)s）应缴 %(amount)s 元已到账，项目已生效"),
    ),
    "project_paid": Words(
        N_("项目“%(name)s”应缴 %(amount)s 元已到账"),
        N_("项目（编号 %(number)s）应缴 %(amount)s 元已到账"),
    ),
    "project_ends": Words(
        N_("项目“%(name)s”参保 %(day)s到期，没有完工的请办理延期"),
        N_("项目（编号 %(number)s）参保 %(day)s到期，没有完工的请办理延期"),
    ),
    "levy_issued": Words(N_("%(period)s社保费已核定：%(insurances)s共应缴 %(amount)s 元，%(day)s截止")),
    "levy_nothing": Words(N_("%(period)s社保费已核定：%(insurances)s没有要缴的，应退 %(amount)s 元")),
    "levy_reissued": Words(
        N_("%(period)s社保费重新核定：%(insurances)s现为 %(amount)s 元，请按新的通知单缴费")
    ),
    "levy_due": Words(
        N_("%(period)s社保费 %(day)s截止，%(insurances)s还有 %(amount)s 元没有缴"),
    ),
    "levy_overdue": Words(
        N_("%(period)s社保费 %(day)s已截止，%(insurances)s还有 %(amount)s 元没有缴（含滞纳金），请尽快缴清")
    ),
}
"""Every kind of notice; what a filing's step is called comes from first manual 3.4."""


def screen_words(kind: str, params: Mapping[str, Any]) -> str:
    """A notice in one line, for people of the unit."""
    return _(WORDS[kind].screen) % _values(params, _titled)


def mail_words(kind: str, params: Mapping[str, Any]) -> str:
    """A notice in one line for a mail, which strangers may read: kinds and numbers, nobody's name."""
    words = WORDS[kind]
    return _(words.mail or words.screen) % _values(params, _numbered)


def _values(params: Mapping[str, Any], name_filing: Any) -> dict[str, Any]:
    values = dict(params)
    if "day" in params:
        day = date.fromisoformat(params["day"])
        values["day"] = _("%(month)s 月 %(day)s 日") % {"month": day.month, "day": day.day}
    if "period" in params:
        year, month = params["period"][:4], int(params["period"][4:])
        values["period"] = _("%(year)s 年 %(month)s 月") % {"year": year, "month": month}
    if "insurances" in params:
        values["insurances"] = _("、").join(insurance_name(code) for code in params["insurances"])
    if "receipt_no" in params:
        values["what"] = name_filing(params)
    return values


def _titled(params: Mapping[str, Any]) -> str:
    """A filing by its kind and whom or what it is about: 人员新增（新来人）."""
    name, people = params.get("title", ""), params.get("people", 0)
    if params["kind"] == WAGES:
        name, people = _("、").join(insurance_name(code) for code in params.get("insurances", ())), 0
    if people > 1 and name:
        name = _("%(name)s等 %(count)s 人") % {"name": name, "count": people}
    return _kind_name(params) + (_("（%(name)s）") % {"name": name} if name else "")


def _numbered(params: Mapping[str, Any]) -> str:
    """A filing by its kind and number: 人员新增（业务编号 2300-20260618-ABCD-EFGH）."""
    return _kind_name(params) + _("（业务编号 %(number)s）") % {"number": params["receipt_no"]}


def _kind_name(params: Mapping[str, Any]) -> str:
    if params["kind"] == WAGES:
        return _("%(year)s 年度工资申报") % {"year": params["year"]}
    return _(find_kind(params["kind"]).label_msgid)
