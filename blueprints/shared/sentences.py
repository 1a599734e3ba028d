"""Each refusal as one sentence for a clerk: what, where, why, what now. No code reaches the screen."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from blueprints.shared.words import basis_word, insurance_words, state_word, yuan
from rules.refusals import Refusal
from translations import gettext as _


def N_(message: str) -> str:
    """Marks a sentence for extraction; it is translated when it is said."""
    return message


SENTENCES = {
    # 登录
    "login.wrong": N_("用户名或密码不正确。请核对大小写后重新输入。"),
    "login.wrong_left": N_("用户名或密码不正确，还可再试 %(left)s 次。"),
    "login.locked": N_(
        "连续 5 次输入不正确，账户已锁定。请 %(minutes)s 分钟后再试；忘记密码请联系社保局重置。"
    ),
    "account.weak_password": N_("密码至少 %(shortest)s 位。"),
    "account.no_region": N_("没有统筹区 %(value)s。"),
    "account.no_unit": N_("该统筹区没有单位编号 %(value)s。"),
    "form.damaged": N_("页面内容不完整，没有保存。请刷新本页后重新填写。"),
    # 工资
    "wage.not_a_number": N_("“%(value)s”不是金额。请只填数字，最多两位小数，如 5000.00。"),
    "wage.scientific": N_("“%(value)s”是科学记数法。请写成普通数字，如 5000.00。"),
    "wage.unit_word": N_("“%(value)s”带有单位字。请写成数字，如 5000.00。"),
    "wage.formula": N_("“%(value)s”是公式，不是金额。请填算好的数字。"),
    "wage.negative": N_("“%(value)s”是负数。工资不能小于 0。"),
    "wage.decimals": N_("“%(value)s”超过两位小数。请填到分。"),
    "wage.too_large": N_("“%(value)s”太大。单人工资最多 9,999,999.99 元。"),
    "wage.separators": N_("“%(value)s”的分隔位置不对。请去掉逗号和空格。"),
    "wage.changed_much": N_("与原工资 %(old)s 相比变动超过 30%%。可以写入，请核对，必要时在“核对”页写说明。"),
    "row.changed": N_(
        "%(by)s 已在 %(time)s 把此人改为 %(wage)s，您的数还没有保存。要用您填的数，请再保存一次。"
    ),
    "note.too_long": N_("说明最多 %(limit)s 字，请缩短。"),
    # 开始
    "start.no_insurance": N_("还没有选险种。请至少勾选一个，再点“开始”。"),
    "start.not_opened": N_("本单位没有开通%(insurances)s，不能申报。请改选，或到社保局开通。"),
    "start.no_window": N_("社保局还没有公布 %(year)s 年度的申报时间，暂时不能开始。"),
    "start.not_yet": N_("申报从 %(opens_on)s 开始，请到时再办。"),
    "start.already": N_("所选险种在 %(year)s 年度已经开始申报。请在下面的列表中打开它，不要重复开始。"),
    "start.nobody": N_("所选险种下没有在保人员。请先办理人员新增，或改选其他险种。"),
    "job.gave_up": N_("后台处理 %(attempts)s 次都没有完成。数据没有丢失，请重试；仍不成功请联系社保局。"),
    "declaration.not_open": N_("本次申报现在是“%(state)s”，不能修改。"),
    "insurance.unknown": N_("没有“%(value)s”这个险种，请重新选择。"),
    # 核对、说明、备份、申报
    "check.changed": N_("确认期间名单有变化，请看过新的名单后再确认。"),
    "statement.changed": N_("另一位经办人刚保存过说明信息。您填的内容还在下面，请核对后再保存。"),
    "statement.required": N_("“%(label)s”还没有填。"),
    "statement.not_a_count": N_("“%(label)s”应填整数人数，不是“%(value)s”。"),
    "statement.not_money": N_("“%(label)s”应填金额（元），不是“%(value)s”。"),
    "statement.phone": N_("“%(label)s”应填手机号或带区号的座机号，如 0451-12345678。"),
    "statement.too_long": N_("“%(label)s”最多 %(max)s 字，现有 %(length)s 字。"),
    "statement.choice": N_("请为“%(label)s”选择一项。"),
    "statement.confirm": N_("请确认“%(label)s”。"),
    "statement.date": N_("“%(label)s”应填日期，如 2026-06-18。"),
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
    "submit.no_backup": N_("当前数据还没有备份（或备份后又有修改）。请先备份。"),
    "submit.no_bounds": N_("社保局还没有公布%(insurances)s的缴费基数上下限，暂时不能申报。"),
    "submit.changed": N_("确认期间数据有改动。请核对后再申报。"),
    "hand_over.damaged": N_("提交的数据在保存时损坏，没有送到社保局。请重新申报。"),
    "hand_over.bounds_changed": N_("提交时缴费基数上下限已更新。请重新核对、备份后再申报。"),
    # 审核
    "review.no_reason": N_("退回要写意见，单位才知道怎么改。"),
    "review.reason_too_long": N_("意见最多 %(limit)s 字，请缩短。"),
    "review.unknown_row": N_("名单中没有序号 %(seq)s。请刷新后重试。"),
    "review.decided": N_("这件业务已经是“%(state)s”，不能再审。请返回列表。"),
    # 上传
    "upload.empty": N_("没有选择文件，或文件是空的。请选择文件后再上传。"),
    "upload.too_large": N_("文件有 %(size)s，超过上限 %(limit)s。请分开或压缩后上传。"),
    "upload.has_refused": N_("还有 %(count)s 行被拒绝，文件没有写入。请改好文件重新上传，或在页面直接录入。"),
    "upload.not_checked": N_("这个文件不在等待写入的状态，请刷新本页。"),
    "upload.rows_changed": N_(
        "检查之后有 %(count)s 人的工资又被修改，文件没有写入。已按新数据重新检查，请再看一遍。"
    ),
    "line.unknown_person": N_("本次申报名单中没有这个人。新来的人请先办人员新增，再刷新名单。"),
    "line.duplicate": N_("与第 %(first)s 行是同一个人。请只留一行。"),
    "line.name_differs": N_("这个个人编号在系统中是“%(name)s”，可能整行错位。请核对。"),
    "line.old_wage_changed": N_("原工资与系统中的 %(old)s 不同，可能把新工资填错了列。请只改“现工资”。"),
    "head.other_unit": N_("这是单位 %(value)s 的文件，本单位编号是 %(expected)s。请用本单位下载的文件。"),
    "head.other_year": N_("这是 %(value)s 年度的文件，现在申报的是 %(expected)s 年度。请重新下载。"),
    "head.other_basis": N_("文件的工资口径（%(basis)s）与本地区不同。请重新下载。"),
    "head.other_insurances": N_("文件的险种（%(insurances)s）与本次申报不同。请重新下载。"),
    "head.old_batch": N_("这个文件是刷新名单之前下载的，名单已经变了。请重新下载后填写。"),
    "file.empty": N_("文件是空的。请重新下载模板填写。"),
    "file.too_large": N_("文件展开后超过上限 %(limit)s。请重新下载模板填写。"),
    "file.is_rar": N_(
        "这是 rar 压缩包，系统只收 zip 或 txt、xlsx。请解压后用“压缩为 zip”，或直接上传里面的 txt。"
    ),
    "file.is_7z": N_("这是 7z 压缩包，系统只收 zip 或 txt、xlsx。请解压后直接上传里面的 txt。"),
    "file.is_xls": N_("这是旧版 Excel（xls）文件。请在“下载数据”取 xlsx 模板，把现工资粘贴进去再上传。"),
    "file.is_csv": N_("这是表格软件另存的 csv，分隔方式变了。请改用下载的 xlsx 模板填写，或保留 txt 原样。"),
    "file.tabs_lost": N_("第 %(line)s 行各列之间的制表符丢了（可能被换成空格）。请重新下载模板填写。"),
    "file.encoding": N_("文件编码无法识别，可能不是文本文件。请重新下载模板，用记事本或表格软件填写。"),
    "file.encrypted": N_("压缩包设了密码，打不开。请去掉密码重新压缩。"),
    "file.encrypted_xlsx": N_("表格设了打开密码。请在表格软件里去掉密码后再上传。"),
    "file.xlsx_named_zip": N_("这是 xlsx 表格，只是文件名改成了 zip。请把扩展名改回 .xlsx 再上传。"),
    "file.zip_many_txt": N_("压缩包里有 %(count)s 个 txt，不知道用哪一个。请只放一个。"),
    "file.zip_no_txt": N_("压缩包里没有 txt 文件。请把填好的 txt 放进 zip，或直接上传 txt。"),
    "file.zip_path": N_("压缩包里的文件路径不安全（%(name)s）。请只压缩 txt 文件本身。"),
    "file.zip_symlink": N_("压缩包里是快捷方式（%(name)s），不是文件本身。请压缩 txt 文件本身。"),
    "file.zip_bomb": N_("压缩包展开后异常大，已停止读取。请只压缩下载的 txt 文件。"),
    "file.zip_damaged": N_("压缩包已损坏，打不开。请重新压缩后再上传。"),
    "file.zip_nested": N_("压缩包里又是压缩包。请解开一层，只留 txt。"),
    "file.zip_method": N_("压缩包用了系统不支持的压缩方式。请用系统自带的“压缩为 zip”重新压缩。"),
    "file.workbook_damaged": N_("表格文件已损坏或不是 xlsx，打不开。请重新下载 xlsx 模板填写。"),
    "file.head_missing": N_(
        "第 %(line)s 行应是以 #GZSB 开头的一行，文件里没有。请重新下载模板，不要删除前两行。"
    ),
    "file.head_damaged": N_("第 %(line)s 行（#GZSB 开头）被改动过，读不懂：%(value)s。请重新下载模板。"),
    "file.version": N_("文件版本是 %(value)s，系统使用版本 %(expected)s。请重新下载模板。"),
    "file.columns_missing": N_("第 %(line)s 行的表头少了：%(missing)s。请重新下载模板，不要删列。"),
    "file.columns_extra": N_("第 %(line)s 行多出了列：%(extra)s。请删去多出的列，只改“现工资”。"),
    "file.columns_moved": N_("第 %(line)s 行列的顺序变了（%(found)s）。应为：%(expected)s。请重新下载模板。"),
    "file.too_many_lines": N_("文件有 %(lines)s 行，超过上限 %(limit)s 行。"),
    "file.row_columns": N_(
        "第 %(line)s 行有 %(got)s 列，应为 %(expected)s 列。请检查这一行是否多了或少了制表符。"
    ),
    "file.no_people": N_("文件里没有人员。请重新下载模板填写。"),
    "print.no_statement": N_("还没有保存说明信息。请先填写并保存，再打印。"),
}


def sentence(refusal: Refusal) -> str:
    """The sentence for a refusal, in the current language."""
    return say(refusal.code, refusal.params)


def say(code: str, params: Mapping[str, Any]) -> str:
    """The sentence for a code and its values, as jobs and files keep them."""
    if code == "login.wrong" and "left" in params:
        code = "login.wrong_left"
    return _(SENTENCES[code]) % {
        name: _shown(name, value) for name, value in _with_words(code, params).items()
    }


def _with_words(code: str, params: Mapping[str, Any]) -> dict[str, Any]:
    words = dict(params)
    if "state" in params:
        state = str(params["state"])
        # Of a declaration itself, "failed" is its start; a filing's failure leaves its declaration open.
        is_start = code == "declaration.not_open" and state == "failed"
        words["state"] = state_word("start_failed" if is_start else state)
    if "fen" in params:
        words["wage"] = yuan(params["fen"]) if params["fen"] is not None else _("空")
    if "value" in params and params["value"] in ("annual", "monthly"):
        words["basis"] = basis_word(params["value"])
    if "insurances" not in params and isinstance(params.get("value"), str):
        words["insurances"] = insurance_words(params["value"].split())
    return words


def _shown(name: str, value: Any) -> str:
    if name == "label":
        return _(str(value))
    if name in ("size", "limit") and isinstance(value, int) and value >= 2**20:
        return f"{value / 2**20:.0f} MB"
    if isinstance(value, list):
        return insurance_words(value)
    return str(value)
