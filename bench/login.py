"""One login's certificate check in process: a unit, its CA and a pinned root, a list of 10,000 revoked, a signature."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from statistics import median

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.x509.oid import NameOID

from bench.load import Unexpected
from bench.result import Result
from cert.algorithms import Kind, verify
from cert.certificate import read_certificate
from cert.challenge import new_challenge
from cert.check import Evidence, check_signature
from cert.issuing import (
    Extension,
    Key,
    authority_extensions,
    holder_extensions,
    make_certificate,
    make_crl,
    new_key,
    private_text,
    usage,
)
from cert.trust import Trust, make_trust
from rules.refusals import Refusal

ROUNDS, LOGINS, REVOKED = 21, 40, 10_000
USCC = "91150204123456788A"


def login_rsa() -> list[Result]:
    """RSA of 2048 bits with SHA-256."""
    return [_login("login_rsa", "RSA", 2)]


def login_sm2() -> list[Result]:
    """SM2 with SM3."""
    return [_login("login_sm2", "SM2", 5)]


def _login(name: str, kind: Kind, reach: float) -> Result:
    """Milliseconds of one full check; ``limit`` is what its two signature verifications take alone.

    Those are the certificate's, by its CA, and the challenge's, by the certificate. What lies above the CA
    never changes and is verified once: ``first_ms`` is the login that does so. ``slowest_refusal_ms`` is the
    slowest of some hostile inputs.
    """
    now = datetime.now(UTC)
    key, trust, certificate = _office(kind, now)
    content = new_challenge("login", "https://hall.example", now).content
    evidence = Evidence(certificate, key.sign(content), "raw")

    def product() -> None:
        if check_signature(evidence, content, trust, now).codes.uscc != USCC:
            raise Unexpected("the check found another unit")

    bare = _bare(certificate, trust, evidence.signature, content)
    first = _milliseconds(product, 1)
    rounds = [(_milliseconds(product, LOGINS), _milliseconds(bare, LOGINS)) for _ in range(ROUNDS)]
    return Result(
        name,
        median(ours for ours, _ in rounds),
        "ms",
        limit=median(theirs for _, theirs in rounds),
        reach=reach,
        note={
            "times_limit": round(median(ours / theirs for ours, theirs in rounds), 2),
            "first_ms": round(first, 2),
            "slowest_refusal_ms": round(
                max(_refusal(data, trust, content, now) for data in _hostile(certificate)), 2
            ),
        },
    )


def _office(kind: Kind, now: datetime) -> tuple[Key, Trust, bytes]:
    """A unit's key, the trust that holds its CA and lists, and its certificate."""
    root, issuing, unit = (new_key(kind) for _ in range(3))
    ends_at = now + timedelta(days=365)
    starts_at = now - timedelta(days=30)

    def issue(who: str, key: Key, above: str, signer: Key, extensions: list[Extension], serial: int) -> bytes:
        return make_certificate(_name(who), key, _name(above), signer, starts_at, ends_at, extensions, serial)

    codes = private_text("1.2.156.10260.4.1.4", USCC)
    signing = usage("digital_signature", "content_commitment")
    revoked = {10**20 + number: starts_at for number in range(REVOKED)}
    trust = make_trust(
        [issue("root", root, "root", root, authority_extensions(root, root), 1)],
        [issue("issuing", issuing, "root", root, authority_extensions(issuing, root, 0), 2)],
        [
            make_crl(_name("root"), root, starts_at, ends_at, {}),
            make_crl(_name("issuing"), issuing, starts_at, ends_at, revoked),
        ],
    )
    extensions = [*holder_extensions(unit, issuing, signing), codes]
    return unit, trust, issue("unit", unit, "issuing", issuing, extensions, 3)


def _name(who: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, who)])


def _bare(certificate: bytes, trust: Trust, signature: bytes, content: bytes) -> Callable[[], None]:
    unit = read_certificate(certificate)
    issuer = trust.intermediates[0].key
    digest = hashes.SM3() if unit.key.kind == "SM2" else hashes.SHA256()
    sealed, tbs = unit.native.signature, unit.native.tbs_certificate_bytes

    def bare() -> None:
        if not (verify(issuer, digest, sealed, tbs) and verify(unit.key, digest, signature, content)):
            raise Unexpected("a good signature does not verify")

    return bare


def _milliseconds(work: Callable[[], None], times: int) -> float:
    started = time.perf_counter()
    for _ in range(times):
        work()
    return (time.perf_counter() - started) * 1000 / times


def _hostile(certificate: bytes) -> list[bytes]:
    """Inputs that are large, deep or nearly right."""
    return [
        b"\x30\x80" * 32_000,
        b"-----BEGIN CERTIFICATE-----" * 2_400,
        b"A" * 65_536,
        b"\x30\x83\x00\xff\xf0" + b"\x30\x00" * 32_000,
        bytes(10 * 2**20),
        certificate[:-1] + bytes([certificate[-1] ^ 1]),
        certificate[: len(certificate) // 2],
    ]


def _refusal(data: bytes, trust: Trust, content: bytes, now: datetime) -> float:
    def refuse() -> None:
        for evidence in (Evidence(data, b"x" * 71, "raw"), Evidence(None, data, "p7")):
            try:
                check_signature(evidence, content, trust, now)
            except Refusal:
                continue
            raise Unexpected("hostile input was accepted")

    return _milliseconds(refuse, 3) / 2
