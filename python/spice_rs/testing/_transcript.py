"""What went over the connections of a session: to record, to keep, to look at, to replay."""

from __future__ import annotations

import contextlib
import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

import trio
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from trio.abc import Stream
from trio.testing import memory_stream_pair

from .. import _core, auth
from ..enums import ChannelType, CommonCap, LinkErrorCode
from ..link import HEADER_SIZE, capability_numbers, server_link
from ..messages import Message
from ..messages.link import LinkMessage, LinkReply
from ..transport import Opener

MAGIC = b"SPICE transcript 1\n"
ENTRY = struct.Struct("<dBBBI")
"""Seconds, channel type, channel id, 1 if the server said it, number of bytes that follow."""

SIZE_MAX = 1 << 30
"""Bytes of the longest entry that is read from a file."""

RESULT_SIZE = 4
MECHANISM_SIZE = 4


@dataclass(frozen=True, slots=True)
class Entry:
    """Some bytes that one side sent.

    Attributes:
        at: seconds since the recording began.
    """

    at: float
    kind: ChannelType
    number: int
    from_server: bool
    data: bytes


@dataclass(slots=True)
class Transcript:
    """The bytes of all connections of one session, in the order in which they came by. Tickets in it can be read by nobody."""

    entries: list[Entry] = field(default_factory=list)

    def save(self, path: Path | str) -> None:
        """Write it to a file."""
        with Path(path).open("wb") as file:
            file.write(MAGIC)
            for entry in self.entries:
                file.write(ENTRY.pack(entry.at, entry.kind, entry.number, entry.from_server, len(entry.data)))
                file.write(entry.data)

    @classmethod
    def load(cls, path: Path | str) -> Self:
        """Read it from a file.

        Raises:
            ValueError: the file is no transcript, or ends in the middle.
            OSError: it cannot be read.
        """
        data = Path(path).read_bytes()
        if not data.startswith(MAGIC):
            raise ValueError(f"{path} is no transcript of a SPICE session")
        transcript, at = cls(), len(MAGIC)
        while at < len(data):
            if len(data) - at < ENTRY.size:
                raise ValueError(f"{path} ends in the middle of an entry, at byte {at}")
            seconds, kind, number, from_server, size = ENTRY.unpack_from(data, at)
            at += ENTRY.size
            if size > SIZE_MAX or size > len(data) - at:
                raise ValueError(f"{path} ends in the middle of an entry, at byte {at}")
            transcript.entries.append(
                Entry(seconds, ChannelType(kind), number, bool(from_server), data[at : at + size])
            )
            at += size
        return transcript

    def channels(self) -> list[tuple[ChannelType, int]]:
        """Return the channels in it, in the order of their first bytes."""
        return list(dict.fromkeys((entry.kind, entry.number) for entry in self.entries))

    def said(self, kind: ChannelType, number: int = 0, *, by_server: bool = True) -> bytes:
        """Return all bytes that one side of a channel sent, the link stage included."""
        return b"".join(
            entry.data
            for entry in self.entries
            if (entry.kind, entry.number, entry.from_server) == (kind, number, by_server)
        )

    def messages(self, kind: ChannelType, number: int = 0, *, by_server: bool = True) -> Iterator[Message]:
        """Yield the messages that one side of a channel sent.

        Raises:
            DecodeError: what was recorded cannot be read.
            ValueError: there is no whole link stage.
        """
        mini = CommonCap.MINI_HEADER in capability_numbers(self._reply(kind, number).caps.common)
        core = _core.Channel("client" if by_server else "server", kind, number, mini_header=mini)
        core.receive(self.said(kind, number, by_server=by_server)[self._link_size(kind, number, by_server) :])
        while (packet := core.next()) is not None:
            yield packet.message

    def _reply(self, kind: ChannelType, number: int) -> LinkReply:
        server = self.said(kind, number)
        size = _size(server)
        if not size or len(server) < HEADER_SIZE + size + RESULT_SIZE:
            raise ValueError(f"the transcript has no whole link of {kind.name.lower()} {number}")
        reply = _core.decode_struct("LinkReply", server[HEADER_SIZE : HEADER_SIZE + size])
        assert isinstance(reply, LinkReply)
        return reply

    def _link_size(self, kind: ChannelType, number: int, by_server: bool) -> int:
        """Return how many bytes of one side belong to the link stage."""
        own = HEADER_SIZE + _size(self.said(kind, number, by_server=by_server))
        return own + (RESULT_SIZE if by_server else MECHANISM_SIZE + auth.TICKET_SIZE)


def _size(said: bytes) -> int:
    """Return the size that a link header gives."""
    return int.from_bytes(said[HEADER_SIZE - 4 : HEADER_SIZE], "little")


def record(opener: Opener, transcript: Transcript) -> Opener:
    """Return an opener that writes down what goes over the connections that another one opens."""
    start = trio.current_time()

    async def recording(kind: ChannelType, number: int) -> Stream:
        stream = await opener(kind, number)

        def note(data: bytes, from_server: bool) -> None:
            entry = Entry(trio.current_time() - start, kind, number, from_server, data)
            transcript.entries.append(entry)

        return _Recorded(stream, note)

    return recording


def replay(transcript: Transcript, nursery: trio.Nursery, *, pace: float = 0.0) -> Opener:
    """Return an opener behind which the server of a transcript says again what it said.

    The link stage is done anew, with any password; what the client says after it is received and forgotten.

    Arguments:
        nursery: where the replayed ends run; when all is said they wait for the client to leave.
        pace: 1.0 says everything at the moment when it was said, 0.0 at once.
    """

    async def replaying(kind: ChannelType, number: int) -> Stream:
        ours, theirs = memory_stream_pair()
        nursery.start_soon(_play, transcript, theirs, kind, number, pace)
        return ours

    return replaying


class _Recorded(Stream):
    """Passes everything on and notes it."""

    def __init__(self, stream: Stream, note: Callable[[bytes, bool], None]) -> None:
        self._stream = stream
        self._note = note

    async def send_all(self, data: bytes | bytearray | memoryview) -> None:
        await self._stream.send_all(data)
        self._note(bytes(data), False)

    async def wait_send_all_might_not_block(self) -> None:
        await self._stream.wait_send_all_might_not_block()

    async def receive_some(self, max_bytes: int | None = None) -> bytes | bytearray:
        data = await self._stream.receive_some(max_bytes)
        if data:
            self._note(bytes(data), True)
        return data

    async def aclose(self) -> None:
        await self._stream.aclose()


@dataclass(slots=True)
class _Again:
    """Lets everybody in, with the capabilities that the recorded server had."""

    capabilities: frozenset[int]

    def offer(self, message: LinkMessage) -> frozenset[int]:
        return self.capabilities

    async def key(self) -> RSAPrivateKey:
        return await auth.make_key()

    def logins(self, message: LinkMessage) -> None:
        return None

    def password(self, message: LinkMessage) -> str | None:
        return None

    async def admit(self, message: LinkMessage, *, proven: bool, user: str | None = None) -> LinkErrorCode:
        return LinkErrorCode.OK


async def _play(transcript: Transcript, stream: Stream, kind: ChannelType, number: int, pace: float) -> None:
    """Be the recorded server of one channel, until the client leaves."""
    try:
        reply = transcript._reply(kind, number)
    except ValueError:
        await trio.aclose_forcefully(stream)  # as a server that has no such channel
        return
    start = trio.current_time()
    async with trio.open_nursery() as nursery:
        await server_link(stream, _Again(capability_numbers(reply.caps.channel)))
        nursery.start_soon(_swallow, stream, nursery.cancel_scope)
        skip = transcript._link_size(kind, number, by_server=True)
        for entry in transcript.entries:
            if (entry.kind, entry.number, entry.from_server) != (kind, number, True):
                continue
            data, skip = entry.data[skip:], max(0, skip - len(entry.data))
            if data:
                await trio.sleep_until(start + pace * entry.at)
                with contextlib.suppress(trio.BrokenResourceError):
                    await stream.send_all(data)
    await trio.aclose_forcefully(stream)


async def _swallow(stream: Stream, scope: trio.CancelScope) -> None:
    with contextlib.suppress(trio.BrokenResourceError):
        while await stream.receive_some():
            pass
    scope.cancel()
