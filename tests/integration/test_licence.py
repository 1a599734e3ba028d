"""营业执照登录 against a real OpenID Connect provider: who comes in, and which answers are good, and how often."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests
from sqlalchemy import delete

from models.account import Account, LoginSession
from models.db import transaction
from services.accounts import session_digest
from tests.integration.clerk import Clerk
from tests.integration.licensor import (
    CLIENT,
    DISCOVERY,
    SECRET,
    TOKEN,
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
from tests.integration.way import audited, count

__all__ = ["door", "one_provider", "provider"]
# The provider speaks an older dialect of authlib's server side than the one we have installed.
pytestmark = pytest.mark.filterwarnings(
    "ignore::DeprecationWarning:authlib", "ignore::DeprecationWarning:oidc"
)


def test_the_only_operator_of_the_unit_is_signed_in(door):
    page = come_in(door)
    assert page.path == "/" and "陈经办" in page.words
    assert [event.after for event in audited("signed_in")] == [{"how": "licence"}]


def test_the_request_has_all_that_protects_the_answer(door):
    first, second = asked_for(leave(door)), asked_for(leave(door))
    assert first["response_type"] == "code" and first["scope"] == "openid"
    assert first["client_id"] == CLIENT and first["redirect_uri"] == "http://localhost/login/licence/back"
    assert first["code_challenge_method"] == "S256"
    for name in ("state", "nonce", "code_challenge"):
        assert len(first[name]) == 43 and first[name] != second[name], name
    assert SECRET not in str(first)


@pytest.fixture
def redeemed(provider) -> list[tuple[str | None, dict[str, str]]]:
    """The Authorization header and the form of each question for a token; none is answered."""
    seen: list[tuple[str | None, dict[str, str]]] = []

    def token(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        body = environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"])).decode()
        seen.append((environ.get("HTTP_AUTHORIZATION"), asked_for("?" + body)))
        return plain("{}")(environ, start_response)

    provider.twists[TOKEN] = token
    return seen


def test_the_verifier_belongs_to_the_challenge_and_the_client_shows_its_secret(door, redeemed):
    address = leave(door)
    door.get(consent(address, "alone"))
    [(proof, form)] = redeemed
    digest = hashlib.sha256(form["code_verifier"].encode()).digest()
    assert base64.urlsafe_b64encode(digest).decode().rstrip("=") == asked_for(address)["code_challenge"]
    assert form["redirect_uri"] == asked_for(address)["redirect_uri"]
    assert proof == "Basic " + base64.b64encode(f"{CLIENT}:{SECRET}".encode()).decode()
    assert SECRET not in str(form)


def test_a_hall_without_a_secret_is_a_public_client(door, provider, app, redeemed):
    introduce(app, provider.issuer, secret="")
    come_in(door)
    [(proof, form)] = redeemed
    assert proof is None and form["client_id"] == CLIENT and "client_secret" not in form


def test_a_provider_that_wants_the_secret_in_the_form_gets_it_there(door, provider):
    honest = requests.get(provider.issuer + DISCOVERY, timeout=10).json()
    honest["token_endpoint_auth_methods_supported"] = ["client_secret_post"]
    provider.twists[DISCOVERY] = plain(json.dumps(honest))
    assert come_in(door).path == "/"


def test_a_code_is_found_however_it_is_written(door):
    assert come_in(door, "typed by hand").path == "/"


def test_several_operators_choose_who_signs_in(door):
    page = come_in(door, "shared")
    assert page.path == "/login/licence" and page.status == 200
    assert [button.text for button in page.all("//form//button[@name='account']")] == [
        "王经办",
        "李经办",
        "赵经办",
    ]
    assert "单位编号 23000099" in page.words
    before = door.cookie
    page = door.press("李经办")
    assert page.path == "/" and "李经办" in page.words
    assert door.cookie != before
    assert count(LoginSession, LoginSession.id_digest == session_digest(before)) == 0
    door.press("退出")
    assert "请选择您是哪一位经办人" not in door.get("/login/licence").words


@pytest.mark.parametrize("account", ["", "5", "999", "x", "-1"])
def test_nobody_else_can_be_chosen(door, account):
    come_in(door, "shared")
    page = door.post("/login/licence", {"account": account})
    assert page.status == 422 and "不能再用" in page.alert
    assert audited("signed_in") == []


def test_a_choice_without_a_proof_opens_nothing(door):
    page = door.post("/login/licence", {"account": "1"})
    assert page.status == 422 and audited("signed_in") == []


def test_a_proof_lasts_ten_minutes(door, clock):
    come_in(door, "shared")
    clock.move(minutes=10, seconds=1)
    page = door.press("李经办")
    assert page.status == 422 and "不能再用" in page.alert


def test_after_signing_in_the_clerk_is_where_they_wanted_to_be(door):
    door.get("/wages/")
    tab = next(link for link in door.page.all("//nav//a") if link.text == "营业执照登录")
    door.get(tab.get("href"))
    button = door.page.one("//a[contains(., '用电子营业执照登录')]")
    assert come_in(door, query="?" + urlsplit(button.get("href")).query).path == "/wages/"


@pytest.mark.parametrize("wanted", ["https://evil.example/", "//evil.example", "/%5Cevil.example"])
def test_a_link_cannot_send_a_clerk_to_another_site(door, wanted):
    assert come_in(door, query="?next=" + wanted).path == "/"


def test_what_was_typed_before_the_session_ran_out_is_still_there(door, app, clock):
    come_in(door)
    door.get("/wages/")
    token = door.token()
    clock.move(minutes=31)
    form = {"csrf_token": token, "year": "2026"}
    door.http.post("/wages/", data=form, headers={"Origin": "http://localhost"})
    clock.now = datetime.now(UTC)
    page = come_in(door)
    assert page.path == "/resume" and "填写的内容还在" in page.words


def test_whoever_is_signed_in_goes_home(door):
    come_in(door)
    assert door.get("/login/licence").path == "/"


def test_a_hall_without_a_provider_says_so_on_every_way(app, world):
    for address in ("/login/licence", "/login/licence/start", "/login/licence/back?code=x&state=y"):
        page = Clerk(app).get(address)
        assert page.status == 200 and "还没有开通营业执照登录" in page.words
        assert page.one("//a[contains(., '改用账户密码登录')]").get("href") == "/login"


@pytest.mark.parametrize(
    ("user", "words"),
    [
        ("stranger", "没有登记统一社会信用代码 91110000MA0000000X"),
        ("without", "没有给出本单位的统一社会信用代码"),
        ("short", "没有给出本单位的统一社会信用代码"),
        ("a list", "没有给出本单位的统一社会信用代码"),
        ("blank", "没有给出本单位的统一社会信用代码"),
    ],
)
def test_a_code_that_leads_to_no_unit_is_said(door, user, words):
    refused(come_in(door, user), words)


def test_a_unit_without_an_operator_is_said(door, world):
    with transaction() as session:
        session.connection().execute(delete(Account).where(Account.unit_id == world.far.id))
    refused(come_in(door), "单位15010312 还没有经办人账户")


def test_a_refused_consent_is_said(door):
    refused(door.get(consent(leave(door), "alone", "deny")), "没有同意授权")


def test_another_error_of_the_provider_is_said(door):
    state = asked_for(leave(door))["state"]
    refused(door.get(f"/login/licence/back?error=server_error&state={state}"), "没有办成这次授权")
    state = asked_for(leave(door))["state"]
    refused(door.get(f"/login/licence/back?state={state}"), "没有办成这次授权")


@pytest.mark.parametrize("state", ["", "&state=", "&state=wrong", "&state=%E9%94%99", "&state=%FF"])
def test_an_answer_with_another_state_is_refused(door, state):
    back = asked_for(consent(leave(door), "alone"))
    refused(door.get(f"/login/licence/back?code={back['code']}{state}"), "不能再用")


def test_an_answer_that_another_browser_asked_for_is_refused(door, app):
    back = consent(leave(door), "alone")
    refused(Clerk(app).get(back), "不能再用")
    stranger = Clerk(app)
    leave(stranger)
    refused(stranger.get(back), "不能再用")


def test_an_answer_is_good_once(door, app):
    back = consent(leave(door), "shared")
    assert door.get(back).path == "/login/licence"
    refused(door.get(back), "不能再用")


def test_a_code_that_was_used_before_is_refused(door, app):
    stolen = asked_for(consent(leave(door), "shared"))["code"]
    thief = Clerk(app)
    state = asked_for(leave(thief))["state"]
    # The code was made for another nonce, and after this it is used up.
    refused(thief.get(f"/login/licence/back?code={stolen}&state={state}"), "没有通过核对")
    state = asked_for(leave(thief))["state"]
    refused(thief.get(f"/login/licence/back?code={stolen}&state={state}"), "不能再用")


def test_an_answer_that_comes_too_late_is_refused(door, clock):
    back = consent(leave(door), "alone")
    clock.move(minutes=10, seconds=1)
    refused(door.get(back), "不能再用")
