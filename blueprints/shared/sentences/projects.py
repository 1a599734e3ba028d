"""Sentences about projects and their rosters."""

from __future__ import annotations

from rules.fields import N_

SENTENCES = {
    "project.price_zero": N_("“合同总造价”是 0，算不出应缴额。请填合同上写的总造价，单位是元。"),
    "project.price_same": N_(
        "新的合同总造价和现在登记的 %(contract)s 元一样，没有变更。请填变更后的总造价，不是增加的金额。"
    ),
    "project.ends_before_starts": N_("“竣工日期”应在开工日期 %(starts_on)s 之后。请照合同核对这两个日期。"),
    "project.already_over": N_(
        "“竣工日期”%(ends_on)s 已经过去，不能再参保。请核对日期；工程没有完工的，请填新的竣工日期。"
    ),
    "project.labour_percent": N_(
        "“人工费占比”应填 1 到 100 之间的百分数，最多一位小数，如 25 或 12.5，不是“%(value)s”。"
    ),
    "project.labour_missing": N_(
        "本地区按人工费计算应缴额，“人工费占比”还没有填。请照合同或预算填写，如 25。"
    ),
    "project.place": N_(
        "“项目地点”应填旗县区的 6 位行政区划代码，如 150102，不是“%(value)s”。请核对后再填。"
    ),
    "project.place_elsewhere": N_(
        "项目地点 %(value)s 不在本地区，不能在这里参保。工程应在所在地参保，请核对代码，或到当地社保局办理。"
    ),
    "project.extension_not_later": N_(
        "“延期至”应晚于现在的到期日 %(ends_on)s。请核对日期；提前完工的请办“竣工”。"
    ),
    "project.extension_past": N_("“延期至”填的日期已经过去，不能延期到那一天。请填今天或以后的日期。"),
    "project.extension_late": N_(
        "项目 %(ends_on)s 到期，延期应提前 %(days)s 天申请，现在已经晚了。请在“延期原因”里写明为什么晚办，再提交。"
    ),
    "project.completed_before_start": N_("“实际竣工日期”早于开工日期 %(starts_on)s。请核对后再填。"),
    "project.completed_in_future": N_("“实际竣工日期”还没有到。请在完工以后再办竣工，或核对日期。"),
    "project.no_formula": N_(
        "社保局还没有公布 %(starts_on)s 开工的项目按什么算应缴额，现在不能办理。请核对开工日期，或联系社保局。"
    ),
    "project.contract_taken": N_(
        "这个合同编号在本地区已经有项目参保，一份合同只能参保一次。请核对合同编号；没有错的话请联系社保局。"
    ),
    "project.contract_pending": N_(
        "这个合同编号已有一件待审核的参保登记，现在不能再提交。请核对合同编号，或联系社保局。"
    ),
    "project.busy": N_("同一时间办理的项目太多，没有编上号，也没有审核通过。请再点一次“通过”。"),
    "project.over": N_("项目“%(name)s”已经竣工或终止，不能再办变更。请核对是不是选错了项目。"),
    "project.nothing_changed": N_("填的内容和现在登记的一样，没有变更。请改好要变更的各项再保存。"),
    "project.workers_after_end": N_(
        "花名册上有 %(count)s 人的进场日期在填的竣工日期之后。请核对竣工日期，或先改花名册。"
    ),
    "payment.in_future": N_("“到账日期”还没有到。请照银行回单填写款项到账的日期。"),
    "payment.before_charge": N_("“到账日期”早于核定应缴的日期 %(charged_on)s。请照银行回单核对。"),
    "payment.done": N_("这笔应缴已经记为到账，凭证号 %(voucher)s，不用再记。请返回列表办下一笔。"),
    "payment.void": N_("这个项目没有缴费就终止了，这笔应缴不用再收。请返回列表办下一笔。"),
    "roster.masked": N_(
        "证件号码带有 *，花名册上找不到同名同号的人。请照花名册上的姓名和号码填，或填完整的证件号码。"
    ),
    "roster.overlap": N_(
        "此人从 %(in_on)s 起已在花名册上，两段在场的日期重叠。请先把那一段的退场日期填好，再填这一段。"
    ),
    "roster.closed": N_(
        "项目参保到 %(ends_on)s 为止，已经结束，花名册不能再改。工程没有完工的，请先办“延期”。"
    ),
    "roster.before_start": N_("“进场日期”早于项目开工日期 %(starts_on)s，那时还没有参保。请核对后再填。"),
    "roster.after_end": N_(
        "“进场日期”晚于项目到期日 %(ends_on)s，那时已经不在参保期内。请核对日期，或先办“延期”。"
    ),
    "roster.out_before_in": N_("“退场日期”早于进场日期 %(in_on)s。请核对这两个日期。"),
    "roster.out_after_end": N_("“退场日期”晚于项目到期日 %(ends_on)s。请核对日期；还没有退场的可以不填。"),
    "roster.too_young": N_("这个人进场时不满 %(age)s 周岁，不能用工。请核对证件号码和进场日期。"),
}
