"""Certificates that no honest server shows: huge ones, damaged ones, ones with odd contents. Each is refused in words, or is right."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Sequence

import pytest
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed448, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given
from hypothesis import strategies as st

from spice_rs.errors import CertificateError
from spice_rs.tls import Authorities, HostName, HostSubject, Policy, Presented, PublicKey

from . import certificates as make
from .certificates import DAY, NOW, Extension, Maker, Pair, tlv
from .test_trust import CA, GOOD, OLD, OLD_CA, SUBJECT

AUTHORITIES = Authorities.of([CA.pem, OLD_CA.pem])
POLICIES: list[Policy] = [
    HostName("localhost", AUTHORITIES),
    HostName("127.0.0.1", AUTHORITIES),
    HostSubject(SUBJECT, AUTHORITIES),
    PublicKey(frozenset({b"x" * 32})),
]


def judged(
    certificates: Sequence[bytes], message: bytes = b"", signature: bytes = b"", scheme: int = 0x403
) -> None:
    """Let every policy look at what a server may show; only a typed refusal is allowed, with words in it."""
    for policy in POLICIES:
        with pytest.raises(CertificateError) as caught:
            policy.judge(Presented(tuple(certificates), message, signature, scheme))
        text = str(caught.value)
        assert text and len(text) < 5000 and caught.value.reason, text


ORIGINALS = [GOOD.certificate, CA.own.certificate, *(pair.certificate for pair in OLD.values())]


@given(st.sampled_from(ORIGINALS), st.data())
def test_damaged_certificates_are_refused(original: bytes, data: st.DataObject) -> None:
    damaged = bytearray(original)
    for _ in range(data.draw(st.integers(1, 4))):
        place = data.draw(st.integers(0, len(damaged) - 1))
        match data.draw(st.integers(0, 3)):
            case 0:
                damaged[place] = data.draw(st.integers(0, 255))
            case 1:
                damaged[place] ^= 1 << data.draw(st.integers(0, 7))
            case 2:
                del damaged[place : place + data.draw(st.integers(1, 40))]
            case _:
                damaged[place:place] = data.draw(st.binary(max_size=40))
        if not damaged:
            break
    judged([bytes(damaged)])
    judged([GOOD.certificate, bytes(damaged)])


@given(
    st.lists(st.binary(max_size=200), min_size=1, max_size=4),
    st.binary(max_size=100),
    st.binary(max_size=100),
    st.integers(0, 0xFFFF),
)
def test_noise_is_refused(certificates: list[bytes], message: bytes, signature: bytes, scheme: int) -> None:
    judged(certificates, message, signature, scheme)
    judged([GOOD.certificate], message, signature, scheme)
    judged([OLD["everything"].certificate], message, signature, scheme)


def public(key: object) -> bytes:
    return key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)  # type: ignore[attr-defined]


class Foreign:
    """A key that is only shown: it signs nothing."""

    def __init__(self, spki: bytes) -> None:
        self._spki = spki

    def public_key(self) -> Foreign:
        return self

    def public_bytes(self, _encoding: object, _format: object) -> bytes:
        return self._spki


def rsa_key(modulus: int, exponent: int) -> bytes:
    algorithm = tlv(0x30, make.oid("1.2.840.113549.1.1.1"), tlv(0x05))
    return tlv(0x30, algorithm, tlv(0x03, b"\0" + tlv(0x30, make.integer(modulus), make.integer(exponent))))


def ec_key(curve: str, point: bytes) -> bytes:
    algorithm = tlv(0x30, make.oid("1.2.840.10045.2.1"), make.oid(curve))
    return tlv(0x30, algorithm, tlv(0x03, b"\0" + point))


P256 = "1.2.840.10045.3.1.7"
KEYS: dict[str, bytes] = {
    "DSA": public(dsa.generate_private_key(1024)),
    "Ed448": public(ed448.Ed448PrivateKey.generate()),
    "a curve that nobody uses": public(ec.generate_private_key(ec.BrainpoolP256R1())),
    "a curve of 521 bits": public(ec.generate_private_key(ec.SECP521R1())),
    "a point off the curve": ec_key(P256, b"\x04" + b"\x01" * 64),
    "no point": ec_key(P256, b""),
    "a point at infinity": ec_key(P256, b"\0"),
    "a curve without a name": ec_key("1.2.3", b"\x04" + bytes(64)),
    "RSA of 1024 bits": public(rsa.generate_private_key(65537, 1024)),
    "RSA of 512 bits": rsa_key((1 << 511) + 1, 65537),
    "RSA with the exponent 1": rsa_key((1 << 2047) + 1, 1),
    "RSA with an even modulus": rsa_key(1 << 2047, 65537),
    "RSA of 0": rsa_key(0, 0),
    "RSA of 40000 bits": rsa_key((1 << 40_000) + 1, 65537),
    "RSA with a huge exponent": rsa_key((1 << 2047) + 1, (1 << 2040) + 1),
    "an algorithm of tomorrow": tlv(0x30, tlv(0x30, make.oid("1.2.3.4.5")), tlv(0x03, b"\0" + bytes(99))),
    "nothing": tlv(0x30),
}


@pytest.mark.parametrize("spki", KEYS.values(), ids=KEYS)
def test_odd_keys_are_refused(spki: bytes) -> None:
    pair = CA.issue(names=["localhost"], key=Foreign(spki))
    for scheme in (0x401, 0x403, 0x503, 0x603, 0x804, 0x807, 0xFFFF):
        judged([pair.certificate], b"message", b"\x30\x06\x02\x01\x01\x02\x01\x01", scheme)
    judged([GOOD.certificate, pair.certificate])


LONG = "x" * 60_000
ODD: dict[str, Callable[[], Pair]] = {
    "a subject without end": lambda: CA.issue([("CN", LONG)]),
    "a subject of a thousand parts": lambda: CA.issue([("OU", str(i)) for i in range(1000)]),
    "no subject": lambda: CA.issue([]),
    "a NUL in the name": lambda: CA.issue([("CN", "localhost\0.example.org")]),
    "a NUL in the alternative name": lambda: CA.issue(names=["localhost\0.example.org"]),
    "lines and terminal codes": lambda: CA.issue([("CN", "localhost\n\r\x1b[31m'\"")]),
    "a part without a value": lambda: CA.issue([("CN", "")]),
    "ten thousand names": lambda: CA.issue(names=[f"h{i}.example.org" for i in range(10_000)]),
    "names that are none": lambda: CA.issue(extensions=[Extension("2.5.29.17", tlv(0x30, tlv(0x87, b"12345"), tlv(0x82, b"\xff\xfe"), tlv(0x82)))]),
    "names of every kind": lambda: CA.issue(extensions=[Extension("2.5.29.17", tlv(0x30, *(tlv(0x80 + kind, b"localhost") for kind in range(9))))]),
    "an empty list of names": lambda: CA.issue(extensions=[Extension("2.5.29.17", tlv(0x30))]),
    "an extension twice": lambda: CA.issue(extensions=[make.basic(ca=False), make.basic(ca=True)]),
    "a thousand extensions": lambda: CA.issue(extensions=[Extension(f"1.2.3.{i}", tlv(0x05)) for i in range(1000)]),
    "an extension of noise": lambda: CA.issue(extensions=[Extension("2.5.29.15", b"\xff\xff\xff", critical=True)]),
    "rules about names": lambda: CA.issue(extensions=[Extension("2.5.29.30", tlv(0x30), critical=True)]),
    "a deep nesting": lambda: CA.issue(extensions=[Extension("2.5.29.35", nested(2000))]),
    "version 4": lambda: CA.issue(version=4),
    "the year 9999": lambda: CA.issue([("CN", "x")], until=datetime.datetime(9999, 12, 31, tzinfo=datetime.UTC)),
    "an end before its beginning": lambda: CA.issue(since=NOW + DAY, until=NOW - DAY),
    "a serial number of 0": lambda: CA.issue([("CN", "x")], serial=0),
    "a negative serial number": lambda: CA.issue([("CN", "x")], serial=-5),
    "a huge serial number": lambda: CA.issue([("CN", "x")], serial=1 << 9000),
    "an issuer that is itself": lambda: Pair(Maker(subject=CA.subject).own.certificate, GOOD.key, CA.subject),
}  # fmt: skip


def nested(depth: int) -> bytes:
    data = b""
    for _ in range(depth):
        data = tlv(0x30, data)
    return data


@pytest.mark.parametrize("build", ODD.values(), ids=ODD)
def test_odd_contents_are_refused(build: Callable[[], Pair]) -> None:
    pair = build()
    judged([pair.certificate])
    judged([GOOD.certificate, pair.certificate])
    # No word of a stranger's can draw on the screen of who reads the error.
    with pytest.raises(CertificateError) as caught:
        POLICIES[0].judge(Presented((pair.certificate,), b"", b"", 0x403))
    assert str(caught.value).isprintable(), str(caught.value)


def test_many_certificates_that_fit_together_are_not_tried_for_ever() -> None:
    shared = (("CN", "one of many"),)
    many = [Maker(subject=shared) for _ in range(40)]
    chain = [
        maker.issue(shared, key=other.key, extensions=[make.basic(ca=True)]).certificate
        for maker in many[:6]
        for other in many
    ]
    leaf = many[0].issue(names=["localhost"])
    judged([leaf.certificate, *chain])
