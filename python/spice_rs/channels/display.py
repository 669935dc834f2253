"""Display: pictures come from the server, and go from the socket to the canvas without Python touching a pixel (protocol.md 2.3).

On a socket, a thread receives and draws (`_pump.py`). On any other stream small batches are drawn at once by the reader; big ones
by a task of their own in a worker thread, while the reader goes on receiving; it stops when `AHEAD_MAX` bytes of whole messages
wait, and the server's ACK window does the rest.

The server's half has a thread of its own on a socket as well (`_feed.py`), and steps in a task on any other stream.

The file is long because both halves of a conversation are one thing.
"""

from __future__ import annotations

import logging
import math
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

import trio

from .. import _core
from ..enums import ChannelType, DisplayCap, ImageCompression
from ..errors import RemoteProtocolError, SpiceError
from ..limits import Limits
from ..messages import Message, base, display
from ._base import Channel, Handler, Surroundings, ignored
from ._feed import Feed
from ._pump import BREATH, Pump

SMALL = 16 << 10
"""Bytes of waiting messages up to which drawing at once is cheaper than a worker thread (design.md 3.7)."""

AHEAD_MAX = 16 << 20
"""Bytes of whole messages that may wait while others are being drawn: two uncompressed 1080p frames."""

REPORT_PAUSE = 0.05
"""Seconds between two looks whether a stream report is due."""

FAILURES_KEPT = 16

CACHE_ID = 1
"""All displays of a session name the same caches, and so share them."""

in_rust = ignored
"""Stands in the table for a message that `_core.Canvas` has taken before it gets there."""


@dataclass(slots=True)
class Workshop:
    """What the displays of one session share: the caches, and the worker threads that draw."""

    limits: Limits = field(default_factory=Limits)
    shared: _core.Shared = field(init=False)
    threads: trio.CapacityLimiter = field(default_factory=lambda: trio.CapacityLimiter(2))

    def __post_init__(self) -> None:
        self.shared = _core.Shared(self.limits)


class DisplayClient(Channel, kind=ChannelType.DISPLAY, role="client", receives=display.FROM_SERVER):
    """The client's end.

    Attributes:
        canvas: the surfaces.
        changed_at: Trio's time of the last change of the picture.
        failures: why images could not be drawn: the newest errors.
        media_time: the session's media clock in milliseconds.
    """

    capabilities = (
        DisplayCap.SIZED_STREAM,
        DisplayCap.MONITORS_CONFIG,
        DisplayCap.A8_SURFACE,
        DisplayCap.STREAM_REPORT,
        DisplayCap.LZ4_COMPRESSION,
        DisplayCap.MULTI_CODEC,
        DisplayCap.CODEC_MJPEG,
    )

    def __init__(
        self,
        channel_id: int = 0,
        surroundings: Surroundings | None = None,
        *,
        workshop: Workshop | None = None,
        compression: ImageCompression | None = None,
        media_time: Callable[[], int] = lambda: 0,
    ) -> None:
        super().__init__(channel_id, surroundings)
        self._workshop = workshop or Workshop(self.surroundings.limits)
        self._compression = compression
        self.media_time = media_time
        self.canvas = _core.Canvas(self._workshop.shared, self.surroundings.limits)
        self.changed_at = 0.0
        self.failures: deque[Exception] = deque(maxlen=FAILURES_KEPT)
        self._version = self.canvas.version
        self._ready = False
        self._busy = False
        self._obstacle: _core.Blocked | base.WaitForChannels | None = None
        self._drawer = trio.lowlevel.ParkingLot()
        self._drawn = trio.lowlevel.ParkingLot()
        self._reported_at = 0.0
        self._announcer = trio.lowlevel.ParkingLot()
        self._announced_at = 0.0
        self._pump: Pump | None = None

    @property
    def takes_compression(self) -> bool:
        """Whether the server understands PREFERRED_COMPRESSION."""
        return self.linked is not None and DisplayCap.PREF_COMPRESSION in self.linked.channel

    @property
    def at_rest(self) -> bool:
        """Whether nothing has come that is not on the canvas yet."""
        pumping = self._pump is not None and self._pump.busy
        return not (pumping or self._busy or self.core.waiting or self.core.partial)

    def on_start(self) -> None:
        """Name the caches, without which the server sends nothing."""
        limits = self.surroundings.limits
        self.post(display.Init(CACHE_ID, limits.cache_pixels, CACHE_ID, limits.glz_window_pixels))
        if self._compression is not None and self.takes_compression:
            self.post(display.PreferredCompression(self._compression))

    def on_end(self) -> None:
        """Wake the tasks that draw, and the one that waits for the pump."""
        self._drawn.unpark_all()
        if self._pump is not None:
            self._pump.wake()

    def changed(self) -> None:
        """Let `wait_until` look again."""
        super().changed()
        if self._pump is not None:
            self._pump.wake()

    async def wait(self) -> None:
        """Wait for a change: the first who does waits for the pump itself, and tells the others."""
        pump = self._pump
        if pump is None or pump.awaited:
            await super().wait()
            return
        try:
            await pump.wait()
        finally:
            # One of the others may have to go on in its place.
            super().changed()
            if self.ended is None:
                self._look()

    def tasks(self) -> Iterable[Callable[[], Any]]:
        """Add those that draw big batches, and announce changes in a burst; on a socket the pump does both."""
        if self._socket is not None:
            return super().tasks()
        return *super().tasks(), self._draw, self._announce_later

    async def _read(self) -> None:
        if self._socket is None:
            return await super()._read()
        self._pump = Pump(self._socket, self.core, self.canvas, announce=self._look)
        async with trio.open_nursery() as nursery:
            nursery.start_soon(self._socket.stop_reading_when_cancelled)
            nursery.start_soon(self._pump.hear)
            while True:
                await self._attend(await self._pumped(self._pump))

    async def _pumped(self, pump: Pump) -> _core.Step:
        try:
            step = await pump.run()
        except OSError as error:
            if isinstance(error, SpiceError):
                raise
            raise self._broken(error) from error
        if step is None:
            self._look()
            self._raise_end_of_stream()
        return step

    async def _attend(self, step: _core.Step) -> None:
        """Do what a step needs that the thread cannot do."""
        self._done(step)
        await self._overcome_obstacle()
        await self._flushed()

    async def take(self) -> None:
        """Draw what has come, or leave it to the task that draws."""
        if not self.core.waiting:
            return
        if not self._busy and self.core.waiting <= SMALL:
            self._draw_small()
        else:
            self._busy = True
            self._drawer.unpark()
        while self._busy and self.core.waiting > AHEAD_MAX:
            await self._drawn.park()

    def _draw_small(self) -> None:
        """Draw until nothing waits, or something is in the way; then the task that draws takes over."""
        while not self._done(self.canvas.draw(self.core)):
            if self._obstacle is not None:
                self._busy = True
                self._drawer.unpark()
                return

    async def _draw(self) -> None:
        while True:
            while not self._busy:
                await self._drawer.park()
            await self._overcome_obstacle()
            if self._done(await self._step()):
                self._busy = bool(self.core.waiting)
            self.flush()
            self._drawn.unpark_all()

    async def _step(self) -> _core.Step:
        if self.core.waiting <= SMALL:
            return self.canvas.draw(self.core)
        return await trio.to_thread.run_sync(self.canvas.draw, self.core, limiter=self._workshop.threads)

    def _done(self, step: _core.Step) -> bool:
        """Take note of a step; return whether nothing is left to be done before more has come."""
        self._note(step)
        self._obstacle = step.blocked
        if step.packet is not None:
            message = step.packet.message
            if isinstance(message, base.WaitForChannels):
                self._obstacle = message
            else:
                self.dispatch(message)
        return step.packet is None and step.blocked is None

    async def _overcome_obstacle(self) -> None:
        if self._obstacle is not None:
            await self._overcome(self._obstacle)
            self._obstacle = None

    async def _overcome(self, obstacle: _core.Blocked | base.WaitForChannels) -> None:
        """Wait for what the next message lacks, or give it up when that cannot come any more."""
        if isinstance(obstacle, base.WaitForChannels):
            await self.wait_for_channels(obstacle)
        elif obstacle.serials:
            wanted = [((kind, number), serial) for kind, number, serial in obstacle.serials]
            await self.surroundings.progress.reach(self.key, wanted)
        elif not await self.surroundings.progress.another_display(self.key):
            self.canvas.give_up("no other display is left that could bring the image it refers to")

    def _note(self, step: _core.Step) -> None:
        """Tell everybody how far this step came."""
        for failure in step.failures:
            # A server that only sends rubbish shall not fill the log too.
            level = logging.WARNING if len(self.failures) < FAILURES_KEPT else logging.DEBUG
            self.log.log(level, "%s: %s", self.name, failure)
            self.failures.append(failure)
        self._look()

    def _look(self) -> None:
        """See whether the picture has changed, and tell everybody."""
        self.processed()
        version, ready = self.canvas.state
        if version != self._version or ready != self._ready:
            if ready != self._ready:
                self._announced_at = 0.0
            self._version, self._ready = version, ready
            self.changed_at = trio.current_time()
            self._announce()
            self._report()

    def _announce(self) -> None:
        """Wake who waits for a change: at once after a pause, and not before `BREATH` is over in a burst."""
        if self._pump is not None or self.changed_at - self._announced_at >= BREATH:
            self._announced_at = self.changed_at
            self.changed()
        elif self.is_awaited:
            self._announcer.unpark()

    async def _announce_later(self) -> None:
        while True:
            await self._announcer.park()
            await trio.sleep_until(self._announced_at + BREATH)
            self._announced_at = trio.current_time()
            self.changed()

    def _report(self) -> None:
        """Send the stream reports that are due. Frames make them due, so this is called when something was drawn."""
        if self.changed_at - self._reported_at >= REPORT_PAUSE:
            self._reported_at = self.changed_at
            for message in self.canvas.stream_reports(self.media_time()):
                self.post(message)

    handlers: ClassVar[Mapping[type[Message], Handler]] = dict.fromkeys(display.FROM_SERVER.values(), in_rust)


WINDOW = 20
"""Messages after which a client acknowledges; at most twice as many are under way (protocol.md 1.9)."""

BUDGET = 1 << 20
"""Bytes that are encoded before they are sent: the next ones are newer."""

SEND_AHEAD = 1 << 18
"""Bytes that may wait for the client while more is encoded, so that neither side waits for the other."""

RATE_PAUSE = 0.1
"""Seconds between two looks at what the line carries."""

INLINE_PIXELS = 1 << 14
"""Pixels that are encoded at once; more go to a worker thread, as Trio's must not stand still for a millisecond."""


class DisplayServer(Channel, kind=ChannelType.DISPLAY, role="server", receives=display.FROM_CLIENT):
    """The server's end: it shows a screen, as fast as the client takes it, and always the newest picture.

    Attributes:
        init: the caches that the client named; None until it did.
        compression: what the client prefers; None if it said nothing.
        view: what the client has been shown; None before it named its caches, and where the channel was given no `view` to open.
    """

    capabilities = (DisplayCap.MONITORS_CONFIG, DisplayCap.PREF_COMPRESSION, DisplayCap.STREAM_REPORT)

    def __init__(
        self,
        channel_id: int = 0,
        surroundings: Surroundings | None = None,
        *,
        view: Callable[[DisplayServer], _core.View] | None = None,
        init_within: float = math.inf,
    ) -> None:
        super().__init__(channel_id, surroundings)
        self.init: display.Init | None = None
        self._init_within = init_within
        self.compression: ImageCompression | None = None
        self.reports: deque[display.StreamReport] = deque(maxlen=FAILURES_KEPT)
        self.view: _core.View | None = None
        self._open_view = view
        self._stale = True
        self._more = True
        self._exact = False
        self._learned_at = -math.inf
        self._shown = trio.lowlevel.ParkingLot()
        self._feed: Feed | None = None

    def on_start(self) -> None:
        """Ask for acknowledgements, which are what says that a client keeps up."""
        if self._open_view is not None:
            self.post(base.SetAck(1, WINDOW))

    def look(self) -> None:
        """Show what has changed on the screen, when the client is ready for it."""
        if self._feed is not None:
            self._learn_rate()
            self._feed.look()
            return
        self._stale = True
        self.changed()

    def _learn_rate(self) -> None:
        """Tell the view what the system knows of the line: acknowledgements alone say nothing while we are slower than it is."""
        now = trio.current_time()
        if self.view is None or self._socket is None or now - self._learned_at < RATE_PAUSE:
            return
        self._learned_at = now
        carried = self._socket.carried()
        if carried is not None:
            self.view.carried(*carried)

    async def wait_shown(self, *, exact: bool = True) -> None:
        """Wait until the client has been sent exactly what the screen shows now, and it has left.

        Where JPEG or a video was sent, that is when the screen has rested for a moment: with a video that goes on it never is.

        Arguments:
            exact: False does not wait for what was sent with a loss to be sent again without.

        Raises:
            SpiceError: the channel is over.
        """
        while self.view is None or not self._is_shown(exact=exact):
            self.check()
            await self._shown.park()
        await self.drained()

    def _is_shown(self, *, exact: bool) -> bool:
        if self._feed is not None:
            return self._feed.is_done(exact=exact)
        return not (self._stale or self._more) and (self._exact or not exact)

    def tasks(self) -> Iterable[Callable[[], Any]]:
        """Add the one that shows the screen; on a socket the feed does that, and reads."""
        own = () if self._open_view is None or self._socket is not None else (self._show,)
        return *super().tasks(), *own

    def on_end(self) -> None:
        """Wake who waits for the client to be shown something."""
        self._shown.unpark_all()
        self.view = None

    async def take(self) -> None:
        """Look whether the client has made room."""
        await super().take()
        self.changed()

    async def _read(self) -> None:
        if self._socket is None or self._open_view is None:
            return await super()._read()
        with trio.move_on_after(self._init_within):
            while self.init is None:
                await self._read_once()
        self._feed = Feed(self._socket, self.core, self._begin_to_show(), announce=self._shown.unpark_all)
        async with trio.open_nursery() as nursery:
            nursery.start_soon(self._socket.stop_reading_when_cancelled)
            nursery.start_soon(self._feed.hear)
            while True:
                packet = await self._fed(self._feed)
                self.dispatch(packet.message)
                await self.take()
                await self._flushed()

    async def _fed(self, feed: Feed) -> _core.Packet:
        try:
            packet = await feed.run()
        except OSError as error:
            if isinstance(error, SpiceError):
                raise
            raise self._broken(error) from error
        if packet is None:
            self._raise_end_of_stream()
        return packet

    def _begin_to_show(self) -> _core.View:
        assert self._open_view is not None
        if self.init is None:
            text = f"the client has not named its caches for {self._init_within:g} s"
            raise RemoteProtocolError(text, message="Init")
        self.view = self._open_view(self)
        self.view.prefer(self.compression or ImageCompression.INVALID)
        return self.view

    async def _show(self) -> None:
        with trio.move_on_after(self._init_within):
            await self.wait_until(lambda: self.init is not None)
        view = self._begin_to_show()
        again = math.inf
        while True:
            with trio.move_on_at(again):
                await self.wait_until(lambda: (self._stale or self._more) and self.core.window_is_open)
            self._stale = False
            shown = await self._step(view)
            self._more, self._exact = shown.more, shown.exact
            again = math.inf if shown.again is None else shown.again
            self.flush()
            self._shown.unpark_all()
            while self._unsent > SEND_AHEAD:
                await self._room.park()

    async def _step(self, view: _core.View) -> _core.Shown:
        now = trio.current_time()
        if view.due_pixels <= INLINE_PIXELS:
            await trio.lowlevel.checkpoint()
            return view.step(self.core, now, BUDGET)
        return await trio.to_thread.run_sync(view.step, self.core, now, BUDGET)

    def _on_init(self, message: display.Init) -> None:
        if self.init is None:  # a second one cannot change what has begun
            self.init = message
            self.changed()

    def _on_compression(self, message: display.PreferredCompression) -> None:
        self.compression = message.compression
        if self.view is not None:
            self.view.prefer(message.compression)

    def _on_report(self, message: display.StreamReport) -> None:
        self.reports.append(message)
        if self.view is not None:
            self.view.report(message)
        self.changed()

    handlers: ClassVar[Mapping[type[Message], Handler]] = {
        display.Init: _on_init,
        display.PreferredCompression: _on_compression,
        display.StreamReport: _on_report,
        display.GlDrawDone: ignored,
        display.PreferredVideoCodecType: ignored,
    }
