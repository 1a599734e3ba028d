"""Sentences about people and their identity documents."""

from __future__ import annotations

from rules.fields import N_

SENTENCES = {
    "document.kind": N_("没有选证件类型，或类型不在名单里。请选择证件类型，如居民身份证。"),
    "document.scientific": N_(
        "证件号码被表格变成了科学计数（如 1.5E+17），后几位已经丢失。请照证件重新填写，表格里先把这一列设为文本。"
    ),
    "document.rounded": N_(
        "证件号码的最后几位变成了 0，多半是表格改的。请照证件重新填写，表格里先把这一列设为文本。"
    ),
    "document.old_form": N_("这是 15 位的老身份证号码，已经停用。请照现在的身份证或户口簿填写 18 位号码。"),
    "document.length": N_("证件号码应是 18 位，现在是 %(length)s 位。请照证件核对，是多了还是少了。"),
    "document.characters": N_(
        "证件号码里有不该有的字：应是 18 位数字，只有最后一位可以是 X。请照证件核对，或看证件类型是否选错。"
    ),
    "document.check_digit": N_("证件号码和它的最后一位对不上，至少有一位填错了。请照证件逐位核对。"),
    "document.other_kind": N_("这是“%(label)s”的号码，和所选的证件类型不一致。请改选证件类型，或核对号码。"),
    "document.province": N_("证件号码的前两位 %(value)s 不是任何省份的代码。请照证件核对。"),
    "document.birth_date": N_("证件号码第 7 至 14 位 %(value)s 不是出生日期。请照证件核对。"),
    "document.hk_macao": N_(
        "港澳居民来往内地通行证号码应是 H 或 M 加 8 位数字（如 H12345678），非中国籍的是 HA 或 MA 加 7 位数字。请照证件核对。"
    ),
    "document.taiwan": N_(
        "台湾居民来往大陆通行证号码应是 8 位数字，老本的是 10 位。请照证件核对，不要填台湾的身份证号。"
    ),
    "document.permanent": N_(
        "外国人永久居留身份证号码应是 9 开头的 18 位，2017 年版的是 3 个字母加 12 位数字。请照证件核对。"
    ),
    "document.passport": N_("护照号码应是 5 至 17 位字母和数字。请照护照资料页核对。"),
    "person.name_digit": N_("“%(label)s”里有数字：“%(value)s”。请照证件填写姓名，不要加编号。"),
    "person.name_character": N_(
        "“%(label)s”里的“%(character)s”不能用。请照证件填写；少数民族姓名中间用“·”。"
    ),
    "person.name_private": N_(
        "“%(label)s”里有一个字是本机自造的，别的电脑显示不出。请用输入法重新打这个字。"
    ),
    "person.name_short": N_("“%(label)s”只有一个字：“%(value)s”。请照证件填写全名。"),
    "person.name_long": N_(
        "“%(label)s”最多 %(longest)s 字，现有 %(length)s 字。请照证件填写，去掉姓名以外的内容。"
    ),
    "person.sex_is_male": N_("“%(label)s”填的是女，按证件号码应为男。请核对证件号码和性别，改正不对的一项。"),
    "person.sex_is_female": N_(
        "“%(label)s”填的是男，按证件号码应为女。请核对证件号码和性别，改正不对的一项。"
    ),
    "person.born_differs": N_(
        "“%(label)s”填的是 %(value)s，按证件号码应为 %(said)s。请核对证件号码和出生日期，改正不对的一项。"
    ),
    "person.under_age": N_(
        "出生日期是 %(value)s，还不满 %(youngest)s 周岁，不能参保。请核对证件号码、出生日期和参保日期。"
    ),
    "person.over_age": N_(
        "到参保日期已满 %(age)s 周岁，到了退休年龄。确要参保请填写“%(label)s”，如退休返聘；填错了请核对证件号码。"
    ),
    "person.work_before_birth": N_("“%(label)s”填的是 %(value)s，不晚于出生日期。请核对这两个日期。"),
    "person.work_after_cover": N_("“%(label)s”填的是 %(value)s，晚于参保日期。请核对这两个日期。"),
    "person.cover_late": N_(
        "“%(label)s”填的是 %(value)s，太晚了：今天办理%(insurances)s，最晚从 %(latest)s 起参保。请改早，或到时再办。"
    ),
    "person.wage_too_small": N_("“%(label)s”填的是 %(wage)s 元，不到 1 元。请填一个月的工资。"),
    "person.wage_too_large": N_(
        "“%(label)s”填的是 %(wage)s 元，太大了，每月最多 9,999,999.99 元。请核对是否多打了几位。"
    ),
    "person.left_late": N_(
        "“%(label)s”填的是 %(value)s，太早来办了：现在最晚可填 %(latest)s。请核对日期，或临近离职再办。"
    ),
    "person.death_ahead": N_(
        "减少原因是死亡，“%(label)s”却填了还没到的 %(value)s。请填死亡日期，或改选减少原因。"
    ),
    "person.last_month_early": N_(
        "“%(label)s”填的是 %(value)s，而离职日期是 %(left)s，中间缺了月份。请填离职当月或上一个月，或核对离职日期。"
    ),
    "person.last_month_late": N_(
        "“%(label)s”填的是 %(value)s，晚于离职的月份（离职日期 %(left)s）。请填离职当月或上一个月，或核对离职日期。"
    ),
    "person.note_missing": N_("减少原因选了“其他”，“%(label)s”还没有填。请写明是什么原因。"),
    "person.whom": N_("还不知道是谁。请填写个人编号，或在社保局登记的证件号码。"),
    "person.nothing_new": N_("没有填写任何变更后的内容。请在要变更的项目里填写新的内容。"),
    "person.kind_and_number": N_("新证件的类型和号码要一起填，“%(label)s”还没有填。请补填这一项。"),
    "person.name_differs": N_(
        "这个证件号码在社保局登记的姓名与填写的不一致，没有保存。请核对姓名和号码；都没有错，请本人到社保局更正。"
    ),
    "person.already_here": N_(
        "该人员已在本单位参保（%(insurances)s），不用再办。请去掉这些险种，或核对是不是同一个人。"
    ),
    "person.insured_elsewhere": N_(
        "该人员的%(insurances)s正在其他单位参保，不能重复参保。请等原单位办完减少再办。"
    ),
    "person.not_here": N_("本单位没有这位在保人员。请核对证件号码或个人编号。"),
    "person.two_people": N_("个人编号和证件号码是两个人的。请核对，或者只填其中一项。"),
    "person.other_name": N_("这个号码在本单位是“%(name)s”，与填写的姓名不同。请核对是不是同一个人。"),
    "person.not_insured": N_("此人在本单位没有参加%(insurances)s，不用减少。请去掉这些险种。"),
    "person.last_before_first": N_("最后缴费月份早于参保的第一个月 %(month)s。请核对月份。"),
    "person.nothing_changed": N_("填写的内容与登记的一样，没有可以变更的。请核对后只填要改的项目。"),
    "person.number_taken": N_("新证件号码已登记在另一个人名下，不能变更。请核对号码，或联系社保局。"),
    "batch.no_headings": N_(
        "文件里没有找到表头。请在名单最上面写一行表头（%(names)s），或下载模板填写后再上传。"
    ),
    "batch.lacking_columns": N_(
        "第 %(line)s 行的表头里没有这些必填的列：%(names)s。请加上这些列并填好，或下载模板填写后再上传。"
    ),
    "batch.twin_columns": N_("表头里有两列都叫“%(name)s”，不知道用哪一列。请删去或改名不用的一列再上传。"),
    "batch.many_sheets": N_(
        "表格里有几张工作表都像名单（%(names)s），不知道用哪一张。请只留要办的一张再上传。"
    ),
    "batch.nobody": N_("表头下面没有内容，没有可以办理的。请从第 2 行起一行填一件，再上传。"),
    "people.nobody": N_("没有符合条件的人员，没有可以导出的。请返回放宽条件再导出。"),
    "people.too_many": N_(
        "符合条件的超过 %(limit)s 人，一个文件放不下。请返回用状态、险种或参保月份缩小范围，分几次导出。"
    ),
}
