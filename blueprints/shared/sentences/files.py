"""Sentences about files that come in: what they are, their columns, their lines."""

from __future__ import annotations

from rules.fields import N_

SENTENCES = {
    "columns.role_twice": N_(
        "%(columns)s都选了“%(label)s”，只能有一列是，所以还没有检查文件。请把不是的那一列改成“不用”。"
    ),
    "upload.empty": N_("没有选择文件，或文件是空的。请选择文件后再上传。"),
    "upload.too_large": N_("文件有 %(size)s，超过上限 %(limit)s。请分开或压缩后上传。"),
    "upload.broken": N_("文件没有传完，网络在中途断了。系统中的数据没有改动，请返回上一页再传一次。"),
    "upload.has_refused": N_("还有 %(count)s 行被拒绝，文件没有写入。请先改好，或勾选“本行不导入”。"),
    "upload.not_checked": N_("这个文件现在不能这样处理，可能已在别处写入、放弃或正在检查。请刷新本页再看。"),
    "upload.not_applied": N_("这个文件没有写入，或已经撤销，没有可以撤销的内容。请刷新本页再看。"),
    "upload.cleared_differs": N_(
        "替换会清空 %(expected)s 人已录入的工资，您勾选确认的是 %(count)s 人，文件没有写入。"
        "请看这些人的名单，勾选“我看过”再点写入；不想清空就选“合并”。"
    ),
    "upload.rows_changed": N_(
        "检查之后有 %(count)s 人的工资又被修改，文件没有写入。已按新数据重新检查，请再看一遍。"
    ),
    "line.unknown_person": N_(
        "本次申报名单中没有这个人，本行写不进去。新来的人请先办人员新增，再刷新名单；不申报的请勾选“本行不导入”。"
    ),
    "line.ambiguous_person": N_("只凭姓名“%(name)s”认不准是谁。请在名单中选对应的人，或勾选“本行不导入”。"),
    "line.duplicate": N_(
        "与第 %(first)s 行是同一个人，只能写入一行。请留下对的一行，另一行勾选“本行不导入”。"
    ),
    "line.name_differs": N_("这个编号在系统中是“%(name)s”，与文件中的姓名不同，可能整行错位。请选对应的人。"),
    "line.id_differs": N_("证件号码与系统中的不同，按编号和姓名找到本人。可以写入，请核对是不是同一个人。"),
    "line.old_wage_changed": N_(
        "现工资是空的，原工资又与系统中的 %(old)s 不同，可能把新工资填到了原工资一列。是的话请点“用建议”。"
    ),
    "line.old_wage_differs": N_(
        "文件中的原工资与系统中的 %(old)s 不同。原工资不导入，只写入现工资，请核对。"
    ),
    "line.found_by_id": N_("个人编号在名单中找不到，按证件号码找到“%(name)s”。可以写入，请核对。"),
    "line.found_by_name": N_(
        "个人编号在名单中找不到，按姓名找到“%(name)s”，名单中只有一位。可以写入，请核对。"
    ),
    "line.cells": N_(
        "本行的格数和表头不一样多，各列可能错位。这一行是：%(value)s。请在“改为”里填现工资，或勾选“本行不导入”。"
    ),
    "head.other_unit": N_("这是单位 %(value)s 的文件，本单位编号是 %(expected)s。请用本单位下载的文件。"),
    "head.other_year": N_("这是 %(value)s 年度的文件，现在申报的是 %(expected)s 年度。请重新下载。"),
    "head.other_basis": N_("文件的工资口径（%(basis)s）与本地区不同。请重新下载。"),
    "head.other_insurances": N_("文件的险种（%(insurances)s）与本次申报不同。请重新下载。"),
    "file.empty": N_("文件里什么也没有。请打开看看，填好保存后再上传；还没有名单的话请先下载模板。"),
    "file.too_large": N_("文件有 %(size)s，超过上限 %(limit)s，没有读取。请只留名单，或分成几个文件上传。"),
    "file.is_rar": N_("这是 rar 压缩包，系统打不开。请解压后直接上传里面的表格或 txt；要压缩请用 zip。"),
    "file.is_7z": N_("这是 7z 压缩包，系统打不开。请解压后直接上传里面的表格或 txt；要压缩请用 zip。"),
    "file.is_archive": N_("这是 zip 以外的压缩包，系统打不开。请解压后直接上传里面的表格或 txt。"),
    "file.is_pdf": N_("这是 PDF 文件，读不出名单。请上传做 PDF 用的表格，如 xlsx、xls、csv 或 txt。"),
    "file.is_image": N_("这是图片，读不出名单。请上传表格文件，如 xlsx、xls、csv 或 txt。"),
    "file.is_word": N_(
        "这是文档或演示文稿，不是表格。请把名单复制到 Excel 或 WPS 表格里，保存为 xlsx 再上传。"
    ),
    "file.is_xlsb": N_("这是 xlsb 格式的表格，系统读不了。请用 Excel 或 WPS 打开，另存为 xlsx 再上传。"),
    "file.is_web_page": N_(
        "这其实是网页文件，有些工资软件导出的 xls 就是这样。请用 Excel 或 WPS 打开，另存为 xlsx 再上传。"
    ),
    "file.no_list": N_("文件里只有一列文字，没有找到名单。请上传有编号、姓名和工资几列的表格。"),
    "file.tabs_lost": N_(
        "第 %(line)s 行的几个表头挤在一起，分不出各列，可能是列之间的制表符变成了空格。请上传 xlsx 表格，或重新下载模板填写。"
    ),
    "file.quote_open": N_(
        "第 %(line)s 行的双引号没有成对，从这一行起分不出各列。请打开文件，删去或补上引号再上传。"
    ),
    "file.encoding": N_(
        "文件的内容不是文字，读不出来。请用 Excel、WPS 或记事本打开，另存为 xlsx 或 txt 再上传。"
    ),
    "file.bad_character": N_(
        "第 %(line)s 行有认不出的字，文件可能在传送或保存时损坏。请打开看这一行，改好后另存为 xlsx 或 txt 再上传。"
    ),
    "file.encrypted": N_("压缩包设了密码，打不开。请去掉密码重新压缩，或直接上传里面的文件。"),
    "file.encrypted_workbook": N_("表格设了密码，打不开。请在 Excel 或 WPS 里去掉密码，保存后再上传。"),
    "file.zip_many": N_(
        "压缩包里有 %(count)s 个文件可能是名单（%(names)s），不知道用哪一个。请只留一个，或直接上传它。"
    ),
    "file.zip_nothing": N_(
        "压缩包里没有表格或 txt。请把名单（xlsx、xls、ods、csv 或 txt）放进去，或直接上传名单。"
    ),
    "file.zip_path": N_("压缩包里的文件位置不正常（%(name)s），没有读取。请重新压缩，或直接上传里面的文件。"),
    "file.zip_symlink": N_("压缩包里是快捷方式（%(name)s），不是文件本身。请压缩文件本身，或直接上传它。"),
    "file.zip_bomb": N_("压缩包展开后异常大，已停止读取。请只压缩名单文件，或直接上传它。"),
    "file.zip_damaged": N_("压缩包已损坏，打不开。请重新压缩再上传，或直接上传里面的文件。"),
    "file.zip_nested": N_("压缩包里又是压缩包（%(name)s）。请解开里面的一层，直接上传名单文件。"),
    "file.zip_method": N_(
        "压缩包用了少见的压缩方式，打不开。请用电脑自带的“压缩为 zip”重做，或直接上传里面的文件。"
    ),
    "file.workbook_damaged": N_("表格文件已损坏，打不开。请用 Excel 或 WPS 打开，另存为 xlsx 后再上传。"),
    "file.head_damaged": N_(
        "第 %(line)s 行（#GZSB 开头）被改动过，读不懂：%(value)s。这一行记着单位和年度，请改回原样，或重新下载模板填写。"
    ),
    "file.version": N_(
        "第 %(line)s 行写着文件版本 %(value)s，系统现在用版本 %(expected)s。请重新下载模板填写。"
    ),
    "file.far_cell": N_(
        "第 %(line)s 行 %(column)s 列有内容，离名单太远，表格因此大得读不了。请删去名单以外的行和列，保存后再上传。"
    ),
    "file.too_many_lines": N_(
        "文件有 %(lines)s 行，超过上限 %(limit)s 行，没有读取。请删去名单以外的行，或分成几个文件上传。"
    ),
    "file.too_many_cells": N_(
        "文件有 %(cells)s 格，超过上限 %(most)s 格，没有读取。请只留编号、姓名、证件号码和工资几列再上传。"
    ),
    "file.no_people": N_("表头下面没有人员，没有可以导入的内容。请填好名单再上传。"),
    "columns.no_headings": N_(
        "没有找到表头，也就是写着编号、姓名、工资的那一行。请看下面的前几行，选出每一列是什么。"
    ),
    "columns.no_wage": N_("还不知道哪一列是要申报的工资。请在那一列上面选“现工资”。"),
    "columns.no_person": N_("还不知道按哪一列找人。请选出个人编号、姓名、证件号码中的至少一列。"),
    "columns.twice": N_("有一列选了两种用途，没有保存。请给每一列只选一种，其余选“不用”。"),
    "columns.many_wages": N_("有几列都可能是要申报的工资，系统不替您猜。请在要用的那一列上面选“现工资”。"),
    "columns.weak_wage": N_("表头没有写明是要申报的工资，系统选了最像的一列。请核对，不对就换一列。"),
    "columns.other_basis": N_(
        "表头或标题写的单位（如月工资、万元）与本次申报不同。请核对工资是哪一列、单位是什么。"
    ),
    "columns.many_sheets": N_("文件里有几张工作表都像名单。请选出要用的一张，再核对各列。"),
    "columns.same_heading": N_("有两列的表头意思一样，系统不替您猜。请选出要用的那一列，另一列选“不用”。"),
}
