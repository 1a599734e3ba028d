"""Who agreed to a filing that one person alone may not approve."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlmodel import Field, Session, SQLModel

from models.account import Account
from models.db import UtcDateTime
from models.filing import Filing


class FilingConsent(SQLModel, table=True):
    """One reviewer's 同意; the key lets nobody give two. A filing that is submitted again begins without any."""

    __tablename__ = "filing_consent"

    filing_id: int = Field(foreign_key="filing.id", primary_key=True)
    submitted_at: datetime = Field(sa_type=UtcDateTime, primary_key=True)
    account_id: int = Field(foreign_key="account.id", primary_key=True)
    at: datetime = Field(sa_type=UtcDateTime)


def list_consents(session: Session, filing: Filing) -> list[tuple[FilingConsent, str]]:
    """Who has agreed to a filing as it was submitted last, with the names, the first first."""
    query = (
        select(FilingConsent, Account.display_name)
        .join(Account, Account.id == FilingConsent.account_id)
        .where(FilingConsent.filing_id == filing.id, FilingConsent.submitted_at == filing.submitted_at)
        .order_by(FilingConsent.at, FilingConsent.account_id)
    )
    return [(consent, name) for consent, name in session.execute(query)]
