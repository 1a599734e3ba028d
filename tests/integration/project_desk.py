"""How tests ask for projects: the form that is right in every field, submitted, decided, paid."""

from __future__ import annotations

from typing import Any

from models.db import reading
from models.filing import Filing
from models.project import Project, ProjectCharge, list_charges
from tests.integration.clerk import Clerk, Page

PICTURE = ("合同.png", b"\x89PNG\r\n\x1a\n" + b"x" * 50 + b"IEND\xaeB`\x82")


def registering(**other: str) -> dict[str, str]:
    """A 项目参保登记 that is right in every field."""
    return {
        "name": "青城大桥新建工程",
        "kind": "municipal",
        "place": "230102",
        "builder": "示例建设局",
        "licence_no": "SG-2026-1",
        "contract_no": "QC-2026-017",
        "contract": "12345678.90",
        "starts_on": "2026-06-01",
        "ends_on": "2027-10-31",
        "manager": "乌云其其格",
        "manager_phone": "13800000000",
        **other,
    }


def save(clerk: Clerk, address: str, **values: str) -> int:
    """Fill the form of an address in and press 保存; the number of the draft."""
    clerk.get(address)
    page = clerk.press("保存", **values)
    assert page.status == 200 and page.path.startswith("/filings/"), page.words[:900]
    return int(page.path.rsplit("/", 1)[1])


def send(clerk: Clerk, filing_id: int) -> Page:
    clerk.get(f"/filings/{filing_id}/submit")
    return clerk.press("确认提交")


def attach(clerk: Clerk, filing_id: int) -> None:
    clerk.get(f"/filings/{filing_id}")
    clerk.press("添加", file=PICTURE)


def register(clerk: Clerk, **other: str) -> int:
    """A 项目参保登记 with its contract, submitted; the number of the filing."""
    filing_id = save(clerk, "/projects/register", **registering(**other))
    attach(clerk, filing_id)
    send(clerk, filing_id)
    assert get_filing(filing_id).state == "pending"
    return filing_id


def decide(reviewer: Clerk, filing_id: int, button: str, reason: str = "") -> Page:
    reviewer.get(f"/bureau/filings/{filing_id}")
    reviewer.press(f"{button}…", reason=reason)
    return reviewer.press(f"确认{button}")


def ask(clerk: Clerk, reviewer: Clerk, address: str, **values: str) -> int:
    """A form saved, submitted and approved; the number of the filing."""
    filing_id = save(clerk, address, **values)
    send(clerk, filing_id)
    decide(reviewer, filing_id, "通过")
    assert get_filing(filing_id).state == "approved"
    return filing_id


def pay(reviewer: Clerk, charge_id: int, voucher: str = "8800123", paid_on: str = "2026-06-18") -> Page:
    """记为到账 with its confirmation."""
    reviewer.get(f"/bureau/project-charges/{charge_id}")
    page = reviewer.press("记为到账…", voucher=voucher, paid_on=paid_on)
    assert page.status == 200, page.words[:600]
    return reviewer.press("确认到账")


def get_filing(filing_id: int) -> Filing:
    with reading() as session:
        return session.get_one(Filing, filing_id)


def get_project(project_id: int) -> Project:
    with reading() as session:
        return session.get_one(Project, project_id)


def charges_of(project_id: int) -> list[ProjectCharge]:
    with reading() as session:
        return list_charges(session, project_id)


def rows(query: Any) -> list[Any]:
    """What a query finds."""
    with reading() as session:
        return list(session.scalars(query))
