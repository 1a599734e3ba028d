"""What a unit writes about itself is put into one spelling, judged field by field, and compared with its record."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.fields import clean_fields, fields_of
from rules.refusals import Refusal
from rules.units import (
    CHANGING_AT_ONCE,
    CHANGING_FIELDS,
    CHANGING_REVIEWED,
    REGISTERING_UNIT,
    Difference,
    check_bank_account,
    check_unit,
    check_unit_name,
    completed,
    differences,
    is_card_number,
    kept_account,
    next_unit_no,
)

GOOD = {
    "uscc": "91350100m000100y43",
    "name": "呼和浩特市 青城 建筑（集团）有限公司",
    "legal_representative": "张䶮",
    "kind": "企业",
    "funding": "own_funds",
    "contact_name": "乌云其其格",
    "contact_phone": "（0471）6234567",
    "address": "新城区中山东路 1 号",
    "bank_name": "中国银行呼和浩特新城支行",
    "bank_account": "1505 0170 6637 0000 0012",
    "insurances": "工伤、310",
    "headcount": "36人",
    "operator_name": "乌云其其格",
    "username": "qch_wuyun",
}
ANY_TEXT = st.text(st.characters(codec=None), max_size=40)


def codes(content: dict[str, object]) -> list[tuple[str, str | None]]:
    return [(refusal.code, refusal.field) for refusal in check_unit(content)]


def refused(text: str) -> str:
    with pytest.raises(Refusal) as caught:
        check_bank_account(text)
    assert (caught.value.field, caught.value.params) == ("bank_account", {})
    return caught.value.code


def test_a_good_registration_is_cleaned_and_completed() -> None:
    cleaned, errors = clean_fields(fields_of(REGISTERING_UNIT), GOOD)
    assert errors == {}
    content = completed(cleaned)
    assert content["name"] == "呼和浩特市青城建筑（集团）有限公司"
    assert content["bank_account"] == "15050170663700000012"
    assert content["insurances"] == ["310", "410"]
    assert (content["uscc"], content["kind"], content["headcount"]) == (
        "91350100M000100Y43",
        "enterprise",
        36,
    )
    assert content["address"] == "新城区中山东路 1 号"
    assert check_unit(content) == []
    assert completed(content) == content


def test_what_counts_at_once_is_not_also_reviewed() -> None:
    at_once, reviewed = fields_of(CHANGING_AT_ONCE), fields_of(CHANGING_REVIEWED)
    assert set(at_once) == {"contact_name", "contact_phone", "address"}
    assert not set(at_once) & set(reviewed)
    assert {"name", "legal_representative", "kind", "funding", "bank_name", "bank_account"} == set(reviewed)
    assert {**at_once, **reviewed} == CHANGING_FIELDS
    assert set(CHANGING_FIELDS) <= set(fields_of(REGISTERING_UNIT))


@pytest.mark.parametrize("sections", [CHANGING_AT_ONCE, CHANGING_REVIEWED, REGISTERING_UNIT])
def test_names_are_unique(sections: tuple) -> None:  # type: ignore[type-arg]
    assert len(fields_of(sections)) == sum(len(section.fields) for section in sections)


@pytest.mark.parametrize(
    ("typed", "account"),
    [
        ("12345678", "12345678"),
        ("9" * 30, "9" * 30),
        (" 0471-0000 1111 ", "047100001111"),
        ("１２３４\u3000５６７８", "12345678"),
        ("\ufeff6222\u200b0202\u20100001", "622202020001"),
    ],
)
def test_an_account_is_its_digits(typed: str, account: str) -> None:
    assert check_bank_account(typed) == account


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("", "unit.bank_account"),
        ("1234567", "unit.bank_account"),
        ("9" * 31, "unit.bank_account"),
        ("1234567X", "unit.bank_account"),
        ("1234567²", "unit.bank_account"),
        ("1234567①", "unit.bank_account"),
        ("١٢٣٤٥٦٧٨", "unit.bank_account"),
        ("账号 12345678", "unit.bank_account"),
        ("6.22202E+18", "unit.bank_scientific"),
        ("6.22202e18", "unit.bank_scientific"),
        ("６.２２Ｅ＋１８", "unit.bank_scientific"),
        ("6E+15", "unit.bank_scientific"),
    ],
)
def test_other_accounts_are_refused(typed: str, code: str) -> None:
    assert refused(typed) == code


@pytest.mark.parametrize(
    ("account", "is_card"),
    [
        # A test number that payment providers publish, and two by hand: 3+4+0+2+2+2+7 = 20 and 6+2+4+4+4 = 20.
        ("6200000000000005", True),
        ("6222020000000007", True),
        ("6222020000000000000", True),
        ("6200000000000006", False),
        ("6222020000000000001", False),
        ("4111111111111111", False),
        ("62", False),
        ("", False),
        # Right check digits, but 15 and 20 digits long.
        ("622202000000000", False),
        ("62220200000000000007", False),
    ],
)
def test_a_card_is_known_by_its_check_digit(account: str, is_card: bool) -> None:
    assert is_card_number(account) is is_card


@given(st.integers(0, 10**16 - 1))
def test_one_check_digit_in_ten_makes_a_card(middle: int) -> None:
    assert sum(is_card_number(f"62{middle:016d}{check}") for check in range(10)) == 1


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        (" 内蒙古　青城 建筑有限公司 ", "内蒙古青城建筑有限公司"),
        ("\ufeff青城\u200b建筑公司", "青城建筑公司"),
        ("Siemens  (China)   Co., Ltd.", "Siemens (China) Co., Ltd."),
        ("西门子 (中国) 有限公司", "西门子(中国)有限公司"),
        ("克什克腾旗乌兰·图雅牧场", "克什克腾旗乌兰·图雅牧场"),
        ("𬭊𬬻新材料公司", "𬭊𬬻新材料公司"),
    ],
)
def test_a_name_has_one_spelling(typed: str, name: str) -> None:
    assert check_unit_name(typed) == name
    assert check_unit_name(name) == name


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("", "unit.name_incomplete"),
        ("\u200b", "unit.name_incomplete"),
        ("12345", "unit.name_incomplete"),
        ("厂", "unit.name_incomplete"),
        ("青城建?公司", "unit.name_characters"),
        ("青城建□公司", "unit.name_characters"),
        ("青城\ufffd公司", "unit.name_characters"),
        ("青城\ue000公司", "unit.name_characters"),
        ("青城\u202e公司", "unit.name_characters"),
        ("青城\x00公司", "unit.name_characters"),
        ("青城\ud800公司", "unit.name_characters"),
    ],
)
def test_a_name_that_cannot_be_one_is_refused(typed: str, code: str) -> None:
    with pytest.raises(Refusal) as caught:
        check_unit_name(typed)
    assert (caught.value.code, caught.value.field) == (code, "name")
    assert codes({"name": typed}) == codes(completed({"name": typed})) == [(code, "name")]


@pytest.mark.parametrize(
    ("content", "found"),
    [
        ({}, []),
        ({"bank_name": "", "bank_account": ""}, []),
        ({"bank_name": "中国银行", "bank_account": ""}, [("unit.bank_account_missing", "bank_account")]),
        ({"bank_name": "", "bank_account": "12345678"}, [("unit.bank_name_missing", "bank_name")]),
        ({"bank_account": "12345678"}, []),
        ({"bank_name": "中国银行", "bank_account": "123"}, [("unit.bank_account", "bank_account")]),
        ({"headcount": 0}, [("unit.nobody", "headcount")]),
        ({"headcount": 1}, []),
        ({"username": ""}, []),
        ({"username": "ab"}, [("unit.username", "username")]),
        ({"username": "青城建筑"}, [("unit.username", "username")]),
        ({"username": "qch_wuyun\n"}, [("unit.username", "username")]),
    ],
)
def test_a_form_is_judged_by_what_it_has(content: dict[str, object], found: list[tuple[str, str]]) -> None:
    assert codes(content) == found


def test_differences_are_told_in_the_order_of_the_form() -> None:
    old = {"name": "旧名称公司", "kind": "enterprise", "bank_account": "", "address": "一号"}
    new = {"bank_account": "12345678", "kind": "enterprise", "name": "新名称公司", "other": "x"}
    assert differences(old, new, CHANGING_FIELDS) == [
        Difference("name", "单位名称", "旧名称公司", "新名称公司"),
        Difference("bank_account", "银行账号", "", "12345678"),
    ]


@pytest.mark.parametrize(
    ("old", "new", "differ"),
    [
        (None, "", False),
        ("", None, False),
        (None, [], False),
        ("", 0, True),
        (None, False, True),
        (["310"], ["310"], False),
        (["310"], [], True),
        ("甲", "", True),
    ],
)
def test_nothing_is_nothing_however_it_is_kept(old: object, new: object, differ: bool) -> None:
    assert bool(differences({"name": old}, {"name": new}, CHANGING_FIELDS)) is differ
    if old is None:
        assert bool(differences({}, {"name": new}, CHANGING_FIELDS)) is differ


@given(st.dictionaries(st.sampled_from(sorted(CHANGING_FIELDS)), ANY_TEXT))
def test_nothing_differs_from_itself(content: dict[str, str]) -> None:
    assert differences(content, completed(completed(content)), CHANGING_FIELDS) == differences(
        content, completed(content), CHANGING_FIELDS
    )
    assert differences(content, content, CHANGING_FIELDS) == []


@given(st.dictionaries(st.sampled_from(sorted(fields_of(REGISTERING_UNIT))), ANY_TEXT))
def test_any_form_is_answered_with_refusals_only(values: dict[str, str]) -> None:
    cleaned, _errors = clean_fields(fields_of(REGISTERING_UNIT), values)
    for refusal in check_unit(completed(cleaned)):
        assert refusal.code.startswith("unit.")
        assert refusal.field in fields_of(REGISTERING_UNIT)


@given(ANY_TEXT | st.text("0123456789 -Ee.+０９", max_size=40))
def test_any_text_is_an_account_or_refused(text: str) -> None:
    try:
        account = check_bank_account(text)
    except Refusal as refusal:
        assert refusal.code in ("unit.bank_account", "unit.bank_scientific")
    else:
        assert account.isascii() and account.isdecimal() and 8 <= len(account) <= 30
        assert check_bank_account(account) == account
        is_card_number(account)


@given(ANY_TEXT)
def test_any_text_is_a_name_or_refused(text: str) -> None:
    try:
        name = check_unit_name(text)
    except Refusal as refusal:
        assert refusal.code in ("unit.name_characters", "unit.name_incomplete")
    else:
        assert check_unit_name(name) == name


@pytest.mark.parametrize(
    ("known", "expected"),
    [
        ([], "23000001"),
        (["23000072", "23000099"], "23000100"),
        (["23000072", "15019999", "2300AB99", "2300", "230099"], "23000073"),
        (["23009999"], "230010000"),
        (["23009999", "230010000"], "230010001"),
    ],
)
def test_a_new_unit_gets_the_next_number_of_its_region(known: list[str], expected: str) -> None:
    assert next_unit_no("230000", known) == expected


@given(st.lists(st.from_regex(r"2300[0-9]{4,5}", fullmatch=True)))
def test_a_new_units_number_is_nobodys(known: list[str]) -> None:
    assert next_unit_no("230000", known) not in known


@pytest.mark.parametrize(
    ("bank", "account", "kept"),
    [("某行", "", "1" * 12), ("某行", "2" * 12, "2" * 12), ("别行", "", ""), ("", "", "")],
)
def test_an_account_left_empty_is_kept_where_the_bank_stays(bank: str, account: str, kept: str) -> None:
    record = {"bank_name": "某行", "bank_account": "1" * 12}
    content = {"bank_name": bank, "bank_account": account}
    assert kept_account(content, record)["bank_account"] == kept
    assert content["bank_account"] == account
