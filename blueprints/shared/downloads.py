"""Every file that somebody takes away is an event of the audit trail; no event, no file."""

from __future__ import annotations

from flask import Flask, g, request
from werkzeug.wrappers import Response

from blueprints.shared import clock
from services.downloads import note_download


def install_downloads(app: Flask) -> None:
    """Look at each answer before it leaves."""
    app.after_request(_note)


def _note(response: Response) -> Response:
    # What is exported by POST, by right and for a purpose, is recorded with both by its own service.
    is_file = response.headers.get("Content-Disposition", "").startswith("attachment")
    if is_file and response.status_code == 200 and request.method == "GET" and g.get("actor") is not None:
        note_download(g.actor, request.endpoint or "", request.full_path.rstrip("?"), clock.now())
    return response
