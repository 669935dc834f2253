"""The display as programs see it: the newest picture, and ways to wait for another one.

There is one picture and no queue: who is slow sees fewer pictures, never older ones.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Self

import trio

from .._core import Frame
from ..channels.display import DisplayClient

Region = tuple[int, int, int, int]
"""Left, top, right and bottom, the last two exclusive."""


@dataclass(frozen=True, slots=True)
class Monitor:
    """Which part of the picture one monitor shows."""

    id: int
    x: int
    y: int
    width: int
    height: int


class Display:
    """One display of a session.

    What waits raises `Disconnected` when the display is over; `latest` goes on showing what had come until then.

    Attributes:
        id: its channel's id; 0 for the first.
        channel: the protocol level below.
    """

    def __init__(self, channel: DisplayClient) -> None:
        self.channel = channel
        self.id = channel.id
        self._canvas = channel.canvas

    @property
    def latest(self) -> Frame | None:
        """The picture as it is now, complete or not, also after the end; None while there is none at all."""
        return self._canvas.frame()

    @property
    def ready(self) -> bool:
        """Whether there is a complete picture."""
        return self._canvas.ready

    @property
    def size(self) -> tuple[int, int] | None:
        """Width and height; None while there is no picture."""
        for _id, width, height, _format, primary in self._canvas.surfaces:
            if primary:
                return width, height
        return None

    @property
    def exact(self) -> bool:
        """Whether everything that the server drew was drawn; `counters` says what was not."""
        frame = self.latest
        return frame is None or frame.exact

    @property
    def monitors(self) -> tuple[Monitor, ...]:
        """The monitors that share this display, as the server described them; empty if it did not."""
        return tuple(
            Monitor(number, x, y, width, height)
            for number, _surface, width, height, x, y, _flags in self._canvas.monitors
        )

    @property
    def counters(self) -> Mapping[str, int]:
        """What could not be drawn, by name, with how often."""
        return self._canvas.counters

    @property
    def failures(self) -> Sequence[Exception]:
        """Why images could not be drawn: the newest errors."""
        return tuple(self.channel.failures)

    async def frame(self) -> Frame:
        """Return the picture as it is now; wait for the first complete one.

        Where there is one already, this returns without letting other tasks run.

        Raises:
            SpiceError: the display is over.
        """
        await trio.lowlevel.checkpoint_if_cancelled()
        self.channel.check()
        frame = self._canvas.frame() if self._canvas.ready else None
        while frame is None:
            await self.channel.wait_until(lambda: self._canvas.ready)
            frame = self._canvas.frame()
        return frame

    def frames(self) -> Frames:
        """Return the pictures one after the other, the newest each time.

        The first comes at once, if there is one; each later one as soon as something has changed. A frame's `damage` is what
        has changed since the reader's last one::

            async with session.display.frames() as frames:
                async for frame in frames:
                    print(frame.damage)
        """
        return Frames(self)

    async def wait_stable(self, *, quiet: float) -> Frame:
        """Return the picture once it has not changed for `quiet` seconds, counted from this call at the earliest.

        A text cursor that blinks is a change.

        Raises:
            SpiceError: the display is over.
        """
        await self.frame()
        start = trio.current_time()
        while True:
            until = max(start, self.channel.changed_at) + quiet
            if until <= trio.current_time():
                if self.channel.at_rest:
                    return await self.frame()
                # A picture is on its way, and will be a change.
                start = trio.current_time()
                continue
            with trio.move_on_at(until):
                await self.channel.wait_ended()
            self.channel.check()

    async def wait_change(self, *, region: Region | None = None, since: Frame | None = None) -> Frame:
        """Return the picture once it looks different, in a region or anywhere.

        Arguments:
            region: left, top, right, bottom; None for the whole picture.
            since: the picture to compare with; by default the one at the time of the call. Take it before doing what is to
                have an effect, so that a quick effect is not missed.

        Raises:
            SpiceError: the display is over.
        """
        before = since or await self.frame()
        seen = before.version
        while True:
            await self.wait_version(seen)
            frame = await self._since(seen)
            if frame.size != before.size or any(
                not before.same(frame, part) for part in _parts(frame.damage, region)
            ):
                return await self._since(before.version)
            seen = frame.version

    async def wait_version(self, seen: int) -> None:
        """Wait until there is a complete picture of another version than `seen`.

        Raises:
            SpiceError: the display is over.
        """
        await self.channel.wait_until(lambda: self.has_other(seen))

    def has_other(self, seen: int) -> bool:
        """Whether there is a complete picture of another version than `seen`."""
        version, ready = self._canvas.state
        return ready and version != seen

    async def _since(self, version: int) -> Frame:
        frame = self._canvas.frame(None, version)
        return frame if frame is not None else await self.frame()

    def __repr__(self) -> str:
        size = self.size
        state = "over" if self.channel.ended else "no picture yet" if not self.ready else ""
        words = [f"{size[0]}x{size[1]}" if size else "", state]
        return f"<Display {self.id}{''.join(f', {word}' for word in words if word)}>"


class Frames:
    """The pictures of a display, as `Display.frames` describes them."""

    def __init__(self, display: Display) -> None:
        self._display = display
        self._seen = -1

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        return None

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Frame:
        self._display.channel.check()
        if self._display.has_other(self._seen):
            await trio.lowlevel.checkpoint()
        else:
            await self._display.wait_version(self._seen)
        frame = await self._display._since(self._seen)
        self._seen = frame.version
        return frame


def _parts(damage: Sequence[Region], region: Region | None) -> list[Region]:
    """Return what of the damage lies in a region."""
    if region is None:
        return list(damage)
    left, top, right, bottom = region
    cut = [(max(left, a), max(top, b), min(right, c), min(bottom, d)) for a, b, c, d in damage]
    return [(a, b, c, d) for a, b, c, d in cut if a < c and b < d]
