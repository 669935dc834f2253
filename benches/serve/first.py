"""How long our client takes from connecting to the first picture: one JSON line of milliseconds, one for each time.

usage: first.py ADDRESS COUNT

The process has been running its code before: the first time, which also loads what is only loaded when it is needed, is
not among them. Between two times there is a pause, in which a server may get its keys ready.
"""

from __future__ import annotations

import json
import sys
import time

import numpy as np
import trio

import spice_rs

PAUSE = 0.3


async def first_picture(address: str) -> float:
    start = time.monotonic()
    async with spice_rs.connect(address) as session:
        pixels = np.asarray(await session.display.frame())
        took = time.monotonic() - start
        assert pixels.shape == (1080, 1920, 4)
    return 1e3 * took


async def main(address: str, count: int) -> None:
    times = []
    for _ in range(count + 1):
        times.append(await first_picture(address))
        await trio.sleep(PAUSE)
    print(json.dumps(times[1:]))


if __name__ == "__main__":
    trio.run(main, sys.argv[1], int(sys.argv[2]))
