"""有差异: what a unit says of an amount that it thinks is wrong. Source: first manual 4.4."""

from __future__ import annotations

from rules.fields import N_, Field, Section
from rules.insurances import CHOICES
from rules.levies import ITEM_KINDS

WRONG = (
    ("people", N_("人数")),
    ("base", N_("基数")),
    ("rate", N_("费率")),
    ("amount", N_("金额")),
    ("other", N_("其他")),
)
"""What may be wrong with an amount."""

DISPUTING: tuple[Section, ...] = (
    Section(
        N_("哪一笔"),
        (
            Field("month", N_("费款所属期"), "month", True, hint_msgid=N_("6 位数字，如 202606")),
            Field("insurance", N_("险种"), "choice", True, CHOICES),
            Field("item", N_("应缴类型"), "choice", choices=ITEM_KINDS, hint_msgid=N_("说不准就不选")),
        ),
    ),
    Section(
        N_("哪里不对"),
        (
            Field("wrong", N_("什么不对"), "choice", True, WRONG),
            Field("expected", N_("您认为应缴多少（元）"), "money", hint_msgid=N_("算得出就填，不填也可以")),
            Field("name", N_("有关人员姓名"), "text", hint_msgid=N_("只与一个人有关时填；多人写在说明里")),
            Field("id_number", N_("有关人员证件号码"), "code"),
            Field(
                "explanation",
                N_("说明"),
                "longtext",
                True,
                hint_msgid=N_("写清哪里不对、应该是多少、依据是什么"),
            ),
        ),
    ),
)
"""The form of a difference."""
