"""打印: the 说明表 and the receipt at once, the 申报表 with everybody's name in the background."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from sqlmodel import Session

from cert.digests import sm3_hex
from documents.receipt_pdf import Receipt, write_receipt_pdf
from documents.roster_pdf import DeclarationCover, InsuranceFigures, RosterRow, write_declaration_pdf
from documents.statement_pdf import StatementFacts, write_statement_pdf
from documents.store import Store
from documents.wage_file import insurance_name
from models import audit
from models.account import Actor
from models.db import reading, transaction
from models.declaration import (
    Declaration,
    find_latest_backup,
    find_statement,
    get_standing,
    get_tally,
    list_insurances,
)
from models.filing import Filing, FilingEvent, get_snapshot
from models.job import Job
from models.unit import Unit, get_unit
from models.wage_rows import iterate_rows
from rules.fields import Field
from rules.identity import mask_id
from rules.insurances import groups_of
from rules.money import divide_half_up, yuan_text
from rules.refusals import Refusal
from rules.statement import SECTIONS
from rules.wages import change_permille, contribution_base, is_declared
from services.declarations import get_own
from services.exchange import File
from services.figures import Figures, InsuranceFigure, figures
from services.work import Task, end_job, put_job
from translations import gettext as _

ROSTER_JOB = "roster_pdf"
PDF = "application/pdf"


def statement_pdf(session: Session, declaration: Declaration) -> File:
    """打印说明表 (manual 黑龙江 三(六)); raises ``Refusal`` ``print.no_statement`` before it is saved."""
    assert declaration.id is not None
    statement = find_statement(session, declaration.id)
    if statement is None:
        raise Refusal("print.no_statement")
    unit = get_unit(session, declaration.unit_id)
    facts = StatementFacts(
        unit_name=unit.name,
        year=declaration.year,
        insurances=tuple(list_insurances(session, declaration.id)),
        promise=_("本单位承诺：以上内容真实、准确、完整，并承担相应责任。"),
        fingerprint=_fingerprint(session, declaration),
    )
    people = get_tally(session, declaration.id).entered
    own = (
        _("单位"),
        [
            (_("单位编号"), unit.unit_no),
            (_("单位名称"), unit.name),
            (_("统一社会信用代码"), unit.uscc),
            (_("本次申报人数"), str(people)),
        ],
    )
    sections = [
        (
            _(section.title),
            [
                (_(field.label_msgid), shown(field, statement.content.get(field.name)))
                for field in section.fields
            ],
        )
        for section in SECTIONS
    ]
    content, _missing = write_statement_pdf(facts, [own, *sections])
    return File(content, _("说明表") + f"_{unit.unit_no}_{declaration.year}.pdf", PDF)


def shown(field: Field, value: Any) -> str:
    """A form's value as paper and screen show it, ID numbers masked."""
    if field.kind == "confirm":
        return _("是") if value else _("否")
    if value is None or value == "":
        return ""
    if field.kind == "money":
        return yuan_text(value, grouped=True)
    if field.kind == "choice":
        return _(dict(field.choices).get(value, value))
    if field.kind == "choices":
        labels = dict(field.choices)
        return _("、").join(_(labels.get(one, one)) for one in value)
    if field.is_masked:
        return mask_id(str(value))
    return str(value)


def order_roster(actor: Actor, declaration_id: int, now: datetime) -> int:
    """打印申报表: put down the job that makes it for the present revision; returns its number."""
    with transaction() as session:
        declaration = get_own(session, actor, declaration_id, lock=True)
        statement = find_statement(session, declaration_id)
        if statement is None:
            raise Refusal("print.no_statement")
        tally = get_tally(session, declaration_id)
        params = {"revision": tally.revision, "statement_version": statement.version}
        audit.record(session, actor, "roster_ordered", "declaration", declaration_id, now, after=params)
        assert declaration.unit_id == actor.own_unit_id
        return put_job(session, ROSTER_JOB, declaration_id, actor.own_unit_id, now, params, tally.insured)


def make_roster(task: Task, store: Store) -> None:
    """The roster job: page by page to a file that appears when it is complete."""
    with reading() as session:
        declaration = session.get_one(Declaration, task.subject_id)
        totals = figures(session, declaration)
        unit = get_unit(session, declaration.unit_id)
        cover = _cover(session, declaration, unit, totals)
        last = [0]

        def progress(done: int) -> None:
            # A transaction a page would cost more than the page.
            if done - last[0] >= 1000:
                last[0] = done
                task.report(done, cover.total_rows)

        with store.open_writer(".pdf") as file:
            rows = _roster_rows(session, declaration, totals)
            missing = write_declaration_pdf(cover, rows, file.stream, progress)
    result = {
        "stored_name": file.name,
        "missing": missing,
        "name": f"{_('申报表')}_{unit.unit_no}_{declaration.year}.pdf",
    }
    with transaction() as session:
        end_job(session, task, task.clock(), result=result)


def fail_roster(session: Session, task: Task, code: str, params: dict[str, Any]) -> None:
    """Nothing to undo: the job's row carries the reason, and the clerk may order again."""


def is_roster_current(session: Session, job: Job | None) -> bool:
    """Whether a finished roster still shows the declaration as it is."""
    if job is None or job.state != "done":
        return False
    standing = get_standing(session, job.subject_id)
    held = {"revision": standing.tally.revision, "statement_version": standing.statement_version or 0}
    return bool(job.params == held)


def receipt_pdf(
    session: Session,
    filing: Filing,
    events: list[FilingEvent],
    words: dict[str, str],
    moments: list[str],
    verify_at: str,
    signature: str = "",
) -> File:
    """The numbered receipt of a filing, from its snapshot; ``words`` name its states, ``moments`` its times.

    ``signature`` is the line about the electronic signature, empty where there is none.
    """
    unit = get_unit(session, filing.unit_id)
    snapshot = get_snapshot(session, filing.snapshot_id)
    basis = _("元/年") if snapshot.wage_basis == "annual" else _("元/月")
    receipt = Receipt(
        receipt_no=filing.receipt_no,
        unit_name=unit.name,
        unit_no=unit.unit_no,
        insurances=tuple(filing.insurance_codes),
        year=filing.year,
        people=filing.people,
        sums=(
            (_("现工资合计（%(basis)s）") % {"basis": basis}, yuan_text(filing.wage_total_fen, grouped=True)),
        ),
        submitted_at=moments[0],
        submitted_by=filing.submitter_name,
        state=words[filing.state],
        digest=snapshot.digest,
        verify_at=verify_at,
        timeline=tuple(
            (moment, event.actor_name, words[event.state])
            for moment, event in zip(moments, events, strict=True)
        ),
        signature=signature,
    )
    content, _missing = write_receipt_pdf(receipt)
    return File(content, f"{_('回执')}_{filing.receipt_no}.pdf", PDF)


def _fingerprint(session: Session, declaration: Declaration) -> str:
    """The backup's digest while it covers what is printed, so that paper and file can be matched."""
    assert declaration.id is not None
    standing = get_standing(session, declaration.id)
    backup = find_latest_backup(session, declaration.id)
    if backup is not None and standing.is_covered:
        return backup.digest
    return sm3_hex(f"{declaration.id}:{standing.tally.revision}:{standing.statement_version or 0}".encode())


def _cover(session: Session, declaration: Declaration, unit: Unit, totals: Figures) -> DeclarationCover:
    assert declaration.id is not None
    tally = get_tally(session, declaration.id)
    return DeclarationCover(
        unit_name=unit.name,
        unit_no=unit.unit_no,
        year=declaration.year,
        wage_basis=declaration.wage_basis,
        facts=(
            (_("统一社会信用代码"), unit.uscc),
            (_("参保人数"), str(tally.insured)),
            (_("申报人数"), str(tally.entered)),
            (_("此次不申报或未录入"), str(tally.insured - tally.entered)),
        ),
        figures=tuple(_insurance_figures(figure, declaration) for figure in totals.by_insurance.values()),
        base_groups=tuple("".join(insurance_name(code) for code in codes) for codes in _groups(totals)),
        total_rows=tally.insured,
        fingerprint=_fingerprint(session, declaration),
    )


def _groups(totals: Figures) -> list[list[str]]:
    """The 险种 of the declaration in groups: one base column each, since a group shares its bounds."""
    codes = list(totals.by_insurance)
    return [[code for code in group.insurances if code in codes] for group in groups_of(codes)]


def _insurance_figures(figure: InsuranceFigure, declaration: Declaration) -> InsuranceFigures:
    summary = figure.summary
    average = None
    if summary.entered:
        average = divide_half_up(summary.wage_total_fen, summary.entered * declaration.months)
    return InsuranceFigures(
        insurance=figure.insurance,
        insured=summary.people,
        declared=summary.entered,
        previous_wages_fen=summary.old_total_fen,
        monthly_average_fen=average,
        below_people=summary.below.count,
        below_before_fen=summary.below.before_fen,
        below_after_fen=summary.below.after_fen,
        above_people=summary.above.count,
        above_before_fen=summary.above.before_fen,
        above_after_fen=summary.above.after_fen,
        base_total_fen=summary.base_total_fen,
        previous_base_total_fen=None,
        growth_text=_growth(summary.old_total_fen, summary.wage_total_fen),
        rate_text=f"{figure.rate * 100:f}%" if figure.rate is not None else "—",
        monthly_amount_fen=figure.levy_fen,
    )


def _growth(old_fen: int, new_fen: int) -> str:
    permille = change_permille(old_fen, new_fen)
    return (
        "—"
        if permille is None
        else f"{'+' if permille > 0 else '-' if permille < 0 else ''}{abs(permille) // 10}.{abs(permille) % 10}%"
    )


def _roster_rows(session: Session, declaration: Declaration, totals: Figures) -> Iterator[RosterRow]:
    assert declaration.id is not None
    groups = _groups(totals)
    for row in iterate_rows(session, declaration.id):
        bases: list[int | None] = []
        for codes in groups:
            code = next((code for code in codes if code in row.insurances), None)
            if code is None or row.wage_fen is None or not is_declared(row.wage_fen):
                bases.append(None)
            else:
                bounds = totals.by_insurance[code].bounds
                bases.append(contribution_base(row.wage_fen, declaration.months, bounds).base_fen)
        yield RosterRow(
            row.seq, row.name, mask_id(row.id_number), row.old_wage_fen, row.wage_fen, tuple(bases)
        )
