"""The digest: once a day, what somebody has not read goes to the address that this person confirmed.

Claim, then send: a person's row is moved past the notices in a transaction of its own, and the mail goes out after
the commit, so that two workers never send the same and no transaction waits for a mail server. Where the server
could not take it, the row is moved back, and the next round tries again. A worker that is killed between the two
has lost one mail, not the notices, which stay unread in the hall.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime, time, timedelta
from typing import NamedTuple

from sqlalchemy import select, update

from documents.mail import Mail, MailFailed, ServerFailed
from models import audit
from models.account import Account
from models.db import reading, transaction
from models.notice import Notice, list_unread
from services.notice_words import mail_words
from translations import gettext as _

log = logging.getLogger(__name__)

DIGEST_AT = time(8)
"""On the region's clock: before the counters open. What comes later waits for the next day's digest."""
LINES = 50


class Claim(NamedTuple):
    """A digest that this worker alone will send: the notices after one number, up to another."""

    account_id: int
    email: str
    after: int
    up_to: int
    notices: list[Notice]


def send_digests(send: Callable[[Mail], None], now: datetime) -> int:
    """Send each person's digest that is due; returns how many the mail server took.

    One whom the server refuses keeps nobody else from theirs; a server that cannot be used at all ends the round.
    """
    until = _cut_off(now)
    with reading() as session:
        query = select(Account.id).where(Account.email != "", Account.is_active, Account.unit_id.is_not(None))
        people = list(session.scalars(query.order_by(Account.id)))
    sent = 0
    for account_id in people:
        claim = _claim(account_id, until, now)
        if claim is None:
            continue
        try:
            send(_mail(claim, now))
        except ServerFailed as error:
            log.warning("no digests now: %s", error)
            _give_back(claim, now)
            break
        except MailFailed as error:
            log.warning("digest of account %s: %s", account_id, error)
            if not error.is_refused:
                _give_back(claim, now)
            continue
        sent += 1
    return sent


def _cut_off(now: datetime) -> datetime:
    """The latest moment at which a digest was due: with it, a second round of the same day finds nothing new."""
    today = datetime.combine(now.date(), DIGEST_AT, now.tzinfo)
    return today if today <= now else today - timedelta(days=1)


def _claim(account_id: int, until: datetime, now: datetime) -> Claim | None:
    with reading() as session:
        account = session.get_one(Account, account_id)
        if "query" not in account.rights.split() or account.unit_id is None:
            return None
        after = account.mailed_notice_id
        found = list_unread(session, account.unit_id, account_id, after=after, until=until, limit=LINES + 1)
    if not found:
        return None
    claim = Claim(account_id, account.email, after, found[0].number, found)
    return claim if _move(claim, after, claim.up_to, "digest_claimed", now) else None


def _give_back(claim: Claim, now: datetime) -> None:
    _move(claim, claim.up_to, claim.after, "digest_given_back", now)


def _move(claim: Claim, before: int, after: int, action: str, now: datetime) -> bool:
    """Move a person's row if it stands where it did and the address is the same; whether it did."""
    statement = (
        update(Account)
        .where(
            Account.id == claim.account_id,
            Account.mailed_notice_id == before,
            Account.email == claim.email,
        )
        .values(mailed_notice_id=after)
    )
    with transaction() as session:
        is_ours = session.connection().execute(statement).rowcount == 1
        if is_ours:
            values = {"before": {"up_to": before}, "after": {"up_to": after, "count": len(claim.notices)}}
            audit.record(session, None, action, "account", claim.account_id, now, **values)
    return is_ours


def _mail(claim: Claim, now: datetime) -> Mail:
    """Kinds and numbers only: a mail may lie open on many machines, so it names nobody and leads nowhere."""
    lines = [
        f"{notice.at.astimezone(now.tzinfo):%m-%d %H:%M}  {mail_words(notice.kind, notice.params)}"
        for notice in claim.notices[:LINES]
    ]
    if len(claim.notices) > LINES:
        lines.append(_("还有更早的通知，没有列在这里。"))
    text = "\n".join(
        [
            _("您好，网厅里有这些通知您还没有看："),
            "",
            *lines,
            "",
            _("请照平常的办法登录网厅，在“通知”里查看和办理。这封邮件里没有链接，也不用回复。"),
            _("不想再收，请在网厅“通知”的“邮件提醒”里关闭。"),
        ]
    )
    many = len(claim.notices) > LINES
    subject = _("网厅通知：%(count)s 条未读") % {"count": f"{LINES}+" if many else len(claim.notices)}
    return Mail(
        claim.email, subject, text + "\n", f"digest-{claim.account_id}-{claim.after}-{claim.up_to}", now
    )
