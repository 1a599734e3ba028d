"""``make fuzz``: atheris bends certificates, signatures and lists; anything but an identity or a refusal is a find.

Run as ``python tests/fuzz/fuzz_certificates.py [libFuzzer options] [corpus folder]``. The first byte of an input
chooses what the rest is: a certificate, a bare signature, SignedData or a list of revoked certificates.
"""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path

import atheris

ROOT = Path(__file__).parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "tests" / "unit" / "cert")]

with atheris.instrument_imports(include=["cert", "asn1crypto", "cryptography.x509"]):
    import p7
    from chains import KINDS, NOW, Chain

    from cert.certificate import read_certificate
    from cert.check import Evidence, check_signature
    from cert.crl import read_crl
    from rules.refusals import Refusal

CONTENT = b"Wangting\nlogin\nhttps://hall.example\n0123"
CHAINS = [Chain(kind) for kind in KINDS]
LISTS = {chain.kind: chain.crl("issuing") for chain in CHAINS}
TRUSTS = [chain.trust() for chain in CHAINS]


def seeds(folder: Path) -> None:
    """A good input of each sort, so that the search begins inside the structures."""
    folder.mkdir(parents=True, exist_ok=True)
    for number, chain in enumerate(CHAINS):
        key, unit = chain.key("unit"), chain["unit"]
        goods = [
            unit,
            key.sign(CONTENT),
            p7.signed_data(key, unit, CONTENT, attached=True),
            LISTS[chain.kind],
        ]
        for sort, good in enumerate(goods):
            (folder / f"{chain.kind}-{sort}").write_bytes(bytes([sort * 16 + number]) + good)


def one(data: bytes) -> None:
    """One input; raises ``AssertionError`` for an identity that nobody proved."""
    if not data:
        return
    sort, number, rest = data[0] // 16 % 4, data[0] % len(CHAINS), data[1:]
    chain, trust = CHAINS[number], TRUSTS[number]
    if sort == 3:
        _list(rest, chain)
        return
    evidence = [
        Evidence(rest, chain.key("unit").sign(CONTENT), "raw"),
        Evidence(chain["unit"], rest, "raw"),
        Evidence(None, rest, "p7"),
    ][sort]
    try:
        found = check_signature(evidence, CONTENT, trust, NOW.astimezone(UTC))
    except Refusal:
        return
    assert found.certificate == chain["unit"], "somebody else"
    assert isinstance(found.not_after, datetime)


def _list(data: bytes, chain: Chain) -> None:
    try:
        crl = read_crl(data)
    except ValueError:
        return
    if crl.is_signed_by(read_certificate(chain["issuing"])):
        assert crl.tbs == read_crl(LISTS[chain.kind]).tbs, "a list that the CA never signed"


if __name__ == "__main__":
    corpus = (
        Path(sys.argv.pop()) if len(sys.argv) > 1 and not sys.argv[-1].startswith("-") else ROOT / ".fuzz"
    )
    seeds(corpus)
    atheris.Setup([*sys.argv, str(corpus)], one)
    atheris.Fuzz()
