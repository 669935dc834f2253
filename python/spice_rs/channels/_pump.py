"""A thread that receives and draws for one display on a socket.

Waking Trio for each batch that a server sends costs more than drawing it: a page of text comes in dozens of them. So the thread
receives, draws and acknowledges by itself, and Trio hears of it when the picture has changed (in a burst every `BREATH` seconds), or
when something needs it: a message that is not drawing, an image that waits for another channel, a failure, the end.

The thread ends before the stream is closed: whoever cancels `run` shuts the reading side down and waits for the thread.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable

import trio

from .. import _core
from ..transport import Socket

BREATH = 0.008
"""Seconds between two announcements of a change in a burst: 125 frames a second are more than anybody looks at, and each costs its
reader more than the drawing does. The first change after a pause is announced at once."""

IDLE_BREATH = 0.05
"""The same while nobody waits for a change: reports on streams, and channels that wait for this one, can wait that long."""

UNLIMITED = trio.CapacityLimiter(math.inf)
"""A display has one thread as long as it lives; how many displays there are is bounded elsewhere."""


class Pump:
    """Receives and draws until something needs Trio.

    Attributes:
        busy: whether something has come that is not on the canvas, or not announced, yet.
    """

    def __init__(
        self,
        socket: Socket,
        core: _core.Channel,
        canvas: _core.Canvas,
        *,
        flush: Callable[[], bool],
        announce: Callable[[], None],
        is_awaited: Callable[[], bool],
    ) -> None:
        self._socket = socket
        self._core = core
        self._canvas = canvas
        self._flush = flush
        self._announce = announce
        self._is_awaited = is_awaited
        self._token = trio.lowlevel.current_trio_token()
        self._untold = False
        self._told_at = 0.0
        self.busy = False

    async def stop_when_cancelled(self) -> None:
        """Wake the thread for good once this task is cancelled: the channel is over."""
        try:
            await trio.sleep_forever()
        finally:
            self._socket.stop_reading()

    async def run(self) -> _core.Step | None:
        """Receive and draw; return the step that needs attention, or None at the end of the stream.

        Raises:
            OSError: the connection broke.
            RemoteProtocolError: what came cannot be understood.

        Cancelled, it returns once `stop_when_cancelled` has woken the thread.
        """
        return await trio.to_thread.run_sync(self._work, limiter=UNLIMITED)

    def _work(self) -> _core.Step | None:
        while True:
            self.busy = True
            step = self._canvas.draw(self._core)
            self._untold = self._untold or step.drawn > 0
            if step.packet is not None or step.blocked is not None or step.failures or not self._flush():
                return step
            self._tell()
            self.busy = self._untold
            if not self._receive():
                return None

    def _receive(self) -> int:
        """Wait for bytes; while there are changes to be announced, only until that is due."""
        while (count := self._socket.receive_now(self._core.space())) is None:
            left = self._told_at + self._breath - time.monotonic() if self._untold else None
            if not self._socket.wait(self._core.missing, left):
                self._tell()
                self.busy = self._untold
        self.busy = True
        self._core.filled(count)
        return count

    @property
    def _breath(self) -> float:
        return BREATH if self._is_awaited() else IDLE_BREATH

    def _tell(self) -> None:
        """Let Trio know of changes, unless it has been told a moment ago."""
        now = time.monotonic()
        if self._untold and now - self._told_at >= self._breath:
            self._untold, self._told_at = False, now
            self._token.run_sync_soon(self._announce, idempotent=True)
