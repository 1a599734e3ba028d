"""公告: what one consists of, and on which days it may be shown."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from rules.fields import N_, Field, clean_fields
from rules.refusals import Refusal

FIELDS: dict[str, Field] = {
    field.name: field
    for field in (
        Field("title", N_("标题"), "text", True),
        Field("text", N_("内容"), "longtext", True, hint_msgid=N_("最多 1000 字，空一行另起一段")),
        Field("shown_from", N_("从哪天起显示"), "date", True, hint_msgid=N_("如 2026-06-01")),
        Field("shown_until", N_("显示到哪天"), "date", True, hint_msgid=N_("这一天还显示，第二天起不再显示")),
        Field("is_pinned", N_("置顶"), "confirm"),
        Field("is_public", N_("登录页也显示，不登录就能看"), "confirm"),
    )
}


def read_announcement(typed: Mapping[str, str]) -> tuple[dict[str, Any], dict[str, Refusal]]:
    """A form made clean, its days as ``date``, or per field the reason why not.

    Refusal of its own: ``announcement.days`` (``first``, ``last``) where the last day comes before the first.
    """
    plain = {name: text.replace("\r\n", "\n") for name, text in typed.items()}
    content, problems = clean_fields(FIELDS, plain)
    if problems:
        return {}, problems
    first, last = content["shown_from"], content["shown_until"]
    if last < first:
        return {}, {"shown_until": Refusal("announcement.days", "shown_until", first=first, last=last)}
    days = {"shown_from": date.fromisoformat(first), "shown_until": date.fromisoformat(last)}
    return content | days, {}
