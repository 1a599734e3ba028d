"""邮件提醒: a person's own e-mail address, kept once a code sent to it has come back."""

from __future__ import annotations

import hmac
import re
import secrets
from collections.abc import Mapping
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

from sqlmodel import Session

from documents.mail import Mail, MailFailed, MailServer
from models import audit
from models.account import Account, Actor
from models.db import reading, transaction
from models.notice import find_newest
from rules.refusals import Refusal
from translations import gettext as _

ADDRESS = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+")
"""What HTML takes for an e-mail address (WHATWG HTML 4.10.5.1.5), with at least one dot in the domain."""
LONGEST = 254
CODE_DIGITS, CODE_GOOD_FOR, TRIES = 8, timedelta(minutes=30), 5
CODES_AN_HOUR = 5
"""For a whole unit: the hall is not to fill a stranger's mailbox."""


def send_code(actor: Actor, typed: str, server: MailServer | None, now: datetime) -> dict[str, Any]:
    """Send a code to an address; returns what the session keeps until the code is typed: no code, its digest only.

    Raises ``Refusal`` ``mail.off``, ``mail.address``, ``mail.too_many``, ``mail.not_sent``.
    """
    address = typed.strip()
    if server is None:
        raise Refusal("mail.off")
    if len(address) > LONGEST or not ADDRESS.fullmatch(address):
        raise Refusal("mail.address", "email", value=address[:60])
    with transaction() as session:
        since = now - timedelta(hours=1)
        if audit.count_since(session, actor.own_unit_id, "mail_code_sent", since) >= CODES_AN_HOUR:
            raise Refusal("mail.too_many", "email", tries=CODES_AN_HOUR)
        after = {"email": mask_address(address)}
        audit.record(session, actor, "mail_code_sent", "account", actor.account_id, now, after=after)
    code = f"{secrets.randbelow(10**CODE_DIGITS):0{CODE_DIGITS}}"
    digest = _digest(address, code)
    minutes = CODE_GOOD_FOR // timedelta(minutes=1)
    text = _("网厅“邮件提醒”的验证码：%(code)s\n%(minutes)s 分钟内有效。不是您本人在办，请不必理会。\n")
    mail = Mail(
        address,
        _("网厅验证码"),
        text % {"code": code, "minutes": minutes},
        f"code-{secrets.token_hex(8)}",
        now,
    )
    try:
        server.send(mail)
    except MailFailed as error:
        raise Refusal("mail.not_sent", "email", value=address) from error
    return {"address": address, "digest": digest, "until": (now + CODE_GOOD_FOR).isoformat(), "left": TRIES}


def confirm_code(actor: Actor, kept: Mapping[str, Any] | None, typed: str, now: datetime) -> str:
    """The code came back: the address is this person's from now on, for what is told from now on; returns it.

    Raises ``Refusal`` ``mail.code_over`` (none was sent, too late, too often wrong), ``mail.code_wrong``.
    """
    if not kept or kept["left"] <= 0 or now > datetime.fromisoformat(kept["until"]):
        raise Refusal("mail.code_over", "code")
    if not hmac.compare_digest(kept["digest"], _digest(kept["address"], "".join(typed.split()))):
        raise Refusal("mail.code_wrong", "code", left=kept["left"] - 1)
    address: str = kept["address"]
    with transaction() as session:
        account = _locked(session, actor)
        assert account.unit_id is not None
        before = {"email": mask_address(account.email)}
        account.email, account.mailed_notice_id = address, find_newest(session, account.unit_id)
        session.add(account)
        after = {"email": mask_address(address)}
        audit.record(
            session, actor, "mail_confirmed", "account", actor.account_id, now, before=before, after=after
        )
    return address


def stop_mail(actor: Actor, now: datetime) -> None:
    """No more mails; the address is forgotten."""
    with transaction() as session:
        account = _locked(session, actor)
        if not account.email:
            return
        before = {"email": mask_address(account.email)}
        account.email = ""
        session.add(account)
        audit.record(session, actor, "mail_stopped", "account", actor.account_id, now, before=before)


def own_address(actor: Actor) -> str:
    """The confirmed address of this person; empty where there is none."""
    with reading() as session:
        return session.get_one(Account, actor.account_id).email


def mask_address(address: str) -> str:
    """An address as the audit trail keeps it: w***@example.com."""
    name, at, domain = address.rpartition("@")
    return f"{name[:1]}***{at}{domain}" if address else ""


def _locked(session: Session, actor: Actor) -> Account:
    return session.get_one(Account, actor.account_id, with_for_update=True)


def _digest(address: str, code: str) -> str:
    return sha256(f"{address}\n{code}".encode()).hexdigest()
