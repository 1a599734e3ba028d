"""申报 signed with the UKey: over exactly what is submitted, once, and not without it where it is asked for."""

from __future__ import annotations

import base64
import threading

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.serialization import pkcs7, pkcs12
from sqlalchemy import update

from cert.check import Evidence
from cert.demo import PIN, Holder
from cert.folder import TrustFolder
from models.certificate import SnapshotSignature
from models.db import reading, transaction
from models.filing import Filing, Snapshot, get_snapshot
from models.region import Region
from rules.refusals import Conflict, Refusal
from services.declarations import get_own
from services.policies import set_policy
from services.signing import Answer, prepare_signature, submit_signed, verify_signature
from services.snapshots import digest_ahead, is_intact
from tests.factories import NORTH, NOW, actor
from tests.integration.clerk import Clerk
from tests.integration.ukeys import fields_of, send_sheet, sheet_of, signature_of, signed_form
from tests.integration.way import audited, count, get_filing, tally

ORIGIN = "http://localhost"


@pytest.fixture
def wang(hall, sign_in) -> Clerk:
    return sign_in("wang")


def detached(holder: Holder, content: str) -> bytes:
    """PKCS#7 as a token's middleware makes it: the signature and the certificate, without the text."""
    key, _, _ = pkcs12.load_key_and_certificates(holder.key.read_bytes(), PIN.encode())
    certificate = x509.load_der_x509_certificate(holder.der)
    builder = pkcs7.PKCS7SignatureBuilder().set_data(content.encode())
    builder = builder.add_signer(certificate, key, hashes.SHA256())
    options = [pkcs7.PKCS7Options.DetachedSignature, pkcs7.PKCS7Options.Binary]
    return builder.sign(serialization.Encoding.DER, options)


def nothing_was_submitted() -> bool:
    return (count(Filing), count(Snapshot), count(SnapshotSignature)) == (0, 0, 0)


def ask_for_signature() -> None:
    with transaction() as session:
        session.connection().execute(update(Region).where(Region.code == NORTH).values(signs_submission=True))


def kept() -> SnapshotSignature:
    with reading() as session:
        return session.get_one(SnapshotSignature, 1)


# The way -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("family", ("RSA", "SM2"))
def test_a_signed_submission_is_handed_over_and_shows_who_signed(wang, way, run_jobs, demo, family):
    declaration_id = way.ready()
    holder = demo.units[0].sign[family]
    page = sheet_of(wang, declaration_id)
    digest = fields_of(page)["digest"]
    assert digest in page.text and page.one("//form[@data-ukey]").get("data-text").endswith(f"\n{digest}")
    page = send_sheet(wang, declaration_id, signed_form(page, holder, family))
    assert page.path == "/filings/" and "不要重复申报" in page.words
    run_jobs()
    assert {get_filing(number).state for number in (1, 2)} == {"pending"}
    with reading() as session:
        snapshot = get_snapshot(session, 1)
        assert snapshot.digest == digest and is_intact(session, snapshot)
    (sent,) = audited("declaration_submitted")
    assert sent.after["certificate"] == kept().certificate_digest
    for number in (1, 2):
        page = wang.get(f"/filings/{number}")
        assert "电子签名 验证通过" in page.words
        assert "单位23000072" in page.words and "王经办" in page.words and family in page.words


def test_a_detached_pkcs7_counts_as_well(wang, way, demo, trust):
    declaration_id = way.ready()
    page = sheet_of(wang, declaration_id)
    asked = page.one("//form[@data-ukey]").get("data-text")
    p7 = base64.b64encode(detached(demo.units[0].sign["RSA"], asked)).decode()
    form = {**fields_of(page), "signature": p7, "kind": "p7"}
    assert send_sheet(wang, declaration_id, form).path == "/filings/"
    assert verify_signature(1, trust, NOW).is_good


def test_what_is_signed_ahead_is_what_is_stored(way, hall, clock):
    declaration_id = way.ready("60000", "0.5", "62000")
    with reading() as session:
        declaration = get_own(session, actor("wang"), declaration_id)
        ahead = digest_ahead(session, declaration, ["310", "410", "510"], clock())
    clock.move(hours=5)
    way.submit(declaration_id)
    with reading() as session:
        assert get_snapshot(session, 1).digest == ahead


def test_the_page_says_without_a_script_what_it_needs_and_lets_the_ukey_be_asked(wang, way):
    declaration_id = way.ready()
    page = sheet_of(wang, declaration_id)
    assert "使用 UKey 需要浏览器脚本" in page.words
    assert page.all("//main//a[.='不签名，返回申报']")
    assert "http://127.0.0.1:10089" in page.headers["Content-Security-Policy"]


def test_elsewhere_the_plain_submission_stays_and_has_no_signature(wang, way, trust):
    declaration_id = way.ready()
    wang.get(f"/wages/{declaration_id}/submit")
    assert wang.press("确认申报").path == "/filings/"
    assert count(SnapshotSignature) == 0
    assert verify_signature(1, trust, NOW) is None
    assert "电子签名" not in wang.get("/filings/1").words


def test_where_the_region_asks_for_it_only_the_signed_way_is_open(wang, way, demo):
    declaration_id = way.ready()
    ask_for_signature()
    page = wang.get(f"/wages/{declaration_id}/submit")
    assert "要用本单位的 UKey 签名" in page.words
    assert not page.all("//button[contains(., '申报')]")
    page = wang.post(f"/wages/{declaration_id}/submit", {"revision": str(tally(declaration_id).revision)})
    assert page.status == 422 and "要用本单位的 UKey 签名" in page.alert
    assert nothing_was_submitted()
    page = sheet_of(wang, declaration_id)
    assert not page.all("//main//a[.='不签名，返回申报']")
    assert send_sheet(wang, declaration_id, signed_form(page, demo.units[0].sign["RSA"])).path == "/filings/"


def test_what_is_lacking_is_said_before_anything_is_signed(wang, way):
    declaration_id = way.stated(way.entered())
    assert not wang.get(f"/wages/{declaration_id}/submit").all("//a[contains(@href, '/sign')]")
    page = wang.get(f"/wages/{declaration_id}/sign")
    assert page.status == 422 and "还没有备份" in page.alert
    assert not page.all("//form[@data-ukey]")


def test_a_hall_without_trust_offers_no_signature(app, world, way, sign_in, tmp_path, monkeypatch):
    monkeypatch.setitem(app.config, "TRUST", TrustFolder(tmp_path / "none"))
    clerk, declaration_id = sign_in("wang"), way.ready()
    assert not clerk.get(f"/wages/{declaration_id}/submit").all("//a[contains(@href, '/sign')]")
    page = clerk.get(f"/wages/{declaration_id}/sign")
    assert page.status == 422 and "签名现在不能核对" in page.alert


def test_another_units_declaration_is_not_there(way, hall, sign_in):
    declaration_id = way.ready()
    assert sign_in("zhao").get(f"/wages/{declaration_id}/sign").status == 404


def test_a_session_too_weak_is_asked_for_the_key_first_and_comes_back(wang, way, demo):
    declaration_id = way.ready()
    set_policy(NORTH, "", "ca", True, False, NOW)
    page = wang.get(f"/wages/{declaration_id}/sign")
    assert page.path == "/login/ca" and "登录后接着办理" in page.words
    form = signed_form(page, demo.units[0].sign["SM2"], "SM2")
    page = wang.post("/login/ca", form, token=form["csrf_token"])
    assert page.path == f"/wages/{declaration_id}/sign"
    assert send_sheet(wang, declaration_id, signed_form(page, demo.units[0].sign["RSA"])).path == "/filings/"


# Pressed twice --------------------------------------------------------------------------------------


def test_the_same_form_sent_again_gives_the_same_receipts(wang, way, run_jobs, demo):
    declaration_id = way.ready()
    form = signed_form(sheet_of(wang, declaration_id), demo.units[0].sign["RSA"])
    pages = []
    for _ in range(3):
        pages.append(send_sheet(wang, declaration_id, form))
        run_jobs()
    receipts = {tuple(cell.text for cell in page.all("//td[@data-k='回执号']")) for page in pages}
    assert len(receipts) == 1
    assert (count(Filing), count(Snapshot), count(SnapshotSignature)) == (2, 1, 1)
    assert len(audited("declaration_submitted")) == 1


def test_two_presses_at_the_same_moment_make_one_submission(way, hall, demo, trust, clock):
    declaration_id, wang = way.ready(), actor("wang")
    sheet = prepare_signature(wang, declaration_id, "browser", ORIGIN, clock())
    holder = demo.units[0].sign["RSA"]
    evidence = Evidence(holder.der, signature_of(holder, "RSA", sheet.text), "raw")
    answer = Answer(sheet.challenge_id, evidence, sheet.digest, sheet.revision, "browser", ORIGIN)
    found: list[object] = []
    barrier = threading.Barrier(4)

    def send() -> None:
        barrier.wait()
        try:
            found.append(tuple(sorted(submit_signed(wang, declaration_id, answer, trust, clock())[0])))
        except Refusal as refusal:
            found.append(refusal.code)

    threads = [threading.Thread(target=send) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    # Whoever came between the question's end and the submission's beginning is told, and loses nothing.
    assert (1, 2) in found and set(found) <= {(1, 2), "challenge.used"}
    assert submit_signed(wang, declaration_id, answer, trust, clock()) == ([2, 1], 0)
    assert (count(Filing), count(Snapshot), count(SnapshotSignature)) == (2, 1, 1)


def test_a_conflict_is_a_refusal_of_its_own_kind(way, hall, demo, trust, clock):
    declaration_id = way.ready()
    sheet = prepare_signature(actor("wang"), declaration_id, "browser", ORIGIN, clock())
    answer = Answer(sheet.challenge_id, Evidence(None, b"", "raw"), sheet.digest, 0, "browser", ORIGIN)
    with pytest.raises(Conflict):
        submit_signed(actor("wang"), declaration_id, answer, trust, clock())
