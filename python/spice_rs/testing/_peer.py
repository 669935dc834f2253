"""One end of one channel that does only what a test tells it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Self

import trio
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from trio.abc import Stream
from trio.testing import memory_stream_pair

from .. import _core, auth
from ..enums import ChannelType, LinkErrorCode
from ..errors import Disconnected
from ..limits import Limits
from ..link import Linked, Refused, client_link, server_link
from ..messages import Message
from ..messages.link import LinkMessage
from ..transport import Opener

RECEIVE_SIZE = 1 << 16


class Peer:
    """One end of a channel after the link stage. It acknowledges and answers PINGs; everything else is the test's.

    Attributes:
        linked: what both sides know of each other.
    """

    def __init__(
        self,
        stream: Stream,
        role: str,
        kind: ChannelType,
        number: int,
        linked: Linked,
        limits: Limits | None = None,
    ) -> None:
        self.stream = stream
        self.linked = linked
        self._name = f"{kind.name.lower()} {number}"
        self._core = _core.Channel(
            role,  # type: ignore[arg-type]
            kind,
            number,
            mini_header=linked.mini_header,
            limits=limits,
        )

    @classmethod
    async def connect(
        cls,
        opener: Opener,
        kind: ChannelType,
        number: int = 0,
        *,
        connection_id: int = 0,
        capabilities: Iterable[int] = (),
        password: str | None = None,
    ) -> Self:
        """Link a channel, as a client.

        Raises:
            LinkError: see `link.client_link`.
        """
        stream = await opener(kind, number)
        linked = await client_link(
            stream,
            channel_type=kind,
            channel_id=number,
            connection_id=connection_id,
            capabilities=capabilities,
            password=password,
        )
        return cls(stream, "client", kind, number, linked)

    async def send(self, *messages: Message) -> None:
        """Send messages.

        Raises:
            LocalProtocolError: a value cannot stand on the wire.
            trio.BrokenResourceError: the other side has gone.
        """
        for message in messages:
            self._core.send(message)
        await self._flush()

    async def send_raw(self, number: int, body: bytes) -> None:
        """Send a body as it is, under any number: for what no honest peer says."""
        self._core.send_raw(number, body)
        await self._flush()

    async def send_bytes(self, data: bytes) -> None:
        """Send bytes outside of any message."""
        await self.stream.send_all(data)

    async def receive(self) -> Message:
        """Return the next message.

        Raises:
            Disconnected: the other side has closed the connection.
            DecodeError, LimitExceeded: what came is no message.
        """
        while (packet := self._core.next()) is None:
            await self._receive_more()
        with suppress(trio.BrokenResourceError):
            await (
                self._flush()
            )  # what the other side does not want to hear any more was only an acknowledgement
        return packet.message

    async def receive_until(self, kind: type[Message]) -> list[Message]:
        """Return the next messages up to the first of a class, with it; errors as `receive`."""
        messages = [await self.receive()]
        while not isinstance(messages[-1], kind):
            messages.append(await self.receive())
        return messages

    async def aclose(self) -> None:
        """Close the connection without a word."""
        await trio.aclose_forcefully(self.stream)

    async def _receive_more(self) -> None:
        try:
            data = await self.stream.receive_some(RECEIVE_SIZE)
        except trio.BrokenResourceError as error:
            raise Disconnected(f"{self._name}: the connection broke", channel=self._name) from error
        if not data:
            raise Disconnected(f"{self._name}: the other side closed the connection", channel=self._name)
        self._core.receive(data)

    async def _flush(self) -> None:
        if data := self._core.pending():
            await self.stream.send_all(data)


@dataclass
class ScriptedServer:
    """A server that links every channel that a client asks for, and then leaves everything to the test.

    Attributes:
        capabilities: what it announces, by type of channel.
        password: None lets everybody in.
        peers: the channels that clients have linked, by type and id.
    """

    capabilities: dict[ChannelType, tuple[int, ...]] = field(default_factory=dict)
    password: str | None = None
    peers: dict[tuple[ChannelType, int], Peer] = field(default_factory=dict)
    _key: RSAPrivateKey | None = None
    _nursery: trio.Nursery | None = None
    _linked: trio.lowlevel.ParkingLot = field(default_factory=trio.lowlevel.ParkingLot)

    async def open(self, _kind: ChannelType, _number: int) -> Stream:
        """Open a connection, as a client: pass this method to `connect`."""
        assert self._nursery is not None
        ours, theirs = memory_stream_pair()
        self._nursery.start_soon(self._link, theirs)
        return ours

    async def linked(self, kind: ChannelType, number: int = 0) -> Peer:
        """Wait until a client has linked a channel."""
        while (kind, number) not in self.peers:
            await self._linked.park()
        return self.peers[kind, number]

    async def _link(self, stream: Stream) -> None:
        try:
            linked = await server_link(stream, _Open(self))
        except Refused:
            await trio.aclose_forcefully(stream)
            return
        kind, number = linked.message.channel_type, linked.message.channel_id
        self.peers[kind, number] = Peer(stream, "server", kind, number, linked)
        self._linked.unpark_all()


@dataclass
class _Open:
    """Lets everybody in who knows the password."""

    server: ScriptedServer

    def offer(self, message: LinkMessage) -> tuple[int, ...]:
        return self.server.capabilities.get(message.channel_type, ())

    async def key(self) -> RSAPrivateKey:
        # One key for all links is quicker, and nobody listens.
        self.server._key = self.server._key or await auth.make_key()
        return self.server._key

    def logins(self, message: LinkMessage) -> None:
        return None

    def password(self, message: LinkMessage) -> str | None:
        return self.server.password

    async def admit(self, message: LinkMessage, *, proven: bool, user: str | None = None) -> LinkErrorCode:
        return LinkErrorCode.OK if proven else LinkErrorCode.PERMISSION_DENIED


@asynccontextmanager
async def scripted_server(
    capabilities: dict[ChannelType, tuple[int, ...]] | None = None, password: str | None = None
) -> AsyncIterator[ScriptedServer]:
    """Run a `ScriptedServer` for a block; its connections are closed at the end."""
    server = ScriptedServer(capabilities or {}, password)
    async with trio.open_nursery() as server._nursery:
        yield server
        server._nursery.cancel_scope.cancel()
    for peer in server.peers.values():
        await peer.aclose()
