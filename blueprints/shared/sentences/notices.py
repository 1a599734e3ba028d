"""Sentences about 通知 and 邮件提醒."""

from __future__ import annotations

from rules.fields import N_

SENTENCES = {
    "mail.off": N_("网厅没有配置邮件服务器，现在不能发邮件。请直接在网厅“通知”里查看。"),
    "mail.address": N_("“%(value)s”不是邮箱地址。请照邮箱里显示的完整地址填，@ 前后都要有。"),
    "mail.too_many": N_(
        "本单位一小时内已发过 %(tries)s 次验证码，没有再发。请查看收件箱和垃圾箱，或一小时后再试。"
    ),
    "mail.not_sent": N_("验证码没有发到 %(value)s：邮件服务器没有收下。请核对地址，或过几分钟再试。"),
    "mail.code_over": N_("验证码已经失效。请重新填写邮箱，再发一次验证码。"),
    "mail.code_wrong": N_("验证码不对，还可以试 %(left)s 次。请照邮件里的 8 位数字填写。"),
}
