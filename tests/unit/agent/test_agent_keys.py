"""The keys that the agent signs with: what openssl made is read, and what they sign openssl verifies."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from cert.agent.files import Pkcs12File, Sm2File
from cert.agent.keys import KeyFailure, KeyMissing, PinWrong, read_certificate
from tests.unit.agent.keyrings import (
    IDENTITY,
    PIN,
    UNIT,
    USCC,
    make_certificate,
    make_p12,
    make_sm2,
    openssl,
)

CONTENT = "网厅登录\n12345".encode()


def verify(folder: Path, certificate: bytes, signature: bytes, content: bytes, kind: str) -> None:
    """The openssl command's judgement."""
    (folder / "signed.der").write_bytes(certificate)
    (folder / "signature").write_bytes(signature)
    (folder / "content").write_bytes(content)
    key = folder / "public.pem"
    key.write_bytes(openssl("x509", "-inform", "DER", "-in", folder / "signed.der", "-noout", "-pubkey"))
    options = ["-digest", "sm3", "-pkeyopt", IDENTITY] if kind == "sm2" else ["-digest", "sha256"]
    openssl(
        "pkeyutl", "-verify", "-rawin", "-in", folder / "content", *options,
        "-inkey", key, "-pubin", "-sigfile", folder / "signature",
    )  # fmt: skip


@pytest.mark.parametrize(("kind", "name"), [("rsa", "RSA"), ("ec", "ECDSA")])
def test_a_pkcs12_file_signs_and_says_what_it_is(tmp_path, kind, name):
    source = Pkcs12File(make_p12(tmp_path, kind), PIN)
    [certificate] = source.certificates()
    assert (certificate.subject, certificate.uscc, certificate.key.kind) == (UNIT, USCC, name)
    assert certificate.valid_until - certificate.valid_from == timedelta(days=400)
    assert certificate.valid_from <= datetime.now(UTC)
    assert source.needs_pin(certificate.id)
    verify(tmp_path, certificate.der, source.sign(certificate.id, CONTENT, PIN), CONTENT, kind)


def test_a_pkcs12_file_asks_for_its_password_each_time(tmp_path):
    source = Pkcs12File(make_p12(tmp_path), PIN)
    [certificate] = source.certificates()
    source.sign(certificate.id, CONTENT, PIN)
    with pytest.raises(PinWrong) as wrong:
        source.sign(certificate.id, CONTENT, "0000")
    assert wrong.value.tries is None
    with pytest.raises(KeyMissing):
        source.sign("0" * 64, CONTENT, PIN)
    with pytest.raises(PinWrong):
        Pkcs12File(tmp_path / "rsa.p12", "0000")


@pytest.mark.parametrize("cipher", ["", "aes-256-cbc", "aes-128-cbc", "sm4-cbc"])
def test_an_sm2_file_signs(tmp_path, cipher):
    source = Sm2File(*make_sm2(tmp_path, cipher))
    [certificate] = source.certificates()
    assert (certificate.key.kind, certificate.uscc, certificate.subject) == ("SM2", USCC, UNIT)
    assert source.needs_pin(certificate.id) is bool(cipher)
    verify(tmp_path, certificate.der, source.sign(certificate.id, CONTENT, PIN), CONTENT, "sm2")
    if cipher:
        # 300 wrong ones: with one padding in 256 plausible by chance, some reach the key inside.
        for number in range(300):
            with pytest.raises(PinWrong):
                source.sign(certificate.id, CONTENT, str(number))


def test_sec1_sm2_key_after_its_parameters_signs(tmp_path):
    key, certificate_file = make_certificate(tmp_path, "sm2")
    old = tmp_path / "old.pem"
    parameters = openssl("ecparam", "-name", "SM2")
    old.write_bytes(parameters + openssl("ec", "-in", key))
    source = Sm2File(old, certificate_file)
    [certificate] = source.certificates()
    verify(tmp_path, certificate.der, source.sign(certificate.id, CONTENT, ""), CONTENT, "sm2")


def test_an_sm2_key_of_another_certificate_does_not_sign(tmp_path):
    (tmp_path / "other").mkdir()
    key, _mine = make_certificate(tmp_path / "other", "sm2")
    source = Sm2File(key, make_certificate(tmp_path, "sm2")[1])
    with pytest.raises(KeyFailure, match="does not belong"):
        source.sign(source.certificates()[0].id, CONTENT, "")


def test_files_of_another_kind_are_refused(tmp_path):
    key, certificate = make_certificate(tmp_path, "rsa")
    with pytest.raises(ValueError, match="not SM2"):
        Sm2File(key, certificate)
    with pytest.raises(ValueError, match="holds no key"):
        empty = tmp_path / "empty.pem"
        empty.write_bytes(openssl("ecparam", "-name", "SM2"))
        Sm2File(empty, certificate)
    with pytest.raises(ValueError, match="not an SM2 key"):
        Sm2File(certificate, make_certificate(tmp_path, "sm2")[1])
    shutil.copy(certificate, tmp_path / "not.p12")
    with pytest.raises(ValueError):
        Pkcs12File(tmp_path / "not.p12", PIN)


def test_encryption_certificates_are_told_from_signing_ones(tmp_path):
    _key, sign = make_certificate(tmp_path, "rsa", 10, "keyUsage=critical,digitalSignature,nonRepudiation")
    assert read_certificate(sign.read_bytes()).is_for_signing
    _key, encrypt = make_certificate(
        tmp_path, "rsa", 10, "keyUsage=critical,keyEncipherment,dataEncipherment"
    )
    assert not read_certificate(encrypt.read_bytes()).is_for_signing


@pytest.mark.parametrize(
    "der", [b"", b"\x30\x03\x02\x01", b"\x30\x03\x02\x01\x01", b"-----BEGIN", b"\x30" * 50]
)
def test_what_is_no_certificate_is_a_value_error(der):
    with pytest.raises(ValueError):
        read_certificate(der)
