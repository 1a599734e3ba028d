"""A real SMTP server on a port of its own: keeps what it takes, refuses and breaks off where it is told to."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from ipaddress import ip_address
from pathlib import Path
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

HOST = "127.0.0.1"
USER, PASSWORD = "hall", "open sesame"


@dataclass
class Postbox:
    """What came in. ``refused`` addresses are answered 550, ``busy`` ones 451; at a ``broken`` one the line is cut:
    before the server has taken the mail, or (``broken_after``) after it has and before it says so.
    """

    mails: list[EmailMessage] = field(default_factory=list)
    signed_in: list[bool] = field(default_factory=list)
    was_tls: list[bool] = field(default_factory=list)
    refused: set[str] = field(default_factory=set)
    busy: set[str] = field(default_factory=set)
    broken: set[str] = field(default_factory=set)
    broken_after: set[str] = field(default_factory=set)
    port: int = 0

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if address in self.refused:
            return "550 no such mailbox"
        if address in self.busy:
            return "451 come again"
        if address in self.broken:
            self._cut(server)
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        message = message_from_bytes(bytes(envelope.content or b""), policy=policy.default)
        assert isinstance(message, EmailMessage)
        self.mails.append(message)
        self.signed_in.append(bool(session.authenticated))
        self.was_tls.append(session.ssl is not None)
        if set(envelope.rcpt_tos) & self.broken_after:
            self._cut(server)
        return "250 taken"

    def to(self, address: str) -> list[EmailMessage]:
        """The mails to one address."""
        return [mail for mail in self.mails if mail["To"] == address]

    @staticmethod
    def _cut(server: SMTP) -> None:
        assert server.transport is not None
        server.transport.abort()


class AnyPort(Controller):
    """Listens where the system has a port free, and knows which one that is before it knocks at it."""

    def _trigger_server(self) -> None:
        assert self.server is not None
        self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()


@contextmanager
def postbox(
    folder: Path | None = None, *, tls: str = "none", wants_password: bool = False
) -> Iterator[Postbox]:
    """A server that runs while the block does; ``folder`` holds its certificate where it speaks TLS."""
    box = Postbox()
    options: dict[str, Any] = {}
    if wants_password:
        options |= {"authenticator": _check, "auth_required": True, "auth_require_tls": tls == "starttls"}
    context = _context(folder) if folder is not None and tls != "none" else None
    if tls == "starttls":
        options |= {"tls_context": context, "require_starttls": True}
    whole = context if tls == "tls" else None
    controller = AnyPort(box, hostname=HOST, port=0, ssl_context=whole, **options)
    controller.start()
    try:
        box.port = controller.port
        yield box
    finally:
        controller.stop()


def _check(server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: Any) -> AuthResult:
    is_good = isinstance(data, LoginPassword) and (data.login, data.password) == (
        USER.encode(),
        PASSWORD.encode(),
    )
    return AuthResult(success=is_good)


def make_certificate(folder: Path) -> Path:
    """A certificate for this host, its own CA, with its key beside it; returns the certificate's file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "postbox")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address(HOST))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    plain = serialization.NoEncryption()
    pem = serialization.Encoding.PEM
    (folder / "key.pem").write_bytes(
        key.private_bytes(pem, serialization.PrivateFormat.TraditionalOpenSSL, plain)
    )
    (folder / "cert.pem").write_bytes(certificate.public_bytes(pem))
    return folder / "cert.pem"


def _context(folder: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(make_certificate(folder), folder / "key.pem")
    return context
