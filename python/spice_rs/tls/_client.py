"""What a client asks of TLS: whom it trusts, and which channels it wants inside."""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import trio
from cryptography import x509
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_der_public_key,
    load_pem_public_key,
)
from trio.abc import Stream

from .. import _core
from .._stages import stage
from ..enums import ChannelType
from ..errors import TlsError
from . import _subject
from ._authorities import Authorities
from ._certificates import BEGIN, Source, pem, spki
from ._policies import HostName, HostSubject, Policy, PublicKey
from ._stream import TlsStream

DIGEST = "sha256//"
"""What a key begins with that is written as its SHA-256 in base64, as curl writes it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientTls:
    """How a client makes sure that it talks to its server, and what it says inside of TLS.

    Without anything, a server has to have a certificate for the name of its address, from an authority that this system believes.

    Attributes:
        ca: the authorities that are believed instead: PEM text, a file that has it, or several. Lists of revoked certificates may stand
            there too.
        subject: the server's certificate has to have this subject, instead of its name: a host-subject like
            `C=XX,O=somebody,CN=host`. Certificates that are too old for today's rules are taken then.
        pubkey: the server has to own this key, whoever has issued a certificate for it: PEM text or a file that has it (of the key, or
            of a certificate), DER, or `sha256//` and its digest; or several.
        name: the name that is looked for in place of that of the address.
        secure_channels: names of channels that go inside of TLS where there is a plain port too; the others go there. None: all channels.
        follow_need_secured: where a plain port says that a channel needs TLS, go to the TLS port.
        versions: of `1.2` and `1.3`; both by default.
        ciphers: by their names in the standards or in OpenSSL; by default all that are good.

    Raises:
        ValueError: one of them is none, or cannot be read; or subject and pubkey are both given.
        OSError: a file cannot be read.
    """

    ca: Source | Sequence[Source] | None = field(default=None, repr=False)
    subject: str | None = None
    pubkey: Source | Sequence[Source] | None = field(default=None, repr=False)
    name: str | None = None
    secure_channels: Collection[str] | None = None
    follow_need_secured: bool = False
    versions: Sequence[str] = ()
    ciphers: Sequence[str] = ()
    _authorities: Authorities | None = field(default=None, init=False, repr=False)
    _keys: PublicKey | None = field(default=None, init=False, repr=False)

    def __post_init__(self) -> None:
        if self.subject is not None and self.pubkey is not None:
            raise ValueError("give the server's subject or its key, not both: one of them decides")
        if self.subject is not None:
            _subject.parse(self.subject)
        for channel in self.secure_channels or ():
            channel_type(channel)
        # What cannot be agreed on is found out now.
        _core.TlsPipe.client(versions=self.versions, ciphers=self.ciphers)
        if self.pubkey is None:
            object.__setattr__(self, "_authorities", Authorities.of(self.ca))
        else:
            object.__setattr__(self, "_keys", PublicKey(_digests(self.pubkey)))

    def policy(self, host: str) -> Policy:
        """Return what a server has to show that is reached by the name or number `host`."""
        if self._keys is not None:
            return self._keys
        assert self._authorities is not None
        if self.subject is not None:
            return HostSubject(self.subject, self._authorities)
        return HostName(self.name or host, self._authorities)

    def wants(self, kind: ChannelType) -> bool:
        """Whether a channel goes inside of TLS."""
        return self.secure_channels is None or kind in {channel_type(name) for name in self.secure_channels}

    @property
    def needs_name(self) -> bool:
        """Whether the server's name decides, and is not known here."""
        return self.name is None and self.subject is None and self.pubkey is None

    async def secure(self, transport: Stream, host: str = "") -> TlsStream:
        """Begin TLS on a stream to the server `host`; return the stream inside, once the server is known to be the right one.

        Raises:
            CertificateError: it is not.
            TlsError: it speaks something else, refuses, goes away, or the connection broke.

        Failed or cancelled, it closes the stream.
        """
        told = self.name or host
        pipe = _core.TlsPipe.client(told, versions=self.versions, ciphers=self.ciphers)
        stream = TlsStream(transport, pipe, self.policy(host).judge)
        try:
            with stage("TLS") as found:
                await stream.do_handshake()
                found += stream.described
        except BaseException as error:
            await trio.aclose_forcefully(stream)
            if isinstance(error, trio.BrokenResourceError):
                why = error.__cause__ or error
                raise TlsError(f"the connection broke during the TLS handshake: {why}") from error
            raise
        return stream


def channel_type(name: str) -> ChannelType:
    """Return the type of a channel that people name.

    Raises:
        ValueError: there is none of that name.
    """
    known = ChannelType.__members__.get(name.upper())
    if known is None:
        names = ", ".join(each.lower() for each in ChannelType.__members__)
        raise ValueError(f"there is no channel {name!r}; there are {names}")
    return known


def _digests(sources: Source | Sequence[Source]) -> frozenset[bytes]:
    if isinstance(sources, str | bytes | Path):
        sources = (sources,)
    return frozenset(_digest(source) for source in sources)


def _digest(source: Source) -> bytes:
    if isinstance(source, str) and source.startswith(DIGEST):
        return _written_digest(source)
    data, name = (source, "the given key") if isinstance(source, bytes) else pem(source)
    try:
        return hashlib.sha256(_key(data)).digest()
    except ValueError as error:
        raise ValueError(f"{name} is no public key, and no certificate that has one: {error}") from error


def _key(data: bytes) -> bytes:
    """Return the key in a key or in a certificate, as DER."""
    if BEGIN + b"CERTIFICATE" in data:
        return spki(x509.load_pem_x509_certificate(data))
    key = load_pem_public_key(data) if BEGIN in data else load_der_public_key(data)
    return key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def _written_digest(text: str) -> bytes:
    try:
        digest = base64.b64decode(text.removeprefix(DIGEST), validate=True)
    except binascii.Error:
        digest = b""
    if len(digest) != hashlib.sha256().digest_size:
        raise ValueError(
            f"not the digest of a key: {text!r}: {DIGEST} and 44 characters of base64 are wanted"
        )
    return digest
