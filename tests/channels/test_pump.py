"""The thread that receives and draws, over a real socket pair, with TLS and without: order, ends, cancellation, and who is told."""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager

import numpy as np
import pytest
import trio
import trio.testing
from trio.abc import Stream

from spice_rs import _core
from spice_rs.channels._base import Surroundings
from spice_rs.channels.display import DisplayClient
from spice_rs.enums import (
    BrushType,
    ChannelType,
    ClipType,
    CommonCap,
    MaskFlags,
    Ropd,
    SurfaceFlags,
    SurfaceFormat,
)
from spice_rs.errors import DecodeError, Disconnected, RemoteProtocolError
from spice_rs.link import Linked
from spice_rs.messages import Message, base, display, draw
from spice_rs.messages.caps import Caps
from spice_rs.messages.link import LinkMessage

from ..tls.ends import socket_pair, socket_streams

SIZE = 64
LINKED = Linked(
    LinkMessage(1, ChannelType.DISPLAY, 0, Caps((), ())),
    common=frozenset({CommonCap.MINI_HEADER}),
    channel=frozenset(),
)


Ends = Callable[[], Awaitable[Sequence[Stream]]]
ends: Ends = socket_streams


@pytest.fixture(autouse=True, params=[socket_streams, socket_pair], ids=["clear", "tls"])
def each_kind_of_ends(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys.modules[__name__], "ends", request.param)


class Peer:
    """The server's end of a display, without any life of its own."""

    def __init__(self, stream: Stream) -> None:
        self.stream = stream
        self.core = _core.Channel("server", ChannelType.DISPLAY, 0)

    async def say(self, *messages: Message) -> None:
        for message in messages:
            self.core.send(message)
        await self.stream.send_all(self.core.pending())

    async def hear(self) -> bytes:
        return bytes(await self.stream.receive_some(1 << 16))


@asynccontextmanager
async def linked() -> AsyncIterator[tuple[DisplayClient, Peer]]:
    ours, theirs = await ends()
    client = DisplayClient(surroundings=Surroundings())
    async with trio.open_nursery() as nursery, theirs:
        client.start(ours, LINKED)
        nursery.start_soon(client.run)
        yield client, Peer(theirs)
        nursery.cancel_scope.cancel()


def surface() -> Message:
    return display.SurfaceCreate(0, SIZE, SIZE, SurfaceFormat.XRGB32, SurfaceFlags.PRIMARY)


def fill(colour: int, *, surface_id: int = 0) -> Message:
    where = draw.DisplayBase(surface_id, draw.Rect(0, 0, SIZE, SIZE), draw.Clip(ClipType.NONE, None))
    no_mask = draw.QMask(MaskFlags(0), draw.Point(0, 0), None)
    return display.DrawFill(where, draw.Brush(BrushType.SOLID, colour), Ropd.OP_PUT, no_mask)


async def colour_becomes(client: DisplayClient, colour: int) -> None:
    def shown() -> bool:
        frame = client.canvas.frame()
        return frame is not None and int(np.asarray(frame).view(np.uint32)[0, 0, 0]) & 0xFFFFFF == colour

    with trio.fail_after(5):
        await client.wait_until(shown)


async def test_what_is_drawn_is_announced_also_in_a_burst() -> None:
    async with linked() as (client, peer):
        await peer.say(surface(), display.Mark())
        for colour in range(1, 200):
            await peer.say(fill(colour))
        await colour_becomes(client, 199)


async def test_any_number_of_tasks_wait_for_changes_and_any_of_them_leaves() -> None:
    seen = {colour: trio.Event() for colour in (3, 1, 2)}
    leaves = trio.CancelScope()

    async def wait(client: DisplayClient, colour: int) -> None:
        await colour_becomes(client, colour)
        seen[colour].set()

    async with linked() as (client, peer), trio.open_nursery() as nursery:
        for colour in seen:
            nursery.start_soon(wait, client, colour)
        nursery.start_soon(never, client, leaves)
        await peer.say(surface(), display.Mark())
        leaves.cancel()
        for colour in (1, 2, 3):
            await peer.say(fill(colour))
            await seen[colour].wait()


async def never(client: DisplayClient, scope: trio.CancelScope) -> None:
    with scope:
        await client.wait_until(lambda: False)


async def test_the_first_who_waits_leaves_its_place_to_the_others() -> None:
    async with linked() as (client, peer), trio.open_nursery() as nursery:
        first = trio.CancelScope()
        nursery.start_soon(never, client, first)
        await trio.testing.wait_all_tasks_blocked()
        nursery.start_soon(colour_becomes, client, 1)
        await trio.testing.wait_all_tasks_blocked()
        first.cancel()
        await trio.testing.wait_all_tasks_blocked()
        await peer.say(surface(), fill(1))


async def test_all_who_wait_are_told_of_the_end() -> None:
    errors: list[Disconnected] = []

    async def wait(client: DisplayClient) -> None:
        try:
            await client.wait_until(lambda: False)
        except Disconnected as error:
            errors.append(error)

    async with linked() as (client, peer), trio.open_nursery() as nursery:
        for _ in range(3):
            nursery.start_soon(wait, client)
        await trio.testing.wait_all_tasks_blocked()
        await peer.hear()
        await peer.stream.aclose()
        nursery.cancel_scope.deadline = trio.current_time() + 5
    assert len(errors) == 3


async def test_acknowledgements_need_no_turn_of_trio() -> None:
    async with linked() as (_client, peer):
        await peer.hear()  # DISPLAY INIT
        await peer.say(base.SetAck(7, 2), surface(), fill(1), fill(2))
        answers = b""
        while answers.count(b"\x02\x00\x00\x00\x00\x00") < 1:
            answers += await peer.hear()
        assert answers.startswith(b"\x01\x00\x04\x00\x00\x00\x07\x00\x00\x00")


async def test_messages_that_are_not_drawing_keep_their_place() -> None:
    async with linked() as (client, peer):
        told: list[str] = []
        client.surroundings.notify = lambda _channel, message: told.append(message.message)
        await peer.say(
            surface(),
            fill(1),
            base.Notify(0, 0, 0, 0, "one"),
            fill(2),
            base.Notify(0, 0, 0, 0, "two"),
            fill(3),
        )
        await colour_becomes(client, 3)
        assert told == ["one", "two"]


async def test_a_failure_is_kept_and_the_rest_is_drawn() -> None:
    async with linked() as (client, peer):
        await peer.say(surface(), fill(1, surface_id=9), fill(2))
        await colour_becomes(client, 2)
        assert len(client.failures) == 1
        assert isinstance(client.failures[0], RemoteProtocolError)


async def test_the_end_of_the_stream_ends_the_channel_and_keeps_the_picture() -> None:
    async with linked() as (client, peer):
        await peer.hear()  # what is not read when the socket closes makes it break instead of end
        await peer.say(surface(), fill(0x123456))
        peer.core.send(fill(7))
        await peer.stream.send_all(peer.core.pending()[:20])
        await peer.stream.aclose()
        with trio.fail_after(5):
            error = await client.wait_ended()
        assert isinstance(error, Disconnected)
        assert "20 bytes into a message" in str(error)
        frame = client.canvas.frame()
        assert frame is not None
        assert np.asarray(frame)[0, 0, :3].tolist() == [0x56, 0x34, 0x12]


async def test_a_stream_that_makes_no_sense_is_an_error() -> None:
    async with linked() as (client, peer):
        await peer.stream.send_all(b"\x30\x01\xff\xff\xff\xff")
        with trio.fail_after(5):
            error = await client.wait_ended()
        assert isinstance(error, RemoteProtocolError)
        assert not isinstance(error, DecodeError)


@pytest.mark.parametrize("partial", [b"", b"\x30\x01\x00\x00\x10\x00" + bytes(1000)])
async def test_cancelled_while_it_waits_it_ends_at_once(partial: bytes) -> None:
    with trio.fail_after(5):
        async with linked() as (_client, peer):
            await peer.say(surface())
            await peer.stream.send_all(partial)
            await trio.sleep(0.05)
