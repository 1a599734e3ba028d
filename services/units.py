"""单位信息查询: everything that the hall knows of a unit, for one page."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlmodel import Session

from models.account import Account, Actor
from models.certificate import CertificateRecord, list_account_certificates
from models.filing import Filing, FilingSearch, list_filings
from models.region import Region, get_region
from models.unit import Unit, UnitRate, get_unit, list_dated_rates
from rules.filing_states import OPEN, UNITS
from services.operators import list_operators, list_unbound


@dataclass(frozen=True)
class UnitSheet:
    """A unit's record with its rates, people, certificates and what it has asked for; ``now`` marks the present.

    ``certificates`` come with the name of the operator to whom each is bound, or "" for those bound to nobody.
    """

    unit: Unit
    region: Region
    rates: list[UnitRate]
    operators: list[Account]
    certificates: list[tuple[CertificateRecord, str]]
    filings: list[Filing]
    now: datetime

    @property
    def today(self) -> date:
        """The day on which rates are in force or not."""
        return self.now.date()

    def is_present(self, rate: UnitRate) -> bool:
        """Whether a rate is in force today."""
        return rate.valid_from <= self.today < rate.valid_to

    def last_day(self, rate: UnitRate) -> date | None:
        """The last day of a rate; None while no end of it is known."""
        return None if rate.valid_to == date.max else rate.valid_to - timedelta(days=1)

    def days_left(self, certificate: CertificateRecord) -> int:
        """Whole days until a certificate expires; negative when it has."""
        return (certificate.not_after - self.now).days


def read_sheet(session: Session, actor: Actor, now: datetime) -> UnitSheet:
    """The sheet of the actor's own unit."""
    unit = get_unit(session, actor.own_unit_id)
    operators = [one for one in list_operators(session, actor) if one.is_active]
    filings = list_filings(session, actor.own_unit_id, FilingSearch(kinds=UNITS))
    return UnitSheet(
        unit,
        get_region(session, unit.region_code),
        list_dated_rates(session, actor.own_unit_id),
        operators,
        _certificates(session, actor, operators),
        [one for one in filings if one.state in OPEN],
        now,
    )


def _certificates(
    session: Session, actor: Actor, operators: list[Account]
) -> list[tuple[CertificateRecord, str]]:
    """Those bound to somebody who may sign in, then those that opened a session of the unit; each once."""
    bound = [
        (certificate, one.display_name)
        for one in operators
        for certificate in list_account_certificates(session, one.id or 0)
    ]
    return bound + [(certificate, "") for certificate in list_unbound(session, actor)]
