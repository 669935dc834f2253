"""Streams that misbehave on purpose, around one end of a pair in memory."""

from __future__ import annotations

from collections.abc import Callable

import trio
from trio.abc import Stream


class Around(Stream):
    """Passes everything on; the others override a part."""

    def __init__(self, inner: Stream) -> None:
        self.inner = inner

    async def send_all(self, data: bytes | bytearray | memoryview) -> None:
        await self.inner.send_all(data)

    async def wait_send_all_might_not_block(self) -> None:
        await self.inner.wait_send_all_might_not_block()

    async def receive_some(self, max_bytes: int | None = None) -> bytes | bytearray:
        return await self.inner.receive_some(max_bytes)

    async def aclose(self) -> None:
        await self.inner.aclose()


class Dribble(Around):
    """Receives one byte at a time."""

    async def receive_some(self, max_bytes: int | None = None) -> bytes | bytearray:
        return await self.inner.receive_some(1)


class CutAfter(Around):
    """Sends so many bytes and closes."""

    def __init__(self, inner: Stream, count: int) -> None:
        super().__init__(inner)
        self.left = count
        self.sent = 0

    async def send_all(self, data: bytes | bytearray | memoryview) -> None:
        part = bytes(data[: self.left])
        self.left -= len(part)
        self.sent += len(part)
        await self.inner.send_all(part)
        if not self.left:
            await self.inner.aclose()
            raise trio.BrokenResourceError


class Counted(Around):
    """Calls back before the `at`-th operation; counts them."""

    def __init__(self, inner: Stream, at: int, act: Callable[[], None]) -> None:
        super().__init__(inner)
        self.at, self.act, self.operations = at, act, 0

    def _count(self) -> None:
        if self.operations == self.at:
            self.act()
        self.operations += 1

    async def send_all(self, data: bytes | bytearray | memoryview) -> None:
        self._count()
        await super().send_all(data)

    async def receive_some(self, max_bytes: int | None = None) -> bytes | bytearray:
        self._count()
        return await super().receive_some(max_bytes)
