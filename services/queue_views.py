"""A reviewer's own views of the queue: kept under a name, used, dropped; the one used last is there next time."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import update
from sqlmodel import Session

from models import audit
from models.account import Actor
from models.db import transaction
from models.queue_list import QueueView, find_view, list_views
from rules.refusals import Missing, Refusal

MOST_VIEWS, NAME_LENGTH = 12, 20


def save_view(actor: Actor, name: str, filters: Mapping[str, str], now: datetime) -> None:
    """Keep filters under a name; the same name again overwrites.

    Raises ``Refusal`` ``review.no_name``, ``review.long_name``, ``review.many_views``.
    """
    name = " ".join(name.split())
    if not name:
        raise Refusal("review.no_name", "name")
    if len(name) > NAME_LENGTH:
        raise Refusal("review.long_name", "name", limit=NAME_LENGTH)
    with transaction() as session:
        views = list_views(session, actor.account_id)
        view = next((one for one in views if one.name == name), None)
        if view is None and len(views) >= MOST_VIEWS:
            raise Refusal("review.many_views", "name", limit=MOST_VIEWS)
        view = view or QueueView(account_id=actor.account_id, name=name)
        before, view.filters = view.filters, dict(filters)
        _set_last(session, actor, view)
        audit.record(
            session, actor, "queue_view_saved", "queue_view", view.id, now, before=before, after=view.filters
        )


def use_view(actor: Actor, view_id: int | None) -> dict[str, str]:
    """The filters of a view, which is the one used last from now on; None is the whole queue. Raises ``Missing``."""
    with transaction() as session:
        view = _own(session, actor, view_id) if view_id is not None else None
        _set_last(session, actor, view)
        return view.filters if view else {}


def drop_view(actor: Actor, view_id: int, now: datetime) -> None:
    """Forget a view; the filings are not touched. Raises ``Missing``."""
    with transaction() as session:
        view = _own(session, actor, view_id)
        audit.record(
            session, actor, "queue_view_dropped", "queue_view", view_id, now, before={"name": view.name}
        )
        session.delete(view)


def _own(session: Session, actor: Actor, view_id: int) -> QueueView:
    view = find_view(session, actor.account_id, view_id)
    if view is None:
        raise Missing(view_id)
    return view


def _set_last(session: Session, actor: Actor, view: QueueView | None) -> None:
    if view is not None:
        session.add(view)
        session.flush()
    # The one before first: the database lets only one of a person's be the last.
    others = update(QueueView).where(QueueView.account_id == actor.account_id, QueueView.is_last)
    if view is not None:
        others = others.where(QueueView.id != view.id)
    session.connection().execute(others.values(is_last=False))
    if view is not None:
        view.is_last = True
        session.flush()
