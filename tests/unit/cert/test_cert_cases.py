"""docs/cert-cases.md, case by case: each builds its own chain, and the document's answer must be the answer."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from itertools import pairwise
from pathlib import Path

import pytest
from chains import DAY, KINDS, NOW, SIGNING, Case, Chain, key, name, replaced, without
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID

from cert import der
from cert.algorithms import Kind
from cert.check import check_certificate
from cert.issuing import Key, new_key, usage
from rules.refusals import Refusal

DOCUMENT = Path(__file__).parents[3] / "docs" / "cert-cases.md"
ROW = re.compile(r"^\| (\d+) \| (.+?) \| (.+?) \| (.+?) \|$", re.MULTILINE)
ROWS = {
    int(number): (text, answer.strip("`"))
    for number, text, answer, _ in ROW.findall(DOCUMENT.read_text("utf-8"))
}
CASES: dict[int, tuple[Case, tuple[Kind, ...]]] = {}
UNKNOWN = x509.UnrecognizedExtension(x509.ObjectIdentifier("1.3.6.1.4.1.32473.7"), b"\5\0")


def case(number: int, *kinds: Kind) -> Callable[[Case], Case]:
    """Registers a case under its number, for all kinds of keys unless some are named."""

    def register(build: Case) -> Case:
        assert number not in CASES
        CASES[number] = build, kinds or KINDS
        return build

    return register


# The path


@case(1)
def _(chain):
    """root, policy CA, issuing CA, unit"""
    return chain["unit"], chain.trust()


@case(2)
def _(chain):
    """the root issued the unit's certificate itself"""
    return chain.make("unit", "root"), chain.trust(between=())


@case(3)
def _(chain):
    """one CA between root and unit"""
    chain.make("issuing", "root")
    return chain["unit"], chain.trust(between=("issuing",))


@case(4)
def _(chain):
    """the issuing CA is pinned, the root unknown"""
    return chain["unit"], chain.trust(anchors=("issuing",), between=())


@case(5)
def _(chain):
    """intermediates in any order, strangers among them"""
    chain.make("stranger", "stranger")
    return chain["unit"], chain.trust(between=("stranger", "issuing", "policy"))


@case(6)
def _(chain):
    """a sound chain under a root that is not pinned"""
    chain.make("other root", "other root")
    return chain["unit"], chain.trust(anchors=("other root",))


@case(7)
def _(chain):
    """the unit's certificate is signed by itself"""
    return chain.make("unit", "unit"), chain.trust()


@case(8)
def _(chain):
    """the policy CA's certificate is nowhere to be found"""
    return chain["unit"], chain.trust(between=("issuing",))


@case(9)
def _(chain):
    """signed by a stranger's key under the issuing CA's name and key identifier"""
    extensions = chain.extensions("unit")
    return chain.make("unit", issuer_key=chain.key("stranger"), extensions=extensions), chain.trust()


@case(10)
def _(chain):
    """one letter of the unit's name changed after signing"""
    return chain["unit"].replace(b"unit", b"unix"), chain.trust()


@case(11)
def _(chain):
    """one bit of the signature changed"""
    unit = bytearray(chain["unit"])
    unit[-5] ^= 1
    return bytes(unit), chain.trust()


@case(12)
def _(chain):
    """the issuer's name is not the issuing CA's"""
    return chain.make("unit", issuer=name("nobody")), chain.trust()


@case(13)
def _(chain):
    """the CA changed its key and kept its name; key identifiers tell which"""
    chain.make("new", "policy", subject=name("issuing"))
    unit = chain.make("unit", "new", issuer=name("issuing"))
    lists = [chain.crl("root"), chain.crl("policy"), chain.crl("new", issuer=name("issuing"))]
    return unit, chain.trust(between=("issuing", "new", "policy"), crls=lists)


@case(14)
def _(chain):
    """the same without key identifiers: the right key is found by trying"""
    chain.make("new", "policy", subject=name("issuing"))
    extensions = without(chain.extensions("unit", "new"), x509.AuthorityKeyIdentifier)
    unit = chain.make("unit", "new", issuer=name("issuing"), extensions=extensions)
    lists = [chain.crl("root"), chain.crl("policy"), chain.crl("new", issuer=name("issuing"))]
    return unit, chain.trust(between=("issuing", "new", "policy"), crls=lists)


@case(15)
def _(chain):
    """two ways up, the first through an expired certificate"""
    chain.make("issuing", keep_as="old", ends_at=NOW - DAY, serial=90)
    return chain["unit"], chain.trust(between=("old", "issuing", "policy"))


@case(16)
def _(chain):
    """two CAs vouch for each other and nobody pinned for them"""
    chain.make("a", "b")
    chain.make("b", "a")
    return chain.make("unit", "a"), chain.trust(between=("a", "b"))


@case(17)
def _(chain):
    """nine certificates from unit to root"""
    ranks = ["root", *(f"ca{number}" for number in range(7))]
    for above, rank in pairwise(ranks):
        chain.make(rank, above)
    return chain.make("unit", ranks[-1]), chain.trust(between=ranks[1:])


@case(18)
def _(chain):
    """an RSA key under CAs of another kind"""
    unit = key("RSA", "unit")
    return chain.make("unit", key=unit), chain.trust()


# Time


@case(19)
def _(chain):
    """the unit's certificate ended yesterday"""
    return chain.make("unit", ends_at=NOW - DAY), chain.trust()


@case(20)
def _(chain):
    """the unit's certificate begins tomorrow"""
    return chain.make("unit", starts_at=NOW + DAY), chain.trust()


@case(21)
def _(chain):
    """the last second of the unit's certificate"""
    return chain.make("unit", ends_at=NOW), chain.trust()


@case(22)
def _(chain):
    """one second after the last"""
    return chain.make("unit", ends_at=NOW), chain.trust(), NOW + timedelta(seconds=1)


@case(23)
def _(chain):
    """the issuing CA's certificate ended yesterday"""
    chain.make("issuing", ends_at=NOW - DAY)
    return chain["unit"], chain.trust()


@case(24)
def _(chain):
    """the policy CA's certificate begins tomorrow"""
    chain.make("policy", starts_at=NOW + DAY)
    return chain["unit"], chain.trust()


@case(25)
def _(chain):
    """the pinned root ended yesterday"""
    chain.make("root", ends_at=NOW - DAY)
    return chain["unit"], chain.trust()


# Who may issue


@case(26)
def _(chain):
    """the issuing CA's certificate has no basicConstraints"""
    chain.make("issuing", extensions=without(chain.extensions("issuing"), x509.BasicConstraints))
    return chain["unit"], chain.trust()


@case(27)
def _(chain):
    """the issuing CA's certificate says that it is no CA"""
    chain.make(
        "issuing", extensions=replaced(chain.extensions("issuing"), x509.BasicConstraints(False, None))
    )
    return chain["unit"], chain.trust()


@case(28)
def _(chain):
    """another unit's 签名证书 issued it"""
    chain.make("other unit", "issuing", extensions=chain.extensions("unit"))
    extensions = without(chain.extensions("unit"), x509.AuthorityKeyIdentifier)
    unit = chain.make("unit", "other unit", extensions=extensions)
    chain.made["other unit"] = chain.make("other unit", "issuing", extensions=extensions)
    return unit, chain.trust(between=("policy", "issuing", "other unit"))


@case(29)
def _(chain):
    """the issuing CA's keyUsage lacks keyCertSign"""
    chain.make("issuing", extensions=replaced(chain.extensions("issuing"), usage("crl_sign")))
    return chain["unit"], chain.trust()


@case(30)
def _(chain):
    """the issuing CA's certificate has no keyUsage"""
    chain.make("issuing", extensions=without(chain.extensions("issuing"), x509.KeyUsage))
    return chain["unit"], chain.trust()


@case(31)
def _(chain):
    """the policy CA may have no CA below it, and has one"""
    chain.make("policy", extensions=chain.extensions("policy", path_length=0))
    return chain["unit"], chain.trust()


@case(32)
def _(chain):
    """the pinned root may have one CA below it, and has two"""
    chain.make("root", extensions=chain.extensions("root", path_length=1))
    return chain["unit"], chain.trust()


@case(33)
def _(chain):
    """as many CAs below as each one allows"""
    for who, length in (("root", 2), ("policy", 1), ("issuing", 0)):
        chain.make(who, extensions=chain.extensions(who, path_length=length))
    return chain["unit"], chain.trust()


@case(34)
def _(chain):
    """a CA certified its own new key: its second certificate does not count as one more below"""
    chain.make("policy", extensions=chain.extensions("policy", path_length=1))
    extensions = chain.extensions("issuing")
    chain.make("issuing", keep_as="first", subject=name("issuing"), key=chain.key("first"),
               extensions=replaced(extensions, x509.SubjectKeyIdentifier(chain.key("first").key_id), False))  # fmt: skip
    own = replaced(extensions, x509.AuthorityKeyIdentifier(chain.key("first").key_id, None, None), False)
    chain.make("issuing", issuer=name("issuing"), issuer_key=chain.key("first"), extensions=own, serial=91)
    lists = [chain.crl("root"), chain.crl("policy"), chain.crl("issuing")]
    lists.append(chain.crl("issuing", issuer_key=chain.key("first")))
    return chain["unit"], chain.trust(between=("policy", "first", "issuing"), crls=lists)


# What the certificate is for


@case(35)
def _(chain):
    """the unit's certificate says that it is a CA"""
    extensions = replaced(chain.extensions("unit"), x509.BasicConstraints(True, None))
    return chain.make("unit", extensions=extensions), chain.trust()


@case(36)
def _(chain):
    """the 加密证书: keyEncipherment and dataEncipherment"""
    extensions = replaced(chain.extensions("unit"), usage("key_encipherment", "data_encipherment"))
    return chain.make("unit", extensions=extensions), chain.trust()


@case(37)
def _(chain):
    """the 加密证书 of an elliptic curve: keyAgreement"""
    extensions = replaced(chain.extensions("unit"), usage("key_agreement"))
    return chain.make("unit", extensions=extensions), chain.trust()


@case(38)
def _(chain):
    """no keyUsage at all"""
    return chain.make("unit", extensions=without(chain.extensions("unit"), x509.KeyUsage)), chain.trust()


@case(39)
def _(chain):
    """keyUsage for lists of revoked certificates only"""
    extensions = replaced(chain.extensions("unit"), usage("crl_sign"))
    return chain.make("unit", extensions=extensions), chain.trust()


@case(40)
def _(chain):
    """digitalSignature alone"""
    extensions = replaced(chain.extensions("unit"), usage("digital_signature"))
    return chain.make("unit", extensions=extensions), chain.trust()


@case(41)
def _(chain):
    """nonRepudiation alone"""
    extensions = replaced(chain.extensions("unit"), usage("content_commitment"))
    return chain.make("unit", extensions=extensions), chain.trust()


@case(42)
def _(chain):
    """one key for signing and encryption"""
    both = usage("digital_signature", "content_commitment", "key_encipherment")
    return chain.make("unit", extensions=replaced(chain.extensions("unit"), both)), chain.trust()


@case(43)
def _(chain):
    """extendedKeyUsage for web servers only"""
    purpose = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH])
    return chain.make("unit", extensions=[*chain.extensions("unit"), (purpose, False)]), chain.trust()


@case(44)
def _(chain):
    """extendedKeyUsage for clients, critical"""
    purpose = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH])
    return chain.make("unit", extensions=[*chain.extensions("unit"), (purpose, True)]), chain.trust()


# Extensions


@case(45)
def _(chain):
    """a critical extension that nobody knows, in the unit's certificate"""
    return chain.make("unit", extensions=[*chain.extensions("unit"), (UNKNOWN, True)]), chain.trust()


@case(46)
def _(chain):
    """the same extension, not critical"""
    return chain.make("unit", extensions=[*chain.extensions("unit"), (UNKNOWN, False)]), chain.trust()


@case(47)
def _(chain):
    """a critical extension that nobody knows, in the issuing CA's certificate"""
    chain.make("issuing", extensions=[*chain.extensions("issuing"), (UNKNOWN, True)])
    return chain["unit"], chain.trust()


@case(48)
def _(chain):
    """the issuing CA has name constraints"""
    constraints = x509.NameConstraints([x509.DirectoryName(name("unit"))], None)
    chain.make("issuing", extensions=[*chain.extensions("issuing"), (constraints, True)])
    return chain["unit"], chain.trust()


@case(49)
def _(chain):
    """the policy CA has critical policyConstraints"""
    chain.make("policy", extensions=[*chain.extensions("policy"), (x509.PolicyConstraints(0, None), True)])
    return chain["unit"], chain.trust()


@case(50)
def _(chain):
    """critical certificatePolicies in every certificate"""
    policy = x509.PolicyInformation(x509.ObjectIdentifier("1.3.6.1.4.1.32473.5"), None)
    for who in ("policy", "issuing", "unit"):
        chain.make(who, extensions=[*chain.extensions(who), (x509.CertificatePolicies([policy]), True)])
    return chain["unit"], chain.trust()


@case(51)
def _(chain):
    """the same extension twice"""
    extensions = [*chain.extensions("unit"), (SIGNING, True)]
    return chain.make("unit", extensions=extensions), chain.trust()


# Algorithms


@case(52, "RSA")
def _(chain):
    """the unit's certificate is signed over SHA-1"""
    unit = chain.make("unit", oid="1.2.840.113549.1.1.5", digest=hashes.SHA1())
    return unit, chain.trust()


@case(53, "RSA")
def _(chain):
    """the unit's certificate is signed over MD5"""
    return chain.make("unit", oid="1.2.840.113549.1.1.4", digest=hashes.MD5()), chain.trust()


@case(54, "RSA", "ECDSA")
def _(chain):
    """the issuing CA's certificate is signed over SHA-1"""
    oid = {"RSA": "1.2.840.113549.1.1.5", "ECDSA": "1.2.840.10045.4.1"}[chain.kind]
    chain.make("issuing", oid=oid, digest=hashes.SHA1())
    return chain["unit"], chain.trust()


@case(55, "RSA")
def _(chain):
    """the pinned root signed itself over SHA-1"""
    chain.make("root", oid="1.2.840.113549.1.1.5", digest=hashes.SHA1())
    return chain["unit"], chain.trust()


@case(56)
def _(chain):
    """the unit's key is RSA of 1024 bits"""
    return chain.make("unit", key=new_key("RSA", 1024)), chain.trust()


@case(57)
def _(chain):
    """the unit's key is Ed25519"""
    odd = Key("ECDSA", ed25519.Ed25519PrivateKey.generate())
    return chain.make("unit", key=odd), chain.trust()


@case(58)
def _(chain):
    """the unit's key lies on secp256k1"""
    return chain.make("unit", key=Key("ECDSA", ec.generate_private_key(ec.SECP256K1()))), chain.trust()


@case(59, "RSA")
def _(chain):
    """signed by RSA with SM3"""
    return chain.make("unit", oid="1.2.156.10197.1.504", digest=hashes.SM3()), chain.trust()


@case(60, "RSA")
def _(chain):
    """signed by RSASSA-PSS"""
    unit = x509.CertificateBuilder(
        name("issuing"), name("unit"), chain.key("unit").native.public_key(), 4, NOW - DAY, NOW + DAY
    )
    for value, is_critical in chain.extensions("unit"):
        unit = unit.add_extension(value, is_critical)
    pss = padding.PSS(padding.MGF1(hashes.SHA256()), 32)
    made = unit.sign(chain.key("issuing").native, hashes.SHA256(), rsa_padding=pss)
    return made.public_bytes(Encoding.DER), chain.trust()


@case(61, "SM2")
def _(chain):
    """an SM2 key that is no point of the curve"""
    private, public = chain.key("unit").native
    return chain.make("unit", key=Key("SM2", (private, public[:-1] + bytes([public[-1] ^ 1])))), chain.trust()


@case(62)
def _(chain):
    """the signed part names another algorithm than the part outside"""
    tbs, algorithm, signature = der.Value(chain["unit"]).sequence()
    other = {"RSA": "1.2.840.113549.1.1.12", "ECDSA": "1.2.840.10045.4.3.3", "SM2": "1.2.156.10197.1.504"}
    oid = der.Value(algorithm.whole).sequence()[0].whole
    changed = algorithm.whole.replace(oid, der.oid(other[chain.kind]))
    return der.sequence(tbs.whole, changed, signature.whole), chain.trust()


# Form


@case(63)
def _(chain):
    """serial number 0 or below"""
    return chain.make("unit", serial=-5), chain.trust()


@case(64)
def _(chain):
    """a byte after the end"""
    return chain["unit"] + b"\0", chain.trust()


@case(65)
def _(chain):
    """version 1"""
    tbs, algorithm, _ = der.Value(chain.make("unit", extensions=())).sequence()
    old = der.sequence(*(field.whole for field in tbs.sequence()[1:]))
    signature = chain.key("issuing").sign(old)
    return der.sequence(old, algorithm.whole, der.bits(signature)), chain.trust()


# Revocation


@case(66)
def _(chain):
    """the unit's certificate is on the list"""
    lists = [chain.crl("root"), chain.crl("policy"), chain.crl("issuing", revoked=["unit"])]
    return chain["unit"], chain.trust(crls=lists)


@case(67)
def _(chain):
    """a moment before it was revoked"""
    lists = [chain.crl("root"), chain.crl("policy"), chain.crl("issuing", revoked=["unit"])]
    return chain["unit"], chain.trust(crls=lists), NOW - 2 * DAY


@case(68)
def _(chain):
    """the list gives a date of revocation after its own"""
    early = chain.crl("issuing", revoked=["unit"], this_update=NOW - 3 * DAY)
    return chain["unit"], chain.trust(crls=[chain.crl("root"), chain.crl("policy"), early]), NOW - 2 * DAY


@case(69)
def _(chain):
    """the issuing CA's certificate is on the policy CA's list"""
    lists = [chain.crl("root"), chain.crl("policy", revoked=["issuing"]), chain.crl("issuing")]
    return chain["unit"], chain.trust(crls=lists)


@case(70)
def _(chain):
    """no list of the issuing CA"""
    return chain["unit"], chain.trust(crls=[chain.crl("root"), chain.crl("policy")])


@case(71)
def _(chain):
    """no list of the root"""
    return chain["unit"], chain.trust(crls=[chain.crl("policy"), chain.crl("issuing")])


@case(72)
def _(chain):
    """no list at all, and the hall is configured to go on"""
    return chain["unit"], chain.trust(crls=(), fail_closed=False)


@case(73)
def _(chain):
    """the list is past its nextUpdate"""
    stale = chain.crl("issuing", this_update=NOW - 9 * DAY, next_update=NOW - DAY)
    return chain["unit"], chain.trust(crls=[chain.crl("root"), chain.crl("policy"), stale])


@case(74)
def _(chain):
    """the list is past its nextUpdate, and the hall is configured to go on"""
    stale = chain.crl("issuing", this_update=NOW - 9 * DAY, next_update=NOW - DAY)
    lists = [chain.crl("root"), chain.crl("policy"), stale]
    return chain["unit"], chain.trust(crls=lists, fail_closed=False)


@case(75)
def _(chain):
    """a stale list names the certificate"""
    stale = chain.crl("issuing", revoked=["unit"], this_update=NOW - DAY / 2, next_update=NOW - DAY / 4)
    return chain["unit"], chain.trust(crls=[chain.crl("root"), chain.crl("policy"), stale])


@case(76)
def _(chain):
    """the list does not say when the next one comes"""
    lists = [chain.crl("root"), chain.crl("policy"), chain.crl("issuing", next_update=None)]
    return chain["unit"], chain.trust(crls=lists)


@case(77)
def _(chain):
    """the list is signed by a stranger's key under the CA's name"""
    forged = chain.crl("issuing", issuer_key=chain.key("stranger"))
    own = x509.AuthorityKeyIdentifier(chain.key("issuing").key_id, None, None)
    forged = forged.replace(chain.key("stranger").key_id, own.key_identifier)
    return chain["unit"], chain.trust(crls=[chain.crl("root"), chain.crl("policy"), forged])


@case(78)
def _(chain):
    """a forged list, and the hall is configured to go on without one"""
    forged = chain.crl("issuing", issuer_key=chain.key("stranger"))
    forged = forged.replace(chain.key("stranger").key_id, chain.key("issuing").key_id)
    lists = [chain.crl("root"), chain.crl("policy"), forged]
    return chain["unit"], chain.trust(crls=lists, fail_closed=False)


@case(79)
def _(chain):
    """the issuing CA's keyUsage lacks cRLSign"""
    chain.make("issuing", extensions=replaced(chain.extensions("issuing"), usage("key_cert_sign")))
    return chain["unit"], chain.trust()


def _part(chain, address="http://ca.example/part-7.crl", **scope):
    point = [x509.UniformResourceIdentifier(address)] if address else None
    wanted = {
        "full_name": point, "relative_name": None, "only_contains_user_certs": False,
        "only_contains_ca_certs": False, "only_some_reasons": None, "indirect_crl": False,
        "only_contains_attribute_certs": False,
    } | scope  # fmt: skip
    return chain.crl("issuing", extensions=[(x509.IssuingDistributionPoint(**wanted), True)])


def _pointing_to(chain, address):
    point = x509.DistributionPoint([x509.UniformResourceIdentifier(address)], None, None, None)
    more = (x509.CRLDistributionPoints([point]), False)
    return chain.make("unit", extensions=[*chain.extensions("unit"), more])


@case(80)
def _(chain):
    """the list is a part, and the certificate points to this part"""
    unit = _pointing_to(chain, "http://ca.example/part-7.crl")
    return unit, chain.trust(crls=[chain.crl("root"), chain.crl("policy"), _part(chain)])


@case(81)
def _(chain):
    """the list is a part, and the certificate points to another"""
    unit = _pointing_to(chain, "http://ca.example/part-8.crl")
    return unit, chain.trust(crls=[chain.crl("root"), chain.crl("policy"), _part(chain)])


@case(82)
def _(chain):
    """the issuing CA's list is about CAs only"""
    only = _part(chain, "", only_contains_ca_certs=True)
    return chain["unit"], chain.trust(crls=[chain.crl("root"), chain.crl("policy"), only])


@case(83)
def _(chain):
    """an old list and a new one, which alone names the certificate"""
    old = chain.crl("issuing", this_update=NOW - 2 * DAY)
    lists = [old, chain.crl("issuing", revoked=["unit"]), chain.crl("root"), chain.crl("policy")]
    return chain["unit"], chain.trust(crls=lists)


@case(84)
def _(chain):
    """an old list names a certificate that the new one has let off"""
    old = chain.crl("issuing", revoked=["unit"], this_update=NOW - 2 * DAY)
    lists = [old, chain.crl("issuing"), chain.crl("root"), chain.crl("policy")]
    return chain["unit"], chain.trust(crls=lists)


# Parametrised by what stands above, so it has to stand below.


def test_the_document_and_the_cases_are_the_same():
    assert len(ROWS) >= 40
    assert {number: text for number, (text, _) in ROWS.items()} == {
        number: build.__doc__ for number, (build, _) in CASES.items()
    }


@pytest.mark.parametrize(
    ("number", "kind"), [(number, kind) for number, (_, kinds) in CASES.items() for kind in kinds]
)
def test_case(number, kind):
    certificate, trust, at = (*CASES[number][0](Chain(kind)), NOW)[:3]
    answer = ROWS[number][1]
    if answer == "accepted":
        assert check_certificate(certificate, trust, at).algorithm in KINDS
    else:
        with pytest.raises(Refusal) as refused:
            check_certificate(certificate, trust, at)
        assert refused.value.code == answer
