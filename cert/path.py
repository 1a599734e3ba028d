"""From a certificate up to a pinned CA, each step checked (RFC 5280 section 6), each fault with its own code."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.x509 import verification
from cryptography.x509.oid import ExtendedKeyUsageOID, ExtensionOID, ObjectIdentifier

from cert.algorithms import SIGNATURES, signature_algorithm, verify
from cert.certificate import Certificate
from cert.trust import Trust
from rules.refusals import Refusal

LONGEST = 8
"""Certificates in a path. The CAs in use have three or four."""
STEPS = 16
"""Issuers tried for one certificate; many certificates of one name must not buy much of our time."""

UNDERSTOOD = {
    ExtensionOID.BASIC_CONSTRAINTS,
    ExtensionOID.KEY_USAGE,
    ExtensionOID.EXTENDED_KEY_USAGE,
    ExtensionOID.SUBJECT_ALTERNATIVE_NAME,
    ExtensionOID.ISSUER_ALTERNATIVE_NAME,
    # Any policy will do here, so a policy asks for nothing; constraints on policies are not understood.
    ExtensionOID.CERTIFICATE_POLICIES,
    ExtensionOID.CRL_DISTRIBUTION_POINTS,
    ExtensionOID.AUTHORITY_INFORMATION_ACCESS,
    ExtensionOID.AUTHORITY_KEY_IDENTIFIER,
    ExtensionOID.SUBJECT_KEY_IDENTIFIER,
}
PURPOSES = {
    ExtendedKeyUsageOID.CLIENT_AUTH,
    ExtendedKeyUsageOID.EMAIL_PROTECTION,
    ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE,
    ExtendedKeyUsageOID.SMARTCARD_LOGON,
    ObjectIdentifier("1.3.6.1.5.5.7.3.36"),  # documentSigning, RFC 9336
    ObjectIdentifier("1.3.6.1.4.1.311.10.3.12"),  # the same by Microsoft, on many UKeys
}


def check_holder(certificate: Certificate) -> None:
    """Refuse what is no 签名证书 of a person or unit (GM/T 0015: keyUsage of the two certificates of a UKey).

    Raises ``Refusal``: ``cert.critical_extension``, ``cert.is_ca``, ``cert.encryption`` (the 加密证书),
    ``cert.key_usage``, ``cert.purpose``.
    """
    _check_extensions(certificate)
    usage = certificate.key_usage
    if certificate.basic_constraints and certificate.basic_constraints.ca:
        raise Refusal("cert.is_ca", "certificate")
    if usage is None or not (usage.digital_signature or usage.content_commitment):
        encrypts = usage and (usage.key_encipherment or usage.data_encipherment or usage.key_agreement)
        raise Refusal("cert.encryption" if encrypts else "cert.key_usage", "certificate")
    if certificate.purposes and not PURPOSES & set(certificate.purposes):
        raise Refusal("cert.purpose", "certificate")


def check_validity(certificate: Certificate, at: datetime) -> None:
    """Raise ``Refusal`` ``cert.not_yet_valid`` or ``cert.expired`` outside of the certificate's own time."""
    if at < certificate.not_before:
        raise Refusal("cert.not_yet_valid", "certificate", date=_day(certificate.not_before, at))
    if at > certificate.not_after:
        raise Refusal("cert.expired", "certificate", date=_day(certificate.not_after, at))


def _day(moment: datetime, at: datetime) -> str:
    """The date of a moment where the asker is."""
    return f"{moment.astimezone(at.tzinfo):%Y-%m-%d}"


def find_path(
    certificate: Certificate, trust: Trust, at: datetime, others: Sequence[Certificate] = ()
) -> tuple[Certificate, ...]:
    """The certificates from this one to a pinned CA, both included.

    ``others`` came with the signature and may stand between, as the configured intermediates may. Of several
    faults on several ways the one nearest to a pinned CA is told. Raises ``Refusal``: ``cert.issuer_unknown``,
    ``cert.signature``, ``cert.weak_digest``, ``cert.algorithm``, ``cert.issuer_not_ca``, ``cert.issuer_usage``,
    ``cert.path_length``, ``cert.issuer_validity``, ``cert.critical_extension``, ``cert.name_constraints``,
    ``cert.chain_too_long``, ``cert.chain``.
    """
    search = _Search(trust, at, others)
    path = search.extend((certificate,))
    if path is None:
        raise max(search.faults, key=lambda fault: fault[0])[1]
    _agree(path, at)
    return path


class _Search:
    def __init__(self, trust: Trust, at: datetime, others: Sequence[Certificate]) -> None:
        self.trust, self.at, self.others = trust, at, others
        self.steps = STEPS
        self.faults: list[tuple[int, Refusal]] = [(0, Refusal("cert.issuer_unknown", "certificate"))]

    def extend(self, path: tuple[Certificate, ...]) -> tuple[Certificate, ...] | None:
        """The path made longer until it ends in a pinned CA; depth first, at most ``STEPS`` issuers in all."""
        for issuer in self.issuers(path):
            self.steps -= 1
            try:
                if len(path) == LONGEST or self.steps < 0:
                    raise Refusal("cert.chain_too_long", "certificate")
                self.check(path, issuer)
            except Refusal as fault:
                self.faults.append((len(path), fault))
                continue
            longer = (*path, issuer)
            if issuer.der in self.trust.pinned:
                return longer
            if found := self.extend(longer):
                return found
        return None

    def issuers(self, path: tuple[Certificate, ...]) -> Iterator[Certificate]:
        """Who may have issued the path's end: by name, and by key where both tell which key they mean."""
        child = path[-1]
        named = (other for other in self.others if other.subject == child.issuer)
        for issuer in (*self.trust.by_subject.get(child.issuer, ()), *named):
            wanted, offered = child.authority_key_id, issuer.key_id
            is_meant = wanted is None or offered is None or wanted == offered
            if is_meant and all(issuer.der != one.der for one in path):
                yield issuer

    def check(self, path: tuple[Certificate, ...], issuer: Certificate) -> None:
        """Whether this CA was allowed to issue the end of the path, and did."""
        _check_extensions(issuer)
        constraints, usage = issuer.basic_constraints, issuer.key_usage
        if constraints is None or not constraints.ca:
            raise Refusal("cert.issuer_not_ca", "certificate", issuer=issuer.subject_name)
        if usage is None or not usage.key_cert_sign:
            raise Refusal("cert.issuer_usage", "certificate", issuer=issuer.subject_name)
        below = sum(not one.is_self_issued for one in path[1:])
        if constraints.path_length is not None and below > constraints.path_length:
            raise Refusal("cert.path_length", "certificate", issuer=issuer.subject_name)
        if not issuer.not_before <= self.at <= issuer.not_after:
            raise Refusal("cert.issuer_validity", "certificate", issuer=issuer.subject_name)
        child = path[-1]
        kind, digest = signature_algorithm(child.signature_oid)
        if kind != issuer.key.kind or not self.trust.remember(
            child, issuer, lambda: _is_signed(child, issuer, digest)
        ):
            raise Refusal("cert.signature", "certificate", issuer=issuer.subject_name)


def _is_signed(child: Certificate, issuer: Certificate, digest: hashes.HashAlgorithm) -> bool:
    return verify(issuer.key, digest, child.native.signature, child.native.tbs_certificate_bytes)


def _check_extensions(certificate: Certificate) -> None:
    if ExtensionOID.NAME_CONSTRAINTS.dotted_string in certificate.extensions:
        # They would have to be obeyed, critical or not (RFC 5280 section 4.2.1.10), and no CA in use sets them.
        raise Refusal("cert.name_constraints", "certificate")
    for oid, extension in certificate.extensions.items():
        if extension.critical and extension.oid not in UNDERSTOOD:
            raise Refusal("cert.critical_extension", "certificate", oid=oid)


# Whatever can be told apart has its own code above; this second opinion needs to know the CA's marks only.
# A critical extension that is not among these it refuses, though RFC 5280 would have it read.
_JUDGED = UNDERSTOOD - {
    ExtensionOID.CERTIFICATE_POLICIES,
    ExtensionOID.CRL_DISTRIBUTION_POINTS,
    ExtensionOID.ISSUER_ALTERNATIVE_NAME,
}
_AUTHORITY = verification.ExtensionPolicy.permit_all().require_present(
    x509.BasicConstraints, verification.Criticality.AGNOSTIC, None
)
_HOLDER = verification.ExtensionPolicy.permit_all()


def _agree(path: tuple[Certificate, ...], at: datetime) -> None:
    """Have `cryptography` verify a path once more where it can; raises ``Refusal`` ``cert.chain``.

    docs/adr/0009 says where it cannot. It names no reason that a code could be made of.
    """
    if not all(map(_is_judged, path)) or any(one.is_self_issued for one in path[1:-1]):
        return
    policy = verification.PolicyBuilder().store(verification.Store([path[-1].native])).time(at)
    policy = policy.extension_policies(ca_policy=_AUTHORITY, ee_policy=_HOLDER).max_chain_depth(LONGEST)
    try:
        policy.build_client_verifier().verify(path[0].native, [one.native for one in path[1:-1]])
    except verification.VerificationError:
        raise Refusal("cert.chain", "certificate") from None


def _is_judged(certificate: Certificate) -> bool:
    if certificate.key.kind == "SM2" or certificate.signature_oid not in SIGNATURES:
        return False
    kind, digest = SIGNATURES[certificate.signature_oid]
    if kind == "SM2" or isinstance(digest, hashes.SM3):
        return False
    return all(one.oid in _JUDGED for one in certificate.extensions.values() if one.critical)
