"""The served picture: what a view sends through a channel is what a canvas shows."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest

from spice_rs import _core
from spice_rs.enums import ChannelType

Pixels = npt.NDArray[np.uint8]


class Client:
    """A view and a canvas with nothing but memory between them."""

    def __init__(self, screen: _core.Screen) -> None:
        self.view = _core.View(screen, monitors=True)
        self.server = _core.Channel("server", ChannelType.DISPLAY, 0)
        self.client = _core.Channel("client", ChannelType.DISPLAY, 0)
        self.canvas = _core.Canvas(_core.Shared())
        self.bytes = 0

    def catch_up(self) -> Pixels:
        while True:
            shown = self.view.step(self.server, now=0.0, budget=1 << 20)
            data = self.server.pending()
            self.bytes += len(data)
            self.client.receive(data)
            step = self.canvas.draw(self.client)
            assert step.failures == ()
            assert step.packet is None
            self.server.receive(self.client.pending())
            if not shown.more and shown.sent == 0:
                break
        frame = self.canvas.frame()
        assert frame is not None
        return np.asarray(frame)[:, :, :3]


def noise(height: int, width: int, depth: int = 4) -> Pixels:
    return np.random.default_rng(7).integers(0, 256, (height, width, depth), dtype=np.uint8)


def test_a_drawn_array_is_what_the_client_shows() -> None:
    screen = _core.Screen(320, 200)
    client = Client(screen)
    pixels = noise(200, 320)
    assert screen.draw(pixels)
    assert np.array_equal(client.catch_up(), pixels[:, :, :3])
    assert np.array_equal(np.asarray(screen.frame())[:, :, :3], pixels[:, :, :3])
    client.bytes = 0
    assert not screen.draw(pixels.copy())
    client.catch_up()
    assert client.bytes == 0


@pytest.mark.parametrize("depth", [3, 4])
def test_rows_may_stand_anywhere(depth: int) -> None:
    screen = _core.Screen(320, 200)
    client = Client(screen)
    whole = noise(300, 500, depth)
    pixels = whole[250:50:-1, 30:350]
    assert screen.draw(pixels)
    assert np.array_equal(client.catch_up(), pixels[:, :, :3])


def test_what_lies_outside_is_left_out() -> None:
    screen = _core.Screen(100, 100)
    pixels = noise(50, 50)
    assert screen.draw(pixels, -20, 80)
    assert not screen.draw(pixels, 100, 0)
    assert np.array_equal(Client(screen).catch_up()[80:, :30], pixels[:20, 20:, :3])


def test_fills_copies_and_sizes() -> None:
    screen = _core.Screen(100, 100)
    client = Client(screen)
    assert screen.fill(10, 10, 30, 30, 0x112233)
    assert not screen.fill(10, 10, 30, 30, 0x112233)
    screen.copy(10, 10, 30, 30, 50, 60)
    assert client.catch_up()[70, 55].tolist() == [0x33, 0x22, 0x11]
    screen.resize(120, 90)
    assert screen.size == (120, 90)
    assert client.catch_up().shape == (90, 120, 3)


@pytest.mark.parametrize("shape", [(10, 10), (10, 10, 2), (0, 10, 4), (10, 0, 3), (10, 10, 4, 1)])
def test_another_shape_is_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="uint8, blue first"):
        _core.Screen(10, 10).draw(np.zeros(shape, dtype=np.uint8))


def test_columns_must_be_dense_and_bytes_must_be_bytes() -> None:
    screen = _core.Screen(10, 10)
    with pytest.raises(ValueError, match="each row dense"):
        screen.draw(noise(10, 20)[:, ::2])
    with pytest.raises(TypeError, match="uint8"):
        screen.draw(np.zeros((10, 10, 4), dtype=np.float32))
    with pytest.raises(TypeError, match="uint8"):
        screen.draw(object())  # type: ignore[arg-type]


def test_an_impossible_size_is_refused() -> None:
    with pytest.raises(ValueError, match="0x10"):
        _core.Screen(0, 10)
    with pytest.raises(ValueError, match="40000x10"):
        _core.Screen(10, 10).resize(40000, 10)
