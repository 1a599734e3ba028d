"""公告: what the bureau tells everybody of its region; every edit is a version of its own, and none is changed."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import CheckConstraint, UniqueConstraint, func, select
from sqlmodel import Field, Session, SQLModel

from models.account import Account
from models.db import UtcDateTime
from models.region import Region


class Announcement(SQLModel, table=True):
    """One version of an announcement; ``number`` is the same in all its versions, and the newest version counts.

    Shown from ``shown_from`` to ``shown_until``, both included. ``is_public``: before sign-in, too.
    """

    __table_args__ = (
        UniqueConstraint("region_code", "number", "version", name="announcement_version"),
        CheckConstraint("shown_from <= shown_until", name="announcement_dates"),
    )

    id: int | None = Field(default=None, primary_key=True)
    region_code: str = Field(foreign_key="region.code")
    number: int
    version: int = 1
    title: str
    text: str
    shown_from: date
    shown_until: date
    is_pinned: bool = False
    is_public: bool = False
    is_withdrawn: bool = False
    written_by: int = Field(foreign_key="account.id")
    written_at: datetime = Field(sa_type=UtcDateTime)

    def state(self, today: date) -> str:
        """withdrawn, over, coming or shown."""
        if self.is_withdrawn:
            return "withdrawn"
        if today > self.shown_until:
            return "over"
        return "coming" if today < self.shown_from else "shown"

    @property
    def paragraphs(self) -> list[str]:
        """The text in its paragraphs: what a blank line parts."""
        return [one.strip() for one in self.text.split("\n\n") if one.strip()]


_NEWEST = (
    select(Announcement.region_code, Announcement.number, func.max(Announcement.version).label("version"))
    .group_by(Announcement.region_code, Announcement.number)
    .subquery()
)
_CURRENT = select(Announcement).join(
    _NEWEST,
    (_NEWEST.c.region_code == Announcement.region_code)
    & (_NEWEST.c.number == Announcement.number)
    & (_NEWEST.c.version == Announcement.version),
)


def list_announcements(session: Session, region_code: str, limit: int = 100) -> list[Announcement]:
    """The newest version of each announcement of a region, the newest announcement first."""
    query = _CURRENT.where(Announcement.region_code == region_code)
    return list(session.scalars(query.order_by(Announcement.number.desc()).limit(limit)))


def list_shown(session: Session, region_code: str, today: date, limit: int = 5) -> list[Announcement]:
    """What a region's people read today, the pinned first, then the newest."""
    query = _CURRENT.where(Announcement.region_code == region_code, *_is_shown(today))
    order = (Announcement.is_pinned.desc(), Announcement.number.desc())
    return list(session.scalars(query.order_by(*order).limit(limit)))


def list_public(session: Session, today: date, limit: int = 5) -> list[tuple[Announcement, Region]]:
    """What anybody reads before sign-in, with its region."""
    query = (
        _CURRENT.add_columns(Region)
        .join(Region, Region.code == Announcement.region_code)
        .where(Announcement.is_public, *_is_shown(today))
        .order_by(Announcement.is_pinned.desc(), Announcement.id.desc())
    )
    return [(one, region) for one, region in session.execute(query.limit(limit))]


def list_versions(session: Session, region_code: str, number: int) -> list[tuple[Announcement, str]]:
    """Every version of an announcement with the name of whoever wrote it, the newest first; none for an unknown number."""
    query = (
        select(Announcement, Account.display_name)
        .join(Account, Account.id == Announcement.written_by)
        .where(Announcement.region_code == region_code, Announcement.number == number)
        .order_by(Announcement.version.desc())
    )
    return [(one, name) for one, name in session.execute(query)]


def find_last_number(session: Session, region_code: str) -> int:
    """The number of a region's newest announcement; 0 where there is none."""
    query = select(func.max(Announcement.number)).where(Announcement.region_code == region_code)
    return session.scalar(query) or 0


def _is_shown(today: date) -> tuple[object, ...]:
    return (
        Announcement.shown_from <= today,
        Announcement.shown_until >= today,
        Announcement.is_withdrawn.is_(False),
    )
