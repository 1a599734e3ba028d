"""What 申报进度 and its neighbours say when they cannot do something."""

from __future__ import annotations

from rules.fields import N_

SENTENCES: dict[str, str] = {
    "progress.not_reminded": N_(
        "这些单位没有要办的事，不用提醒。请选未开始、录入中、退回或逾期未报的单位再提醒。"
    ),
    "progress.nobody": N_("现在没有这样的单位，没有发提醒。请回到申报进度再看一看。"),
    "announcement.days": N_("显示的最后一天 %(last)s 比第一天 %(first)s 还早。请核对这两个日期。"),
    "announcement.changed": N_("这条公告刚才被同事改过，您的修改没有保存。请重新打开，看过新的版本再改。"),
    "window.year": N_("申报年度应是 4 位年份，如 2026，不是 %(value)s。请改过来。"),
    "window.days": N_("截止日期 %(last)s 比开始日期 %(first)s 还早。请核对这两个日期。"),
    "window.month": N_("新基数不能比申报年度 %(year)s 年还早起用。请核对起用的月份。"),
    "window.past": N_("截止日期 %(day)s 已经过去，单位来不及申报。请填今天或以后的日期。"),
    "window.same": N_("填的和现在的申报时间一样，没有变更。要延期，请填更晚的截止日期。"),
    "window.begun": N_(
        "这个年度已经有单位开始申报，新基数从 %(month)s 起用，不能再改。请把起用的月份填回 %(month)s，只改日期。"
    ),
    "window.waiting": N_("%(year)s 年度已经有一个变更在等待发布。请先把它发布或撤掉，再录入新的。"),
    "window.own": N_("这是您自己录入的，不能由您自己发布。请另一位同事核对后发布。"),
    "window.decided": N_("这个变更已经由同事发布或撤掉了，没有再办一次。请回到申报时间看现在的情况。"),
    "assessment.no_reason": N_("还没有写理由。请写明为什么核定或撤掉，单位和同事都看得到。"),
    "assessment.long_reason": N_("理由太长，最多 %(limit)s 个字。请写短一些。"),
    "assessment.none_chosen": N_("还没有选单位。请在名单里勾选，再点按钮。"),
    "assessment.too_early": N_("申报时间还没有截止，或者还没有签发过月份，现在不能核定。请截止以后再办。"),
    "assessment.changed": N_(
        "选中的单位里，有的刚刚申报了，或者已经核定过，没有录入。请看新的名单再选一次。"
    ),
    "assessment.own": N_("选中的有您自己录入的，不能由您自己发布。请另一位同事核对后发布。"),
    "assessment.declared": N_(
        "单位 %(unit_no)s 已经申报，不用再核定，这次一条也没有发布。请先撤掉它的核定，再发布其他的。"
    ),
    "assessment.decided": N_("选中的核定，有的已经由同事发布或撤掉了，这次没有办。请看新的名单再选一次。"),
    "late.no_reason": N_("申报时间已过。请在申报页写明逾期的原因并保存，再申报。"),
    "late.long_reason": N_("逾期的原因太长，最多 %(limit)s 个字。请写短一些。"),
}
