"""营业执照登录: a provider proves which 统一社会信用代码 somebody acts for; here its operators are found.

The provider speaks OpenID Connect: authorization code flow with PKCE (S256), state and nonce. Sources: OpenID
Connect Core 1.0 sections 3.1.2 and 3.1.3, OpenID Connect Discovery 1.0 section 4, RFC 7636. Nothing here holds
a transaction while it waits for the network, and whatever the provider sends ends as an answer or a ``Refusal``.
"""

from __future__ import annotations

import json
import logging
import secrets
import time
from collections.abc import Mapping
from datetime import datetime, timedelta
from io import BytesIO
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from authlib.integrations.requests_client import OAuth2Session  # type: ignore[import-untyped]
from authlib.oidc.core import CodeIDToken  # type: ignore[import-untyped]
from joserfc import jwt
from joserfc.errors import ExpiredTokenError, InvalidKeyIdError, JoseError
from joserfc.jwk import KeySet
from requests import PreparedRequest, RequestException, Response
from requests.adapters import HTTPAdapter
from sqlalchemy import select
from urllib3.exceptions import HTTPError

from models.account import Account
from models.db import reading
from models.unit import Unit
from rules.identity import normalise_code
from rules.refusals import Refusal

log = logging.getLogger(__name__)

# Signatures of a key pair only: with a shared secret, whoever knows the client's secret could sign for the provider.
ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512")
PATIENCE_S = (3.0, 5.0)
LARGEST_ANSWER = 256 * 1024
KEPT_FOR = timedelta(hours=1)
FLOW_LASTS = timedelta(minutes=10)
CLOCKS_DIFFER_S = 60
# A provider that does not answer is left alone for a while: waiting for it would keep our threads from everybody.
LEFT_ALONE_FOR = timedelta(seconds=10)
USCC_LENGTH = 18
# A damaged token or key may break joserfc's parser anywhere, so its own exceptions are not the only ones.
_DAMAGED = (JoseError, ValueError, TypeError, KeyError, RecursionError)


class Operator(NamedTuple):
    """An account that may act for a unit with the proven code."""

    account_id: int
    name: str
    unit_name: str
    unit_no: str


class _Known(NamedTuple):
    """What a provider publishes about itself, and until when we believe it unasked."""

    document: dict[str, Any]
    keys: KeySet
    until: datetime


class LicenceProvider:
    """One provider of 电子营业执照 sign-ins. It keeps the provider's own description and keys for an hour.

    ``uscc_claim`` names the claim of the id_token that holds the code; ``patience_s`` is how long to wait for a
    connection and for each piece of an answer, in seconds, and their sum for the whole of it.
    """

    def __init__(
        self,
        issuer: str,
        client_id: str,
        client_secret: str,
        uscc_claim: str,
        patience_s: tuple[float, float] = PATIENCE_S,
    ) -> None:
        self._issuer = issuer.rstrip("/")
        self._client = (client_id, client_secret)
        self._claim = uscc_claim
        self._patience_s = patience_s
        self._known: _Known | None = None
        self._left_alone_until: datetime | None = None

    def start(self, back: str, now: datetime) -> tuple[str, dict[str, str]]:
        """The provider's address to send the browser to, and what its session must keep until it comes ``back``.

        Raises ``Refusal`` ``licence.unreachable``.
        """
        document = self._learn(now).document
        flow = {name: secrets.token_urlsafe(32) for name in ("state", "nonce", "verifier")}
        with self._open(back) as http:
            address, _state = http.create_authorization_url(
                document["authorization_endpoint"],
                state=flow["state"],
                nonce=flow["nonce"],
                code_verifier=flow["verifier"],
            )
        return address, flow | {"until": (now + FLOW_LASTS).isoformat()}

    def finish(
        self, flow: Mapping[str, str] | None, answer: Mapping[str, str], back: str, now: datetime
    ) -> str:
        """The normalised 统一社会信用代码 that the provider vouches for.

        ``flow`` is what ``start`` gave to keep, to be used once; ``answer`` the query that the browser brought.
        Raises ``Refusal`` ``licence.denied``, ``licence.stale``, ``licence.unreachable``, ``licence.failed``,
        ``licence.expired``, ``licence.not_trusted``, ``licence.no_code``.
        """
        if answer.get("error") == "access_denied":
            raise Refusal("licence.denied")
        if flow is None or not _is_same(flow["state"], answer.get("state", "")):
            raise Refusal("licence.stale")
        if datetime.fromisoformat(flow["until"]) < now:
            raise Refusal("licence.stale")
        if "error" in answer or not answer.get("code"):
            raise _refusal("licence.failed", "the authorization endpoint gave no code")
        token = self._redeem(answer["code"], flow["verifier"], back, now)
        claims = self._check(token, flow["nonce"], now)
        code = claims.get(self._claim)
        code = normalise_code(code) if isinstance(code, str) else ""
        if len(code) != USCC_LENGTH:
            raise _refusal("licence.no_code", f"no code in the claim {self._claim}")
        return code

    def _redeem(self, code: str, verifier: str, back: str, now: datetime) -> str:
        """The id_token for a code; the code is good for one time only, and the provider holds it to that."""
        document = self._learn(now).document
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": back,
            "code_verifier": verifier,
        }
        with self._open(back) as http:
            auth = http.client_auth(self._proof_of_client(document))
            answer = self._ask(http, "POST", document["token_endpoint"], now, data=form, auth=auth)
        if answer.get("error") == "invalid_grant":
            raise _refusal("licence.stale", "the code was used before, or is not ours")
        token = answer.get("id_token")
        if not isinstance(token, str):
            raise _refusal("licence.failed", f"no id_token; error {answer.get('error')!r:.60}")
        return token

    def _proof_of_client(self, document: Mapping[str, Any]) -> str:
        """How to show who we are: HTTP Basic where the provider does not rule it out (Discovery section 3)."""
        if not self._client[1]:
            return "none"
        offered = document.get("token_endpoint_auth_methods_supported")
        is_ruled_out = isinstance(offered, list) and "client_secret_basic" not in offered
        return "client_secret_post" if is_ruled_out else "client_secret_basic"

    def _check(self, token: str, nonce: str, now: datetime) -> CodeIDToken:
        """The claims of an id_token whose signature, issuer, audience, times and nonce are right (Core 3.1.3.7)."""
        options: Any = {
            "iss": {"essential": True, "value": self._learn(now).document["issuer"]},
            "aud": {"essential": True, "value": self._client[0]},
        }
        params = {"nonce": nonce, "client_id": self._client[0]}
        try:
            try:
                found = jwt.decode(token, self._learn(now).keys, ALGORITHMS)
            except InvalidKeyIdError:
                # The provider has changed its keys since we last looked.
                self._known = None
                found = jwt.decode(token, self._learn(now).keys, ALGORITHMS)
            claims = CodeIDToken(found.claims, found.header, options, params)
            claims.validate(int(now.timestamp()), CLOCKS_DIFFER_S)
        except ExpiredTokenError:
            raise _refusal("licence.expired", "the id_token has expired") from None
        except _DAMAGED as error:
            raise _refusal("licence.not_trusted", f"id_token: {error!r:.200}") from None
        return claims

    def _learn(self, now: datetime) -> _Known:
        """The provider's description and keys, fetched when they are not known or an hour old."""
        known = self._known
        if known is None or known.until < now:
            with self._open("") as http:
                address = self._issuer + "/.well-known/openid-configuration"
                document = self._ask(http, "GET", address, now)
                if str(document.get("issuer")).rstrip("/") != self._issuer:
                    raise _refusal("licence.unreachable", "the provider describes another issuer")
                for name in ("authorization_endpoint", "token_endpoint", "jwks_uri"):
                    if not _is_private(document.get(name)):
                        raise _refusal("licence.unreachable", f"{name} is missing or not https")
                keys = _read_keys(self._ask(http, "GET", document["jwks_uri"], now))
            known = self._known = _Known(document, keys, now + KEPT_FOR)
        return known

    def _open(self, back: str) -> OAuth2Session:
        client_id, client_secret = self._client
        http = OAuth2Session(
            client_id, client_secret, scope="openid", redirect_uri=back, code_challenge_method="S256"
        )
        http.max_redirects = 0
        http.headers["Accept-Encoding"] = "identity"
        for scheme in ("http://", "https://"):
            http.mount(scheme, _BoundedAdapter(self._patience_s))
        return http

    def _ask(
        self, http: OAuth2Session, method: str, address: str, now: datetime, **values: Any
    ) -> dict[str, Any]:
        """The JSON object at an address; an OAuth error answer (400, 401) is one too."""
        if not _is_private(address):
            raise _refusal("licence.unreachable", "the provider's address is not https")
        if self._left_alone_until is not None and now < self._left_alone_until:
            raise _refusal("licence.unreachable", "it did not answer a moment ago")
        try:
            response = http.request(method, address, withhold_token=True, **values)
            if response.status_code not in (200, 400, 401):
                raise ValueError(f"status {response.status_code}")
            found = json.loads(response.content)
            if not isinstance(found, dict):
                raise ValueError("no JSON object")
        except (RequestException, ValueError, RecursionError) as error:
            if isinstance(error, RequestException):
                self._left_alone_until = now + LEFT_ALONE_FOR
            raise _refusal("licence.unreachable", f"{address}: {error!r:.200}") from None
        return found


class _BoundedAdapter(HTTPAdapter):
    """Reads whole answers, but none that is too large or comes too slowly."""

    def __init__(self, patience_s: tuple[float, float]) -> None:
        super().__init__()
        self._patience_s = patience_s

    def send(self, request: PreparedRequest, *args: Any, **options: Any) -> Response:
        ends = time.monotonic() + sum(self._patience_s)
        response = super().send(request, *args, **options | {"stream": True, "timeout": self._patience_s})
        arriving = response.raw
        try:
            response.raw = BytesIO(_read(arriving, ends, request))
        finally:
            arriving.close()
        return response


def find_operators(uscc: str) -> list[Operator]:
    """Who may act for the units of a normalised 统一社会信用代码, in the order of unit and name.

    Raises ``Refusal`` ``licence.unknown_unit`` with ``uscc``, ``licence.no_operator`` with ``unit``.
    """
    query = (
        select(Account.id, Account.display_name, Unit.name, Unit.unit_no)
        .select_from(Unit)
        .outerjoin(Account, (Account.unit_id == Unit.id) & (Account.role == "operator") & Account.is_active)
        .where(Unit.uscc == uscc)
        .order_by(Unit.unit_no, Account.id)
    )
    with reading() as session:
        found = [Operator(*row) for row in session.connection().execute(query)]
    if not found:
        raise Refusal("licence.unknown_unit", uscc=uscc)
    operators = [operator for operator in found if operator.account_id is not None]
    if not operators:
        raise Refusal("licence.no_operator", unit=found[0].unit_name)
    return operators


def _read(raw: Any, ends: float, request: PreparedRequest) -> bytes:
    """The body of an answer as it arrives. Raises ``RequestException`` when it is too large, late or cut off."""
    found = bytearray()
    try:
        while piece := raw.read1(LARGEST_ANSWER):
            found += piece
            if len(found) > LARGEST_ANSWER:
                raise RequestException(f"more than {LARGEST_ANSWER} bytes", request=request)
            if time.monotonic() > ends:
                raise RequestException("too slow", request=request)
    except HTTPError as error:
        raise RequestException(error, request=request) from None
    return bytes(found)


def _read_keys(document: dict[str, Any]) -> KeySet:
    try:
        return KeySet.import_key_set(document)
    except _DAMAGED as error:
        raise _refusal("licence.unreachable", f"keys: {error!r:.200}") from None


def _is_private(address: object) -> bool:
    """Whether nobody on the way can read or change what goes there: https, or this machine."""
    if not isinstance(address, str):
        return False
    try:
        parts = urlsplit(address)
    except ValueError:
        return False
    is_here = parts.hostname in ("localhost", "127.0.0.1", "::1")
    return parts.scheme == "https" or (parts.scheme == "http" and is_here)


def _is_same(ours: str, theirs: str) -> bool:
    return secrets.compare_digest(ours.encode(), theirs.encode())


def _refusal(code: str, reason: str) -> Refusal:
    """A refusal whose technical reason belongs into the log; the clerk gets the sentence."""
    log.warning("licence sign-in refused, %s: %s", code, reason)
    return Refusal(code)
