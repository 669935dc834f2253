"""RSA keys made beforehand: making one takes longer than everything else in a link."""

from __future__ import annotations

import math
from collections import deque

import trio
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

from .. import auth

POOL_SIZE = 8
"""Keys kept ready: two clients open their channels at once."""

LOW = 3
"""Keys below which no more time is lost."""

QUIET = 0.25
"""Seconds without a link before more are made: a client that is just coming has better use for the processor."""


class KeyPool:
    """Hands out a fresh key for each link, so that a ticket that somebody has seen fits nowhere else."""

    def __init__(self, size: int = POOL_SIZE) -> None:
        self._size = size
        self._keys: deque[RSAPrivateKey] = deque()
        self._taken = trio.lowlevel.ParkingLot()
        self._taken_at = -math.inf
        self._common: RSAPrivateKey | None = None

    async def take(self) -> RSAPrivateKey:
        """Return a key that nobody had before; one is made where none is ready."""
        await trio.lowlevel.checkpoint()
        self._taken_at = trio.current_time()
        if not self._keys:
            return await auth.make_key()
        key = self._keys.popleft()
        self._taken.unpark()
        return key

    async def common(self) -> RSAPrivateKey:
        """Return always the same key, for links on which a ticket opens nothing because everybody may come in."""
        if self._common is None:
            self._common = await self.take()
        return self._common

    async def keep_full(self) -> None:
        """Make keys until cancelled, one at a time, and when nothing else goes on."""
        while True:
            while len(self._keys) >= self._size:
                await self._taken.park()
            await self._wait_quiet()
            self._keys.append(await auth.make_key())

    async def _wait_quiet(self) -> None:
        while len(self._keys) >= LOW:
            quiet_at = self._taken_at + QUIET
            if quiet_at <= trio.current_time():
                return
            await trio.sleep_until(quiet_at)
