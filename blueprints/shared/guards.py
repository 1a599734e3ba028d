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
from translations import gettext as _

View = TypeVar("View", bound=Callable[..., Any])

KEPT_CHARACTERS = 200_000
PUBLIC, SIGNED_IN, OPERATOR, REVIEWER = "public", "signed_in", "operator", "reviewer"


def _marker(access: str) -> Callable[[View], View]:
    def mark(view: View) -> View:
        view.access = access  # type: ignore[attr-defined]
        return view

    return mark


public = _marker(PUBLIC)
signed_in = _marker(SIGNED_IN)
operator_only = _marker(OPERATOR)
reviewer_only = _marker(REVIEWER)


def access_of(view: Callable[..., Any]) -> str | None:
    """What a view states, or None if it forgot."""
    return getattr(view, "access", None)


def actor() -> Actor:
    """Whoever is signed in; only behind a gate that made sure somebody is."""
    return cast(Actor, g.actor)


def install_gate(app: Flask) -> None:
    """Check each request before anything else looks at it."""
    app.before_request(_gate)


def _gate() -> Response | None:
    if request.endpoint is None:
        return None
    access = access_of(current_app.view_functions[request.endpoint])
    if access is None:
        raise RuntimeError(f"{request.endpoint} does not state who may enter")
    if access == PUBLIC:
        return None
    if g.actor is None:
        return _to_sign_in()
    if access not in (SIGNED_IN, g.actor.role):
        # The same answer as for a page that does not exist: other roles' pages are nobody's business.
        abort(404)
    return None


def _to_sign_in() -> Response:
    if request.method == "POST" and not is_partial():
        keep_form()
    flash(_("登录已过期或尚未登录，请登录后继续。"), "warn")
    address = request.path if request.method == "GET" and not is_partial() else _page_of(request.referrer)
    return send_to(url_for("auth.sign_in", next=address or None), status=401 if is_partial() else 303)


def keep_form() -> None:
    """Keep what an expired session could not take, so that it can be sent again after sign-in.

    Only a form of our own pages is kept, and only for whoever was signed in: another site must not put
    words into a clerk's mouth, nor one clerk read another's.
    """
    origin = urlsplit(request.headers.get("Origin", "")).netloc
    fields = [(name, text) for name, text in request.form.items(multi=True) if name != "csrf_token"]
    size = sum(len(name) + len(text) for name, text in fields)
    account_id = expired_account_id()
    if origin == request.host and fields and size <= KEPT_CHARACTERS and account_id is not None:
        address = request.full_path.rstrip("?")
        session["kept_form"] = {"address": address, "fields": fields, "account_id": account_id}


def _page_of(referrer: str | None) -> str:
    return urlsplit(referrer or "").path
