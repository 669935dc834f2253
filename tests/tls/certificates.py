"""Certificates of every kind for tests, written byte by byte: also those that no library makes any more."""

from __future__ import annotations

import datetime
import ipaddress
import ssl
from collections.abc import Sequence
from dataclasses import dataclass, field

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

Key = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey
Part = tuple[str, str] | Sequence[tuple[str, str]]
"""A part of a subject, or several that share a place."""

KINDS = {
    "C": "2.5.4.6",
    "ST": "2.5.4.8",
    "L": "2.5.4.7",
    "O": "2.5.4.10",
    "OU": "2.5.4.11",
    "CN": "2.5.4.3",
    "DC": "0.9.2342.19200300.100.1.25",
    "emailAddress": "1.2.840.113549.1.9.1",
}
SIGNATURES = {
    "md5": ("1.2.840.113549.1.1.4", hashes.MD5()),
    "sha1": ("1.2.840.113549.1.1.5", hashes.SHA1()),
    "sha256": ("1.2.840.113549.1.1.11", hashes.SHA256()),
    "ecdsa": ("1.2.840.10045.4.3.2", hashes.SHA256()),
    "ed25519": ("1.3.101.112", None),
}
NOW = datetime.datetime.now(datetime.UTC).replace(microsecond=0)
DAY = datetime.timedelta(days=1)


@dataclass(frozen=True)
class Extension:
    oid: str
    value: bytes
    critical: bool = False


@dataclass(frozen=True)
class Pair:
    """A certificate and its key."""

    certificate: bytes
    key: Key
    subject: Sequence[Part]

    @property
    def pem(self) -> str:
        return ssl.DER_cert_to_PEM_cert(self.certificate)

    @property
    def key_pem(self) -> bytes:
        return self.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())

    @property
    def key_der(self) -> bytes:
        return self.key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())

    @property
    def spki(self) -> bytes:
        return self.key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


@dataclass
class Maker:
    """An authority, by default a good one of today."""

    subject: Sequence[Part] = (("C", "XX"), ("O", "lab"), ("CN", "lab CA"))
    key: Key = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))
    version: int = 3
    signature: str = "ecdsa"
    extensions: Sequence[Extension] | None = None

    def __post_init__(self) -> None:
        own = [basic(ca=True), usage(5, 6)] if self.extensions is None else list(self.extensions)
        self.own = make(
            self.subject, self.key, version=self.version, signature=self.signature, extensions=own
        )

    @property
    def pem(self) -> str:
        return self.own.pem

    def issue(self, subject: Sequence[Part] = (("C", "XX"), ("O", "lab"), ("CN", "localhost")), **options):
        """A certificate for somebody else; options as those of `make`."""
        key = options.pop("key", None) or ec.generate_private_key(ec.SECP256R1())
        return make(subject, key, issuer=self, **{"signature": self.signature, **options})

    def revoke(self, *serials: int) -> str:
        """A list of revoked certificates, as PEM."""
        entries = b"".join(tlv(0x30, integer(serial), time(NOW - DAY)) for serial in serials)
        algorithm = tlv(0x30, oid(SIGNATURES[self.signature][0]))
        number = tlv(0x30, oid("2.5.29.20"), tlv(0x04, integer(1)))
        body = tlv(
            0x30,
            integer(1),
            algorithm,
            name(self.subject),
            time(NOW - DAY),
            time(NOW + DAY),
            tlv(0x30, entries),
            tlv(0xA0, tlv(0x30, number)),
        )
        der = tlv(0x30, body, algorithm, tlv(0x03, b"\0", sign(self.key, body, self.signature)))
        text = ssl.DER_cert_to_PEM_cert(der)
        return text.replace("CERTIFICATE", "X509 CRL")


def make(
    subject: Sequence[Part],
    key: Key,
    *,
    issuer: Maker | None = None,
    version: int = 3,
    signature: str = "ecdsa",
    names: Sequence[str] = (),
    extensions: Sequence[Extension] = (),
    since: datetime.datetime = NOW - DAY,
    until: datetime.datetime = NOW + 30 * DAY,
    serial: int = 4711,
) -> Pair:
    """A certificate; without an issuer it is its own.

    Arguments:
        names: alternative names: host names, or addresses.
    """
    algorithm_oid, _ = SIGNATURES[signature]
    algorithm = tlv(0x30, oid(algorithm_oid))
    every = [*extensions, *([alternative(names)] if names else [])]
    parts = [
        *([tlv(0xA0, integer(version - 1))] if version > 1 else []),
        integer(serial),
        algorithm,
        name(issuer.subject if issuer else subject),
        tlv(0x30, time(since), time(until)),
        name(subject),
        key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo),
    ]
    if version == 3 and every:
        parts.append(tlv(0xA3, tlv(0x30, *map(extension, every))))
    body = tlv(0x30, *parts)
    signed = sign(issuer.key if issuer else key, body, signature)
    return Pair(tlv(0x30, body, algorithm, tlv(0x03, b"\0", signed)), key, subject)


def sign(key: Key, body: bytes, signature: str) -> bytes:
    algorithm = SIGNATURES[signature][1]
    match key:
        case rsa.RSAPrivateKey():
            assert algorithm is not None
            return key.sign(body, padding.PKCS1v15(), algorithm)
        case ec.EllipticCurvePrivateKey():
            assert algorithm is not None
            return key.sign(body, ec.ECDSA(algorithm))
        case _:
            return key.sign(body)


# Extensions.


def basic(*, ca: bool, length: int | None = None) -> Extension:
    parts = ([tlv(0x01, b"\xff")] if ca else []) + ([] if length is None else [integer(length)])
    return Extension("2.5.29.19", tlv(0x30, *parts), critical=True)


def usage(*bits: int) -> Extension:
    """keyUsage: 0 digital signature, 2 key encipherment, 5 certificates, 6 lists of revoked ones."""
    value = sum(0x80 >> bit for bit in bits)
    return Extension("2.5.29.15", tlv(0x03, bytes([7 - max(bits), value])), critical=True)


def purpose(*oids: str) -> Extension:
    return Extension("2.5.29.37", tlv(0x30, *map(oid, oids)))


def alternative(names: Sequence[str]) -> Extension:
    parts = [
        tlv(0x87, ipaddress.ip_address(each).packed)
        if each.replace(".", "").isdigit() or ":" in each
        else tlv(0x82, each.encode())
        for each in names
    ]
    return Extension("2.5.29.17", tlv(0x30, *parts))


def extension(it: Extension) -> bytes:
    critical = tlv(0x01, b"\xff") if it.critical else b""
    return tlv(0x30, oid(it.oid), critical, tlv(0x04, it.value))


# The encoding.


def name(parts: Sequence[Part]) -> bytes:
    places = [[part] if isinstance(part[0], str) else list(part) for part in parts]
    return tlv(0x30, *(tlv(0x31, *(attribute(*each) for each in place)) for place in places))


def attribute(kind: str, value: str) -> bytes:
    # Countries are printable strings, and so are domain components and addresses IA5; everything else is UTF-8.
    tag = {"C": 0x13, "DC": 0x16, "emailAddress": 0x16}.get(kind, 0x0C)
    return tlv(0x30, oid(KINDS.get(kind, kind)), tlv(tag, value.encode()))


def tlv(tag: int, *parts: bytes) -> bytes:
    content = b"".join(parts)
    size = len(content)
    if size < 128:
        return bytes([tag, size]) + content
    digits = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes([tag, 0x80 | len(digits)]) + digits + content


def integer(value: int) -> bytes:
    return tlv(0x02, value.to_bytes(value.bit_length() // 8 + 1, "big", signed=True))


def oid(text: str) -> bytes:
    first, second, *rest = map(int, text.split("."))
    content = b"".join(base128(number) for number in (40 * first + second, *rest))
    return tlv(0x06, content)


def base128(number: int) -> bytes:
    digits = [number & 0x7F]
    while number := number >> 7:
        digits.append(0x80 | number & 0x7F)
    return bytes(reversed(digits))


def time(moment: datetime.datetime) -> bytes:
    return tlv(0x18, f"{moment:%Y%m%d%H%M%SZ}".encode()) if moment.year >= 2050 else utc(moment)


def utc(moment: datetime.datetime) -> bytes:
    return tlv(0x17, f"{moment:%y%m%d%H%M%SZ}".encode())
