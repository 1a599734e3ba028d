"""检查结果: a checked file is mended line by line or all of a kind, held against the list, written, and taken back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import current_app, flash, make_response, redirect, render_template, request, session, url_for
from sqlmodel import Session
from werkzeug.wrappers import Response

from blueprints.shared import clock
from blueprints.shared.guards import actor, needs, operator_only
from blueprints.shared.pages import address, is_partial, progress_answer, send_to, trigger_name
from blueprints.shared.sentences import say, sentence
from blueprints.wages import wages
from blueprints.wages.difference import PEOPLE, difference_of, where_listed
from blueprints.wages.files import own_upload
from blueprints.wages.mending import (
    MENDED,
    Fix,
    draw_fix,
    draw_kinds,
    line_numbers,
    put_right,
    reason_of,
    repair_from,
    value_of,
)
from blueprints.wages.progress import overview
from models.db import reading
from models.job import find_latest_job
from models.upload import (
    LINES_A_PAGE,
    LISTS,
    Upload,
    UploadLine,
    count_kinds,
    count_repaired,
    find_applied_twin,
    get_lines,
    list_lines,
    list_repairs,
)
from rules.numbers import whole_number
from rules.refusals import Refusal
from services.declarations import get_own
from services.repairs import Repair, proposal, repair_kind, repair_lines
from services.uploads import (
    APPLY_JOB,
    CHECK_JOB,
    UNDO_JOB,
    apply_upload,
    discard_upload,
    recheck_upload,
    undo_upload,
)
from translations import gettext as _

JOBS = {"applying": APPLY_JOB, "undoing": UNDO_JOB}
EARLY = 3
SURE_ABOVE = 10
TRAIL = 40
OTHERS = 10


@wages.get("/uploads/<int:upload_id>")
@operator_only
def upload(upload_id: int) -> Response:
    """What the check found; polled while it runs, and while the file is being written or taken back."""
    return _result(upload_id)


@wages.post("/uploads/<int:upload_id>")
@operator_only
@needs("entry")
def decide_upload(upload_id: int) -> Response:
    """确认写入, 放弃此文件, 撤销这次写入, 重新检查; what was typed meanwhile is saved first, and looked at again."""
    act, now = request.form.get("do", ""), clock.now()
    if act == "discard":
        return _discarded(discard_upload(actor(), upload_id, now))
    try:
        if act == "apply" and (count := len(_save_page(upload_id))):
            flash(_("先保存了本页的 %(n)s 处修正。请核对下面的结果，再点一次写入。") % {"n": count}, "warn")
            return redirect(_here(upload_id), 303)
        job_id = _do(act, upload_id)
    except Refusal as refusal:
        return _result(upload_id, sentence(refusal))
    if job_id:
        current_app.config["WAKE"](job_id)
    return redirect(url_for("wages.upload", upload_id=upload_id), 303)


@wages.post("/uploads/<int:upload_id>/lines")
@operator_only
@needs("entry")
def repair(upload_id: int) -> Response:
    """One field from HTMX, or the page of lines from a plain form."""
    if is_partial():
        return _mended(upload_id)
    saved = _save_page(upload_id)
    pressed = next(
        (name[1:] for name in request.form if name[:1] in "fr" and whole_number(name[1:]) is not None), ""
    )
    left = [line for line in saved if line.outcome == "refused" and not line.is_skipped]
    if left:
        flash(_("改过的行里还有 %(n)s 行不能写入，原因在那一行里。") % {"n": len(left)}, "bad")
    elif saved:
        flash(_("本页的修正已保存。"), "good")
    session["drawn"] = {"upload": upload_id, "lines": line_numbers(request.form)}
    first = pressed or (str(left[0].line_no) if left else "")
    return redirect(_here(upload_id, _anchor=f"u{first}" if first else "list"), 303)


@wages.post("/uploads/<int:upload_id>/kinds")
@operator_only
@needs("entry")
def repair_all(upload_id: int) -> Response:
    """All lines of a kind: 按建议改好, 都不导入 (many only after a second look), 还原."""
    _save_page(upload_id)
    how, _blank, code = request.form.get("do", "").partition(" ")
    if how == "reset" and not code:
        count = repair_kind(actor(), upload_id, "", how, clock.now())
        flash(_("还原了 %(n)s 行，回到文件里的值。") % {"n": count}, "good")
        return redirect(url_for("wages.upload", upload_id=upload_id), 303)
    with reading() as database:
        kinds = draw_kinds(count_kinds(database, own_upload(database, upload_id).id or 0))
    kind = next((one for one in kinds if one.code == code), None)
    if kind is None:
        flash(_("这一类的行已经处理过，现在没有了。"), "warn")
        return redirect(_here(upload_id, _anchor="upload-kinds"), 303)
    if how == "skip" and kind.open > SURE_ABOVE and request.form.get("sure") != f"{code} {kind.open}":
        return redirect(_here(upload_id, ask=code, _anchor="upload-kinds"), 303)
    count = repair_kind(actor(), upload_id, code, how, clock.now())
    done = {
        "fix": _("按建议改好了 %(n)s 行。"),
        "skip": _("%(n)s 行不导入。"),
        "reset": _("还原了 %(n)s 行。"),
    }
    flash(f"{kind.word}：{done[how] % {'n': count}}", "good")
    return redirect(_here(upload_id, _anchor="upload-kinds"), 303)


def _result(upload_id: int, error: str = "", status: int = 422) -> Response:
    with reading() as database:
        found = own_upload(database, upload_id)
        view = overview(database, get_own(database, actor(), found.declaration_id))
        job = find_latest_job(database, JOBS.get(found.state, CHECK_JOB), upload_id)
        # A poll that finds the work over only makes the page load again.
        is_shown = not found.is_busy and not is_partial()
        values = _findings(database, found) if is_shown else {"early": _early(database, found)}
    if found.state == "asking":
        return send_to(url_for("wages.columns", upload_id=upload_id))
    doing = {"applying": _("正在写入"), "undoing": _("正在撤销")}
    answer = progress_answer(
        "wages/upload.html",
        "wages/_upload_meter.html",
        found.is_busy,
        view=view,
        upload=found,
        job=job,
        error=error,
        reason=say(found.refusal["code"], found.refusal["params"]) if found.refusal else "",
        doing=doing.get(found.state, _("正在检查")),
        **values,
    )
    if error:
        answer.status_code = status
    return answer


def _early(database: Session, found: Upload) -> list[tuple[UploadLine, str, str]]:
    """The first bad lines of a file that is still being checked, each with its bad cell and the reason."""
    if found.state != "checking":
        return []
    lines = list_lines(database, found.id or 0, "refused", "", 0, EARLY)
    return [(line, value_of(line), reason_of(line)) for line in lines]


def _findings(database: Session, found: Upload) -> dict[str, Any]:
    """Everything that the page of a checked, written or undone file shows."""
    kind = request.args.get("kind", "")
    # What stands in the way comes first; what is only to be looked at is one click away.
    first = "refused" if found.unsettled and found.state == "checked" and not kind else "todo"
    show = request.args.get("show", first)
    if show not in (*LISTS, *PEOPLE):
        show = first
    is_mended = (show in MENDED or bool(kind)) and found.state == "checked"
    twin = find_applied_twin(database, found.declaration_id, found.digest)
    values = {
        "show": show,
        "kind": kind,
        "is_mended": is_mended,
        "save": address("wages.repair", upload_id=found.id),
        "twin": twin if twin and twin.id != found.id else None,
        "fixes": put_right(found),
        "kinds": draw_kinds(count_kinds(database, found.id or 0)),
        "asks": request.args.get("ask", ""),
        "repaired": count_repaired(database, found.id or 0) if found.state == "checked" else 0,
        "reason_of": reason_of,
        **difference_of(database, found),
        **_listed(database, found, show, kind),
    }
    if is_mended:
        values["lines"] = _fixes(database, found, values["lines"])
        values["focus"] = next((fix.line.line_no for fix in values["lines"] if fix.tone == "bad-row"), None)
    return values


def _listed(database: Session, found: Upload, show: str, kind: str) -> dict[str, Any]:
    """A page of the list asked for, and the addresses of the pages beside it.

    ``after`` stands in the address once for each page turned over, so that the page before is always known.
    """
    trail = where_listed().get("after", ())[-TRAIL:]
    after = trail[-1] if trail else 0
    listed: list[Any]
    if show in PEOPLE:
        listed = PEOPLE[show](database, found, after, LINES_A_PAGE + 1)
    else:
        listed = list_lines(database, found.id or 0, show, kind, after, LINES_A_PAGE + 1)
    page, rest = listed[:LINES_A_PAGE], listed[LINES_A_PAGE:]
    if show in MENDED and (saved := _just_saved(database, found)):
        page, rest = saved, list_lines(database, found.id or 0, show, kind, saved[-1].line_no, 1)
    last = getattr(page[-1], "seq" if show in PEOPLE else "line_no") if page else 0
    return {
        "lines": page,
        "where": where_listed(),
        "before": _here(found.id or 0, after=tuple(trail[:-1])) if trail else "",
        "after": _here(found.id or 0, after=(*trail, last)) if rest else "",
    }


def _just_saved(database: Session, found: Upload) -> list[UploadLine]:
    """The lines that a plain form saved a moment ago, shown once more with what became of them."""
    drawn = session.pop("drawn", None)
    if drawn is None or drawn["upload"] != found.id:
        return []
    lines = get_lines(database, found.id or 0, drawn["lines"])
    return [lines[number] for number in sorted(lines)]


def _fixes(database: Session, found: Upload, lines: list[UploadLine]) -> list[Fix]:
    mended = [line.line_no for line in lines if line.is_repaired]
    repairs = list_repairs(database, found.id or 0, mended) if mended else {}
    return [draw_fix(line, repairs.get(line.line_no)) for line in lines]


def _mended(upload_id: int) -> Response:
    """One repaired line with the counts and the dock, to HTMX."""
    name, number = trigger_name(), next(iter(line_numbers(request.form)), 0)
    if name[1:] != str(number):
        raise Refusal("form.damaged")
    form = {**request.form, **({name: "1"} if name[0] in "fr" else {})}
    wanted = repair_from(form, number, _proposals(upload_id, form).get(number))
    if wanted is None:
        return _unchanged(upload_id, number)
    repaired = repair_lines(actor(), upload_id, [wanted], clock.now())
    line = next((one for one in repaired.lines if one.line_no == number), None)
    if line is None:
        raise Refusal("form.damaged")
    others = [one for one in repaired.lines if one.line_no != number][:OTHERS]
    with reading() as database:
        return _row(repaired.upload, draw_fix(line, wanted), _fixes(database, repaired.upload, others))


def _unchanged(upload_id: int, number: int) -> Response:
    """The row as it is, where nothing about it was changed after all."""
    with reading() as database:
        found = own_upload(database, upload_id)
        fixes = _fixes(database, found, [*get_lines(database, upload_id, [number]).values()])
    if not fixes:
        raise Refusal("form.damaged")
    return _row(found, fixes[0], [])


def _row(found: Upload, fix: Fix, others: list[Fix]) -> Response:
    """A row, and those of other lines that name the same person, with the counts and the dock."""
    return make_response(
        render_template(
            "wages/_fix_saved.html",
            fix=fix,
            others=others,
            upload=found,
            save=address("wages.repair", upload_id=found.id),
        )
    )


def _proposals(upload_id: int, form: Mapping[str, str]) -> dict[int, Repair]:
    """What was offered for the lines whose proposal was taken."""
    numbers = [number for number in line_numbers(form) if f"f{number}" in form]
    if not numbers:
        return {}
    with reading() as database:
        lines = get_lines(database, own_upload(database, upload_id).id or 0, numbers)
    found = {number: proposal(line) for number, line in lines.items()}
    return {number: repair for number, repair in found.items() if repair is not None}


def _save_page(upload_id: int) -> list[UploadLine]:
    """Save what a plain form says of its lines, those that nobody touched left out; the lines that changed."""
    with reading() as database:
        own_upload(database, upload_id)
    offered = _proposals(upload_id, request.form)
    wanted = [repair_from(request.form, number, offered.get(number)) for number in line_numbers(request.form)]
    repairs = [repair for repair in wanted if repair is not None]
    return repair_lines(actor(), upload_id, repairs, clock.now()).lines if repairs else []


def _do(act: str, upload_id: int) -> int:
    """Put down the job that an act needs; its number."""
    now = clock.now()
    if act == "undo":
        return undo_upload(actor(), upload_id, now)
    if act == "recheck":
        return recheck_upload(actor(), upload_id, now)
    mode, told = request.form.get("mode", "merge"), whole_number(request.form.get("cleared", "0"))
    if act != "apply" or told is None:
        raise Refusal("form.damaged")
    session["upload_mode"] = mode
    return apply_upload(actor(), upload_id, mode, told if mode == "replace" else 0, now)


def _discarded(declaration_id: int) -> Response:
    flash(_("已放弃此文件，系统中的数据没有改动。"), "good")
    return redirect(url_for("wages.uploads", declaration_id=declaration_id), 303)


def _here(upload_id: int, **changes: Any) -> str:
    return url_for("wages.upload", upload_id=upload_id, **(where_listed() | changes))
