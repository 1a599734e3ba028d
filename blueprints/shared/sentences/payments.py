"""What 到账 says of a file of payments."""

from __future__ import annotations

from rules.fields import N_

SENTENCES: dict[str, str] = {
    "payments.no_headings": N_(
        "没有找到列名，不知道哪一列是什么，没有读取。文件里要有一行列名：%(names)s。请补上再上传。"
    ),
    "payments.twin_columns": N_("有两列都叫“%(name)s”，不知道用哪一列，没有读取。请删去一列再上传。"),
    "payments.many_sheets": N_(
        "有几张工作表都像缴款明细（%(names)s），不知道用哪一张，没有读取。请只留一张再上传。"
    ),
    "payments.no_lines": N_("列名下面没有缴款，没有可入账的。请核对是不是选错了文件。"),
    "payments.too_many": N_("文件有 %(lines)s 笔，超过上限 %(limit)s 笔，没有读取。请分成几个文件上传。"),
    "payments.no_serial": N_("流水号“%(value)s”不对。请照征集单填 12 位数字，例如 000000185747。"),
    "payments.zero": N_("金额是 0，没有可入账的。请照回单核对；没有缴款的话请删去这一行。"),
    "payments.in_future": N_("缴款日期 %(day)s 还没有到。请照回单核对日期。"),
    "payments.voucher_long": N_("凭证号超过 %(limit)s 个字，放不下。请照回单核对凭证号。"),
    "payments.unknown_serial": N_(
        "本地区没有签发过流水号 %(serial)s 的征集单。请照回单核对流水号；是别的地区的，请删去这一行。"
    ),
    "payments.before_issue": N_(
        "缴款日期 %(day)s 早于征集单签发的日期 %(issued)s。请照回单核对日期和流水号。"
    ),
    "payments.known_voucher": N_(
        "凭证号 %(voucher)s 已在 %(day)s 随文件“%(file)s”入账，不能再入一次。请删去这一行。"
    ),
    "payments.twin_voucher": N_(
        "凭证号 %(voucher)s 与第 %(line)s 行相同，同一张凭证只能入账一次。请核对，删去多出的一行。"
    ),
    "payments.faulty": N_(
        "文件里有 %(count)s 行不能入账，整个文件都没有入账。请看下面的各行，改好后重新上传。"
    ),
}
