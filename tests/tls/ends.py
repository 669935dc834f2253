"""Both ends of TLS connections for tests, ours and Python's."""

from __future__ import annotations

import ssl
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field

import trio
import trustme
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from cryptography.x509 import load_pem_x509_certificate
from trio.abc import Stream
from trio.testing import memory_stream_pair

from spice_rs import _core
from spice_rs.tls import Presented, TlsStream

from .certificates import Pair


@dataclass
class Authority:
    """A certificate authority, and a server that it vouches for."""

    ca: trustme.CA = field(default_factory=lambda: trustme.CA(key_type=trustme.KeyType.ECDSA))

    def issue(self, *names: str, **options: object) -> trustme.LeafCert:
        return self.ca.issue_cert(*names, key_type=trustme.KeyType.ECDSA, **options)  # type: ignore[arg-type]

    @property
    def pem(self) -> str:
        return self.ca.cert_pem.bytes().decode()


AUTHORITY = Authority()
LEAF = AUTHORITY.issue("localhost", "127.0.0.1")


def der(leaf: trustme.LeafCert) -> tuple[list[bytes], bytes]:
    """Certificates and key of a server in DER."""
    chain = [
        load_pem_x509_certificate(pem.bytes()).public_bytes(Encoding.DER) for pem in leaf.cert_chain_pems
    ]
    key = load_pem_private_key(leaf.private_key_pem.bytes(), None)
    return chain, key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())


IDENTITY = _core.TlsIdentity(*der(LEAF))


def anybody(_presented: Presented) -> None:
    """Trust whoever comes: for tests of everything else."""


def client(transport: Stream, judge: Callable[[Presented], None] = anybody, **options: object) -> TlsStream:
    return TlsStream(transport, _core.TlsPipe.client("localhost", **options), judge)  # type: ignore[arg-type]


def server(transport: Stream, identity: _core.TlsIdentity = IDENTITY) -> TlsStream:
    return TlsStream(transport, _core.TlsPipe.server(identity))


def foreign_client(transport: Stream, **options: ssl.TLSVersion) -> trio.SSLStream[Stream]:
    context = ssl.create_default_context()
    AUTHORITY.ca.configure_trust(context)
    for name, value in options.items():
        setattr(context, name, value)
    return trio.SSLStream(transport, context, server_hostname="localhost")


def foreign_server(
    transport: Stream, leaf: trustme.LeafCert = LEAF, **options: ssl.TLSVersion
) -> trio.SSLStream[Stream]:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    leaf.configure_cert(context)
    for name, value in options.items():
        setattr(context, name, value)
    return trio.SSLStream(transport, context, server_side=True)


def weak_server(transport: Stream, pair: Pair) -> trio.SSLStream[Stream]:
    """A server that shows any certificate and takes any key, as old ones do."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.set_ciphers("DEFAULT@SECLEVEL=0")
    with tempfile.NamedTemporaryFile() as file:
        file.write(pair.key_pem + pair.pem.encode())
        file.flush()
        context.load_cert_chain(file.name)
    return trio.SSLStream(transport, context, server_side=True)


async def shaken(one: TlsStream | trio.SSLStream[Stream], other: TlsStream | trio.SSLStream[Stream]) -> None:
    """Do the handshake at both ends."""
    async with trio.open_nursery() as nursery:
        nursery.start_soon(one.do_handshake)
        nursery.start_soon(other.do_handshake)


async def pair() -> tuple[TlsStream, TlsStream]:
    """Both ends over memory."""
    left, right = memory_stream_pair()
    ends = client(left), server(right)
    await shaken(*ends)
    return ends


async def socket_streams() -> tuple[trio.SocketStream, trio.SocketStream]:
    """A plain connection of real sockets."""
    left, right = trio.socket.socketpair()
    return trio.SocketStream(left), trio.SocketStream(right)


async def socket_pair() -> tuple[TlsStream, TlsStream]:
    """Both ends over sockets."""
    left, right = await socket_streams()
    ends = client(left), server(right)
    await shaken(*ends)
    return ends
