"""The bare limit over HTTP: Flask and waitress answering with constant bytes, served as the product is.

Run as ``python -m bench.bare PORT CORE FOLDER KIND``; it answers what the folder holds. KIND ``gzip`` lets
flask-compress, with the product's settings, compress it each time; ``plain`` does not.
"""

from __future__ import annotations

import logging
import sys
from dataclasses import replace
from pathlib import Path

from flask import Flask, Response, request
from flask_compress import Compress

from deploy.supervisor import serve
from settings import Settings


def bare_app(folder: Path) -> Flask:
    """A GET and a POST at the grid's address, which know no session, no database and no template.

    ``page`` and ``saved`` hold the bytes to answer. The POST reads its form, since a POST whose fields
    nobody reads is none; the request's bytes are the same that the product gets.
    """
    app = Flask("bare")
    page, saved = (folder / "page").read_bytes(), (folder / "saved").read_bytes()

    @app.get("/wages/<int:number>/rows")
    def rows(number: int) -> Response:
        return Response(page, mimetype="text/html")

    @app.post("/wages/<int:number>/rows")
    def save(number: int) -> Response:
        assert request.form
        return Response(saved, mimetype="text/html")

    return app


def main() -> None:
    """Serve until told to stop."""
    port, core, folder, kind = int(sys.argv[1]), int(sys.argv[2]), Path(sys.argv[3]), sys.argv[4]
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)
    app = bare_app(folder)
    if kind == "gzip":
        Compress(app)
    serve(app, replace(Settings(), port=port), None, core)


if __name__ == "__main__":
    main()
