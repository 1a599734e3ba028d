"""What 工作人员 says of an account that cannot be changed, and whoever meets what is not his or hers to decide."""

from __future__ import annotations

from rules.fields import N_

SENTENCES: dict[str, str] = {
    "duties.alone": N_(
        "系统管理、安全管理、审计、客服、技术支持每项只能单独给一个人，不能和其他职责放在一起。请只选一项，或者只选业务职责。"
    ),
    "duties.unknown_office": N_(
        "“%(value)s”不是本地区的机构代码。请填 4 位盟市代码或 6 位旗县代码，全地区的人员请留空。"
    ),
    "duties.no_office": N_(
        "系统管理、安全管理、审计、客服、技术支持管的是全地区，不分盟市旗县。请把“所属机构”留空。"
    ),
    "duties.last_one": N_(
        "系统管理、安全管理、审计每项至少要留一个能登录的人，这是最后一个。请先把这项职责给另一个人。"
    ),
    "duties.own_account": N_("这是您自己的账户，不能由本人管理。请让另一位管理员来办。"),
    "duties.name_taken": N_("用户名 %(username)s 已经有人使用，请换一个。"),
    "duties.own_entry": N_("这一件是您自己录入或提交的，不能由您来审核。请交给另一位工作人员。"),
}
