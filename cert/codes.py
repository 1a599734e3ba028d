"""Which codes of a unit a certificate carries; where each CA puts them is data, in codes.json."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from cryptography import x509

from cert import der
from cert.certificate import Certificate
from cert.match import normalise_code

KINDS = ("unit_code", "uscc", "org_code", "tax_no", "region_code", "unit_nos", "levy_no")
LONGEST = 200
"""Characters of one value; a list of 单位编号 is the longest that is known."""


@dataclass(frozen=True)
class Codes:
    """The codes of a certificate, normalised; empty where it has none.

    They are carried as they are, without check digits: keys in use hold codes that never had a valid one.
    """

    uscc: str = ""
    org_code: str = ""
    tax_no: str = ""
    region_code: str = ""
    unit_nos: tuple[str, ...] = ()
    levy_no: str = ""


@dataclass(frozen=True)
class Source:
    """One place to look: an extension or a subject field by OID, and what part of its text is the code."""

    kind: str
    extension: str = ""
    subject: str = ""
    pattern: re.Pattern[str] | None = None


@dataclass(frozen=True)
class CodeMap:
    """The sources, first come first served, for issuers whose name (RFC 4514) this pattern is found in."""

    issuer: re.Pattern[str]
    sources: tuple[Source, ...]


def read_code_maps(text: str) -> tuple[CodeMap, ...]:
    """Read a codes.json; raises ``ValueError`` naming what cannot be read."""
    return tuple(
        CodeMap(
            re.compile(one["issuer"]),
            tuple(_source(kind, place) for kind, places in one["codes"].items() for place in places),
        )
        for one in _list(json.loads(text))
    )


def _list(found: Any) -> list[dict[str, Any]]:
    if not isinstance(found, list) or not all({"issuer", "codes"} <= set(one) for one in found):
        raise ValueError('a list of {"issuer": …, "codes": …} is expected')
    return found


def _source(kind: str, place: dict[str, str]) -> Source:
    if kind not in KINDS or not place.keys() <= {"extension", "subject", "pattern"}:
        raise ValueError(f"{kind}: {place} is not understood")
    pattern = re.compile(place["pattern"]) if "pattern" in place else None
    if ("extension" in place) == ("subject" in place) or (pattern and pattern.groups != 1):
        raise ValueError(f"{kind}: {place} needs an extension or a subject, and one group in its pattern")
    return Source(kind, place.get("extension", ""), place.get("subject", ""), pattern)


@cache
def default_code_maps() -> tuple[CodeMap, ...]:
    """The forms that are known of the CAs in use."""
    return read_code_maps(Path(__file__).with_name("codes.json").read_text("utf-8"))


def codes_of(certificate: Certificate, maps: Sequence[CodeMap]) -> Codes:
    """The codes of a certificate by the maps that fit its issuer; never raises.

    A ``unit_code`` of 18 characters is a 统一社会信用代码, any other an 组织机构代码 (GB 32100, GB 11714).
    """
    issuer = certificate.native.issuer.rfc4514_string()
    found: dict[str, str] = {}
    unit_nos: tuple[str, ...] = ()
    for source in (source for one in maps if one.issuer.search(issuer) for source in one.sources):
        for text in _texts(certificate, source):
            if source.kind == "unit_nos":
                unit_nos = unit_nos or tuple(filter(None, map(normalise_code, text.split("&"))))
                continue
            code = normalise_code(text)
            kind = source.kind
            if kind == "unit_code":
                kind = "uscc" if len(code) == 18 else "org_code"
            if code:
                found.setdefault(kind, code)
    return Codes(**found, unit_nos=unit_nos)


def _texts(certificate: Certificate, source: Source) -> Iterator[str]:
    for text in _subject(certificate, source.subject) if source.subject else _extension(certificate, source):
        if len(text) > LONGEST:
            continue
        if source.pattern is None:
            yield text
        elif found := source.pattern.fullmatch(text.strip()):
            yield found[1]


def _subject(certificate: Certificate, oid: str) -> Iterator[str]:
    for attribute in certificate.native.subject.get_attributes_for_oid(x509.ObjectIdentifier(oid)):
        if isinstance(attribute.value, str):
            yield attribute.value


def _extension(certificate: Certificate, source: Source) -> Iterator[str]:
    found = certificate.extensions.get(source.extension)
    if not found or not isinstance(found.value, x509.UnrecognizedExtension):
        return
    try:
        yield der.Value(found.value.value).text()
    except ValueError:
        # No text in DER: this source holds nothing that could be read; others may.
        return
