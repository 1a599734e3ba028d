"""One URL, two readers: a page to a browser, a partial to HTMX; the only place that asks which."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from urllib.parse import urlsplit

from flask import Flask, g, make_response, redirect, render_template, request, url_for
from htmx_flask import request as htmx_request
from werkzeug.wrappers import Response

ADDRESSES_KEPT = 5000
CONTENT_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
VARY = "Accept-Encoding, HX-Request, HX-Boosted, HX-History-Restore-Request"
FILE_HEADERS = (("X-Content-Type-Options", "nosniff"), ("Referrer-Policy", "same-origin"))
PAGE_HEADERS = (*FILE_HEADERS, ("Content-Security-Policy", CONTENT_POLICY), ("X-Frame-Options", "DENY"))


_addresses: dict[object, str] = {}


def is_partial() -> bool:
    """Whether HTMX asks for a piece of a page, rather than for the page itself."""
    htmx = htmx_request.htmx
    return bool(htmx) and not htmx.boosted and not htmx.history_restore_request


def trigger_name() -> str:
    """The name of the field whose change made HTMX ask."""
    return request.headers.get("HX-Trigger-Name", "")


def answer(page: str, partial: str, status: int = 200, /, **values: Any) -> Response:
    """The page with its partial inside, or the partial alone, from the same values."""
    return make_response(render_template(partial if is_partial() else page, **values), status)


def progress_answer(page: str, meter: str, is_busy: bool, **values: Any) -> Response:
    """A page that waits for background work: its meter alone to a poll, a reload when the work is over.

    The wait between polls grows with each turn, from 2 to 12 seconds.
    """
    turn = min(max(request.args.get("turn", 0, int), 0) + 1, 11)
    values |= {"is_busy": is_busy, "turn": turn, "wait": turn + 1, "here": request.path}
    if not is_partial():
        return make_response(render_template(page, **values))
    if is_busy:
        return make_response(render_template(meter, **values))
    response = make_response("", 204)
    response.headers["HX-Refresh"] = "true"
    return response


def send_to(address: str, status: int = 303) -> Response:
    """Go to another page; HTMX is told by a header, since it would swap a redirect's target into a table."""
    if not is_partial():
        return redirect(address, 303)
    response = make_response("", status if status == 401 else 204)
    response.headers["HX-Redirect"] = address
    return response


def address(endpoint: str, **values: Any) -> str:
    """``url_for``, remembered: a page asks for thirty addresses, and most of them again on the next page."""
    key = (request.script_root, endpoint, *values.items())
    found = _addresses.get(key)
    if found is None:
        if len(_addresses) > ADDRESSES_KEPT:
            _addresses.clear()
        found = _addresses[key] = url_for(endpoint, **values)
    return found


def allow_connections(addresses: Iterable[str]) -> None:
    """Let this page's scripts speak to services on the clerk's own machine (docs/ukey.md)."""
    parts = (urlsplit(address) for address in addresses)
    g.connections = sorted({f"{part.scheme}://{part.netloc}" for part in parts if part.netloc})


def install_addresses(app: Flask) -> None:
    """Let templates ask for addresses the same way."""
    app.jinja_env.globals["url_for"] = address


def install_headers(app: Flask) -> None:
    """Give every answer the headers that its kind needs, and no more: bytes are a feature."""
    app.after_request(_headers)


def _headers(response: Response) -> Response:
    headers = response.headers
    if request.endpoint == "static":
        headers["X-Content-Type-Options"] = "nosniff"
        return response
    headers["Cache-Control"] = "no-store"
    if is_partial():
        return response
    if response.mimetype == "text/html":
        headers["Vary"] = VARY
        headers.extend(PAGE_HEADERS)
        if "connections" in g:
            sources = f"connect-src 'self' {' '.join(g.connections)}"
            headers["Content-Security-Policy"] = CONTENT_POLICY.replace("connect-src 'self'", sources)
    else:
        headers.extend(FILE_HEADERS)
    return response
