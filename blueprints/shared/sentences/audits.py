"""What 审计 says when it cannot search or verify."""

from __future__ import annotations

from rules.fields import N_

SENTENCES: dict[str, str] = {
    "audits.not_verified": N_(
        "还没有一次通过的校验，不能签署检查点。请先点“开始校验”，等全部记录校验通过后再签署。"
    ),
    "audits.no_checkpoint": N_(
        "这个文件不是本大厅导出的检查点。请选择从“检查点”里下载的文件，不要改动它的内容。"
    ),
    "audits.other_key": N_(
        "这个检查点不是用本大厅现在的密钥签署的。请核对文件是不是本大厅的；换过密钥的，用换以前的密钥校验。"
    ),
    "audits.bad_signature": N_(
        "这个检查点的签名不对，文件被改动过。请换一份没有改动的检查点文件，并查明是谁改的。"
    ),
    "audits.nothing": N_("没有符合条件的审计记录，没有可以导出的内容。请放宽条件后再导出。"),
    "audits.too_many": N_(
        "符合条件的审计记录超过 %(limit)s 条，一个文件放不下。请缩短时间或加上条件后再导出。"
    ),
    "audits.bad_day": N_("日期写得不对。请按 2026-06-18 的样子填写，开始日期不晚于结束日期。"),
}
