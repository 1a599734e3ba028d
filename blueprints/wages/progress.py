"""How far a declaration is: its steps, its state as the clerk reads it, and what to do next."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from sqlmodel import Session

from blueprints.shared.pages import address
from models.declaration import Counts, Declaration, Standing, get_standing, list_insurances
from models.filing import Filing, latest_by_group, list_declaration_filings
from models.region import DeclarationWindow, find_window
from services.submissions import lacking
from translations import gettext as _


class Head(NamedTuple):
    """What stands above every page of a declaration."""

    year: int
    insurances: tuple[str, ...]
    wage_basis: str
    closes_on: date | None
    state: str


class Step(NamedTuple):
    """One of the eight steps; ``address`` is empty where it cannot be entered yet."""

    name: str
    address: str
    is_done: bool
    is_current: bool


@dataclass(frozen=True)
class Overview:
    """A declaration with everything its pages show above their own content."""

    declaration: Declaration
    insurances: list[str]
    standing: Standing
    state: str
    lacking: list[str]
    filings: list[Filing]
    window: DeclarationWindow | None

    @property
    def id(self) -> int:
        assert self.declaration.id is not None
        return self.declaration.id

    @property
    def tally(self) -> Counts:
        return self.standing.tally

    @property
    def is_open(self) -> bool:
        return self.declaration.state == "open"

    @property
    def left(self) -> int:
        return self.tally.insured - self.tally.entered

    @property
    def next_address(self) -> str:
        """Where the work goes on."""
        if not self.is_open:
            return address("wages.progress", declaration_id=self.id)
        return address("wages.rows", declaration_id=self.id)

    @property
    def head(self) -> Head:
        closes_on = self.window.closes_on if self.window else None
        declaration = self.declaration
        return Head(declaration.year, tuple(self.insurances), declaration.wage_basis, closes_on, self.state)

    def steps(self, current: str) -> tuple[Step, ...]:
        """The way from 选择险种 to 审核, with ``current`` marked."""
        ready = self.declaration.state not in ("starting", "failed", "cancelled")
        was_sent = self.declaration.state in ("submitting", "submitted", "approved")
        lacks = set(self.lacking)
        done = {
            "start": ready,
            "rows": ready and not lacks & {"submit.left_unconfirmed", "submit.nothing_entered"},
            "check": ready and not lacks & {"submit.left_unconfirmed", "submit.nothing_entered"},
            "statement": ready and "submit.no_statement" not in lacks,
            "prints": was_sent,
            "backup": ready and not lacks & {"submit.no_backup", "submit.no_statement"},
            "submit": was_sent,
            "review": self.declaration.state == "approved",
        }
        names = {
            "start": _("选择险种"),
            "rows": _("录入"),
            "check": _("核对"),
            "statement": _("说明"),
            "prints": _("打印"),
            "backup": _("备份"),
            "submit": _("申报"),
            "review": _("审核"),
        }
        return tuple(
            Step(name, self._address(key, ready), done[key] and key != current, key == current)
            for key, name in names.items()
        )

    def _address(self, key: str, ready: bool) -> str:
        if key == "start":
            return address("wages.index")
        if not ready:
            return ""
        if key == "review":
            return address("filings.index") if self.filings else ""
        return address(f"wages.{key}", declaration_id=self.id)


def overview(session: Session, declaration: Declaration) -> Overview:
    """Everything known of a declaration's progress, read in one session."""
    assert declaration.id is not None
    filings = list(latest_by_group(list_declaration_filings(session, declaration.id)).values())
    standing = get_standing(session, declaration.id)
    return Overview(
        declaration=declaration,
        insurances=list_insurances(session, declaration.id),
        standing=standing,
        state=_state(declaration, filings, standing),
        lacking=lacking(declaration, standing) if declaration.state == "open" else [],
        filings=filings,
        window=find_window(session, declaration.region_code, declaration.year),
    )


def _state(declaration: Declaration, filings: list[Filing], standing: Standing) -> str:
    """The state's word: what the bureau said last counts before what the clerk did since."""
    if declaration.state == "failed":
        return "start_failed"
    if declaration.state != "open":
        return declaration.state
    latest = {filing.state for filing in filings}
    for state in ("returned", "failed"):
        if state in latest:
            return state
    if standing.statement_version is None:
        return "open"
    if standing.is_covered:
        return "backed_up"
    return "statement_saved" if standing.backup_revision is None else "stale_backup"
