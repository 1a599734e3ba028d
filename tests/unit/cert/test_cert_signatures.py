"""Signatures, bare and in SignedData, become an identity; damaged, foreign and weak ones a code."""

from __future__ import annotations

import base64

import p7
import pytest
from chains import DAY, KINDS, NOW, SIGNING, Chain, key, name, replaced
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, utils

from cert import der
from cert.algorithms import PublicKey, sm2_der, verify
from cert.check import Evidence, check_signature, read_evidence
from cert.issuing import authority_extensions, holder_extensions, make_certificate, new_key, pem, usage
from rules.refusals import Refusal

CONTENT = b"Wangting\nlogin\nhttps://hall.example\n00112233"


@pytest.fixture(params=KINDS)
def chain(request):
    return Chain(request.param)


def refused(evidence, trust, content=CONTENT, at=NOW):
    with pytest.raises(Refusal) as found:
        check_signature(evidence, content, trust, at)
    return found.value.code


def raw(chain, signature=None, certificate=None):
    signature = chain.key("unit").sign(CONTENT) if signature is None else signature
    return Evidence(chain["unit"] if certificate is None else certificate, signature, "raw")


def wrapped(chain, certificate=None, **how):
    return Evidence(certificate, p7.signed_data(chain.key("unit"), chain["unit"], CONTENT, **how), "p7")


def test_sm2_vector():
    """GM/T 0003.5: the example's key, message and signature, with the default identity."""
    x = "09F9DF311E5421A150DD7D161E4BC5C672179FAD1833FC076BB08FF356F35020"
    y = "CCEA490CE26775A52DC6EA718CC1AA600AED05FBF35E084A6632F6072DA9AD13"
    r = 0xF5A03B0648D2C4630EEAC513E1BB81A15944DA3827D5B74143AC7EACEEE720B3
    s = 0xB1B6AA29DF212FD8763182BC0D421CA1BB9038FD1F7F42D4840B69C485BBC1AA
    public = PublicKey("SM2", bytes.fromhex(x + y))
    assert verify(public, hashes.SM3(), sm2_der(r, s), b"message digest")
    assert not verify(public, hashes.SM3(), sm2_der(r, s), b"message digesT")
    assert not verify(public, hashes.SM3(), sm2_der(s, r), b"message digest")
    assert not verify(public, hashes.SHA256(), sm2_der(r, s), b"message digest")


def test_bare_signature_gives_the_identity(chain):
    identity = check_signature(raw(chain), CONTENT, chain.trust(), NOW)
    assert (identity.subject_name, identity.issuer_name, identity.serial) == ("unit", "issuing", "4")
    assert (identity.algorithm, identity.certificate) == (chain.kind, chain["unit"])
    assert len(identity.digest) == 64
    assert identity.days_left(NOW) == 365


@pytest.mark.parametrize("form", ["pem", "base64", "lines"])
def test_certificate_may_come_as_text(chain, form):
    text = {
        "pem": b"Bag Attributes\r\n" + pem(chain["unit"], "CERTIFICATE").replace(b"\n", b"\r\n"),
        "base64": base64.b64encode(chain["unit"]),
        "lines": base64.encodebytes(chain["unit"]),
    }[form]
    assert check_signature(raw(chain, certificate=text), CONTENT, chain.trust(), NOW).subject_name == "unit"


def test_form_fields_become_evidence(chain):
    certificate = base64.b64encode(chain["unit"]).decode()
    signature = base64.b64encode(chain.key("unit").sign(CONTENT)).decode()
    evidence = read_evidence(certificate, signature, "raw")
    assert check_signature(evidence, CONTENT, chain.trust(), NOW).subject_name == "unit"
    container = base64.b64encode(wrapped(chain).signature).decode()
    assert check_signature(read_evidence("", container, "p7"), CONTENT, chain.trust(), NOW)


@pytest.mark.parametrize(
    ("signature", "kind", "code"),
    [
        ("AAAA", "rsa", "signature.kind"),
        ("A", "raw", "signature.encoding"),
        ("签名", "raw", "signature.encoding"),
        ("签名", "p7", "signature.encoding"),
        ("A" * 300_000, "raw", "signature.too_large"),
    ],
)
def test_damaged_form_fields_are_refused(signature, kind, code):
    with pytest.raises(Refusal) as found:
        read_evidence("AAAA", signature, kind)
    assert found.value.code == code


@pytest.mark.parametrize("text", ["证书", "\ud800"])
def test_certificate_of_a_form_that_is_no_ascii(text):
    with pytest.raises(Refusal, match=r"^cert\.encoding$"):
        read_evidence(text, "AAAA", "raw")


def test_signature_by_another_key(chain):
    assert refused(raw(chain, chain.key("stranger").sign(CONTENT)), chain.trust()) == "signature.wrong"


def test_signature_over_something_else(chain):
    assert refused(raw(chain), chain.trust(), CONTENT + b"0") == "signature.wrong"


@pytest.mark.parametrize(
    ("signature", "code"),
    [
        (b"", "signature.empty"),
        (b"x" * 2000, "signature.too_large"),
        (b"x" * 63, "signature.encoding"),
    ],
)
def test_what_is_no_signature(chain, signature, code):
    assert refused(raw(chain, signature), chain.trust()) == code


@pytest.mark.parametrize("kind", ["ECDSA", "SM2"])
def test_signature_of_indefinite_length(kind):
    signature = b"\x30\x80" + b"\x02\x01\x01" * 2 + b"\0\0"
    assert refused(raw(Chain(kind), signature), Chain(kind).trust()) == "signature.wrong"


def test_sm2_signature_of_64_bytes():
    chain = Chain("SM2")
    r, s = (value.integer() for value in der.Value(chain.key("unit").sign(CONTENT)).sequence())
    signature = r.to_bytes(32, "big") + s.to_bytes(32, "big")
    assert check_signature(raw(chain, signature), CONTENT, chain.trust(), NOW).algorithm == "SM2"
    assert (
        refused(raw(chain, signature[:-1] + bytes([signature[-1] ^ 1])), chain.trust()) == "signature.wrong"
    )
    assert refused(raw(chain, bytes(64)), chain.trust()) == "signature.wrong"


def test_another_spelling_of_an_sm2_signature_does_not_count():
    chain = Chain("SM2")
    r, s = der.Value(chain.key("unit").sign(CONTENT)).sequence()
    longer = b"\x30\x81" + bytes([len(r.whole + s.whole)]) + r.whole + s.whole
    assert refused(raw(chain, longer), chain.trust()) == "signature.wrong"


@pytest.mark.parametrize("kind", ["RSA", "ECDSA"])
def test_other_digests_of_bare_signatures(kind):
    chain = Chain(kind)
    for digest in (hashes.SHA384(), hashes.SHA512()):
        assert check_signature(
            raw(chain, chain.key("unit").sign(CONTENT, digest)), CONTENT, chain.trust(), NOW
        )
    assert refused(raw(chain, chain.key("unit").sign(CONTENT, hashes.SHA1())), chain.trust()) == (
        "signature.weak_digest"
    )


def test_the_certificate_is_judged_as_well(chain):
    extensions = replaced(chain.extensions("unit"), usage("key_encipherment"))
    chain.make("unit", extensions=extensions)
    assert refused(raw(chain), chain.trust()) == "cert.encryption"
    assert refused(Evidence(None, b"x", "raw"), chain.trust()) == "cert.empty"


def test_a_revoked_certificate_is_refused_for_it(chain):
    lists = [chain.crl("root"), chain.crl("policy"), chain.crl("issuing", revoked=["unit"])]
    assert refused(raw(chain), chain.trust(crls=lists)) == "cert.revoked"


# SignedData


@pytest.mark.parametrize("attached", [False, True])
@pytest.mark.parametrize("attributes", [False, True])
@pytest.mark.parametrize("oids", [p7.PKCS7, p7.GM], ids=["pkcs7", "gm"])
def test_signed_data(chain, attached, attributes, oids):
    evidence = wrapped(chain, attached=attached, attributes=attributes, oids=oids)
    assert check_signature(evidence, CONTENT, chain.trust(), NOW).subject_name == "unit"


def test_signed_data_as_text(chain):
    for text in (pem(wrapped(chain).signature, "PKCS7"), base64.encodebytes(wrapped(chain).signature)):
        assert check_signature(Evidence(None, text, "p7"), CONTENT, chain.trust(), NOW)


def test_signed_data_of_unknown_length(chain):
    """BER, as streaming signers write it: indefinite lengths and the content in pieces."""
    assert check_signature(wrapped(chain, attached=True, indefinite=True), CONTENT, chain.trust(), NOW)


def test_signed_data_brings_the_cas_between(chain):
    evidence = wrapped(chain, others=[chain["policy"], chain["issuing"]])
    assert check_signature(evidence, CONTENT, chain.trust(between=()), NOW)
    assert refused(wrapped(chain), chain.trust(between=())) == "cert.issuer_unknown"


def test_signed_data_may_hold_an_old_root(chain):
    weak = key("RSA", "weak")
    old = make_certificate(name("x"), weak, name("x"), weak, NOW, NOW, oid="1.2.840.113549.1.1.5",
                           digest=hashes.SHA1(), extensions=authority_extensions(weak, weak))  # fmt: skip
    assert check_signature(wrapped(chain, others=[old, b"\x30\x03\x02\x01\x01"]), CONTENT, chain.trust(), NOW)


def test_many_certificates_of_one_name_do_not_buy_time(chain):
    """Each of nine could have issued each other one: the ways through them are more than anybody would try."""
    stranger = chain.key("stranger")
    extensions = [one for one in authority_extensions(stranger, stranger) if one[1]]
    ring = [
        make_certificate(
            name("issuing"), stranger, name("issuing"), stranger, NOW - DAY, NOW + DAY, extensions, serial
        )
        for serial in range(1, 10)
    ]
    chain.make("unit", issuer_key=stranger, extensions=[(SIGNING, True)])
    assert refused(wrapped(chain, others=ring), chain.trust(between=())) == "cert.chain_too_long"


def test_certificate_beside_signed_data(chain):
    assert check_signature(wrapped(chain, chain["unit"], included=False), CONTENT, chain.trust(), NOW)
    assert check_signature(wrapped(chain, chain["unit"]), CONTENT, chain.trust(), NOW)
    other = chain.make("other", "issuing", extensions=chain.extensions("unit"))
    assert refused(wrapped(chain, other), chain.trust()) == "signature.p7_certificate"
    assert refused(wrapped(chain, included=False), chain.trust()) == "signature.p7_certificate"


def test_signed_data_whose_signer_has_a_weak_key():
    chain = Chain("RSA")
    weak = new_key("RSA", 1024)
    extensions = holder_extensions(weak, chain.key("issuing"), SIGNING)
    unit = make_certificate(name("unit"), weak, name("issuing"), chain.key("issuing"), NOW, NOW, extensions)
    evidence = Evidence(None, p7.signed_data(weak, unit, CONTENT), "p7")
    assert refused(evidence, chain.trust()) == "cert.weak_key"


@pytest.mark.parametrize(
    ("how", "code"),
    [
        ({"attribute_digest": b"0" * 32}, "signature.p7_attributes"),
        ({"attribute_type": "1.2.840.113549.1.7.3"}, "signature.p7_attributes"),
        ({"digest_oid": "1.3.14.3.2.26"}, "signature.weak_digest"),
        ({"signature_oid": "1.2.840.113549.1.1.5"}, "signature.weak_digest"),
        ({"digest_oid": "1.2.3.4"}, "signature.algorithm"),
        ({"signature_oid": "1.2.3.4"}, "signature.algorithm"),
        ({"signature_oid": "1.2.840.113549.1.1.12"}, "signature.algorithm"),
        ({"signers": 2}, "signature.p7_signers"),
        ({"signers": 0}, "signature.p7_signers"),
        ({"oids": ("1.2.840.113549.1.7.3", p7.PKCS7[1])}, "signature.p7_content"),
        ({"oids": (p7.PKCS7[0], "1.2.840.113549.1.7.3")}, "signature.p7_damaged"),
        ({"sign": lambda message: b"\x30\x06\x02\x01\x01\x02\x01\x01"}, "signature.wrong"),
    ],
    ids=lambda value: value if isinstance(value, str) else "-".join(value),
)
def test_bent_signed_data(chain, how, code):
    assert refused(wrapped(chain, **how), chain.trust()) == code


def test_signed_data_over_something_else(chain):
    assert refused(wrapped(chain, attached=True), chain.trust(), CONTENT + b"0") == "signature.p7_content"
    assert refused(wrapped(chain), chain.trust(), CONTENT + b"0") == "signature.p7_attributes"
    assert refused(wrapped(chain, attributes=False), chain.trust(), CONTENT + b"0") == "signature.wrong"


def test_signed_data_by_another_key(chain):
    evidence = wrapped(chain, sign=chain.key("stranger").sign)
    assert refused(evidence, chain.trust()) == "signature.wrong"


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "signature.empty"),
        (b"\x30" * 200_000, "signature.too_large"),
        (b"\x30\x80" * 60_000, "signature.p7_damaged"),
        (b"-----BEGIN PKCS7-----\nMIIB", "signature.p7_damaged"),
        (b"\x30\x03\x02\x01\x01", "signature.p7_damaged"),
        (b"no signature", "signature.p7_damaged"),
        (der.sequence(*[b"\5\0"] * 60_000), "signature.p7_damaged"),
    ],
    ids=["empty", "huge", "nested", "cut", "integer", "text", "many"],
)
def test_what_is_no_signed_data(chain, data, code):
    assert refused(Evidence(None, data, "p7"), chain.trust()) == code


def test_ecdsa_signature_in_raw_form_is_refused():
    """Only SM2 tokens give r‖s; what an ECDSA key signs has one form."""
    chain = Chain("ECDSA")
    assert isinstance(chain.key("unit").native, ec.EllipticCurvePrivateKey)
    r, s = utils.decode_dss_signature(chain.key("unit").sign(CONTENT))
    assert (
        refused(raw(chain, r.to_bytes(32, "big") + s.to_bytes(32, "big")), chain.trust())
        == "signature.encoding"
    )


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "cert.empty"),
        (b"\x30\x82\xff\xff" + bytes(70_000), "cert.too_large"),
        (b"-----BEGIN CERTIFICATE-----\nMIIC", "cert.encoding"),
        (b"-----BEGIN PRIVATE KEY-----\nMIIC\n-----END PRIVATE KEY-----", "cert.encoding"),
        ("证书".encode(), "cert.encoding"),
        ("-----BEGIN CERTIFICATE-----\nMIIC\n-----END CERTIFICATE-----".encode("utf-16"), "cert.encoding"),
        (b"MIIC", "cert.damaged"),
        (b"\x30\x80" * 30_000, "cert.damaged"),
        (b"\x30\x03\x02\x01\x01", "cert.damaged"),
    ],
    ids=["empty", "huge", "cut", "key", "chinese", "utf-16", "short", "nested", "integer"],
)
def test_what_is_no_certificate(data, code):
    chain = Chain("ECDSA")
    assert refused(Evidence(data, b"x", "raw"), chain.trust()) == code


def test_every_cut_of_a_certificate_is_refused(chain):
    unit, trust = chain["unit"], chain.trust()
    for length in range(0, len(unit), 7):
        assert refused(raw(chain, b"x", unit[:length]), trust) in ("cert.empty", "cert.damaged")


def test_a_name_that_cannot_be_decoded_is_refused(chain):
    # 0xFF never stands in UTF-8.
    assert (
        refused(raw(chain, certificate=chain["unit"].replace(b"unit", b"u\xffit")), chain.trust())
        == "cert.damaged"
    )
