"""A thread that shows a screen to one client on a socket.

Coding a picture takes milliseconds, in which Trio must not stand still; and handing each step to a worker thread and back costs more
than a small picture does. So each display has a thread of its own, which codes, sends, and hears the client's acknowledgements, all
of it in Rust without the interpreter's lock. Trio wakes it when the screen has changed, and hears of it when a message comes that
is no acknowledgement, at the end, and when somebody waits for the client to have been sent everything.

The thread ends before the stream is closed: whoever cancels `run` shuts the reading side down and waits for the thread.
"""

from __future__ import annotations

from collections.abc import Callable

import trio

from .. import _core
from .._socket import Socket
from ._pump import UNLIMITED


class Feed:
    """Shows the screen until something needs Trio."""

    def __init__(
        self, socket: Socket, core: _core.Channel, view: _core.View, *, announce: Callable[[], object]
    ) -> None:
        self._core = _core.Feed(socket.core, core, view)
        self._announce = announce

    def look(self) -> None:
        """Show what has changed on the screen."""
        self._core.look()

    def is_done(self, *, exact: bool) -> bool:
        """Whether everything has been sent, and without loss if that is asked; where not, `announce` is called when it may be."""
        self._core.ask()
        return self._core.is_exact if exact else self._core.is_done

    async def hear(self) -> None:
        """Announce what the thread tells."""
        while True:
            await trio.lowlevel.wait_readable(self._core)
            self._core.heard()
            self._announce()

    async def run(self) -> _core.Packet | None:
        """Show the screen; return the message that needs attention, or None at the end of the stream.

        Raises:
            OSError: the connection broke.
            RemoteProtocolError: what came cannot be understood.

        Cancelled, it returns once `Socket.stop_reading_when_cancelled` has woken the thread.
        """
        return await trio.to_thread.run_sync(self._core.run, limiter=UNLIMITED)
