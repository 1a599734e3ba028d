"""Lists are read whole or not at all, fetched within limits, and OCSP is believed only when it may be."""

from __future__ import annotations

import subprocess
import threading
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from chains import DAY, KINDS, NOW, Chain, name, replaced
from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID, ObjectIdentifier

from cert import ocsp
from cert.certificate import read_certificate
from cert.check import check_certificate
from cert.crl import read_crl
from cert.fetch import fetch, ocsp_client, refresh_lists
from cert.issuing import holder_extensions, make_crl, pem, usage
from cert.trust import load_trust
from rules.refusals import Refusal


@pytest.fixture(params=KINDS)
def chain(request):
    return Chain(request.param)


def test_a_list_of_many(chain):
    revoked = {10**20 + number: NOW - DAY for number in range(10_000)}
    crl = read_crl(make_crl(name("issuing"), chain.key("issuing"), NOW, NOW + DAY, revoked))
    assert len(crl.revoked) == 10_000
    assert crl.revoked_at(10**20 + 9_999, NOW) == NOW - DAY
    assert crl.revoked_at(10**20 + 10_000, NOW) is None
    assert crl.is_signed_by(read_certificate(chain["issuing"]))
    assert not crl.is_signed_by(read_certificate(chain["policy"]))


def scope(**changed):
    wanted = {
        "full_name": None, "relative_name": None, "only_contains_user_certs": False, "only_contains_ca_certs": False,
        "only_some_reasons": None, "indirect_crl": False, "only_contains_attribute_certs": False,
    } | changed  # fmt: skip
    return x509.IssuingDistributionPoint(**wanted)


@pytest.mark.parametrize(
    "extension",
    [
        x509.DeltaCRLIndicator(1),
        scope(indirect_crl=True),
        scope(only_contains_attribute_certs=True),
        scope(only_some_reasons=frozenset([x509.ReasonFlags.key_compromise])),
        x509.UnrecognizedExtension(ObjectIdentifier("1.2.3.4"), b"\5\0"),
    ],
    ids=["delta", "indirect", "attributes", "reasons", "unknown"],
)
def test_lists_that_would_need_more_understanding(chain, extension):
    with pytest.raises(ValueError):
        read_crl(chain.crl("issuing", extensions=[(extension, True)]))


def test_an_entry_that_would_need_more_understanding(chain):
    indirect = x509.CertificateIssuer([x509.DirectoryName(name("other"))])
    with pytest.raises(ValueError):
        read_crl(chain.crl("issuing", ["unit"], entry_extensions=[(indirect, True)]))
    reason = x509.CRLReason(x509.ReasonFlags.key_compromise)
    assert read_crl(chain.crl("issuing", ["unit"], entry_extensions=[(reason, False)])).revoked


@pytest.mark.parametrize("data", [b"", b"\x30\x03\x02\x01\x01", b"-----BEGIN X509 CRL-----\nMII", b"<html>"])
def test_what_is_no_list(data):
    with pytest.raises(ValueError):
        read_crl(data)


# A trust folder


def fill(folder, chain, **lists):
    for shelf, who in (("anchors", "root"), ("intermediates", "policy"), ("intermediates", "issuing")):
        (folder / shelf).mkdir(parents=True, exist_ok=True)
        (folder / shelf / f"{who}.pem").write_bytes(pem(chain[who], "CERTIFICATE"))
    (folder / "crls").mkdir()
    for who in ("root", "policy", "issuing"):
        (folder / "crls" / f"{who}.crl").write_bytes(lists.get(who) or chain.crl(who))


def test_load_trust(chain, tmp_path):
    fill(tmp_path, chain)
    (tmp_path / "anchors" / "notes.txt").write_text("no certificate")
    assert check_certificate(chain["unit"], load_trust(tmp_path), NOW).subject_name == "unit"


@pytest.mark.parametrize(
    "spoilt", ["anchors/root.pem", "intermediates/policy.pem", "crls/root.crl", "codes.json"]
)
def test_load_trust_names_the_file_that_it_cannot_read(chain, tmp_path, spoilt):
    fill(tmp_path, chain)
    (tmp_path / spoilt).write_bytes(b"-----")
    with pytest.raises(ValueError, match=spoilt.rpartition("/")[2]):
        load_trust(tmp_path)


def test_load_trust_needs_an_anchor(tmp_path):
    with pytest.raises(ValueError, match="anchors"):
        load_trust(tmp_path)


# Fetching


@contextmanager
def serving(answer):
    """A server on loopback; ``answer`` gets the handler."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            answer(self)

        do_POST = do_GET

        def log_message(self, *_):
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/list.crl"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def giving(content, status=200, headers=()):
    def answer(handler):
        handler.send_response(status)
        for key, value in headers:
            handler.send_header(key, value)
        handler.send_header("Content-Length", str(len(content)))
        handler.end_headers()
        handler.wfile.write(content)

    return answer


def fetched(folder, trust, answer):
    with serving(answer) as address:
        (one,) = refresh_lists(folder, [address], trust)
    return one.problem.code if one.problem else one.crl


def test_a_fetched_list_counts_at_the_next_load(chain, tmp_path):
    fill(tmp_path, chain)
    trust = load_trust(tmp_path)
    fresh = chain.crl("issuing", ["unit"], this_update=NOW)
    assert fetched(tmp_path / "crls", trust, giving(pem(fresh, "X509 CRL"))).revoked
    with pytest.raises(Refusal, match=r"^cert\.revoked$"):
        check_certificate(chain["unit"], load_trust(tmp_path), NOW)


def test_what_is_fetched_must_be_good_and_newer(chain, tmp_path):
    trust = chain.trust()
    forged = chain.crl("issuing", issuer_key=chain.key("stranger"))
    for answer, code in (
        (giving(b"", 404), "crl.unreachable"),
        (giving(b"", 302, [("Location", "http://127.0.0.1/")]), "crl.unreachable"),
        (giving(b"<html>busy</html>"), "crl.damaged"),
        (giving(forged), "crl.unsigned"),
        (giving(make_crl(name("who"), chain.key("who"), NOW, NOW, {})), "crl.unsigned"),
    ):
        assert fetched(tmp_path, trust, answer) == code
    assert not list(tmp_path.iterdir())


def test_an_old_list_does_not_replace_a_newer(chain, tmp_path):
    contents = [chain.crl("issuing", ["unit"], this_update=NOW), chain.crl("issuing", this_update=NOW - DAY)]
    with serving(lambda handler: giving(contents.pop(0))(handler)) as address:
        (first,), (second,) = (refresh_lists(tmp_path, [address], chain.trust()) for _ in range(2))
    assert first.crl and second.problem.code == "crl.older"
    (kept,) = tmp_path.iterdir()
    assert read_crl(kept.read_bytes()).revoked


def test_a_spoilt_file_is_replaced(chain, tmp_path):
    fresh = chain.crl("issuing")
    with serving(giving(fresh)) as address:
        refresh_lists(tmp_path, [address], chain.trust())
        (kept,) = tmp_path.iterdir()
        kept.write_bytes(b"spoilt")
        (again,) = refresh_lists(tmp_path, [address], chain.trust())
    assert again.crl and kept.read_bytes() == fresh


def test_nobody_there(chain, tmp_path):
    with serving(giving(b"")) as address:
        pass
    for one in refresh_lists(tmp_path, [address, "file:///etc/hosts", "no address"], chain.trust()):
        assert one.problem.code == "crl.unreachable"


def endless(handler):
    handler.send_response(200)
    handler.end_headers()
    try:
        while True:
            handler.wfile.write(b"0" * 50)
    except OSError:
        return


@pytest.mark.parametrize(
    ("most", "seconds", "code"), [(100_000, 60, "crl.too_large"), (10**12, 0.2, "crl.slow")]
)
def test_an_endless_answer_is_cut(most, seconds, code):
    with serving(endless) as address, pytest.raises(Refusal) as refused:
        fetch(address, None, most, seconds)
    assert refused.value.code == code


# OCSP, with the openssl command as the responder


class Responder:
    """Answers requests as ``openssl ocsp`` does from its index of certificates."""

    def __init__(self, chain, folder, signer="issuing", state="V"):
        self.chain, self.folder = chain, folder
        for who in {"issuing", signer}:
            (folder / f"{who}.pem").write_bytes(pem(chain[who], "CERTIFICATE"))
            (folder / f"{who}.key").write_bytes(chain.key(who).pkcs8())
        self.signer = signer
        date = f"{chain.now - DAY:%y%m%d%H%M%SZ}" if state == "R" else ""
        entry = f"{state}\t301231235959Z\t{date}\t{chain.serials['unit']:02X}\tunknown\t/CN=unit\n"
        (folder / "index.txt").write_text(entry if state else "")

    def __call__(self, issuer, request):
        if issuer.subject_name != "issuing":
            return None
        (self.folder / "request").write_bytes(request)
        sm2 = ["-rmd", "sm3", "-rsigopt", "distid:1234567812345678"] if self.chain.kind == "SM2" else []
        line = ["openssl", "ocsp", "-index", "index.txt", "-CA", "issuing.pem", "-rsigner", f"{self.signer}.pem",
                "-rkey", f"{self.signer}.key", "-reqin", "request", "-respout", "answer", "-ndays", "1", *sm2]  # fmt: skip
        subprocess.run(line, cwd=self.folder, check=True, capture_output=True)
        return (self.folder / "answer").read_bytes()


@pytest.fixture
def living(request):
    """A chain of today, since openssl stamps its answers with today's date."""
    return lambda kind: Chain(kind, datetime.now(UTC).replace(microsecond=0) - timedelta(minutes=1))


def delegate(chain, *purposes):
    extensions = holder_extensions(chain.key("helper"), chain.key("issuing"), usage("digital_signature"))
    if purposes:
        extensions.append((x509.ExtendedKeyUsage(purposes), False))
    chain.make("helper", "issuing", extensions=extensions)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("signer", ["issuing", "helper"])
@pytest.mark.parametrize(
    ("state", "code"), [("V", None), ("R", "cert.revoked"), ("", "cert.revocation_unknown")]
)
def test_ocsp_decides_before_the_lists(living, tmp_path, kind, signer, state, code):
    chain = living(kind)
    delegate(chain, ExtendedKeyUsageOID.OCSP_SIGNING)
    lists = [chain.crl("root"), chain.crl("policy")]
    trust = chain.trust(crls=lists, ocsp=Responder(chain, tmp_path, signer, state))
    if code is None:
        assert check_certificate(chain["unit"], trust, chain.now).subject_name == "unit"
    else:
        with pytest.raises(Refusal) as refused:
            check_certificate(chain["unit"], trust, chain.now)
        assert refused.value.code == code


def asked(chain, send, at=None):
    return ocsp.ask(
        send, read_certificate(chain["unit"]), read_certificate(chain["issuing"]), at or chain.now
    )


@pytest.mark.parametrize("purposes", [(), (ExtendedKeyUsageOID.CLIENT_AUTH,)])
def test_ocsp_answer_by_somebody_not_certified_for_it(living, tmp_path, purposes):
    chain = living("ECDSA")
    delegate(chain, *purposes)
    assert asked(chain, Responder(chain, tmp_path, "helper")) is None


def test_ocsp_answer_by_an_expired_delegate(living, tmp_path):
    chain = living("ECDSA")
    extensions = holder_extensions(chain.key("helper"), chain.key("issuing"), usage("digital_signature"))
    extensions.append((x509.ExtendedKeyUsage([ExtendedKeyUsageOID.OCSP_SIGNING]), False))
    chain.make("helper", "issuing", extensions=extensions, ends_at=chain.now - DAY)
    assert asked(chain, Responder(chain, tmp_path, "helper")) is None


@pytest.mark.parametrize("kind", KINDS)
def test_ocsp_answers_that_cannot_be_believed(living, tmp_path, kind):
    chain = living(kind)
    send = Responder(chain, tmp_path)
    good = send(read_certificate(chain["issuing"]), _request(chain, send))
    assert asked(chain, lambda *_: good) is None, "the answer to another question, told by its nonce"
    assert asked(chain, send, chain.now + 3 * DAY) is None
    assert asked(chain, send, chain.now - DAY) is None
    assert asked(chain, lambda *_: b"") is None
    assert asked(chain, lambda *_: b"\x30\x03\x0a\x01\x06") is None
    assert asked(chain, lambda *_: good[:-20]) is None
    assert asked(chain, lambda *_: bytes(70_000)) is None

    def damaged(issuer, request):
        content = bytearray(send(issuer, request))
        content[len(content) // 3] ^= 1
        return bytes(content)

    assert asked(chain, damaged) is None


def _request(chain, send):
    kept = []
    ocsp.ask(
        lambda issuer, request: kept.append(request),
        read_certificate(chain["unit"]),
        read_certificate(chain["issuing"]),
        chain.now,
    )
    return kept[0]


def test_ocsp_unreachable_falls_back_to_the_lists(chain):
    def down(issuer, request):
        raise ConnectionError

    assert check_certificate(chain["unit"], chain.trust(ocsp=down), NOW)
    with pytest.raises(Refusal, match=r"^cert\.crl_missing$"):
        check_certificate(chain["unit"], chain.trust(ocsp=down, crls=()), NOW)


def test_ocsp_over_http(living, tmp_path):
    chain = living("RSA")
    responder = Responder(chain, tmp_path, state="R")
    issuing = read_certificate(chain["issuing"])

    def answer(handler):
        assert handler.headers["Content-Type"] == "application/ocsp-request"
        giving(responder(issuing, handler.rfile.read(int(handler.headers["Content-Length"]))))(handler)

    with serving(answer) as address:
        trust = chain.trust(ocsp=ocsp_client({"issuing": address}))
        with pytest.raises(Refusal, match=r"^cert\.revoked$"):
            check_certificate(chain["unit"], trust, chain.now)
    with pytest.raises(ConnectionError):
        ocsp_client({"issuing": address})(issuing, b"")
    assert ocsp_client({})(issuing, b"") is None


def test_a_ca_may_not_answer_with_another_cas_key(living, tmp_path):
    chain = living("ECDSA")
    extensions = replaced(
        chain.extensions("issuing"), usage("key_cert_sign", "crl_sign", "digital_signature")
    )
    chain.make("stranger", "root", extensions=extensions)
    assert asked(chain, Responder(chain, tmp_path, "stranger")) is None
