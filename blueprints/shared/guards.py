"""Every endpoint states who may enter; one gate, before every request, holds it to its word."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast
from urllib.parse import urlsplit

from flask import Flask, abort, current_app, flash, g, request, session, url_for
from werkzeug.wrappers import Response

from blueprints.shared.pages import is_partial, send_to
from blueprints.shared.sessions import expired_account_id
from models.account import Actor
from rules.refusals import Refusal
from translations import gettext as _

View = TypeVar("View", bound=Callable[..., Any])

WAYS = {"ca": "auth.ca", "password": "auth.sign_in", "licence": "auth.licence"}
KEPT_CHARACTERS = 200_000
FORM_BYTES = 4 * 2**20
# What is typed into these fields is kept nowhere.
SECRETS = ("csrf_token", "old", "new", "again", "password")
PUBLIC, SIGNED_IN, OPERATOR, REVIEWER, ADMIN = "public", "signed_in", "operator", "reviewer", "admin"
WHOLE_REGION = "whole_region"

# What the views state of themselves: who may enter, the right they need, and which need it to be looked at, too.
_ACCESS: dict[Callable[..., Any], str] = {}
_RIGHTS: dict[Callable[..., Any], str] = {}
_RIGHT_TO_READ: set[Callable[..., Any]] = set()
# Of the bureau's views: the duties of which one is needed, and which are the whole region's.
_DUTIES: dict[Callable[..., Any], tuple[str, ...]] = {}
_WHOLE_REGION: set[Callable[..., Any]] = set()


def _marker(access: str) -> Callable[[View], View]:
    def mark(view: View) -> View:
        _ACCESS[view] = access
        return view

    return mark


public = _marker(PUBLIC)
signed_in = _marker(SIGNED_IN)
operator_only = _marker(OPERATOR)
reviewer_only = _marker(REVIEWER)
# A unit's administration: for its administrators, in a session strong enough to change things, reading included,
# so that nobody types a new password into a form that cannot be sent.
admin_only = _marker(ADMIN)


def needs(right: str, *, to_read: bool = False) -> Callable[[View], View]:
    """The right (``models.account.RIGHTS``) that an operator's view needs to change something.

    With ``to_read`` to be looked at, too; the other pages of the work are open to whoever does the work.
    """

    def mark(view: View) -> View:
        _RIGHTS[view] = right
        if to_read:
            _RIGHT_TO_READ.add(view)
        return view

    return mark


def duty(*duties: str, whole_region: bool = False) -> Callable[[View], View]:
    """The duties (``models.account.DUTIES``) of which a bureau's view needs one, to be looked at as to be used.

    With ``whole_region`` what the page is about is not one unit's: staff of a 盟市 or 旗县 do not have it.
    """

    def mark(view: View) -> View:
        _DUTIES[view] = duties
        if whole_region:
            _WHOLE_REGION.add(view)
        return view

    return mark


def duties_of(view: Callable[..., Any]) -> tuple[str, ...]:
    """The duties that a view states, or none."""
    return _DUTIES.get(view, ())


def marks_of(actor: Actor) -> frozenset[str]:
    """A reviewer's duties, and ``WHOLE_REGION`` unless an office narrows them."""
    return frozenset(actor.rights.split()) | (frozenset() if actor.office_code else {WHOLE_REGION})


def is_on_duty(marks: frozenset[str], view: Callable[..., Any]) -> bool:
    """Whether a reviewer with these marks may use a view; one that states no duty lets nobody in."""
    if view in _WHOLE_REGION and WHOLE_REGION not in marks:
        return False
    return not marks.isdisjoint(duties_of(view))


def right_of(view: Callable[..., Any]) -> str | None:
    """The right that a view states, or None if it states none."""
    return _RIGHTS.get(view)


def access_of(view: Callable[..., Any]) -> str | None:
    """What a view states, or None if it forgot."""
    return _ACCESS.get(view)


def actor() -> Actor:
    """Whoever is signed in; only behind a gate that made sure somebody is."""
    return cast(Actor, g.actor)


def install_gate(app: Flask) -> None:
    """Check each request before anything else looks at it."""
    app.before_request(_limit_form)
    app.before_request(_gate)


def _limit_form() -> None:
    """A form without files is read at once, before anybody knows who sends it: what an upload may weigh it may not."""
    if request.mimetype != "multipart/form-data":
        request.max_content_length = FORM_BYTES


def _gate() -> Response | None:
    if request.endpoint is None:
        return None
    view = current_app.view_functions[request.endpoint]
    access = access_of(view)
    if access is None:
        raise RuntimeError(f"{request.endpoint} does not state who may enter")
    if access == PUBLIC:
        return None
    if g.actor is None:
        return _to_sign_in()
    if access not in (SIGNED_IN, g.actor.role, ADMIN if g.actor.is_admin else None):
        # The same answer as for a page that does not exist: other roles' pages are nobody's business.
        abort(404)
    if access == REVIEWER and not is_on_duty(marks_of(actor()), view):
        abort(404)
    if access == ADMIN:
        return _check_factors(ADMIN)
    return _check_right() if access == OPERATOR else None


def _check_right() -> Response | None:
    """An operator changes something, or looks where not everybody may: by right, in a session strong enough."""
    view = current_app.view_functions[request.endpoint or ""]
    if request.method != "POST" and view not in _RIGHT_TO_READ:
        return None
    right = right_of(view)
    if right is None:
        raise RuntimeError(f"{request.endpoint} does not state the right it needs")
    if not actor().may(right):
        raise Refusal("right.lacking", right=right)
    return _check_factors(right)


def _check_factors(right: str) -> Response | None:
    """On to one factor more where the session has not been opened strongly enough."""
    lacking = actor().lacks(right)
    if not lacking:
        return None
    # One factor more, then back to what was typed: that is kept like the form of an expired session. A file
    # cannot be kept, and its form without it is worth nothing.
    is_upload = request.mimetype == "multipart/form-data"
    if not is_upload:
        keep_form(actor().account_id)
    session["step_up"] = lacking[0]
    words = {
        "ca": _("这一步需要 UKey 证书。请插好 UKey，用证书再登录一次。"),
        "password": _("这一步需要账户密码。请再登录一次。"),
        "licence": _("这一步需要营业执照登录。请再登录一次。"),
    }
    is_page = request.method != "POST"
    after = _("登录后接着办理。") if is_page else _("填写的内容不会丢。")
    flash(words[lacking[0]] + (_("选好的文件不能保留，登录后请重新选择。") if is_upload else after), "warn")
    address = request.path if is_page else _page_of(request.referrer)
    way = url_for(WAYS[lacking[0]], next=address or None)
    return send_to(way, status=401 if is_partial() else 303)


def _to_sign_in() -> Response:
    if request.method == "POST" and not is_partial():
        keep_form(expired_account_id())
    flash(_("登录已过期或尚未登录，请登录后继续。"), "warn")
    address = request.path if request.method == "GET" and not is_partial() else _page_of(request.referrer)
    return send_to(url_for("auth.sign_in", next=address or None), status=401 if is_partial() else 303)


def keep_form(account_id: int | None) -> None:
    """Keep what the session could not take, so that it can be sent again after sign-in.

    Only a form of our own pages is kept, and only for whoever was signed in: another site must not put
    words into a clerk's mouth, nor one clerk read another's.
    """
    origin = urlsplit(request.headers.get("Origin", "")).netloc
    fields = [(name, text) for name, text in request.form.items(multi=True) if name not in SECRETS]
    size = sum(len(name) + len(text) for name, text in fields)
    if origin == request.host and fields and size <= KEPT_CHARACTERS and account_id is not None:
        address = request.full_path.rstrip("?")
        session["kept_form"] = {"address": address, "fields": fields, "account_id": account_id}


def _page_of(referrer: str | None) -> str:
    return urlsplit(referrer or "").path
