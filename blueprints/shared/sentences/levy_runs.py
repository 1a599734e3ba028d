"""What 征集 says when it cannot be run or issued."""

from __future__ import annotations

from rules.fields import N_

SENTENCES: dict[str, str] = {
    "levy.no_month": N_("“%(value)s”不是月份。请填 6 位数字，例如 202606。"),
    "levy.too_early": N_("还没到征集这个月的时候，最晚可以征集 %(month)s。请改成更早的月份。"),
    "levy.gap": N_("征集按月进行，下一个是 %(month)s，没有开始。请先征集它。"),
    "levy.unfinished": N_("%(month)s 的征集还没有签发，没有开始新的。请先办完它。"),
    "levy.issued": N_("%(month)s 已经签发，不能重新计算。有差错请对单位重新核定，或等下个月自动补差。"),
    "levy.calculating": N_("%(month)s 正在计算，请等它算完。"),
    "levy.not_ready": N_("%(month)s 还没有算完，或者没有算成，不能签发。请刷新看看进度。"),
    "levy.sums_differ": N_(
        "征集单 %(number)s 的合计与明细对不上，全部没有签发。请重新计算；再出现请联系运维。"
    ),
    "levy.no_reason": N_("重新核定要写理由，单位才知道为什么变了。"),
    "levy.reason_too_long": N_("理由最多 %(limit)s 字，请缩短。"),
    "levy.same": N_("按现在的资料重新算，%(month)s 的应缴没有变化，没有出新的征集单。"),
    "levy.later_month": N_(
        "%(month)s 已经征集，以前的月份不能重新核定。以前月份的差额会在下个月自动补缴、补差或退收。"
    ),
}
