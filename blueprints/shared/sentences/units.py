"""Sentences about the unit's own record."""

from __future__ import annotations

from rules.fields import N_

SENTENCES = {
    "unit.name_characters": N_(
        "单位名称“%(value)s”里有认不出的字，如 ? 或 □。请照营业执照或登记证书重新填写。"
    ),
    "unit.name_incomplete": N_("单位名称“%(value)s”不完整。请照营业执照或登记证书填写全称。"),
    "unit.bank_account": N_("“银行账号”应是 8 到 30 位数字，不带字母和汉字。请照开户资料核对后再填。"),
    "unit.bank_scientific": N_(
        "“银行账号”被表格软件改成了科学记数法，后面的数字已经丢失。请照开户资料重新填写全部数字。"
    ),
    "unit.bank_name_missing": N_("填了银行账号，还没有填开户银行。请补上开户银行，写到支行。"),
    "unit.bank_account_missing": N_(
        "填了开户银行，还没有填银行账号。请补上账号；不登记银行账户的请两项都不填。"
    ),
    "unit.nobody": N_("“职工人数”是 0，没有人可以参保。请填现有的职工人数。"),
    "unit.username": N_(
        "“希望的用户名”不能用“%(value)s”：要 3 到 60 个字母、数字、下划线、点或短横。请换一个，或不填。"
    ),
    "unit.nothing_changed": N_("填写的内容和现在登记的一样，没有要改的。请改动至少一项，或者返回。"),
    "unit.changed_since": N_(
        "“%(label)s”现在登记的是“%(kept)s”，与这件业务保存时不一样，没有照办。请单位核对后再保存一次。"
    ),
    "unit.registered": N_(
        "这个统一社会信用代码的单位已经在本地登记，不用再登记。请用本单位的账户登录；没有账户请联系社保局。"
    ),
    "unit.join_pending": N_(
        "这个统一社会信用代码的参保登记正在审核，不能再提交一份。请凭那一份的业务编号查进度，或联系社保局。"
    ),
    "unit.no_region": N_("还没有选参保地。请选择单位所在的地区。"),
    "unit.too_many_joins": N_(
        "从您的网络一小时内已经填了 %(most)s 份参保登记，这一份没有保存。请过一小时再来，急办请到社保局窗口。"
    ),
    "unit.needs_licence": N_("还没有营业执照或登记证书的扫描件，没有提交。请先添加附件。"),
    "unit.join_unknown": N_(
        "没有这样的参保登记：业务编号或统一社会信用代码对不上。请照保存时给的编号逐字核对。"
    ),
    "unit.active": N_("本单位的账户已经开通过，不能再开。请直接登录；忘记密码请联系社保局重置。"),
}
