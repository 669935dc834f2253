"""The layer of DIGEST-MD5: RC4 or triple DES, and a keyed hash for each packet (RFC 2831, 2.3 and 2.4)."""

from __future__ import annotations

import hmac
import struct
import warnings
from hashlib import md5
from typing import Any

from cryptography.hazmat.decrepit.ciphers.algorithms import ARC4, TripleDES
from cryptography.hazmat.primitives.ciphers import Cipher, modes

from ..errors import RemoteProtocolError
from ._mechanism import Layer

BUFFER_MAX = 65536
"""Bytes of a packet without its length; what the mechanism means where nobody says otherwise."""

MAC_SIZE = 10
TAIL = struct.Struct(">HI")
"""Message type, which is always 1, and number."""

OVERHEAD = MAC_SIZE + TAIL.size
BLOCK = 8

CIPHERS: dict[str, int] = {"rc4": 16, "3des": 16, "rc4-56": 7}
"""Bytes of H(A1) that make the key of each cipher, the preferred first."""

SIGN = {
    True: b"Digest session key to client-to-server signing key magic constant",
    False: b"Digest session key to server-to-client signing key magic constant",
}
SEAL = {
    True: b"Digest H(A1) to client-to-server sealing key magic constant",
    False: b"Digest H(A1) to server-to-client sealing key magic constant",
}
"""What the keys of each direction are made with; True is from the client."""


class DigestLayer(Layer):
    """Signs and encrypts.

    Arguments:
        secret: H(A1).
        peer_buffer: bytes of a packet that the other side takes.
    """

    def __init__(self, secret: bytes, cipher: str, peer_buffer: int, *, is_client: bool) -> None:
        self._block = 1 if cipher.startswith("rc4") else BLOCK
        self._encrypt = _context(secret, cipher, from_client=is_client).encryptor()
        self._decrypt = _context(secret, cipher, from_client=not is_client).decryptor()
        self._own_key = _md5(secret + SIGN[is_client])
        self._peer_key = _md5(secret + SIGN[not is_client])
        self._sent = self._received = 0
        self.packet_max = peer_buffer - OVERHEAD - 2 * BLOCK

    def wrap(self, data: bytes) -> bytes:
        """Sign, pad, encrypt."""
        number, self._sent = self._sent, (self._sent + 1) & 0xFFFFFFFF
        mac = _mac(self._own_key, number, data)
        count = self._block - (len(data) + MAC_SIZE) % self._block if self._block > 1 else 0
        return self._encrypt.update(data + bytes([count]) * count + mac) + TAIL.pack(1, number)

    def unwrap(self, packet: bytes) -> bytes:
        """Decrypt and compare."""
        sealed, tail = packet[: -TAIL.size], packet[-TAIL.size :]
        number, self._received = self._received, (self._received + 1) & 0xFFFFFFFF
        whole = len(sealed) >= MAC_SIZE and len(sealed) % self._block == 0
        if not whole or TAIL.unpack(tail) != (1, number):
            raise _forged()
        opened = self._decrypt.update(sealed)
        data, mac = self._without_padding(opened[:-MAC_SIZE]), opened[-MAC_SIZE:]
        if not hmac.compare_digest(mac, _mac(self._peer_key, number, data)):
            raise _forged()
        return data

    def _without_padding(self, data: bytes) -> bytes:
        if self._block == 1:
            return data
        count = data[-1] if data else 0
        if not 1 <= count <= self._block or data[-count:] != bytes([count]) * count:
            raise _forged()
        return data[:-count]


def _forged() -> RemoteProtocolError:
    return RemoteProtocolError(
        "a packet of the SASL layer was changed on the way, or is not the next", message="SASL"
    )


def _context(secret: bytes, cipher: str, *, from_client: bool) -> Cipher[Any]:
    key = _md5(secret[: CIPHERS[cipher]] + SEAL[from_client])
    with warnings.catch_warnings():
        # The mechanism has no other ciphers; that these are weak is known and stands above.
        warnings.simplefilter("ignore")
        if cipher == "3des":
            first, second = _des_key(key[:7]), _des_key(key[7:14])
            return Cipher(TripleDES(first + second + first), modes.CBC(key[8:16]))
        return Cipher(ARC4(key), None)


def _des_key(seven: bytes) -> bytes:
    """Spread 56 bits over eight bytes; nobody looks at the lowest bit of each."""
    bits = int.from_bytes(seven, "big")
    return bytes((bits >> shift & 0x7F) << 1 for shift in range(49, -1, -7))


def _mac(key: bytes, number: int, data: bytes) -> bytes:
    return hmac.new(key, number.to_bytes(4, "big") + data, md5).digest()[:MAC_SIZE]


def _md5(data: bytes) -> bytes:
    return md5(data, usedforsecurity=False).digest()


__all__ = ["BUFFER_MAX", "CIPHERS", "DigestLayer"]
