"""Certificates that opened a door, whose they are, the questions they signed, and records they do not agree with."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, Index, LargeBinary, select, text, update
from sqlmodel import Field, Session, SQLModel

from models.account import Account
from models.db import Json, UtcDateTime
from models.office import Office, within
from models.unit import Unit


class CertificateRecord(SQLModel, table=True):
    """A certificate that passed every check at least once; ``digest`` is SM3 of ``der``."""

    __tablename__ = "certificate"

    digest: str = Field(primary_key=True, max_length=64)
    der: bytes = Field(sa_type=LargeBinary)
    subject_name: str
    issuer_name: str
    serial: str
    algorithm: str
    not_before: datetime = Field(sa_type=UtcDateTime)
    not_after: datetime = Field(sa_type=UtcDateTime)
    codes: Any = Field(sa_type=Json)
    first_seen_at: datetime = Field(sa_type=UtcDateTime)


class AccountCertificate(SQLModel, table=True):
    """A certificate bound to one operator: it opens this account and no other of the unit."""

    __tablename__ = "account_certificate"
    __table_args__ = (
        Index(
            "account_certificate_live",
            "certificate_digest",
            unique=True,
            sqlite_where=text("is_live"),
            postgresql_where=text("is_live"),
        ),
    )

    id: int | None = Field(default=None, primary_key=True)
    account_id: int = Field(foreign_key="account.id", index=True)
    certificate_digest: str = Field(foreign_key="certificate.digest", max_length=64)
    is_live: bool = True
    bound_by: int = Field(foreign_key="account.id")
    bound_at: datetime = Field(sa_type=UtcDateTime)


class ChallengeRecord(SQLModel, table=True):
    """A question put to a browser (cert/challenge.py); the row with ``used_at`` can be used no more."""

    __tablename__ = "challenge"

    id: str = Field(primary_key=True, max_length=32)
    session_digest: str = Field(max_length=64)
    purpose: str
    origin: str
    about: str = ""
    nonce: bytes = Field(sa_type=LargeBinary)
    issued_at: datetime = Field(sa_type=UtcDateTime, index=True)
    used_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


class RecordCorrection(SQLModel, table=True):
    """核对单: what a certificate says of a unit beside what the bureau has, sent by the unit to be corrected."""

    __tablename__ = "record_correction"
    __table_args__ = (
        CheckConstraint("state IN ('pending', 'settled')", name="record_correction_state"),
        Index(
            "record_correction_live",
            "unit_id",
            "certificate_digest",
            unique=True,
            sqlite_where=text("state = 'pending'"),
            postgresql_where=text("state = 'pending'"),
        ),
    )

    id: int | None = Field(default=None, primary_key=True)
    number: str = Field(unique=True, max_length=30)
    region_code: str = Field(foreign_key="region.code", index=True)
    unit_id: int = Field(foreign_key="unit.id")
    certificate_digest: str = Field(foreign_key="certificate.digest", max_length=64)
    shown: Any = Field(sa_type=Json)
    kept: Any = Field(sa_type=Json)
    state: str = "pending"
    sent_at: datetime = Field(sa_type=UtcDateTime)
    settled_by: int | None = Field(default=None, foreign_key="account.id")
    settled_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    note: str = ""


class SnapshotSignature(SQLModel, table=True):
    """The signature with which a submission was made: what was signed, by which certificate, by whom, when."""

    __tablename__ = "snapshot_signature"

    snapshot_id: int = Field(foreign_key="snapshot.id", primary_key=True)
    account_id: int = Field(foreign_key="account.id")
    certificate_digest: str = Field(foreign_key="certificate.digest", max_length=64)
    content: str
    signature: bytes = Field(sa_type=LargeBinary)
    kind: str
    signed_at: datetime = Field(sa_type=UtcDateTime)


def get_certificate(session: Session, digest: str) -> CertificateRecord:
    return session.get_one(CertificateRecord, digest)


def find_bound_account(session: Session, digest: str) -> Account | None:
    """The account that a certificate is bound to, whether it is open or closed."""
    query = (
        select(Account)
        .join(AccountCertificate, AccountCertificate.account_id == Account.id)
        .where(AccountCertificate.certificate_digest == digest, AccountCertificate.is_live)
    )
    return session.scalars(query).first()


def list_account_certificates(session: Session, account_id: int) -> list[CertificateRecord]:
    """The certificates bound to an account, the newest binding first."""
    query = (
        select(CertificateRecord)
        .join(AccountCertificate, AccountCertificate.certificate_digest == CertificateRecord.digest)
        .where(AccountCertificate.account_id == account_id, AccountCertificate.is_live)
        .order_by(AccountCertificate.id.desc())
    )
    return list(session.scalars(query))


def use_challenge(session: Session, challenge_id: str, now: datetime) -> bool:
    """Mark a challenge as used; False when it does not exist or somebody was first."""
    query = (
        update(ChallengeRecord)
        .where(ChallengeRecord.id == challenge_id, ChallengeRecord.used_at.is_(None))
        .values(used_at=now)
    )
    return session.connection().execute(query).rowcount == 1


def list_corrections(
    session: Session, office: Office, limit: int = 200
) -> list[tuple[RecordCorrection, Unit]]:
    """核对单 of an office with their units, those that wait first, the newest first."""
    query = (
        select(RecordCorrection, Unit)
        .join(Unit, Unit.id == RecordCorrection.unit_id)
        .where(within(office, RecordCorrection.region_code, RecordCorrection.unit_id))
        .order_by(RecordCorrection.state, RecordCorrection.id.desc())
        .limit(limit)
    )
    return [(correction, unit) for correction, unit in session.execute(query)]
