"""Chains for tests: a root, a policy CA, an issuing CA and a unit, of which each test changes what it is about."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

from cryptography import x509
from cryptography.x509.oid import NameOID

from cert.algorithms import Kind
from cert.issuing import (
    Extension,
    Key,
    authority_extensions,
    holder_extensions,
    make_certificate,
    make_crl,
    new_key,
    usage,
)
from cert.trust import Trust, make_trust

NOW = datetime(2026, 6, 18, 9, 0, tzinfo=UTC)
DAY = timedelta(days=1)
KINDS: tuple[Kind, ...] = ("RSA", "ECDSA", "SM2")
ABOVE = {"root": "root", "policy": "root", "issuing": "policy", "unit": "issuing"}
SIGNING = usage("digital_signature", "content_commitment")


@cache
def key(kind: Kind, who: str) -> Key:
    """One key a name and kind for the whole run; making RSA keys is what takes the time."""
    return new_key(kind)


def name(who: str) -> x509.Name:
    """A name in UTF-8, as CAs here write them."""
    attributes = (
        (NameOID.COUNTRY_NAME, "CN"),
        (NameOID.ORGANIZATION_NAME, "测试"),
        (NameOID.COMMON_NAME, who),
    )
    return x509.Name([x509.NameAttribute(oid, text) for oid, text in attributes])


class Chain:
    """``root`` → ``policy`` → ``issuing`` → ``unit``, each made when first asked for, in order unless changed."""

    def __init__(self, kind: Kind, now: datetime = NOW) -> None:
        self.kind, self.now = kind, now
        self.made: dict[str, bytes] = {}
        self.serials = {who: number for number, who in enumerate(ABOVE, 1)}

    def key(self, who: str) -> Key:
        return key(self.kind, who)

    def extensions(self, who: str, above: str = "", path_length: int | None = None) -> list[Extension]:
        """What it carries unless changed."""
        issuer_key = self.key(above or ABOVE[who])
        if who == "unit":
            return holder_extensions(self.key(who), issuer_key, SIGNING)
        return authority_extensions(self.key(who), issuer_key, path_length)

    def make(self, who: str, above: str = "", keep_as: str = "", **changed: Any) -> bytes:
        """Make and keep a certificate; ``changed`` are arguments of ``make_certificate``."""
        above = above or ABOVE[who]
        wanted = {
            "subject": name(who),
            "key": self.key(who) if "key" not in changed else None,
            "issuer": name(above),
            "issuer_key": self.key(above) if "issuer_key" not in changed else None,
            "starts_at": self.now - 30 * DAY,
            "ends_at": self.now + 365 * DAY,
            "serial": self.serials.get(who, 77),
        } | changed
        if "extensions" not in changed:
            wanted["extensions"] = self.extensions(who, above)
        self.made[keep_as or who] = made = make_certificate(**wanted)
        return made

    def __getitem__(self, who: str) -> bytes:
        return self.made.get(who) or self.make(who)

    def crl(self, who: str, revoked: Iterable[str] = (), **changed: Any) -> bytes:
        """The list of a CA; ``revoked`` names certificates of this chain, revoked the day before."""
        wanted: dict[str, Any] = {
            "issuer": name(who),
            "issuer_key": self.key(who) if "issuer_key" not in changed else None,
            "this_update": self.now - timedelta(hours=2),
            "next_update": self.now + 7 * DAY,
            "revoked": {self.serials[one]: self.now - DAY for one in revoked},
        }
        return make_crl(**wanted | changed)

    def trust(
        self,
        anchors: Iterable[str] = ("root",),
        between: Iterable[str] = ("policy", "issuing"),
        crls: Iterable[bytes] | None = None,
        **more: Any,
    ) -> Trust:
        """Trust in the named certificates, with a good list of every CA unless others are given."""
        lists = [self.crl(who) for who in ("root", "policy", "issuing")] if crls is None else crls
        return make_trust([self[one] for one in anchors], [self[one] for one in between], lists, **more)


def without(extensions: list[Extension], kind: type[x509.ExtensionType]) -> list[Extension]:
    """The extensions but those of one kind."""
    return [one for one in extensions if not isinstance(one[0], kind)]


def replaced(
    extensions: list[Extension], value: x509.ExtensionType, is_critical: bool = True
) -> list[Extension]:
    """The extensions with one of a kind put in the place of the old one."""
    return [*without(extensions, type(value)), (value, is_critical)]


Case = Callable[[Chain], tuple[bytes, Trust, datetime] | tuple[bytes, Trust]]
