"""The codes of a certificate, as each CA writes them, and whether they are the unit's."""

from __future__ import annotations

import json

import pytest
from chains import Chain, name
from cryptography import x509
from cryptography.x509.oid import NameOID
from hypothesis import given
from hypothesis import strategies as st

from cert.certificate import read_certificate
from cert.codes import Codes, codes_of, default_code_maps, read_code_maps
from cert.issuing import private_text
from cert.match import codes_match, compare, mask, names_equal, normalise_code

USCC, ORG = "91150204123456788A", "123456788"


def codes(extensions=(), subject=(), issuer="某 CA", maps=None):
    chain = Chain("SM2")
    full = x509.Name([*name("unit"), *(x509.NameAttribute(oid, text) for oid, text in subject)])
    made = chain.make("unit", subject=full, issuer=name(issuer), extensions=list(extensions))
    return codes_of(read_certificate(made), default_code_maps() if maps is None else maps)


@pytest.mark.parametrize("tag", [12, 19, 22, 30])
@pytest.mark.parametrize("oid", ["1.2.156.10260.4.1.4", "1.2.86.11.7.3", "1.2.156.11.7.3"])
def test_the_code_of_the_unit_in_its_extension(oid, tag):
    assert codes([private_text(oid, USCC, tag)]).uscc == USCC
    assert codes([private_text(oid, ORG, tag)]).org_code == ORG
    assert codes([private_text(oid, "12345678-8", tag)]).org_code == ORG


@pytest.mark.parametrize(
    ("issuer", "oid", "text", "expected"),
    [
        ("BJCA SM2 CA", "1.2.156.112562.2.1.1.24", "1@5009JJ0686119689", Codes(org_code="686119689")),
        ("BJCA SM2 CA", "1.2.156.112562.2.1.1.24", "2@5009JJ0686119689-2", Codes(org_code="686119689")),
        ("BJCA SM2 CA", "1.2.156.112562.2.1.1.24", f"1@5009JJ0{USCC}", Codes(uscc=USCC)),
        ("BJCA SM2 CA", "1.2.156.112562.2.1.1.24", "1@5009SF0110105194912310021", Codes()),
        ("BJCA SM2 CA", "1.2.156.112562.2.1.1.1", "SF110105194912310021", Codes()),
        ("BJCA RSA CA", "2.16.840.1.113732.2", "1@5009JJ0686119689", Codes(org_code="686119689")),
        ("SHECA", "1.2.156.1.8888.148", ORG, Codes(org_code=ORG)),
        ("GDCA TrustAUTH", "1.2.86.11.7.7550243.1", USCC, Codes(uscc=USCC)),
        ("另一家", "1.2.156.1.8888.148", ORG, Codes()),
        ("广西 CA", "1.2.156.112562.6.1.2", "15000011&15000012", Codes(unit_nos=("15000011", "15000012"))),
        ("某 CA", "1.2.156.10260.4.1.5", "91150204-123456788a", Codes(tax_no="91150204123456788A")),
    ],
)
def test_forms_of_the_cas(issuer, oid, text, expected):
    assert codes([private_text(oid, text)], issuer=issuer) == expected


def test_the_subject_is_asked_last():
    organisation = (NameOID.ORGANIZATION_IDENTIFIER, f"NTRCN-{USCC}")
    assert codes(subject=[organisation]).uscc == USCC
    assert codes(subject=[(NameOID.SERIAL_NUMBER, "12345678-8")]).org_code == ORG
    assert codes(subject=[(NameOID.SERIAL_NUMBER, "15000011 ZHANG")]) == Codes()
    # The identity number of whoever carries the key is no code of the unit.
    assert codes(subject=[(NameOID.SERIAL_NUMBER, "110105194912310021")]) == Codes()
    other = "91150000MA1888888Y"
    assert codes([private_text("1.2.156.10260.4.1.4", other)], [organisation]).uscc == other


def test_unit_numbers_in_the_subject():
    unit = [(NameOID.ORGANIZATIONAL_UNIT_NAME, "15000011&15000012")]
    assert codes(subject=unit, issuer="广西壮族自治区 CA").unit_nos == ("15000011", "15000012")
    assert codes(subject=unit).unit_nos == ()


def test_a_code_without_check_digit_is_carried():
    assert (
        codes([private_text("1.2.156.10260.4.1.4", "GSAAAAAAAAAAAAAAAAA")]).org_code == "GSAAAAAAAAAAAAAAAAA"
    )


@pytest.mark.parametrize(
    "value",
    [b"", b"91150204123456788A", b"\x0c\x12short", b"\x02\x01\x05", b"\x0c\x02\xff\xfe", b"\x0c\x82\x01\x00" + b"1" * 256],
)  # fmt: skip
def test_what_is_no_text_in_der_is_no_code(value):
    """No bytes are stripped until something fits: text without its tag, cut, numeric, badly encoded, endless."""
    private = x509.UnrecognizedExtension(x509.ObjectIdentifier("1.2.156.10260.4.1.4"), value), False
    assert codes([private, private_text("1.2.86.11.7.3", ORG)]) == Codes(org_code=ORG)


def test_maps_are_data():
    maps = read_code_maps(
        json.dumps(
            [
                {"issuer": "CN=某 CA", "codes": {"uscc": [{"extension": "1.2.3.4", "pattern": "U:(.+)"}]}},
                {
                    "issuer": "",
                    "codes": {"uscc": [{"subject": "2.5.4.97"}], "levy_no": [{"extension": "1.2.3.5"}]},
                },
            ]
        )
    )
    found = codes([private_text("1.2.3.4", f"U:{USCC}"), private_text("1.2.3.5", "15-001")], maps=maps)
    assert found == Codes(uscc=USCC, levy_no="15001")


@pytest.mark.parametrize(
    "text",
    [
        "{}",
        "[1]",
        '[{"issuer": ""}]',
        '[{"issuer": "", "codes": {"name": [{"subject": "2.5.4.3"}]}}]',
        '[{"issuer": "", "codes": {"uscc": [{"subject": "2.5.4.3", "extension": "1.2.3"}]}}]',
        '[{"issuer": "", "codes": {"uscc": [{"subject": "2.5.4.3", "pattern": "x"}]}}]',
        '[{"issuer": "", "codes": {"uscc": [{"subject": "2.5.4.3", "patern": "(x)"}]}}]',
    ],
)
def test_maps_that_cannot_be_read(text):
    with pytest.raises((ValueError, TypeError)):
        read_code_maps(text)


# Whether it is the unit's


@pytest.mark.parametrize(
    ("found", "matches"),
    [
        (Codes(uscc=USCC), True),
        (Codes(org_code=ORG), True),
        (Codes(uscc="92000000123456788B"), True),
        (Codes(uscc="92000000123456789B"), False),
        (Codes(org_code="GSAAAAAAAAAAAAAAAAA"), False),
        (Codes(), False),
        (Codes(tax_no=USCC), False),
    ],
)
def test_codes_match(found, matches):
    assert codes_match(found, " 91150204-12345678-8a ") is matches


def test_nothing_matches_a_unit_without_code():
    assert not codes_match(Codes(), "")
    assert not codes_match(Codes(org_code="1234"), "1234")
    assert codes_match(Codes(uscc="1234"), "1234")


def test_normalise_code():
    assert normalise_code("９１１５ 0204-1234–56788ａ　") == USCC
    assert normalise_code(" 12345678-8\n") == ORG


@pytest.mark.parametrize(
    ("left", "right", "same"),
    [
        ("青禾供热（集团）有限公司", "青禾供热(集团)有限公司", True),
        ("青禾供热〔集团〕有限公司", "青禾供热【集团】有限公司 ", True),
        ("ＡＢＣ公司", "ABC公司", True),
        ("青禾供热公司", "青禾供热有限公司", False),
        ("青禾 供热公司", "青禾供热公司", False),
        ("", "", False),
    ],
)
def test_names_equal(left, right, same):
    assert names_equal(left, right) is same


def test_compare_shows_the_certificate_and_masks_the_record():
    shown, kept = compare("91150102MA0Q7K3F5H", "91150102MA0N4M2K90")
    assert shown == [("91150102MA0", False), ("Q7K3F5H", True)]
    assert kept == [("91150102MA0", False), ("N****90", True)]


@given(st.text("0123456789AB", max_size=18), st.text("0123456789AB", max_size=18))
def test_compare_gives_no_more_than_three_characters_away(shown, kept):
    left, right = compare(shown, kept)
    assert "".join(text for text, _ in left) == shown
    assert len("".join(text for text, _ in right)) == len(kept)
    if shown == kept:
        assert not any(differs for _, differs in [*left, *right])
    agreeing = {at for at in range(min(len(shown), len(kept))) if shown[at] == kept[at]}
    plain = {at for at, letter in enumerate("".join(text for text, _ in right)) if letter != "*"}
    assert len(plain - agreeing) <= 3


def test_mask():
    assert mask("呼和浩特市青禾供热有限责任公司", 6, 2) == "呼和浩特市青*******公司"
    assert mask("1234") == "****"
