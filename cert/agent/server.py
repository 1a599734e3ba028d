"""The agent's HTTP service: loopback only, known origins only, and a question before each signature."""

from __future__ import annotations

import base64
import json
import logging
import os
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from cert.agent import items, page
from cert.agent.items import Full, Item, Items
from cert.agent.keys import Certificate, KeyFailure, KeyMissing, PinLocked, PinWrong, Source
from translations import gettext as _

log = logging.getLogger("wangting.agent")

CONTENT_BYTES = 64 * 2**10
BODY_BYTES = 2 * CONTENT_BYTES  # the content as JSON, with what must be escaped in it
DRAINED_BYTES = 2**20
STYLE = Path(__file__).with_name("style.css").read_bytes()


@dataclass
class Agent:
    """What the service knows: where keys lie, who may ask, and what is asked at the moment.

    ``pin`` and ``says_yes`` are for tests and demos: a PIN that nobody has to type, and a yes without asking.
    """

    sources: list[Source]
    origins: frozenset[str]
    clock: Callable[[], datetime]
    pin: str | None = None
    says_yes: bool = False
    items: Items = field(init=False)

    def __post_init__(self) -> None:
        self.items = Items(self.clock)

    def certificates(self) -> list[tuple[Source, Certificate]]:
        """Every certificate of every source; raises :class:`KeyFailure`."""
        return [(source, held) for source in self.sources for held in source.certificates()]

    def find(self, certificate_id: str) -> tuple[Source, Certificate] | None:
        """A certificate that is there now, and where."""
        return next((pair for pair in self.certificates() if pair[1].id == certificate_id), None)

    def sign(self, item: Item, pin: str) -> None:
        """Let the key work on a claimed item, and leave in it what came of that."""
        try:
            found = self.find(item.certificate.id)
            if found is None:
                raise KeyMissing
            item.signature = found[0].sign(item.certificate.id, item.text.encode(), pin)
        except PinWrong as wrong:
            item.is_pin_wrong, item.tries = True, wrong.tries
            # Where nobody can type another one, the wrong PIN is the end of it.
            self.items.finish(item, items.ASKING if item.needs_pin else items.FAILED)
        except PinLocked:
            self.items.finish(item, items.LOCKED)
        except KeyMissing:
            self.items.finish(item, items.NO_KEY)
        except (KeyFailure, ValueError) as failure:
            item.detail = str(failure)
            self.items.finish(item, items.FAILED)
        else:
            self.items.finish(item, items.SIGNED)
        log.info("%s: %s with %s", item.origin, item.state, item.certificate.id[:16])


class Server(ThreadingHTTPServer):
    """Listens on 127.0.0.1; port 0 takes a free one."""

    daemon_threads = True
    # On Windows this would let another program take the port over.
    allow_reuse_address = os.name != "nt"

    def __init__(self, agent: Agent, port: int) -> None:
        super().__init__(("127.0.0.1", port), Handler)
        self.agent = agent

    @property
    def address(self) -> str:
        """Where the agent is to be found."""
        return f"http://127.0.0.1:{self.server_port}"


class Refused(Exception):
    """The answer is this status, with a code and nothing else."""

    def __init__(self, status: int, code: str) -> None:
        super().__init__(code)
        self.status = status
        self.code = code


class Handler(BaseHTTPRequestHandler):
    """One request. The site's side is JSON under CORS; /ask/… is the agent's own page, for the person alone."""

    server: Server
    timeout = 10
    server_version = "wangting-agent"
    sys_version = ""

    def do_OPTIONS(self) -> None:
        self._answer(self._preflight)

    def do_GET(self) -> None:
        self._answer(self._get)

    def do_POST(self) -> None:
        self._answer(self._post)

    def do_DELETE(self) -> None:
        self._answer(self._delete)

    def log_message(self, format: str, *args: object) -> None:
        """Nothing: addresses carry the ids of items."""

    # The site's side ----------------------------------------------------------------------------

    def _preflight(self) -> None:
        origin = self._origin()
        asks_private = self.headers.get("Access-Control-Request-Private-Network") == "true"
        private = {"Access-Control-Allow-Private-Network": "true"} if asks_private else {}
        self._send(
            204,
            b"",
            "text/plain",
            {
                **_shared_with(origin),
                **private,
                "Access-Control-Allow-Methods": "GET, POST, DELETE",
                "Access-Control-Allow-Headers": "content-type",
                "Access-Control-Max-Age": "600",
            },
        )

    def _get(self) -> None:
        kind, name = self._place()
        if kind == "style.css":
            self._send(200, STYLE, "text/css; charset=utf-8")
        elif kind == "ask":
            self._show(name)
        elif kind == "certificates":
            self._list()
        elif kind == "signatures":
            self._hand_out(name)
        else:
            raise Refused(404, "no_such_place")

    def _post(self) -> None:
        kind, name = self._place()
        if kind == "ask":
            self._decide(name)
        elif kind == "signatures" and not name:
            self._ask()
        else:
            raise Refused(404, "no_such_place")

    def _delete(self) -> None:
        kind, name = self._place()
        origin = self._origin()
        if kind != "signatures":
            raise Refused(404, "no_such_place")
        self._agent.items.withdraw(name, origin)
        self._send_json(200, {}, origin)

    def _list(self) -> None:
        origin = self._origin()
        try:
            held = [_told(certificate) for _source, certificate in self._agent.certificates()]
        except KeyFailure as failure:
            log.warning("the key's library: %s", failure.detail)
            self._send_json(200, {"certificates": [], "detail": failure.detail}, origin)
        else:
            self._send_json(200, {"certificates": held}, origin)

    def _ask(self) -> None:
        origin = self._origin()
        certificate, text = _order(self._body("application/json"))
        try:
            found = self._agent.find(certificate)
            if found is None:
                raise KeyMissing
            needs_pin = self._agent.pin is None and found[0].needs_pin(certificate)
            item = self._agent.items.add(origin, found[1], text, needs_pin)
        except Full:
            raise Refused(503, "too_many") from None
        except KeyFailure:
            raise Refused(409, "no_key") from None
        if self._agent.says_yes and self._agent.items.claim(item.id, item.csrf):
            self._agent.sign(item, self._agent.pin or "")
        asks = "" if self._agent.says_yes else f"{self.server.address}/ask/{item.id}"
        self._send_json(201, {"id": item.id, "page": asks}, origin)

    def _hand_out(self, name: str) -> None:
        origin = self._origin()
        item = self._agent.items.collect(name, origin)
        if item is None:
            raise Refused(404, "no_such_item")
        answer: dict[str, object] = {"state": item.state, "pin_wrong": item.is_pin_wrong, "tries": item.tries}
        if item.state == items.SIGNED:
            answer |= {"signature": _text(item.signature), "certificate": _text(item.certificate.der)}
        elif item.state == items.FAILED:
            answer["detail"] = item.detail
        self._send_json(200, answer, origin)

    # The person's side --------------------------------------------------------------------------

    def _show(self, name: str) -> None:
        item = self._agent.items.find(name)
        if item is None or item.state != items.ASKING:
            self._send_page(404, page.notice(_("这次签名已经结束或超过 2 分钟")))
        else:
            self._send_page(200, page.question(item))

    def _decide(self, name: str) -> None:
        """Only the agent's own page may answer: its origin, and the token that it alone was given."""
        if self.headers.get_all("Origin") not in ([self.server.address], [self._localhost()]):
            raise Refused(403, "foreign_origin")
        body = self._body("application/x-www-form-urlencoded").decode("utf-8", "replace")
        form = {key: values[0] for key, values in parse_qs(body).items()}
        item = self._agent.items.claim(name, form.get("csrf", ""))
        if item is None:
            self._send_page(404, page.notice(_("这次签名已经结束或超过 2 分钟")))
            return
        if form.get("answer") != "yes":
            self._agent.items.finish(item, items.CANCELLED)
            self._send_page(200, page.notice(_("已拒绝，没有签名")))
            return
        self._agent.sign(item, form.get("pin", "") if self._agent.pin is None else self._agent.pin)
        if item.state == items.ASKING:
            self._send_page(422, page.question(item))
        else:
            self._send_page(200, page.notice(_outcome(item)))

    # Guards and answers -------------------------------------------------------------------------

    @property
    def _agent(self) -> Agent:
        return self.server.agent

    def _localhost(self) -> str:
        return f"http://localhost:{self.server.server_port}"

    def _place(self) -> tuple[str, str]:
        parts = urlsplit(self.path).path.strip("/").split("/")
        if len(parts) > 2:
            raise Refused(404, "no_such_place")
        return parts[0], parts[1] if len(parts) == 2 else ""

    def _guard_host(self) -> None:
        """A name that was rebound to 127.0.0.1 still stands in the Host header."""
        port = self.server.server_port
        if self.headers.get_all("Host") not in ([f"127.0.0.1:{port}"], [f"localhost:{port}"]):
            raise Refused(403, "foreign_host")

    def _origin(self) -> str:
        """The one configured origin that asks."""
        origins = self.headers.get_all("Origin") or []
        if len(origins) != 1 or origins[0] not in self._agent.origins:
            log.warning("refused: a request from %r", origins[:2])
            raise Refused(403, "foreign_origin")
        return origins[0]

    def _body(self, content_type: str) -> bytes:
        if self.headers.get_content_type() != content_type:
            raise Refused(415, "content_type")
        length = self.headers.get("Content-Length", "")
        if not (length.isascii() and length.isdigit()):
            raise Refused(411, "length")
        if int(length) > BODY_BYTES:
            # Read some of it, so that the answer is not lost in a connection that breaks off.
            self.rfile.read(min(int(length), DRAINED_BYTES))
            raise Refused(413, "too_large")
        return self.rfile.read(int(length))

    def _answer(self, handle: Callable[[], None]) -> None:
        try:
            self._guard_host()
            handle()
        except Refused as refused:
            origins = self.headers.get_all("Origin") or []
            known = origins[0] if len(origins) == 1 and origins[0] in self._agent.origins else None
            self._send_json(refused.status, {"code": refused.code}, None if refused.status == 403 else known)

    def _send_json(self, status: int, content: dict[str, object], origin: str | None) -> None:
        shared = _shared_with(origin) if origin else {}
        self._send(status, json.dumps(content).encode(), "application/json", shared)

    def _send_page(self, status: int, html: str) -> None:
        headers = {"Content-Security-Policy": page.POLICY, "X-Frame-Options": "DENY"}
        self._send(status, html.encode(), "text/html; charset=utf-8", headers)

    def _send(self, status: int, body: bytes, kind: str, headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.send_header("Cache-Control", "no-store")
        self.send_header("X-Content-Type-Options", "nosniff")
        self.send_header("Referrer-Policy", "same-origin")
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def _order(body: bytes) -> tuple[str, str]:
    """Certificate id and text of a request for a signature."""
    try:
        order = json.loads(body)
        certificate, text = order["certificate"], order["text"]
    except (ValueError, KeyError, TypeError, RecursionError):
        raise Refused(400, "malformed") from None
    if not (isinstance(certificate, str) and isinstance(text, str) and text):
        raise Refused(400, "malformed")
    try:
        size = len(text.encode())
    except UnicodeEncodeError:
        raise Refused(400, "malformed") from None
    if size > CONTENT_BYTES:
        raise Refused(413, "too_large")
    return certificate, text


def _told(certificate: Certificate) -> dict[str, str]:
    return {
        "id": certificate.id,
        "certificate": _text(certificate.der),
        "subject": certificate.subject,
        "issuer": certificate.issuer,
        "uscc": certificate.uscc,
        "valid_from": certificate.valid_from.isoformat(),
        "valid_until": certificate.valid_until.isoformat(),
        "algorithm": certificate.key.kind,
    }


def _outcome(item: Item) -> str:
    words = {
        items.SIGNED: _("已签名"),
        items.LOCKED: _("UKey 已锁定，没有签名。请找 CA 发证机构解锁"),
        items.NO_KEY: _("UKey 已拔出，没有签名"),
    }
    return words.get(item.state, _("UKey 没有完成签名：%(detail)s") % {"detail": item.detail})


def _shared_with(origin: str) -> dict[str, str]:
    return {"Access-Control-Allow-Origin": origin, "Vary": "Origin"}


def _text(content: bytes) -> str:
    return base64.b64encode(content).decode()
