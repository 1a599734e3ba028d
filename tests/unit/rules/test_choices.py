"""A choice is understood by its value, its label, and the words that files use for it."""

from __future__ import annotations

import pytest

from rules.column_names import SAID_FOR
from rules.fields import clean_fields
from rules.people import CHANGING_FIELDS, JOINING_FIELDS, LEAVING_FIELDS

ALL = (JOINING_FIELDS, LEAVING_FIELDS, CHANGING_FIELDS)


def clean(fields, name: str, text: str):
    cleaned, errors = clean_fields({name: fields[name]}, {name: text})
    return errors[name].code if errors else cleaned[name]


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("id_kind", "01", "01"),
        ("id_kind", "居民身份证(户口簿)", "01"),
        ("id_kind", "居民身份证", "01"),
        ("id_kind", "身份证", "01"),
        ("id_kind", "台胞证", "03"),
        ("id_kind", "永久居留", "05"),
        ("education", "本科", "bachelor"),
        ("education", "大专", "associate"),
        ("education", "硕士", "postgraduate"),
        ("employment", " 合同制 ", "contract"),
        ("employment", "其他", "other"),
        ("sex", "女性", "female"),
        ("insurances", "工伤保险、医疗", ["310", "410"]),
    ],
)
def test_a_short_form(name, text, value):
    assert clean(JOINING_FIELDS, name, text) == value


@pytest.mark.parametrize(
    ("name", "text"),
    [("id_kind", "居民"), ("id_kind", "证"), ("sex", "男女"), ("education", "无"), ("insurances", "养老")],
)
def test_what_may_mean_two_things_or_nothing_is_asked(name, text):
    assert clean(JOINING_FIELDS, name, text) == "field.choice"


def test_every_label_means_itself():
    for fields in ALL:
        for field in fields.values():
            for value, label in field.choices:
                assert clean(fields, field.name, label) in (value, [value]), label


def test_every_word_stands_for_a_label_of_some_field():
    labels = {
        label.split("（")[0] for fields in ALL for one in fields.values() for _value, label in one.choices
    }
    assert set(SAID_FOR.values()) <= labels
