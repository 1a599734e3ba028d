"""E-mail: one plain text to one person, over a mail server that proves who it is where TLS is asked for."""

from __future__ import annotations

import smtplib
import ssl
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from email.policy import SMTP as SMTP_POLICY
from email.utils import format_datetime, parseaddr

TIMEOUT_S = 10.0
"""A server that says nothing for so long is not there; a clerk may be waiting."""
TLS = ("starttls", "tls", "none")


class MailFailed(Exception):
    """This mail was not accepted. ``is_refused``: for good, so that trying again would be in vain."""

    def __init__(self, reason: str, *, is_refused: bool = False) -> None:
        super().__init__(reason)
        self.is_refused = is_refused


class ServerFailed(MailFailed):
    """The mail server cannot be used at all: no line, no TLS, no sign-in."""


@dataclass(frozen=True)
class Mail:
    """A mail. ``name`` is the first half of its Message-ID (RFC 5322 3.6.4): the same mail bears the same one."""

    to: str
    subject: str
    text: str
    name: str
    at: datetime


@dataclass(frozen=True)
class MailServer:
    """Where mails are handed in (RFC 5321). ``tls``: ``starttls`` (RFC 3207), ``tls`` from the first byte (RFC 8314),
    or ``none`` inside a closed network. The server's certificate is held against the system's CAs.
    """

    host: str
    port: int
    sender: str
    tls: str = "starttls"
    user: str = ""
    password: str = ""

    def send(self, mail: Mail) -> None:
        """Hand one mail in; when this returns, the server has promised to deliver it.

        Raises ``ServerFailed``, ``MailFailed``. A line that breaks at the very end leaves open whether the mail
        was accepted; it may come twice then, both times under the same Message-ID.
        """
        message = self._message(mail)
        smtp = self._connect()
        try:
            smtp.send_message(message)
        except smtplib.SMTPRecipientsRefused as error:
            codes = [code for code, _reason in error.recipients.values()]
            raise MailFailed(f"recipient refused: {codes}", is_refused=min(codes) >= 500) from error
        except smtplib.SMTPResponseException as error:
            raise MailFailed(f"refused: {error.smtp_code}", is_refused=error.smtp_code >= 500) from error
        except (smtplib.SMTPException, OSError) as error:
            raise MailFailed(f"line broken: {error}") from error
        finally:
            # No QUIT: an answer to it could only spoil a mail that is accepted already.
            smtp.close()

    def _connect(self) -> smtplib.SMTP:
        context = ssl.create_default_context()
        smtp: smtplib.SMTP | None = None
        try:
            if self.tls == "tls":
                smtp = smtplib.SMTP_SSL(self.host, self.port, timeout=TIMEOUT_S, context=context)
            else:
                smtp = smtplib.SMTP(self.host, self.port, timeout=TIMEOUT_S)
            if self.tls == "starttls":
                smtp.starttls(context=context)
            if self.user:
                smtp.login(self.user, self.password)
        except (smtplib.SMTPException, OSError) as error:
            if smtp is not None:
                smtp.close()
            raise ServerFailed(f"{self.host}:{self.port}: {error}") from error
        return smtp

    def _message(self, mail: Mail) -> EmailMessage:
        message = EmailMessage(policy=SMTP_POLICY)
        message["From"], message["To"], message["Subject"] = self.sender, mail.to, mail.subject
        message["Date"] = format_datetime(mail.at)
        domain = parseaddr(self.sender)[1].rpartition("@")[2]
        message["Message-ID"] = f"<{mail.name}@{domain}>"
        # Nobody's holiday notice should answer (RFC 3834).
        message["Auto-Submitted"] = "auto-generated"
        message.set_content(mail.text, charset="utf-8", cte="base64")
        return message
