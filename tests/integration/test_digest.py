"""The daily digest and the address that it goes to, against a real SMTP server with all its moods."""

from __future__ import annotations

import socket
import threading
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import update

from app import mail_server
from documents.mail import Mail, MailFailed, MailServer, ServerFailed
from jobs.tasks import make_rounds
from jobs.worker import do_rounds
from models.account import Account
from models.db import reading, transaction
from services.digests import LINES, send_digests
from settings import load
from tests.factories import NOW, actor
from tests.integration.clerk import Clerk
from tests.integration.postbox import HOST, PASSWORD, USER, Postbox, postbox
from tests.integration.test_notices import tell
from tests.integration.test_person_requests import join, send
from tests.integration.way import audited

MAIL = Mail("wang@example.com", "标题", "正文\n", "digest-1-0-9", NOW)


@pytest.fixture
def box():
    with postbox() as found:
        yield found


def server(box: Postbox, **other: object) -> MailServer:
    values = {"host": HOST, "port": box.port, "sender": "网厅 <hall@example.com>", "tls": "none", **other}
    return MailServer(**values)


@pytest.fixture
def mail_on(app, box, monkeypatch) -> Postbox:
    """The hall has a mail server."""
    monkeypatch.setitem(app.config, "MAIL", server(box))
    return box


def give(username: str, address: str) -> None:
    with transaction() as session:
        session.connection().execute(
            update(Account).where(Account.username == username).values(email=address)
        )


def mailed_up_to(username: str) -> int:
    with reading() as session:
        return session.get_one(Account, actor(username).account_id).mailed_notice_id


def body(mail) -> str:
    return str(mail.get_content()).replace("\r\n", "\n")


# The line to the server ---------------------------------------------------------------------------


def test_a_mail_arrives_as_it_was_written(box):
    server(box).send(MAIL)
    (mail,) = box.mails
    assert (mail["To"], mail["Subject"], body(mail)) == ("wang@example.com", "标题", "正文\n")
    assert mail["Message-ID"] == "<digest-1-0-9@example.com>"
    assert mail["Auto-Submitted"] == "auto-generated" and mail["Date"].datetime == NOW
    assert mail.get_content_type() == "text/plain"


@pytest.mark.parametrize("tls", ["starttls", "tls"])
def test_tls_and_sign_in(tmp_path, monkeypatch, tls):
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "cert.pem"))
    with postbox(tmp_path, tls=tls, wants_password=True) as box:
        sender = server(box, tls=tls, user=USER, password=PASSWORD)
        sender.send(MAIL)
        assert len(box.mails) == 1 and box.signed_in == [True]
        with pytest.raises(ServerFailed):
            server(box, tls=tls, user=USER, password="wrong").send(MAIL)
        assert len(box.mails) == 1
    if tls == "starttls":
        assert box.was_tls == [True]


@pytest.mark.parametrize("tls", ["starttls", "tls"])
def test_a_server_that_cannot_prove_who_it_is_gets_nothing(tmp_path, tls):
    with postbox(tmp_path, tls=tls) as box, pytest.raises(ServerFailed, match="CERTIFICATE_VERIFY_FAILED"):
        server(box, tls=tls).send(MAIL)
    assert box.mails == []


def test_without_starttls_nothing_is_sent_in_the_clear(box):
    with pytest.raises(ServerFailed, match="STARTTLS"):
        server(box, tls="starttls").send(MAIL)
    assert box.mails == []


def test_nobody_listens():
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port = probe.getsockname()[1]
    with pytest.raises(ServerFailed):
        MailServer(HOST, port, "hall@example.com", "none").send(MAIL)


@pytest.mark.parametrize(("mood", "is_refused"), [("refused", True), ("busy", False), ("broken", False)])
def test_a_mail_that_is_not_taken_says_whether_for_good(box, mood, is_refused):
    getattr(box, mood).add(MAIL.to)
    with pytest.raises(MailFailed) as failed:
        server(box).send(MAIL)
    assert failed.value.is_refused is is_refused and not isinstance(failed.value, ServerFailed)
    assert box.mails == []


def test_a_line_feed_in_an_address_makes_no_header(box):
    with pytest.raises(ValueError, match="linefeed"):
        server(box).send(replace(MAIL, to="a@example.com\nBcc: b@example.com"))
    assert box.mails == []


# The digest ------------------------------------------------------------------------------------------


def test_a_digest_says_kinds_and_numbers_and_nobodys_name(wang, box, clock):
    give("li", "li@example.com")
    send(wang, join(wang))
    assert send_digests(server(box).send, NOW + timedelta(days=1)) == 1
    (mail,) = box.mails
    assert mail["To"] == "li@example.com" and mail["Subject"] == "网厅通知：1 条未读"
    said = body(mail)
    assert "人员新增（业务编号 2300-20260618-" in said and "已提交，等社保局审核" in said
    assert "06-18 09:00" in said
    for secret in ("新来人", "王经办", "李经办", "http", "6000"):
        assert secret not in said


def test_once_a_day_whatever_comes_and_however_often_the_worker_looks(world, box):
    give("wang", "wang@example.com")
    give("zhao", "zhao@example.com")
    tell(world.ours.id, 2)
    round_of = server(box).send
    assert send_digests(round_of, NOW.replace(hour=23)) == 0, "told after eight: tomorrow's"
    morning = NOW.replace(hour=8) + timedelta(days=1)
    assert send_digests(round_of, morning) == 1
    tell(world.ours.id, 1, first=2, at=morning + timedelta(hours=1))
    for hours in (0, 1, 8, 23.9):
        assert send_digests(round_of, morning + timedelta(hours=hours)) == 0
    assert send_digests(round_of, morning + timedelta(days=1)) == 1
    first, second = box.to("wang@example.com")
    assert "HD-1" in body(first) and "HD-2" in body(second) and "HD-1" not in body(second)
    assert first["Message-ID"] != second["Message-ID"]
    assert [event.action for event in audited("digest_claimed")] == ["digest_claimed"] * 2


def test_what_was_read_in_the_hall_is_not_mailed(world, box, wang):
    give("wang", "wang@example.com")
    tell(world.ours.id, 2)
    wang.get("/notices/2")
    tomorrow = NOW + timedelta(days=1)
    assert send_digests(server(box).send, tomorrow) == 1
    assert "HD-1" not in body(box.mails[0]) and "HD-0" in body(box.mails[0])
    tell(world.ours.id, 1, first=2, at=tomorrow)
    wang.get("/notices/3")
    assert send_digests(server(box).send, tomorrow + timedelta(days=1)) == 0


def test_a_long_list_is_cut(world, box):
    give("wang", "wang@example.com")
    tell(world.ours.id, LINES + 3)
    send_digests(server(box).send, NOW + timedelta(days=1))
    said = body(box.mails[0])
    assert (
        said.count("HD-") == LINES
        and "还有更早的通知" in said
        and box.mails[0]["Subject"].endswith("50+ 条未读")
    )


def test_only_who_may_look_and_still_works_here_gets_one(world, box):
    for username in ("wang", "li"):
        give(username, f"{username}@example.com")
    tell(world.ours.id, 1)
    with transaction() as session:
        connection = session.connection()
        connection.execute(update(Account).where(Account.username == "wang").values(rights="entry"))
        connection.execute(update(Account).where(Account.username == "li").values(is_active=False))
    assert send_digests(server(box).send, NOW + timedelta(days=1)) == 0


# A server in a bad mood ---------------------------------------------------------------------------------


def test_one_that_is_not_taken_keeps_nobody_else_from_theirs(world, box, caplog):
    moods = {"wang": "broken", "li": "busy", "zhao": "refused", "chen": ""}
    for username, mood in moods.items():
        give(username, f"{username}@example.com")
        if mood:
            getattr(box, mood).add(f"{username}@example.com")
    for unit in (world.ours, world.theirs, world.far):
        tell(unit.id, 1)
    tomorrow = NOW + timedelta(days=1)
    assert send_digests(server(box).send, tomorrow) == 1
    assert [mail["To"] for mail in box.mails] == ["chen@example.com"]
    assert "example.com" not in caplog.text and caplog.text.count("digest of account") == 3
    assert len(audited("digest_given_back")) == 2
    box.broken.clear()
    box.busy.clear()
    assert send_digests(server(box).send, tomorrow + timedelta(hours=1)) == 2
    # An address that is refused for good waits for the next day's.
    assert box.to("zhao@example.com") == [] and mailed_up_to("zhao") == 2


def test_a_server_that_is_away_is_tried_again_in_the_next_round(world, caplog):
    give("wang", "wang@example.com")
    give("li", "li@example.com")
    tell(world.ours.id, 1)
    tomorrow = NOW + timedelta(days=1)
    with postbox() as gone:
        away = server(gone)
    do_rounds(make_rounds(away, 400, lambda: tomorrow))
    assert caplog.text.count("no digests now") == 1
    assert (mailed_up_to("wang"), mailed_up_to("li")) == (0, 0)
    with postbox() as box:
        do_rounds(make_rounds(server(box), 400, lambda: tomorrow))
        assert {mail["To"] for mail in box.mails} == {"wang@example.com", "li@example.com"}


def test_a_line_that_breaks_after_the_mail_was_taken_doubles_it_recognisably(world, box):
    give("wang", "wang@example.com")
    tell(world.ours.id, 2)
    box.broken_after.add("wang@example.com")
    tomorrow = NOW + timedelta(days=1)
    assert send_digests(server(box).send, tomorrow) == 0
    box.broken_after.clear()
    assert send_digests(server(box).send, tomorrow + timedelta(hours=1)) == 1
    first, second = box.mails
    assert first["Message-ID"] == second["Message-ID"] and body(first) == body(second)


def test_no_transaction_is_open_while_a_mail_is_sent(world):
    """Another writer gets through while the server thinks; on SQLite there is only one at a time."""
    give("wang", "wang@example.com")
    tell(world.ours.id, 1)
    written = threading.Event()

    def slow(mail: Mail) -> None:
        writer = threading.Thread(target=lambda: (give("li", "li@example.com"), written.set()))
        writer.start()
        assert written.wait(20), "a transaction stood in the way"
        writer.join()

    assert send_digests(slow, NOW + timedelta(days=1)) == 1


def test_two_workers_at_once_send_one(world, box):
    give("wang", "wang@example.com")
    tell(world.ours.id, 1)
    barrier, sent = threading.Barrier(3), []

    def one_worker() -> None:
        barrier.wait()
        sent.append(send_digests(server(box).send, NOW + timedelta(days=1)))

    workers = [threading.Thread(target=one_worker) for _ in range(3)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert sorted(sent) == [0, 0, 1] and len(box.mails) == 1


def test_a_worker_killed_after_the_claim_loses_the_mail_and_not_the_notices(world, box, wang):
    give("wang", "wang@example.com")
    tell(world.ours.id, 1)

    def killed(mail: Mail) -> None:
        raise KeyboardInterrupt

    tomorrow = NOW + timedelta(days=1)
    with pytest.raises(KeyboardInterrupt):
        send_digests(killed, tomorrow)
    assert send_digests(server(box).send, tomorrow) == 0
    assert wang.get("/notices").text.count("● 未读") == 1


# One's own address ----------------------------------------------------------------------------------------


def code_in(box: Postbox) -> str:
    return body(box.mails[-1]).split("：")[1].split("\n")[0]


def ask(clerk: Clerk, address: str = "wang@example.com"):
    clerk.get("/mail")
    return clerk.press("发验证码", email=address)


def address_of(username: str) -> str:
    with reading() as session:
        return session.get_one(Account, actor(username).account_id).email


def test_an_address_counts_when_its_code_comes_back(world, wang, mail_on):
    tell(world.ours.id, 3)
    page = ask(wang)
    assert "已发到 wang@example.com" in page.words and address_of("wang") == ""
    page = wang.press("确认邮箱", code=code_in(mail_on))
    assert "已开通" in page.words and "wang@example.com" in page.words
    assert address_of("wang") == "wang@example.com"
    assert mailed_up_to("wang") == 3, "what was told before is not mailed"
    assert [event.after for event in audited("mail_confirmed")] == [{"email": "w***@example.com"}]
    wang.press("关闭邮件提醒")
    assert address_of("wang") == "" and len(audited("mail_stopped")) == 1


def test_the_code_is_nowhere_but_in_the_mail(wang, mail_on):
    ask(wang)
    code = code_in(mail_on)
    assert len(code) == 8 and code not in wang.page.text
    with reading() as session:
        from sqlalchemy import select

        from models.account import LoginSession

        kept = [str(data) for data in session.scalars(select(LoginSession.data))]
    assert any("mail_code" in one for one in kept) and not any(code in one for one in kept)


def test_five_wrong_codes_and_it_is_over(wang, mail_on):
    ask(wang)
    code = code_in(mail_on)
    for left in (4, 3, 2, 1, 0):
        page = wang.press("确认邮箱", code="1" * 8 if code != "1" * 8 else "2" * 8)
        assert page.status == 422 and f"还可以试 {left} 次" in page.words
    assert "已经失效" in wang.post("/mail/confirm", {"code": code}).words
    assert address_of("wang") == ""


def test_a_code_grows_old(wang, mail_on, clock):
    ask(wang)
    clock.move(minutes=31)
    wang.sign_in("wang")
    page = wang.post("/mail/confirm", {"code": code_in(mail_on)})
    assert page.status == 422 and "已经失效" in page.words


def test_a_code_without_having_asked(wang, mail_on):
    assert wang.post("/mail/confirm", {"code": "12345678"}).status == 422


@pytest.mark.parametrize(
    "address", ["", "wang", "wang@", "a b@example.com", "a@b", "a@例子.cn", "a@x.cn\nBcc: b@x.cn"]
)
def test_what_is_no_address_is_said_beside_the_field(wang, mail_on, address):
    page = ask(wang, address)
    assert page.status == 422 and "不是邮箱地址" in page.one("//p[@id='email-e']").text_content()
    assert mail_on.mails == []


def test_a_stranger_is_not_flooded(wang, mail_on):
    for _ in range(5):
        wang.post("/mail", {"email": "stranger@example.com"})
    page = wang.post("/mail", {"email": "stranger@example.com"})
    assert page.status == 422 and "没有再发" in page.words and len(mail_on.mails) == 5


def test_a_server_that_refuses_is_said_and_nothing_is_kept(wang, mail_on):
    mail_on.refused.add("wang@example.com")
    page = ask(wang)
    assert page.status == 422 and "没有收下" in page.words
    assert "确认邮箱" not in wang.get("/mail").words


def test_without_a_mail_server_the_page_says_so(wang):
    page = wang.get("/mail")
    assert "没有配置邮件服务器" in page.words and "发验证码" not in page.words
    assert wang.post("/mail", {"email": "wang@example.com"}).status == 422


# How it is configured ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("WANGTING_SMTP_TLS", {"WANGTING_SMTP_TLS": "ssl"}),
        ("WANGTING_SMTP_FROM", {"WANGTING_SMTP_HOST": "mail.example.com"}),
        ("WANGTING_SMTP_FROM", {"WANGTING_SMTP_HOST": "mail.example.com", "WANGTING_SMTP_FROM": "hall"}),
        ("WANGTING_NOTICE_DAYS", {"WANGTING_NOTICE_DAYS": "30"}),
    ],
)
def test_a_mail_setting_that_cannot_work_is_named_at_the_start(name, values):
    with pytest.raises(ValueError, match=name):
        load(values)


def test_the_settings_make_the_server():
    values = {
        "SMTP_HOST": "mail.example.com",
        "SMTP_FROM": "hall@example.com",
        "SMTP_TLS": "tls",
        "SMTP_PORT": "465",
    }
    settings = load({f"WANGTING_{name}": value for name, value in values.items()})
    assert mail_server(settings) == MailServer("mail.example.com", 465, "hall@example.com", "tls", "", "")
    assert mail_server(load({})) is None
