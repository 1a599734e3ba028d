"""The demo CA's folders are what they are said to be, and every sample gets its answer."""

from __future__ import annotations

import stat
import subprocess
import sys
from pathlib import Path

import pytest
from chains import NOW
from cryptography.hazmat.primitives.serialization import pkcs12

from cert.check import Evidence, check_certificate, check_signature
from cert.demo import FAMILIES, PIN, make_demo
from cert.match import codes_match
from cert.trust import load_trust
from rules.refusals import Refusal

UNITS = [("甲公司（示例）", "91150204123456788A"), ("乙公司（示例）", "91150000MA1888888Y")]


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    return make_demo(tmp_path_factory.mktemp("demo"), UNITS, NOW, {UNITS[0][1]: ["15000011", "15000012"]})


@pytest.fixture(scope="module")
def trust(demo):
    return load_trust(demo.trust)


@pytest.mark.parametrize("kind", FAMILIES)
def test_units_are_who_they_are(demo, trust, kind):
    for unit, (name, uscc) in zip(demo.units, UNITS, strict=True):
        identity = check_certificate(unit.sign[kind].der, trust, NOW)
        assert (identity.subject_name, identity.algorithm) == (name, kind)
        assert codes_match(identity.codes, uscc)
        assert identity.codes.region_code == uscc[2:8] and identity.codes.levy_no
        assert identity.codes.unit_nos == (("15000011", "15000012") if uscc == UNITS[0][1] else ())
        with pytest.raises(Refusal, match=r"^cert\.encryption$"):
            check_certificate(unit.encrypt[kind].der, trust, NOW)


def test_every_sample_gets_its_answer(demo, trust):
    assert {"cert.expired", "cert.revoked", "cert.encryption", "other_unit"} <= {
        one.answer for one in demo.samples
    }
    for sample in demo.samples:
        for holder in sample.holders.values():
            if sample.answer == "other_unit":
                found = check_certificate(holder.der, trust, NOW)
                assert not any(codes_match(found.codes, uscc) for _, uscc in UNITS)
                continue
            with pytest.raises(Refusal) as refused:
                check_certificate(holder.der, trust, NOW)
            assert refused.value.code == sample.answer, sample.name


def test_rsa_keys_open_with_the_pin_and_sign(demo, trust):
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15

    holder = demo.units[0].sign["RSA"]
    key, certificate, _ = pkcs12.load_key_and_certificates(holder.key.read_bytes(), PIN.encode())
    assert certificate is not None and key is not None
    signature = key.sign(b"text", PKCS1v15(), hashes.SHA256())
    assert check_signature(Evidence(holder.der, signature, "raw"), b"text", trust, NOW).algorithm == "RSA"


def test_sm2_keys_open_with_the_pin_and_sign(demo, trust, tmp_path):
    holder = demo.units[0].sign["SM2"]
    (tmp_path / "text").write_bytes(b"text")
    line = ["openssl", "dgst", "-sm3", "-sign", holder.key, "-sigopt", "distid:1234567812345678"]
    made = subprocess.run(
        [*line, "-passin", f"pass:{PIN}", tmp_path / "text"], check=True, capture_output=True
    )
    assert check_signature(Evidence(holder.der, made.stdout, "raw"), b"text", trust, NOW).algorithm == "SM2"


def test_private_keys_are_their_owners_alone(demo):
    secret = [*demo.folder.rglob("*.key"), *demo.folder.rglob("*.p12")]
    assert len(secret) == 6 + 2 * 2 * len(UNITS) + 2 * len(demo.samples)
    assert {stat.S_IMODE(path.stat().st_mode) for path in secret} == {0o600}
    assert not [path for path in demo.folder.rglob("*.pem") if b"PRIVATE" in path.read_bytes()]


def test_the_command(tmp_path):
    line = [sys.executable, "-m", "cert.demo", str(tmp_path), "--unit", *UNITS[0]]
    done = subprocess.run(line, cwd=Path(__file__).parents[3], check=True, capture_output=True, text=True)
    assert "1 units" in done.stdout and (tmp_path / "units" / UNITS[0][1] / "sm2-sign.key").exists()
