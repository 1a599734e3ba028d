"""What for somebody looks at personal information in full, or takes it away: asked each time, kept in the audit trail.

Source: 个人信息保护法 articles 6 and 28 (a definite purpose, no more than it needs), GB/T 35273-2020 section 7.
"""

from __future__ import annotations

from collections.abc import Mapping

from rules.fields import N_, Field, clean_fields, refuse_field
from rules.refusals import Refusal

OTHER = "other"
PURPOSES = (
    ("business", N_("办理本单位的社保业务")),
    ("asked", N_("职工本人要求核对")),
    ("check", N_("配合检查或审计")),
    (OTHER, N_("其他")),
)
FIELDS: dict[str, Field] = {
    "purpose": Field("purpose", N_("用途"), "choice", True, PURPOSES),
    "purpose_note": Field("purpose_note", N_("说明"), "text", False, (), N_("选“其他”的要写明。")),
}


def clean_purpose(typed: Mapping[str, str]) -> tuple[dict[str, str], dict[str, Refusal]]:
    """The purpose made clean, and what is wrong with it by field; "other" has to be explained."""
    content, errors = clean_fields(FIELDS, typed)
    if not errors and content["purpose"] == OTHER and not content["purpose_note"]:
        errors["purpose_note"] = refuse_field("field.required", FIELDS["purpose_note"], "")
    return content, errors
