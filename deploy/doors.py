"""By which door a request came: only one of them is believed when it hands over a client certificate."""

from __future__ import annotations

import contextlib
import os
import socket
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

Environ = dict[str, Any]
App = Callable[[Environ, Callable[..., Any]], Iterable[bytes]]

CERTIFICATE = "HTTP_X_CLIENT_CERTIFICATE"
TRUSTED = "wangting.tls"
"""Set by the process that listens; no header of a request can become this name."""


def common_door(app: App) -> App:
    """The application for everybody: what is said about a client certificate is dropped unread."""

    def serve(environ: Environ, start_response: Callable[..., Any]) -> Iterable[bytes]:
        environ.pop(CERTIFICATE, None)
        return app(environ, start_response)

    return serve


def certificate_door(app: App) -> App:
    """The application for nginx's mutual TLS (deploy/nginx.conf), which proved the key of the certificate."""

    def serve(environ: Environ, start_response: Callable[..., Any]) -> Iterable[bytes]:
        return app({**environ, TRUSTED: True}, start_response)

    return serve


def open_certificate_socket(place: str) -> socket.socket:
    """Listen at a path that its owner and group alone may connect to; raises ``OSError`` if somebody listens there.

    The socket file of a process that died is taken away first.
    """
    path = Path(place)
    with (
        socket.socket(socket.AF_UNIX) as probe,
        contextlib.suppress(FileNotFoundError, ConnectionRefusedError),
    ):
        probe.connect(str(path))
        raise OSError(f"{path}: another process listens here")
    if path.is_socket():
        path.unlink()
    listener = socket.socket(socket.AF_UNIX)
    # With this mode from its first moment on, not only after a chmod.
    usual = os.umask(0o117)
    try:
        listener.bind(str(path))
    finally:
        os.umask(usual)
    listener.listen(256)
    return listener
