"""A real OpenID Connect provider for tests, honest until a test twists its answers, and a browser before its door."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit

import oidc_provider_mock
import pytest
import requests
from joserfc import jws, jwt
from joserfc.jwk import RSAKey
from sqlalchemy import update
from werkzeug.serving import make_server
from werkzeug.wrappers import Response

from models.db import transaction
from models.unit import Unit
from services.licences import LicenceProvider
from tests.integration.clerk import Clerk, Page
from tests.integration.way import audited

SHARED, ALONE = "91230000MA19000200", "52150104MJ00000125"
CLIENT, SECRET = "wangting", "the-secret-of-the-hall"
DISCOVERY, KEYS, TOKEN = "/.well-known/openid-configuration", "/jwks", "/oauth2/token"
USERS = {
    "alone": {"uscc": ALONE},
    "shared": {"uscc": SHARED},
    "stranger": {"uscc": "91110000MA0000000X"},
    "typed by hand": {"uscc": " 52150104-mj００００012５ "},
    "without": {},
    "short": {"uscc": "MJ0000012"},
    "a list": {"uscc": [ALONE]},
    "blank": {"uscc": ""},
}
Twist = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]
OURS, OTHER = RSAKey.generate_key(2048, {"kid": "ours"}), RSAKey.generate_key(2048, {"kid": "ours"})


class Provider:
    """The provider from PyPI on a port of its own; a test may twist the answer of any of its addresses."""

    def __init__(self) -> None:
        users = [oidc_provider_mock.User(sub=name, claims=claims) for name, claims in USERS.items()]
        self.honest = oidc_provider_mock.app(require_nonce=True, user_claims=users)
        self.twists: dict[str, Twist] = {}
        self.asked: list[str] = []
        self.released = threading.Event()
        self.server = make_server("localhost", 0, self, threaded=True)
        self.issuer = f"http://localhost:{self.server.server_port}"
        self._thread = threading.Thread(target=self.server.serve_forever)

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        self.asked.append(environ["PATH_INFO"])
        return self.twists.get(environ["PATH_INFO"], self.honest)(environ, start_response)

    def __enter__(self) -> Provider:
        self._thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self.released.set()
        self.server.shutdown()
        self._thread.join()
        self.server.server_close()

    def sign_tokens(
        self,
        change: Callable[[dict[str, Any]], None] = lambda claims: None,
        sign: Callable[[dict[str, Any]], object] = lambda claims: jwt.encode(
            {"alg": "RS256", "kid": "ours"}, claims, OURS
        ),
    ) -> None:
        """From now on the id_token's claims are changed and signed by our own key, which is published."""
        self.twists[KEYS] = plain(json.dumps({"keys": [OURS.as_dict(private=False)]}))

        def token(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
            answer = Response.from_app(self.honest, environ)
            body = json.loads(answer.get_data())
            claims = json.loads(jws.extract_compact(body["id_token"].encode()).payload)
            change(claims)
            body["id_token"] = sign(claims)
            return Response(json.dumps(body), mimetype="application/json")(environ, start_response)

        self.twists[TOKEN] = token


def plain(body: str | bytes, status: int = 200, **headers: str) -> Twist:
    return Response(body, status, headers=headers, mimetype="application/json")


@pytest.fixture(scope="module")
def one_provider() -> Iterator[Provider]:
    with Provider() as provider:
        yield provider


@pytest.fixture
def provider(one_provider, app, clock, monkeypatch) -> Iterator[Provider]:
    """The hall knows the provider; the clock shows real time, because the provider's tokens do."""
    monkeypatch.setenv("AUTHLIB_INSECURE_TRANSPORT", "1")
    one_provider.twists.clear()
    one_provider.released.clear()
    clock.now = datetime.now(UTC)
    kept = app.config["SETTINGS"]
    app.config["SETTINGS"] = replace(kept, licence_issuer=one_provider.issuer)
    introduce(app, one_provider.issuer)
    yield one_provider
    one_provider.released.set()
    app.config["SETTINGS"] = kept
    del app.extensions["licence"]


def introduce(app: Any, issuer: str, secret: str = SECRET) -> None:
    app.extensions["licence"] = LicenceProvider(issuer, CLIENT, secret, "uscc")


@pytest.fixture
def door(provider, app, world) -> Clerk:
    """A browser at the tab; the unit in the west has a code of its own, with chen its only operator."""
    with transaction() as session:
        session.connection().execute(update(Unit).where(Unit.id == world.far.id).values(uscc=ALONE))
    clerk = Clerk(app)
    clerk.get("/login/licence")
    return clerk


def leave(clerk: Clerk, query: str = "") -> str:
    """Press the button; the provider's address that the browser is sent to."""
    answer = clerk.http.get("/login/licence/start" + query)
    assert answer.status_code == 303, Page(answer).words
    return str(answer.headers["Location"])


def consent(address: str, user: str, action: str = "allow") -> str:
    """Say yes (or deny) at the provider; where it sends the browser back to, within the hall."""
    answer = requests.post(address, data={"sub": user, "action": action}, allow_redirects=False, timeout=10)
    assert answer.status_code == 302, answer.text[:500]
    back = urlsplit(answer.headers["Location"])
    assert (back.netloc, back.path) == ("localhost", "/login/licence/back")
    return f"{back.path}?{back.query}"


def come_in(clerk: Clerk, user: str = "alone", query: str = "") -> Page:
    return clerk.get(consent(leave(clerk, query), user))


def asked_for(address: str) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}


def refused(page: Page, words: str) -> None:
    """One sentence on the same page, with the way to begin again, and nobody is signed in."""
    assert page.status == 422 and words in page.alert, page.words
    assert page.one("//a[contains(., '用电子营业执照登录')]").get("href").startswith("/login/licence/start")
    assert audited("signed_in") == []
