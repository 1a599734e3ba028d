"""Codes are right by their check characters, and masks never show what they hide."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules import identity

VECTORS = json.loads((Path(__file__).parent / "vectors.json").read_text("utf-8"))


@pytest.mark.parametrize("code", VECTORS["uscc"]["valid"])
def test_valid_uscc(code: str) -> None:
    assert identity.is_valid_uscc(code)
    assert identity.uscc_check_char(code[:17]) == code[17]


@pytest.mark.parametrize(
    "code", [*VECTORS["uscc"]["invalid"], "", "91", "９１350100M000100Y43", "91350100M000100Y43\n"]
)
def test_invalid_uscc(code: str) -> None:
    assert not identity.is_valid_uscc(code)


@pytest.mark.parametrize("code", VECTORS["org"]["valid"])
def test_valid_org_code(code: str) -> None:
    assert identity.is_valid_org_code(code)


@pytest.mark.parametrize("code", [*VECTORS["org"]["invalid"], "", "GSAAAAAAAAAAAAAAAAA", "m000100Y4"])
def test_invalid_org_code(code: str) -> None:
    assert not identity.is_valid_org_code(code)


@pytest.mark.parametrize("number", VECTORS["id"]["valid"])
def test_valid_id_number(number: str) -> None:
    assert identity.is_valid_id_number(number)
    assert identity.id_check_digit(number[:17]) == number[17]


@pytest.mark.parametrize(
    "number", [*VECTORS["id"]["invalid"], "", "150102900307123", "11010519491231002x", "1101051949123100２X"]
)
def test_invalid_id_number(number: str) -> None:
    assert not identity.is_valid_id_number(number)


def test_a_right_check_digit_does_not_save_the_thirtieth_of_february() -> None:
    number = "15010219900230123X"
    assert identity.id_check_digit(number[:17]) == number[17]
    assert not identity.is_valid_id_number(number)


@given(st.sampled_from(VECTORS["id"]["valid"]), st.integers(0, 16), st.integers(1, 9))
def test_one_wrong_digit_is_always_found(number: str, place: int, shift: int) -> None:
    wrong = str((int(number[place]) + shift) % 10)
    assert not identity.is_valid_id_number(number[:place] + wrong + number[place + 1 :])


@given(
    st.sampled_from(VECTORS["uscc"]["valid"]),
    st.integers(0, 17),
    st.sampled_from("0123456789ABCDEFGHJKLMNPQRTUWXY"),
)
def test_one_wrong_character_is_always_found(code: str, place: int, char: str) -> None:
    changed = code[:place] + char + code[place + 1 :]
    assert identity.is_valid_uscc(changed) is (changed == code)


def test_birth_date_and_sex() -> None:
    assert identity.birth_date("11010519491231002X") == date(1949, 12, 31)
    assert identity.sex("11010519491231002X") == "female"
    assert identity.sex("150102199003071237") == "male"
    for question in (identity.birth_date, identity.sex):
        with pytest.raises(ValueError, match="18"):
            question("150102900307123")


@pytest.mark.parametrize("short", ["", "1", "1234567890123456", "1234567890123456X", "１2345678901234567"])
def test_check_characters_refuse_other_shapes(short: str) -> None:
    with pytest.raises(ValueError, match="ID number"):
        identity.id_check_digit(short)
    with pytest.raises(ValueError, match="organisation"):
        identity.org_check_char(short)


def test_uscc_check_char_refuses_letters_that_look_like_digits() -> None:
    with pytest.raises(ValueError, match="credit"):
        identity.uscc_check_char("91350100M000100I4")


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("12345678-8", "123456788"),
        (" 91350100m000100y43 ", "91350100M000100Y43"),
        ("９１３５０１００Ｍ０００１００Ｙ４３", "91350100M000100Y43"),
        ("110105 19491231\u3000002x", "11010519491231002X"),
        ("M000100Y—4", "M000100Y4"),
    ],
)
def test_normalise_code(typed: str, code: str) -> None:
    assert identity.normalise_code(typed) == code


@pytest.mark.parametrize(
    ("number", "masked"),
    [
        ("150102199003071237", "150***********1237"),
        ("150102900307123", "150********7123"),
        ("12345678", "123*5678"),
        ("1234567", "******7"),
        ("12", "*2"),
        ("1", "*"),
        ("", ""),
    ],
)
def test_mask_id(number: str, masked: str) -> None:
    assert identity.mask_id(number) == masked


@given(st.text("0123456789X", max_size=30))
def test_a_mask_never_shows_the_middle(number: str) -> None:
    masked = identity.mask_id(number)
    assert len(masked) == len(number)
    assert set(masked[3:-4]) <= {"*"}
    if number:
        assert "*" in masked


@pytest.mark.parametrize(
    ("name", "masked"),
    [
        ("内蒙古第一机械集团有限公司", "内蒙古********公司"),
        ("呼和浩特市一中", "呼和浩**一中"),
        ("阿荣旗医院", "阿***院"),
        ("一中", "一*"),
        ("厂", "*"),
        ("", ""),
    ],
)
def test_mask_name(name: str, masked: str) -> None:
    assert identity.mask_name(name) == masked
