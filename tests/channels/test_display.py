"""The display's channel: big batches on threads, what is blocked, what is bounded, reports on streams."""

from __future__ import annotations

import io
import tracemalloc

import numpy as np
import pytest
import trio
from PIL import Image as Pillow
from trio.testing import MockClock, wait_all_tasks_blocked

import spice_rs
from spice_rs.channels.display import AHEAD_MAX, SMALL, DisplayServer
from spice_rs.enums import (
    BitmapFlags,
    BitmapFormat,
    ChannelType,
    ClipType,
    ImageFlags,
    ImageScaleMode,
    ImageType,
    MaskFlags,
    Ropd,
    StreamFlags,
    VideoCodecType,
)
from spice_rs.messages import base, display, draw, image
from tests.client.server import base as draw_base
from tests.client.server import fill, primary, serving

DISPLAY = ChannelType.DISPLAY
NO_MASK = draw.QMask(MaskFlags(0), draw.Point(0, 0), None)


def area(left: int, top: int, right: int, bottom: int) -> draw.Rect:
    return draw.Rect(top=top, left=left, bottom=bottom, right=right)


def copy(source: image.Image, left: int = 0, top: int = 0) -> display.DrawCopy:
    """Draw an image at a place."""
    box = area(left, top, left + source.width, top + source.height)
    whole = area(0, 0, source.width, source.height)
    return display.DrawCopy(draw_base(box), source, whole, Ropd.OP_PUT, ImageScaleMode.INTERPOLATE, NO_MASK)


def bitmap(pixels: np.ndarray[tuple[int, int, int], np.dtype[np.uint8]], number: int = 1) -> image.Image:
    """Make an uncompressed image of (height, width, 4)."""
    height, width, _ = pixels.shape
    data = image.Bitmap(
        BitmapFormat.BIT32, BitmapFlags.TOP_DOWN, width, height, 4 * width, None, pixels.tobytes()
    )
    return image.Image(number, ImageType.BITMAP, ImageFlags(0), width, height, data)


def noise(width: int, height: int, seed: int = 0) -> np.ndarray[tuple[int, int, int], np.dtype[np.uint8]]:
    pixels = np.random.default_rng(seed).integers(0, 256, (height, width, 4), np.uint8)
    pixels[:, :, 3] = 0
    return pixels


async def start(server: DisplayServer, width: int, height: int) -> None:
    for message in (primary(width, height), fill(0, 0, 0, width, height), display.Mark()):
        await server.send(message)


async def test_big_batches_show_the_same_as_small_ones() -> None:
    pixels = noise(640, 480)
    async with serving() as server, spice_rs.connect(server.open) as session:
        await start(server.display, 640, 480)
        before = await session.display.frame()
        for top in range(0, 480, 48):
            server.display.core.send(copy(bitmap(pixels[top : top + 48]), 0, top))
        server.display.core.send(fill(0xFF0000, 0, 0, 10, 10))
        server.display.flush()
        with trio.fail_after(10):
            frame = before
            while not (np.asarray(frame)[:10, :10, 2] == 255).all():
                frame = await session.display.wait_change(since=frame)
        pixels[:10, :10] = (0, 0, 255, 0)
        assert np.array_equal(np.asarray(frame)[:, :, :3], pixels[:, :, :3])
        assert len(pixels.tobytes()) > 2 * SMALL


async def test_leaving_while_a_thread_draws_is_no_trouble() -> None:
    async with serving() as server:
        async with spice_rs.connect(server.open) as session:
            await start(server.display, 640, 480)
            for number in range(20):
                server.display.core.send(copy(bitmap(noise(640, 480, number))))
            server.display.flush()
            await session.display.frame()
        assert session.display.latest is not None


async def test_a_display_that_is_held_up_stops_reading() -> None:
    offers = ((DISPLAY, 0), (DISPLAY, 1))
    async with serving(offers=offers) as server, spice_rs.connect(server.open) as session:
        second = await server.linked(DISPLAY, 1)
        await start(server.display, 640, 480)
        await session.display.frame()
        await server.display.send(base.WaitForChannels((base.WaitForChannel(DISPLAY, 1, 3),)))
        picture = copy(bitmap(noise(640, 480)))
        for _ in range(40):
            server.display.core.send(picture)
        server.display.core.send(fill(0x123456, 0, 0, 640, 480))
        server.display.flush()
        await wait_all_tasks_blocked()
        core = session.display.channel.core
        assert AHEAD_MAX < core.waiting < AHEAD_MAX + 2 * 640 * 480 * 4
        assert core.received < AHEAD_MAX + 2 * 640 * 480 * 4
        assert isinstance(second, DisplayServer)
        await start(second, 32, 32)
        with trio.fail_after(10):
            frame = await session.display.frame()
            while not (np.asarray(frame)[:, :, 0] == 0x56).all():
                frame = await session.display.wait_change(since=frame)
        assert core.waiting == 0


async def test_what_a_lone_display_waits_for_in_vain_is_given_up() -> None:
    missing = image.Image(77, ImageType.FROM_CACHE_LOSSLESS, ImageFlags(0), 8, 8, None)
    async with serving() as server, spice_rs.connect(server.open) as session:
        await start(server.display, 64, 48)
        before = await session.display.frame()
        await server.display.send(copy(missing))
        await server.display.send(fill(0xFFFFFF, 32, 32, 40, 40))
        with trio.fail_after(5):
            frame = await session.display.wait_change(since=before)
        assert session.display.failures
        assert not frame.exact and before.exact
        assert sum(session.display.counters.values()) >= 1


async def test_many_failures_keep_memory_bounded() -> None:
    missing = image.Image(77, ImageType.FROM_CACHE, ImageFlags(0), 8, 8, None)
    async with serving() as server, spice_rs.connect(server.open) as session:
        await start(server.display, 64, 48)
        await session.display.frame()

        async def fail(times: int) -> None:
            for _ in range(times):
                await server.display.send(copy(missing))
            await wait_all_tasks_blocked()

        await fail(200)
        tracemalloc.start()
        try:
            await fail(2000)
            grown, _ = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
        assert grown < 500_000
        assert len(session.display.failures) <= 16
        assert sum(session.display.counters.values()) == 2200


async def test_a_stream_is_shown_and_reported_on(autojump_clock: MockClock) -> None:
    buffer = io.BytesIO()
    Pillow.new("RGB", (64, 48), (200, 40, 90)).save(buffer, "JPEG", quality=95)
    whole = area(0, 0, 64, 48)
    async with serving() as server, spice_rs.connect(server.open) as session:
        await start(server.display, 64, 48)
        before = await session.display.frame()
        await server.display.send(
            display.StreamCreate(
                0, 5, StreamFlags.TOP_DOWN, VideoCodecType.MJPEG, 0, 64, 48, 64, 48, whole,
                draw.Clip(ClipType.NONE, None),
            )
        )  # fmt: skip
        await server.display.send(display.StreamActivateReport(5, 9, 3, 1000))
        for number in range(4):
            await server.display.send(display.StreamData(5, 1000 + 40 * number, buffer.getvalue()))
            await trio.sleep(0.1)
        frame = await session.display.wait_change(since=before)
        blue, green, red, _ = (int(value) for value in np.asarray(frame)[24, 32])
        assert abs(red - 200) < 6 and abs(green - 40) < 6 and abs(blue - 90) < 6
        await trio.sleep(1)
        assert [report.unique_id for report in server.display.reports][:1] == [9]


@pytest.mark.parametrize("number", [0, 63])
async def test_what_belongs_to_no_stream_is_counted_and_drawing_goes_on(number: int) -> None:
    async with serving() as server, spice_rs.connect(server.open) as session:
        await start(server.display, 64, 48)
        before = await session.display.frame()
        await server.display.send(display.StreamData(number, 0, b"no stream"))
        await server.display.send(fill(0xFF, 0, 0, 8, 8))
        await session.display.wait_change(since=before)
        assert session.display.failures


async def test_changes_are_announced_at_once_after_a_pause() -> None:
    async with serving() as server, spice_rs.connect(server.open) as session:
        await start(server.display, 64, 48)
        frames = session.display.frames()
        await anext(frames)
        for number in range(3):
            await trio.sleep(0.02)
            await server.display.send(fill(number + 1, 0, 0, 64, 48))
            await wait_all_tasks_blocked()
            sent = trio.current_time()
            await anext(frames)
            assert trio.current_time() - sent < 0.5
