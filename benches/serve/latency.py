"""The two ends of a measurement of time between our server and our client, both reading the same clock.

usage: latency.py serve PORT what=small|frame|input count=N [image=...]      one JSON line: when each mark was drawn, or came
       latency.py look ADDRESS what=small|frame|input count=N                one JSON line: when each mark was seen, or sent

A mark is a number in the corner's pixel: `small` draws it in a rectangle of 64x32, `frame` in a picture all of which has
changed. `input` moves the mouse to x = number.
"""

from __future__ import annotations

import json
import random
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import trio

sys.path[:0] = [str(Path(__file__).resolve().parents[1])]

from serve import sequences  # noqa: E402

import spice_rs  # noqa: E402
from spice_rs import server as spice  # noqa: E402
from spice_rs.channels.display import DisplayServer  # noqa: E402

Times = dict[int, float]
PAUSE = 0.04
"""Seconds between two marks, half as many again at most: long enough for each to be seen, and out of step with any timer."""


async def pause() -> None:
    await trio.sleep(random.uniform(PAUSE, 1.5 * PAUSE))


def mark(pixels: np.ndarray, number: int) -> None:
    pixels[:8, :8] = number & 255, number >> 8, 90, 0


async def draw(server: spice.Server, what: str, count: int) -> Times:
    """Draw the marks; return when."""
    frames = [frame.copy() for frame in sequences.load(sequences.path("scroll-whole"))[:2]]
    small = np.full((32, 64, 4), 200, np.uint8)
    times = {}
    for number in range(1, count + 1):
        await pause()
        pixels = small if what == "small" else frames[number % 2]
        mark(pixels, number)
        times[number] = time.monotonic()
        await server.screen.draw(pixels)
    await trio.sleep(0.5)
    return times


async def listen(server: spice.Server, count: int) -> Times:
    """Return when the mouse came to each place."""
    times = {}
    async for event in server.events():
        if isinstance(event, spice.MouseMoved) and event.x > 0:
            times.setdefault(event.x, time.monotonic())
        if len(times) == count:
            break
    return times


async def shown(server: spice.Server) -> None:
    """Wait until the client is shown the first picture."""
    while True:
        await trio.sleep(0.05)
        for client in server.clients:
            for channel in client.channels.values():
                if isinstance(channel, DisplayServer):
                    await channel.wait_shown()
                    return await trio.sleep(0.5)


async def serve(port: str, *, what: str, count: str, image: str = "auto") -> Times:
    encoding = spice.Encoding(compression=spice.Compression(image), streaming=spice.Streaming.OFF)
    async with spice.serve(f"spice://127.0.0.1:{port}", size=(1920, 1080), encoding=encoding) as server:
        print("listening", file=sys.stderr, flush=True)
        if what == "input":
            return await listen(server, int(count))
        await shown(server)
        return await draw(server, what, int(count))


async def look(address: str, *, what: str, count: str) -> Times:
    times: Times = {}
    try:
        async with spice_rs.connect(address) as session:
            await session.display.frame()
            if what == "input":
                return await move(session, int(count))
            async with session.display.frames() as frames:
                async for frame in frames:
                    now, (low, high, sign, _) = time.monotonic(), np.asarray(frame)[0, 0]
                    if sign == 90:
                        times.setdefault(int(low) + 256 * int(high), now)
    except spice_rs.Disconnected:
        pass
    return times


async def move(session: spice_rs.Session, count: int) -> Times:
    await trio.sleep(0.5)
    await session.mouse.move(0, 0)
    times = {}
    for number in range(1, count + 1):
        await pause()
        times[number] = time.monotonic()
        await session.mouse.move(number, 9)
    await trio.sleep(0.2)
    return times


ROLES: dict[str, Callable[..., object]] = {"serve": serve, "look": look}


async def main(role: str, place: str, *pairs: str) -> None:
    times = await ROLES[role](place, **dict(pair.split("=") for pair in pairs))  # type: ignore[misc]
    print(json.dumps(times))


if __name__ == "__main__":
    trio.run(main, *sys.argv[1:])
