"""Whatever is sent, the answer is an identity or a refusal, and never an identity for what was damaged."""

from __future__ import annotations

import contextlib
import tracemalloc

import p7
import pytest
from chains import KINDS, NOW, Chain
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cert import der
from cert.certificate import read_certificate
from cert.check import Evidence, check_certificate, check_signature
from cert.crl import read_crl
from rules.refusals import Refusal

CONTENT = b"Wangting\nlogin\nhttps://hall.example\n8899aabb"
CHAINS = {kind: Chain(kind) for kind in KINDS}
TRUSTS = {kind: chain.trust() for kind, chain in CHAINS.items()}
kinds = st.sampled_from(KINDS)
SLOW = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])


def outcome(evidence, kind):
    """The identity, or None for a refusal; anything else raised fails the test."""
    try:
        return check_signature(evidence, CONTENT, TRUSTS[kind], NOW)
    except Refusal:
        return None


def turn(data, bit):
    copy = bytearray(data)
    copy[bit // 8 % len(copy)] ^= 1 << bit % 8
    return bytes(copy)


def values(data, depth=6):
    """The bytes of every value inside, at any depth."""
    found = [data]
    with contextlib.suppress(ValueError):
        for value in der.Value(data, strict=False).inside() if data[0] & 0x20 and depth else ():
            found += values(value.whole, depth - 1)
    return found


@SLOW
@given(kinds, st.binary(max_size=400), st.binary(max_size=400))
def test_random_bytes(kind, certificate, signature):
    for evidence in (
        Evidence(certificate, signature, "raw"),
        Evidence(CHAINS[kind]["unit"], signature, "raw"),
        Evidence(certificate, signature, "p7"),
        Evidence(None, b"\x30" + signature, "p7"),
        Evidence(b"\x30" + certificate, signature, "raw"),
    ):
        assert outcome(evidence, kind) is None
    for data in (certificate, b"\x30" + certificate):
        with pytest.raises(ValueError):
            read_crl(data)


@SLOW
@given(kinds, st.integers(0, 2**20))
def test_one_bit_of_a_certificate(kind, bit):
    with pytest.raises(Refusal):
        check_certificate(turn(CHAINS[kind]["unit"], bit), TRUSTS[kind], NOW)


@SLOW
@given(kinds, st.data())
def test_a_piece_of_a_certificate_put_elsewhere(kind, data):
    """A whole value in the place of another keeps the structure plausible; the signature no longer fits."""
    unit = CHAINS[kind]["unit"]
    pieces = values(unit)
    old, new = (data.draw(st.sampled_from(pieces)) for _ in range(2))
    changed = _rebuilt(der.Value(unit), old, new)
    if changed != unit:
        with pytest.raises(Refusal):
            check_certificate(changed, TRUSTS[kind], NOW)


def _rebuilt(value, old, new):
    if value.whole == old:
        return new
    if not value.whole[0] & 0x20:
        return value.whole
    return der.wrap(value.whole[0], *(_rebuilt(one, old, new) for one in value.inside()))


@SLOW
@given(kinds, st.integers(0, 2**20), st.booleans())
def test_one_bit_of_a_bare_signature(kind, bit, cut):
    signature = CHAINS[kind].key("unit").sign(CONTENT)
    changed = signature[: bit % len(signature)] if cut else turn(signature, bit)
    with pytest.raises(Refusal, match=r"^signature\."):
        check_signature(Evidence(CHAINS[kind]["unit"], changed, "raw"), CONTENT, TRUSTS[kind], NOW)


@SLOW
@given(kinds, st.integers(0, 2**20), st.booleans(), st.booleans())
def test_one_bit_of_signed_data(kind, bit, attached, attributes):
    """Some bits are not signed (a version, an unused algorithm): the same person or nobody, whichever it hits."""
    chain = CHAINS[kind]
    made = p7.signed_data(chain.key("unit"), chain["unit"], CONTENT, attached=attached, attributes=attributes)
    at = bit // 8 % len(made)
    found = outcome(Evidence(None, turn(made, bit), "p7"), kind)
    assert found is None or found.certificate == chain["unit"]
    start = made.index(chain["unit"])
    # The certificate, and the signature's last bytes, are signed and sealed.
    if start <= at < start + len(chain["unit"]) or at >= len(made) - 60:
        assert found is None


@SLOW
@given(kinds, st.integers(0, 2**20))
def test_signed_data_cut_short(kind, at):
    chain = CHAINS[kind]
    made = p7.signed_data(chain.key("unit"), chain["unit"], CONTENT)
    assert outcome(Evidence(None, made[: at % len(made)], "p7"), kind) is None


@SLOW
@given(kinds, st.integers(0, 2**20))
def test_one_bit_of_a_list(kind, bit):
    chain = CHAINS[kind]
    with contextlib.suppress(ValueError):
        crl = read_crl(turn(chain.crl("issuing", ["unit"]), bit))
        assert not crl.is_signed_by(read_certificate(chain["issuing"]))


@pytest.mark.parametrize(
    "data",
    [
        b"\x30\x80" * 32_000,
        b"\x30\x84\xff\xff\xff\xff" + bytes(60_000),
        b"\x30\x83\x00\xff\xf0" + b"\x30\x00" * 32_000,
        b"-----BEGIN CERTIFICATE-----\n" + b"A" * 60_000,
        b"A" * 65_536,
        b"-----BEGIN CERTIFICATE-----" * 2_400,
        der.sequence(der.sequence(der.integer(1) * 15_000), der.sequence(), der.bits(b"")),
        bytes(10 * 2**20),
    ],
    ids=["nested", "length", "many", "pem", "base64", "begins", "integers", "huge"],
)  # fmt: skip
@pytest.mark.parametrize("kind", ["raw", "p7"])
def test_hostile_input_takes_little_memory(data, kind):
    evidence = Evidence(data, b"x", "raw") if kind == "raw" else Evidence(None, data, "p7")
    assert outcome(evidence, "SM2") is None
    tracemalloc.start()
    try:
        assert outcome(evidence, "SM2") is None
        assert tracemalloc.get_traced_memory()[1] < 20 * 2**20
    finally:
        tracemalloc.stop()
