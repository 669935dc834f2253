"""Clients that break the rules, or only one of them: what it costs the server, and the others nothing."""

from __future__ import annotations

import resource
import struct
import tracemalloc
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from statistics import median

import numpy as np
import pytest
import trio

import spice_rs
from spice_rs.enums import ChannelType, DisplayCap, LinkErrorCode, MouseMode
from spice_rs.errors import ConnectError, Disconnected, LinkError, ListenError
from spice_rs.messages import base, display, inputs, main
from spice_rs.server import Encoding, Lossy, Server, ServerLimits, Streaming
from spice_rs.testing import Peer, memory_opener
from spice_rs.transport import Opener
from tests.server.test_serve import picture, shown

HEADER = struct.Struct("<4sIII")


@asynccontextmanager
async def guarded(**options: object) -> AsyncIterator[tuple[Server, Opener]]:
    """Serve for a block; at its end an honest client must still be served, and no mistake of ours have happened."""
    async with spice_rs.serve(size=(320, 200), **options) as server, trio.open_nursery() as nursery:  # type: ignore[arg-type]
        opener = memory_opener(server, nursery)
        yield server, opener
        await server.screen.update(picture(320, 200, 7))
        with trio.fail_after(10):
            async with spice_rs.connect(opener) as session:
                await shown(server, session)
        assert server.faults == []
        nursery.cancel_scope.cancel()


async def joined(opener: Opener) -> tuple[Peer, int]:
    """Begin a session; return its main channel and its id."""
    peer = await Peer.connect(opener, ChannelType.MAIN)
    first = await peer.receive()
    assert isinstance(first, main.Init)
    return peer, first.session_id


async def linked(
    opener: Opener, kind: ChannelType, number: int = 0, capabilities: tuple[int, ...] = ()
) -> Peer:
    _, session_id = await joined(opener)
    return await Peer.connect(opener, kind, number, connection_id=session_id, capabilities=capabilities)


async def is_closed(peer: Peer) -> None:
    """Wait for the server to hang up."""
    with trio.fail_after(5), pytest.raises(Disconnected):
        while True:
            await peer.receive()


GARBAGE: dict[str, bytes] = {
    "nothing": b"",
    "noise": bytes(range(256)) * 40,
    "another version": HEADER.pack(b"REDQ", 1, 0, 18) + bytes(18),
    "a message of 4 GB": HEADER.pack(b"REDQ", 2, 2, 0xFFFFFFFF),
    "capabilities without end": HEADER.pack(b"REDQ", 2, 2, 18)
    + struct.pack("<IBBIII", 0, 1, 0, 1 << 31, 1 << 31, 18),
    "an offset outside": HEADER.pack(b"REDQ", 2, 2, 22)
    + struct.pack("<IBBIIII", 0, 1, 0, 1, 0, 0xFFFFFFF0, 0),
    "HTTP": b"GET / HTTP/1.1\r\nHost: x\r\n\r\n",
    "TLS": bytes.fromhex("16030100c8010000c40303") + bytes(200),
}


@pytest.mark.parametrize("words", GARBAGE.values(), ids=GARBAGE.keys())
async def test_garbage_on_the_door_is_turned_away(words: bytes) -> None:
    async with guarded() as (server, opener):
        stream = await opener(ChannelType.MAIN, 0)
        await stream.send_all(words)
        await stream.send_eof()  # type: ignore[attr-defined]
        with trio.fail_after(5):
            while await stream.receive_some():
                pass
        assert server.clients == ()


async def test_a_hundred_links_that_never_finish_do_not_keep_the_next_out() -> None:
    async with guarded(limits=ServerLimits(links=16)) as (server, opener):
        idle = [await opener(ChannelType.MAIN, 0) for _ in range(100)]
        for stream in idle:
            with suppress(trio.BrokenResourceError):
                await stream.send_all(b"REDQ")
        await trio.testing.wait_all_tasks_blocked()
        assert len(server._lobby) == 16
        with trio.fail_after(10):
            async with spice_rs.connect(opener) as session:
                await shown(server, session)


async def test_links_that_dribble_are_ended_in_time() -> None:
    async with guarded(limits=ServerLimits(link_seconds=0.2)) as (_server, opener):
        stream = await opener(ChannelType.MAIN, 0)
        with trio.fail_after(5):
            for byte in HEADER.pack(b"REDQ", 2, 2, 18):
                await trio.sleep(0.05)
                try:
                    await stream.send_all(bytes([byte]))
                except trio.BrokenResourceError:
                    return
        pytest.fail("the link was not ended")


async def test_a_display_that_never_names_its_caches_ends_its_session() -> None:
    async with guarded(limits=ServerLimits(display_init_seconds=0.1)) as (server, opener):
        peer = await linked(opener, ChannelType.DISPLAY)
        client = server.clients[0]
        await is_closed(peer)
        with trio.fail_after(5):
            assert "display 0.Init" in str(await client.wait_ended())


@pytest.mark.parametrize(
    ("kind", "number", "code"),
    [
        (ChannelType.DISPLAY, 9, None),
        (ChannelType.PLAYBACK, 0, None),
        (ChannelType(77), 0, None),
        (ChannelType.DISPLAY, 0, LinkErrorCode.BAD_CONNECTION_ID),
        (ChannelType.MAIN, 0, LinkErrorCode.BAD_CONNECTION_ID),
    ],
)
async def test_channels_that_are_not_ones_own_are_refused(
    kind: ChannelType, number: int, code: LinkErrorCode | None
) -> None:
    async with guarded() as (_server, opener):
        with pytest.raises(LinkError) as caught:
            await Peer.connect(opener, kind, number, connection_id=0x1234)
        assert caught.value.code == code


async def test_a_channel_is_linked_once() -> None:
    async with guarded() as (_server, opener):
        _, session_id = await joined(opener)
        await Peer.connect(opener, ChannelType.INPUTS, connection_id=session_id)
        with pytest.raises(LinkError) as caught:
            await Peer.connect(opener, ChannelType.INPUTS, connection_id=session_id)
        assert caught.value.code == LinkErrorCode.CHANNEL_NOT_AVAILABLE


async def test_more_clients_than_allowed_are_refused() -> None:
    async with guarded(limits=ServerLimits(clients=2)) as (server, opener):
        peers = [(await joined(opener))[0] for _ in range(2)]
        with pytest.raises(LinkError) as caught:
            await joined(opener)
        assert caught.value.code == LinkErrorCode.ERROR
        await peers[0].aclose()
        with trio.fail_after(5):
            while len(server.clients) > 1:
                await trio.testing.wait_all_tasks_blocked()


@pytest.mark.parametrize(
    "kind", [ChannelType.MAIN, ChannelType.DISPLAY, ChannelType.INPUTS, ChannelType.CURSOR]
)
async def test_a_message_that_announces_too_much_ends_the_session_before_memory_is_spent(
    kind: ChannelType,
) -> None:
    async with guarded() as (server, opener):
        peer = (await joined(opener))[0] if kind == ChannelType.MAIN else await linked(opener, kind)
        tracemalloc.start()
        await peer.send_bytes(struct.pack("<HI", 101, 0xF0000000))
        await is_closed(peer)
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert most < 4 << 20
        with trio.fail_after(5):
            while server.clients:
                await trio.testing.wait_all_tasks_blocked()


STRANGE: dict[str, tuple[ChannelType, Callable[[Peer], Awaitable[None]]]] = {
    "unknown numbers": (ChannelType.MAIN, lambda peer: peer.send_raw(999, b"x" * 100)),
    "client info, which the reference does not survive": (
        ChannelType.MAIN,
        lambda peer: peer.send(main.ClientInfo(1)),
    ),
    "a pong to nothing": (ChannelType.MAIN, lambda peer: peer.send(base.Pong(7777, 1))),
    "a mouse mode that is none": (
        ChannelType.MAIN,
        lambda peer: peer.send(main.MouseModeRequest(MouseMode(0xFFFF))),
    ),
    "acknowledgements of nothing": (ChannelType.DISPLAY, lambda peer: peer.send(*[base.Ack()] * 500)),
    "a generation that was never set": (
        ChannelType.DISPLAY,
        lambda peer: peer.send(base.AckSync(0xFFFFFFFF)),
    ),
    "negative caches": (ChannelType.DISPLAY, lambda peer: peer.send(display.Init(255, -1, 255, -(1 << 31)))),
    "caches without end": (
        ChannelType.DISPLAY,
        lambda peer: peer.send(display.Init(0, (1 << 63) - 1, 0, (1 << 31) - 1)),
    ),
    "two inits": (ChannelType.DISPLAY, lambda peer: peer.send(*[display.Init(1, 100, 1, 100)] * 2)),
    "a compression that is none": (ChannelType.DISPLAY, lambda peer: peer.send_raw(103, b"\xff")),
    "reports on streams that are none": (
        ChannelType.DISPLAY,
        lambda peer: peer.send(display.StreamReport(999, 1, 100, 50, 0, 0xFFFFFFFF, -1, 0xFFFFFFFF)),
    ),
    "codecs that are none": (ChannelType.DISPLAY, lambda peer: peer.send_raw(105, b"\x03\xff\x00\x07")),
    "no codecs": (ChannelType.DISPLAY, lambda peer: peer.send_raw(105, b"\x00")),
    "scan codes without end": (
        ChannelType.INPUTS,
        lambda peer: peer.send(*[inputs.KeyScancode(b"\xe0\xe1" * 900)] * 20),
    ),
    "more keys than there are": (
        ChannelType.INPUTS,
        lambda peer: peer.send(*[inputs.KeyDown(code << 8 | 0xE0) for code in range(1, 127)] * 3),
    ),
    "positions on a screen that is none": (
        ChannelType.INPUTS,
        lambda peer: peer.send(inputs.MousePosition(0xFFFFFFFF, 0xFFFFFFFF, 0xFFFF, 200)),  # type: ignore[arg-type]
    ),
    "a button that is none": (ChannelType.INPUTS, lambda peer: peer.send_raw(113, b"\xff\xff\xff")),
    "a flood of lights": (ChannelType.INPUTS, lambda peer: peer.send(*[inputs.KeyModifiers(7)] * 2000)),  # type: ignore[arg-type]
}


@pytest.mark.parametrize(("kind", "say"), STRANGE.values(), ids=STRANGE.keys())
async def test_strange_words_change_nothing(
    kind: ChannelType, say: Callable[[Peer], Awaitable[None]]
) -> None:
    async with guarded() as (server, opener):
        events = server.events()
        main_peer, session_id = await joined(opener)
        peer = main_peer
        if kind != ChannelType.MAIN:
            peer = await Peer.connect(
                opener, kind, connection_id=session_id, capabilities=(DisplayCap.STREAM_REPORT,)
            )
        with trio.fail_after(5):
            async with trio.open_nursery() as nursery:
                nursery.start_soon(drain, events)
                await say(peer)
                await trio.testing.wait_all_tasks_blocked()
                nursery.cancel_scope.cancel()
        assert len(server.clients) == 1 and server.clients[0].ended is None


async def drain(events: spice_rs.server.Events) -> None:
    async for _ in events:
        pass


BROKEN: dict[str, tuple[ChannelType, int, bytes]] = {
    "an init that is too short": (ChannelType.DISPLAY, 101, b"\x01"),
    "a report that is too short": (ChannelType.DISPLAY, 102, bytes(31)),
    "a key without a code": (ChannelType.INPUTS, 101, b""),
    "half a position": (ChannelType.INPUTS, 112, bytes(5)),
    "codecs that are not there": (ChannelType.DISPLAY, 105, b"\xff\x01"),
}


@pytest.mark.parametrize(("kind", "number", "body"), BROKEN.values(), ids=BROKEN.keys())
async def test_a_broken_message_ends_its_session_with_a_reason(
    kind: ChannelType, number: int, body: bytes
) -> None:
    async with guarded() as (server, opener):
        peer = await linked(opener, kind)
        client = server.clients[0]
        await peer.send_raw(number, body)
        await is_closed(peer)
        with trio.fail_after(5):
            reason = await client.wait_ended()
        assert isinstance(reason, spice_rs.DecodeError)
        assert kind.name.lower() in str(reason)


async def test_a_client_that_stops_reading_for_a_minute_costs_a_region() -> None:
    """Thirty frames a second for a minute: as many as that are drawn, as fast as another client is shown them."""
    frames = [np.random.default_rng(seed).integers(0, 255, (200, 320, 4), np.uint8) for seed in range(8)]
    encoding = Encoding(jpeg=Lossy.NEVER, streaming=Streaming.OFF)
    async with spice_rs.serve("spice://127.0.0.1:0", size=(320, 200), encoding=encoding) as server:
        opener = spice_rs.ways.way(server.addresses[0]).open
        async with spice_rs.connect(opener) as session:
            alone = await times_to_show(server, session, frames, 200)
            main_peer, session_id = await joined(opener)
            peer = await Peer.connect(opener, ChannelType.DISPLAY, connection_id=session_id)
            await peer.send(display.Init(1, 0, 1, 0))
            beside = await times_to_show(server, session, frames, 200)
            before = memory_in_use()
            beside += await times_to_show(server, session, frames, 1600)
            assert memory_in_use() - before < 8 << 20
        stopped = server.clients[0].channels[ChannelType.DISPLAY, 0]
        assert stopped._unsent < 2 << 20
        assert median(beside) < 2 * median(alone) + 0.001
        # Everything that came meanwhile is one picture to it.
        with trio.fail_after(5):
            await server.screen.update(picture(320, 200, 3))
            messages = await peer.receive_until(display.Mark)
        assert sum(isinstance(message, display.DrawCopy) for message in messages) < 40
        await peer.aclose()
        await main_peer.aclose()


async def times_to_show(
    server: Server, session: spice_rs.Session, frames: list[np.ndarray], count: int
) -> list[float]:
    """Show pictures, one after the other; return how many seconds each took to reach the client."""
    times = []
    for number in range(count):
        start = trio.current_time()
        await server.screen.update(frames[number % len(frames)])
        await shown(server, session)
        times.append(trio.current_time() - start)
    return times


def memory_in_use() -> int:
    """Return the bytes of this process that are in memory."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize()


async def test_who_listens_to_nothing_is_shown_the_newest_picture_when_it_does() -> None:
    async with guarded() as (server, opener):
        peer = await linked(opener, ChannelType.DISPLAY)
        await peer.send(display.Init(1, 0, 1, 0))
        for seed in range(50):
            await server.screen.update(picture(320, 200, seed))
            await trio.testing.wait_all_tasks_blocked()
        with trio.fail_after(5):
            messages = await peer.receive_until(display.Mark)
        assert len(messages) < 20


async def test_a_port_in_use_is_said_in_words() -> None:
    async with spice_rs.serve("spice://127.0.0.1:0") as server:
        with pytest.raises(ListenError, match="something listens there already") as caught:
            async with spice_rs.serve(server.addresses[0]):
                pass
        assert isinstance(caught.value, OSError) and server.addresses[0] in str(caught.value)


async def test_a_socket_that_a_dead_server_left_is_taken_over_and_a_live_one_is_not(tmp_path: Path) -> None:
    path = tmp_path / "spice.sock"
    listener = trio.socket.socket(trio.socket.AF_UNIX)
    await listener.bind(str(path))
    listener.close()
    address = f"spice+unix://{path}"
    async with spice_rs.serve(address) as server:
        async with spice_rs.connect(address) as session:
            await shown(server, session)
        with pytest.raises(ListenError, match="listens there already"):
            async with spice_rs.serve(address):
                pass
    assert not path.exists()
    with pytest.raises(ConnectError):
        async with spice_rs.connect(address):
            pass
