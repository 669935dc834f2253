"""The link stage: the first words on each connection, from the magic bytes to the link result (protocol.md 1.1 to 1.6).

`client_link` and `server_link` are the two halves of one conversation::

    client                                   server
    header, LinkMessage              ->
                                     <-      header, LinkReply
    mechanism, then the method's own <->     the method's own (auth.py)
                                     <-      link result

Neither reads a byte beyond the link stage: what follows belongs to the channel.

Both halves stand in one file, although it is a long one, because each step of one is read beside the step of the other.
"""

from __future__ import annotations

import struct
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field
from typing import Protocol, TypeVar

import trio
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from trio.abc import Stream

from . import auth
from ._core import decode_struct, encode_struct
from .enums import AuthMechanism, ChannelType, CommonCap, LinkErrorCode
from .errors import (
    AuthenticationError,
    DecodeError,
    LinkError,
    NotSpice,
    RemoteProtocolError,
    SecurityRefused,
    SecurityRequired,
    Unsupported,
    VersionMismatch,
)
from .messages.caps import Caps
from .messages.link import LinkHeader, LinkMessage, LinkReply

T = TypeVar("T")

MAGIC = b"REDQ"
MAJOR, MINOR = 2, 2
HEADER_SIZE = 16
MESSAGE_MIN = 18
REPLY_MIN = 178
MESSAGE_MAX = 4096
"""Most bytes of a link message that the reference server accepts; nobody's reply comes near it either."""

COMMON = (CommonCap.PROTOCOL_AUTH_SELECTION, CommonCap.AUTH_SPICE, CommonCap.MINI_HEADER)
"""What both halves announce on every channel."""


@dataclass(frozen=True, slots=True)
class Linked:
    """What both sides know of each other when the link stage is over.

    Attributes:
        message: what the client asked for.
        common: capability numbers that the peer announced for every channel.
        channel: capability numbers that the peer announced for this channel.
    """

    message: LinkMessage
    common: frozenset[int]
    channel: frozenset[int]

    @property
    def mini_header(self) -> bool:
        """Whether messages have the short header: both sides know it, and then both use it."""
        return CommonCap.MINI_HEADER in self.common


async def client_link(
    stream: Stream,
    *,
    channel_type: ChannelType,
    channel_id: int = 0,
    connection_id: int = 0,
    capabilities: Iterable[int] = (),
    password: str | None = None,
    along: Callable[[Linked], bytes] = lambda linked: b"",
) -> Linked:
    """Ask a server for a channel and prove that it may be had.

    Arguments:
        connection_id: 0 for a new session, else the session id of MAIN INIT.
        capabilities: what this side can do on this channel.
        along: returns the channel's first messages, which then need not wait for the link result: the reference server
            looks for those of a display at once, and if it finds none again only ten milliseconds later.

    Raises:
        NotSpice: something else answers; the text says what.
        AuthenticationError, SecurityRequired, SecurityRefused, VersionMismatch: as the server said.
        LinkError: any other refusal, with its code; or the connection ended in the middle.
        DecodeError, RemoteProtocolError: the server's words cannot be read.
        Unsupported: the server only knows ways to log in that this side does not.

    A cancelled or failed link leaves the stream in the middle of the conversation: close it.
    """
    auth.check_password(password)
    words = _Words(stream, "server")
    message = LinkMessage(
        connection_id=connection_id,
        channel_type=channel_type,
        channel_id=channel_id,
        caps=Caps(common=_to_words(COMMON), channel=_to_words(capabilities)),
    )
    await words.send(_framed(encode_struct(message)))
    reply = await _receive_reply(words)
    linked = Linked(message, capability_numbers(reply.caps.common), capability_numbers(reply.caps.channel))
    await _prove(words, linked, reply.public_key, password)
    if first := along(linked):
        await words.send(first)
    _check(await _receive_result(words), password)
    return linked


class Gate(Protocol):
    """What a server decides in the link stage; `server_link` calls the methods in this order."""

    def offer(self, message: LinkMessage) -> Iterable[int]:
        """Return this side's capabilities for the channel asked for, or raise `Refused`."""

    async def key(self) -> RSAPrivateKey:
        """Return a key for this link alone; see `auth.make_key`."""

    def password(self, message: LinkMessage) -> str | None:
        """Return the password that opens this channel; None lets everybody in."""

    async def admit(self, message: LinkMessage, *, proven: bool) -> LinkErrorCode:
        """Say, now that the client has proven its password or not, whether it may have the channel."""


async def server_link(stream: Stream, gate: Gate) -> Linked:
    """Answer a client that asks for a channel.

    Raises:
        LinkError: the client was refused, with the code that it was told; or the connection ended in the middle.

    It has no deadline of its own: the caller has a cancel scope. Cancelled, it may have sent a part of an answer.
    """
    words = _Words(stream, "client")
    try:
        message = await _receive_message(words)
        capabilities = tuple(gate.offer(message))
    except Refused as refused:
        if not refused.silent:
            await words.send(_framed(encode_struct(_refusal(refused.code))))
        raise
    key = await gate.key()
    caps = Caps(common=_to_words(COMMON), channel=_to_words(capabilities))
    reply = LinkReply(error=LinkErrorCode.OK, public_key=auth.public_bytes(key), caps=caps)
    await words.send(_framed(encode_struct(reply)))
    linked = Linked(
        message, capability_numbers(message.caps.common), capability_numbers(message.caps.channel)
    )
    method = await _receive_mechanism(words, linked)
    proven = await method.server(words, auth.ServerSide(gate.password(message), key))
    result = await gate.admit(message, proven=proven)
    await words.send(RESULT.pack(result))
    if result != LinkErrorCode.OK:
        raise Refused(result, f"the client was refused: {_name(result)}")
    return linked


class Refused(LinkError):
    """A server's own no to a client.

    Attributes:
        silent: the client is not told, as where it does not seem to speak SPICE at all.
    """

    code: int

    def __init__(self, code: LinkErrorCode, text: str, *, silent: bool = False) -> None:
        super().__init__(text, code=code)
        self.silent = silent


# The client's side of each step.


async def _receive_reply(words: _Words) -> LinkReply:
    # No reply is shorter than this, so asking for both at once saves a system call and reads nothing too much.
    start = await words.peek(len(MAGIC), ahead=HEADER_SIZE + REPLY_MIN)
    if start != MAGIC:
        raise not_spice(await words.rest())
    header = _header(await words.take(HEADER_SIZE, ahead=HEADER_SIZE + REPLY_MIN))
    if header.major_version != MAJOR:
        raise _version(header)
    if not REPLY_MIN <= header.size <= MESSAGE_MAX:
        raise DecodeError(f"a link reply of {header.size} bytes", message="LinkHeader", field="size")
    reply = decode_struct("LinkReply", await words.take(header.size))
    assert isinstance(reply, LinkReply)
    if reply.error != LinkErrorCode.OK:
        raise refusal(reply.error)
    return reply


async def _prove(words: _Words, linked: Linked, public_key: bytes, password: str | None) -> None:
    """Name the method, and let it speak."""
    mechanism = AuthMechanism.SPICE
    selects = CommonCap.PROTOCOL_AUTH_SELECTION in linked.common
    if selects and CommonCap.AUTH_SASL in linked.common and CommonCap.AUTH_SPICE not in linked.common:
        raise Unsupported(
            "the server only takes SASL logins, which come in a later version; switch SASL off in the server",
            capability="AUTH_SASL",
        )
    if selects:
        words.send_later(RESULT.pack(mechanism))
    await auth.METHODS[mechanism].client(words, auth.ClientSide(password, public_key))


async def _receive_result(words: _Words) -> LinkErrorCode:
    start = await words.take(RESULT.size)
    if start != MAGIC:
        return LinkErrorCode(RESULT.unpack(start)[0])
    # A refused mechanism is answered with a second link reply where four bytes were due (protocol.md 1.2).
    header = _header(start + await words.take(HEADER_SIZE - len(MAGIC)))
    if not REPLY_MIN <= header.size <= MESSAGE_MAX:
        raise DecodeError(f"a link reply of {header.size} bytes", message="LinkHeader", field="size")
    reply = decode_struct("LinkReply", await words.take(header.size))
    assert isinstance(reply, LinkReply)
    return reply.error if reply.error != LinkErrorCode.OK else LinkErrorCode.ERROR


def _check(result: LinkErrorCode, password: str | None) -> None:
    if result == LinkErrorCode.OK:
        return
    if result == LinkErrorCode.PERMISSION_DENIED:
        told = "a password is needed" if password is None else "wrong password, or it has expired"
        raise AuthenticationError(f"the server refused the login: {told}", code=result)
    raise refusal(result)


def refusal(code: LinkErrorCode) -> LinkError:
    """Return the exception for an error code of the protocol (protocol.md 1.3)."""
    match code:
        case LinkErrorCode.PERMISSION_DENIED:
            return AuthenticationError("the server refused the login", code=code)
        case LinkErrorCode.NEED_SECURED:
            return SecurityRequired("the server wants this channel encrypted; use its TLS port", code=code)
        case LinkErrorCode.NEED_UNSECURED:
            return SecurityRefused(
                "the server wants this channel in clear text; use its plain port", code=code
            )
        case LinkErrorCode.VERSION_MISMATCH:
            return VersionMismatch("the server speaks another version of the protocol", code=code)
    return LinkError(f"the server refused the link: {_name(code)}", code=code)


def not_spice(start: bytes) -> NotSpice:
    """Say what it is that answered with these bytes instead of SPICE."""
    for prefix, protocol, advice in STRANGERS:
        if start.startswith(prefix):
            return NotSpice(f"not a SPICE server: it speaks {protocol}; {advice}", protocol=protocol)
    shown = start[:40].decode("ascii", "backslashreplace") if start.isascii() else start[:16].hex(" ")
    return NotSpice(f"not a SPICE server: it answered with {shown!r}; check the port")


STRANGERS = (
    (b"RFB ", "VNC", "use a VNC client, or the port of the machine's SPICE display"),
    (b"HTTP/", "HTTP", "check the port; a web console or proxy is no SPICE port"),
    (b"<", "HTTP", "check the port; a web console or proxy is no SPICE port"),
    (b"\x15\x03", "TLS", "this is a TLS port; use the plain port, since TLS comes in a later version"),
    (b"SSH-", "SSH", "check the port"),
    (b"\x03\x00", "RDP", "use an RDP client"),
    (b'{"QMP"', "QMP", "this is QEMU's monitor; use the port of its SPICE display"),
    (b"QEMU ", "QEMU's monitor", "use the port of its SPICE display"),
    (b"220 ", "FTP or SMTP", "check the port"),
)
"""First bytes of what else may listen."""


# The server's side of each step.


async def _receive_message(words: _Words) -> LinkMessage:
    start = await words.peek(len(MAGIC), ahead=HEADER_SIZE + MESSAGE_MIN)
    if start != MAGIC:
        raise Refused(LinkErrorCode.INVALID_MAGIC, "the client does not speak SPICE")
    header = _header(await words.take(HEADER_SIZE, ahead=HEADER_SIZE + MESSAGE_MIN))
    if header.major_version != MAJOR:
        text = f"the client speaks version {header.major_version}"
        raise Refused(LinkErrorCode.VERSION_MISMATCH, text, silent=header.major_version == 0)
    if not MESSAGE_MIN <= header.size <= MESSAGE_MAX:
        raise Refused(LinkErrorCode.INVALID_DATA, f"a link message of {header.size} bytes")
    try:
        message = decode_struct("LinkMessage", await words.take(header.size))
    except RemoteProtocolError as error:
        raise Refused(LinkErrorCode.INVALID_DATA, f"a link message that cannot be read: {error}") from error
    assert isinstance(message, LinkMessage)
    return message


async def _receive_mechanism(words: _Words, linked: Linked) -> auth.Method:
    if CommonCap.PROTOCOL_AUTH_SELECTION not in linked.common:
        return auth.METHODS[AuthMechanism.SPICE]  # a client from before there was a choice
    mechanism = AuthMechanism(RESULT.unpack(await words.take(RESULT.size))[0])
    method = auth.METHODS.get(mechanism)
    if method is None:
        await words.send(_framed(encode_struct(_refusal(LinkErrorCode.INVALID_DATA))))
        raise Refused(LinkErrorCode.INVALID_DATA, f"the client wants to log in by {mechanism!r}")
    return method


def _refusal(code: int) -> LinkReply:
    return LinkReply(
        error=LinkErrorCode(code), public_key=bytes(auth.PUBLIC_KEY_SIZE), caps=Caps(common=(), channel=())
    )


# What both sides need.


@dataclass(slots=True)
class _Words:
    """Exact amounts out of a stream, never more than was asked for; and the errors of a stream as link errors."""

    stream: Stream
    peer: str
    _buffer: bytearray = field(default_factory=bytearray)
    _waiting: bytes = b""

    async def take(self, count: int, ahead: int = 0) -> bytes:
        """Receive exactly `count` bytes; up to `ahead` may come with them and wait for the next `take`."""
        await self.peek(count, ahead)
        data = bytes(self._buffer[:count])
        del self._buffer[:count]
        return data

    async def peek(self, count: int, ahead: int = 0) -> bytes:
        """As `take`, but the bytes stay."""
        while len(self._buffer) < count:
            wanted = max(count, ahead) - len(self._buffer)
            data = await _or_link_error(self.stream.receive_some(wanted), self.peer)
            if not data:
                raise self._ended()
            self._buffer += data
        return bytes(self._buffer[:count])

    async def rest(self) -> bytes:
        """Return what has come already: the stranger's first words."""
        return bytes(self._buffer)

    async def send(self, data: bytes) -> None:
        """Send, behind what `send_later` kept."""
        data, self._waiting = self._waiting + data, b""
        await _or_link_error(self.stream.send_all(data), self.peer)

    def send_later(self, data: bytes) -> None:
        """Send together with the next `send`."""
        self._waiting += data

    def _ended(self) -> LinkError:
        if self._buffer:
            return LinkError(f"the {self.peer} closed the connection in the middle of the link")
        return LinkError(
            f"the {self.peer} closed the connection without a word; it may want TLS there, have no such channel, "
            "or be no SPICE"
        )


async def _or_link_error(operation: Awaitable[T], peer: str) -> T:
    try:
        return await operation
    except trio.BrokenResourceError as error:
        raise LinkError(
            f"the connection to the {peer} broke during the link: {error.__cause__ or error}"
        ) from error


def _framed(body: bytes) -> bytes:
    header = LinkHeader(magic=MAGIC, major_version=MAJOR, minor_version=MINOR, size=len(body))
    return encode_struct(header) + body


def _header(data: bytes) -> LinkHeader:
    header = decode_struct("LinkHeader", data)
    assert isinstance(header, LinkHeader)
    return header


def _version(header: LinkHeader) -> VersionMismatch:
    return VersionMismatch(
        f"the server speaks version {header.major_version}.{header.minor_version} of the protocol, this side {MAJOR}.{MINOR}",
        code=LinkErrorCode.VERSION_MISMATCH,
    )


def _to_words(numbers: Iterable[int]) -> tuple[int, ...]:
    """Capability n is bit n mod 32 of word n / 32."""
    bits = sum(1 << number for number in set(numbers))
    return tuple(bits >> at & 0xFFFFFFFF for at in range(0, bits.bit_length(), 32))


def capability_numbers(words: Iterable[int]) -> frozenset[int]:
    """Return the numbers that stand in the words of a set of capabilities."""
    return frozenset(32 * i + bit for i, word in enumerate(words) for bit in range(32) if word >> bit & 1)


def _name(code: int) -> str:
    return (
        LinkErrorCode(code).name.lower().replace("_", " ") if code in list(LinkErrorCode) else f"code {code}"
    )


RESULT = struct.Struct("<I")
