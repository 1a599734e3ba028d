"""The 说明表 takes what people write, says what is wrong field by field, and compares the head counts."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.statement import ADDITIONS, FIELDS, REDUCTIONS, SECTIONS, cross_check, validate

GOOD = {
    "unit_type": "enterprise",
    "funding_source": "own_funds",
    "legal_representative": " 张䶮 ",
    "contact_person": "乌云其其格",
    "phone": "0471-1234567".replace("1234567", "6234567"),
    "last_year_headcount": "72",
    "last_year_wage_total": "4,610,757.52元",
    "left_count": "3人",
    "published": "on",
    "promise": "1",
    "filled_by": "乌云其其格",
    "filled_on": "2026年4月5日",
}


def test_a_good_form_is_cleaned() -> None:
    cleaned, errors = validate({**GOOD, "no_such_field": "x"})
    assert errors == {}
    assert set(cleaned) == set(FIELDS)
    assert cleaned["legal_representative"] == "张䶮"
    assert cleaned["last_year_headcount"] == 72
    assert cleaned["last_year_wage_total"] == 461_075_752
    assert cleaned["left_count"] == 3
    assert cleaned["interns_count"] is None
    assert cleaned["interns_wages"] is None
    assert cleaned["address"] == ""
    assert (cleaned["published"], cleaned["union_agreed"]) == (True, False)
    assert cleaned["filled_on"] == "2026-04-05"
    assert cleaned["phone"] == "0471-6234567"


def test_an_empty_form_names_every_required_field() -> None:
    _, errors = validate({})
    required = {name for name, field in FIELDS.items() if field.required}
    assert set(errors) == required
    for name, refusal in errors.items():
        confirm = FIELDS[name].kind == "confirm"
        assert refusal.code == ("field.confirm" if confirm else "field.required")
        assert refusal.field == name
        assert refusal.params == {"label": FIELDS[name].label_msgid, "value": ""}


@pytest.mark.parametrize(
    ("name", "value", "code"),
    [
        ("last_year_headcount", "-1", "field.not_a_count"),
        ("last_year_headcount", "1.5", "field.not_a_count"),
        ("last_year_headcount", "1000001", "field.not_a_count"),
        ("last_year_headcount", "٣", "field.not_a_count"),
        ("interns_count", "三", "field.not_a_count"),
        ("last_year_wage_total", "460万", "field.not_money"),
        ("last_year_wage_total", "1000000000000", "field.not_money"),
        ("last_year_wage_total", "\u200b", "field.required"),
        ("interns_wages", "-5", "field.not_money"),
        ("phone", "12345", "field.phone"),
        ("phone", "12800000000", "field.phone"),
        ("phone", "6234567", "field.phone"),
        ("address", "呼" * 101, "field.too_long"),
        ("change_reason", "因" * 1001, "field.too_long"),
        ("unit_type", "企业家", "field.choice"),
        ("promise", "0", "field.confirm"),
        ("filled_on", "2026-02-30", "field.date"),
        ("filled_on", "昨天", "field.date"),
    ],
)
def test_what_is_wrong_is_said(name: str, value: str, code: str) -> None:
    cleaned, errors = validate({**GOOD, name: value})
    assert {key: refusal.code for key, refusal in errors.items()} == {name: code}
    assert name not in cleaned
    assert errors[name].params["value"] == value[:40]
    assert errors[name].params["label"] == FIELDS[name].label_msgid


def test_a_refused_amount_carries_its_reason() -> None:
    _, errors = validate({**GOOD, "last_year_wage_total": "460万"})
    params = errors["last_year_wage_total"].params
    assert (params["reason"], params["suggestion"]) == ("unit_word", "4600000.00")


@pytest.mark.parametrize(
    ("typed", "phone"),
    [
        ("13800000000", "13800000000"),
        ("138 0000 0000", "13800000000"),
        ("+86 13800000000", "13800000000"),
        ("010-62345678", "010-62345678"),
        ("01062345678", "010-62345678"),
        ("（0471）6234567", "0471-6234567"),
        ("04716234567转801", "0471-6234567-801"),
    ],
)
def test_phones(typed: str, phone: str) -> None:
    cleaned, errors = validate({**GOOD, "phone": typed})
    assert errors == {}
    assert cleaned["phone"] == phone


def test_the_largest_values_are_taken() -> None:
    cleaned, errors = validate(
        {
            **GOOD,
            "last_year_headcount": "1000000",
            "last_year_wage_total": "999999999999.99",
            "address": "呼" * 100,
        }
    )
    assert errors == {}
    assert cleaned["last_year_headcount"] == 1_000_000
    assert cleaned["last_year_wage_total"] == 99_999_999_999_999


def test_head_counts_that_agree_give_no_warning() -> None:
    counts = {"last_year_headcount": 72, "left_count": 3, "interns_count": None, "joined_count": 5}
    assert cross_check(counts, 74) == []


def test_head_counts_that_differ_give_a_warning_with_both_numbers() -> None:
    (warning,) = cross_check({"last_year_headcount": 72, "left_count": 3, "joined_count": 5}, 72)
    assert warning.code == "statement.people_differ"
    assert (warning.params["computed"], warning.params["declared"]) == (74, 72)
    assert cross_check({}, 72) == []


def test_every_reduction_and_addition_counts() -> None:
    for name in REDUCTIONS:
        assert cross_check({"last_year_headcount": 10, f"{name}_count": 4}, 6) == []
    for name in ADDITIONS:
        assert cross_check({"last_year_headcount": 10, f"{name}_count": 4}, 14) == []
    assert {f"{name}_{what}" for name in REDUCTIONS + ADDITIONS for what in ("count", "wages")} <= set(FIELDS)


def test_names_are_unique() -> None:
    assert len(FIELDS) == sum(len(section.fields) for section in SECTIONS)


@given(st.dictionaries(st.sampled_from(sorted(FIELDS)), st.text(st.characters(codec=None), max_size=30)))
def test_any_form_is_answered_field_by_field(values: dict[str, str]) -> None:
    cleaned, errors = validate(values)
    assert set(cleaned) | set(errors) == set(FIELDS)
    assert not set(cleaned) & set(errors)
