"""The sample's certificates: made once for every sample unit, trusted, and each opens its own unit's door."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from urllib.parse import quote

import pytest
from sqlalchemy import update

from blueprints.auth.tls import TRUSTED
from cert.check import check_certificate
from cert.demo import FAMILIES
from cert.folder import TrustFolder
from cert.match import codes_match
from models.db import transaction
from models.unit import Unit
from services.demo import UNITS, make_demo_ca
from tests.factories import NOW
from tests.integration.clerk import Clerk, Page
from tests.integration.way import audited

UNIT = UNITS[3]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with the demo CA and its trust."""
    folder = tmp_path_factory.mktemp("data")
    assert make_demo_ca(folder / "demo-ca", folder / "trust", NOW)
    return folder


def signing(folder: Path, uscc: str, kind: str) -> bytes:
    return (folder / "demo-ca" / "units" / uscc / f"{kind.lower()}-sign.pem").read_bytes()


def test_every_sample_unit_has_keys_that_are_trusted(made):
    trust = TrustFolder(made / "trust").current()
    for unit in UNITS:
        for kind in FAMILIES:
            identity = check_certificate(signing(made, unit.uscc, kind), trust, NOW)
            assert (identity.subject_name, identity.algorithm) == (unit.name, kind)
            assert codes_match(identity.codes, unit.uscc)
            assert identity.codes.unit_nos == (unit.unit_no,)


def content(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_a_later_start_changes_nothing(made):
    before = content(made)
    assert make_demo_ca(made / "demo-ca", made / "trust", NOW + timedelta(days=1)) is False
    assert content(made) == before


def test_what_is_trusted_already_stays(tmp_path):
    (tmp_path / "trust" / "anchors").mkdir(parents=True)
    assert make_demo_ca(tmp_path / "demo-ca", tmp_path / "trust", NOW)
    assert [path.name for path in (tmp_path / "trust").rglob("*")] == ["anchors"]


def test_a_start_that_was_cut_off_is_made_good(made, tmp_path):
    for name in ("demo-ca.new", "trust.new"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "half").touch()
    assert make_demo_ca(tmp_path / "demo-ca", tmp_path / "trust", NOW)
    assert not list(tmp_path.rglob("half")) and not list(tmp_path.glob("*.new"))
    assert content(tmp_path).keys() == content(made).keys()
    # The keys are there and only what was to be trusted is missing.
    (tmp_path / "trust").rename(tmp_path / "lost")
    assert make_demo_ca(tmp_path / "demo-ca", tmp_path / "trust", NOW) is False
    assert content(tmp_path / "trust") == content(tmp_path / "lost")


@pytest.fixture
def door(made, app, world) -> Iterator[Clerk]:
    """A browser at the page of mutual TLS; the unit in the west has the code of a sample unit."""
    with transaction() as session:
        session.connection().execute(
            update(Unit).where(Unit.id == world.far.id).values(uscc=UNIT.uscc, unit_no=UNIT.unit_no)
        )
    kept = app.config["TRUST"]
    app.config["TRUST"] = TrustFolder(made / "trust")
    yield Clerk(app)
    app.config["TRUST"] = kept


def present(clerk: Clerk, certificate: bytes, query: str = "", **environ: object) -> Page:
    """Come as nginx sends a browser that has this certificate."""
    answer = clerk.http.get(
        f"/login/tls{query}",
        headers={"X-Client-Certificate": quote(certificate)} if certificate else {},
        environ_overrides={TRUSTED: True, **environ},
        follow_redirects=True,
    )
    clerk.page = Page(answer)
    return clerk.page


@pytest.mark.parametrize("kind", FAMILIES)
def test_a_unit_comes_in_by_its_certificate(door, made, kind):
    page = present(door, signing(made, UNIT.uscc, kind), "?next=/filings/")
    assert (page.status, page.path) == (200, "/filings/"), page.words
    assert [event.after["how"] if event.after else None for event in audited("signed_in")] == ["ca"]
    assert UNIT.uscc in door.get("/certificate").words


def test_another_site_is_never_where_a_certificate_leads(door, made):
    assert present(door, signing(made, UNIT.uscc, "RSA"), "?next=//elsewhere.example/").path == "/"


def test_elsewhere_the_page_is_not_there(door, made):
    assert present(door, signing(made, UNIT.uscc, "RSA"), **{TRUSTED: False}).status == 404
    assert audited("signed_in") == []


def test_nothing_sent_is_told_from_something_wrong(door):
    page = present(door, b"")
    assert page.status == 200 and "浏览器没有送来证书" in page.alert
    assert audited("certificate_refused") == []
    page = present(door, b"no certificate at all")
    assert page.status == 422 and "证书不完整" in page.alert


def test_each_sample_is_refused_with_its_own_sentence_and_noted(door, made):
    answers = {"expired": "到期", "revoked": "注销", "forged": "不认可", "wrong-usage": "加密证书"}
    for sample, said in answers.items():
        for kind in FAMILIES:
            file = made / "demo-ca" / "samples" / sample / f"{kind.lower()}.pem"
            page = present(door, file.read_bytes())
            assert page.status == 422 and said in page.alert, (sample, page.words)
    codes = [event.after["code"] for event in audited("certificate_refused")]
    assert codes == [
        code
        for code in ("cert.expired", "cert.revoked", "cert.issuer_unknown", "cert.encryption")
        for _kind in FAMILIES
    ]
    assert audited("signed_in") == []


def test_a_stranger_s_good_certificate_opens_nothing(door, made):
    page = present(door, (made / "demo-ca" / "samples" / "wrong-unit" / "rsa.pem").read_bytes())
    assert page.path == "/login/ca/mismatch" and "组织机构代码异常" in page.alert
    assert audited("signed_in") == []


def test_whoever_is_in_goes_home(door, made):
    present(door, signing(made, UNIT.uscc, "RSA"))
    page = present(door, (made / "demo-ca" / "samples" / "expired" / "rsa.pem").read_bytes())
    assert page.path == "/" and not page.alert
