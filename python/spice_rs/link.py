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
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from typing import NoReturn, Protocol

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from trio.abc import Stream

from . import auth
from ._core import decode_struct, encode_struct
from ._stages import stage
from ._strangers import MAGIC, not_spice
from ._words import Words
from .enums import AuthMechanism, ChannelType, CommonCap, LinkErrorCode
from .errors import (
    AuthenticationError,
    DecodeError,
    LinkError,
    RemoteProtocolError,
    SecurityRefused,
    SecurityRequired,
    VersionMismatch,
)
from .messages.caps import Caps
from .messages.link import LinkHeader, LinkMessage, LinkReply
from .sasl import Login, LoginRefused, Logins, NoSuchMechanism, client_login, server_login
from .transport import is_encrypted

MAJOR, MINOR = 2, 2
HEADER_SIZE = 16
MESSAGE_MIN = 18
REPLY_MIN = 178
MESSAGE_MAX = 4096
"""Most bytes of a link message that the reference server accepts; nobody's reply comes near it either."""

COMMON = (CommonCap.PROTOCOL_AUTH_SELECTION, CommonCap.MINI_HEADER)
"""What both halves announce on every channel, beside how clients prove themselves."""

METHODS = (CommonCap.AUTH_SPICE, CommonCap.AUTH_SASL)
"""How a client can."""


@dataclass(frozen=True, slots=True)
class Linked:
    """What both sides know of each other when the link stage is over.

    Attributes:
        message: what the client asked for.
        common: capability numbers that the peer announced for every channel.
        channel: capability numbers that the peer announced for this channel.
        stream: what to go on with: the stream of the link, or one around it where a login has agreed on a layer. None stands for the
            stream of the link.
        user: who has logged in at a server; None where logins know no users.
    """

    message: LinkMessage
    common: frozenset[int]
    channel: frozenset[int]
    stream: Stream | None = field(default=None, repr=False, compare=False)
    user: str | None = None

    @property
    def mini_header(self) -> bool:
        """Whether messages have the short header: both sides know it, and then both use it."""
        return CommonCap.MINI_HEADER in self.common


@dataclass(frozen=True, slots=True)
class Credentials:
    """Who a client is, for all channels of a session.

    Attributes:
        password: the ticket.
        login: for servers that want to know a name.
        host: the server's name, for logins that depend on it. Proxmox's is a ticket.
    """

    password: str | None = field(default=None, repr=False)
    login: Login | None = None
    host: str = field(default="localhost", repr=False)


NOBODY = Credentials()


async def client_link(
    stream: Stream,
    *,
    channel_type: ChannelType,
    channel_id: int = 0,
    connection_id: int = 0,
    capabilities: Iterable[int] = (),
    password: str | None = None,
    login: Login | None = None,
    host: str = "localhost",
    along: Callable[[Linked], bytes] = lambda linked: b"",
) -> Linked:
    """Ask a server for a channel and prove that it may be had.

    Arguments:
        connection_id: 0 for a new session, else the session id of MAIN INIT.
        capabilities: what this side can do on this channel.
        password: the ticket, where the server wants one.
        login: who this is, where the server wants to know; None has no name and no password for that.
        host: the server's name, for logins that depend on it.
        along: returns the channel's first messages, which then need not wait for the link result: the reference server
            looks for those of a display at once, and if it finds none again only ten milliseconds later.

    Raises:
        NotSpice: something else answers; the text says what.
        AuthenticationError, SecurityRequired, SecurityRefused, VersionMismatch: as the server said.
        LinkError: any other refusal, with its code; or the connection ended in the middle.
        DecodeError, RemoteProtocolError: the server's words cannot be read.

    A cancelled or failed link leaves the stream in the middle of the conversation: close it.
    """
    auth.check_password(password)
    words = Words(stream, "server")
    message = LinkMessage(
        connection_id=connection_id,
        channel_type=channel_type,
        channel_id=channel_id,
        caps=Caps(common=_to_words((*COMMON, *METHODS)), channel=_to_words(capabilities)),
    )
    with stage("link") as found:
        await words.send(_framed(encode_struct(message)))
        auth.get_ready()
        reply = await _receive_reply(words)
        found.append(f"SPICE {MAJOR}")
    linked = Linked(message, capability_numbers(reply.caps.common), capability_numbers(reply.caps.channel))
    with stage("authentication") as found:
        if _wants_login(linked, login):
            found.append(await _log_in(words, login or Login(), host))
            if first := along(linked):
                await words.send(first)
        else:
            found.append("a ticket")
            words.send_behind(along(linked))
            await _prove(words, linked, reply.public_key, password)
        _check(await _receive_result(words), password)
    return replace(linked, stream=words.stream)


class Gate(Protocol):
    """What a server decides in the link stage; `server_link` calls the methods in this order."""

    def offer(self, message: LinkMessage) -> Iterable[int]:
        """Return this side's capabilities for the channel asked for, or raise `Refused`."""

    async def key(self) -> RSAPrivateKey:
        """Return a key for this link alone; see `auth.make_key`."""

    def logins(self, message: LinkMessage) -> Logins | None:
        """Return whom to believe, where clients are to log in by SASL; None where they have a ticket."""

    def password(self, message: LinkMessage) -> str | None:
        """Return the password that opens this channel; None lets everybody in."""

    async def admit(self, message: LinkMessage, *, proven: bool, user: str | None = None) -> LinkErrorCode:
        """Say, now that the client has proven its password, or who it is, or not, whether it may have the channel."""


async def server_link(stream: Stream, gate: Gate) -> Linked:
    """Answer a client that asks for a channel.

    Raises:
        LinkError: the client was refused, with the code that it was told; or the connection ended in the middle.

    It has no deadline of its own: the caller has a cancel scope. Cancelled, it may have sent a part of an answer.
    """
    words = Words(stream, "client")
    try:
        message = await _receive_message(words)
        capabilities = tuple(gate.offer(message))
    except Refused as refused:
        if not refused.silent:
            await words.send(refusal_bytes(refused.code))
        raise
    linked = Linked(
        message, capability_numbers(message.caps.common), capability_numbers(message.caps.channel)
    )
    logins = gate.logins(message)
    if logins is None:
        proven, user = await _take_ticket(words, linked, gate, capabilities), None
    else:
        proven, user = await _take_login(words, linked, gate, capabilities, logins)
    result = await gate.admit(message, proven=proven, user=user)
    await words.send(RESULT.pack(result))
    if result != LinkErrorCode.OK:
        raise Refused(result, f"the client was refused: {_name(result)}")
    return replace(linked, stream=words.stream, user=user)


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


async def _receive_reply(words: Words) -> LinkReply:
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


def _wants_login(linked: Linked, login: Login | None) -> bool:
    """Whether SASL is what the server takes, or what it takes too and this side prefers."""
    selects = CommonCap.PROTOCOL_AUTH_SELECTION in linked.common
    takes_tickets = CommonCap.AUTH_SPICE in linked.common
    return selects and CommonCap.AUTH_SASL in linked.common and (login is not None or not takes_tickets)


async def _log_in(words: Words, login: Login, host: str) -> str:
    """Log in by SASL; what follows goes through the layer that was agreed on. Return by which mechanism."""
    encrypted = is_encrypted(words.stream)
    await words.send(RESULT.pack(AuthMechanism.SASL))
    mechanism = await client_login(
        words, lambda offered: login.choose(offered, host=host, encrypted=encrypted)
    )
    words.protect(mechanism.layer())
    return f"SASL by {mechanism.name}"


async def _prove(words: Words, linked: Linked, public_key: bytes, password: str | None) -> None:
    """Send the ticket, behind the name of that way."""
    if CommonCap.PROTOCOL_AUTH_SELECTION in linked.common:
        words.send_later(RESULT.pack(AuthMechanism.SPICE))
    await auth.ticket_client(words, auth.ClientSide(password, public_key))


async def _receive_result(words: Words) -> LinkErrorCode:
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
            return SecurityRequired(
                "the server wants this channel encrypted: give its TLS port, as in spice+tls://host:port or "
                "spice://host?port=...&tls-port=... (and if ClientTls names secure_channels, this one too)",
                code=code,
            )
        case LinkErrorCode.NEED_UNSECURED:
            return SecurityRefused(
                "the server wants this channel in clear text; use its plain port", code=code
            )
        case LinkErrorCode.VERSION_MISMATCH:
            return VersionMismatch("the server speaks another version of the protocol", code=code)
    return LinkError(f"the server refused the link: {_name(code)}", code=code)


# The server's side of each step.


async def _receive_message(words: Words) -> LinkMessage:
    start = await words.peek(len(MAGIC), ahead=HEADER_SIZE + MESSAGE_MIN)
    if start != MAGIC:
        what = "speaks TLS at a port without" if start.startswith(b"\x16\x03") else "does not speak SPICE"
        raise Refused(LinkErrorCode.INVALID_MAGIC, f"the client {what}")
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


async def _take_ticket(words: Words, linked: Linked, gate: Gate, capabilities: Iterable[int]) -> bool:
    """Return whether the client has a ticket that fits."""
    key = await gate.key()
    await _send_reply(words, auth.public_bytes(key), CommonCap.AUTH_SPICE, capabilities)
    if CommonCap.PROTOCOL_AUTH_SELECTION in linked.common:  # else a client from before there was a choice
        await _expect_mechanism(words, AuthMechanism.SPICE)
    return await auth.ticket_server(words, auth.ServerSide(gate.password(linked.message), key))


async def _take_login(
    words: Words, linked: Linked, gate: Gate, capabilities: Iterable[int], logins: Logins
) -> tuple[bool, str | None]:
    """Return whether the client has proven who it is and is welcome, and who that is."""
    await _send_reply(words, bytes(auth.PUBLIC_KEY_SIZE), CommonCap.AUTH_SASL, capabilities)
    if CommonCap.PROTOCOL_AUTH_SELECTION not in linked.common:
        await _refuse(words, LinkErrorCode.VERSION_MISMATCH, "the client is too old to log in by SASL")
    await _expect_mechanism(words, AuthMechanism.SASL)
    try:
        mechanism = await server_login(words, logins.offered(encrypted=is_encrypted(words.stream)))
    except NoSuchMechanism as error:
        await _refuse(words, LinkErrorCode.INVALID_DATA, str(error))
    except LoginRefused as error:
        await gate.admit(linked.message, proven=False)
        # Who does not know the password is hung up on (protocol.md 1.6).
        raise Refused(LinkErrorCode.PERMISSION_DENIED, str(error), silent=True) from error
    words.protect(mechanism.layer())
    return mechanism.user is not None and logins.admits(mechanism.user), mechanism.user


async def _send_reply(
    words: Words, public_key: bytes, method: CommonCap, capabilities: Iterable[int]
) -> None:
    caps = Caps(common=_to_words((*COMMON, method)), channel=_to_words(capabilities))
    await words.send(
        _framed(encode_struct(LinkReply(error=LinkErrorCode.OK, public_key=public_key, caps=caps)))
    )


async def _expect_mechanism(words: Words, wanted: AuthMechanism) -> None:
    # Only what the server is set to: the reference lets a client choose SASL where there is none (protocol.md 1.2).
    found = AuthMechanism(RESULT.unpack(await words.take(RESULT.size))[0])
    if found != wanted:
        await _refuse(words, LinkErrorCode.INVALID_DATA, f"the client wants to log in by {found!r}")


async def _refuse(words: Words, code: LinkErrorCode, why: str) -> NoReturn:
    await words.send(refusal_bytes(code))
    raise Refused(code, why)


def refusal_bytes(code: int) -> bytes:
    """Return a server's no, as it stands on the wire."""
    reply = LinkReply(
        error=LinkErrorCode(code), public_key=bytes(auth.PUBLIC_KEY_SIZE), caps=Caps(common=(), channel=())
    )
    return _framed(encode_struct(reply))


# What both sides need.


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
