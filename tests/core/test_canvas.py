"""The canvas as Python sees it: steps, frames that never change, failures that cost one message."""

from __future__ import annotations

import io
import os
import threading
import time
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from spice_rs import _core
from spice_rs.enums import ChannelType, ImageType
from spice_rs.errors import DecodeError, LimitExceeded, RemoteProtocolError
from spice_rs.limits import Limits
from spice_rs.messages import base, display, image

from .pictures import Desk, bitmap, coded, copy, fill


def test_nothing_to_see_before_a_surface() -> None:
    canvas = _core.Canvas(_core.Shared())
    assert canvas.frame() is None
    assert (canvas.ready, canvas.version, canvas.surfaces, canvas.damage(-1)) == (False, -1, [], [])


def test_a_frame_is_a_view_that_never_changes() -> None:
    desk = Desk()
    desk.draw(fill(0, 0, 64, 48, 0x102030), fill(3, 2, 1, 1, 0xFF8040))
    frame = desk.frame()
    pixels = np.asarray(frame)
    assert (pixels.shape, pixels.dtype, pixels.flags.writeable) == ((48, 64, 4), np.uint8, False)
    assert not pixels.flags.owndata
    assert pixels[2, 3, :3].tolist() == [0x40, 0x80, 0xFF]
    desk.draw(fill(0, 0, 64, 48, 0))
    assert pixels[2, 3, :3].tolist() == [0x40, 0x80, 0xFF]
    assert not np.asarray(desk.frame())[..., :3].any()
    assert frame.version < desk.frame().version


def test_the_view_outlives_the_frame_and_the_canvas() -> None:
    desk = Desk()
    desk.draw(fill(0, 0, 64, 48, 0x00FF00))
    view = memoryview(desk.frame())
    del desk
    assert view.shape == (48, 64, 4)
    assert view[47, 63, 1] == 255


def test_a_picture_is_not_written_to_nor_taken_column_first() -> None:
    frame = Desk().frame()
    with pytest.raises(TypeError):
        memoryview(frame)[0, 0, 0] = 1  # type: ignore[index]
    with pytest.raises(TypeError):
        io.BytesIO(b"123").readinto(frame)  # type: ignore[arg-type]
    assert bytes(frame) == bytes(64 * 48 * 4)
    assert np.asfortranarray(frame).shape == (48, 64, 4)


def test_damage_since_the_frame_before() -> None:
    desk = Desk()
    before = desk.frame()
    assert before.damage == [(0, 0, 64, 48)]
    desk.draw(fill(5, 6, 7, 8, 1))
    assert desk.canvas.damage(before.version) == [(5, 6, 12, 14)]
    after = desk.frame(since=before.version)
    assert after.damage == [(5, 6, 12, 14)]
    assert desk.frame(since=after.version).damage == []


def test_same_looks_at_colours_in_a_region() -> None:
    desk = Desk()
    first = desk.frame()
    desk.draw(copy(bitmap(1, 1, b"\0\0\0\xff"), 0, 0))
    unused_byte = desk.frame()
    assert first.same(unused_byte)
    desk.draw(fill(10, 10, 2, 2, 0xFF))
    second = desk.frame()
    assert not first.same(second)
    assert first.same(second, (0, 0, 10, 48))
    assert not first.same(second, (11, 11, 100, 100))
    assert first.same(second, (-5, -5, 0, 0))


def test_pictures_for_others() -> None:
    desk = Desk()
    desk.draw(fill(0, 0, 64, 48, 0x102030))
    frame = desk.frame()
    rgb = np.asarray(frame.rgb())
    assert (rgb.shape, rgb[0, 0].tolist()) == ((48, 64, 3), [0x10, 0x20, 0x30])
    assert np.array_equal(np.asarray(Image.open(io.BytesIO(frame.png()))), rgb)
    assert frame._repr_png_() == frame.png()


@pytest.mark.parametrize("quality", [30, 85, 100])
@pytest.mark.parametrize("size", [(1, 1), (64, 48), (37, 21), (150, 97)])
def test_jpeg_is_as_near_the_picture_as_libjpeg_makes_it(size: tuple[int, int], quality: int) -> None:
    width, height = size
    y, x = np.mgrid[0:height, 0:width]
    wave = 128 + 90 * np.sin(x / 9 + y / 7)
    pixels = np.stack([x * 255 // width, y * 255 // height, wave, x * 0], 2).astype(np.uint8)
    rgb = np.ascontiguousarray(pixels[..., 2::-1])
    screen = _core.Screen(width, height)
    screen.draw(pixels)
    theirs = io.BytesIO()
    Image.fromarray(rgb).save(theirs, "JPEG", quality=quality, subsampling="4:2:0")

    def error(file: io.BytesIO) -> float:
        shown = Image.open(file)
        assert (shown.format, shown.mode, shown.size) == ("JPEG", "RGB", size)
        return float(np.sqrt(((np.asarray(shown, np.float64) - rgb) ** 2).mean()))

    assert error(io.BytesIO(screen.frame().jpeg(quality))) < 1.05 * error(theirs) + 0.1


def test_jpeg_wants_a_quality() -> None:
    frame = _core.Screen(8, 8).frame()
    assert frame.jpeg() == frame.jpeg(85) != frame.jpeg(quality=84)
    for quality in (0, 101):
        with pytest.raises(ValueError, match="from 1 to 100"):
            frame.jpeg(quality)


def test_messages_that_are_not_drawing_come_out_in_their_turn() -> None:
    desk = Desk()
    step = desk.draw(
        fill(0, 0, 1, 1, 1),
        base.Notify(1, base.NotifySeverity.INFO, base.NotifyVisibility.LOW, 0, "hm"),
        fill(1, 1, 1, 1, 2),
    )
    assert step.packet is not None
    assert (step.drawn, step.packet.name, step.packet.serial) == (2, "Notify", 4)
    assert desk.client.waiting
    last = desk.canvas.draw(desk.client)
    assert (last.drawn, last.packet, desk.client.waiting) == (1, None, 0)
    assert np.asarray(desk.frame())[1, 1, 0] == 2


def test_a_failure_costs_one_message() -> None:
    desk = Desk()
    desk.server.send_raw(304, b"too short")
    step = desk.draw(
        copy(coded(ImageType.QUIC, 8, 8, b"not quic"), 0, 0),
        copy(image.Image(77, ImageType.FROM_CACHE, image.ImageFlags(0), 8, 8, None), 0, 0),
        fill(0, 0, 1, 1, 7),
    )
    unreadable, undecodable, missing = step.failures
    assert type(unreadable) is type(undecodable) is DecodeError
    assert (unreadable.channel, unreadable.message, unreadable.field) == (
        "display",
        "DrawCopy",
        "base.bounds.left",
    )
    assert (undecodable.channel, undecodable.message) == ("display", "DrawCopy")
    assert type(missing) is RemoteProtocolError
    assert desk.canvas.counters == {"unreadable": 1, "quic": 1, "cache": 1}
    assert step.drawn == 4
    frame = desk.frame()
    assert np.asarray(frame)[0, 0, 0] == 7
    assert not frame.exact


def test_many_failures_are_counted_and_some_are_kept() -> None:
    desk = Desk()
    for _ in range(100):
        desk.server.send_raw(304, b"too short")
    step = desk.draw()
    assert (step.drawn, len(step.failures)) == (100, 64)
    assert desk.canvas.counters == {"unreadable": 100}


def test_limits_of_the_canvas() -> None:
    desk = Desk(limits=Limits(pixels=64 * 48))
    (failure,) = desk.draw(copy(coded(ImageType.QUIC, 65, 48, b"x"), 0, 0)).failures
    assert type(failure) is LimitExceeded


def test_blocked_on_serials_of_another_channel() -> None:
    desk = Desk()
    wait = base.WaitForChannel(ChannelType.DISPLAY, 1, 5)
    serial = desk.client.serial
    step = desk.draw(display.InvalAllPixmaps((wait,)), fill(0, 0, 1, 1, 9))
    assert step.blocked is not None
    assert (step.blocked.serials, step.blocked.glz_image, step.blocked.lossless_image) == (
        [(2, 1, 5)],
        None,
        None,
    )
    # What is blocked has not been processed, so no other channel may go on because of it.
    assert desk.client.serial == serial
    assert desk.canvas.draw(desk.client).drawn == 1
    assert desk.client.serial == serial + 2


def test_giving_up_what_is_blocked() -> None:
    desk = Desk()
    wait = base.WaitForChannel(ChannelType.DISPLAY, 1, 5)
    assert desk.draw(display.InvalAllPixmaps((wait,)), fill(0, 0, 1, 1, 9)).blocked
    desk.canvas.give_up("display 1 is gone")
    step = desk.canvas.draw(desk.client)
    (failure,) = step.failures
    assert "display 1 is gone" in str(failure)
    assert step.drawn == 1


def test_a_stream_without_sense_is_the_end() -> None:
    desk = Desk()
    desk.send(fill(0, 0, 1, 1, 5))
    desk.client.receive(b"\x30\x01\xff\xff\xff\xff")
    for _ in range(2):
        with pytest.raises(LimitExceeded):
            desk.canvas.draw(desk.client)
    assert np.asarray(desk.frame())[0, 0, 0] == 5


def test_frames_while_somebody_draws() -> None:
    """A reader on another thread gets whole frames, never waits for a batch, and nobody deadlocks."""
    desk = Desk(640, 480)
    for number in range(3000):
        desk.server.send(fill(0, 0, 640, 480, number))
    desk.client.receive(desk.server.pending())
    drawing = threading.Thread(target=desk.canvas.draw, args=(desk.client,))
    drawing.start()
    going_on = True
    while going_on:
        going_on = drawing.is_alive()
        pixels = np.asarray(desk.frame())
        assert (pixels == pixels[0, 0]).all()
        time.sleep(0)
    drawing.join()
    assert int.from_bytes(np.asarray(desk.frame())[0, 0, :3].tobytes(), "little") == 2999


def jpeg(seed: int, width: int = 400, height: int = 300) -> image.Image:
    """A picture whose file is long enough to be worth a thread."""
    file = io.BytesIO()
    noise = np.random.default_rng(seed).integers(0, 256, (height, width, 3), np.uint8)
    Image.fromarray(noise).save(file, "JPEG", quality=90)
    assert len(file.getvalue()) > 64 << 10
    return coded(ImageType.JPEG, width, height, file.getvalue(), seed)


def test_images_decoded_at_once_are_drawn_in_order() -> None:
    messages = [
        message
        for number in range(12)
        for message in (
            copy(jpeg(number), number * 20, number * 10),
            fill(number * 21, number * 11, 50, 40, number),
        )
    ]
    messages.insert(9, copy(coded(ImageType.JPEG, 400, 300, b"no jpeg" * 9000), 0, 0))
    together, alone = Desk(640, 480), Desk(640, 480)
    step = together.draw(*messages)
    failures = [failure for message in messages for failure in alone.draw(message).failures]
    assert step.drawn == len(messages)
    assert [str(failure) for failure in step.failures] == [str(failure) for failure in failures]
    assert np.array_equal(np.asarray(together.frame()), np.asarray(alone.frame()))


@pytest.mark.skipif(os.cpu_count() == 1, reason="one processor decodes one image at a time")
@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="the names of threads are read from /proc")
def test_threads_that_decode_have_names() -> None:
    Desk(640, 480).draw(*(copy(jpeg(number), 0, 0) for number in range(4)))
    names = {file.read_text().strip() for file in Path("/proc/self/task").glob("*/comm")}
    assert any(name.startswith("spice-decode") for name in names)
