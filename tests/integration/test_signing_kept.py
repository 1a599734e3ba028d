"""A signature of 申报 is kept unchanged, shown to whoever may see it, and checked again years later."""

from __future__ import annotations

from datetime import timedelta
from io import BytesIO
from pathlib import Path

import pytest
from cryptography import x509
from pypdf import PdfReader
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from cert.check import Evidence, check_signature
from cert.demo import Authority, Demo
from cert.folder import TrustFolder
from cert.trust import load_trust
from models.certificate import SnapshotSignature
from models.db import reading, transaction
from models.filing import get_snapshot
from services.certificates import remember
from services.signing import verify_signature
from tests.factories import NOW, actor
from tests.integration.clerk import Clerk
from tests.integration.ukeys import OURS, send_sheet, sheet_of, signature_of, signed_form
from tests.integration.way import get_filing

ORIGIN = "http://localhost"


@pytest.fixture
def wang(hall, sign_in) -> Clerk:
    return sign_in("wang")


def submitted(wang: Clerk, way, demo: Demo, family: str = "RSA") -> int:
    declaration_id = way.ready()
    form = signed_form(sheet_of(wang, declaration_id), demo.units[0].sign[family], family)
    send_sheet(wang, declaration_id, form)
    return declaration_id


@pytest.mark.parametrize(
    "statement", ["UPDATE snapshot_signature SET content = 'x'", "DELETE FROM snapshot_signature"]
)
def test_a_signature_is_never_changed(wang, way, demo, statement):
    submitted(wang, way, demo)
    with pytest.raises(DBAPIError, match="is never changed"), transaction() as session:
        session.connection().execute(text(statement))


def test_anybody_sees_on_the_public_page_that_it_was_signed_and_by_whom_in_part(wang, way, demo, hall):
    submitted(wang, way, demo)
    page = Clerk(hall).get(f"/filings/verify?number={get_filing(1).receipt_no}")
    assert "验证通过" in page.words and "2026-06-18 09:00:00" in page.words
    assert "单位23000072" not in page.words and "单位2*****72" in page.words
    serial = f"{x509.load_der_x509_certificate(demo.units[0].sign['RSA'].der).serial_number:x}"
    assert serial in page.text.replace(" ", "")


def test_the_reviewer_sees_the_signature_before_deciding(wang, way, demo, run_jobs, sign_in):
    submitted(wang, way, demo)
    run_jobs()
    page = sign_in("gao").get("/bureau/filings/1")
    assert "电子签名验证通过签名人单位23000072" in "".join(page.words.split())


def test_the_receipt_prints_the_signature(wang, way, demo):
    submitted(wang, way, demo)
    content = wang.http.get("/filings/1/receipt.pdf").data
    words = "".join(page.extract_text() for page in PdfReader(BytesIO(content)).pages).replace("\n", "")
    assert "电子签名" in words and "2026-06-18 09:00:00，证书序列号" in words and "验证通过" in words


def test_it_stays_good_when_the_certificate_has_ended(wang, way, demo, trust, clock):
    submitted(wang, way, demo)
    clock.move(days=4 * 365)
    found = verify_signature(1, trust, clock())
    assert found.is_good and found.signed_at == NOW and found.checked_at == clock()


@pytest.mark.parametrize(("after", "is_good"), [(timedelta(days=1), True), (timedelta(hours=-1), False)])
def test_a_revocation_counts_only_for_signatures_made_after_it(
    hall, way, sign_in, tmp_path: Path, monkeypatch, after, is_good
):
    office = Authority("SM2", tmp_path, NOW, {})
    holder = office.issue(tmp_path / "unit", "单位23000072", OURS)
    office.write_lists()
    monkeypatch.setitem(hall.config, "TRUST", TrustFolder(tmp_path / "trust"))
    clerk, declaration_id = sign_in("wang"), way.ready()
    send_sheet(clerk, declaration_id, signed_form(sheet_of(clerk, declaration_id), holder, "SM2"))
    serial = x509.load_der_x509_certificate(holder.der).serial_number
    office.revoked[serial] = NOW + after
    office.now = NOW + timedelta(days=3)
    office.write_lists()
    page = clerk.get("/filings/1")
    assert ("验证通过" in page.words, "验证未通过" in page.words) == (is_good, not is_good)
    assert ("已于 2026-06-18 被发证机构注销" in page.words) == (not is_good)


def test_nobody_confirms_it_where_the_authority_is_not_trusted_any_more(
    wang, way, demo, app, monkeypatch, tmp_path
):
    submitted(wang, way, demo)
    assert verify_signature(1, None, NOW).refusal.code == "sign.no_trust"
    monkeypatch.setitem(app.config, "TRUST", TrustFolder(tmp_path / "none"))
    page = wang.get("/filings/1")
    assert "验证未通过" in page.words and "签名现在不能核对" in page.words
    Authority("SM2", tmp_path, NOW, {}).write_lists()
    assert verify_signature(1, load_trust(tmp_path / "trust"), NOW).refusal.code == "cert.issuer_unknown"


@pytest.mark.parametrize("case", ["other digest", "other purpose", "other signature", "other text"])
def test_a_signature_that_somebody_put_beside_a_snapshot_is_found_out(hall, way, demo, trust, case):
    way.submitted()
    holder = demo.units[0].sign["RSA"]
    with reading() as session:
        digest = get_snapshot(session, 1).digest
    purpose = "login" if case == "other purpose" else "submit"
    about = "0" * 64 if case == "other digest" else digest
    content = "\n".join(["Wangting", purpose, ORIGIN, "00" * 32, "2026-06-18T01:03:00Z", about])
    signature = signature_of(holder, "RSA", content if case != "other signature" else "something else")
    identity = check_signature(
        Evidence(holder.der, signature_of(holder, "RSA", "x"), "raw"), b"x", trust, NOW
    )
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
