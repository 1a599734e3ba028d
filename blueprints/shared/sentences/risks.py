"""What speaks for a closer look at a request, said to its reviewer with the figures."""

from __future__ import annotations

from rules.fields import N_

SENTENCES: dict[str, str] = {
    "risk.total_changed": N_("工资合计 %(now_fen)s，上年 %(before_fen)s，变动 %(permille)s。"),
    "risk.median_changed": N_("工资中位数 %(now_fen)s，上年 %(before_fen)s，变动 %(permille)s。"),
    "risk.below_peers": N_(
        "人均工资 %(now_fen)s，%(units)s 家同类单位的中位数 %(before_fen)s，相差 %(permille)s。"
    ),
    "risk.above_peers": N_(
        "人均工资 %(now_fen)s，%(units)s 家同类单位的中位数 %(before_fen)s，相差 %(permille)s。"
    ),
    "risk.silent": N_("%(people)s 人变动超过 30%%，没有写说明。"),
    "risk.changed": N_("%(people)s 人变动超过 30%%，占申报人数 %(of)s 人的 %(permille)s。"),
    "risk.below_floor": N_("%(people)s 人低于下限，占申报人数 %(of)s 人的 %(permille)s。"),
    "risk.left": N_("%(people)s 人此次不申报或未录入，占名单 %(of)s 人的 %(permille)s。"),
    "risk.round": N_("%(people)s 人的工资是整千元，占申报人数 %(of)s 人的 %(permille)s。"),
    "risk.same_wage": N_("%(people)s 人的工资同为 %(wage_fen)s，占申报人数 %(of)s 人的 %(permille)s。"),
    "risk.same_note": N_("%(of)s 人写了说明，其中 %(people)s 人写的都是“%(note)s”。"),
    "risk.late": N_("截止日期过后第 %(days)s 天才申报。"),
    "risk.heads": N_("%(insurance)s在保 %(people)s 人，%(others)s在保 %(of)s 人，人数不一致。"),
    "risk.backdated": N_("%(people)s 人的参保日期比提交早很久，最早的早 %(days)s 天。"),
    "risk.left_long_ago": N_("%(people)s 人离职很久才申请减少，最久的已过 %(days)s 天。"),
    "risk.over_age": N_("%(people)s 人参保时已到退休年龄，请核对超龄原因。"),
    "risk.at_floor": N_("%(people)s 人的工资不高于下限 %(floor_fen)s，占新增 %(of)s 人的 %(permille)s。"),
    "risk.many_leave": N_("一次减少 %(people)s 人，占在保 %(of)s 人的 %(permille)s。"),
    "risk.price_cut": N_("合同造价由 %(before_fen)s 减为 %(now_fen)s，变动 %(permille)s。"),
    "risk.started": N_("登记时已经开工 %(days)s 天。按规定应当在开工以前参保。"),
    "risk.account": N_("银行账号改为尾号 %(tail)s，请核对开户证明。"),
}
