"""What a server shows of itself by TLS."""

from __future__ import annotations

import base64
import datetime
import hashlib
import ipaddress
import logging
import socket
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from .. import _core
from ._certificates import Source, load, pem, read, spki
from ._client import DIGEST
from ._subject import show

SELF_SIGNED_FOR = datetime.timedelta(days=365)
"""How long a certificate made for quick use is valid, and from how long ago on: clocks differ."""

CLOCK_SKEW = datetime.timedelta(hours=1)

HERE = ("localhost", "127.0.0.1", "::1")


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerTls:
    """A server's certificate and key, and what it offers with them.

    Attributes:
        certificate: PEM text or a file that has it: the server's own certificate, then those on the way to an authority. A server
            looks at its files again when they change, so that new connections get the new certificate.
        key: PEM text or a file that has it; None where it stands beside the certificate.
        key_password: what the key is encrypted with.
        versions: of `1.2` and `1.3`; both by default.
        ciphers: by their names in the standards or in OpenSSL; by default all that are good.

    Raises:
        ValueError: one of them is none, or certificate and key do not belong together.
        OSError: a file cannot be read.
    """

    certificate: Source = field(repr=False)
    key: Source | None = field(default=None, repr=False)
    key_password: str | None = field(default=None, repr=False)
    versions: Sequence[str] = ()
    ciphers: Sequence[str] = ()
    _chain: tuple[bytes, ...] = field(default=(), init=False, repr=False)
    _identity: _core.TlsIdentity | None = field(default=None, init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        chain = read(self.certificate).certificates
        key = _private_key(self.certificate if self.key is None else self.key, self.key_password, chain[0])
        identity = _core.TlsIdentity(chain, key, versions=self.versions, ciphers=self.ciphers)
        object.__setattr__(self, "_chain", chain)
        object.__setattr__(self, "_identity", identity)

    @classmethod
    def self_signed(cls, *names: str) -> Self:
        """Make a pair for quick use, which nobody vouches for: valid for a year, for this machine and `names`.

        Clients trust it by `certificate_pem` as their authority, with any of these names; by `subject` with that; or by `pubkey`.

        Arguments:
            names: host names and addresses by which clients reach the server.
        """
        key = ec.generate_private_key(ec.SECP256R1())
        every = tuple(dict.fromkeys((*names, socket.gethostname(), *HERE)))
        certificate = _self_signed(key, every).public_bytes(Encoding.PEM)
        secret = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        return cls(certificate=certificate, key=secret)

    @property
    def subject(self) -> str:
        """The subject of the server's certificate, as clients write it for a host-subject."""
        return show(load(self._chain[0]).subject)

    @property
    def pubkey(self) -> str:
        """The key's digest, `sha256//...`, by which clients may trust the server."""
        return DIGEST + base64.b64encode(hashlib.sha256(spki(load(self._chain[0]))).digest()).decode()

    @property
    def certificate_pem(self) -> str:
        """The server's own certificate, as PEM text."""
        return load(self._chain[0]).public_bytes(Encoding.PEM).decode()

    @property
    def authority_pem(self) -> str | None:
        """The certificate that clients may believe in place of an authority of theirs, as PEM text.

        That is the last one that the server shows, where nobody else has issued it: its own, if it has been made for quick use.
        None where clients have to know the authority from elsewhere.
        """
        last = load(self._chain[-1])
        return last.public_bytes(Encoding.PEM).decode() if last.issuer == last.subject else None

    @property
    def files(self) -> tuple[Path, ...]:
        """The files that certificate and key were read from."""
        given = (self.certificate, self.key)
        return tuple(
            Path(each)
            for each in given
            if isinstance(each, Path) or (isinstance(each, str) and "-----BEGIN" not in each)
        )

    def reloaded(self) -> ServerTls:
        """Read the files again.

        Raises:
            ValueError, OSError: as when they were read first.
        """
        return ServerTls(
            certificate=self.certificate,
            key=self.key,
            key_password=self.key_password,
            versions=self.versions,
            ciphers=self.ciphers,
        )


class Wardrobe:
    """Keeps a server's certificate up to date with its files."""

    def __init__(self, tls: ServerTls) -> None:
        self.tls = tls
        self._stamps = _stamps(tls)
        self._log = logging.getLogger("spice_rs.server")

    def pipe(self) -> _core.TlsPipe:
        """Return the server's end of a new connection."""
        if (stamps := _stamps(self.tls)) != self._stamps:
            self._stamps = stamps
            self._reload()
        assert self.tls._identity is not None
        return _core.TlsPipe.server(self.tls._identity)

    def _reload(self) -> None:
        try:
            self.tls = self.tls.reloaded()
            self._log.info("the certificate has changed: %s", self.tls.subject)
        except (ValueError, OSError) as error:
            # Certificate and key may be written one after the other.
            self._log.warning("the changed certificate cannot be used, the old one still is: %s", error)


def _stamps(tls: ServerTls) -> tuple[tuple[int, int, int] | None, ...]:
    return tuple(_stamp(file) for file in tls.files)


def _stamp(file: Path) -> tuple[int, int, int] | None:
    try:
        found = file.stat()
    except OSError:
        return None
    return found.st_ino, found.st_mtime_ns, found.st_size


def _private_key(source: Source, password: str | None, certificate: bytes) -> bytes:
    """Read a key; return it in DER.

    Raises:
        ValueError: it is none, or not that of the certificate.
    """
    text, name = pem(source)
    try:
        key = load_pem_private_key(text, None if password is None else password.encode())
    except TypeError as error:
        raise ValueError(f"the key of {name} is encrypted, or not: {error}") from error
    except ValueError as error:
        raise ValueError(f"{name} has no private key that can be read: {error}") from error
    own = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    if own != spki(load(certificate)):
        raise ValueError(f"the key of {name} does not belong to the certificate")
    return key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())


def _self_signed(key: ec.EllipticCurvePrivateKey, names: Sequence[str]) -> x509.Certificate:
    subject = x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, "spice_rs self-signed"),
            x509.NameAttribute(NameOID.COMMON_NAME, names[0][:64]),
        ]
    )
    now = datetime.datetime.now(datetime.UTC)
    return (
        x509.CertificateBuilder(subject, subject, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - CLOCK_SKEW)
        .not_valid_after(now + SELF_SIGNED_FOR)
        .add_extension(x509.SubjectAlternativeName([_general_name(name) for name in names]), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )


def _general_name(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)
