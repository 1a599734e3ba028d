"""The 说明表 as data: its fields in sections, and whether its head counts agree."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rules.fields import N_, Field, Section, as_typed, clean_fields, fields_of
from rules.refusals import Refusal

UNIT_TYPES = (
    ("enterprise", N_("企业")),
    ("government_body", N_("机关")),
    ("public_institution", N_("事业单位")),
    ("social_organisation", N_("社会团体")),
    ("private_non_enterprise", N_("民办非企业单位")),
    ("sole_proprietor", N_("有雇工的个体工商户")),
    ("other", N_("其他")),
)
FUNDING_SOURCES = (
    ("full_budget", N_("财政全额拨款")),
    ("part_budget", N_("财政差额拨款")),
    ("self_supporting", N_("自收自支")),
    ("own_funds", N_("单位自筹")),
    ("other", N_("其他")),
)

REDUCTIONS = ("left", "rehired_retirees", "dispatched", "interns", "reduction_other")
ADDITIONS = ("joined", "affiliated", "addition_other")

# What the counter knows already is a fact printed on the form, not a field: the unit's number, name and
# credit code, the year, the insurances and the number of people declared this time.
SECTIONS: tuple[Section, ...] = (
    Section(
        N_("单位情况"),
        (
            Field("unit_type", N_("单位类型"), "choice", True, UNIT_TYPES),
            Field("funding_source", N_("经费来源"), "choice", True, FUNDING_SOURCES),
            Field("legal_representative", N_("法定代表人"), "text", True),
            Field("contact_person", N_("社保专管员"), "text", True),
            Field("phone", N_("联系电话"), "phone", True),
            Field("bank_name", N_("开户银行"), "text"),
            Field("bank_account", N_("银行账号"), "text"),
            Field("address", N_("单位地址"), "text"),
        ),
    ),
    Section(
        N_("上年末职工与工资总额"),
        (
            Field("last_year_headcount", N_("上年末职工人数"), "count", True),
            Field("last_year_wage_total", N_("上年工资总额（财务列支）"), "money", True),
        ),
    ),
    Section(
        N_("扣减"),
        (
            Field("left_count", N_("已减少参保人数"), "count"),
            Field("left_wages", N_("已减少参保人员工资"), "money"),
            Field("rehired_retirees_count", N_("聘用退休人员人数"), "count"),
            Field("rehired_retirees_wages", N_("聘用退休人员工资"), "money"),
            Field("dispatched_count", N_("劳务派遣人数"), "count"),
            Field("dispatched_wages", N_("劳务派遣人员工资"), "money"),
            Field("interns_count", N_("实习人员人数"), "count"),
            Field("interns_wages", N_("实习人员工资"), "money"),
            Field("reduction_other_count", N_("其他扣减人数"), "count"),
            Field("reduction_other_wages", N_("其他扣减工资"), "money"),
        ),
    ),
    Section(
        N_("增加"),
        (
            Field("joined_count", N_("新增参保人数"), "count"),
            Field("joined_wages", N_("新增参保人员工资"), "money"),
            Field("affiliated_count", N_("挂靠人员人数"), "count"),
            Field("affiliated_wages", N_("挂靠人员工资"), "money"),
            Field("addition_other_count", N_("其他增加人数"), "count"),
            Field("addition_other_wages", N_("其他增加工资"), "money"),
        ),
    ),
    Section(
        N_("说明与承诺"),
        (
            Field("change_reason", N_("增减原因"), "longtext"),
            Field("published", N_("申报工资已在本单位公示"), "confirm", True),
            Field("union_agreed", N_("已经工会或职工代表大会确认"), "confirm"),
            Field("promise", N_("承诺所填内容真实、准确、完整"), "confirm", True),
            Field("filled_by", N_("填报人"), "text", True),
            Field("filled_on", N_("填报日期"), "date", True),
        ),
    ),
)
FIELDS: dict[str, Field] = fields_of(SECTIONS)


def validate(values: Mapping[str, str]) -> tuple[dict[str, Any], dict[str, Refusal]]:
    """The form's values made clean, and per field the reason why not (``rules.fields.clean_fields``)."""
    return clean_fields(FIELDS, values)


def typed_statement(cleaned: Mapping[str, Any]) -> dict[str, str]:
    """A kept 说明表 as a person would type it again."""
    return as_typed(FIELDS, cleaned)


def cross_check(cleaned: Mapping[str, Any], people: int) -> list[Refusal]:
    """Warnings, not errors: last year's head count − reductions + additions should be ``people``.

    ``statement.people_differ`` carries ``computed`` and ``declared``. Silent while the head count is missing.
    """
    headcount = cleaned.get("last_year_headcount")
    if headcount is None:
        return []
    removed = sum(cleaned.get(f"{name}_count") or 0 for name in REDUCTIONS)
    added = sum(cleaned.get(f"{name}_count") or 0 for name in ADDITIONS)
    computed = headcount - removed + added
    if computed == people:
        return []
    field = FIELDS["last_year_headcount"]
    return [
        Refusal(
            "statement.people_differ",
            field.name,
            label=field.label_msgid,
            value=str(headcount),
            computed=computed,
            declared=people,
        )
    ]
