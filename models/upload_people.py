"""Whose wages a staged file would change, empty or leave alone: its lines held against the list."""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import ColumnElement, and_, exists, func, literal_column, not_, select
from sqlmodel import Session

from models.declaration import WageRow
from models.upload import LINES_A_PAGE, Upload, UploadLine


class Difference(NamedTuple):
    """What writing would change, in people: ``clears`` are entered wages that a 替换 would empty."""

    added: int
    changed: int
    unchanged: int
    blank: int
    zero: int
    under_one: int
    missing: int
    clears: int


def count_difference(session: Session, upload: Upload) -> Difference:
    """The upload held against what is entered."""
    return Difference(
        added=upload.added,
        changed=upload.to_write - upload.added,
        unchanged=upload.unchanged - upload.blank,
        blank=upload.blank,
        zero=upload.zero,
        under_one=upload.under_one,
        missing=upload.missing,
        clears=count_clears(session, upload),
    )


class Person(NamedTuple):
    """Somebody of the list whom a file does not name, or whose wage it would empty."""

    id: int
    seq: int
    person_no: str
    name: str
    wage_fen: int | None


_PEOPLE = select(*(getattr(WageRow, name) for name in Person._fields))


def list_missing(session: Session, upload: Upload, after: int = 0, limit: int = LINES_A_PAGE) -> list[Person]:
    """People of the list whom no line names, in order after 序号 ``after``."""
    return _people(session, _missing(upload), after, limit)


def list_clears(session: Session, upload: Upload, after: int = 0, limit: int = LINES_A_PAGE) -> list[Person]:
    """People whose entered wage a 替换 would empty, in order after 序号 ``after``."""
    return _people(session, clears_of(upload), after, limit)


def count_clears(session: Session, upload: Upload) -> int:
    """How many entered wages a 替换 would empty now; whoever saved since the check is counted as he is."""
    if not upload.missing and not upload.blank:
        return 0
    query = select(func.count()).select_from(WageRow).where(clears_of(upload))
    return session.connection().execute(query).scalar_one()


def _people(session: Session, condition: ColumnElement[bool], after: int, limit: int) -> list[Person]:
    query = _PEOPLE.where(condition, WageRow.seq > after).order_by(WageRow.seq).limit(limit)
    return [Person._make(row) for row in session.connection().execute(query)]


def count_missing(session: Session, upload: Upload) -> int:
    """How many people of the list no line names."""
    query = select(func.count()).select_from(WageRow).where(_missing(upload))
    return session.connection().execute(query).scalar_one()


def _missing(upload: Upload) -> ColumnElement[bool]:
    return and_(_listed(upload), not_(_taken(upload)), _not_refused(upload))


def clears_of(upload: Upload) -> ColumnElement[bool]:
    """Wage rows with a wage for which the file has none: named by no line, or with a blank.

    Whoever stands on a line that the clerk left out keeps the wage: 本行不导入 means that nothing happens to it.
    """
    says_wage = UploadLine.wage_fen.is_not(None)
    return and_(
        _listed(upload), WageRow.wage_fen.is_not(None), not_(_taken(upload, says_wage)), _not_refused(upload)
    )


def _listed(upload: Upload) -> ColumnElement[bool]:
    return and_(WageRow.declaration_id == upload.declaration_id, WageRow.is_active)


def _taken(upload: Upload, *conditions: ColumnElement[bool]) -> ColumnElement[bool]:
    return exists().where(
        UploadLine.upload_id == upload.id,
        UploadLine.wage_row_id == WageRow.id,
        # Written out, so that both databases see that the index upload_line_person serves.
        UploadLine.outcome != literal_column("'refused'"),
        *conditions,
    )


def _not_refused(upload: Upload) -> ColumnElement[bool]:
    refused = select(UploadLine.wage_row_id).where(
        UploadLine.upload_id == upload.id,
        UploadLine.outcome == "refused",
        UploadLine.wage_row_id.is_not(None),
    )
    is_other: ColumnElement[bool] = WageRow.id.not_in(refused)
    return is_other
