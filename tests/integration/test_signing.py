"""申报 signed with the UKey: over exactly what is submitted, by the unit's own key, kept, and checked again later."""

from __future__ import annotations

import base64
import threading
from datetime import timedelta
from io import BytesIO
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.serialization import pkcs7, pkcs12
from pypdf import PdfReader
from sqlalchemy import text, update
from sqlalchemy.exc import DBAPIError

from cert.agent.files import Pkcs12File, Sm2File
from cert.check import Evidence, check_signature
from cert.demo import PIN, Authority, Demo, Holder, make_demo
from cert.folder import TrustFolder
from cert.trust import load_trust
from models.certificate import AccountCertificate, SnapshotSignature
from models.db import reading, transaction
from models.declaration import find_statement
from models.filing import Filing, Snapshot, get_snapshot
from models.region import Region
from rules.refusals import Conflict, Refusal
from services.certificates import remember
from services.declarations import get_own
from services.policies import set_policy
from services.signing import Answer, prepare_signature, submit_signed, verify_signature
from services.snapshots import digest_ahead, is_intact
from tests.factories import CAP, FLOOR, NORTH, NOW, actor, set_bounds
from tests.integration.clerk import Clerk, Page
from tests.integration.way import audited, count, get_declaration, get_filing, tally

USCC = "91230000MA19000200"
ORIGIN = "http://localhost"
FAMILIES = ("RSA", "SM2")


@pytest.fixture(scope="session")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Demo:
    """A demo CA with keys for our unit and for one that the hall knows nothing of."""
    units = [("单位23000072", USCC), ("别家有限公司", "914403001922038216")]
    return make_demo(tmp_path_factory.mktemp("signing-ca"), units, NOW)


@pytest.fixture
def hall(app, world, keys, monkeypatch):
    monkeypatch.setitem(app.config, "TRUST", TrustFolder(keys.trust))
    return app


@pytest.fixture
def trust(keys):
    return load_trust(keys.trust)


@pytest.fixture
def wang(hall, sign_in) -> Clerk:
    return sign_in("wang")


def raw(holder: Holder, family: str, content: str) -> bytes:
    key = Pkcs12File(holder.key, PIN) if family == "RSA" else Sm2File(holder.key, holder.certificate)
    return key.sign(key.certificates()[0].id, content.encode(), PIN)


def detached(holder: Holder, content: str) -> bytes:
    """PKCS#7 as a token's middleware makes it: the signature and the certificate, without the text."""
    key, _, _ = pkcs12.load_key_and_certificates(holder.key.read_bytes(), PIN.encode())
    certificate = x509.load_der_x509_certificate(holder.der)
    builder = pkcs7.PKCS7SignatureBuilder().set_data(content.encode())
    builder = builder.add_signer(certificate, key, hashes.SHA256())
    options = [pkcs7.PKCS7Options.DetachedSignature, pkcs7.PKCS7Options.Binary]
    return builder.sign(serialization.Encoding.DER, options)


def fields_of(page: Page) -> dict[str, str]:
    return {
        box.get("name"): box.get("value", "") for box in page.all("//form[@data-ukey]//input[@type='hidden']")
    }


def signed_form(page: Page, holder: Holder, family: str = "RSA", **changes: str) -> dict[str, str]:
    """The form of the page as ukey.js sends it after the key has signed."""
    asked = page.one("//form[@data-ukey]").get("data-text")
    found = {
        "certificate": base64.b64encode(holder.der).decode(),
        "signature": base64.b64encode(raw(holder, family, asked)).decode(),
        "kind": "raw",
    }
    return {**fields_of(page), **found, **changes}


def press(clerk: Clerk, declaration_id: int, form: dict[str, str]) -> Page:
    return clerk.post(f"/wages/{declaration_id}/sign", form, token=form["csrf_token"])


def sheet_of(clerk: Clerk, declaration_id: int) -> Page:
    """By the link on the page of 申报."""
    link = clerk.get(f"/wages/{declaration_id}/submit").one("//main//a[.='用 UKey 签名并申报']")
    page = clerk.get(link.get("href"))
    assert page.path == f"/wages/{declaration_id}/sign" and page.status == 200
    return page


def ask_for_signature() -> None:
    with transaction() as session:
        session.connection().execute(update(Region).where(Region.code == NORTH).values(signs_submission=True))


def nothing_was_submitted() -> bool:
    return (count(Filing), count(Snapshot), count(SnapshotSignature)) == (0, 0, 0)


def kept() -> SnapshotSignature:
    with reading() as session:
        return session.get_one(SnapshotSignature, 1)


# The way -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("family", FAMILIES)
def test_a_signed_submission_is_handed_over_and_shows_who_signed(wang, way, run_jobs, keys, family):
    declaration_id = way.ready()
    holder = keys.units[0].sign[family]
    page = sheet_of(wang, declaration_id)
    digest = fields_of(page)["digest"]
    assert digest in page.text and page.one("//form[@data-ukey]").get("data-text").endswith(f"\n{digest}")
    page = press(wang, declaration_id, signed_form(page, holder, family))
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


def test_a_detached_pkcs7_counts_as_well(wang, way, keys, trust):
    declaration_id = way.ready()
    page = sheet_of(wang, declaration_id)
    asked = page.one("//form[@data-ukey]").get("data-text")
    p7 = base64.b64encode(detached(keys.units[0].sign["RSA"], asked)).decode()
    form = {**fields_of(page), "signature": p7, "kind": "p7"}
    assert press(wang, declaration_id, form).path == "/filings/"
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


def test_where_the_region_asks_for_it_only_the_signed_way_is_open(wang, way, keys):
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
    assert press(wang, declaration_id, signed_form(page, keys.units[0].sign["RSA"])).path == "/filings/"


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


def test_a_session_too_weak_is_asked_for_the_key_first_and_comes_back(wang, way, keys):
    declaration_id = way.ready()
    set_policy(NORTH, "", "ca", True, False, NOW)
    page = wang.get(f"/wages/{declaration_id}/sign")
    assert page.path == "/login/ca" and "登录后接着办理" in page.words
    form = signed_form(page, keys.units[0].sign["SM2"], "SM2")
    page = wang.post("/login/ca", form, token=form["csrf_token"])
    assert page.path == f"/wages/{declaration_id}/sign"
    assert press(wang, declaration_id, signed_form(page, keys.units[0].sign["RSA"])).path == "/filings/"


# Pressed twice --------------------------------------------------------------------------------------


def test_the_same_form_sent_again_gives_the_same_receipts(wang, way, run_jobs, keys):
    declaration_id = way.ready()
    form = signed_form(sheet_of(wang, declaration_id), keys.units[0].sign["RSA"])
    pages = []
    for _ in range(3):
        pages.append(press(wang, declaration_id, form))
        run_jobs()
    receipts = {tuple(cell.text for cell in page.all("//td[@data-k='回执号']")) for page in pages}
    assert len(receipts) == 1
    assert (count(Filing), count(Snapshot), count(SnapshotSignature)) == (2, 1, 1)
    assert len(audited("declaration_submitted")) == 1


def test_two_presses_at_the_same_moment_make_one_submission(way, hall, keys, trust, clock):
    declaration_id, wang = way.ready(), actor("wang")
    sheet = prepare_signature(wang, declaration_id, "browser", ORIGIN, clock())
    holder = keys.units[0].sign["RSA"]
    evidence = Evidence(holder.der, raw(holder, "RSA", sheet.text), "raw")
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


# Changed in between ----------------------------------------------------------------------------------


def test_a_wage_changed_while_the_page_lay_open_is_a_conflict(wang, way, keys):
    declaration_id = way.ready()
    form = signed_form(sheet_of(wang, declaration_id), keys.units[0].sign["RSA"])
    way.type_wage(declaration_id, 1, "61000", by="li")
    way.backed_up(declaration_id, by="li")
    page = press(wang, declaration_id, form)
    assert page.status == 409 and "确认期间数据有改动" in page.alert
    assert fields_of(page)["digest"] != form["digest"], "the page shows what would be signed now"
    assert nothing_was_submitted()


def test_a_statement_changed_in_between_is_a_conflict(wang, way, keys):
    declaration_id = way.ready()
    form = signed_form(sheet_of(wang, declaration_id), keys.units[0].sign["RSA"])
    with reading() as session:
        version = find_statement(session, declaration_id).version
    way.stated(declaration_id, by="li", version=version, phone="0451-82600001")
    page = press(wang, declaration_id, form)
    assert page.status == 422 and "备份" in page.alert
    way.backed_up(declaration_id, by="li")
    form = signed_form(sheet_of(wang, declaration_id), keys.units[0].sign["RSA"], digest=form["digest"])
    assert "不是为本页的操作签的" in press(wang, declaration_id, form).alert
    assert nothing_was_submitted()


def test_bounds_changed_in_between_are_a_conflict_although_the_list_is_the_same(wang, way, keys):
    declaration_id = way.ready()
    form = signed_form(sheet_of(wang, declaration_id), keys.units[0].sign["RSA"])
    set_bounds(NORTH, "310", FLOOR + 10_000, CAP)
    page = press(wang, declaration_id, form)
    assert page.status == 409 and "确认期间数据有改动" in page.alert
    assert nothing_was_submitted() and get_declaration(declaration_id).state == "open"


# Signatures that do not count --------------------------------------------------------------------------


def test_the_key_of_another_unit_signs_nothing(wang, way, keys):
    declaration_id = way.ready()
    page = press(wang, declaration_id, signed_form(sheet_of(wang, declaration_id), keys.units[1].sign["RSA"]))
    assert page.status == 422
    assert "这张证书是“别家有限公司”的，不是“单位23000072”的" in page.alert
    assert nothing_was_submitted()
    assert audited("certificate_refused")[-1].after == {"code": "sign.other_unit"}


def test_a_key_bound_to_another_operator_signs_nothing(wang, way, keys, trust):
    declaration_id, holder = way.ready(), keys.units[0].sign["RSA"]
    evidence = Evidence(holder.der, raw(holder, "RSA", "x"), "raw")
    identity = check_signature(evidence, b"x", trust, NOW)
    remember(identity, NOW)
    li = actor("li").account_id
    with transaction() as session:
        session.add(
            AccountCertificate(account_id=li, certificate_digest=identity.digest, bound_by=li, bound_at=NOW)
        )
    page = press(wang, declaration_id, signed_form(sheet_of(wang, declaration_id), holder))
    assert page.status == 422 and "这张证书不能用于“王经办”的账户" in page.alert
    assert nothing_was_submitted()


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"signature": ""}, "没有收到签名"),
        ({"signature": base64.b64encode(bytes(256)).decode()}, "对不上"),
        ({"signature": "签名"}, "签名不完整"),
        ({"kind": "other"}, "签名方式不认识"),
        ({"certificate": "AAAA"}, "证书"),
        ({"digest": "0" * 64}, "不是为本页的操作签的"),
        ({"digest": ""}, "不是为本页的操作签的"),
        ({"challenge_id": "0" * 32}, "没有找到这次登录的记录"),
    ],
)
def test_what_is_bent_on_the_way_is_refused_with_its_sentence(wang, way, keys, changes, said):
    declaration_id = way.ready()
    form = signed_form(sheet_of(wang, declaration_id), keys.units[0].sign["RSA"], **changes)
    page = press(wang, declaration_id, form)
    assert page.status == 422 and said in page.alert
    assert page.all("//form[@data-ukey]"), "and the page is there to sign again"
    assert nothing_was_submitted()


@pytest.mark.parametrize("revision", ["", "x", "-1", "²", "9" * 5000])
@pytest.mark.parametrize("where", ["sign", "submit"])
def test_a_damaged_form_is_refused(wang, way, revision, where):
    declaration_id = way.ready()
    page = wang.post(f"/wages/{declaration_id}/{where}", {"revision": revision})
    assert page.status == 422 and "页面内容不完整" in page.words
    assert nothing_was_submitted()


def test_a_question_that_is_over_and_one_of_another_browser_are_refused(wang, way, keys, sign_in, clock):
    declaration_id = way.ready()
    holder = keys.units[0].sign["RSA"]
    li = sign_in("li")
    theirs = signed_form(sheet_of(wang, declaration_id), holder)
    mine = fields_of(sheet_of(li, declaration_id))["csrf_token"]
    page = press(li, declaration_id, {**theirs, "csrf_token": mine})
    assert page.status == 422 and "没有找到" in page.alert
    clock.move(minutes=3, seconds=1)
    assert "超过了 3 分钟" in press(wang, declaration_id, theirs).alert
    assert nothing_was_submitted()


def test_a_signature_for_signing_in_does_not_submit_and_the_other_way_round(wang, way, keys):
    declaration_id, holder = way.ready(), keys.units[0].sign["RSA"]
    page = sheet_of(wang, declaration_id)
    ours = fields_of(page)
    # Somebody signed in sees the other page only when that factor is asked for.
    set_policy(NORTH, "ca", "", False, False, NOW)
    wang.post(f"/wages/{declaration_id}/backup")
    set_policy(NORTH, "", "", False, False, NOW)
    login = signed_form(wang.get("/login/ca"), holder)
    answer = press(wang, declaration_id, {**ours, **login})
    assert answer.status == 422 and "不是为本页的操作签的" in answer.alert
    form = signed_form(page, holder)
    answer = wang.post("/login/ca", form, token=form["csrf_token"])
    assert answer.status == 422 and "不是为本页的操作签的" in answer.alert
    assert nothing_was_submitted()


def test_a_spent_signature_does_not_submit_the_next_version(wang, way, run_jobs, keys):
    declaration_id = way.ready()
    form = signed_form(sheet_of(wang, declaration_id), keys.units[0].sign["RSA"])
    press(wang, declaration_id, form)
    run_jobs()
    for number in (1, 2):
        way.send_back(number)
    page = press(wang, declaration_id, form)
    assert page.status == 422 and "已经用过" in page.alert
    assert count(Snapshot) == 1
    press(wang, declaration_id, signed_form(sheet_of(wang, declaration_id), keys.units[0].sign["SM2"], "SM2"))
    assert (count(Snapshot), count(SnapshotSignature)) == (2, 2)


# Kept ------------------------------------------------------------------------------------------------


def submitted(wang: Clerk, way, keys: Demo, family: str = "RSA") -> int:
    declaration_id = way.ready()
    form = signed_form(sheet_of(wang, declaration_id), keys.units[0].sign[family], family)
    press(wang, declaration_id, form)
    return declaration_id


@pytest.mark.parametrize(
    "statement", ["UPDATE snapshot_signature SET content = 'x'", "DELETE FROM snapshot_signature"]
)
def test_a_signature_is_never_changed(wang, way, keys, statement):
    submitted(wang, way, keys)
    with pytest.raises(DBAPIError, match="is never changed"), transaction() as session:
        session.connection().execute(text(statement))


def test_anybody_sees_on_the_public_page_that_it_was_signed_and_by_whom_in_part(wang, way, keys, hall):
    submitted(wang, way, keys)
    page = Clerk(hall).get(f"/filings/verify?number={get_filing(1).receipt_no}")
    assert "验证通过" in page.words and "2026-06-18 09:00:00" in page.words
    assert "单位23000072" not in page.words and "单位2*****72" in page.words
    serial = f"{x509.load_der_x509_certificate(keys.units[0].sign['RSA'].der).serial_number:x}"
    assert serial in page.text.replace(" ", "")


def test_the_reviewer_sees_the_signature_before_deciding(wang, way, keys, run_jobs, sign_in):
    submitted(wang, way, keys)
    run_jobs()
    page = sign_in("gao").get("/bureau/filings/1")
    assert "电子签名验证通过签名人单位23000072" in "".join(page.words.split())


def test_the_receipt_prints_the_signature(wang, way, keys):
    submitted(wang, way, keys)
    content = wang.http.get("/filings/1/receipt.pdf").data
    words = "".join(page.extract_text() for page in PdfReader(BytesIO(content)).pages).replace("\n", "")
    assert "电子签名" in words and "2026-06-18 09:00:00，证书序列号" in words and "验证通过" in words


def test_it_stays_good_when_the_certificate_has_ended(wang, way, keys, trust, clock):
    submitted(wang, way, keys)
    clock.move(days=4 * 365)
    found = verify_signature(1, trust, clock())
    assert found.is_good and found.signed_at == NOW and found.checked_at == clock()


@pytest.mark.parametrize(("after", "is_good"), [(timedelta(days=1), True), (timedelta(hours=-1), False)])
def test_a_revocation_counts_only_for_signatures_made_after_it(
    app, world, way, sign_in, tmp_path: Path, monkeypatch, after, is_good
):
    office = Authority("SM2", tmp_path, NOW, {})
    holder = office.issue(tmp_path / "unit", "单位23000072", USCC)
    office.write_lists()
    monkeypatch.setitem(app.config, "TRUST", TrustFolder(tmp_path / "trust"))
    clerk, declaration_id = sign_in("wang"), way.ready()
    press(clerk, declaration_id, signed_form(sheet_of(clerk, declaration_id), holder, "SM2"))
    serial = x509.load_der_x509_certificate(holder.der).serial_number
    office.revoked[serial] = NOW + after
    office.now = NOW + timedelta(days=3)
    office.write_lists()
    page = clerk.get("/filings/1")
    assert ("验证通过" in page.words, "验证未通过" in page.words) == (is_good, not is_good)
    assert ("已于 2026-06-18 被发证机构注销" in page.words) == (not is_good)


def test_nobody_confirms_it_where_the_authority_is_not_trusted_any_more(
    wang, way, keys, app, monkeypatch, tmp_path
):
    submitted(wang, way, keys)
    assert verify_signature(1, None, NOW).refusal.code == "sign.no_trust"
    monkeypatch.setitem(app.config, "TRUST", TrustFolder(tmp_path / "none"))
    page = wang.get("/filings/1")
    assert "验证未通过" in page.words and "签名现在不能核对" in page.words
    Authority("SM2", tmp_path, NOW, {}).write_lists()
    assert verify_signature(1, load_trust(tmp_path / "trust"), NOW).refusal.code == "cert.issuer_unknown"


@pytest.mark.parametrize("case", ["other digest", "other purpose", "other signature", "other text"])
def test_a_signature_that_somebody_put_beside_a_snapshot_is_found_out(hall, way, keys, trust, case):
    way.submitted()
    holder = keys.units[0].sign["RSA"]
    with reading() as session:
        digest = get_snapshot(session, 1).digest
    purpose = "login" if case == "other purpose" else "submit"
    about = "0" * 64 if case == "other digest" else digest
    content = "\n".join(["Wangting", purpose, ORIGIN, "00" * 32, "2026-06-18T01:03:00Z", about])
    signature = raw(holder, "RSA", content if case != "other signature" else "something else")
    identity = check_signature(Evidence(holder.der, raw(holder, "RSA", "x"), "raw"), b"x", trust, NOW)
    remember(identity, NOW)
    with transaction() as session:
        session.add(
            SnapshotSignature(
                snapshot_id=1,
                account_id=actor("wang").account_id,
                certificate_digest=identity.digest,
                content=f"签{content}" if case == "other text" else content,
                signature=signature,
                kind="raw",
                signed_at=NOW,
            )
        )
    expected = "sign.other_content" if case in ("other digest", "other purpose") else "signature.wrong"
    assert verify_signature(1, trust, NOW).refusal.code == expected


def test_a_conflict_is_a_refusal_of_its_own_kind(way, hall, keys, trust, clock):
    declaration_id = way.ready()
    sheet = prepare_signature(actor("wang"), declaration_id, "browser", ORIGIN, clock())
    answer = Answer(sheet.challenge_id, Evidence(None, b"", "raw"), sheet.digest, 0, "browser", ORIGIN)
    with pytest.raises(Conflict):
        submit_signed(actor("wang"), declaration_id, answer, trust, clock())
