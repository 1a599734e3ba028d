"""写入后会变什么: a file held against the list, and the first people of each part of the difference."""

from __future__ import annotations

from typing import Any, NamedTuple

from flask import make_response, redirect, render_template, request, session, url_for
from sqlmodel import Session
from werkzeug.wrappers import Response

from blueprints.shared.guards import actor, operator_only
from blueprints.shared.pages import is_partial
from blueprints.wages import wages
from blueprints.wages.files import own_upload
from blueprints.wages.mending import MENDED, draw_kinds
from blueprints.wages.progress import overview
from models.db import reading
from models.upload import Upload, count_kinds, count_repaired, list_lines
from models.upload_people import Difference, count_difference, list_clears, list_missing
from rules.numbers import whole_number
from services.declarations import get_own
from translations import gettext as _

PEOPLE = {"missing": list_missing, "clears": list_clears}
SHOWN = 20


class Group(NamedTuple):
    """A part of the difference: how many people, and the first of them."""

    show: str
    tag: str
    colour: str
    word: str
    people: int
    rows: list[Any]
    is_open: bool


@wages.get("/uploads/<int:upload_id>/difference")
@operator_only
def difference(upload_id: int) -> Response:
    """What writing would change and what is left to do; fetched again a moment after the last repair."""
    where = where_listed()
    with reading() as database:
        found = own_upload(database, upload_id)
        if not is_partial():
            return redirect(url_for("wages.upload", upload_id=upload_id, **where), 303)
        view = overview(database, get_own(database, actor(), found.declaration_id))
        values = difference_of(database, found) | {
            "kinds": draw_kinds(count_kinds(database, upload_id)),
            "repaired": count_repaired(database, upload_id),
            "show": where.get("show", "refused" if found.unsettled else "todo"),
        }
    return make_response(
        render_template("wages/_upload_fresh.html", view=view, upload=found, where=where, **values)
    )


def difference_of(database: Session, found: Upload) -> dict[str, Any]:
    """The difference against the list, the first people of each part of it, and how it will be written."""
    mode = request.values.get("mode") or session.get("upload_mode", "merge")
    counts = count_difference(database, found)
    groups = _groups(database, found, counts) if request.args.get("show", "todo") in MENDED else []
    is_replacing = mode == "replace" and found.kind == "wages"
    return {"difference": counts, "groups": groups, "mode": "replace" if is_replacing else "merge"}


def where_listed() -> dict[str, Any]:
    """The part of the address that says which list of the file's lines this is, and which page of it."""
    where: dict[str, Any] = {name: request.args[name] for name in ("show", "kind") if name in request.args}
    numbers = map(whole_number, request.args.getlist("after"))
    if after := tuple(number for number in numbers if number is not None):
        where["after"] = after
    return where


def _groups(database: Session, found: Upload, counts: Difference) -> list[Group]:
    words = {
        "added": ("+", "c-ok", _("新填，原来未录入"), counts.added),
        "changed": ("~", "c-acc", _("修改，与已录入不同"), counts.changed),
        "missing": ("−", "c-warn", _("文件里没有，名单里有"), counts.missing),
        "blank": ("○", "", _("现工资空着，不改动"), counts.blank),
        "unchanged": ("=", "", _("与已录入相同，不改动"), counts.unchanged),
    }
    if found.state != "checked":
        words = {name: words[name] for name in ("added", "changed")}
    groups = []
    for show, (tag, colour, word, count) in words.items():
        is_open = show in ("added", "changed", "missing")
        rows: list[Any] = []
        if count and show == "missing":
            rows = list_missing(database, found, 0, SHOWN)
        elif count and is_open:
            rows = list_lines(database, found.id or 0, show, "", 0, SHOWN)
        groups.append(Group(show, tag, colour, word, count, rows, is_open))
    return groups
