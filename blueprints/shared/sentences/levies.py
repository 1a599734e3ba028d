"""What the counter of 征缴管理 says when it cannot do something."""

from __future__ import annotations

from rules.fields import N_

SENTENCES: dict[str, str] = {
    "levy.other_month": N_(
        "这个页面已经过时：现在申报的是 %(month)s 的缴费，没有确认。请回“缴费申报”重新核对。"
    ),
    "levy.changed": N_(
        "打开这个页面以后，应缴的人员、基数或金额变了，没有确认。请回“缴费申报”重新核对，再确认。"
    ),
    "levy.nothing_due": N_("%(month)s 没有应缴的内容，不用确认。请回“缴费申报”看原因。"),
    "levy.no_such_month": N_(
        "“费款所属期”%(value)s 没有征集，也不是正在申报的月份（%(month)s）。请照页面或缴费通知单上的月份改正。"
    ),
}
