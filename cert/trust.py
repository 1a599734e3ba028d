"""What a hall trusts: pinned CAs, the certificates between, lists of revoked ones, and where codes are found."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TypeVar

from cert.certificate import Certificate, read_certificate
from cert.codes import CodeMap, default_code_maps, read_code_maps
from cert.crl import Crl, read_crl
from rules.refusals import Refusal

T = TypeVar("T")
CERTIFICATES, LISTS = (".pem", ".der", ".crt", ".cer"), (".crl", ".pem")
Ask = Callable[[Certificate, bytes], bytes | None]
"""Sends an OCSP request about a certificate of this issuer and returns the answer, both in DER.

None where nobody is configured to answer for the issuer; raises ``OSError`` when the line is down.
"""


@dataclass(frozen=True, eq=False)
class Trust:
    """Immutable; a new list or certificate makes a new one. ``anchors`` are believed without a signature.

    ``fail_closed`` False lets certificates in whose list is missing or past its nextUpdate; never those whose
    list is forged. ``ocsp`` is asked before the lists, where it is configured.
    """

    anchors: tuple[Certificate, ...]
    intermediates: tuple[Certificate, ...] = ()
    crls: Mapping[bytes, tuple[Crl, ...]] = field(default_factory=dict)
    code_maps: tuple[CodeMap, ...] = ()
    fail_closed: bool = True
    ocsp: Ask | None = None
    _verified: dict[tuple[int, int], bool] = field(default_factory=dict, repr=False)

    @cached_property
    def by_subject(self) -> Mapping[bytes, tuple[Certificate, ...]]:
        """Every pinned and intermediate certificate by its subject's name in DER, the pinned first."""
        found: dict[bytes, tuple[Certificate, ...]] = {}
        for certificate in (*self.anchors, *self.intermediates):
            found[certificate.subject] = (*found.get(certificate.subject, ()), certificate)
        return found

    @cached_property
    def pinned(self) -> frozenset[bytes]:
        """The DER of the anchors."""
        return frozenset(anchor.der for anchor in self.anchors)

    def remember(self, child: Certificate | Crl, issuer: Certificate, check: Callable[[], bool]) -> bool:
        """The answer of ``check`` about a signature between two things that this trust itself holds.

        They never change, so neither does the answer; what somebody else sends is checked each time.
        """
        own = id(child) in self._own and id(issuer) in self._own
        if not own:
            return check()
        key = (id(child), id(issuer))
        if key not in self._verified:
            self._verified[key] = check()
        return self._verified[key]

    @cached_property
    def _own(self) -> frozenset[int]:
        lists = (crl for crls in self.crls.values() for crl in crls)
        return frozenset(map(id, (*self.anchors, *self.intermediates, *lists)))


def make_trust(
    anchors: Iterable[bytes],
    intermediates: Iterable[bytes] = (),
    crls: Iterable[bytes] = (),
    code_maps: tuple[CodeMap, ...] | None = None,
    fail_closed: bool = True,
    ocsp: Ask | None = None,
) -> Trust:
    """A trust from certificates and lists in DER, PEM or base64; raises ``Refusal`` or ``ValueError``."""
    return Trust(
        tuple(map(read_certificate, anchors)),
        tuple(map(read_certificate, intermediates)),
        _by_issuer(map(read_crl, crls)),
        default_code_maps() if code_maps is None else code_maps,
        fail_closed,
        ocsp,
    )


def load_trust(folder: Path, fail_closed: bool = True, ocsp: Ask | None = None) -> Trust:
    """Read a folder: ``anchors/``, ``intermediates/``, ``crls/`` and, before the known forms, ``codes.json``.

    Certificates end in .pem, .der, .crt or .cer, lists in .crl or .pem; one a file, in DER or PEM. Raises
    ``ValueError`` naming the file that cannot be read, or when there is no anchor.
    """
    maps = default_code_maps()
    own = folder / "codes.json"
    if own.exists():
        maps = (*_read(own, lambda content: read_code_maps(content.decode())), *maps)
    anchors = _files(folder / "anchors", *CERTIFICATES)
    if not anchors:
        raise ValueError(f"{folder / 'anchors'}: no certificate to trust")
    return Trust(
        tuple(_read(path, read_certificate) for path in anchors),
        tuple(_read(path, read_certificate) for path in _files(folder / "intermediates", *CERTIFICATES)),
        _by_issuer(_read(path, read_crl) for path in _files(folder / "crls", *LISTS)),
        maps,
        fail_closed,
        ocsp,
    )


def _by_issuer(crls: Iterable[Crl]) -> dict[bytes, tuple[Crl, ...]]:
    """The lists of each issuer, the newest first."""
    found: dict[bytes, tuple[Crl, ...]] = {}
    for crl in sorted(crls, key=lambda crl: crl.this_update, reverse=True):
        found[crl.issuer] = (*found.get(crl.issuer, ()), crl)
    return found


def _files(folder: Path, *endings: str) -> list[Path]:
    return sorted(path for path in folder.glob("*") if path.suffix.lower() in endings)


def _read(path: Path, read: Callable[[bytes], T]) -> T:
    try:
        return read(path.read_bytes())
    except Refusal as refusal:
        raise ValueError(f"{path}: {refusal.code}") from refusal
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from error
