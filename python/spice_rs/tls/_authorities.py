"""Authorities: whose word a client takes."""

from __future__ import annotations

import datetime
import functools
import os
import ssl
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from cryptography import x509

from .. import _core
from ._certificates import Source, read
from ._chain import Chain, load_all

BUNDLES = (
    "/etc/ssl/certs/ca-certificates.crt",  # Debian, Arch, Alpine
    "/etc/pki/tls/certs/ca-bundle.crt",  # Fedora, Red Hat
    "/etc/ssl/ca-bundle.pem",  # SUSE
    "/etc/ssl/cert.pem",  # BSDs, macOS
)
"""Where systems keep the authorities that they believe, beside where their OpenSSL looks."""


@dataclass(frozen=True, slots=True)
class Authorities:
    """Whose word a client takes.

    Attributes:
        certificates: in DER.
        revoked: lists of certificates that they have revoked, in DER.
        source: what they are, for people.
    """

    certificates: tuple[bytes, ...] = field(repr=False)
    revoked: tuple[bytes, ...] = field(default=(), repr=False)
    source: str = "the given authorities"

    @classmethod
    def of(cls, sources: Source | Sequence[Source] | None) -> Self:
        """Read PEM texts and files, which may have lists of revoked certificates too; None means those of this system.

        Raises:
            ValueError: one has no certificate; or this system has no authorities.
            OSError: a file cannot be read.
        """
        if sources is None:
            return cls(_of_system(), source="the authorities of this system")
        bundle = read(sources)
        if not bundle.certificates:
            raise ValueError("no authority is given; None means those of this system")
        return cls(bundle.certificates, bundle.revoked)

    def judge(self, certificates: Sequence[bytes], name: str) -> tuple[str, str] | None:
        """Return why a chain is not believed by today's rules, or is not that host's: reason and details; None if all is right."""
        return _core_of(self).judge(certificates, name, int(time.time()))

    def verify_old(self, certificate: x509.Certificate, others: Iterable[bytes]) -> None:
        """Make sure that a certificate of any age leads to one of these.

        Raises:
            Distrusted: it does not.
        """
        anchors = load_all(self.certificates)
        revoked = [x509.load_der_x509_crl(each) for each in self.revoked]
        Chain(anchors, revoked, load_all(others), datetime.datetime.now(datetime.UTC)).verify(certificate)


@functools.lru_cache(maxsize=16)
def _core_of(authorities: Authorities) -> _core.TlsAuthorities:
    """What Rust makes of them: once for all channels of a session."""
    return _core.TlsAuthorities(authorities.certificates, authorities.revoked)


@functools.cache
def _of_system() -> tuple[bytes, ...]:
    certificates = dict.fromkeys(_found_on_system())
    if not certificates:
        raise ValueError(
            "this system has no authorities: install them (ca-certificates), or give the server's (ca=..., --ca-file)"
        )
    return tuple(certificates)


def _found_on_system() -> Iterable[bytes]:
    if files := [path for path in _bundles() if path.is_file()]:
        # A system's bundle may have one that is older than today's rules for writing them; the others still count.
        return [der for der in _lenient(files[0].read_bytes()) if _is_readable(der)]
    # Windows and macOS have no file.
    return ssl.create_default_context().get_ca_certs(binary_form=True)


def _bundles() -> Iterable[Path]:
    paths = ssl.get_default_verify_paths()
    own = (os.environ.get(paths.openssl_cafile_env), paths.cafile)
    return [Path(path) for path in (*own, *BUNDLES) if path]


def _lenient(text: bytes) -> Iterable[bytes]:
    begin, end = b"-----BEGIN CERTIFICATE-----", b"-----END CERTIFICATE-----"
    for part in text.split(begin)[1:]:
        yield ssl.PEM_cert_to_DER_cert((begin + part.partition(end)[0] + end).decode("ascii"))


def _is_readable(der: bytes) -> bool:
    try:
        _core.TlsAuthorities([der])
    except ValueError:
        return False
    return True
