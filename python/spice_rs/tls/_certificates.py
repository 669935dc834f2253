"""Certificates: read, from PEM text and files, and described for people."""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.utils import CryptographyDeprecationWarning

from ._subject import show

Source = str | bytes | Path
"""Certificates: PEM text, or the path of a file that has it. Text without `-----BEGIN` is a path."""

RSA_STRONG = 2048
"""Bits of an RSA key from which on it is not too weak today."""

SHOWN_MAX = 300
"""Letters of a subject that are shown to people."""

BEGIN = b"-----BEGIN "

UNREADABLE = (
    ValueError,
    x509.DuplicateExtension,
    x509.InvalidVersion,
    x509.UnsupportedGeneralNameType,
    UnsupportedAlgorithm,
)
"""What the library raises for certificates that are none, or of a kind that it does not know."""


@dataclass(frozen=True, slots=True)
class Bundle:
    """What a PEM file has: certificates, and lists of revoked ones.

    Attributes:
        certificates: in DER, in order.
        revoked: likewise.
    """

    certificates: tuple[bytes, ...]
    revoked: tuple[bytes, ...]


def read(sources: Source | Sequence[Source]) -> Bundle:
    """Read PEM texts and files.

    Raises:
        ValueError: one has no certificate, or one that cannot be read.
        OSError: a file cannot be read.
    """
    if isinstance(sources, str | bytes | Path):
        sources = (sources,)
    bundles = [_read_one(source) for source in sources]
    return Bundle(
        tuple(each for bundle in bundles for each in bundle.certificates),
        tuple(each for bundle in bundles for each in bundle.revoked),
    )


def pem(source: Source) -> tuple[bytes, str]:
    """Return the PEM text that a source means, and what to call it."""
    if isinstance(source, bytes):
        return source, "the given text"
    if isinstance(source, str) and BEGIN.decode() in source:
        return source.encode(), "the given text"
    return Path(source).read_bytes(), str(source)


def _read_one(source: Source) -> Bundle:
    text, name = pem(source)
    try:
        with quiet():
            certificates = tuple(
                load(x509.load_pem_x509_certificate(part).public_bytes(Encoding.DER)).public_bytes(
                    Encoding.DER
                )
                for part in _parts(text, b"CERTIFICATE")
            )
            revoked = tuple(
                x509.load_pem_x509_crl(part).public_bytes(Encoding.DER) for part in _parts(text, b"X509 CRL")
            )
    except (ValueError, x509.InvalidVersion) as error:
        raise ValueError(f"{name} has a certificate that cannot be read: {error}") from error
    if not certificates:
        raise ValueError(f"{name} has no certificate: no line in it says -----BEGIN CERTIFICATE-----")
    return Bundle(certificates, revoked)


def _parts(text: bytes, kind: bytes) -> list[bytes]:
    return re.findall(rb"-----BEGIN %b-----.*?-----END %b-----" % (kind, kind), text, re.DOTALL)


@contextmanager
def quiet() -> Iterator[None]:
    """Keep quiet about what odd certificates have: serial numbers of 0, subjects that are too long."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", CryptographyDeprecationWarning)
        warnings.simplefilter("ignore", UserWarning)
        yield


def load(der: bytes) -> x509.Certificate:
    """Read a certificate that a peer has sent.

    Raises:
        ValueError: it is none.
    """
    with quiet():
        try:
            certificate = x509.load_der_x509_certificate(der)
            # The library reads these late; here is where a peer's mistakes are expected.
            _ = certificate.version, certificate.subject, certificate.issuer, certificate.extensions
            certificate.public_key()
        except UNREADABLE as error:
            raise ValueError(str(error)) from error
    return certificate


def spki(certificate: x509.Certificate) -> bytes:
    """Return the public key of a certificate as DER."""
    return certificate.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def names(certificate: x509.Certificate) -> list[str]:
    """Return the host names and addresses that the alternative names of a certificate have."""
    try:
        found = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return []
    return [
        *found.get_values_for_type(x509.DNSName),
        *map(str, found.get_values_for_type(x509.IPAddress)),
    ]


def age(certificate: x509.Certificate) -> list[str]:
    """Return, in words, what is old-fashioned about a certificate, so that today's rules refuse it."""
    traits = []
    if certificate.version is x509.Version.v1:
        traits.append("is of X.509 version 1")
    with suppress(UnsupportedAlgorithm):  # one of tomorrow
        algorithm = certificate.signature_hash_algorithm
        if algorithm is not None and algorithm.name in ("md5", "sha1"):
            traits.append(f"is signed with {algorithm.name.upper().replace('SHA1', 'SHA-1')}")
    key = certificate.public_key()
    if isinstance(key, rsa.RSAPublicKey) and key.key_size < RSA_STRONG:
        traits.append(f"has an RSA key of {key.key_size} bits")
    return traits


def describe(certificate: x509.Certificate) -> str:
    """Say which certificate it is."""
    return f"'{clean(show(certificate.subject))}', issued by '{clean(show(certificate.issuer))}'"


def clean(text: str, most: int = SHOWN_MAX) -> str:
    """Return text of a stranger's as it may be shown: not too much of it, and nothing that moves the cursor."""
    shown = "".join(
        letter if letter.isprintable() else letter.encode("unicode_escape").decode() for letter in text[:most]
    )
    return shown + ("..." if len(text) > most else "")
