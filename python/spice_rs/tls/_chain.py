"""From a server's certificate to an authority, for certificates that today's verifiers refuse: X.509 version 1, SHA-1, RSA of 1024 bits.

Used only where the caller has named the subject: who issues such a certificate to others is not trusted with any name. Everything
else is as strict as elsewhere: dates, signatures, who may issue, purposes, revocation.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID

from ._certificates import describe, load

T = TypeVar("T", bound=x509.ExtensionType)

RSA_LEAST = 1024
"""Bits of the weakest RSA key that is taken at all."""

DEPTH_MAX = 8
"""Certificates between the server's and an authority's."""

CHECKS_MAX = 64
"""Signatures looked at in all: a peer may send certificates that fit together in very many ways."""

HASHES = ("sha1", "sha224", "sha256", "sha384", "sha512")
"""What a signature may be made of. MD5 is broken so far that anybody can make a certificate that looks like another."""

UNDERSTOOD = (
    x509.BasicConstraints,
    x509.KeyUsage,
    x509.ExtendedKeyUsage,
    x509.SubjectAlternativeName,
)
"""Extensions that may be critical, because they are looked at or do not matter: names do not, where the subject decides."""


class Distrusted(Exception):
    """A chain that is not believed.

    Attributes:
        reason: one of `tls.Reason`.
    """

    def __init__(self, reason: str, text: str) -> None:
        super().__init__(text)
        self.reason = reason


@dataclass(slots=True)
class Chain:
    """One search for a way to an authority.

    Attributes:
        anchors: certificates of authorities.
        revoked: their lists.
        others: what the server offers on the way.
        now: the time of judgement.
    """

    anchors: Sequence[x509.Certificate]
    revoked: Sequence[x509.CertificateRevocationList]
    others: Sequence[x509.Certificate]
    now: datetime.datetime
    _checks: int = field(default=0, init=False)
    _doubts: list[Distrusted] = field(default_factory=list, init=False)

    def verify(self, certificate: x509.Certificate) -> None:
        """Make sure that a server's certificate leads to an authority.

        Raises:
            Distrusted: it does not.
        """
        self._check_own(certificate)
        if self._leads_to_anchor(certificate, 0):
            return
        if self._doubts:
            raise self._doubts[0]
        raise Distrusted("unknown issuer", f"none of the authorities has issued it: {describe(certificate)}")

    def _leads_to_anchor(self, certificate: x509.Certificate, depth: int) -> bool:
        """Look for a way, depth first; what was wrong with those that lead nowhere stays in `_doubts`."""
        if certificate in self.anchors:
            return True
        anchors = self._issuers(certificate, self.anchors)
        if any(self._is_right(certificate, issuer, depth, given=True) for issuer in anchors):
            return True
        return depth < DEPTH_MAX and any(
            self._is_right(certificate, issuer, depth, given=False)
            and self._leads_to_anchor(issuer, depth + 1)
            for issuer in self._issuers(certificate, self.others)
        )

    def _is_right(
        self, certificate: x509.Certificate, issuer: x509.Certificate, depth: int, *, given: bool
    ) -> bool:
        try:
            self._check_dates(issuer)
            _check_key(issuer)
            _check_extensions(issuer)
            _check_may_issue(issuer, depth, given=given)
            self._check_revoked(certificate, issuer)
        except Distrusted as doubt:
            self._doubts.append(doubt)
            return False
        return True

    def _issuers(
        self, certificate: x509.Certificate, candidates: Iterable[x509.Certificate]
    ) -> Iterable[x509.Certificate]:
        for candidate in candidates:
            if candidate.subject != certificate.issuer or candidate == certificate:
                continue
            self._checks += 1
            if self._checks > CHECKS_MAX:
                raise Distrusted("unusable", "the server's certificates fit together in too many ways")
            if _has_signed(candidate, certificate):
                yield candidate

    def _check_own(self, certificate: x509.Certificate) -> None:
        self._check_dates(certificate)
        _check_key(certificate)
        _check_extensions(certificate)
        if not _serves(certificate):
            raise Distrusted("wrong purpose", f"it may not be used by servers: {describe(certificate)}")

    def _check_dates(self, certificate: x509.Certificate) -> None:
        if self.now > certificate.not_valid_after_utc:
            raise Distrusted("expired", expired(certificate))
        if self.now < certificate.not_valid_before_utc:
            raise Distrusted("not yet valid", not_yet_valid(certificate))

    def _check_revoked(self, certificate: x509.Certificate, issuer: x509.Certificate) -> None:
        for revoked in self.revoked:
            if revoked.issuer != issuer.subject:
                continue
            if not _is_from(revoked, issuer):
                raise Distrusted(
                    "unusable", f"the list of revoked certificates is not signed by {describe(issuer)}"
                )
            if revoked.get_revoked_certificate_by_serial_number(certificate.serial_number) is not None:
                raise Distrusted("revoked", f"its authority has revoked it: {describe(certificate)}")


def expired(certificate: x509.Certificate) -> str:
    """Say that a certificate is too old."""
    return f"it was valid until {certificate.not_valid_after_utc:%Y-%m-%d %H:%M} UTC: {describe(certificate)}"


def not_yet_valid(certificate: x509.Certificate) -> str:
    """Say that a certificate is too new."""
    since = f"{certificate.not_valid_before_utc:%Y-%m-%d %H:%M} UTC"
    return f"it is not valid before {since}; is the clock of this machine right? {describe(certificate)}"


def load_all(ders: Iterable[bytes]) -> list[x509.Certificate]:
    """Read certificates that a peer sends on the way to an authority; those that are none lead nowhere."""
    certificates = []
    for der in ders:
        try:
            certificates.append(load(der))
        except ValueError:
            continue
    return certificates


def _check_may_issue(issuer: x509.Certificate, depth: int, *, given: bool) -> None:
    """Whether a certificate may issue others; one that the caller gave need not say so, but may not deny it."""
    constraints = _extension(issuer, x509.BasicConstraints)
    usage = _extension(issuer, x509.KeyUsage)
    denies = (constraints is not None and not constraints.ca) or (
        usage is not None and not usage.key_cert_sign
    )
    if denies or (constraints is None and not given):
        raise Distrusted("wrong purpose", f"it may not issue others: {describe(issuer)}")
    length = constraints.path_length if constraints is not None else None
    if length is not None and length < depth:
        raise Distrusted("wrong purpose", f"it may not issue others that issue others: {describe(issuer)}")


def _serves(certificate: x509.Certificate) -> bool:
    purposes = _extension(certificate, x509.ExtendedKeyUsage)
    if purposes is not None and not {
        ExtendedKeyUsageOID.SERVER_AUTH,
        ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE,
    } & set(purposes):
        return False
    usage = _extension(certificate, x509.KeyUsage)
    return usage is None or usage.digital_signature or usage.key_encipherment or usage.key_agreement


def _check_key(certificate: x509.Certificate) -> None:
    key = certificate.public_key()
    if isinstance(key, rsa.RSAPublicKey) and key.key_size < RSA_LEAST:
        raise Distrusted("weak", f"it has an RSA key of {key.key_size} bits: {describe(certificate)}")


def _check_extensions(certificate: x509.Certificate) -> None:
    for extension in certificate.extensions:
        constrains = isinstance(extension.value, x509.NameConstraints)
        if constrains or (extension.critical and not isinstance(extension.value, UNDERSTOOD)):
            rule = extension.oid.dotted_string
            raise Distrusted(
                "unusable", f"it has a rule that is not understood here, {rule}: {describe(certificate)}"
            )


def _has_signed(issuer: x509.Certificate, certificate: x509.Certificate) -> bool:
    # Not by the library's own method for this, which takes no SHA-1 any more.
    key, signature, signed = issuer.public_key(), certificate.signature, certificate.tbs_certificate_bytes
    try:
        algorithm = certificate.signature_hash_algorithm
        if algorithm is not None and algorithm.name not in HASHES:
            return False
        parameters = certificate.signature_algorithm_parameters
        if isinstance(key, rsa.RSAPublicKey) and isinstance(parameters, padding.PKCS1v15 | padding.PSS):
            assert algorithm is not None
            key.verify(signature, signed, parameters, algorithm)
        elif isinstance(key, ec.EllipticCurvePublicKey) and isinstance(parameters, ec.ECDSA):
            key.verify(signature, signed, parameters)
        elif isinstance(key, ed25519.Ed25519PublicKey) and algorithm is None:
            key.verify(signature, signed)
        else:
            return False
    except (InvalidSignature, ValueError, UnsupportedAlgorithm):
        return False
    return True


def _is_from(revoked: x509.CertificateRevocationList, issuer: x509.Certificate) -> bool:
    try:
        return revoked.is_signature_valid(issuer.public_key())  # type: ignore[arg-type]
    except (InvalidSignature, ValueError, TypeError, UnsupportedAlgorithm):
        return False


def _extension(certificate: x509.Certificate, kind: type[T]) -> T | None:
    try:
        return certificate.extensions.get_extension_for_class(kind).value
    except x509.ExtensionNotFound:
        return None
