"""A display channel's two ends in memory, and messages to draw with."""

from __future__ import annotations

from spice_rs import _core
from spice_rs.enums import (
    BitmapFlags,
    BitmapFormat,
    BrushType,
    ClipType,
    ImageFlags,
    ImageScaleMode,
    ImageType,
    MaskFlags,
    Ropd,
    SurfaceFlags,
    SurfaceFormat,
)
from spice_rs.limits import Limits
from spice_rs.messages import Message, display, draw, image

NO_MASK = draw.QMask(MaskFlags(0), draw.Point(0, 0), None)


class Desk:
    """A server's end that sends drawings, and a client's canvas that draws them."""

    def __init__(self, width: int = 64, height: int = 48, limits: Limits | None = None) -> None:
        self.server = _core.Channel("server", 2, 0)
        self.client = _core.Channel("client", 2, 0, limits=limits)
        self.shared = _core.Shared(limits)
        self.canvas = _core.Canvas(self.shared, limits)
        self.draw(
            display.SurfaceCreate(0, width, height, SurfaceFormat.XRGB32, SurfaceFlags.PRIMARY),
            display.Mark(),
        )

    def send(self, *messages: Message) -> None:
        for message in messages:
            self.server.send(message)
        self.client.receive(self.server.pending())

    def draw(self, *messages: Message) -> _core.Step:
        self.send(*messages)
        return self.canvas.draw(self.client)

    def frame(self, since: int = -1) -> _core.Frame:
        frame = self.canvas.frame(since=since)
        assert frame is not None
        return frame


def place(left: int, top: int, width: int, height: int) -> draw.DisplayBase:
    bounds = draw.Rect(top=top, left=left, bottom=top + height, right=left + width)
    return draw.DisplayBase(0, bounds, draw.Clip(ClipType.NONE, None))


def fill(left: int, top: int, width: int, height: int, colour: int) -> display.DrawFill:
    brush = draw.Brush(BrushType.SOLID, colour)
    return display.DrawFill(place(left, top, width, height), brush, Ropd.OP_PUT, NO_MASK)


def copy(picture: image.Image, left: int, top: int) -> display.DrawCopy:
    source = draw.Rect(0, 0, picture.height, picture.width)
    base = place(left, top, picture.width, picture.height)
    return display.DrawCopy(base, picture, source, Ropd.OP_PUT, ImageScaleMode.NEAREST, NO_MASK)


def bitmap(width: int, height: int, pixels: bytes, number: int = 1) -> image.Image:
    data = image.Bitmap(BitmapFormat.BIT32, BitmapFlags.TOP_DOWN, width, height, width * 4, None, pixels)
    return image.Image(number, ImageType.BITMAP, ImageFlags(0), width, height, data)


def coded(kind: ImageType, width: int, height: int, data: bytes, number: int = 1) -> image.Image:
    return image.Image(number, kind, ImageFlags(0), width, height, data)
