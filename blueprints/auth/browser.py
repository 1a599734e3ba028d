"""The wrong browser: an IE kernel gets one plain page that says how to switch; nobody else is asked."""

from __future__ import annotations

import re

from flask import Flask, make_response, render_template, request
from werkzeug.wrappers import Response

# IE 11 and its compatibility modes say Trident, IE 10 and older MSIE; 360 and QQ say the same in 兼容模式.
_IS_IE = re.compile(r"\bMSIE \d|\bTrident/\d").search
_OPEN_TO_ALL = ("static", "healthz")


def install_browser_check(app: Flask) -> None:
    """Look at the browser before anything else does; to be installed before the gate."""
    app.before_request(_check)


def _check() -> Response | None:
    if request.endpoint in _OPEN_TO_ALL or not _IS_IE(request.headers.get("User-Agent", "")):
        return None
    # What was sent by a form cannot be asked for again; the hall's first page can.
    address = request.url if request.method == "GET" else request.url_root
    response = make_response(render_template("errors/browser.html", address=address))
    # Compatibility mode would lay the page out as in 2006.
    response.headers["X-UA-Compatible"] = "IE=edge"
    return response
