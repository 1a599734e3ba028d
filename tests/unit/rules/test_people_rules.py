"""人员新增, 人员减少 and 人员信息变更 take what is right and say of each wrong thing where it is."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.fields import Field, Section, clean_fields, fields_of
from rules.people import (
    CHANGING,
    CHANGING_FIELDS,
    JOINING,
    JOINING_FIELDS,
    LEAVING,
    LEAVING_FIELDS,
    age_on,
    check_changing,
    check_joining,
    check_leaving,
    completed,
    needs_attachment,
)
from rules.refusals import Refusal

TODAY = date(2026, 6, 18)
AGES = {"male": 63, "female": 55}
FORMS = [JOINING, LEAVING, CHANGING]

JOINS = {
    "id_kind": "01",
    "id_number": "150102199003071237",
    "name": "张三",
    "mobile": "13800000000",
    "employment": "contract",
    "work_from": "2012-07-01",
    "wage": "6803",
    "cover_from": "2026-06-18",
    "insurances": "310 410 510",
}
LEAVES = {
    "id_number": "150102199003071237",
    "name": "张三",
    "reason": "222",
    "left_on": "2026-06-15",
    "last_month": "202606",
    "insurances": "410",
}
CHANGES = {"id_number": "150102199003071237", "name": "张三", "new_mobile": "13900000000", "reason": "换号"}


def cleaned(fields: Mapping[str, Field], values: Mapping[str, str]) -> dict[str, Any]:
    content, errors = clean_fields(fields, values)
    assert errors == {}
    return content


def joining(today: date = TODAY, **typed: str) -> list[tuple[str, str | None]]:
    content = cleaned(JOINING_FIELDS, {**JOINS, **typed})
    return [(refusal.code, refusal.field) for refusal in check_joining(content, today, AGES)]


def leaving(**typed: str) -> list[tuple[str, str | None]]:
    content = cleaned(LEAVING_FIELDS, {**LEAVES, **typed})
    return [(refusal.code, refusal.field) for refusal in check_leaving(content, TODAY)]


def changing(**typed: str) -> list[tuple[str, str | None]]:
    content = cleaned(CHANGING_FIELDS, {**CHANGES, **typed})
    return [(refusal.code, refusal.field) for refusal in check_changing(content, TODAY)]


@pytest.mark.parametrize("form", FORMS)
def test_a_heading_means_one_field_of_a_form(form: tuple[Section, ...]) -> None:
    fields = fields_of(form)
    assert len(fields) == sum(len(section.fields) for section in form)
    headings = [heading for field in fields.values() for heading in {field.label_msgid, *field.other_names}]
    assert len(headings) == len(set(headings))


@pytest.mark.parametrize("form", FORMS)
def test_choices_have_one_value_and_one_label_each(form: tuple[Section, ...]) -> None:
    for field in fields_of(form).values():
        assert bool(field.choices) == (field.kind in ("choice", "choices"))
        names = [name for choice in field.choices for name in choice]
        assert len(names) == len(set(names))


def test_good_forms_are_taken() -> None:
    assert joining() == []
    assert leaving() == []
    assert changing() == []


def test_what_the_document_says_is_filled_in() -> None:
    kept = completed(
        cleaned(JOINING_FIELDS, {**JOINS, "id_number": "１５０１０２ 19900307-1237", "name": " 张 三"})
    )
    assert (kept["sex"], kept["born_on"]) == ("male", "1990-03-07")
    assert (kept["id_number"], kept["name"]) == ("150102199003071237", "张三")
    moved = completed(
        cleaned(CHANGING_FIELDS, {**CHANGES, "new_id_kind": "02", "new_id_number": "h1234567801"})
    )
    assert moved["new_id_number"] == "H12345678"
    assert (moved["new_sex"], moved["new_born_on"]) == ("", None)


def test_what_was_typed_is_not_written_over() -> None:
    typed = cleaned(JOINING_FIELDS, {**JOINS, "sex": "女", "born_on": "1990-03-08"})
    kept = completed(typed)
    assert (kept["sex"], kept["born_on"]) == ("female", "1990-03-08")


def test_what_was_refused_is_not_made_up() -> None:
    content, errors = clean_fields(JOINING_FIELDS, {**JOINS, "sex": "未知", "born_on": "三月"})
    assert errors.keys() == {"sex", "born_on"}
    assert not {"sex", "born_on"} & completed(content).keys()
    assert check_joining(content, TODAY, AGES) == []


PASSPORT = {"id_kind": "06", "id_number": "E12345678", "name": "JOHN SMITH", "sex": "男"}


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ({"sex": "男", "born_on": "1990-03-07"}, []),
        ({"sex": "女"}, [("person.sex_is_male", "sex")]),
        ({"id_number": "11010519491231002X", "sex": "男", "over_age_reason": "返聘"}, [("person.sex_is_female", "sex")]),
        ({"born_on": "1990-03-08"}, [("person.born_differs", "born_on")]),
        ({"id_number": "150102199003071238"}, [("document.check_digit", "id_number")]),
        ({"id_number": "-"}, [("field.required", "id_number"), ("field.required", "sex"), ("field.required", "born_on")]),
        ({"name": "\u200b"}, [("field.required", "name")]),
        ({"name": "张3"}, [("person.name_digit", "name")]),
        ({"insurances": "、"}, [("field.required", "insurances")]),
        ({**PASSPORT, "born_on": "1980-01-01"}, []),
        (PASSPORT, [("field.required", "born_on")]),
        ({**PASSPORT, "born_on": "2010-06-18", "work_from": ""}, []),
        ({**PASSPORT, "born_on": "2010-06-19", "work_from": ""}, [("person.under_age", "born_on")]),
        ({**PASSPORT, "born_on": "2030-01-01", "work_from": ""}, [("person.under_age", "born_on")]),
        ({**PASSPORT, "born_on": "1963-06-19"}, []),
        ({**PASSPORT, "born_on": "1963-06-18"}, [("person.over_age", "over_age_reason")]),
        ({**PASSPORT, "born_on": "1963-06-18", "over_age_reason": "延迟退休"}, []),
        ({**PASSPORT, "sex": "女", "born_on": "1971-06-18"}, [("person.over_age", "over_age_reason")]),
        ({"work_from": "1990-03-07"}, [("person.work_before_birth", "work_from")]),
        ({"work_from": "2026-06-18"}, []),
        ({"work_from": "2026-06-19"}, [("person.work_after_cover", "work_from")]),
        ({"work_from": ""}, []),
        ({"wage": "0.99"}, [("person.wage_too_small", "wage")]),
        ({"wage": "0"}, [("person.wage_too_small", "wage")]),
        ({"wage": "1"}, []),
        ({"wage": "9999999.99"}, []),
        ({"wage": "10000000"}, [("person.wage_too_large", "wage")]),
        ({"cover_from": "2020-01-01"}, []),
    ],
)  # fmt: skip
def test_joining(typed: dict[str, str], found: list[tuple[str, str]]) -> None:
    assert joining(**typed) == found


@pytest.mark.parametrize(
    ("today", "insurances", "cover", "latest", "late"),
    [
        ("2026-06-18", "410", "2026-06-19", None, []),
        ("2026-06-18", "410", "2026-06-20", "2026-06-19", ["410"]),
        ("2026-06-30", "410", "2026-07-01", None, []),
        ("2026-06-18", "310 510", "2026-06-30", None, []),
        ("2026-06-18", "310 510", "2026-07-01", "2026-06-30", ["310", "510"]),
        ("2026-06-30", "310 410", "2026-07-01", "2026-06-30", ["310"]),
        ("2026-06-18", "310 410", "2026-06-25", "2026-06-19", ["410"]),
        ("2026-12-31", "410", "2027-01-01", None, []),
    ],
)
def test_how_far_ahead_a_cover_may_begin(
    today: str, insurances: str, cover: str, latest: str | None, late: list[str]
) -> None:
    content = cleaned(JOINING_FIELDS, {**JOINS, "insurances": insurances, "cover_from": cover})
    found = check_joining(content, date.fromisoformat(today), AGES)
    if latest is None:
        assert found == []
    else:
        (refusal,) = found
        assert (refusal.code, refusal.field) == ("person.cover_late", "cover_from")
        assert (refusal.params["latest"], refusal.params["insurances"]) == (latest, late)


def test_without_a_known_age_of_retirement_nobody_is_over_it() -> None:
    content = cleaned(JOINING_FIELDS, {**JOINS, "id_number": "11010519491231002X"})
    assert check_joining(content, TODAY, {}) == []
    (refusal,) = check_joining(content, TODAY, AGES)
    assert (refusal.code, refusal.params["age"]) == ("person.over_age", 76)


@pytest.mark.parametrize(
    ("born", "day", "age"),
    [
        ("2010-06-18", "2026-06-17", 15),
        ("2010-06-18", "2026-06-18", 16),
        ("2008-02-29", "2026-02-28", 17),
        ("2008-02-29", "2026-03-01", 18),
        ("2030-01-01", "2026-06-18", -4),
    ],
)
def test_age(born: str, day: str, age: int) -> None:
    assert age_on(date.fromisoformat(born), date.fromisoformat(day)) == age


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ({"left_on": "2026-07-19", "last_month": "202607"}, []),
        ({"left_on": "2026-07-20", "last_month": "202607"}, [("person.left_late", "left_on")]),
        ({"reason": "死亡", "left_on": "2026-06-18"}, []),
        ({"reason": "死亡", "left_on": "2026-06-19"}, [("person.death_ahead", "left_on")]),
        ({"last_month": "202605"}, []),
        ({"last_month": "202604"}, [("person.last_month_early", "last_month")]),
        ({"last_month": "202607"}, [("person.last_month_late", "last_month")]),
        ({"left_on": "2026-01-05", "last_month": "202512"}, []),
        ({"left_on": "2025-12-31", "last_month": "202601"}, [("person.last_month_late", "last_month")]),
        ({"left_on": "0001-01-01", "last_month": "000101"}, []),
        ({"reason": "229"}, [("person.note_missing", "note")]),
        ({"reason": "229", "note": "协议到期不续签"}, []),
        ({"id_number": "——"}, [("person.whom", "id_number")]),
        ({"id_number": "", "person_no": "0000000012"}, []),
        ({"insurances": ",,"}, [("field.required", "insurances")]),
    ],
)
def test_leaving(typed: dict[str, str], found: list[tuple[str, str]]) -> None:
    assert leaving(**typed) == found


NEW_CARD = {"new_id_kind": "01", "new_id_number": "11010519491231002X"}


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ({"id_number": "", "person_no": "0000000012"}, []),
        ({"id_number": ""}, [("person.whom", "id_number")]),
        ({"id_number": "-", "person_no": "-"}, [("person.whom", "id_number")]),
        ({"new_mobile": ""}, [("person.nothing_new", "new_name")]),
        ({"new_mobile": "", "new_name": "\ufeff"}, [("person.nothing_new", "new_name")]),
        ({"new_name": "张"}, [("person.name_short", "new_name")]),
        ({"new_name": "JOHN SMITH"}, []),
        ({"new_name": "JOHN SMITH", **NEW_CARD}, [("person.name_character", "new_name")]),
        (NEW_CARD, []),
        ({"new_id_kind": "01"}, [("person.kind_and_number", "new_id_number")]),
        ({"new_id_number": "11010519491231002X"}, [("person.kind_and_number", "new_id_kind")]),
        ({**NEW_CARD, "new_id_number": "110105491231002"}, [("document.old_form", "new_id_number")]),
        ({**NEW_CARD, "new_sex": "男"}, [("person.sex_is_female", "new_sex")]),
        ({**NEW_CARD, "new_born_on": "1949-12-30"}, [("person.born_differs", "new_born_on")]),
        ({"new_born_on": "2010-06-18"}, []),
        ({"new_born_on": "2010-06-19"}, [("person.under_age", "new_born_on")]),
    ],
)
def test_changing(typed: dict[str, str], found: list[tuple[str, str]]) -> None:
    assert changing(**typed) == found


@pytest.mark.parametrize(
    ("typed", "needed"),
    [
        ({}, False),
        ({"new_sex": "女", "new_address": "新城区"}, False),
        ({"new_name": "张四"}, True),
        ({"new_id_kind": "01"}, True),
        ({"new_id_number": "11010519491231002X"}, True),
        ({"new_born_on": "1990-03-08"}, True),
    ],
)
def test_a_change_of_who_somebody_is_needs_a_copy(typed: dict[str, str], needed: bool) -> None:
    assert needs_attachment(cleaned(CHANGING_FIELDS, {**CHANGES, **typed})) is needed


def typed_forms(form: tuple[Section, ...], good: Mapping[str, str]) -> st.SearchStrategy[dict[str, str]]:
    """A good form with some of its fields changed to any text, a date, a month, a choice or a blank."""
    fields = fields_of(form)
    values = st.one_of(
        st.text(max_size=30),
        st.dates().map(date.isoformat),
        st.builds("{:04}{:02}".format, st.integers(0, 9999), st.integers(0, 13)),
        st.sampled_from([value for field in fields.values() for value, _ in field.choices]),
        st.sampled_from(["", "-", "\u200b", "9", "H12345678", "11010519491231002X", "110105491231002"]),
    )
    changed = st.dictionaries(st.sampled_from(list(fields)), values)
    return changed.map(lambda some: {**good, **some})


def hold(fields: Mapping[str, Field], content: dict[str, Any], check: Callable[[Any], list[Refusal]]) -> None:
    """Each refusal says where, and what is taken is taken again in the spelling that is kept."""
    found = check(content)
    for refusal in found:
        assert refusal.field in fields
        assert refusal.code.split(".")[0] in ("field", "document", "person")
    kept = completed(content)
    assert kept.keys() == content.keys()
    assert [refusal.code for refusal in check(kept)] == [refusal.code for refusal in found]


@given(typed_forms(JOINING, JOINS), st.dates(max_value=date(9999, 12, 30)))
def test_any_joining_is_taken_or_refused(typed: dict[str, str], today: date) -> None:
    content, _ = clean_fields(JOINING_FIELDS, typed)
    hold(JOINING_FIELDS, content, lambda values: check_joining(values, today, AGES))


@given(typed_forms(LEAVING, LEAVES))
def test_any_leaving_is_taken_or_refused(typed: dict[str, str]) -> None:
    content, _ = clean_fields(LEAVING_FIELDS, typed)
    hold(LEAVING_FIELDS, content, lambda values: check_leaving(values, TODAY))


@given(typed_forms(CHANGING, CHANGES))
def test_any_change_is_taken_or_refused(typed: dict[str, str]) -> None:
    content, _ = clean_fields(CHANGING_FIELDS, typed)
    hold(CHANGING_FIELDS, content, lambda values: check_changing(values, TODAY))
