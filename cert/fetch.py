"""Fetches lists of revoked certificates and OCSP answers: configured addresses only, within size and time."""

from __future__ import annotations

import os
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import requests
from urllib3.exceptions import HTTPError

from cert import crl, ocsp
from cert.certificate import Certificate
from cert.crl import Crl, read_crl
from cert.digests import sm3_hex
from cert.trust import Ask, Trust
from rules.refusals import Refusal

CONNECT_SECONDS, SILENCE_SECONDS = 3, 5
LIST_SECONDS, ANSWER_SECONDS = 120, 8
"""How long a list, and an OCSP answer that somebody waits for at login, may take as a whole."""


@dataclass(frozen=True)
class Fetched:
    """What became of one address: the list that is now in the folder, or the reason why it is not."""

    address: str
    crl: Crl | None = None
    problem: Refusal | None = None


def refresh_lists(folder: Path, addresses: Iterable[str], trust: Trust) -> list[Fetched]:
    """Fetch each address's list into ``folder`` (the trust folder's ``crls``) if it is good and newer.

    The file is replaced in one step, so a reader finds the old or the new one. The problem of an address is a
    ``Refusal``: ``crl.unreachable``, ``crl.too_large``, ``crl.slow``, ``crl.damaged``, ``crl.unsigned`` (by no
    CA of ``trust``), ``crl.older`` (than the one that is there).
    """
    found = []
    for address in addresses:
        try:
            found.append(Fetched(address, _refresh(folder, address, trust)))
        except Refusal as problem:
            found.append(Fetched(address, problem=problem))
    return found


def _refresh(folder: Path, address: str, trust: Trust) -> Crl:
    fresh = accept_list(fetch(address, None, crl.MAX_BYTES, LIST_SECONDS), trust, address)
    kept = folder / f"{sm3_hex(address.encode())[:16]}.crl"
    # An old list, signed and all, would forget whom the newer one names.
    if _is_newer(kept, fresh):
        raise Refusal("crl.older", None, address=address)
    put_list(kept, fresh)
    return fresh


def accept_list(content: bytes, trust: Trust, source: str) -> Crl:
    """A list (DER or PEM) that a trusted CA signed; raises ``Refusal`` ``crl.damaged``, ``crl.unsigned``."""
    try:
        found = read_crl(content)
    except ValueError:
        raise Refusal("crl.damaged", None, address=source) from None
    if not any(found.is_signed_by(issuer) for issuer in trust.by_subject.get(found.issuer, ())):
        raise Refusal("crl.unsigned", None, address=source)
    return found


def put_list(file: Path, found: Crl) -> None:
    """Write a list in one step: until it is whole it has a name that nobody reads."""
    file.parent.mkdir(parents=True, exist_ok=True)
    beside = file.with_suffix(f".{os.getpid()}")
    beside.write_bytes(found.der)
    beside.replace(file)


def _is_newer(kept: Path, fresh: Crl) -> bool:
    if not kept.exists():
        return False
    try:
        return read_crl(kept.read_bytes()).this_update > fresh.this_update
    except ValueError:
        # A file that nobody can read protects nobody; the fresh list takes its place.
        return False


def fetch(address: str, sent: bytes | None, most: int, seconds: float) -> bytes:
    """What an http(s) address answers with 200, at most ``most`` bytes; ``sent`` is posted as an OCSP request.

    No redirect is followed, so nothing but the configured address is ever asked. Raises ``Refusal``
    ``crl.unreachable``, ``crl.too_large``, ``crl.slow``.
    """
    ends_at = time.monotonic() + seconds
    parts, size = [], 0
    headers = {"Content-Type": "application/ocsp-request"} if sent is not None else {}
    try:
        with requests.request(
            "GET" if sent is None else "POST",
            address,
            data=sent,
            headers=headers | {"Accept-Encoding": "identity"},
            timeout=(CONNECT_SECONDS, SILENCE_SECONDS),
            allow_redirects=False,
            stream=True,
        ) as answer:
            if answer.status_code != 200:
                raise Refusal("crl.unreachable", None, address=address)
            # read1 returns with what has come, so a line that drips cannot outlast its time in one read.
            while part := answer.raw.read1(64 * 1024, decode_content=False):
                parts.append(part)
                size += len(part)
                if size > most:
                    raise Refusal("crl.too_large", None, address=address, limit=most)
                if time.monotonic() > ends_at:
                    raise Refusal("crl.slow", None, address=address)
    except (requests.RequestException, HTTPError):
        raise Refusal("crl.unreachable", None, address=address) from None
    return b"".join(parts)


def ocsp_client(addresses: Mapping[str, str]) -> Ask:
    """Asks the responder configured for an issuer; ``addresses`` are by the issuer's name as 证书信息 shows it.

    What cannot be reached is a ``ConnectionError``, upon which ``cert.revocation`` turns to the lists.
    """

    def ask(issuer: Certificate, request: bytes) -> bytes | None:
        address = addresses.get(issuer.subject_name)
        if address is None:
            return None
        try:
            return fetch(address, request, ocsp.MAX_BYTES, ANSWER_SECONDS)
        except Refusal as refusal:
            raise ConnectionError(refusal.code) from refusal

    return ask
