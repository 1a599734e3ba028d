"""CA 登录: the right certificate opens the right door, every other gets its own sentence, and nothing counts twice."""

from __future__ import annotations

import base64
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding, pkcs7, pkcs12
from sqlalchemy import select, update

from blueprints.shared.sentences import SENTENCES
from cert.check import check_certificate
from cert.demo import PIN
from cert.folder import TrustFolder
from models.account import Account, LoginSession
from models.certificate import AccountCertificate, CertificateRecord, RecordCorrection
from models.db import reading, transaction
from models.unit import Unit
from services.accounts import session_digest
from services.certificates import remember
from tests.factories import NOW, WEST, actor, make_account
from tests.integration.clerk import Clerk
from tests.integration.ukeys import FAR, THEIRS, signature_of, signed, signed_form
from tests.integration.way import audited

KINDS = ("RSA", "SM2")


@pytest.fixture
def visitor(hall) -> Clerk:
    return Clerk(hall)


def only_operator(name: str = "chen") -> int:
    return actor(name).account_id


@pytest.mark.parametrize("kind", KINDS)
def test_the_only_operator_of_the_unit_is_in_at_once(visitor, demo, kind):
    page = signed(visitor, demo.units[1].sign[kind], kind)
    assert page.path == "/"
    assert "陈经办" in page.words
    assert audited("signed_in")[-1].after["how"] == "ca"
    assert audited("signed_in")[-1].actor_id == only_operator()


def test_the_session_goes_on_under_a_new_id(visitor, demo):
    visitor.get("/login/ca")
    before = visitor.cookie
    signed(visitor, demo.units[1].sign["RSA"], "RSA")
    assert visitor.cookie != before


def test_several_operators_are_for_the_person_to_choose_from(visitor, demo):
    page = signed(visitor, demo.units[0].sign["RSA"], "RSA")
    assert page.path == "/login/ca/choice"
    assert "王经办" in page.words and "李经办" in page.words and "赵经办" not in page.words
    assert "李经办" in visitor.press("李经办").words
    assert visitor.page.path == "/"


def test_an_account_that_was_not_offered_is_not_opened(visitor, demo):
    signed(visitor, demo.units[0].sign["RSA"], "RSA")
    page = visitor.post("/login/ca/choice", {"account": only_operator("zhao")})
    assert page.path == "/login/ca/choice"
    assert visitor.get("/wages/").path.startswith("/login")


def test_several_unit_numbers_under_one_code_are_for_the_person_to_choose_from(visitor, world, demo):
    with transaction() as session:
        session.connection().execute(update(Unit).where(Unit.id == world.theirs.id).values(uscc=FAR))
    page = signed(visitor, demo.units[1].sign["SM2"], "SM2")
    assert "陈经办" in page.words and "赵经办" in page.words
    assert "23000099" in page.words and "15010312" in page.words


def test_a_bound_certificate_opens_its_account_alone(visitor, world, demo):
    signed(visitor, demo.units[0].sign["SM2"], "SM2")
    with transaction() as session:
        digest = session.scalars(select(CertificateRecord.digest)).one()
        li = only_operator("li")
        session.add(AccountCertificate(account_id=li, certificate_digest=digest, bound_by=li, bound_at=NOW))
    page = signed(Clerk(visitor.http.application), demo.units[0].sign["SM2"], "SM2")
    assert page.path == "/" and "李经办" in page.words
    # The unit's other certificate opens the other operator, and li no more.
    page = signed(Clerk(visitor.http.application), demo.units[0].sign["RSA"], "RSA")
    assert page.path == "/" and "王经办" in page.words


def test_a_closed_account_is_not_opened(visitor, demo):
    with transaction() as session:
        session.connection().execute(
            update(Account).where(Account.username == "chen").values(is_active=False)
        )
    page = signed(visitor, demo.units[1].sign["RSA"], "RSA")
    assert page.status == 422
    assert "没有可以用这张证书登录的经办人" in page.words


def test_every_sample_of_the_demo_ca_gets_its_answer(hall, demo):
    answers = {}
    for sample in demo.samples:
        for kind, holder in sample.holders.items():
            clerk = Clerk(hall)
            page = signed(clerk, holder, kind)
            assert clerk.get("/wages/").path.startswith("/login"), sample.name
            if sample.answer == "other_unit":
                assert page.path == "/login/ca/mismatch", sample.name
                continue
            assert page.status == 422, (sample.name, page.words)
            opening = SENTENCES[sample.answer].split("%(")[0]
            assert opening in page.words, (sample.name, kind, page.words)
            assert audited("certificate_refused")[-1].after == {"code": sample.answer}
            answers[sample.answer] = sample.name
    assert len(answers) >= 4


@pytest.mark.parametrize("is_detached", [True, False])
def test_a_pkcs7_signature_brings_its_certificate(visitor, demo, is_detached):
    holder = demo.units[1].sign["RSA"]
    key, certificate, _others = pkcs12.load_key_and_certificates(holder.key.read_bytes(), PIN.encode())
    text = visitor.get("/login/ca").one("//form[@data-ukey]").get("data-text")
    number = visitor.page.value("challenge_id")
    options = [pkcs7.PKCS7Options.Binary] + [pkcs7.PKCS7Options.DetachedSignature] * is_detached
    builder = pkcs7.PKCS7SignatureBuilder().set_data(text.encode())
    sealed = builder.add_signer(certificate, key, hashes.SHA256()).sign(Encoding.DER, options)
    fields = {"signature": base64.b64encode(sealed).decode(), "kind": "p7", "certificate": ""}
    page = visitor.post("/login/ca", {**fields, "challenge_id": number})
    assert page.path == "/" and "陈经办" in page.words


def test_a_signature_counts_once(visitor, demo):
    page = visitor.get("/login/ca")
    fields = signed_form(page, demo.units[0].sign["RSA"])
    assert visitor.post("/login/ca", fields, token=fields["csrf_token"]).path == "/login/ca/choice"
    again = visitor.post("/login/ca", fields, token=fields["csrf_token"])
    assert again.status == 422 and "已经用过" in again.words


def test_a_question_is_good_for_three_minutes(visitor, demo, clock):
    page = visitor.get("/login/ca")
    text = page.one("//form[@data-ukey]").get("data-text")
    number = page.value("challenge_id")
    clock.move(minutes=3, seconds=1)
    late = signed(visitor, demo.units[1].sign["RSA"], "RSA", text=text, challenge_id=number)
    assert late.status == 422 and "3 分钟" in late.words


def test_another_browsers_question_is_nobodys(hall, demo):
    theirs = Clerk(hall)
    number = theirs.get("/login/ca").value("challenge_id")
    text = theirs.page.one("//form[@data-ukey]").get("data-text")
    page = signed(Clerk(hall), demo.units[1].sign["RSA"], "RSA", text=text, challenge_id=number)
    assert page.status == 422 and "没有找到这次登录的记录" in page.words


@pytest.mark.parametrize(
    "changes",
    [
        {"certificate": "AAAA"},
        {"certificate": "不是证书"},
        {"certificate": ""},
        {"certificate": "A" * 200_000},
        {"signature": ""},
        {"signature": "===="},
        {"signature": "A" * 2_000_000},
        {"kind": "x"},
        {"kind": "p7"},
        {"challenge_id": ""},
        {"challenge_id": "0" * 5000},
    ],
)
def test_whatever_is_sent_is_answered_with_one_sentence(visitor, demo, changes):
    page = signed(visitor, demo.units[1].sign["RSA"], "RSA", **changes)
    assert page.status == 422
    assert len(audited("certificate_refused")) == 1
    assert set(audited("certificate_refused")[0].after) == {"code"}
    assert len(page.all("//*[@role='alert' and contains(@class, 'bad') and not(@hidden)]")) == 1
    assert visitor.get("/wages/").path.startswith("/login")


def test_another_units_key_does_not_sign_for_us(visitor, demo):
    other = demo.units[0].sign["RSA"]
    page = visitor.get("/login/ca")
    text = page.one("//form[@data-ukey]").get("data-text")
    wrong = base64.b64encode(signature_of(other, "RSA", text)).decode()
    page = signed(visitor, demo.units[1].sign["RSA"], "RSA", signature=wrong)
    assert page.status == 422


def test_a_mismatch_shows_both_and_sends_them_to_the_bureau(hall, world, demo, sign_in):
    with transaction() as session:
        session.connection().execute(update(Unit).where(Unit.id == world.far.id).values(uscc=THEIRS))
    clerk = Clerk(hall)
    page = signed(clerk, demo.units[1].sign["SM2"], "SM2")
    assert page.path == "/login/ca/mismatch"
    assert FAR in page.words.replace(" ", "")
    assert THEIRS not in page.words.replace(" ", ""), "the bureau's code is masked"
    page = clerk.press("生成核对单并发送")
    assert "已发送" in page.words
    clerk.post("/login/ca/mismatch")
    with reading() as session:
        correction = session.scalars(select(RecordCorrection)).one()
    assert correction.number in page.words
    assert clerk.get("/wages/").path.startswith("/login")

    gao, na = sign_in("gao"), sign_in("na")
    assert correction.number not in gao.get("/bureau/corrections").words
    assert correction.number in na.get("/bureau/corrections").words
    assert gao.post(f"/bureau/corrections/{correction.id}", {"note": "看过"}).status == 404
    assert na.press("办结").status == 422
    assert "已办结" in na.press("办结", note="已按营业执照改正登记").words
    assert na.post(f"/bureau/corrections/{correction.id}", {"note": "再办"}).status == 409
    assert audited("correction_settled")[-1].after == {"note": "已按营业执照改正登记"}


def test_a_unit_of_another_name_is_found_by_its_number(hall, world, demo):
    with transaction() as session:
        renamed = update(Unit).where(Unit.id == world.far.id).values(uscc=THEIRS, name="另一家单位")
        session.connection().execute(renamed)
    clerk = Clerk(hall)
    page = signed(clerk, demo.units[1].sign["RSA"], "RSA")
    assert "另一家单位" not in page.words
    assert "没有唯一的单位编号 1" in clerk.press("对照登记", unit_no="1").words
    page = clerk.press("对照登记", unit_no="15010312")
    assert "生成核对单并发送" in page.words
    assert "另一家单位" not in page.words
    for number in range(2, 5):
        clerk.get(f"/login/ca/mismatch?unit_no={number}")
    assert "生成核对单并发送" in clerk.get("/login/ca/mismatch?unit_no=15010312").words
    assert "已经对照了几个单位编号" in clerk.get("/login/ca/mismatch?unit_no=23000072").words


def test_one_certificate_does_not_send_a_correction_to_every_unit(hall, world, demo):
    with transaction() as session:
        renamed = update(Unit).where(Unit.id == world.far.id).values(uscc=THEIRS, name="另一家单位")
        session.connection().execute(renamed)
    clerk = Clerk(hall)
    signed(clerk, demo.units[1].sign["RSA"], "RSA")
    for number in range(1, 6):
        clerk.post("/login/ca/mismatch", {"unit_no": str(number)})
    assert "已经对照了几个单位编号" in clerk.post("/login/ca/mismatch", {"unit_no": "15010312"}).words
    with reading() as session:
        assert session.scalars(select(RecordCorrection)).all() == []


def test_the_certificate_of_the_session_is_shown(visitor, demo, clock):
    signed(visitor, demo.units[1].sign["SM2"], "SM2")
    words = visitor.get("/certificate").words
    assert FAR in words and "SM2" in words and "单位15010312" in words
    clock.now = NOW.replace(year=NOW.year + 3, month=NOW.month, day=2)
    late = Clerk(visitor.http.application)
    page = signed(late, demo.units[1].sign["SM2"], "SM2")
    assert "到期" in page.words
    assert "天到期" in late.get("/certificate").words


def test_a_session_without_a_certificate_says_so(wang):
    assert "不是用证书登录的" in wang.get("/certificate").words


def test_one_factor_more_keeps_the_session_and_its_account(hall, demo, sign_in, world):
    make_account("second", "二号", WEST, world.far.id)
    chen = sign_in("chen")
    with transaction() as session:
        row = session.get_one(LoginSession, session_digest(chen.cookie or ""))
        row.data = {**row.data, "step_up": "ca"}
        session.add(row)
    page = signed(chen, demo.units[1].sign["RSA"], "RSA")
    assert page.path == "/" and "陈经办" in page.words
    with reading() as session:
        row = session.get_one(LoginSession, session_digest(chen.cookie or ""))
    assert row.factors == "password ca"
    assert "step_up" not in row.data
    assert chen.get("/login/ca").path == "/"


def test_without_a_trust_folder_the_page_says_what_to_use_instead(app, world, demo, tmp_path, monkeypatch):
    monkeypatch.setitem(app.config, "TRUST", TrustFolder(tmp_path / "none"))
    page = signed(Clerk(app), demo.units[1].sign["RSA"], "RSA")
    assert page.status == 422 and "还没有开通 CA 登录" in page.words


def test_a_trust_folder_that_cannot_be_read_is_our_fault(app, world, demo, tmp_path, monkeypatch):
    (tmp_path / "anchors").mkdir()
    (tmp_path / "anchors" / "root.pem").write_text("nothing")
    monkeypatch.setitem(app.config, "TRUST", TrustFolder(tmp_path))
    page = signed(Clerk(app), demo.units[1].sign["RSA"], "RSA")
    assert page.status == 422 and "不是您的操作问题" in page.words


def test_a_changed_trust_folder_counts_at_once(tmp_path, demo):
    folder = TrustFolder(tmp_path)
    assert folder.current() is None
    _copy(demo.trust, tmp_path)
    first = folder.current()
    assert first is not None and folder.current() is first
    for path in (tmp_path / "crls").iterdir():
        path.unlink()
    assert folder.current() is not first


def _copy(source: Path, target: Path) -> None:
    for path in source.rglob("*"):
        if path.is_file():
            place = target / path.relative_to(source)
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(path.read_bytes())


def test_the_page_may_ask_the_ukey_services_and_nobody_else(visitor):
    page = visitor.http.get("/login/ca")
    policy = page.headers["Content-Security-Policy"]
    assert "connect-src 'self' http://127.0.0.1:10086 http://127.0.0.1:10089" in policy
    assert "10089" not in visitor.http.get("/login").headers["Content-Security-Policy"]


def test_the_same_certificate_is_remembered_once_whoever_is_first(hall, demo):
    identity = check_certificate(demo.units[1].sign["RSA"].der, hall.config["TRUST"].current(), NOW)
    gate = Barrier(2)

    def enter() -> None:
        gate.wait(10)
        remember(identity, NOW)

    with ThreadPoolExecutor(2) as pool:
        for turn in [pool.submit(enter) for _ in range(2)]:
            turn.result(20)
    with reading() as session:
        assert session.scalars(select(CertificateRecord.digest)).all() == [identity.digest]


def test_a_form_beyond_all_measure_is_one_sentence(visitor):
    token = visitor.get("/login/ca").value("csrf_token")
    page = visitor.post("/login/ca", {"certificate": "A" * (5 * 2**20)}, token=token)
    assert page.status == 413
    assert "这一页填写的内容太多" in page.words
