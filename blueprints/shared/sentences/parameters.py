"""What changes of parameters say when they cannot be entered or released, and what looks odd about them."""

from __future__ import annotations

from rules.fields import N_

SENTENCES: dict[str, str] = {
    "parameter.percent": N_(
        "“%(label)s”应填 0 到 100 之间的百分数，最多四位小数，如 0.23，不是“%(value)s”。请照文件改过来。"
    ),
    "parameter.zero": N_("“%(label)s”是 0，不能用来算基数。请照公布的数填。"),
    "parameter.floor_above_cap": N_("下限 %(floor)s 元比上限 %(cap)s 元还高。请照文件核对这两个数。"),
    "parameter.not_first_day": N_(
        "生效日期应是某个月的 1 日，不是 %(value)s。征集按整月算，请改成从哪个月 1 日起用。"
    ),
    "parameter.number": N_("数值应在 %(least)s 到 %(most)s 之间，不是 %(value)s。请改过来。"),
    "parameter.age": N_("“%(label)s”应在 %(least)s 到 %(most)s 之间，不是 %(value)s。请照文件核对。"),
    "parameter.past": N_(
        "生效日期 %(day)s 已经过去，已经过去的参数不能改。请填以后某个月的 1 日；以前的差额用重新核定解决。"
    ),
    "parameter.levied": N_(
        "%(month)s 已经开始征集，参数只能从它以后的月份起改。请把生效日期改成更晚月份的 1 日。"
    ),
    "parameter.later_row": N_(
        "从 %(day)s 起已经有登记好的参数，不能在它前面再插一条。请核对历史，把生效日期改到它以后。"
    ),
    "parameter.no_unit": N_("本地区没有单位编号是“%(value)s”的单位。请核对后再填。"),
    "parameter.merged": N_("本地区生育保险已经并入医疗保险，不单独征集，没有参数可改。请改医疗的参数。"),
    "parameter.same": N_("填的内容和这一天本来就有效的参数一样，没有变更。请核对后再填。"),
    "parameter.waiting": N_(
        "这项参数已有一条变更等着发布，一次只能有一条。请先在“参数”页发布或撤掉那一条，再录新的。"
    ),
    "parameter.own": N_("这条变更是您自己录入的，要由另一位同事核对后发布。请找同事办理。"),
    "parameter.decided": N_("这条变更已经发布或撤掉，不用再办。请返回参数页看现在的参数。"),
    "parameter.no_impact": N_("发布前要先估算影响，现在还没有结果。请先点“估算影响”，看过结果再发布。"),
    "parameter.stale_impact": N_(
        "影响是较早以前估算的，之后参数或人员可能已有变化。请重新估算，看过新结果再发布。"
    ),
    "parameter.no_reason": N_("撤掉一条变更要写理由，录入的同事才知道为什么。请写明后再撤。"),
    "parameter.reason_too_long": N_("理由最多 %(limit)s 字。请缩短后再撤。"),
    "parameter.odd_floor": N_(
        "下限 %(value)s 元不是社会平均工资的 60%%（%(expected)s 元）。照文件填的没有错就可以发布。"
    ),
    "parameter.odd_cap": N_(
        "上限 %(value)s 元不是社会平均工资的 300%%（%(expected)s 元）。照文件填的没有错就可以发布。"
    ),
    "parameter.odd_class": N_(
        "单位费率 %(percent)s 不是所填行业类别和浮动档次算出来的数。阶段性降费等情况可以这样，请核对理由。"
    ),
    "parameter.odd_tiny": N_(
        "费率 %(percent)s 非常低，等于 %(fraction)s。是不是把小数当百分数填了？费率 0.0023 应填 0.23。"
    ),
}
