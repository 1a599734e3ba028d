"""``python -m cert.agent``: start the UKey agent on this person's machine."""

from __future__ import annotations

import argparse
import getpass
import logging
import sys
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

from cert.agent.files import Pkcs12File, Sm2File
from cert.agent.keys import KeyFailure, PinWrong, Source
from cert.agent.server import Agent, Server
from cert.agent.tokens import TokenLibrary

PORT = 10089
LOOPBACK = {"127.0.0.1", "localhost"}

log = logging.getLogger("wangting.agent")


def main(arguments: list[str] | None = None) -> int:
    """Serve until interrupted; 2 for arguments that make no sense, 1 for keys that cannot be read."""
    parser = arguments_parser()
    given = parser.parse_args(arguments)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    if bool(given.sm2) != bool(given.cert) or len(given.sm2) != len(given.cert):
        parser.error("each --sm2 KEYFILE needs its --cert CERTFILE")
    if not (given.pkcs11 or given.p12 or given.sm2):
        parser.error("give at least one of --pkcs11, --p12 and --sm2")
    pin = given.pin_file.read_text().strip("\r\n") if given.pin_file else None
    try:
        sources = open_sources(given, pin)
    except (KeyFailure, ValueError, OSError) as error:
        log.error("%s", "the password is wrong" if isinstance(error, PinWrong) else error)
        return 1
    if given.pin_file or given.yes:
        log.warning("UNATTENDED: for tests and demos only. Whoever may use this machine may sign.")
    agent = Agent(sources, frozenset(given.origin), lambda: datetime.now(UTC), pin, given.yes)
    with Server(agent, given.port) as server:
        log.info("listening on %s for %s", server.address, ", ".join(sorted(given.origin)))
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            log.info("stopped")
    return 0


def open_sources(given: argparse.Namespace, pin: str | None) -> list[Source]:
    """The keys that were asked for; raises :class:`KeyFailure`, ``ValueError`` or ``OSError``."""
    is_unattended = pin is not None or given.yes
    sources: list[Source] = [
        TokenLibrary(path, given.token, software_only=is_unattended) for path in given.pkcs11
    ]
    for path in given.p12:
        password = (
            pin if pin is not None else getpass.getpass(f"password of {path}, to read its certificate: ")
        )
        sources.append(Pkcs12File(path, password))
    sources += [Sm2File(key, certificate) for key, certificate in zip(given.sm2, given.cert, strict=True)]
    return sources


def origin(text: str) -> str:
    """An origin as browsers send it: https, or http on this machine itself, and nothing behind the port."""
    parts = urlsplit(text)
    is_safe = parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in LOOPBACK)
    if not is_safe or not parts.hostname or text != f"{parts.scheme}://{parts.netloc}".lower() or "@" in text:
        raise argparse.ArgumentTypeError(f"{text!r} is not like https://hall.example")
    return text


def arguments_parser() -> argparse.ArgumentParser:
    """The command line; docs/ukey.md explains it."""
    parser = argparse.ArgumentParser(
        "cert.agent", description="Signs with a UKey or a key file, after asking."
    )
    add = parser.add_argument
    add("--origin", type=origin, action="append", required=True, help="who may ask: https://… (repeatable)")
    add("--port", type=int, default=PORT, help="on 127.0.0.1; default %(default)s")
    add("--pkcs11", action="append", default=[], metavar="LIBRARY", help="a token's PKCS#11 library")
    add("--token", metavar="LABEL", help="only the token with this label")
    add("--p12", type=Path, action="append", default=[], metavar="FILE", help="PKCS#12 with RSA or ECDSA")
    add("--sm2", type=Path, action="append", default=[], metavar="KEYFILE", help="SM2 key, PEM")
    add("--cert", type=Path, action="append", default=[], metavar="CERTFILE", help="its certificate")
    add(
        "--pin-file",
        type=Path,
        metavar="FILE",
        help="tests and demos: the PIN, so that nobody is asked for it",
    )
    add("--yes", action="store_true", help="tests and demos: sign without asking; never with hardware tokens")
    return parser


if __name__ == "__main__":
    sys.exit(main())
