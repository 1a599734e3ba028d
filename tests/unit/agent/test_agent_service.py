"""The agent over real HTTP: who may ask, what a person decides, and what becomes of an item."""

from __future__ import annotations

import http.client
import logging
import shutil
from datetime import UTC, datetime, timedelta

import pytest

from cert.agent.files import Pkcs12File, Sm2File
from cert.agent.keys import PinLocked, PinWrong
from cert.agent.server import CONTENT_BYTES
from tests.unit.agent.keyrings import ORIGIN, PIN, UNIT, USCC, make_p12, make_sm2, running
from tests.unit.agent.site import ask, certificates, collect, decide, order, signature
from tests.unit.agent.test_agent_keys import verify

FOREIGN = "https://evil.example"


@pytest.fixture(scope="module")
def p12(tmp_path_factory):
    return make_p12(tmp_path_factory.mktemp("p12"))


@pytest.fixture
def source(p12):
    return Pkcs12File(p12, PIN)


@pytest.fixture
def address(source):
    with running(source) as server:
        yield server.address


class Clock:
    def __init__(self):
        self.now = datetime(2026, 11, 22, tzinfo=UTC)

    def __call__(self):
        return self.now


class Behaving(Pkcs12File):
    """A key whose PIN is what a test says. SoftHSM2 counts no tries and never locks, so no token here can."""

    failure: Exception

    def sign(self, certificate_id, content, pin):
        raise self.failure


# The whole way ------------------------------------------------------------------------------------


def test_a_person_allows_and_the_site_collects_once(address, tmp_path):
    [held] = certificates(address)
    assert (held["subject"], held["uscc"], held["algorithm"]) == (UNIT, USCC, "RSA")
    item = order(address, "网厅登录\n随机数 1f")
    assert collect(address, item)["state"] == "asking"
    page = ask(address, "GET", f"/ask/{item}", origin=None).text
    for seen in (ORIGIN, UNIT, USCC, "网厅登录\n随机数 1f", 'type="password"'):
        assert seen in page
    done = decide(address, item)
    assert done.status == 200
    assert "已签名" in done.text
    answer = collect(address, item)
    certificate, signed = signature(answer)
    verify(tmp_path, certificate, signed, "网厅登录\n随机数 1f".encode(), "rsa")
    assert collect(address, item) == {"status": 404, "code": "no_such_item"}


def test_sm2_without_a_password_asks_all_the_same(tmp_path):
    with running(Sm2File(*make_sm2(tmp_path, ""))) as server:
        item = order(server.address)
        assert 'type="password"' not in ask(server.address, "GET", f"/ask/{item}", origin=None).text
        assert collect(server.address, item)["state"] == "asking"
        decide(server.address, item, pin="")
        certificate, signed = signature(collect(server.address, item))
    verify(tmp_path, certificate, signed, "网厅登录".encode(), "sm2")


def test_a_person_refuses(address):
    item = order(address)
    assert "已拒绝" in decide(address, item, "no", pin="").text
    assert collect(address, item)["state"] == "cancelled"
    assert collect(address, item)["status"] == 404


def test_a_wrong_pin_is_told_to_both_and_may_be_mended(address):
    item = order(address)
    wrong = decide(address, item, pin="0000")
    assert wrong.status == 422
    assert "PIN 码不正确" in wrong.text
    assert "0000" not in wrong.text
    told = collect(address, item)
    assert (told["state"], told["pin_wrong"], told["tries"]) == ("asking", True, None)
    decide(address, item)
    assert collect(address, item)["state"] == "signed"


@pytest.mark.parametrize(
    ("tries", "words"), [(4, "还可以再试 4 次"), (1, "只剩最后 1 次"), (None, "连续输错多次")]
)
def test_tries_left_are_told_as_the_key_tells_them(p12, tries, words):
    source = Behaving(p12, PIN)
    source.failure = PinWrong(tries)
    with running(source) as server:
        item = order(server.address)
        assert words in decide(server.address, item).text
        assert collect(server.address, item)["tries"] == tries


def test_a_locked_key_is_the_end(p12):
    source = Behaving(p12, PIN)
    source.failure = PinLocked()
    with running(source) as server:
        item = order(server.address)
        assert "已锁定" in decide(server.address, item).text
        assert collect(server.address, item)["state"] == "pin_locked"


def test_a_site_withdraws_its_item_and_nobody_elses(address):
    item = order(address)
    assert ask(address, "DELETE", f"/signatures/{item}", origin=FOREIGN).status == 403
    assert ask(address, "DELETE", f"/signatures/{item}").status == 200
    assert collect(address, item)["status"] == 404
    assert ask(address, "GET", f"/ask/{item}", origin=None).status == 404


# Who may ask --------------------------------------------------------------------------------------

PLACES = [
    ("GET", "/certificates"),
    ("POST", "/signatures"),
    ("GET", "/signatures/x"),
    ("OPTIONS", "/signatures"),
]


@pytest.mark.parametrize(("method", "path"), PLACES)
@pytest.mark.parametrize(
    "origin", [FOREIGN, None, "null", "", ORIGIN + ":444", ORIGIN.upper(), "http://hall.example"]
)
def test_a_foreign_origin_is_refused_without_cors(address, method, path, origin):
    body = {"certificate": "x", "text": "x"} if method == "POST" else None
    answer = ask(address, method, path, body, origin, Access_Control_Request_Private_Network="true")
    assert answer.status == 403
    assert not [name for name in answer.headers if name.startswith("access-control")]
    assert UNIT.encode() not in answer.body


def test_two_origins_in_one_request_are_refused(address):
    connection = http.client.HTTPConnection(address.removeprefix("http://"))
    connection.putrequest("GET", "/certificates")
    connection.putheader("Origin", ORIGIN)
    connection.putheader("Origin", FOREIGN)
    connection.endheaders()
    assert connection.getresponse().status == 403
    connection.close()


@pytest.mark.parametrize("path", ["/certificates", "/ask/x", "/style.css"])
@pytest.mark.parametrize(
    "host",
    ["evil.example", "evil.example:{port}", "127.0.0.1", "127.0.0.1:1", "127.0.0.1.evil.example:{port}"],
)
def test_a_foreign_host_is_refused(address, path, host):
    port = address.rsplit(":", 1)[1]
    answer = ask(address, "GET", path, Host=host.format(port=port))
    assert (answer.status, answer.json) == (403, {"code": "foreign_host"})
    assert "access-control-allow-origin" not in answer.headers


def test_a_known_origin_passes_the_preflight(address):
    answer = ask(
        address, "OPTIONS", "/signatures",
        Access_Control_Request_Method="POST",
        Access_Control_Request_Headers="content-type",
        Access_Control_Request_Private_Network="true",
    )  # fmt: skip
    assert answer.status == 204
    assert answer.headers["access-control-allow-origin"] == ORIGIN
    assert answer.headers["access-control-allow-private-network"] == "true"
    assert "POST" in answer.headers["access-control-allow-methods"]
    assert answer.headers["vary"] == "Origin"


def test_an_item_is_its_own_sites_alone(source):
    with running(source, origins=(ORIGIN, "https://other.example")) as server:
        item = order(server.address)
        assert collect(server.address, item, "https://other.example")["status"] == 404
        assert collect(server.address, item)["state"] == "asking"


# The agent's own page -----------------------------------------------------------------------------


def test_the_page_lets_nothing_in(address):
    headers = ask(address, "GET", f"/ask/{order(address)}", origin=None).headers
    policy = headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "script-src" not in policy
    assert headers["cache-control"] == "no-store"
    assert "access-control-allow-origin" not in headers


def test_what_is_shown_cannot_pretend(address):
    item = order(address, "<script>alert(1)</script>\u202e反向\u200b&amp;")
    page = ask(address, "GET", f"/ask/{item}", origin=None).text
    assert "<script" not in page
    assert "&lt;script&gt;" in page
    assert "‹U+202E›反向‹U+200B›&amp;amp;" in page


@pytest.mark.parametrize("origin", [ORIGIN, FOREIGN, "null"])
def test_no_other_page_answers_in_the_persons_place(address, origin):
    item = order(address)
    assert decide(address, item, origin=origin).status == 403
    assert collect(address, item)["state"] == "asking"


def test_the_pages_own_token_is_needed(address):
    item = order(address)
    for token in ("", "x", item, "ä"):
        assert decide(address, item, csrf=token).status == 404
    assert collect(address, item)["state"] == "asking"


def test_an_item_is_answered_once(address):
    item = order(address)
    shown = ask(address, "GET", f"/ask/{item}", origin=None).text
    token = shown.split('name="csrf" value="')[1].split('"')[0]
    assert decide(address, item, csrf=token).status == 200
    assert decide(address, item, csrf=token).status == 404
    assert ask(address, "GET", f"/ask/{item}", origin=None).status == 404
    signature(collect(address, item))


def test_after_two_minutes_an_item_is_over(source):
    clock = Clock()
    with running(source, clock=clock) as server:
        item, other = order(server.address), order(server.address)
        clock.now += timedelta(seconds=119)
        decide(server.address, item)
        clock.now += timedelta(seconds=1)
        assert collect(server.address, other)["status"] == 404
        assert ask(server.address, "GET", f"/ask/{other}", origin=None).status == 404
        # What was signed in time may still be collected a little later.
        signature(collect(server.address, item))


# Limits -------------------------------------------------------------------------------------------


def test_64_kilobytes_are_signed_and_one_more_is_not(address):
    wanted = certificates(address)[0]["id"]
    item = order(address, "x" * CONTENT_BYTES)
    decide(address, item)
    signature(collect(address, item))
    for text in ("x" * (CONTENT_BYTES + 1), "x" * 300_000, "厅" * (CONTENT_BYTES // 3 + 1)):
        answer = ask(address, "POST", "/signatures", {"certificate": wanted, "text": text})
        assert (answer.status, answer.json) == (413, {"code": "too_large"})
        assert answer.headers["access-control-allow-origin"] == ORIGIN


def test_twenty_items_wait_and_no_more(address):
    wanted = certificates(address)[0]["id"]
    waiting = [order(address) for _ in range(20)]
    answer = ask(address, "POST", "/signatures", {"certificate": wanted, "text": "x"})
    assert (answer.status, answer.json) == (503, {"code": "too_many"})
    decide(address, waiting[0], "no")
    collect(address, waiting[0])
    order(address)


BAD = [
    b"", b"{", b"[]", b"1", b'"x"', b"{}", b'{"certificate":1,"text":"x"}', b'{"certificate":"x","text":null}',
    b'{"certificate":"x","text":""}', b'{"certificate":"x","text":"\\ud800"}', b"\xff\xfe", b"[" * 100_000,
]  # fmt: skip


@pytest.mark.parametrize("body", BAD, ids=lambda body: repr(body[:30]))
def test_malformed_orders_are_refused(address, body):
    answer = ask(address, "POST", "/signatures", body, Content_Type="application/json")
    assert (answer.status, answer.json) == (400, {"code": "malformed"})


def test_other_shapes_of_requests_are_refused(address):
    plain = ask(address, "POST", "/signatures", b"{}", Content_Type="text/plain")
    assert plain.status == 415
    endless = ask(address, "POST", "/signatures", None, Content_Type="application/json", Content_Length="-1")
    assert endless.status == 411
    unknown = ask(address, "POST", "/signatures", {"certificate": "0" * 64, "text": "x"})
    assert (unknown.status, unknown.json) == (409, {"code": "no_key"})
    for method, path in (("GET", "/"), ("POST", "/certificates"), ("DELETE", "/ask/x"), ("GET", "/a/b/c")):
        assert ask(address, method, path).status == 404


# Tests and demos; secrets -------------------------------------------------------------------------


def test_unattended_it_signs_at_once(source, tmp_path):
    with running(source, pin=PIN, says_yes=True) as server:
        wanted = certificates(server.address)[0]["id"]
        answer = ask(server.address, "POST", "/signatures", {"certificate": wanted, "text": "x"})
        assert answer.json["page"] == ""
        certificate, signed = signature(collect(server.address, str(answer.json["id"])))
    verify(tmp_path, certificate, signed, b"x", "rsa")


def test_with_a_pin_from_a_file_it_still_asks(source):
    with running(source, pin=PIN) as server:
        item = order(server.address)
        assert 'type="password"' not in ask(server.address, "GET", f"/ask/{item}", origin=None).text
        decide(server.address, item, pin="")
        signature(collect(server.address, item))


def test_a_wrong_pin_from_a_file_is_the_end(source):
    with running(source, pin="0000") as server:
        item = order(server.address)
        decide(server.address, item, pin="")
        assert collect(server.address, item)["state"] == "failed"


def test_no_pin_is_logged_or_sent_anywhere(address, caplog, capfd):
    caplog.set_level(logging.DEBUG)
    item = order(address)
    answers = [decide(address, item, pin="wrong-one").body, decide(address, item).body]
    answers.append(str(collect(address, item)).encode())
    said = caplog.text + "".join(capfd.readouterr()) + b"".join(answers).decode()
    assert PIN not in said
    assert "wrong-one" not in said


def test_the_key_file_is_read_at_the_start_only(p12, tmp_path):
    copy = tmp_path / "copy.p12"
    shutil.copy(p12, copy)
    source = Pkcs12File(copy, PIN)
    copy.unlink()
    with running(source) as server:
        item = order(server.address)
        decide(server.address, item)
        signature(collect(server.address, item))
