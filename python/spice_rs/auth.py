"""The ticket: a password under the server's RSA key, client half and server half side by side (protocol.md 1.5).

The link stage hands over a `Conversation`; the link result that follows is its own again. Logins with names are in `spice_rs.sasl`.
"""

from __future__ import annotations

import contextlib
import functools
import hmac
import math
import warnings
from dataclasses import dataclass
from typing import Protocol

import trio
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey

from . import _core
from .errors import AuthenticationError, RemoteProtocolError

TICKET_SIZE = 128
"""Bytes of the ticket: one block of RSA with 1024 bits (protocol.md 1.1)."""

PUBLIC_KEY_SIZE = 162
"""Bytes of the server's public key in the link reply."""

EXPONENT = 65537

PASSWORD_MAX = 60
"""Bytes of the longest password that the reference server keeps."""


class Conversation(Protocol):
    """The stream as the ticket sees it."""

    async def take(self, count: int) -> bytes:
        """Receive exactly so many bytes."""

    async def send(self, data: bytes) -> None:
        """Send."""


@dataclass(frozen=True, slots=True)
class ClientSide:
    """What the client half works with."""

    password: str | None
    public_key: bytes

    def __repr__(self) -> str:
        return "ClientSide(...)"


@dataclass(frozen=True, slots=True)
class ServerSide:
    """What the server half works with: `password` None lets everybody in."""

    password: str | None
    key: RSAPrivateKey

    def __repr__(self) -> str:
        return "ServerSide(...)"


async def ticket_client(conversation: Conversation, side: ClientSide) -> None:
    """Send the password, encrypted with the server's key."""
    await conversation.send(encrypt_ticket(side.public_key, side.password))


@functools.cache
def get_ready() -> None:
    """Do once what the first ticket would: it takes longer by a millisecond or two, and while a server makes its key there is time."""
    with contextlib.suppress(Exception):  # what is wrong here is wrong with a real key too, and said then
        stand_in = rsa.RSAPublicNumbers(EXPONENT, (1 << 1023) + 1).public_key()
        encoding, form = serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
        encrypt_ticket(stand_in.public_bytes(encoding, form), None)


async def ticket_server(conversation: Conversation, side: ServerSide) -> bool:
    """Receive a ticket and compare. Without a password everything fits, but the exchange takes place all the same."""
    ticket = await conversation.take(TICKET_SIZE)
    if side.password is None:
        return True
    # A decryption is long enough for other sessions to notice, so it does not happen on Trio's thread.
    offered = await trio.to_thread.run_sync(decrypt_ticket, side.key, ticket)
    return offered is not None and hmac.compare_digest(offered, side.password.encode())


def check_password(password: str | None) -> None:
    """Refuse a password that no ticket can carry.

    Raises:
        ValueError: it is longer than `PASSWORD_MAX` bytes, or has a NUL in it.
    """
    size = len((password or "").encode())
    if size > PASSWORD_MAX:
        raise ValueError(f"a SPICE password has at most {PASSWORD_MAX} bytes; this one has {size}")
    if "\0" in (password or ""):
        raise ValueError("a SPICE password cannot contain a NUL")


def encrypt_ticket(public_key: bytes, password: str | None) -> bytes:
    """Encrypt a password, or that there is none, for the server that owns the key.

    Raises:
        RemoteProtocolError: the key is no RSA key of 1024 bits.
        AuthenticationError: this system's cryptography refuses such a key.
    """
    key = _load(public_key)
    # The terminating NUL is part of the ticket (protocol.md 1.5).
    return key.encrypt((password or "").encode() + b"\0", OAEP)


def decrypt_ticket(key: RSAPrivateKey, ticket: bytes) -> bytes | None:
    """Return the password in a ticket, up to its first NUL; None for a ticket that was not made with this key."""
    try:
        return key.decrypt(ticket, OAEP).partition(b"\0")[0]
    except ValueError:
        return None


async def make_key() -> RSAPrivateKey:
    """Make a key for one link, in a worker thread: it takes some ten milliseconds."""
    return await trio.to_thread.run_sync(_make_key)


def public_bytes(key: RSAPrivateKey) -> bytes:
    """Return the public half as the link reply carries it."""
    return key.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )


def _make_key() -> RSAPrivateKey:
    p, q = _prime(), _prime()
    while abs(p - q) >> 412 == 0:  # FIPS 186-5, A.1.3: no luck of this kind has ever been seen
        q = _prime()
    d = pow(EXPONENT, -1, math.lcm(p - 1, q - 1))
    numbers = rsa.RSAPrivateNumbers(
        p, q, d, d % (p - 1), d % (q - 1), pow(q, -1, p), rsa.RSAPublicNumbers(EXPONENT, p * q)
    )
    with warnings.catch_warnings():
        # The protocol fixes the size; that it is small is known and cannot be helped.
        warnings.simplefilter("ignore")
        # A check would look for the primes once more, with the interpreter's lock held.
        return numbers.private_key(unsafe_skip_rsa_key_validation=True)


def _prime() -> int:
    """Return a prime that may be half of a key."""
    while True:
        prime = int.from_bytes(_core.random_prime())
        if prime % EXPONENT != 1:
            return prime


def _load(public_key: bytes) -> RSAPublicKey:
    if not any(public_key):
        raise AuthenticationError(
            "the server sent no key for a ticket, although it said that it takes tickets; it may want SASL: give a name too"
        )
    try:
        key = serialization.load_der_public_key(public_key)
    except Exception as error:
        raise RemoteProtocolError(
            f"the server's public key cannot be read: {error}", message="LinkReply", field="public_key"
        ) from error
    if not isinstance(key, RSAPublicKey) or key.key_size != 8 * TICKET_SIZE:
        raise RemoteProtocolError(
            "the server's public key is no RSA key of 1024 bits", message="LinkReply", field="public_key"
        )
    return key


# SHA-1 is what the protocol says; OAEP does not depend on collisions being hard.
OAEP = padding.OAEP(padding.MGF1(hashes.SHA1()), hashes.SHA1(), None)  # noqa: S303
