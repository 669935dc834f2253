"""A thread that receives and draws for one display on a socket.

Waking Trio for each batch that a server sends costs more than drawing it: a page of text comes in dozens of them. So a thread
receives, draws and acknowledges by itself, all of it in Rust without the interpreter's lock, and Trio hears of it when the picture
has changed (in a burst every `BREATH` seconds), or when something needs it: a message that is not drawing, an image that waits for
another channel, a failure, the end.

The thread ends before the stream is closed: whoever cancels `run` shuts the reading side down and waits for the thread.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import trio

from .. import _core
from .._socket import Socket

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
        awaited: whether a task is in `wait`.
    """

    def __init__(
        self, socket: Socket, core: _core.Channel, canvas: _core.Canvas, *, announce: Callable[[], None]
    ) -> None:
        self._core = _core.Pump(socket.core, core, canvas, BREATH, IDLE_BREATH)
        self._announce = announce
        self.awaited = False

    @property
    def busy(self) -> bool:
        """Whether something has come that is not on the canvas, or not announced, yet."""
        return self._core.busy

    async def hear(self) -> None:
        """Announce the changes that come while no task waits for them."""
        while True:
            await trio.lowlevel.wait_readable(self._core)
            self._core.heard()
            self._announce()

    async def wait(self) -> None:
        """Wait until there are changes, or `wake` is called; for one task at a time, which is to announce them then.

        Waking it at once saves the turn of a task that would only wake it.
        """
        self.awaited = True
        self._core.set_awaited(True)
        try:
            await trio.lowlevel.wait_readable(self._core.urgent)
        finally:
            self.awaited = False
            self._core.set_awaited(False)

    def wake(self) -> None:
        """Wake the task that waits, if there is one: it has to look at something else."""
        if self.awaited:
            self._core.wake()

    async def run(self) -> _core.Step | None:
        """Receive and draw; return the step that needs attention, or None at the end of the stream.

        Raises:
            OSError: the connection broke.
            RemoteProtocolError: what came cannot be understood.

        Cancelled, it returns once `Socket.stop_reading_when_cancelled` has woken the thread.
        """
        return await trio.to_thread.run_sync(self._core.run, limiter=UNLIMITED)
