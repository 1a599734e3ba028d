"""Flask's session, kept as a row on the server: the browser holds only a random id."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, cast

from flask import Flask, Request, g, request, session
from flask.sessions import SessionInterface, SessionMixin
from flask_wtf.csrf import generate_csrf
from werkzeug.datastructures import CallbackDict
from werkzeug.wrappers import Response

from blueprints.shared import clock
from models.account import find_open_session
from services.accounts import EXPIRED_KEPT, keep_session, open_anonymous, session_digest

COOKIE = "wt"
TOKENS_KEPT = 5000
# Writing "seen" on every click would double the writes; a minute's error in 30 does no harm.
SEEN_STEP = timedelta(seconds=60)


_tokens: dict[str, str] = {}


def csrf_token() -> str:
    """flask-wtf's token for this session, signed once: it has no time limit, so the first one stays good."""
    token = _tokens.get(session.get("csrf_token", ""))
    if token is None:
        if len(_tokens) > TOKENS_KEPT:
            _tokens.clear()
        token = generate_csrf()
        _tokens[session["csrf_token"]] = token
    return token


def expired_account_id() -> int | None:
    """Whose session this browser had, if it ran out less than a day ago.

    Nobody's when it acted for another unit: the next session begins in the person's own.
    """
    session_id = request.cookies.get(COOKIE)
    if session_id is None:
        return None
    now = clock.now()
    found = find_open_session(session_digest(session_id), now - EXPIRED_KEPT, now.date())
    if found is None or found.actor is None or found.data.get("acting"):
        return None
    return found.actor.account_id


class ServerSession(CallbackDict[str, Any], SessionMixin):
    """The values of one browser's session, and its id (None until something is worth keeping)."""

    def __init__(self, session_id: str | None, values: dict[str, Any], seen_at: datetime | None) -> None:
        super().__init__(values, lambda self: setattr(self, "modified", True))
        self.session_id = session_id
        self.seen_at = seen_at
        self.modified = False
        self.is_replaced = False

    def replace_with(self, session_id: str | None) -> None:
        """Go on under another id, with nothing carried over: at sign-in and sign-out."""
        self.clear()
        self.session_id, self.is_replaced, self.modified = session_id, True, False


def own_session() -> ServerSession:
    """The session of this request, with what Flask's own kind does not have: its id, and going on under another."""
    return cast(ServerSession, session)


def own_session_id() -> str:
    """The id of a session that is kept, as everybody's is who is signed in."""
    found = own_session().session_id
    assert found is not None
    return found


class DatabaseSessions(SessionInterface):
    """Opens a session at a request's start and keeps it at its end."""

    def open_session(self, app: Flask, request: Request) -> ServerSession:
        g.actor = None
        session_id = request.cookies.get(COOKIE)
        if session_id is None or request.path.startswith("/static/"):
            return ServerSession(None, {}, None)
        now = app.config["CLOCK"]()
        idle = timedelta(minutes=app.config["SETTINGS"].idle_minutes)
        found = find_open_session(session_digest(session_id), now - idle, now.date())
        if found is None:
            return ServerSession(None, {}, None)
        g.actor = found.actor
        return ServerSession(session_id, found.data, found.seen_at)

    def save_session(self, app: Flask, session: SessionMixin, response: Response) -> None:
        assert isinstance(session, ServerSession)
        now = app.config["CLOCK"]()
        if session.session_id is None:
            if session.is_replaced and not session.modified:
                response.delete_cookie(COOKIE)
            if not session.modified:
                return
            session.session_id = open_anonymous(now)
            self._set_cookie(app, session.session_id, response)
        elif session.is_replaced:
            self._set_cookie(app, session.session_id, response)
        is_old = session.seen_at is None or now - session.seen_at > SEEN_STEP
        if session.modified or is_old:
            keep_session(session.session_id, dict(session), now)

    def _set_cookie(self, app: Flask, session_id: str, response: Response) -> None:
        secure = app.config["SETTINGS"].secure_cookie
        response.set_cookie(COOKIE, session_id, httponly=True, samesite="Lax", secure=secure)
