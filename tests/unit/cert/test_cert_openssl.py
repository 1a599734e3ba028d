"""Certificates, lists and signatures made by the openssl command are accepted, their damaged copies refused."""

from __future__ import annotations

import subprocess
from datetime import UTC, datetime

import p7
import pytest

from cert.check import Evidence, check_certificate, check_signature
from cert.demo import make_demo
from cert.issuing import new_key
from cert.trust import make_trust
from rules.refusals import Refusal

CONTENT = b"Wangting\nlogin\nhttps://hall.example\n44556677"
ID = "distid:1234567812345678"
KEYS = {
    "RSA": ["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048"],
    "ECDSA": ["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"],
    "SM2": ["-algorithm", "SM2"],
}
CONFIG = """[ca]
default_ca = own
[own]
database = {folder}/index.txt
crlnumber = {folder}/number
default_crl_days = 7
default_md = {md}
[authority]
basicConstraints = critical, CA:true
keyUsage = critical, keyCertSign, cRLSign
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
[unit]
basicConstraints = critical, CA:false
keyUsage = critical, digitalSignature, nonRepudiation
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
1.2.156.10260.4.1.4 = ASN1:UTF8String:91150204123456788A
1.2.86.11.7.3 = ASN1:PRINTABLESTRING:12345678-8
1.2.156.112562.6.1.2 = ASN1:UTF8String:15000011&15000012
"""


class Office:
    """A CA of two ranks and a unit, with nothing but the openssl command at work."""

    def __init__(self, kind, folder):
        self.kind, self.folder = kind, folder
        self.is_sm2 = kind == "SM2"
        self.md = "-sm3" if self.is_sm2 else "-sha256"
        (folder / "index.txt").touch()
        (folder / "number").write_text("01")
        (folder / "own.cnf").write_text(CONFIG.format(folder=folder, md=self.md[1:]))
        for who in ("root", "issuing", "unit"):
            self.run("genpkey", *KEYS[kind], "-out", f"{who}.key")
        self.run("req", "-x509", "-new", "-key", "root.key", self.md, *self.id("sigopt"), "-subj", "/O=T/CN=root",
                 "-days", "50", "-out", "root.pem", "-config", self.config("authority"),
                 "-extensions", "authority")  # fmt: skip
        self.issue("issuing", "root", "authority")
        self.issue("unit", "issuing", "unit")
        self.crls = [self.crl("root"), self.crl("issuing")]
        # openssl stamps the present moment, so these chains are judged at one after it.
        self.at = datetime.now(UTC)

    def id(self, option):
        return [f"-{option}", ID] if self.is_sm2 else []

    def config(self, _section):
        both = self.folder / "req.cnf"
        both.write_text((self.folder / "own.cnf").read_text() + "[req]\ndistinguished_name = dn\n[dn]\n")
        return str(both)

    def run(self, *line, sent=None):
        done = subprocess.run(
            ["openssl", *line], cwd=self.folder, input=sent, capture_output=True, check=False
        )
        assert done.returncode == 0, done.stderr.decode()
        return done.stdout

    def issue(self, who, above, section):
        self.run("req", "-new", "-utf8", "-key", f"{who}.key", self.md, *self.id("sigopt"),
                 "-subj", f"/C=CN/O=T/CN={'某某公司' if who == 'unit' else who}", "-out", f"{who}.csr",
                 "-config", self.config(section))  # fmt: skip
        self.run("x509", "-req", "-in", f"{who}.csr", "-CA", f"{above}.pem", "-CAkey", f"{above}.key", self.md,
                 *self.id("sigopt"), *self.id("vfyopt"), "-days", "40", "-CAcreateserial", "-out", f"{who}.pem",
                 "-extfile", "own.cnf", "-extensions", section)  # fmt: skip

    def crl(self, who):
        return self.run("ca", "-gencrl", "-config", "own.cnf", "-cert", f"{who}.pem", "-keyfile", f"{who}.key",
                        *self.id("sigopt"))  # fmt: skip

    def read(self, name):
        return (self.folder / name).read_bytes()

    def der(self, who):
        return self.run("x509", "-in", f"{who}.pem", "-outform", "DER")

    def sign(self, content):
        (self.folder / "content").write_bytes(content)
        return self.run("dgst", self.md, "-sign", "unit.key", *self.id("sigopt"), "content")

    def trust(self, **more):
        wanted = {
            "anchors": [self.read("root.pem")],
            "intermediates": [self.read("issuing.pem")],
            "crls": self.crls,
        }
        return make_trust(**wanted | more)


@pytest.fixture(scope="module", params=["RSA", "ECDSA", "SM2"])
def office(request, tmp_path_factory):
    return Office(request.param, tmp_path_factory.mktemp("office"))


def damaged(data, step):
    """Copies with one bit turned, the bits spread over the whole."""
    for at in range(0, len(data), step):
        copy = bytearray(data)
        copy[at] ^= 1 << at % 8
        yield bytes(copy)


def test_certificate_and_codes(office):
    identity = check_certificate(office.read("unit.pem"), office.trust(), office.at)
    assert (identity.subject_name, identity.issuer_name, identity.algorithm) == (
        "某某公司",
        "issuing",
        office.kind,
    )
    assert identity.codes.uscc == "91150204123456788A"
    assert identity.codes.org_code == "123456788"
    assert identity.codes.unit_nos == ("15000011", "15000012")


def test_damaged_certificates(office):
    trust = office.trust()
    for copy in damaged(office.der("unit"), 9):
        with pytest.raises(Refusal):
            check_certificate(copy, trust, office.at)


def test_bare_signature_and_damaged_copies(office):
    trust, signature = office.trust(), office.sign(CONTENT)
    certificate = office.der("unit")
    assert check_signature(Evidence(certificate, signature, "raw"), CONTENT, trust, office.at)
    for copy in (*damaged(signature, 5), signature[:-1], signature + b"\0"):
        with pytest.raises(Refusal, match=r"^signature\."):
            check_signature(Evidence(certificate, copy, "raw"), CONTENT, trust, office.at)


@pytest.mark.parametrize("office", ["SM2"], indirect=True)
def test_sm2_signature_with_another_identity_is_refused(office):
    (office.folder / "content").write_bytes(CONTENT)
    for other in ([], ["-sigopt", "distid:somebody"]):
        signature = office.run("dgst", "-sm3", "-sign", "unit.key", *other, "content")
        with pytest.raises(Refusal, match=r"^signature\.wrong$"):
            check_signature(
                Evidence(office.der("unit"), signature, "raw"), CONTENT, office.trust(), office.at
            )


@pytest.mark.parametrize("office", ["RSA", "ECDSA"], indirect=True)
@pytest.mark.parametrize("options", [["-binary"], ["-binary", "-nodetach"], ["-binary", "-noattr"],
                                     ["-binary", "-nodetach", "-noattr"], ["-binary", "-nodetach", "-stream"],
                                     ["-binary", "-keyid"]], ids=" ".join)  # fmt: skip
def test_cms(office, options):
    """Detached and attached, with signed attributes and without, streamed, and named by key.

    Not SM2, with which openssl 3.0 writes no CMS; test_gm_signed_data has its bare signature.
    """
    (office.folder / "content").write_bytes(CONTENT)
    made = office.run("cms", "-sign", "-in", "content", "-signer", "unit.pem", "-inkey", "unit.key", "-md", "sha256",
                      "-outform", "DER", *options)  # fmt: skip
    assert (
        check_signature(Evidence(None, made, "p7"), CONTENT, office.trust(), office.at).subject_name
        == "某某公司"
    )
    with pytest.raises(Refusal):
        check_signature(Evidence(None, made, "p7"), CONTENT + b"0", office.trust(), office.at)
    # The signature stands at the end, after everything that it covers.
    for copy in damaged(made[-40:], 4):
        with pytest.raises(Refusal, match=r"^signature\."):
            check_signature(Evidence(None, made[:-40] + copy, "p7"), CONTENT, office.trust(), office.at)


@pytest.mark.parametrize("office", ["RSA"], indirect=True)
def test_smime_of_old_pkcs7(office):
    (office.folder / "content").write_bytes(CONTENT)
    made = office.run("smime", "-sign", "-binary", "-nodetach", "-in", "content", "-signer", "unit.pem", "-inkey",
                      "unit.key", "-md", "sha256", "-outform", "PEM")  # fmt: skip
    assert check_signature(Evidence(None, made, "p7"), CONTENT, office.trust(), office.at)
    weak = office.run("smime", "-sign", "-binary", "-in", "content", "-signer", "unit.pem", "-inkey", "unit.key",
                      "-md", "sha1", "-outform", "DER")  # fmt: skip
    with pytest.raises(Refusal, match=r"^signature\.weak_digest$"):
        check_signature(Evidence(None, weak, "p7"), CONTENT, office.trust(), office.at)


@pytest.mark.parametrize("attributes", [False, True])
@pytest.mark.parametrize("attached", [False, True])
def test_gm_signed_data(office, attached, attributes):
    """GM/T 0010 around a signature that openssl made over what GM/T 0010 says is signed."""
    made = p7.signed_data(new_key(office.kind), office.der("unit"), CONTENT, sign=office.sign,
                          attached=attached, attributes=attributes, oids=p7.GM)  # fmt: skip
    assert (
        check_signature(Evidence(None, made, "p7"), CONTENT, office.trust(), office.at).algorithm
        == office.kind
    )
    for copy in damaged(made[-30:], 4):
        with pytest.raises(Refusal, match=r"^signature\."):
            check_signature(Evidence(None, made[:-30] + copy, "p7"), CONTENT, office.trust(), office.at)


def test_revoked_and_damaged_lists(office):
    serial = (
        office.run("x509", "-in", "unit.pem", "-noout", "-serial").decode().strip().removeprefix("serial=")
    )
    index = office.folder / "index.txt"
    index.write_text(f"R\t301231235959Z\t{office.at:%y%m%d%H%M%SZ}\t{serial}\tunknown\t/CN=unit\n")
    taken_back = office.crl("issuing")
    index.write_text("")
    with pytest.raises(Refusal, match=r"^cert\.revoked$"):
        check_certificate(
            office.read("unit.pem"), office.trust(crls=[office.crls[0], taken_back]), datetime.now(UTC)
        )
    path = office.folder / "list.pem"
    path.write_bytes(office.crls[1])
    good = office.run("crl", "-in", "list.pem", "-outform", "DER")
    for copy in damaged(good[-40:], 7):
        try:
            trust = office.trust(crls=[office.crls[0], good[:-40] + copy])
        except ValueError:
            continue
        with pytest.raises(Refusal, match=r"^cert\.crl_(invalid|missing)$"):
            check_certificate(office.read("unit.pem"), trust, office.at)


@pytest.mark.parametrize("office", ["RSA", "SM2"], indirect=True)
def test_openssl_accepts_what_the_demo_ca_issues(office, tmp_path):
    demo = make_demo(tmp_path, [("某某公司（示例）", "91150204123456788A")], office.at)
    kind = office.kind
    issuing = demo.trust / "intermediates" / f"{kind.lower()}-issuing.pem"
    holder = demo.units[0].sign[kind].certificate
    vfy = ["-vfyopt", ID] if kind == "SM2" else []
    assert b": OK" in office.run("verify", *vfy, "-partial_chain", "-CAfile", str(issuing), str(holder))
    crl = demo.trust / "crls" / f"{kind.lower()}-issuing.crl"
    assert b"91150204123456788A" in office.run(
        "x509", "-in", str(holder), "-noout", "-text", "-certopt", "ext_parse"
    )
    assert b"Revoked Certificates" in office.run("crl", "-inform", "DER", "-in", str(crl), "-noout", "-text")
