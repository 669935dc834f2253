"""The pointer as Python sees it."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from spice_rs import _core
from spice_rs.enums import CursorFlags, CursorType
from spice_rs.errors import DecodeError
from spice_rs.messages import Message, base, cursor, draw


def packet(message: Message) -> _core.Packet:
    server, client = _core.Channel("server", 4, 0), _core.Channel("client", 4, 0)
    server.send(message)
    client.receive(server.pending())
    received = client.next()
    assert received is not None
    return received


def shape(data: bytes, *, kind: CursorType = CursorType.ALPHA) -> cursor.Cursor:
    return cursor.Cursor(CursorFlags(0), cursor.CursorShape(1, kind, 2, 2, 1, 0, data))


def test_shape_place_and_visibility() -> None:
    pointer = _core.Pointer()
    assert (pointer.visible, pointer.shape) == (False, None)
    assert pointer.apply(packet(cursor.Init(draw.Point16(5, -6), 0, 0, 1, shape(bytes(range(16))))))
    assert (pointer.visible, pointer.position) == (True, (5, -6))
    seen = pointer.shape
    assert seen is not None
    assert seen is pointer.shape
    assert (seen.width, seen.height, seen.hot_spot, seen.inverts) == (2, 2, (1, 0), False)
    pixels = np.asarray(seen)
    assert (pixels.shape, pixels.dtype, pixels.flags.writeable) == ((2, 2, 4), np.uint8, False)
    assert Image.open(io.BytesIO(seen.png())).size == (2, 2)
    assert pointer.apply(packet(cursor.Move(draw.Point16(7, 8))))
    assert pointer.position == (7, 8)
    assert pointer.shape is seen
    assert pointer.apply(packet(cursor.Hide()))
    assert not pointer.visible


def test_what_is_no_cursor_message() -> None:
    notify = base.Notify(1, base.NotifySeverity.INFO, base.NotifyVisibility.LOW, 0, "hm")
    assert not _core.Pointer().apply(packet(notify))


def test_shape_that_cannot_be_read() -> None:
    pointer = _core.Pointer()
    with pytest.raises(DecodeError) as caught:
        pointer.apply(packet(cursor.Set(draw.Point16(1, 2), 1, shape(b"short"))))
    assert (caught.value.channel, caught.value.message) == ("cursor", "Set")
    assert pointer.position == (1, 2)
