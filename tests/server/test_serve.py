"""Server and client of this package, joined in memory: what a program on each side sees of the other."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator

import numpy as np
import pytest
import trio
from numpy.typing import NDArray

import spice_rs
from spice_rs.enums import ChannelType, LinkErrorCode, MouseButton, MouseMode
from spice_rs.errors import AuthenticationError, Disconnected
from spice_rs.server import Server, _tickets
from spice_rs.testing import memory_opener, session_pair

Pixels = NDArray[np.uint8]


def picture(width: int, height: int, seed: int = 0) -> Pixels:
    """Something of everything: flat areas, lines, noise."""
    random = np.random.default_rng(seed)
    pixels = np.zeros((height, width, 4), np.uint8)
    pixels[: height // 2, :, :3] = random.integers(0, 255, 3)
    pixels[height // 4 :: 7, :, :3] = random.integers(0, 255, 3)
    noisy = pixels[height // 2 :, : width // 2, :3]
    noisy[:] = random.integers(0, 255, noisy.shape)
    return pixels


async def shown(server: Server, session: spice_rs.Session, number: int = 0) -> Pixels:
    """Wait until the client has the screen as it is now; return what it shows."""
    truth = np.asarray(server.screens[number].frame())[:, :, :3]
    display = session.displays[number]
    with trio.fail_after(10):
        while True:
            frame = await display.frame()
            pixels = np.asarray(frame)[:, :, :3]
            if pixels.shape == truth.shape and np.array_equal(pixels, truth):
                return pixels
            await display.wait_version(frame.version)


async def test_a_picture_arrives_exactly() -> None:
    pixels = picture(320, 200)
    async with session_pair(size=(320, 200)) as (server, session):
        await server.screen.update(pixels)
        assert np.array_equal(await shown(server, session), pixels[:, :, :3])
        assert session.display.exact


async def test_what_is_drawn_later_arrives_too() -> None:
    async with session_pair(size=(320, 200)) as (server, session):
        await shown(server, session)
        await server.screen.draw(picture(50, 40), at=(300, -10))
        await shown(server, session)
        server.screen.fill((10, 20, 110, 70), 0x336699)
        server.screen.copy((0, 0, 200, 150), to=(30, 10))
        pixels = await shown(server, session)
        assert tuple(pixels[25 + 10, 15 + 30]) == (0x99, 0x66, 0x33)


async def test_the_same_picture_again_costs_no_byte() -> None:
    pixels = picture(320, 200)
    async with session_pair(size=(320, 200)) as (server, session):
        assert await server.screen.update(pixels)
        await shown(server, session)
        before = session.display.channel.core.received
        assert not await server.screen.update(pixels)
        await trio.testing.wait_all_tasks_blocked()
        assert session.display.channel.core.received == before


async def test_resizing_keeps_what_both_sizes_have() -> None:
    pixels = picture(320, 200)
    async with session_pair(size=(320, 200)) as (server, session):
        await server.screen.update(pixels)
        await shown(server, session)
        await server.screen.resize(200, 300)
        now = await shown(server, session)
        assert now.shape == (300, 200, 3)
        assert np.array_equal(now[:200], pixels[:, :200, :3]) and not now[200:].any()
        with pytest.raises(ValueError, match="200x300"):
            await server.screen.update(pixels)


async def test_parts_of_a_screen_are_monitors() -> None:
    async with session_pair(size=(320, 200)) as (server, session):
        await shown(server, session)
        await session.display.channel.wait_until(lambda: session.display.monitors)
        assert [(m.x, m.y, m.width, m.height) for m in session.display.monitors] == [(0, 0, 320, 200)]
        server.screen.arrange((0, 0, 160, 200), (160, 0, 320, 100))
        with trio.fail_after(5):
            while len(session.display.monitors) < 2:
                await trio.testing.wait_all_tasks_blocked()
        assert [(m.x, m.y, m.width, m.height) for m in session.display.monitors] == [
            (0, 0, 160, 200),
            (160, 0, 160, 100),
        ]
        for wrong in [(0, 0, 0, 10), (0, 0, 321, 10), (-1, 0, 5, 5)]:
            with pytest.raises(ValueError, match="no part of a screen of 320x200"):
                server.screen.arrange(wrong)


async def test_a_screen_that_is_added_later_is_opened() -> None:
    async with session_pair(size=[(64, 48), (48, 64)]) as (server, session):
        for number in range(2):
            await shown(server, session, number)
        screen = server.add_screen(100, 50)
        screen.fill((0, 0, 100, 50), 0xFFFFFF)
        with trio.fail_after(5):
            while len(session.displays) < 3:
                await trio.testing.wait_all_tasks_blocked()
        await shown(server, session, 2)


@pytest.mark.parametrize(
    ("pixels", "error"),
    [
        (np.zeros((10, 10), np.uint8), ValueError),
        (np.zeros((10, 10, 2), np.uint8), ValueError),
        (np.zeros((10, 10, 4), np.float32), TypeError),
        (np.zeros((10, 20, 4), np.uint8)[:, ::2], ValueError),
        ("no picture", TypeError),
    ],
    ids=["grey", "two components", "floats", "every second column", "text"],
)
async def test_what_is_no_picture_is_refused_in_words(pixels: Pixels, error: type[Exception]) -> None:
    async with spice_rs.serve(size=(64, 48)) as server:
        with pytest.raises(error):
            await server.screen.draw(pixels)


async def test_name_uuid_and_modes_are_told() -> None:
    number = uuid.uuid4()
    async with session_pair(name="a desk", uuid=number) as (server, session):
        await session.main.wait_until(lambda: session.uuid)
        assert (session.name, session.uuid) == ("a desk", number)
        assert session.mouse_mode == MouseMode.CLIENT
        assert server.clients[0].mouse_mode == MouseMode.CLIENT


async def test_keys_and_buttons_arrive_as_events() -> None:
    async with session_pair(size=(320, 200)) as (server, session):
        events = server.events()
        await shown(server, session)
        await session.keyboard.press("Ctrl_R", "Delete")
        await session.mouse.click(319, 199)
        await session.mouse.scroll(1)
        found = [await anext(events) for _ in range(9)]
        client = server.clients[0]
        assert found[:4] == [
            spice_rs.KeyDown(client, 0x1DE0, "Ctrl_R"),
            spice_rs.KeyDown(client, 0x53E0, "Delete"),
            spice_rs.KeyUp(client, 0x53E0, "Delete"),
            spice_rs.KeyUp(client, 0x1DE0, "Ctrl_R"),
        ]
        assert isinstance(found[4], spice_rs.MouseMoved) and (found[4].x, found[4].y) == (319, 199)
        assert [type(event) for event in found[5:]] == [spice_rs.MouseDown, spice_rs.MouseUp] * 2
        assert [getattr(event, "button", None) for event in found[5::2]] == [MouseButton.LEFT, MouseButton.UP]


async def test_what_a_client_holds_is_let_go_when_it_leaves() -> None:
    async with spice_rs.serve(size=(64, 48)) as server, trio.open_nursery() as nursery:
        events = server.events()
        async with spice_rs.connect(memory_opener(server, nursery)) as session:
            await shown(server, session)
            inputs = session.channels[ChannelType.INPUTS, 0]
            assert inputs is not None
            await inputs.send(spice_rs.messages.inputs.KeyDown(0x1E))
            await inputs.send(spice_rs.messages.inputs.MousePress(MouseButton.LEFT, 1))
            await inputs.drained()
            await trio.testing.wait_all_tasks_blocked()
        names = []
        with trio.fail_after(5):
            async for event in events:
                names.append(type(event).__name__)
                if isinstance(event, spice_rs.Left):
                    break
        assert names == ["Joined", "KeyDown", "MouseDown", "KeyUp", "MouseUp", "Left"]
        nursery.cancel_scope.cancel()


async def test_a_handler_lives_as_long_as_its_client() -> None:
    log: list[str] = []

    async def handler(client: spice_rs.server.Client) -> None:
        log.append(f"client {client.number}")
        try:
            await trio.sleep_forever()
        finally:
            log.append("gone")

    async with spice_rs.serve(handler=handler) as server, trio.open_nursery() as nursery:
        for _ in range(2):
            async with spice_rs.connect(memory_opener(server, nursery)):
                pass
            await trio.testing.wait_all_tasks_blocked()
        nursery.cancel_scope.cancel()
    assert log == ["client 1", "gone", "client 2", "gone"]


async def test_what_a_handler_raises_ends_the_block() -> None:
    async def handler(client: spice_rs.server.Client) -> None:
        raise KeyError("a mistake of the program")

    with pytest.raises(KeyError, match="a mistake of the program"):
        async with session_pair(handler=handler):
            await trio.sleep_forever()


async def test_passwords_let_in_who_knows_them_and_can_be_replaced(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_tickets, "FIRST_DELAY", 0.01)
    async with spice_rs.serve(password="one") as server, trio.open_nursery() as nursery:
        opener = memory_opener(server, nursery)
        with pytest.raises(AuthenticationError):
            async with spice_rs.connect(opener, password="two"):
                pass
        async with spice_rs.connect(opener, password="one"):
            server.set_password("two")
            async with spice_rs.connect(opener, password="two"):
                assert len(server.clients) == 2
        server.set_password("three", one_time=True)
        async with spice_rs.connect(opener, password="three"):
            with pytest.raises(AuthenticationError):
                async with spice_rs.connect(opener, password="three"):
                    pass
        server.set_password("four", expires_in=0)
        with pytest.raises(AuthenticationError):
            async with spice_rs.connect(opener, password="four"):
                pass
        nursery.cancel_scope.cancel()


async def test_who_comes_while_others_are_there_shares_or_takes_their_place_or_waits() -> None:
    async with spice_rs.serve(when_busy="disconnect") as server, trio.open_nursery() as nursery:
        opener = memory_opener(server, nursery)
        async with spice_rs.connect(opener) as first, spice_rs.connect(opener) as second:
            with trio.fail_after(5):
                assert isinstance(await first.wait_ended(), Disconnected)
                await shown(server, second)
        nursery.cancel_scope.cancel()
    async with spice_rs.serve(when_busy="fail") as server, trio.open_nursery() as nursery:
        opener = memory_opener(server, nursery)
        async with spice_rs.connect(opener) as first:
            with pytest.raises(AuthenticationError):
                async with spice_rs.connect(opener):
                    pass
            await shown(server, first)
        nursery.cancel_scope.cancel()


async def test_a_client_that_is_sent_away_is_told_why() -> None:
    async with session_pair() as (server, session):
        server.clients[0].disconnect(LinkErrorCode.PERMISSION_DENIED)
        with trio.fail_after(5):
            error = await session.wait_ended()
        assert isinstance(error, Disconnected) and error.reason == LinkErrorCode.PERMISSION_DENIED


async def test_leaving_the_block_says_goodbye() -> None:
    async with trio.open_nursery() as nursery:
        async with spice_rs.serve() as server:
            ready = trio.Event()
            ends: list[Exception] = []

            async def look() -> None:
                async with spice_rs.connect(memory_opener(server, nursery)) as session:
                    ready.set()
                    ends.append(await session.wait_ended())

            nursery.start_soon(look)
            await ready.wait()
        await trio.testing.wait_all_tasks_blocked()
        assert isinstance(ends[0], Disconnected) and ends[0].reason == LinkErrorCode.OK
        nursery.cancel_scope.cancel()


async def test_serve_forever_works_with_start() -> None:
    async with trio.open_nursery() as nursery:
        server = await nursery.start(spice_rs.serve_forever, spice_rs.serve("spice://127.0.0.1:0"))
        async with spice_rs.connect(server.addresses[0]) as session:
            await shown(server, session)
        nursery.cancel_scope.cancel()


@pytest.fixture
async def pointer_pair() -> AsyncIterator[tuple[Server, spice_rs.Session]]:
    async with session_pair() as pair:
        yield pair


async def test_pointer_shapes_arrive(pointer_pair: tuple[Server, spice_rs.Session]) -> None:
    server, session = pointer_pair
    shapes = [picture(16, 24, seed) for seed in range(3)]
    for shape in [*shapes, *shapes]:
        shape[:, :, 3] = 255
        server.screen.cursor(shape, hot_spot=(3, 4))
        with trio.fail_after(5):
            while (now := session.cursor.shape) is None or not np.array_equal(np.asarray(now), shape):
                await session.cursor.channel.wait_until(lambda: session.cursor.shape is not now)
        assert now.hot_spot == (3, 4)
    server.screen.cursor(None)
    with trio.fail_after(5):
        await session.cursor.channel.wait_until(lambda: not session.cursor.visible)
