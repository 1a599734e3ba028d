"""Sentences about 业务 of every kind: fields, attachments, steps, review."""

from __future__ import annotations

from rules.fields import N_

SENTENCES = {
    "field.required": N_("“%(label)s”还没有填。"),
    "field.not_a_count": N_("“%(label)s”应填整数人数，不是“%(value)s”。"),
    "field.not_money": N_("“%(label)s”应填金额（元），不是“%(value)s”。"),
    "field.phone": N_("“%(label)s”应填手机号或带区号的座机号，如 0451-12345678。"),
    "field.too_long": N_("“%(label)s”最多 %(max)s 字，现有 %(length)s 字。"),
    "field.choice": N_("请为“%(label)s”选择一项。"),
    "field.confirm": N_("请确认“%(label)s”。"),
    "field.date": N_("“%(label)s”应填日期，如 2026-06-18。"),
    "field.month": N_("“%(label)s”应填年月，如 202606。"),
    "field.mobile": N_("“%(label)s”应填 11 位手机号，不是“%(value)s”。"),
    "field.uscc": N_("“%(value)s”不是统一社会信用代码：应是 18 位，最后一位是校验码。请照营业执照核对。"),
    "filing.changed": N_("这件业务刚才在别处改过，这次没有保存。请返回看最新内容，再改一次。"),
    "filing.not_editable": N_("这件业务现在是“%(state)s”，不能再改。请返回看它的进度。"),
    "filing.not_pending": N_("这件业务现在是“%(state)s”，不能这样办。请返回看它的进度。"),
    "filing.not_over": N_("这件业务现在是“%(state)s”，不用照它新建。请直接在它上面办理。"),
    "filing.taken": N_("审核员已经受理，不能撤回了。要更正请联系社保局退回。"),
    "filing.no_lines": N_("这件业务里还没有内容，不能提交。请先填写，或者作废。"),
    "filing.has_faults": N_("有 %(count)s 行要改，没有提交。原因写在每一行上，改好后再提交。"),
    "filing.needs_attachment": N_("这件业务要附证明材料，没有提交。请返回添加附件，再提交。"),
    "filing.held_here": N_(
        "本单位已有一件待审核的业务（%(number)s）办的是同样的事，不能重复提交。请等它审完或先撤回。"
    ),
    "filing.held_elsewhere": N_(
        "其他单位正在为同一个人或同一份合同办理业务，现在不能提交。请核实，或联系社保局。"
    ),
    "filing.twin": N_("与第 %(seq)s 行重复。请留下对的一行，把另一行去掉。"),
    "filing.admins_only": N_("这类业务由本单位的管理员办理，没有保存。请联系管理员。"),
    "attachment.empty": N_("没有选择文件，或文件是空的。请选择后再添加。"),
    "attachment.too_large": N_("文件有 %(size)s，超过上限 %(limit)s，没有添加。请缩小图片或分成几个文件。"),
    "attachment.kind": N_("只收 pdf、jpg、png，这个文件不是，没有添加。请另存或拍照后再添加。"),
    "attachment.damaged": N_("文件不完整，可能没有传完，没有添加。请打开检查后再传一次。"),
    "attachment.too_many": N_("附件最多 %(limit)s 个，没有添加。请把几页合成一个 pdf。"),
    "review.withdrawn": N_("单位刚刚撤回了这件业务，不用再办。请返回列表。"),
    "review.no_longer": N_("“%(name)s”的参保情况在提交后有变化，现在不能通过。请退回单位核对。"),
    "review.no_reason": N_("退回要写意见，单位才知道怎么改。"),
    "review.reason_too_long": N_("意见最多 %(limit)s 字，请缩短。"),
    "review.unknown_row": N_("名单中没有序号 %(seq)s。请刷新后重试。"),
    "review.decided": N_("这件业务已经是“%(state)s”，不能再审。请返回列表。"),
}
