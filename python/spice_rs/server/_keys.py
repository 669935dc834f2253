"""RSA keys made beforehand: making one takes longer than everything else in a link."""

from __future__ import annotations

from collections import deque

import trio
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

from .. import auth

POOL_SIZE = 8
"""Keys kept ready: the channels that one client opens at once."""


class KeyPool:
    """Hands out a fresh key for each link, so that a ticket that somebody has seen fits nowhere else."""

    def __init__(self, size: int = POOL_SIZE) -> None:
        self._size = size
        self._keys: deque[RSAPrivateKey] = deque()
        self._taken = trio.lowlevel.ParkingLot()

    async def take(self) -> RSAPrivateKey:
        """Return a key that nobody had before; one is made where none is ready."""
        if not self._keys:
            return await auth.make_key()
        self._taken.unpark()
        await trio.lowlevel.checkpoint()
        return self._keys.popleft() if self._keys else await auth.make_key()

    async def keep_full(self) -> None:
        """Make keys until cancelled, one at a time."""
        while True:
            while len(self._keys) >= self._size:
                await self._taken.park()
            self._keys.append(await auth.make_key())
