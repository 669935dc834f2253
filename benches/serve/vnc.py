"""What a Python program would otherwise take for a remote desktop: asyncvnc before TigerVNC or x11vnc.

usage: vnc.py PORT COUNT      as first.py; asyncvnc lives in an environment of its own, so this one runs there
"""

from __future__ import annotations

import asyncio
import json
import sys
import time

import asyncvnc

PAUSE = 0.1


async def first_picture(port: int) -> float:
    start = time.monotonic()
    async with asyncvnc.connect("127.0.0.1", port) as client:
        pixels = await client.screenshot()
        took = time.monotonic() - start
        assert pixels.shape == (1080, 1920, 4)
    return 1e3 * took


async def main(port: int, count: int) -> None:
    times = []
    for _ in range(count + 1):
        times.append(await first_picture(port))
        await asyncio.sleep(PAUSE)
    print(json.dumps(times[1:]))


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), int(sys.argv[2])))
