"""SPICE inside a WebSocket, as browsers and proxies speak it: both halves (RFC 6455, protocol.md 5.12).

`accept` is the server's half, `connect` the client's; both return a `WebSocket`, which is a `trio.abc.Stream` as any other: where
messages of one layer begin has nothing to do with the other's. Only the library `wsproto` knows frames, but for the one that
matters for speed: a server's pictures get their header from `_frame_header` and are not copied.

It is one thing, although a long one: each step of one half is read beside the same of the other. Needs the extra `web`. A server that takes WebSockets and plain SPICE on one port calls `_door.incoming`.
"""

from __future__ import annotations

import operator
import struct
from collections.abc import Collection
from urllib.parse import SplitResult, urlsplit

import trio
from trio.abc import Stream

from ._door import INSTALL, FromBrowser, bare, peek, refuse
from ._guard import OneTask
from ._origins import is_welcome
from ._stages import stage
from ._strangers import MAGIC, not_spice
from .enums import ChannelType
from .errors import LinkError, NotSpice, RemoteProtocolError
from .tls import ClientTls
from .transport import Opener, is_encrypted, open_stream
from .uri import TcpAddress, shown_url

try:
    from wsproto.connection import Connection, ConnectionState, ConnectionType
    from wsproto.events import (
        AcceptConnection,
        BytesMessage,
        CloseConnection,
        Event,
        Ping,
        RejectConnection,
        Request,
        TextMessage,
    )
    from wsproto.frame_protocol import CloseReason
    from wsproto.handshake import H11Handshake
    from wsproto.utilities import RemoteProtocolError as HandshakeFailed
except ModuleNotFoundError as error:
    raise ModuleNotFoundError(INSTALL, name=error.name) from error

PORTS = {"ws": 80, "wss": 443}

SUBPROTOCOL = "binary"
"""What a WebSocket that carries a TCP protocol is called; browsers that ask for it want to hear it."""

HEAD_MAX = 1 << 14
"""Bytes of an HTTP request or answer: room for the cookies of everything else on this host, and no more."""

JOIN_MAX = 1 << 16
"""Bytes up to which copying data behind its frame's header costs less than a second system call."""

CLOSE_PATIENCE = 1.0
"""Seconds that closing waits for a peer that does not read its goodbye."""

HOW_TO = (
    "This is a SPICE server, not a web page. Open it with a SPICE client such as remote-viewer (spice://host:port), "
    "or let a web client such as spice-html5 connect to this address by WebSocket."
)


async def accept(stream: Stream, *, origins: Collection[str] = ()) -> WebSocket:
    """Answer a client that asks for a WebSocket, from the first byte of its request on.

    Arguments:
        origins: web pages that may connect, like `https://example.org`, or `*` for all; beside those of this machine, and those
            of the very host that the WebSocket goes to, where that is a number or this machine's name.

    Raises:
        LinkError: the client was refused, in HTTP; or the connection ended in the middle.
        trio.BrokenResourceError: the connection broke.

    It has no deadline of its own: the caller has a cancel scope. Cancelled or failed, the stream is to be closed.
    """
    head, rest = await _receive_head(stream)
    if END not in head:
        raise await refuse(stream, "431 Request Header Fields Too Large", "The request is too long.")
    handshake = H11Handshake(ConnectionType.SERVER)
    try:
        handshake.receive_data(head)
        request = next(handshake.events(), None)
    except (HandshakeFailed, ValueError) as error:
        # ValueError: names and lists that are not even text.
        raise await _refuse_request(stream, error) from error
    assert isinstance(request, Request), request
    subprotocol = await _agree(stream, request, origins)
    await stream.send_all(handshake.send(AcceptConnection(subprotocol=subprotocol)))
    return _websocket(stream, handshake, rest)


async def connect(stream: Stream, *, host: str, path: str = "/", origin: str | None = None) -> WebSocket:
    """Ask a server for a WebSocket.

    Arguments:
        host: name and port that the server is to read.
        origin: the web page that asks, for a server that only lets some in.

    Raises:
        LinkError: the server refuses; or the connection ended in the middle.
        NotSpice: what answers is not even HTTP.
        trio.BrokenResourceError: the connection broke.
    """
    handshake = H11Handshake(ConnectionType.CLIENT)
    headers = [] if origin is None else [(b"Origin", origin.encode())]
    request = Request(host=host, target=path, subprotocols=[SUBPROTOCOL], extra_headers=headers)
    await stream.send_all(handshake.send(request))
    answered = await peek(stream, len(HTTP))
    if answered.start != HTTP:
        raise _not_http(answered.start)
    head, rest = await _receive_head(answered)
    try:
        handshake.receive_data(head)
        answer = next(handshake.events(), None)
    except (HandshakeFailed, ValueError) as error:
        raise LinkError(f"the server's answer is no WebSocket's: {error}") from error
    if not isinstance(answer, AcceptConnection):
        raise _refused(answer, rest)
    return _websocket(stream, handshake, rest)


def opener(url: str, *, tls: ClientTls | None = None) -> Opener:
    """Make what `spice_rs.connect` takes of the address of a WebSocket: `ws://host[:port]/path`, or `wss://` inside of TLS.

    Arguments:
        tls: whom to trust; None for a certificate of the server's name from an authority of this system.

    Raises:
        ValueError: it is none; or TLS is asked for, and the address is without.
        OSError: a certificate cannot be read.
    """
    parts, address = _split(url)
    if parts.scheme == "ws" and tls is not None:
        raise ValueError(f"TLS is asked for, and {shown_url(url)!r} is without: write wss://host:port/path")
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    trust = (tls or ClientTls()) if parts.scheme == "wss" else None

    async def open_websocket(_type: ChannelType, _id: int) -> WebSocket:
        stream: Stream = await open_stream(address)
        if trust is not None:
            stream = await trust.secure(stream, address.host)
        try:
            with stage("WebSocket"):
                return await connect(stream, host=parts.netloc.rpartition("@")[2], path=path)
        except BaseException:
            await trio.aclose_forcefully(stream)
            raise

    open_websocket.__name__ = shown_url(url)
    return open_websocket


def _split(url: str) -> tuple[SplitResult, TcpAddress]:
    try:
        parts = urlsplit(url)
        if parts.hostname and parts.scheme in PORTS:
            return parts, TcpAddress(parts.hostname, parts.port or PORTS[parts.scheme])
    except ValueError:
        pass  # Its text may repeat a part of a password.
    raise ValueError(f"not the address of a WebSocket: {shown_url(url)!r}; write ws://host:port/path")


class WebSocket(FromBrowser):
    """The bytes inside a WebSocket whose handshake is over.

    Data of any frames comes as a stream of bytes, text as its UTF-8. Pings are answered while somebody receives. What a peer may
    not send raises `trio.BrokenResourceError`, caused by a `RemoteProtocolError` that says what it was.

    Cancelled in the middle of sending, it can only be closed.
    """

    def __init__(self, stream: Stream, connection: Connection, received: bytes = b"") -> None:
        self._stream = stream
        self._connection = connection
        self._left = b""
        self._ended = False
        self._closed = False
        self._failure: RemoteProtocolError | None = None
        self._goodbye = CloseConnection(code=CloseReason.NORMAL_CLOSURE)
        self._receiver = OneTask("another task is receiving from this WebSocket")
        self._sender = OneTask("another task is sending on this WebSocket")
        # The receiver sends too, so that a ping is answered.
        self._wire = trio.Lock()
        # INVARIANT: the answer to the newest ping only, so that a peer that asks and does not read fills no memory.
        self._pong = b""
        self._cut = False
        connection.receive_data(received)

    @property
    def encrypted(self) -> bool:
        """Whether TLS protects what is below."""
        return is_encrypted(self._stream)

    async def receive_some(self, max_bytes: int | None = None) -> bytes:
        """Receive data: at least one byte, none at the end of the stream."""
        if max_bytes is not None and operator.index(max_bytes) < 1:
            raise ValueError("max_bytes must be at least 1")
        with self._receiver.only():
            await trio.lowlevel.checkpoint()
            while not self._left and not self._ended:
                self._check()
                await self._advance()
            self._check()
            data = self._left[:max_bytes]
            self._left = self._left[len(data) :]
            return data

    async def send_all(self, data: bytes | bytearray | memoryview) -> None:
        """Send data as one frame."""
        with self._sender.only():
            async with self._wire:
                self._check_sending()
                if data:
                    await self._send_data(memoryview(data).cast("B"))
                await self._send_pong()

    async def wait_send_all_might_not_block(self) -> None:
        """Wait until there is room to send."""
        with self._sender.only():
            self._check()
            await self._stream.wait_send_all_might_not_block()

    async def aclose(self) -> None:
        """Say goodbye if that is possible, and close the stream below; the peer's goodbye is not waited for."""
        try:
            if not self._closed and not self._cut and not self._wire.locked():
                self._closed = True
                with trio.move_on_after(CLOSE_PATIENCE):
                    await self._stream.send_all(self._connection.send(self._goodbye))
        except (trio.BrokenResourceError, trio.ClosedResourceError, trio.BusyResourceError):
            pass  # It has gone without waiting for it.
        finally:
            self._closed = True
            await self._stream.aclose()

    async def _advance(self) -> None:
        """Take the next thing that the peer has said, or receive more."""
        event = next(self._connection.events(), None)
        if event is not None:
            await self._take(event)
            return
        data = await self._stream.receive_some()
        if data:
            self._connection.receive_data(bytes(data))
        else:
            self._ended = True

    async def _take(self, event: Event) -> None:
        match event:
            case BytesMessage():
                self._left = bytes(event.data)
            case TextMessage():
                self._left = event.data.encode()
            case Ping():
                self._pong = self._connection.send(event.response())
                await self._answer()
            case CloseConnection() if self._connection.state == ConnectionState.OPEN:
                # The library's way to say that it cannot understand the peer.
                self._goodbye = event
                self._failure = RemoteProtocolError(f"not a WebSocket any more: {event.reason}")
            case CloseConnection():
                self._goodbye = event.response()
                self._ended = True

    async def _answer(self) -> None:
        # Whoever holds the wire will send it.
        if not self._wire.locked():
            async with self._wire:
                await self._send_pong()

    async def _send_pong(self) -> None:
        pong, self._pong = self._pong, b""
        if pong:
            await self._send_whole(pong)

    async def _send_data(self, data: memoryview) -> None:
        if self._connection.client:
            await self._send_whole(self._connection.send(BytesMessage(data=bytes(data))))
        else:
            first, rest = data[:JOIN_MAX], data[JOIN_MAX:]
            await self._send_whole(_frame_header(len(data)) + first, rest)

    async def _send_whole(self, *parts: bytes | memoryview) -> None:
        """Send a frame; if that ends in the middle, none can follow."""
        try:
            for part in parts:
                if part:
                    await self._stream.send_all(part)
        except BaseException:
            self._cut = True
            raise

    def _check(self) -> None:
        if self._closed:
            raise trio.ClosedResourceError("this WebSocket is closed")
        if self._failure is not None:
            raise trio.BrokenResourceError(str(self._failure)) from self._failure

    def _check_sending(self) -> None:
        self._check()
        if self._ended:
            raise trio.BrokenResourceError("the peer has closed the WebSocket")
        if self._cut:
            raise trio.BrokenResourceError("sending has ended in the middle of a frame")


# The handshake.


async def _receive_head(stream: Stream) -> tuple[bytes, bytes]:
    """Return an HTTP message's head, without its end if that does not come within the bound, and what came behind it."""
    data = bytearray()
    while END not in data and len(data) < HEAD_MAX:
        more = await stream.receive_some(HEAD_MAX - len(data))
        if not more:
            raise LinkError("the connection was closed in the middle of an HTTP message")
        data += more
    head, end, rest = bytes(data).partition(END)
    return head + end, rest


async def _agree(stream: Stream, request: Request, origins: Collection[str]) -> str | None:
    """Return the subprotocol to speak, if the client wants one.

    Raises:
        LinkError: it may not have any.
    """
    pages: set[str | None] = {
        value.decode("latin-1") for name, value in request.extra_headers if name == b"origin"
    }
    for page in pages or {None}:
        if not is_welcome(page, request.host, origins):
            text = (
                f"Pages of {page} may not connect here. Who runs this server may add {page} to its origins."
            )
            raise await refuse(stream, "403 Forbidden", text)
    if not request.subprotocols:
        return None
    if SUBPROTOCOL not in request.subprotocols:
        raise await refuse(stream, "400 Bad Request", f"The only subprotocol here is {SUBPROTOCOL!r}.")
    return SUBPROTOCOL


async def _refuse_request(stream: Stream, error: Exception) -> LinkError:
    """Say what is wrong with a request; one for a page is answered as what it is."""
    text = str(error)
    if "Upgrade" in text:
        return await refuse(stream, "426 Upgrade Required", HOW_TO, "Upgrade: websocket")
    if "Version" in text:
        return await refuse(stream, "426 Upgrade Required", f"{text}: 13.", "Sec-WebSocket-Version: 13")
    return await refuse(stream, "400 Bad Request", "This is no request for a WebSocket.")


def _refused(answer: Event | None, body: bytes) -> LinkError:
    if not isinstance(answer, RejectConnection):
        return LinkError("the server's answer is too long, or cut")
    words = body[:200].decode("ascii", "backslashreplace").strip()
    return LinkError(
        f"the server refused the WebSocket: HTTP {answer.status_code}" + (f": {words}" if words else "")
    )


def _not_http(start: bytes) -> LinkError:
    if start[:4] == MAGIC:
        return NotSpice(
            "this is a plain SPICE port that takes no WebSockets: connect to it by spice://", protocol="SPICE"
        )
    if not start:
        return LinkError("the server closed the connection without a word")
    return not_spice(start)


def _websocket(stream: Stream, handshake: H11Handshake, rest: bytes) -> WebSocket:
    assert handshake.connection is not None
    return WebSocket(bare(stream), handshake.connection, rest)


def _frame_header(size: int) -> bytes:
    """Return the header of a server's binary frame: whole, not masked, of that size (RFC 6455, 5.2)."""
    if size < 126:
        return struct.pack(">BB", FINAL_BINARY, size)
    if size < 1 << 16:
        return struct.pack(">BBH", FINAL_BINARY, 126, size)
    return struct.pack(">BBQ", FINAL_BINARY, 127, size)


HTTP = b"HTTP/"
END = b"\r\n\r\n"
FINAL_BINARY = 0x82
