"""单位信息查询 and 信息变更: what is shown, what takes effect at once, what the bureau decides."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest
from sqlalchemy import select, update

from models.account import Account
from models.audit import AuditEvent
from models.certificate import AccountCertificate, CertificateRecord
from models.db import reading, transaction
from models.filing import Filing
from models.filing_parts import FilingHold
from models.notice import Notice
from models.unit import Unit, UnitRate
from tests.factories import NOW
from tests.integration.clerk import Page

PICTURE = b"\x89PNG\r\n\x1a\n" + b"x" * 50 + b"IEND\xaeB`\x82"
ACCOUNT = "150501706637000012"


@pytest.fixture
def admin(world, sign_in):
    """wang manages the unit; its record is complete."""
    set_unit(world.ours.id, address="示例路 1 号", bank_name="示例银行营业部", bank_account="620000000012")
    with transaction() as session:
        session.connection().execute(update(Account).where(Account.username == "wang").values(is_admin=True))
    return sign_in("wang")


def set_unit(unit_id: int, **values: str) -> None:
    with transaction() as session:
        session.connection().execute(update(Unit).where(Unit.id == unit_id).values(**values))


def unit(unit_id: int) -> Unit:
    with reading() as session:
        return session.get_one(Unit, unit_id)


def filing(filing_id: int) -> Filing:
    with reading() as session:
        return session.get_one(Filing, filing_id)


def number(page: Page) -> int:
    """Of the filing whose page is open."""
    assert page.status == 200 and page.path.startswith("/filings/"), page.words[:900]
    return int(page.path.rsplit("/", 1)[1])


def change(clerk, **values: str) -> int:
    """Fill in the reviewed half of the record, and save."""
    clerk.get("/units/change")
    return number(clerk.press("保存", **values))


def send(clerk, filing_id: int) -> Page:
    clerk.get(f"/filings/{filing_id}/submit")
    return clerk.press("确认提交")


def decide(reviewer, filing_id: int, button: str, reason: str = "") -> Page:
    reviewer.get(f"/bureau/filings/{filing_id}")
    reviewer.press(f"{button}…", reason=reason)
    return reviewer.press(f"确认{button}")


def test_the_sheet_shows_everything_with_its_dates(admin, world, wang):
    add_rates(world.ours.id)
    add_certificate("li", NOW + timedelta(days=20))
    page = admin.get("/units/")
    assert page.status == 200
    for text in ("23000072", "周立新", "企业", "示例银行营业部", "王秀兰", "0451-82600000", "示例路 1 号"):
        assert text in page.words, text
    assert "620000000012" not in page.text and "620*****0012" in page.words
    rows = [" ".join(row.text_content().split()) for row in page.all("//table[1]/tbody/tr[th='工伤']")]
    assert [row[-2:] for row in rows] == ["未到", "现行", "已过"]
    assert "0.16%" in rows[0] and "2027-01-01" in rows[0] and "浮动下调" in rows[0]
    assert "2024-12-31" in rows[2]
    assert "还有 20 天" in page.words and "示例证书" in page.words
    assert page.all("//a[@href='/operators']")
    assert not wang_without_rights(world, wang).all("//a[@href='/operators']")


def add_rates(unit_id: int) -> None:
    """工伤 was dearer, is as the factory made it, and will be cheaper."""
    with transaction() as session:
        session.connection().execute(
            update(UnitRate)
            .where(UnitRate.unit_id == unit_id, UnitRate.insurance == "410")
            .values(valid_from=date(2025, 1, 1), valid_to=date(2027, 1, 1))
        )
        for first, last, rate, reason in (
            (date(2023, 1, 1), date(2025, 1, 1), 4_000, "初次核定"),
            (date(2027, 1, 1), date(2028, 1, 1), 1_600, "浮动下调"),
        ):
            session.add(
                UnitRate(
                    unit_id=unit_id,
                    insurance="410",
                    valid_from=first,
                    valid_to=last,
                    employer_millionths=rate,
                    reason=reason,
                )
            )


def add_certificate(username: str, not_after: datetime) -> None:
    with transaction() as session:
        account = session.scalars(select(Account).where(Account.username == username)).one()
        session.add(
            CertificateRecord(
                digest="ab" * 32,
                der=b"0",
                subject_name="示例证书",
                issuer_name="示例 CA",
                serial="01",
                algorithm="SM2",
                not_before=NOW,
                not_after=not_after,
                codes={},
                first_seen_at=NOW,
            )
        )
        session.flush()
        session.add(
            AccountCertificate(
                account_id=account.id, certificate_digest="ab" * 32, bound_by=account.id, bound_at=NOW
            )
        )


def wang_without_rights(world, clerk) -> Page:
    with transaction() as session:
        session.connection().execute(update(Account).where(Account.username == "wang").values(is_admin=False))
    return clerk.get("/units/")


def test_a_unit_without_rates_is_told_what_to_do(world, sign_in):
    with transaction() as session:
        session.connection().execute(UnitRate.__table__.delete())
    page = sign_in("wang").get("/units/")
    assert "还没有核定" in page.words and "社保局230000" in page.words
    assert "还没有用证书登录过" in page.words


def test_contacts_change_at_once(admin, world, sign_in):
    page = admin.get("/units/contact")
    assert page.value("contact_name") == "王秀兰" and page.value("contact_phone") == "0451-82600000"
    filing_id = number(admin.press("保存", contact_phone="13800000000"))
    page = admin.get(f"/filings/{filing_id}")
    assert "0451-82600000" in page.words and "13800000000" in page.words and "单位地址" not in page.words
    assert unit(world.ours.id).contact_phone == "0451-82600000"
    page = send(admin, filing_id)
    assert "已经生效" in page.words
    assert unit(world.ours.id).contact_phone == "13800000000"
    assert filing(filing_id).state == "approved"
    with reading() as session:
        event = session.scalars(select(AuditEvent).where(AuditEvent.action == "unit_changed")).one()
        assert (event.before, event.after) == (
            {"contact_phone": "0451-82600000"},
            {"contact_phone": "13800000000"},
        )
        assert session.scalars(select(Notice).where(Notice.filing_id == filing_id)).all() == []
        assert session.scalars(select(FilingHold)).all() == []
    # Whoever is no administrator may do this, too; the bureau's queue stays empty.
    page = sign_in("gao").get("/bureau/")
    assert page.status == 200 and page.all(f"//a[contains(@href, '/filings/{filing_id}')]") == []
    assert "13800000000" in sign_in("li").get("/units/").words
    assert "单位联系方式变更" in admin.get("/units/filings").words


def test_nothing_changed_is_no_request(admin):
    admin.get("/units/contact")
    page = admin.press("保存", contact_name=" 王秀兰 ", contact_phone="0451 82600000")
    assert page.status == 422 and "没有要改的" in page.words
    admin.get("/units/change")
    page = admin.press("保存", bank_account="6200 0000 0012")
    assert page.status == 422 and "没有要改的" in page.words


def test_the_bureau_sees_before_and_after_and_approves(admin, world, sign_in):
    admin.get("/units/change")
    assert "620000000012" not in admin.page.text
    filing_id = change(admin, name="新名称有限公司", bank_account=ACCOUNT)
    page = send(admin, filing_id)
    assert page.status == 422 and "附件" in page.words
    admin.get(f"/filings/{filing_id}")
    admin.press("添加", file=("执照.png", PICTURE))
    send(admin, filing_id)
    assert unit(world.ours.id).name == "单位23000072"
    gao = sign_in("gao")
    page = gao.get(f"/bureau/filings/{filing_id}")
    rows = [[" ".join(cell.text_content().split()) for cell in row] for row in page.all("//table/tbody/tr")]
    assert rows == [
        ["单位名称", "单位23000072", "新名称有限公司"],
        ["银行账号", "620*****0012", "150***********0012"],
    ]
    assert ACCOUNT not in page.text and "法定代表人" not in page.words
    decide(gao, filing_id, "通过")
    found = unit(world.ours.id)
    assert (found.name, found.bank_account, found.legal_representative) == (
        "新名称有限公司",
        ACCOUNT,
        "周立新",
    )
    # The table still says what it was.
    assert "单位23000072" in gao.get(f"/bureau/filings/{filing_id}").words
    assert "新名称有限公司" in admin.get("/units/").words


def test_kind_and_funding_need_no_attachment(admin, world, sign_in):
    filing_id = change(admin, kind="public_institution", funding="full_budget")
    send(admin, filing_id)
    decide(sign_in("gao"), filing_id, "不通过", "与登记证书不符")
    assert unit(world.ours.id).kind == "enterprise"
    assert "与登记证书不符" in admin.get(f"/filings/{filing_id}").words


def test_a_bank_that_changes_needs_its_account(admin, world):
    admin.get("/units/change")
    page = admin.press("保存", bank_name="别家银行支行")
    assert page.status == 422 and "还没有填银行账号" in page.words
    page = admin.press("保存", bank_name="别家银行支行", bank_account="1.5E+17")
    assert page.status == 422 and "科学记数法" in page.words
    filing_id = number(admin.press("保存", bank_name="", bank_account=""))
    assert {"bank_name": "", "bank_account": ""}.items() <= content(filing_id).items()


def content(filing_id: int) -> dict[str, object]:
    from models.filing_parts import list_lines

    with reading() as session:
        return list_lines(session, filing_id)[0].content


def test_only_one_change_is_pending_at_a_time(admin, sign_in):
    first, second = change(admin, kind="other"), change(admin, kind="government_body")
    send(admin, first)
    page = send(admin, second)
    assert page.status == 409 and filing(first).receipt_no in page.words
    assert filing(second).state == "draft"
    decide(sign_in("gao"), first, "退回", "请核对")
    send(admin, second)
    assert filing(second).state == "pending"


def test_a_record_that_changed_since_is_said_once_and_then_compared_anew(admin, world):
    filing_id = change(admin, kind="other")
    set_unit(world.ours.id, funding="full_budget")
    page = send(admin, filing_id)
    assert "经费来源" in page.words and "与这件业务保存时不一样" in page.words
    assert filing(filing_id).state == "draft"
    page = admin.get(f"/filings/{filing_id}/lines/1")
    assert "现在登记的是“财政全额拨款”" in page.words and "现登记：企业" in page.words
    admin.press("保存", funding="full_budget")
    send(admin, filing_id)
    assert filing(filing_id).state == "pending"
    assert set(content(filing_id)) == {"kind", "before"}


def test_a_record_that_changed_after_submission_is_not_overwritten(admin, world, sign_in):
    filing_id = change(admin, kind="other")
    send(admin, filing_id)
    set_unit(world.ours.id, kind="government_body")
    page = decide(sign_in("gao"), filing_id, "通过")
    assert page.status == 422 and "现在登记的是“机关”" in page.words
    assert unit(world.ours.id).kind == "government_body" and filing(filing_id).state == "pending"


def test_the_reviewed_half_is_for_administrators(admin, world, sign_in):
    li = sign_in("li")
    page = li.get("/units/change")
    assert page.status == 200 and "王经办" in page.words and not page.all("//input[@name='name']")
    page = li.post("/units/change", {"name": "别名有限公司"})
    assert "由本单位的管理员来改" in page.words
    with reading() as session:
        assert session.scalars(select(Filing)).all() == []


def test_another_unit_sees_nothing_of_it(admin, sign_in):
    filing_id = change(admin, kind="other")
    zhao = sign_in("zhao")
    assert zhao.get(f"/filings/{filing_id}").status == 404
    assert "23000072" not in zhao.get("/units/").text
