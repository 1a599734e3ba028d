"""Sentences about the wage declaration from 开始 to 申报."""

from __future__ import annotations

from rules.fields import N_

SENTENCES = {
    "wage.not_a_number": N_("“%(value)s”不是金额。请只填数字，最多两位小数，如 5000.00。"),
    "wage.scientific": N_("“%(value)s”是科学记数法。请写成普通数字，如 5000.00。"),
    "wage.unit_word": N_("“%(value)s”带有单位字。请写成数字，如 5000.00。"),
    "wage.formula": N_("“%(value)s”是公式，不是金额。请填算好的数字。"),
    "wage.negative": N_("“%(value)s”是负数。工资不能小于 0。"),
    "wage.decimals": N_("“%(value)s”超过两位小数。请填到分。"),
    "wage.too_large": N_("“%(value)s”太大。单人工资最多 9,999,999.99 元。"),
    "wage.separators": N_("“%(value)s”的分隔位置不对。请去掉逗号和空格。"),
    "wage.changed_much": N_("与原工资 %(old)s 相比变动超过 30%%。可以写入，申报前要在“核对”页写说明。"),
    "wage.tenfold": N_(
        "与原工资 %(old)s 差了约十倍，可能多一位或少一位。请核对；没有错的话，申报前要写说明。"
    ),
    "wage.looks_monthly": N_("只有原工资 %(old)s 的约十二分之一，可能填成了一个月的工资。这里要填全年工资。"),
    "wage.looks_annual": N_("是原工资 %(old)s 的约十二倍，可能填成了全年工资。这里要填月平均工资。"),
    "wage.excluded": N_("工资是 0，写入后此人“此次不申报”。不是这个意思的话请改成金额。"),
    "wage.under_one": N_("不足 1 元，写入后此人“此次不申报”。可能单位写成了千元或万元，请核对。"),
    "wage.below_floor": N_("低于下限每月 %(floor)s，缴费基数按下限算。可以写入，请核对。"),
    "wage.above_cap": N_("高于上限每月 %(cap)s，缴费基数按上限算。可以写入，请核对。"),
    "row.changed": N_(
        "%(by)s 已在 %(time)s 把此人改为 %(wage)s，您的数还没有保存。要用您填的数，请再保存一次。"
    ),
    "note.empty": N_("说明是空的。请写清工资变动的原因，如：全员调薪。"),
    "note.too_long": N_("说明最多 %(limit)s 字，请缩短。"),
    "start.no_insurance": N_("还没有选险种。请至少勾选一个，再点“开始”。"),
    "start.not_opened": N_("本单位没有开通%(insurances)s，不能申报。请改选，或到社保局开通。"),
    "start.unopened": N_(
        "本单位还没有开通医疗、工伤、生育险种，不能开始申报。请先在左边菜单“账户”里的“险种开通”办理。"
    ),
    "start.no_window": N_("社保局还没有公布 %(year)s 年度的申报时间，暂时不能开始。"),
    "start.not_yet": N_("申报从 %(opens_on)s 开始，请到时再办。"),
    "start.already": N_("所选险种在 %(year)s 年度已经开始申报。请在下面的列表中打开它，不要重复开始。"),
    "start.nobody": N_("所选险种下没有在保人员。请先办理人员新增，或改选其他险种。"),
    "job.gave_up": N_("后台处理 %(attempts)s 次都没有完成。数据没有丢失，请重试；仍不成功请联系社保局。"),
    "declaration.not_open": N_("本次申报现在是“%(state)s”，不能修改。"),
    "insurance.unknown": N_("没有“%(value)s”这个险种，请重新选择。"),
    "check.changed": N_("确认期间名单有变化，请看过新的名单后再确认。"),
    "statement.changed": N_("另一位经办人刚保存过说明信息。您填的内容还在下面，请核对后再保存。"),
    "statement.people_differ": N_(
        "上年末人数减扣减加增加等于 %(computed)s 人，本次申报 %(declared)s 人，请核对；无误可以继续。"
    ),
    "backup.no_statement": N_("还没有保存说明信息。请先填写并保存，再备份。"),
    "backup.changed": N_("生成备份时数据又有改动，备份没有保存。请再点一次“备份”。"),
    "backup.not_a_backup": N_("这个文件不是网厅的备份。请选择“备份”时下载的 zip 文件。"),
    "backup.damaged": N_("备份文件已损坏，打不开。请换一份备份。"),
    "backup.altered": N_("备份文件的内容与封存时不同，可能被改动过，不能恢复。请换一份没有改动的备份。"),
    "submit.nothing_entered": N_("还没有录入任何人的工资。请先录入。"),
    "submit.left_unconfirmed": N_("还有人未录入。请在“核对”页看过名单并确认此次不申报，或者先录入。"),
    "submit.no_statement": N_("还没有保存说明信息。请先填写并保存。"),
    "submit.unexplained": N_(
        "有 %(count)s 人的工资与原工资相比变动超过 30%%，还没有写说明。请到“核对”页补上。"
    ),
    "submit.no_backup": N_("当前数据还没有备份（或备份后又有修改）。请先备份。"),
    "submit.no_bounds": N_("社保局还没有公布%(insurances)s的缴费基数上下限，暂时不能申报。"),
    "submit.changed": N_("确认期间数据有改动。请核对后再申报。"),
    "submit.unsigned": N_("本地区的申报要用本单位的 UKey 签名。请点“用 UKey 签名并申报”。"),
    "hand_over.damaged": N_("提交的数据在保存时损坏，没有送到社保局。请重新申报。"),
    "hand_over.bounds_changed": N_("提交时缴费基数上下限已更新。请重新核对、备份后再申报。"),
    "print.no_statement": N_("还没有保存说明信息。请先填写并保存，再打印。"),
}
