"""An identity document of any kind: which number and name it may bear, and what it says of its holder."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from rules.fields import N_, Field, refuse_field
from rules.identity import Sex, birth_date, id_check_digit, normalise_code, sex
from rules.refusals import Refusal

IDENTITY_CARD = "01"
HK_MACAO_PERMIT = "02"
TAIWAN_PERMIT = "03"
RESIDENCE_PERMIT = "04"
PERMANENT_RESIDENCE = "05"
PASSPORT = "06"

DOCUMENT_KINDS: tuple[tuple[str, str], ...] = (
    (IDENTITY_CARD, N_("居民身份证（户口簿）")),
    (HK_MACAO_PERMIT, N_("港澳居民来往内地通行证")),
    (TAIWAN_PERMIT, N_("台湾居民来往大陆通行证")),
    (RESIDENCE_PERMIT, N_("港澳台居民居住证")),
    (PERMANENT_RESIDENCE, N_("外国人永久居留身份证")),
    (PASSPORT, N_("护照")),
)
_LABELS = dict(DOCUMENT_KINDS)

# GB/T 2260, first two digits. Towns are not looked up: numbers keep the codes of counties that are no more.
_PROVINCE = re.compile(r"1[1-5]|2[1-3]|3[1-7]|4[1-6]|5[0-4]|6[1-5]|71").fullmatch
# Residents of Hong Kong, Macao and Taiwan: 《港澳台居民居住证申领发放办法》(国办发〔2018〕81号).
_RESIDENCE_PREFIXES = ("810000", "820000", "830000")
_EARLIEST_YEAR = 1800

_EIGHTEEN = re.compile(r"[0-9]{17}[0-9X]").fullmatch
_FIFTEEN = re.compile(r"[0-9]{15}").fullmatch
_CARD_CHARACTERS = re.compile(r"[0-9]*X?").fullmatch
# Not "1E12345": that may be a passport.
_SCIENTIFIC = re.compile(r"[0-9]\.[0-9]+E\+?[0-9]+|[0-9]E\+[0-9]+").fullmatch
_HK_MACAO = re.compile(r"([HM][0-9A][0-9]{7})(?:[0-9]{2})?").fullmatch
_TAIWAN = re.compile(r"([0-9]{8}|[0-9]{10})(?:\([A-Z]\))?").fullmatch
_PERMANENT_2017 = re.compile(r"[A-Z]{3}[0-9]{12}").fullmatch
_PASSPORT = re.compile(r"[A-Z0-9]{5,17}").fullmatch

SHORTEST_NAME, LONGEST_NAME = 2, 50

# Cards of these kinds may bear a name in Latin letters, whose blanks belong to it.
_BLANKS_KEPT = ("", HK_MACAO_PERMIT, PERMANENT_RESIDENCE, PASSPORT)
_NAME_MARKS = " ·-'’."
_HAN = r"\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
_IS_HAN = re.compile(f"[{_HAN}]").match
_DOT_BETWEEN_HAN = re.compile(rf"(?<=[{_HAN}])[.•‧・∙⋅](?=[{_HAN}])")
_BLANK_BETWEEN_HAN = re.compile(rf"(?<=[{_HAN}·])\s+(?=[{_HAN}·])")


@dataclass(frozen=True, slots=True)
class Document:
    """A right document: its number in the one spelling that is kept, and what the number says, or None."""

    kind: str
    number: str
    born_on: date | None = None
    sex: Sex | None = None


def check_document(kind: str, number: str, field: str = "id_number") -> Document:
    """The document of a kind (``DOCUMENT_KINDS``) with a number as typed.

    Raises ``Refusal`` with one of the ``document.*`` codes on ``field``, or ``document.kind`` on its neighbour
    ``id_kind``. No refusal carries the number itself, because problems are kept and listed.

    Sources: 居民身份证 GB 11643-1999, province by GB/T 2260; 港澳台居民居住证 国办发〔2018〕81号, the same check
    digit; 外国人永久居留身份证 2017 (3 letters, 12 digits) and 2023 (18 digits that begin with 9); 通行证 by their
    printed shape; 护照 by ICAO Doc 9303's letters and digits.
    """
    plain = normalise_code(number)
    if kind not in _LABELS:
        raise Refusal("document.kind", field.removesuffix("number") + "kind")
    if _SCIENTIFIC(plain):
        raise Refusal("document.scientific", field)
    if kind in (IDENTITY_CARD, RESIDENCE_PERMIT):
        return _eighteen_digits(kind, plain, field)
    if kind == PERMANENT_RESIDENCE:
        return _permanent_residence(plain, field)
    if kind == HK_MACAO_PERMIT:
        return _hk_macao_permit(plain, field)
    if kind == TAIWAN_PERMIT:
        return _taiwan_permit(plain, field)
    if not _PASSPORT(plain):
        raise Refusal("document.passport", field)
    return Document(kind, plain)


def read_document(content: Mapping[str, Any], prefix: str = "") -> Document | Refusal | None:
    """The document in a form's cleaned values, why it is none, or None while its kind or number is missing.

    ``prefix`` stands before ``id_kind`` and ``id_number``, as in ``new_id_kind``.
    """
    kind, number = content.get(f"{prefix}id_kind"), content.get(f"{prefix}id_number")
    if not kind or not number:
        return None
    try:
        return check_document(kind, number, f"{prefix}id_number")
    except Refusal as refusal:
        return refusal


def compare_document(
    document: Document, fields: Mapping[str, Field], content: Mapping[str, Any], prefix: str = ""
) -> Iterator[Refusal]:
    """One refusal each for a sex and a birth in cleaned values that are not the document's (GB 11643-1999)."""
    stated, born = content.get(f"{prefix}sex"), content.get(f"{prefix}born_on")
    if stated and document.sex and stated != document.sex:
        code = "person.sex_is_male" if document.sex == "male" else "person.sex_is_female"
        yield refuse_field(code, fields[f"{prefix}sex"], stated)
    if born and document.born_on and born != document.born_on.isoformat():
        said = document.born_on.isoformat()
        yield refuse_field("person.born_differs", fields[f"{prefix}born_on"], born, said=said)


def document_key(number: str) -> str:
    """One spelling for all ways in which the same document's number is written; "" for a blank.

    The 15 digits of the first 居民身份证 (GB 11643-1989) become the 18 of today; a 港澳居民来往内地通行证 loses
    the two digits that count its replacements, a 台湾居民来往大陆通行证 its letter. Others stay as they are.
    """
    plain = normalise_code(number)
    if _FIFTEEN(plain):
        first17 = f"{plain[:6]}19{plain[6:]}"
        return first17 + id_check_digit(first17)
    permit = _HK_MACAO(plain) or _TAIWAN(plain)
    return permit.group(1) if permit else plain


def spellings(number: str) -> list[str]:
    """The spellings under which a record may hold a document: as it is, and in the 15 digits of GB 11643-1989."""
    key = document_key(number)
    is_old = len(key) == 18 and key[:17].isdecimal() and key[6:8] == "19"
    return [key, key[:6] + key[8:17]] if is_old else [key]


def same_number(a: str, b: str) -> bool:
    """Whether two numbers are of one document, in whatever case, width and legacy form they are written."""
    key = document_key(a)
    return bool(key) and key == document_key(b)


def normalise_name(name: str, id_kind: str) -> str:
    """A name in one spelling: NFKC, one kind of middle dot, no blanks, or single ones in a name in Latin letters.

    ``id_kind`` is "" where it is not known. Nothing is refused here.
    """
    visible = "".join(char for char in name if unicodedata.category(char) != "Cf")
    plain = " ".join(unicodedata.normalize("NFKC", visible).split())
    plain = _DOT_BETWEEN_HAN.sub("·", _BLANK_BETWEEN_HAN.sub("", plain))
    return plain if id_kind in _BLANKS_KEPT else plain.replace(" ", "")


def check_name(field: Field, name: str, id_kind: str) -> Iterator[Refusal]:
    """The first thing wrong with a normalised name; a 居民身份证 bears Chinese characters and ``·`` only."""
    strange = next((char for char in name if not _may_stand(char, id_kind)), "")
    if any(char.isdecimal() for char in name):
        yield refuse_field("person.name_digit", field, name)
    elif strange and unicodedata.category(strange) == "Co":
        yield refuse_field("person.name_private", field, name)
    elif strange or name.strip("·") != name:
        yield refuse_field("person.name_character", field, name, character=strange or "·")
    elif len(name) < SHORTEST_NAME:
        yield refuse_field("person.name_short", field, name, shortest=SHORTEST_NAME)
    elif len(name) > LONGEST_NAME:
        yield refuse_field("person.name_long", field, name, longest=LONGEST_NAME, length=len(name))


def _eighteen_digits(kind: str, plain: str, field: str) -> Document:
    """Shape, check digit, kind, province and date of birth, in this order: the first that is wrong is said."""
    if kind == IDENTITY_CARD and _FIFTEEN(plain):
        raise Refusal("document.old_form", field)
    if not _CARD_CHARACTERS(plain):
        raise Refusal("document.characters", field)
    if not _EIGHTEEN(plain):
        raise Refusal("document.length", field, length=len(plain))
    if id_check_digit(plain[:17]) != plain[17]:
        # A spreadsheet keeps 15 figures of a number and writes noughts for the rest.
        is_rounded = plain.endswith("000")
        raise Refusal("document.rounded" if is_rounded else "document.check_digit", field)
    belongs = _kind_of(plain)
    if belongs != kind:
        raise Refusal("document.other_kind", field, label=_LABELS[belongs])
    if kind == IDENTITY_CARD and not _PROVINCE(plain[:2]):
        raise Refusal("document.province", field, value=plain[:2])
    return Document(kind, plain, _birth(plain, field), sex(plain))


def _kind_of(eighteen: str) -> str:
    if eighteen.startswith("9"):
        return PERMANENT_RESIDENCE
    return RESIDENCE_PERMIT if eighteen.startswith(_RESIDENCE_PREFIXES) else IDENTITY_CARD


def _birth(eighteen: str, field: str) -> date:
    try:
        born = birth_date(eighteen)
    except ValueError:
        raise Refusal("document.birth_date", field, value=eighteen[6:14]) from None
    if born.year < _EARLIEST_YEAR:
        raise Refusal("document.birth_date", field, value=eighteen[6:14])
    return born


def _permanent_residence(plain: str, field: str) -> Document:
    # The card of 2017 says the year in two digits only, so nothing is derived from it.
    if _PERMANENT_2017(plain):
        return Document(PERMANENT_RESIDENCE, plain)
    if not _CARD_CHARACTERS(plain) or _FIFTEEN(plain):
        raise Refusal("document.permanent", field)
    return _eighteen_digits(PERMANENT_RESIDENCE, plain, field)


def _hk_macao_permit(plain: str, field: str) -> Document:
    """H or M and 8 digits for life (HA, MA and 7 for other nationals); two more count the replacements."""
    match = _HK_MACAO(plain)
    if match is None:
        raise Refusal("document.hk_macao", field)
    return Document(HK_MACAO_PERMIT, match.group(1))


def _taiwan_permit(plain: str, field: str) -> Document:
    """8 digits on the card of 2015; 10 in the booklet before it, which printed a letter in brackets behind."""
    match = _TAIWAN(plain)
    if match is None:
        raise Refusal("document.taiwan", field)
    return Document(TAIWAN_PERMIT, match.group(1))


def _may_stand(char: str, id_kind: str) -> bool:
    if _IS_HAN(char) or char == "·":
        return True
    is_latin = unicodedata.category(char)[0] in "LM" or char in _NAME_MARKS
    return is_latin and id_kind != IDENTITY_CARD
