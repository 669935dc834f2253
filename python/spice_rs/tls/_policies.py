"""What a client demands of a server: a host's name, a subject, or a key. One of them, and never another in its place."""

from __future__ import annotations

import functools
import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal, NoReturn, TypeVar

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from ..errors import CertificateError
from ..uri import shown
from . import _proof, _subject
from ._authorities import Authorities
from ._certificates import RSA_STRONG, UNREADABLE, age, clean, describe, load, names, quiet, spki
from ._chain import Distrusted, expired, not_yet_valid
from ._stream import Presented

P = TypeVar("P")

Reason = Literal[
    "unknown issuer",
    "wrong name",
    "wrong subject",
    "wrong key",
    "expired",
    "not yet valid",
    "revoked",
    "bad signature",
    "wrong purpose",
    "too old",
    "weak",
    "unusable",
    "no proof",
]
"""Why a server is not trusted."""


def _careful(judge: Callable[[P, Presented], None]) -> Callable[[P, Presented], None]:
    """Let a judge read certificates of strangers: much of one is only read when it is asked for."""

    @functools.wraps(judge)
    def judge_carefully(policy: P, presented: Presented) -> None:
        try:
            with quiet():
                judge(policy, presented)
        except UNREADABLE as error:
            raise _unreadable(presented, error) from error

    return judge_carefully


NAMES_SHOWN = 10
"""Names of a certificate that are shown to people."""


@dataclass(frozen=True, slots=True)
class HostName:
    """The server has to have a certificate for the name, or the number, by which it is called, by today's rules.

    The name has to be one of the certificate's alternative names; only where it has none at all, its common name counts.
    """

    name: str
    authorities: Authorities

    @_careful
    def judge(self, presented: Presented) -> None:
        """Look at what a server has shown.

        Raises:
            CertificateError: it is not that host's, or not good enough.
        """
        certificate = _load(presented)
        verdict = self.authorities.judge(presented.certificates, self.name)
        if verdict is not None and not (verdict[0] == "wrong name" and self._is_common_name(certificate)):
            self._refuse(certificate, *verdict)
        key = certificate.public_key()
        if isinstance(key, rsa.RSAPublicKey) and key.key_size < RSA_STRONG:
            self._refuse(certificate, "weak", "")
        _proof.check(presented, key)

    def _is_common_name(self, certificate: x509.Certificate) -> bool:
        if names(certificate):
            return False
        common = certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
        return any(_matches(str(each.value), self.name) for each in common)

    def _refuse(self, certificate: x509.Certificate, reason: str, details: str) -> NoReturn:
        subject = clean(_subject.show(certificate.subject))
        if reason in ("weak", "bad signature", "unusable") and (traits := age(certificate)):
            text = (
                f"it {' and '.join(traits)}, which nobody takes for a host's name any more; "
                f"if that is the right server, ask for it by its subject, not by the name {shown(self.name)!r}: {_by(subject)}"
            )
            _distrust(certificate, "too old", text)
        match reason:
            case "wrong name":
                has = _listed(names(certificate)) or f"no name but '{subject}'"
                text = f"it is not for {shown(self.name)!r}: it has {has}; connect by a name that it has, or ask for its subject: {_by(subject)}"
            case "unknown issuer":
                text = (
                    f"none of {self.authorities.source} has issued it; give the right one (ca=..., --ca-file)"
                )
            case "bad signature":
                text = (
                    f"none of {self.authorities.source} has signed it, although one is called like who did; "
                    "give the right one (ca=..., --ca-file)"
                )
            case "expired":
                text = expired(certificate)
            case "not yet valid":
                text = not_yet_valid(certificate)
            case "revoked":
                text = "its authority has revoked it"
            case "wrong purpose":
                text = "it may not be used by servers"
            case _:
                text = f"it cannot be used for a host's name: {clean(details)}; if that is the right server, {_by(subject)}"
        _distrust(certificate, reason, text)


@dataclass(frozen=True, slots=True)
class HostSubject:
    """The server has to have a certificate with this subject, from one of the authorities; of any age.

    This is how SPICE hosts with certificates of their own making are told apart: version 1, SHA-1 and RSA keys of 1024 bits are taken.
    """

    subject: str
    authorities: Authorities

    @_careful
    def judge(self, presented: Presented) -> None:
        """Look at what a server has shown.

        Raises:
            CertificateError: it has another subject, or is not believed.
        """
        certificate = _load(presented)
        wanted = _subject.parse(self.subject)
        try:
            self.authorities.verify_old(certificate, presented.certificates[1:])
        except Distrusted as why:
            advice = "; give the right one (ca=..., --ca-file)" if why.reason == "unknown issuer" else ""
            _distrust(certificate, why.reason, f"{why}{advice}")
        _proof.check(presented, certificate.public_key())
        if not _subject.has(certificate.subject, wanted):
            order = (
                " (the same parts in another order)"
                if _subject.is_reordered(certificate.subject, wanted)
                else ""
            )
            subject = clean(_subject.show(certificate.subject))
            text = f"its subject is '{subject}', not '{_subject.show_parts(wanted)}'{order}; if that is the right server, {_by(subject)}"
            _distrust(certificate, "wrong subject", text)


@dataclass(frozen=True, slots=True)
class PublicKey:
    """The server has to own one of these keys; who has issued its certificate, for whom and for how long does not matter.

    Attributes:
        digests: of each key, as DER SubjectPublicKeyInfo, the SHA-256.
    """

    digests: frozenset[bytes] = field(repr=False)

    @_careful
    def judge(self, presented: Presented) -> None:
        """Look at what a server has shown.

        Raises:
            CertificateError: it has another key.
        """
        certificate = _load(presented)
        key = certificate.public_key()
        if hashlib.sha256(spki(certificate)).digest() not in self.digests:
            text = "its key is not the one that was asked for; if the server has a new one, get that from who runs it"
            _distrust(certificate, "wrong key", text)
        _proof.check(presented, key)


Policy = HostName | HostSubject | PublicKey


def _load(presented: Presented) -> x509.Certificate:
    return load(presented.certificates[0])


def _unreadable(presented: Presented, error: Exception) -> CertificateError:
    return CertificateError(
        f"the server's certificate cannot be read: {clean(str(error))}",
        reason="unusable",
        certificate=presented.certificates[0],
    )


def _distrust(certificate: x509.Certificate, reason: str, text: str) -> NoReturn:
    raise CertificateError(
        f"the server's certificate is not trusted: {text}"
        + ("" if describe(certificate) in text else f" (it is {describe(certificate)})"),
        reason=reason,
        certificate=certificate.public_bytes(Encoding.DER),
    )


def _listed(found: list[str]) -> str:
    """Write names one after the other; of very many, some."""
    more = f" and {len(found) - NAMES_SHOWN} more" if len(found) > NAMES_SHOWN else ""
    return ", ".join(clean(name, 100) for name in found[:NAMES_SHOWN]) + more


def _by(subject: str) -> str:
    return f"subject={subject!r}, or --host-subject"


def _matches(pattern: str, name: str) -> bool:
    """Whether a common name is a host's: in any case, with `*` for its first label."""
    pattern, name = pattern.rstrip(".").lower(), name.rstrip(".").lower()
    if pattern == name:
        return True
    is_number = re.fullmatch(r"[0-9.]+|.*:.*", name) is not None
    first, _, rest = name.partition(".")
    return not is_number and bool(first) and pattern == f"*.{rest}" and "." in rest


__all__ = ["HostName", "HostSubject", "Policy", "PublicKey", "Reason"]
