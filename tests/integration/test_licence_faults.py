"""营业执照登录 when the provider is wrong in every way it can be: each ends as one sentence on the same page."""

from __future__ import annotations

import base64
import hmac
import json
import socket
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import Any

import pytest
import requests
from joserfc import jwt

from models import db
from services.licences import LARGEST_ANSWER, PATIENCE_S
from tests.integration.licensor import (
    ALONE,
    CLIENT,
    DISCOVERY,
    KEYS,
    OTHER,
    OURS,
    SECRET,
    TOKEN,
    Provider,
    Twist,
    asked_for,
    come_in,
    consent,
    door,
    introduce,
    leave,
    one_provider,
    plain,
    provider,
    refused,
)

__all__ = ["door", "one_provider", "provider"]
# The provider speaks an older dialect of authlib's server side than the one we have installed.
pytestmark = pytest.mark.filterwarnings(
    "ignore::DeprecationWarning:authlib", "ignore::DeprecationWarning:oidc"
)


def now() -> int:
    return int(datetime.now(UTC).timestamp())


def encoded(part: bytes) -> str:
    return base64.urlsafe_b64encode(part).decode().rstrip("=")


def raw(header: object, claims: object, signature: bytes = b"") -> str:
    """A token put together by hand, as no library would."""
    return ".".join(
        [encoded(json.dumps(header).encode()), encoded(json.dumps(claims).encode()), encoded(signature)]
    )


def with_secret(secret: bytes, claims: dict[str, Any]) -> str:
    signed = raw({"alg": "HS256", "kid": "ours"}, claims).rstrip(".")
    return f"{signed}.{encoded(hmac.digest(secret, signed.encode(), 'sha256'))}"


CLAIMS = {
    "honest": ({}, None),
    "expired": ({"exp": now() - 3600}, "授权已经过期"),
    "without an end": ({"exp": None}, "没有通过核对"),
    "an end in words": ({"exp": "tomorrow"}, "没有通过核对"),
    "made tomorrow": ({"iat": now() + 86400}, "没有通过核对"),
    "without a beginning": ({"iat": None}, "没有通过核对"),
    "not valid yet": ({"nbf": now() + 3600}, "没有通过核对"),
    "by another issuer": ({"iss": "https://evil.example"}, "没有通过核对"),
    "by an issuer of the same beginning": ({"iss": "http://localhost"}, "没有通过核对"),
    "for another hall": ({"aud": "another"}, "没有通过核对"),
    "for several": ({"aud": ["another", CLIENT]}, "没有通过核对"),
    "for several, made for us": ({"aud": ["another", CLIENT], "azp": CLIENT}, None),
    "for us, made for another": ({"azp": "another"}, "没有通过核对"),
    "for nobody": ({"aud": []}, "没有通过核对"),
    "of another request": ({"nonce": "another"}, "没有通过核对"),
    "of no request": ({"nonce": None}, "没有通过核对"),
    "about nobody": ({"sub": None}, "没有通过核对"),
    "with a code that is a number": ({"uscc": 91230000}, "没有给出本单位"),
}


@pytest.mark.parametrize(("changed", "words"), CLAIMS.values(), ids=CLAIMS)
def test_each_claim_of_a_token_is_checked(door, provider, changed, words):
    def change(claims: dict[str, Any]) -> None:
        claims.update(changed)
        for name in [name for name, value in changed.items() if value is None]:
            del claims[name]

    provider.sign_tokens(change)
    page = come_in(door)
    if words is None:
        assert page.path == "/", page.words
    else:
        refused(page, words)


SIGNATURES: dict[str, Callable[[dict[str, Any]], object]] = {
    "another key of the same name": lambda claims: jwt.encode({"alg": "RS256", "kid": "ours"}, claims, OTHER),
    "a key that is not published": lambda claims: jwt.encode({"alg": "RS256", "kid": "x"}, claims, OTHER),
    "none": lambda claims: raw({"alg": "none"}, claims),
    "none under our name": lambda claims: raw({"alg": "none", "kid": "ours"}, claims),
    "nothing": lambda claims: raw({"alg": "RS256", "kid": "ours"}, claims),
    "the public key as a shared secret": lambda claims: with_secret(OURS.as_pem(private=False), claims),
    "the client's secret": lambda claims: with_secret(SECRET.encode(), claims),
    "an algorithm that is a list": lambda claims: raw({"alg": ["RS256"], "kid": "ours"}, claims),
    "a name that is a list": lambda claims: raw({"alg": "RS256", "kid": ["ours"]}, claims),
    "a header that is no object": lambda claims: raw([], claims),
    "nested too deeply": lambda claims: encoded(b"[" * 90_000) + ".e30.AA",
    "rubbish": lambda claims: "rubbish",
    "dots": lambda claims: "....",
    "empty": lambda claims: "",
    "not of this world": lambda claims: "错.误.的",
}


@pytest.mark.parametrize("sign", SIGNATURES.values(), ids=SIGNATURES)
def test_a_token_that_is_not_the_providers_is_refused(door, provider, sign):
    provider.sign_tokens(sign=sign)
    refused(come_in(door), "没有通过核对")


@pytest.mark.parametrize("token", [None, 7, ["x"], {}])
def test_an_answer_without_a_token_is_refused(door, provider, token):
    provider.sign_tokens(sign=lambda claims: token)
    refused(come_in(door), "没有办成这次授权")


def test_a_provider_may_change_its_keys(door, provider):
    come_in(door)
    door.press("退出")
    provider.sign_tokens()
    assert come_in(door).path == "/"


def wait(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    """Take the question and say nothing until the test is over."""
    PROVIDERS[-1].released.wait(30)
    return plain("{}")(environ, start_response)


def drip(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    """A byte now and then: each comes in time, the whole never does."""
    start_response("200 OK", [("Content-Type", "application/json")])
    while not PROVIDERS[-1].released.wait(0.1):
        yield b" "


def cut(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    """Promise more than comes."""
    start_response("200 OK", [("Content-Type", "application/json"), ("Content-Length", "5000")])
    return [b'{"issuer"']


def endless(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    start_response("200 OK", [("Content-Type", "application/json")])
    while not PROVIDERS[-1].released.is_set():
        yield b"[" * 65_536


PROVIDERS: list[Provider] = []
FAULTS: dict[str, Twist] = {
    "slow": wait,
    "dripping": drip,
    "cut off": cut,
    "endless": endless,
    "a byte too large": plain(b'{"x":"' + b"x" * LARGEST_ANSWER + b'"}'),
    "an error": plain("{}", 500),
    "missing": plain("{}", 404),
    "empty": plain(""),
    "a page": plain("<!doctype html><title>Welcome</title>"),
    "a list": plain("[]"),
    "not text": plain(b"\xff\xfe\x00"),
    "compressed": plain(b"\x1f\x8b\x08\x00", **{"Content-Encoding": "gzip"}),
    "nested too deeply": plain("[" * 100_000),
    "elsewhere": plain("", 302, Location="http://localhost:1/"),
}


@pytest.mark.parametrize("where", [DISCOVERY, KEYS, TOKEN])
@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
def test_a_provider_that_is_unwell_is_one_sentence_and_recovers(door, provider, app, clock, where, fault):
    PROVIDERS.append(provider)
    back = consent(leave(door), "alone") if where == TOKEN else "/login/licence/start"
    provider.twists[where] = fault
    # Only now and here, so that a busy machine makes no honest answer late.
    if fault in (wait, drip):
        app.extensions["licence"]._patience_s = (0.3, 0.3)
    refused(door.get(back), "没有回应")
    provider.released.set()
    provider.twists.clear()
    app.extensions["licence"]._patience_s = PATIENCE_S
    clock.move(seconds=11)
    assert come_in(door).path == "/"


DESCRIPTIONS: dict[str, Callable[[dict[str, Any]], object]] = {
    "another issuer": lambda found: found.update(issuer="https://evil.example"),
    "an issuer that is no text": lambda found: found.update(issuer=7),
    "no issuer": lambda found: found.pop("issuer"),
    "no token endpoint": lambda found: found.pop("token_endpoint"),
    "a token endpoint that others can read": lambda found: found.update(
        token_endpoint="http://evil.example/"
    ),
    "keys that others can change": lambda found: found.update(jwks_uri="http://evil.example/"),
    "keys from a file": lambda found: found.update(jwks_uri="file:///etc/passwd"),
    "a way in that is a script": lambda found: found.update(authorization_endpoint="javascript:alert(1)"),
    "a way in that is a list": lambda found: found.update(authorization_endpoint=[]),
    "an address that is none": lambda found: found.update(jwks_uri="https://[::"),
}


@pytest.mark.parametrize("change", DESCRIPTIONS.values(), ids=DESCRIPTIONS)
def test_a_description_that_cannot_be_trusted_is_not_used(door, provider, change):
    found = requests.get(provider.issuer + DISCOVERY, timeout=10).json()
    change(found)
    provider.twists[DISCOVERY] = plain(json.dumps(found))
    refused(door.get("/login/licence/start"), "没有回应")


@pytest.mark.parametrize(
    "keys",
    [
        {},
        {"keys": None},
        {"keys": []},
        {"keys": [1]},
        {"keys": [{"kty": "RSA"}]},
        {"keys": [{"kty": ["RSA"]}]},
        {"keys": [{"kty": "RSA", "n": "AQ", "e": "AQAB"}]},
        {"keys": [{"kty": "EC", "crv": "P-256", "x": "AA", "y": "AA"}]},
    ],
)
def test_keys_that_are_damaged_are_not_used(door, provider, keys):
    provider.twists[KEYS] = plain(json.dumps(keys))
    refused(door.get("/login/licence/start"), "没有回应")


def test_a_provider_that_is_down_is_one_sentence_and_is_left_alone_for_a_moment(door, provider, app, clock):
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        introduce(app, f"http://localhost:{nobody.getsockname()[1]}")
        refused(door.get("/login/licence/start"), "没有回应")
    introduce(app, provider.issuer)
    provider.twists[DISCOVERY] = cut
    refused(door.get("/login/licence/start"), "没有回应")
    before = len(provider.asked)
    refused(door.get("/login/licence/start"), "没有回应")
    assert len(provider.asked) == before


def test_an_address_that_others_can_read_is_never_asked(door, app):
    introduce(app, "http://licence.example")
    refused(door.get("/login/licence/start"), "没有回应")


def test_what_the_provider_publishes_is_asked_for_once_an_hour(door, provider, clock):
    provider.asked.clear()
    leave(door)
    leave(door)
    assert provider.asked == [DISCOVERY, KEYS]
    clock.move(hours=1, seconds=1)
    leave(door)
    assert provider.asked == [DISCOVERY, KEYS] * 2


def test_nothing_waits_for_the_network_with_a_transaction_open(door, provider):
    pool: Any = db.engine().pool
    opened: list[int] = []

    def watch(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        opened.append(pool.checkedout())
        return provider.honest(environ, start_response)

    provider.twists.update({DISCOVERY: watch, KEYS: watch, TOKEN: watch})
    assert come_in(door).path == "/"
    assert opened == [0, 0, 0]


def test_neither_secret_nor_code_nor_token_is_logged(door, provider, caplog):
    provider.sign_tokens(lambda claims: claims.update(nonce="another"))
    address = leave(door)
    back = consent(address, "alone")
    refused(door.get(back), "没有通过核对")
    ours = [record.getMessage() for record in caplog.records if record.name == "services.licences"]
    assert len(ours) == 1 and "nonce" in ours[0]
    hidden = [
        SECRET,
        asked_for(back)["code"],
        asked_for(address)["state"],
        asked_for(address)["nonce"],
        ALONE,
    ]
    assert not [word for word in hidden if word in ours[0]]
