"""参保登记 of a unit that has no account: saved, sent and looked up by 业务编号 and 统一社会信用代码.

The form, its checks and its effect are the kind ``unit_join``; here is what an operator's half of a 业务 is for
whoever cannot sign in yet, and the first account once the unit is registered.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from sqlalchemy import exists, select
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session

from documents.store import Store
from models import audit
from models.account import Account
from models.db import reading, transaction
from models.filing import Filing, find_by_receipt
from models.filing_parts import FilingHold, FilingLine, list_attachments, list_lines
from models.region import Region
from models.unit import Unit, get_unit
from rules.fields import clean_fields
from rules.filing_states import after, is_editable
from rules.refusals import Conflict, Missing, Refusal
from services.accounts import hash_password
from services.attachments import drop_kept, keep_attachment
from services.filings import Faulty, release, take_step
from services.kind_list import find_kind
from services.kinds import Asked, Checked, check_line
from services.passwords import check_strength
from services.timeline import add_event, new_receipt_no

JOIN = "unit_join"
MOST_AN_HOUR = 5
"""So many fresh 参保登记 come from one network address within an hour, and no more."""


def start_joining(region_code: str, typed: Mapping[str, str], address: str, now: datetime) -> int:
    """保存 of a fresh form that came from a network address: a draft; returns its number.

    Raises ``Faulty``, also with ``unit.no_region`` for ``region``, and ``Refusal`` ``unit.too_many_joins``.
    """
    with transaction() as session:
        if session.get(Region, region_code) is None:
            _content, problems = clean_fields(find_kind(JOIN).fields, typed)
            raise Faulty({"region": Refusal("unit.no_region", "region"), **problems})
        since = now - timedelta(hours=1)
        came_from = {"address": address}
        if audit.count_same(session, "joining_started", came_from, since) >= MOST_AN_HOUR:
            raise Refusal("unit.too_many_joins", most=MOST_AN_HOUR)
        checked = _check(session, Asked(0, region_code, now.date()), typed)
        filing = Filing(
            receipt_no=new_receipt_no(region_code, now),
            kind=JOIN,
            region_code=region_code,
            year=now.year,
            state="draft",
            people=1,
            submitter_name="",
            submitted_at=now,
        )
        _fill(filing, checked, now)
        session.add(filing)
        session.flush()
        add_event(session, filing, "draft", filing.submitter_name, now)
        session.add(_filled(FilingLine(filing_id=filing.key, seq=1), checked))
        audit.record(session, None, "joining_started", "filing", filing.key, now, after=came_from)
        return filing.key


def save_joining(filing_id: int, version: int, typed: Mapping[str, str], now: datetime) -> None:
    """保存 of a draft or of what came back. Raises ``Missing``, ``Faulty``, ``Conflict``."""
    with transaction() as session:
        filing = find_joining(session, filing_id, lock=True)
        _check_open(filing, version)
        asked = Asked(0, filing.region_code, now.date(), filing_id=filing_id)
        checked = _check(session, asked, typed)
        line = list_lines(session, filing_id)[0]
        before = line.content
        session.add(_filled(line, checked))
        _fill(filing, checked, now)
        filing.version += 1
        session.add(filing)
        audit.record(
            session, None, "filing_saved", "filing", filing_id, now, before=before, after=checked.content
        )


def submit_joining(filing_id: int, version: int, now: datetime) -> None:
    """提交; a second press changes nothing. The same code may be pending once in a region.

    Raises ``Missing``, ``Faulty``, ``Conflict`` ``filing.changed``, ``filing.not_editable``, ``unit.join_pending``,
    ``Refusal`` ``unit.needs_licence``.
    """
    kind = find_kind(JOIN)
    try:
        with transaction() as session:
            filing = find_joining(session, filing_id, lock=True)
            if filing.state == "pending":
                return
            _check_open(filing, version)
            if not list_attachments(session, filing_id):
                raise Refusal("unit.needs_licence", "file")
            line = list_lines(session, filing_id)[0]
            _check(session, Asked(0, filing.region_code, now.date(), filing_id=filing_id), line.typed)
            session.add_all(FilingHold(key=key, filing_id=filing_id) for key in kind.holds(filing, line))
            session.flush()
            filing.reason, filing.submitted_at = "", now
            take_step(session, None, filing, "submit", now)
    except IntegrityError:
        raise Conflict("unit.join_pending", "uscc") from None


def withdraw_joining(filing_id: int, now: datetime) -> None:
    """撤回 until a reviewer takes it. Raises ``Missing``, ``Conflict`` ``filing.taken``, ``filing.not_pending``."""
    with transaction() as session:
        filing = find_joining(session, filing_id, lock=True)
        if filing.taken_by is not None:
            raise Conflict("filing.taken")
        if after(JOIN, filing.state, "withdraw") is None:
            raise Conflict("filing.not_pending", state=filing.state)
        release(session, filing)
        take_step(session, None, filing, "withdraw", now)


def add_licence(filing_id: int, filename: str, data: bytes, limit: int, store: Store, now: datetime) -> None:
    """Keep a file with a draft. Raises ``Missing``, ``Refusal`` ``attachment.*``, ``Conflict``."""
    keep_attachment(find_joining, None, filing_id, filename, data, limit, store, now)


def drop_licence(filing_id: int, attachment_id: int, store: Store, now: datetime) -> None:
    """Take a file from a draft. Raises ``Missing``, ``Conflict`` ``filing.not_editable``."""
    drop_kept(find_joining, None, filing_id, attachment_id, store, now)


def find_joining(session: Session, filing_id: int, *, lock: bool = False) -> Filing:
    """A 参保登记 by its number; raises ``Missing``."""
    query = select(Filing).where(Filing.id == filing_id, Filing.kind == JOIN)
    found = session.scalars(query.with_for_update() if lock else query).first()
    if found is None:
        raise Missing(filing_id)
    return found


def open_joining(receipt_no: str, uscc: str) -> int:
    """The number of the 参保登记 with this 业务编号 and normalised code; raises ``Refusal`` ``unit.join_unknown``."""
    with reading() as session:
        filing = find_by_receipt(session, receipt_no)
        if filing is not None and filing.kind == JOIN:
            line = list_lines(session, filing.key)[0]
            if line.content.get("uscc") == uscc:
                return filing.key
    raise Refusal("unit.join_unknown", "number")


def may_activate(session: Session, filing: Filing) -> bool:
    """Whether the unit is registered and still without any account."""
    if filing.state != "approved" or filing.unit_id is None:
        return False
    return not session.scalar(select(exists().where(Account.unit_id == filing.unit_id)))


def activate(filing_id: int, username: str, password: str, now: datetime) -> None:
    """The first account of a registered unit, for its 经办人, who becomes its administrator.

    Raises ``Missing``, ``Conflict`` ``unit.active``, ``Refusal`` ``operator.name_taken``, and what ``check_strength``
    raises.
    """
    with reading() as session:
        filing = find_joining(session, filing_id)
        unit = get_unit(session, filing.unit_id) if filing.unit_id is not None else None
    if unit is None:
        raise Conflict("filing.not_pending", state=filing.state)
    check_strength(password, username, unit.name, unit.unit_no)
    account = Account(
        username=username,
        password_hash=hash_password(password),
        display_name=filing.submitter_name,
        role="operator",
        region_code=unit.region_code,
        unit_id=unit.id,
        is_admin=True,
    )
    try:
        with transaction() as session:
            # Two browsers may press at once; one of them makes the account.
            session.get_one(Unit, unit.id, with_for_update=True)
            if not may_activate(session, filing):
                raise Conflict("unit.active")
            session.add(account)
            session.flush()
            made = {"username": username, "name": account.display_name, "is_admin": True}
            audit.record(
                session, None, "account_activated", "account", account.id, now, unit_id=unit.id, after=made
            )
    except IntegrityError:
        raise Refusal("operator.name_taken", "username", username=username) from None


def _check(session: Session, asked: Asked, typed: Mapping[str, str]) -> Checked:
    checked = check_line(session, find_kind(JOIN), asked, typed)
    if checked.problems:
        raise Faulty(checked.problems)
    return checked


def _fill(filing: Filing, checked: Checked, now: datetime) -> None:
    filing.title, filing.submitter_name = checked.title, checked.content["operator_name"]
    filing.insurances, filing.submitted_at = " ".join(checked.content["insurances"]), now


def _filled(line: FilingLine, checked: Checked) -> FilingLine:
    line.typed, line.content, line.title = dict(checked.typed), dict(checked.content), checked.title
    return line


def _check_open(filing: Filing, version: int) -> None:
    if not is_editable(filing.state):
        raise Conflict("filing.not_editable", state=filing.state)
    if filing.version != version:
        raise Conflict("filing.changed")
