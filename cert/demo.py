"""``python -m cert.demo FOLDER``: a CA of three ranks in RSA and SM2, with keys, lists and samples of what is wrong.

For trying things out and for tests. Nothing that it makes may be trusted by a hall that serves real units.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from types import MappingProxyType

from cryptography import x509
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, Encoding, pkcs12
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from cert.algorithms import Kind
from cert.issuing import (
    Extension,
    Key,
    authority_extensions,
    holder_extensions,
    make_certificate,
    make_crl,
    new_key,
    pem,
    private_text,
    usage,
)

PIN = "demo-2026"
"""Opens every PKCS #12 file and every encrypted key that the demo CA makes."""

FAMILIES: tuple[Kind, ...] = ("RSA", "SM2")
RANKS = ("root", "policy", "issuing")
TITLES = {"root": "示例根 CA", "policy": "示例策略 CA", "issuing": "示例单位证书 CA"}
UNITS = (("示例单位甲（示例）", "91230000MA1999999X"), ("示例单位乙（示例）", "91150000MA1888888Y"))
STRANGER = ("某未登记单位（示例）", "91440000MA1777777Z")

SIGNING = usage("digital_signature", "content_commitment")
ENCRYPTION = usage("key_encipherment", "data_encipherment", "key_agreement")

CODES = """[{"issuer": "O=网厅示例 CA", "codes": {
  "region_code": [{"extension": "1.3.6.1.4.1.32473.1.1"}],
  "levy_no": [{"extension": "1.3.6.1.4.1.32473.1.2"}]
}}]
"""

# RFC 5612 sets this number aside for examples.
EXAMPLES = "1.3.6.1.4.1.32473.1"


@dataclass(frozen=True)
class Holder:
    """A certificate with its key on disk; ``key`` is PKCS #12 for RSA and encrypted PKCS #8 (PEM) for SM2."""

    certificate: Path
    key: Path

    @property
    def der(self) -> bytes:
        """The certificate."""
        return x509.load_pem_x509_certificate(self.certificate.read_bytes()).public_bytes(Encoding.DER)


@dataclass(frozen=True)
class DemoUnit:
    """The keys of one unit, by family: ``sign["SM2"]`` is its 签名证书, ``encrypt["SM2"]`` its 加密证书."""

    name: str
    uscc: str
    sign: dict[Kind, Holder]
    encrypt: dict[Kind, Holder]


@dataclass(frozen=True)
class Sample:
    """A certificate with something wrong. ``answer`` is the code that refuses it, or "other_unit" where the
    certificate is good and only belongs to a unit that the hall does not know."""

    name: str
    answer: str
    holders: dict[Kind, Holder]


@dataclass(frozen=True)
class Demo:
    """What was made; ``trust`` is a folder for ``cert.trust.load_trust``."""

    folder: Path
    trust: Path
    units: tuple[DemoUnit, ...]
    samples: tuple[Sample, ...]


def make_demo(
    folder: Path,
    units: Sequence[tuple[str, str]],
    now: datetime,
    unit_nos: Mapping[str, Sequence[str]] = MappingProxyType({}),
) -> Demo:
    """Fill ``folder`` with the demo CA, its trust folder, and keys for ``units`` of (name, USCC).

    ``unit_nos`` are the 单位编号 to put into the certificates of a USCC.

    Lays out ``trust/`` (anchors, intermediates, crls), ``ca/`` (the CA's own keys), ``units/<USCC>/`` and
    ``samples/``. Certificates count from the day before ``now`` (aware) for three years, the lists as long
    as the CA. Existing files are replaced. Every private key file is readable by its owner alone.
    """
    authorities = {kind: Authority(kind, folder, now, unit_nos) for kind in FAMILIES}
    made = tuple(_unit(authorities, folder, name, uscc) for name, uscc in units)
    samples = _samples(authorities, folder, *(units[0] if units else UNITS[0]))
    for authority in authorities.values():
        authority.write_lists()
    _write(folder / "trust" / "codes.json", CODES.encode())
    (folder / "README.txt").write_text(f"PIN: {PIN}\n", "utf-8")
    return Demo(folder, folder / "trust", made, samples)


@dataclass
class Authority:
    """The three ranks of one family, at work in ``folder``."""

    kind: Kind
    folder: Path
    now: datetime
    unit_nos: Mapping[str, Sequence[str]]
    keys: dict[str, Key] = field(default_factory=dict)
    revoked: dict[int, datetime] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for rank, above in zip(RANKS, ("root", *RANKS), strict=False):
            key = self.keys[rank] = new_key(self.kind)
            extensions = authority_extensions(key, self.keys[above], {"policy": 1, "issuing": 0}.get(rank))
            made = make_certificate(
                self.title(rank), key, self.title(above), self.keys[above],
                self.now - timedelta(days=1), self.until, extensions,
            )  # fmt: skip
            shelf = "anchors" if rank == "root" else "intermediates"
            _write(
                self.folder / "trust" / shelf / f"{self.kind.lower()}-{rank}.pem", pem(made, "CERTIFICATE")
            )
            _write_secret(self.folder / "ca" / f"{self.kind.lower()}-{rank}.key", key.pkcs8(PIN))

    @property
    def until(self) -> datetime:
        """When the CA and its lists end."""
        return self.now + timedelta(days=3650)

    def title(self, rank: str) -> x509.Name:
        """The name of a rank."""
        return _name(O="网厅示例 CA", CN=f"{TITLES[rank]} {self.kind}")

    def issue(
        self,
        path: Path,
        name: str,
        uscc: str,
        key_usage: x509.KeyUsage = SIGNING,
        days: tuple[int, int] = (-1, 1095),
        more: Sequence[Extension] = (),
        is_revoked: bool = False,
        by: Key | None = None,
    ) -> Holder:
        """Make a key and its certificate, and write both under ``path`` with endings of their own.

        ``days`` are the first and last day, from now; ``by`` replaces the CA's key and leaves its name.
        """
        key, signer = new_key(self.kind), by or self.keys["issuing"]
        serial = x509.random_serial_number()
        if is_revoked:
            self.revoked[serial] = self.now - timedelta(hours=1)
        extensions = [
            *holder_extensions(key, signer, key_usage),
            *_codes(self.kind, uscc, self.unit_nos.get(uscc, ())),
            *more,
        ]
        starts_at, ends_at = (self.now + timedelta(days=day) for day in days)
        made = make_certificate(
            _name(O=name, CN=name, ORG=uscc if self.kind == "RSA" else ""),
            key, self.title("issuing"), signer, starts_at, ends_at, extensions, serial,
        )  # fmt: skip
        certificate = path.with_name(path.name + ".pem")
        _write(certificate, pem(made, "CERTIFICATE"))
        kept = path.with_name(path.name + (".key" if self.kind == "SM2" else ".p12"))
        _write_secret(kept, key.pkcs8(PIN) if self.kind == "SM2" else _pkcs12(name, key, made))
        return Holder(certificate, kept)

    def write_lists(self) -> None:
        """One list of revoked certificates from each rank."""
        for rank in RANKS:
            revoked = self.revoked if rank == "issuing" else {}
            crl = make_crl(
                self.title(rank), self.keys[rank], self.now - timedelta(days=1), self.until, revoked
            )
            _write(self.folder / "trust" / "crls" / f"{self.kind.lower()}-{rank}.crl", crl)


def _unit(authorities: dict[Kind, Authority], folder: Path, name: str, uscc: str) -> DemoUnit:
    shelf = folder / "units" / uscc
    sign, encrypt = {}, {}
    for kind, authority in authorities.items():
        sign[kind] = authority.issue(shelf / f"{kind.lower()}-sign", name, uscc)
        encrypt[kind] = authority.issue(shelf / f"{kind.lower()}-encrypt", name, uscc, ENCRYPTION)
    return DemoUnit(name, uscc, sign, encrypt)


def _samples(authorities: dict[Kind, Authority], folder: Path, name: str, uscc: str) -> tuple[Sample, ...]:
    server_only = (x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), False)
    unheard_of = x509.UnrecognizedExtension(x509.ObjectIdentifier(f"{EXAMPLES}.99"), b"\5\0"), True
    wishes = {
        "expired": ("cert.expired", partial(Authority.issue, name=name, uscc=uscc, days=(-400, -35))),
        "not-yet": ("cert.not_yet_valid", partial(Authority.issue, name=name, uscc=uscc, days=(30, 400))),
        "revoked": ("cert.revoked", partial(Authority.issue, name=name, uscc=uscc, is_revoked=True)),
        "wrong-unit": ("other_unit", partial(Authority.issue, name=STRANGER[0], uscc=STRANGER[1])),
        "wrong-usage": (
            "cert.encryption",
            partial(Authority.issue, name=name, uscc=uscc, key_usage=ENCRYPTION),
        ),
        "wrong-purpose": ("cert.purpose", partial(Authority.issue, name=name, uscc=uscc, more=[server_only])),
        "critical": (
            "cert.critical_extension",
            partial(Authority.issue, name=name, uscc=uscc, more=[unheard_of]),
        ),
    }
    samples = []
    for title, (answer, issue) in wishes.items():
        shelf = folder / "samples" / title
        holders = {kind: issue(one, shelf / kind.lower()) for kind, one in authorities.items()}
        samples.append(Sample(title, answer, holders))
    # The same names throughout, and a key that no pinned CA ever had.
    forged = {
        kind: one.issue(folder / "samples" / "forged" / kind.lower(), name, uscc, by=new_key(kind))
        for kind, one in authorities.items()
    }
    return (*samples, Sample("forged", "cert.issuer_unknown", forged))


def _codes(kind: Kind, uscc: str, unit_nos: Sequence[str]) -> list[Extension]:
    organisation, region = uscc[8:17], uscc[2:8]
    found = [private_text(f"{EXAMPLES}.1", region), private_text(f"{EXAMPLES}.2", f"{region}{organisation}")]
    if unit_nos:
        found.append(private_text("1.2.156.112562.6.1.2", "&".join(unit_nos)))
    if kind == "SM2":
        return [
            private_text("1.2.156.10260.4.1.4", uscc),
            private_text("1.2.156.10260.4.1.5", uscc, 19),
            *found,
        ]
    # Keys of the RSA years carry the organisation code with its hyphen.
    hyphened = f"{organisation[:8]}-{organisation[8:]}"
    return [
        private_text("1.2.86.11.7.3", hyphened, 19),
        private_text("1.2.86.11.7.5", uscc, 19),
        *found,
    ]


def _name(**parts: str) -> x509.Name:
    kinds = {
        "O": NameOID.ORGANIZATION_NAME,
        "CN": NameOID.COMMON_NAME,
        "ORG": NameOID.ORGANIZATION_IDENTIFIER,
    }
    country = x509.NameAttribute(NameOID.COUNTRY_NAME, "CN")
    return x509.Name(
        [country, *(x509.NameAttribute(kinds[key], text) for key, text in parts.items() if text)]
    )


def _pkcs12(name: str, key: Key, certificate: bytes) -> bytes:
    native = key.native
    assert not isinstance(native, tuple)
    lock = BestAvailableEncryption(PIN.encode())
    found = x509.load_der_x509_certificate(certificate)
    return pkcs12.serialize_key_and_certificates(name.encode(), native, found, None, lock)


def _write(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


def _write_secret(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    # Made with its mode from the start: between writing and chmod anybody could read it.
    path.unlink(missing_ok=True)
    path.touch(0o600)
    path.write_bytes(content)


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m cert.demo", description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--unit", nargs=2, action="append", metavar=("NAME", "USCC"), help="may be repeated")
    wishes = parser.parse_args()
    units = [(name, uscc) for name, uscc in wishes.unit or UNITS]
    demo = make_demo(wishes.folder, units, datetime.now(UTC))
    sys.stdout.write(f"{demo.trust}: {len(demo.units)} units, {len(demo.samples)} samples, PIN {PIN}\n")


if __name__ == "__main__":
    main()
