"""A connection to an X server on which nothing blocks: the only place that knows how xcffib does its work.

xcffib gives a class and a method to each request, and its `reply()` blocks. Here, an answer is waited for in Trio: libxcb
reads whatever the socket has whenever it is asked for events, and says then whether an answer is among it.
"""

from __future__ import annotations

import importlib
import logging
import select
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeAlias

import trio

from ...errors import SourceError

log = logging.getLogger("spice_rs.sources.x11")

XEvent: TypeAlias = int
"""The number of an event's kind. Nothing here needs to know more of an event than that it has come."""

GENERIC_EVENT = 35
HEADER = 32
"""Bytes of an answer or an event before whatever follows."""


class RequestRefused(Exception):
    """The X server has answered a request with an error; the text is the error's name."""


class Link:
    """Sends requests and waits for answers.

    Arguments:
        name: of the display.
        connection: an xcffib connection.

    Attributes:
        x: the connection, for its requests; they are sent by `flush`, and by waiting for an answer.
        on_event: called for every event.
    """

    def __init__(self, name: str, connection: Any) -> None:
        xcffib: Any = importlib.import_module("xcffib")
        self.name = name
        self.x = connection
        self.on_event: Callable[[XEvent], None] = lambda _: None
        self._xcb, self._ffi = xcffib.lib, xcffib.ffi
        self._free = xcffib.c_free
        self._over = xcffib.ConnectionException
        self._unpacker = xcffib.CffiUnpacker
        self._socket = connection.get_file_descriptor()
        self._sending = trio.Lock()
        self._reader: trio.CancelScope | None = None
        self._arrived = trio.lowlevel.ParkingLot()

    async def answer(self, cookie: Any) -> Any:
        """Return the answer to a request as xcffib's object for it.

        Raises:
            RequestRefused: the answer is an error.
            SourceError: the X server has gone.
        """
        return cookie.reply_type(self._unpacked(await self._data(cookie)))

    async def raw_answer(self, cookie: Any) -> memoryview:
        """Return the bytes of an answer, for those that xcffib would turn into a list of numbers."""
        data = await self._data(cookie)
        return memoryview(self._ffi.buffer(data, self._length(data)))

    async def flush(self) -> None:
        """Send what has been requested."""
        # While the socket is writable there is room for more than what is asked for here at once, so libxcb never waits.
        async with self._sending:
            await trio.lowlevel.wait_writable(self._socket)
        self._xcb.xcb_flush(self.x._conn)
        # Writing reads too, where there was something. Who waits for the socket must look again.
        self._wake()

    def flush_now(self) -> None:
        """Send what has been requested, if there is room for it at once."""
        if select.select([], [self._socket], [], 0)[1]:
            self._xcb.xcb_flush(self.x._conn)

    async def wait_events(self) -> None:
        """Wait until something has come, and handle what has."""
        if not self.pull():
            await self._arrival()
            self.pull()

    def pull(self) -> bool:
        """Handle the events that have come; return whether there were some."""
        some = False
        while event := self._xcb.xcb_poll_for_event(self.x._conn):
            some = True
            self._deliver(self._ffi.gc(event, self._free))
        if self._xcb.xcb_connection_has_error(self.x._conn):
            raise self.gone()
        return some

    def gone(self) -> SourceError:
        """Return the error of a server that has ended or has ended the connection."""
        return SourceError(f"X display {self.name}", "its X server has ended, or has closed the connection")

    @contextmanager
    def trouble(self) -> Iterator[None]:
        """Let xcffib's own error for a connection that is over leave a block as ours."""
        try:
            yield
        except self._over as error:
            raise self.gone() from error

    def close(self) -> None:
        """End the connection."""
        trio.lowlevel.notify_closing(self._socket)
        self.x.disconnect()

    def _deliver(self, event: Any) -> None:
        kind = event.response_type & 0x7F
        if kind != 0:
            self.on_event(kind)
            return
        error = self._ffi.cast("xcb_generic_error_t *", event)
        log.debug(
            "display %s: request %d.%d failed: %d",
            self.name,
            error.major_code,
            error.minor_code,
            error.error_code,
        )

    async def _data(self, cookie: Any) -> Any:
        await self.flush()
        while True:
            self.pull()
            found = self._poll(cookie.sequence)
            if found is not None:
                return found
            await self._arrival()

    def _poll(self, sequence: int) -> Any:
        """Return what has come for a request, or None."""
        reply, error = self._ffi.new("void **"), self._ffi.new("xcb_generic_error_t **")
        if not self._xcb.xcb_poll_for_reply(self.x._conn, sequence, reply, error):
            return None
        if error[0]:
            code = self._ffi.gc(error[0], self._free).error_code
            raise RequestRefused(ERRORS.get(code, f"error {code}"))
        if not reply[0]:
            raise self.gone()
        return self._ffi.gc(reply[0], self._free)

    def _unpacked(self, data: Any) -> Any:
        return self._unpacker(data, known_max=self._length(data))

    def _length(self, data: Any) -> int:
        return HEADER + 4 * int(self._ffi.cast("xcb_generic_reply_t *", data).length)

    async def _arrival(self) -> None:
        """Wait until there may be something new. One task waits for the socket, and wakes the others."""
        if self._reader is not None:
            await self._arrived.park()
            return
        with trio.CancelScope() as self._reader:
            try:
                await trio.lowlevel.wait_readable(self._socket)
            finally:
                self._reader = None
                self._arrived.unpark_all()

    def _wake(self) -> None:
        if self._reader is not None:
            self._reader.cancel()


ERRORS = {
    1: "BadRequest", 2: "BadValue", 3: "BadWindow", 8: "BadMatch", 9: "BadDrawable", 10: "BadAccess", 11: "BadAlloc",
    15: "BadName", 16: "BadLength", 17: "BadImplementation",
}  # fmt: skip
"""Those that the requests of this package may meet; an extension's own have numbers that differ from server to server."""
