"""Which duty opens which page of the bureau, and whose object the page is about: the expected answers, as a table."""

from __future__ import annotations

from typing import NamedTuple

from rules.duties import BUSINESS

LIST, UNIT, REGION = "list", "unit", "region"


class Access(NamedTuple):
    """``duties``: one of these is needed, else 404. ``about`` says what else is 404:

    ``unit``: to staff of another office and of another region; ``region``: to all staff of a 盟市 or 旗县, and, where
    the address has a number, to another region; ``list``: nothing, the page has what is within the office.
    """

    duties: tuple[str, ...]
    about: str


TAKING, DECIDING, LEVYING, ADMIN = ("accept", "review"), ("review",), ("levy",), ("system", "security")
BOARD = ("accept", "review", "levy")

ACCESS = {
    "bureau.announcement": Access(BUSINESS, REGION),
    "bureau.announcement_new": Access(BUSINESS, REGION),
    "bureau.announcements": Access(BUSINESS, REGION),
    "bureau.approve": Access(DECIDING, UNIT),
    "bureau.assessment_step": Access(LEVYING, LIST),
    "bureau.assessments": Access(LEVYING, LIST),
    "bureau.audit_chain": Access(("audit",), REGION),
    "bureau.audit_chain_step": Access(("audit",), REGION),
    "bureau.audit_checkpoint": Access(("audit",), REGION),
    "bureau.audit_event": Access(("audit",), REGION),
    "bureau.audit_export": Access(("audit",), REGION),
    "bureau.audits": Access(("audit",), REGION),
    "bureau.bulk": Access(DECIDING, LIST),
    "bureau.consent_back": Access(DECIDING, UNIT),
    "bureau.corrections": Access(DECIDING, LIST),
    "bureau.decide": Access(DECIDING, UNIT),
    "bureau.decided": Access(TAKING, LIST),
    "bureau.delegation": Access(DECIDING, UNIT),
    "bureau.delegations": Access(DECIDING, LIST),
    "bureau.index": Access(TAKING, LIST),
    "bureau.keep": Access(DECIDING, UNIT),
    "bureau.levies": Access(LEVYING, LIST),
    "bureau.levy_run": Access(LEVYING, REGION),
    "bureau.levy_start": Access(LEVYING, REGION),
    "bureau.levy_step": Access(LEVYING, REGION),
    "bureau.levy_summary": Access(LEVYING, REGION),
    "bureau.levy_unit": Access(LEVYING, UNIT),
    "bureau.levy_units": Access(LEVYING, LIST),
    "bureau.machinery": Access(("system", "support", "vendor"), LIST),
    "bureau.parameter_history": Access(("parameters",), REGION),
    "bureau.parameter_new": Access(("parameters",), REGION),
    "bureau.parameter_show": Access(("parameters",), REGION),
    "bureau.parameter_step": Access(("parameters",), REGION),
    "bureau.parameters": Access(("parameters",), REGION),
    "bureau.payment_book": Access(LEVYING, REGION),
    "bureau.payment_check": Access(LEVYING, REGION),
    "bureau.payment_file": Access(LEVYING, REGION),
    "bureau.payments": Access(LEVYING, REGION),
    "bureau.progress": Access(BOARD, LIST),
    "bureau.progress_export": Access(BOARD, LIST),
    "bureau.progress_remind": Access(BOARD, LIST),
    "bureau.progress_units": Access(BOARD, LIST),
    "bureau.project_charge": Access(LEVYING, UNIT),
    "bureau.project_charges": Access(LEVYING, LIST),
    "bureau.put_back": Access(TAKING, UNIT),
    "bureau.queue_views": Access(TAKING, LIST),
    "bureau.send_back": Access(DECIDING, UNIT),
    "bureau.settle": Access(DECIDING, UNIT),
    "bureau.show": Access(TAKING, UNIT),
    "bureau.staff": Access(ADMIN, REGION),
    "bureau.staff_close": Access(("system",), REGION),
    "bureau.staff_duties": Access(("security",), REGION),
    "bureau.staff_new": Access(("system",), REGION),
    "bureau.staff_password": Access(("system",), REGION),
    "bureau.staff_reopen": Access(("system",), REGION),
    "bureau.staff_show": Access(ADMIN, REGION),
    "bureau.take": Access(TAKING, UNIT),
    "bureau.take_next_one": Access(TAKING, LIST),
    "bureau.window": Access(("parameters",), REGION),
    "bureau.windows": Access(("parameters",), REGION),
}
