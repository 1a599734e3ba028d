"""A right document is taken in whatever spelling, a wrong one is refused for what is wrong with it."""

from __future__ import annotations

import json
import string
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.fields import Field
from rules.id_documents import (
    DOCUMENT_KINDS,
    LONGEST_NAME,
    Document,
    check_document,
    check_name,
    compare_document,
    document_key,
    normalise_name,
    read_document,
    same_number,
    spellings,
)
from rules.identity import id_check_digit
from rules.refusals import Refusal

VECTORS = json.loads((Path(__file__).parent / "vectors.json").read_text("utf-8"))["id"]
KINDS = [kind for kind, _ in DOCUMENT_KINDS]
LABELS = dict(DOCUMENT_KINDS)
NAME = Field("name", "姓名", "text")


def eighteen(first17: str) -> str:
    return first17 + id_check_digit(first17)


def refusal_of(kind: str, number: str) -> Refusal:
    with pytest.raises(Refusal) as caught:
        check_document(kind, number)
    return caught.value


def codes_of(name: str, kind: str) -> list[str]:
    return [refusal.code for refusal in check_name(NAME, name, kind)]


PROVINCES = st.sampled_from(["11", "15", "23", "31", "46", "50", "54", "62", "65", "71"])
BIRTHS = st.dates(date(1880, 1, 1), date(2024, 12, 31))


@st.composite
def cards(draw: st.DrawFn) -> Document:
    """A valid number of 18 digits of any kind that has one."""
    kind, prefix = draw(
        st.one_of(
            st.tuples(st.just("01"), st.builds("{}{:04}".format, PROVINCES, st.integers(0, 9999))),
            st.tuples(st.just("04"), st.sampled_from(["810000", "820000", "830000"])),
            st.tuples(st.just("05"), st.builds("9{:05}".format, st.integers(0, 99999))),
        )
    )
    born = draw(BIRTHS)
    order = draw(st.integers(0, 999))
    number = eighteen(f"{prefix}{born.isoformat().replace('-', '')}{order:03}")
    return Document(kind, number, born, "male" if order % 2 else "female")


FULL_WIDTH = str.maketrans(
    string.digits + string.ascii_uppercase,
    "０１２３４５６７８９ＡＢＣＤＥＦＧＨＩＪＫＬＭＮＯＰＱＲＳＴＵＶＷＸＹＺ",
)


@given(cards(), st.booleans(), st.booleans(), st.sampled_from(["", " ", "-", "\u3000", "\u200b", "—"]))
def test_a_right_number_is_right_in_every_spelling(
    card: Document, lower: bool, wide: bool, between: str
) -> None:
    typed = card.number.translate(FULL_WIDTH) if wide else card.number
    typed = between.join([typed[:6], typed[6:14], typed[14:]])
    assert check_document(card.kind, typed.lower() if lower else typed) == card


@given(cards(), st.integers(0, 17), st.integers(1, 9))
def test_one_changed_digit_is_refused(card: Document, place: int, shift: int) -> None:
    digit = card.number[place]
    wrong = str((int(digit) + shift) % 10) if digit != "X" else str(shift)
    refusal = refusal_of(card.kind, card.number[:place] + wrong + card.number[place + 1 :])
    assert refusal.code in ("document.check_digit", "document.rounded")
    assert refusal.field == "id_number"


@given(cards(), st.integers(0, 15))
def test_two_swapped_digits_are_refused(card: Document, place: int) -> None:
    number = card.number
    swapped = number[:place] + number[place + 1] + number[place] + number[place + 2 :]
    if swapped != number:
        assert refusal_of(card.kind, swapped).code in ("document.check_digit", "document.rounded")


@given(st.sampled_from([*KINDS, "", "07", "一"]), st.text())
def test_any_text_is_a_document_or_a_refusal(kind: str, text: str) -> None:
    try:
        document = check_document(kind, text)
    except Refusal as refusal:
        assert refusal.code.startswith("document.")
        assert refusal.field in ("id_number", "id_kind")
    else:
        assert check_document(kind, document.number) == document
        assert same_number(text, document.number)


@given(st.sampled_from(KINDS), st.text("0123456789XHMAE.+() -", max_size=20))
def test_nearly_right_text_is_a_document_or_a_refusal(kind: str, text: str) -> None:
    try:
        document = check_document(kind, text)
    except Refusal as refusal:
        # Problems are kept and listed, so of a number they hold its province or its birth at most.
        assert refusal.params.keys() <= {"length", "label", "value"}
        assert len(str(refusal.params.get("value", ""))) <= 8
    else:
        assert check_document(kind, document.number) == document
        assert same_number(text, document.number)


@pytest.mark.parametrize("number", VECTORS["valid"])
def test_valid_vectors(number: str) -> None:
    kind = "04" if number[0] == "8" else "01"
    assert check_document(kind, number).number == number


@pytest.mark.parametrize(
    ("number", "code"),
    [
        ("110105194912310021", "document.check_digit"),
        ("150102199002301230", "document.check_digit"),
        ("15010219900307123", "document.length"),
        ("15010219900230123X", "document.birth_date"),
    ],
)
def test_invalid_vectors(number: str, code: str) -> None:
    assert number in VECTORS["invalid"]
    assert refusal_of("01", number).code == code


def test_what_a_card_says_of_its_holder() -> None:
    assert check_document("01", "11010519491231002x") == Document(
        "01", "11010519491231002X", date(1949, 12, 31), "female"
    )
    assert check_document("04", "810000199408230021").sex == "female"
    foreign = check_document("05", "932682198501010017")
    assert (foreign.born_on, foreign.sex) == (date(1985, 1, 1), "male")


@pytest.mark.parametrize(
    ("kind", "number", "code", "params"),
    [
        ("07", "11010519491231002X", "document.kind", {}),
        ("", "", "document.kind", {}),
        ("01", "", "document.length", {"length": 0}),
        ("01", "150102900307123", "document.old_form", {}),
        ("04", "150102900307123", "document.length", {"length": 15}),
        ("01", "1.50102E+17", "document.scientific", {}),
        ("06", "1.50102E+17", "document.scientific", {}),
        ("01", "150102199003071000", "document.rounded", {}),
        ("01", "15010219900307123号", "document.characters", {}),
        ("01", "X50102199003071237", "document.characters", {}),
        ("01", "٣50102199003071237", "document.characters", {}),
        ("01", "H12345678", "document.characters", {}),
        ("01", "8100001994082300211", "document.length", {"length": 19}),
        ("01", "810000199408230021", "document.other_kind", {"label": LABELS["04"]}),
        ("01", "932682198501010017", "document.other_kind", {"label": LABELS["05"]}),
        ("04", "150102199003071237", "document.other_kind", {"label": LABELS["01"]}),
        ("05", "150102199003071237", "document.other_kind", {"label": LABELS["01"]}),
        ("01", eighteen("16010219900307123"), "document.province", {"value": "16"}),
        ("01", eighteen("81010219900307123"), "document.province", {"value": "81"}),
        ("01", eighteen("15010217990307123"), "document.birth_date", {"value": "17990307"}),
        ("01", eighteen("15010200000307123"), "document.birth_date", {"value": "00000307"}),
        ("05", eighteen("93268219850230001"), "document.birth_date", {"value": "19850230"}),
        ("05", "CAN1100850101", "document.permanent", {}),
        ("05", "150102900307123", "document.permanent", {}),
        ("02", "H1234567", "document.hk_macao", {}),
        ("02", "H123456789", "document.hk_macao", {}),
        ("02", "K12345678", "document.hk_macao", {}),
        ("02", "HB1234567", "document.hk_macao", {}),
        ("03", "1234567", "document.taiwan", {}),
        ("03", "T12345678", "document.taiwan", {}),
        ("06", "E123", "document.passport", {}),
        ("06", "E12345678901234567", "document.passport", {}),
        ("06", "护照12345", "document.passport", {}),
    ],
)
def test_each_mistake_is_said_for_what_it_is(
    kind: str, number: str, code: str, params: dict[str, object]
) -> None:
    refusal = refusal_of(kind, number)
    assert (refusal.code, refusal.params) == (code, params)


@pytest.mark.parametrize(
    ("kind", "typed", "number"),
    [
        ("02", "h12345678", "H12345678"),
        ("02", "H1234567801", "H12345678"),
        ("02", "M 1234 5678", "M12345678"),
        ("02", "HA1234567", "HA1234567"),
        ("02", "ma123456702", "MA1234567"),
        ("03", "12345678", "12345678"),
        ("03", "0012345678（B）", "0012345678"),
        ("05", "can110085010123", "CAN110085010123"),
        ("06", "e1234 5678", "E12345678"),
        ("06", "1E12345", "1E12345"),
    ],
)
def test_documents_that_say_nothing_of_their_holder(kind: str, typed: str, number: str) -> None:
    assert check_document(kind, typed) == Document(kind, number, None, None)


def test_a_refusal_names_the_field_it_was_asked_for() -> None:
    with pytest.raises(Refusal) as caught:
        check_document("01", "1", "new_id_number")
    assert caught.value.field == "new_id_number"
    with pytest.raises(Refusal) as caught:
        check_document("99", "1", "new_id_number")
    assert caught.value.field == "new_id_kind"


@given(cards())
def test_the_old_form_is_the_same_number_for_births_of_its_century(card: Document) -> None:
    assert card.born_on is not None
    old = card.number[:6] + card.number[8:17]
    assert same_number(old, card.number) is (1900 <= card.born_on.year <= 1999)
    assert same_number(card.number.lower(), card.number)


@given(cards())
def test_a_record_may_hold_each_of_the_spellings(card: Document) -> None:
    old = card.number[:6] + card.number[8:17]
    assert spellings(card.number)[0] == card.number
    assert spellings(old) == [document_key(old), old]
    assert (old in spellings(card.number)) is (card.number[6:8] == "19")
    assert spellings("h1234567801") == ["H12345678"]


@given(cards(), cards())
def test_two_cards_are_the_same_only_when_equal(one: Document, other: Document) -> None:
    assert same_number(one.number, other.number) is (one.number == other.number)


@pytest.mark.parametrize(
    ("a", "b", "same"),
    [
        ("11010519491231002x", "110105 491231 002", True),
        ("150102900307123", "150102199003071237", True),
        ("150102900307123", "150102199003071239", False),
        ("H1234567800", "h12345678", True),
        ("H1234567800", "M12345678", False),
        ("0012345678(B)", "0012345678", True),
        ("", "", False),
        (" -", "", False),
    ],
)
def test_same_number(a: str, b: str, same: bool) -> None:
    assert same_number(a, b) is same
    assert same_number(b, a) is same


@given(st.text("0123456789xXhmaＨ１（）() -"))
def test_a_key_is_its_own_key(text: str) -> None:
    assert document_key(document_key(text)) == document_key(text)


def test_a_document_is_read_from_a_form() -> None:
    content = {"id_kind": "01", "id_number": "150102199003071237", "new_id_kind": "06", "new_id_number": "E1"}
    document = read_document(content)
    assert isinstance(document, Document) and document.born_on == date(1990, 3, 7)
    refused = read_document(content, "new_")
    assert isinstance(refused, Refusal)
    assert (refused.code, refused.field) == ("document.passport", "new_id_number")
    assert read_document({"id_kind": "01"}) is None
    assert read_document({"id_kind": "", "id_number": "150102199003071237"}) is None


def test_sex_and_birth_are_held_against_the_document() -> None:
    fields = {"sex": Field("sex", "性别", "choice"), "born_on": Field("born_on", "出生日期", "date")}
    man = check_document("01", "150102199003071237")
    assert not list(compare_document(man, fields, {"sex": "male", "born_on": "1990-03-07"}))
    assert not list(compare_document(man, fields, {"sex": "", "born_on": None}))
    assert not list(compare_document(check_document("06", "E12345678"), fields, {"sex": "female"}))
    sex, birth = compare_document(man, fields, {"sex": "female", "born_on": "1990-07-03"})
    assert (sex.code, sex.field) == ("person.sex_is_male", "sex")
    assert (birth.code, birth.params["said"]) == ("person.born_differs", "1990-03-07")
    woman = check_document("01", "11010519491231002X")
    assert [refusal.code for refusal in compare_document(woman, fields, {"sex": "male"})] == [
        "person.sex_is_female"
    ]


@pytest.mark.parametrize(
    ("typed", "kind", "name"),
    [
        (" 张  三 ", "01", "张三"),
        ("张\u3000三", "06", "张三"),
        ("张\u200b三", "01", "张三"),
        ("阿迪力 · 买买提", "01", "阿迪力·买买提"),
        ("阿迪力•买买提", "01", "阿迪力·买买提"),
        ("阿迪力・买买提", "01", "阿迪力·买买提"),
        ("阿迪力･买买提", "01", "阿迪力·买买提"),
        ("阿迪力.买买提", "01", "阿迪力·买买提"),
        ("阿迪力．买买提", "01", "阿迪力·买买提"),
        ("孛儿只斤·阿拉坦·乌拉", "01", "孛儿只斤·阿拉坦·乌拉"),
        ("JOHN  A. SMITH", "06", "JOHN A. SMITH"),
        ("ＪＯＨＮ　ＳＭＩＴＨ", "05", "JOHN SMITH"),
        ("JOHN SMITH", "", "JOHN SMITH"),
        ("JOHN SMITH", "04", "JOHNSMITH"),
        ("张䶮", "01", "张䶮"),
        ("𬭊 㛃", "", "𬭊㛃"),
    ],
)
def test_normalise_name(typed: str, kind: str, name: str) -> None:
    assert normalise_name(typed, kind) == name
    assert normalise_name(name, kind) == name


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("张三", "01"),
        ("张䶮", "01"),
        ("𬭊㛃", "01"),
        ("〇一", "01"),
        ("阿迪力·买买提", "01"),
        ("JOHN A. SMITH-O'NEIL", "06"),
        ("JOSÉ MARÍA", "05"),
        ("山田花子", "06"),
        ("ひろし", "06"),
        ("Sam", ""),
        ("买" * LONGEST_NAME, "01"),
    ],
)
def test_good_names(name: str, kind: str) -> None:
    assert codes_of(name, kind) == []


@pytest.mark.parametrize(
    ("name", "kind", "code"),
    [
        ("张", "01", "person.name_short"),
        ("买" * (LONGEST_NAME + 1), "01", "person.name_long"),
        ("张三2", "01", "person.name_digit"),
        ("JOHN 3", "06", "person.name_digit"),
        ("张*", "01", "person.name_character"),
        ("张三(小)", "01", "person.name_character"),
        ("张C", "01", "person.name_character"),
        ("张三·", "01", "person.name_character"),
        ("·张三", "06", "person.name_character"),
        ("JOHN@SMITH", "06", "person.name_character"),
        ("张\ue863", "01", "person.name_private"),
        ("张\ue863", "06", "person.name_private"),
    ],
)
def test_bad_names(name: str, kind: str, code: str) -> None:
    assert codes_of(name, kind) == [code]


def test_a_refused_character_is_shown() -> None:
    (refusal,) = check_name(NAME, "张三(小)", "01")
    assert (refusal.field, refusal.params["character"]) == ("name", "(")
    (refusal,) = check_name(NAME, "张三·", "01")
    assert refusal.params["character"] == "·"


@given(st.text(min_size=1), st.sampled_from(["", *KINDS]))
def test_any_name_has_one_complaint_at_most(text: str, kind: str) -> None:
    name = normalise_name(text, kind)
    assert len(codes_of(name, kind)) <= 1
    assert not name or name == name.strip()
