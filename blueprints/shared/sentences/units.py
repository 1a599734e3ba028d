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
}
