"""``python -m cert.agent`` before a real SoftHSM2 token, and its command line."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import UTC, datetime

import pytest

from cert.demo import PIN as DEMO_PIN
from cert.demo import UNITS, make_demo
from tests.unit.agent.keyrings import (
    LIBRARY,
    ORIGIN,
    PIN,
    ROOT,
    UNIT,
    SoftToken,
    make_certificate,
    make_p12,
    make_sm2,
    needs_token,
    started,
)
from tests.unit.agent.site import ask, certificates, collect, decide, order, signature
from tests.unit.agent.test_agent_keys import verify


@pytest.fixture
def token(tmp_path):
    return SoftToken(tmp_path / "token")


@needs_token
@pytest.mark.parametrize("kind", ["rsa", "ec"])
def test_a_token_signs_with_its_pin(token, tmp_path, kind):
    token.init()
    token.add(*make_certificate(tmp_path, kind))
    with started("--pkcs11", LIBRARY, environment=token.environment) as address:
        item = order(address)
        wrong = decide(address, item, pin="000000")
        assert wrong.status == 422
        assert collect(address, item)["pin_wrong"] is True
        decide(address, item)
        certificate, signed = signature(collect(address, item))
        # The right PIN opened the token for that one signature: the next one is asked for again.
        again = order(address)
        assert decide(address, again, pin="000000").status == 422
    verify(tmp_path, certificate, signed, "网厅登录".encode(), kind)


@needs_token
def test_without_a_token_there_is_no_certificate(token):
    with started("--pkcs11", LIBRARY, environment=token.environment) as address:
        assert certificates(address) == []


@needs_token
def test_a_token_without_a_key_for_the_certificate_says_so(token, tmp_path):
    token.init()
    key, certificate = make_certificate(tmp_path, "rsa")
    token.add(key, certificate)
    token._run(
        "pkcs11-tool",
        "--module",
        LIBRARY,
        "--login",
        "--pin",
        PIN,
        "--delete-object",
        "--type",
        "privkey",
        "--id",
        "01",
    )
    with started("--pkcs11", LIBRARY, environment=token.environment) as address:
        item = order(address)
        assert "没有签名" in decide(address, item).text
        assert collect(address, item)["state"] == "no_key"


@needs_token
def test_only_signing_certificates_of_the_named_token_are_listed(token, tmp_path):
    for number, label in enumerate(("UKey", "other")):
        token.init(label)
        folder = tmp_path / label
        folder.mkdir()
        token.add(*make_certificate(folder, "rsa", 40 + number), label=label)
    (tmp_path / "encrypt").mkdir()
    usage = "keyUsage=critical,keyEncipherment"
    token.add(*make_certificate(tmp_path / "encrypt", "rsa", 50, usage), number="02")
    with started("--pkcs11", LIBRARY, environment=token.environment) as address:
        assert len(certificates(address)) == 2
    with started("--pkcs11", LIBRARY, "--token", "UKey", environment=token.environment) as address:
        [held] = certificates(address)
        assert held["subject"] == UNIT


@needs_token
def test_a_software_token_may_sign_unattended(token, tmp_path):
    token.init()
    token.add(*make_certificate(tmp_path, "rsa"))
    pin = tmp_path / "pin"
    pin.write_text(PIN + "\n")
    options = ("--pkcs11", LIBRARY, "--pin-file", pin, "--yes")
    with started(*options, environment=token.environment) as address:
        certificate, signed = signature(collect(address, order(address)))
    verify(tmp_path, certificate, signed, "网厅登录".encode(), "rsa")


def test_files_of_both_kinds_in_one_agent(tmp_path):
    pin = tmp_path / "pin"
    pin.write_text(PIN)
    key, certificate = make_sm2(tmp_path)
    options = ("--p12", make_p12(tmp_path), "--sm2", key, "--cert", certificate, "--pin-file", pin)
    with started(*options) as address:
        assert [held["algorithm"] for held in certificates(address)] == ["RSA", "SM2"]
        for held, kind in zip(certificates(address), ("rsa", "sm2"), strict=True):
            item = order(address, certificate=held["id"])
            decide(address, item, pin="")
            verify(tmp_path, *signature(collect(address, item)), "网厅登录".encode(), kind)
        assert ask(address, "GET", "/certificates", origin="https://evil.example").status == 403


def test_the_keys_of_the_demo_ca_sign(tmp_path):
    make_demo(tmp_path, UNITS[:1], datetime.now(UTC))
    name, uscc = UNITS[0]
    unit = tmp_path / "units" / uscc
    pin = tmp_path / "pin"
    pin.write_text(DEMO_PIN)
    sm2 = ("--sm2", unit / "sm2-sign.key", "--cert", unit / "sm2-sign.pem")
    with started("--p12", unit / "rsa-sign.p12", *sm2, "--pin-file", pin, "--yes") as address:
        for held, kind in zip(certificates(address), ("rsa", "sm2"), strict=True):
            assert (held["subject"], held["uscc"]) == (name, uscc)
            item = order(address, certificate=held["id"])
            verify(tmp_path, *signature(collect(address, item)), "网厅登录".encode(), kind)


def refused(*arguments: object) -> tuple[int, str]:
    command = [sys.executable, "-m", "cert.agent", *map(str, arguments)]
    done = subprocess.run(
        command, cwd=ROOT, env=os.environ, capture_output=True, text=True, timeout=60, check=False
    )
    return done.returncode, done.stderr


@pytest.mark.parametrize(
    "origin",
    ["http://hall.example", "hall.example", "*", "null", "https://", "https://hall.example/", "https://a@hall.example",
     "https://Hall.example", "file:///etc", "http://127.0.0.1.evil.example"],
)  # fmt: skip
def test_an_origin_that_is_none_is_refused(origin):
    status, said = refused("--origin", origin, "--p12", "x")
    assert (status, "is not like" in said) == (2, True)


def test_arguments_that_make_no_sense_are_refused(tmp_path):
    assert refused("--p12", "x")[0] == 2
    assert refused("--origin", ORIGIN)[0] == 2
    assert refused("--origin", ORIGIN, "--sm2", "x")[0] == 2
    pin = tmp_path / "pin"
    pin.write_text("0000")
    status, said = refused("--origin", ORIGIN, "--p12", make_p12(tmp_path), "--pin-file", pin)
    assert (status, "the password is wrong" in said) == (1, True)
    assert "0000" not in said
    assert refused("--origin", ORIGIN, "--pkcs11", tmp_path / "no.so")[0] == 1
    assert refused("--origin", ORIGIN, "--p12", tmp_path / "no.p12", "--pin-file", pin)[0] == 1
