"""Through the real nginx: a certificate signs in, and nobody can pretend to have one."""

from __future__ import annotations

import os
import ssl
import stat
from pathlib import Path
from urllib.parse import quote

import pytest
import requests
from asn1crypto import keys as asn1
from asn1crypto import pem
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from gateway import Browser, Gateway, Product, alert, is_refused_by_tls, pem_of, self_signed, unlocked, words

KINDERGARTEN = "52150104MJ0000012R"
SURVEYORS = "122300004140000728"
PAGE = "浏览器没有送来证书"


@pytest.fixture
def own(gateway: Gateway, demo_ca: Path, tmp_path: Path) -> Browser:
    """The browser of a unit with a single operator."""
    return Browser(gateway, pem_of(demo_ca / "units" / KINDERGARTEN / "rsa-sign.p12", tmp_path))


def test_the_configuration_is_valid(nginx, tmp_path):
    done = Gateway(tmp_path, 8000, tmp_path / "tls.sock").check()
    assert done.returncode == 0, done.stderr
    assert "warn" not in done.stderr


def test_a_certificate_of_the_browser_signs_in(own, gateway):
    page = own.get("/login/ca")
    assert 'href="/login/tls"' in page.text
    # The product knows by which address it was reached: what is signed is bound to it.
    assert f"https://localhost:{gateway.ports.tls}" in page.text
    page = own.get("/login/tls")
    assert own.history[1] == own.mutual
    # From the port that asks for certificates back to where everybody is.
    assert own.history[-1] == f"https://localhost:{gateway.ports.tls}/"
    assert page.status_code == 200 and "陈静" in words(page)
    shown = words(own.get("/certificate"))
    assert KINDERGARTEN in shown and "示例单位证书 CA RSA" in shown
    # Whoever is in already is sent on.
    assert "陈静" in words(own.get("/login/tls"))


def test_several_operators_are_chosen_from(gateway, demo_ca, tmp_path):
    browser = Browser(gateway, pem_of(demo_ca / "units" / SURVEYORS / "rsa-sign.p12", tmp_path))
    page = browser.get("/login/tls?next=/filings/")
    assert browser.history[-1].startswith(f"https://localhost:{gateway.ports.tls}/")
    assert "王秀兰" in words(page) and "李敏" in words(page)
    page = browser.press(page, "李敏")
    assert browser.history[-1].endswith("/filings/") and "李敏" in words(page)


def test_without_a_certificate_a_page_says_what_to_do(gateway):
    browser = Browser(gateway)
    page = browser.get("/login/tls")
    assert page.status_code == 200 and PAGE in alert(page)
    assert "CA 登录" in words(page)
    # Its stylesheet is there, on the same port.
    sheet = page.text.split('rel="stylesheet" href="')[1].split('"')[0]
    assert (
        requests.get(
            f"https://localhost:{gateway.ports.mutual}{sheet}", verify=browser.http.verify, timeout=30
        )
        .headers["Content-Type"]
        .startswith("text/css")
    )


@pytest.mark.parametrize(
    ("sample", "said"),
    [
        ("expired", "到期"),
        ("not-yet", "起才有效"),
        ("revoked", "注销"),
        ("wrong-usage", "加密证书"),
        ("wrong-purpose", "只准用于别的用途"),
        ("critical", "不认识的重要内容"),
        ("forged", "不认可这张证书的发证机构"),
        ("wrong-unit", "组织机构代码异常"),
    ],
)
def test_each_sample_gets_its_own_sentence(gateway, demo_ca, tmp_path, sample, said):
    browser = Browser(gateway, pem_of(demo_ca / "samples" / sample / "rsa.p12", tmp_path))
    page = browser.get("/login/tls")
    assert page.status_code == (200 if sample == "wrong-unit" else 422)
    assert said in alert(page), words(page)
    assert browser.get("/certificate").url.split("?")[0].endswith("/login")


def test_a_certificate_of_nobody_known_is_told_so(gateway, tmp_path):
    key = ec.generate_private_key(ec.SECP256R1())
    file = tmp_path / "own.pem"
    file.write_bytes(self_signed("somebody", key) + unlocked(key))
    assert "不认可这张证书的发证机构" in alert(Browser(gateway, str(file)).get("/login/tls"))


def test_a_certificate_without_its_key_ends_in_the_handshake(gateway, tmp_path):
    """TLS proves the key although nginx does not look at the issuer: with the right one the same line works."""
    key, other = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    file = tmp_path / "own.pem"
    for held, is_refused in ((unlocked(key), False), (disguised(other, key), True)):
        file.write_bytes(self_signed("somebody", key) + held)
        context = ssl.create_default_context(cafile=str(gateway.folder / "server.pem"))
        context.load_cert_chain(file)
        assert is_refused_by_tls(context, gateway.ports.mutual) is is_refused


def disguised(secret: ec.EllipticCurvePrivateKey, shown: ec.EllipticCurvePrivateKey) -> bytes:
    """One key's secret with another's public point, so that a TLS client takes it for that other key."""
    form = (Encoding.DER, PrivateFormat.TraditionalOpenSSL, NoEncryption())
    held, other = (asn1.ECPrivateKey.load(key.private_bytes(*form)) for key in (secret, shown))
    held["public_key"] = other["public_key"]
    armoured: bytes = pem.armor("EC PRIVATE KEY", held.dump(force=True))
    return armoured


@pytest.fixture
def forged(demo_ca: Path) -> dict[str, str]:
    """What nginx would send for the kindergarten's certificate, in every spelling that might slip through."""
    text = quote((demo_ca / "units" / KINDERGARTEN / "rsa-sign.pem").read_text())
    return {
        "X-Client-Certificate": text,
        "X_Client_Certificate": text,
        "wangting.tls": "1",
        "Wangting-Tls": "1",
    }


def test_forged_headers_through_nginx_are_replaced(gateway, forged):
    browser = Browser(gateway)
    assert PAGE in alert(browser.get(browser.mutual, **forged))
    assert browser.get("/certificate").url.split("?")[0].endswith("/login")


def test_forged_headers_beside_a_certificate_do_not_count(own, demo_ca, forged, gateway, tmp_path):
    browser = Browser(gateway, pem_of(demo_ca / "samples" / "revoked" / "rsa.p12", tmp_path))
    assert "注销" in alert(browser.get(browser.mutual, **forged))


def test_the_page_is_nowhere_but_on_the_socket(gateway, product, forged):
    plain = requests.get(f"http://127.0.0.1:{product.port}/login/tls", headers=forged, timeout=30)
    assert plain.status_code == 404
    through = Browser(gateway).get("/login//tls", **forged)
    # Sent on to the other port, where no header counts either.
    assert PAGE in alert(through) and "陈静" not in through.text


def test_the_socket_takes_its_owner_and_group_only(product: Product):
    state = product.socket.stat()
    assert stat.S_ISSOCK(state.st_mode) and stat.S_IMODE(state.st_mode) == 0o660
    assert state.st_uid == os.getuid()


def test_other_pages_on_the_certificates_port_go_where_everybody_is(gateway):
    browser = Browser(gateway)
    browser.get(browser.mutual.replace("/login/tls", "/wages/?year=2026"))
    assert browser.history[1] == f"https://localhost:{gateway.ports.tls}/wages/?year=2026"
