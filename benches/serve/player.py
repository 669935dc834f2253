"""Our server, playing a sequence of raw frames as `session/player.c` lets the reference play it: one JSON line at the end.

usage: player.py PORT SEQUENCE key=value...
  frames=60 fps=10     how many, how fast      clients=1    displays to wait for before playing
  image=auto|off|auto_glz|auto_lz|quic|glz|lz|lz4   jpeg=0|1   zlib=0|1   serve=0|1 (1: never play, serve the first frame)
  draw=frame|still     frames of the sequence, or the first one again and again
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

import numpy as np
import trio

sys.path[:0] = [str(Path(__file__).resolve().parents[1])]

from serve import sequences  # noqa: E402

from spice_rs import server as spice  # noqa: E402
from spice_rs.channels.display import DisplayServer  # noqa: E402

DEFAULTS = {"frames": "60", "fps": "10", "clients": "1", "image": "auto", "draw": "frame"}
QUIET = 1.5
"""Seconds without a new display after which playing begins, as in player.c."""


def encoding(options: dict[str, str]) -> spice.Encoding:
    def lossy(key: str) -> spice.Lossy:
        return spice.Lossy.ALWAYS if options.get(key) == "1" else spice.Lossy.NEVER

    return spice.Encoding(
        compression=spice.Compression(options["image"]),
        jpeg=lossy("jpeg"),
        zlib=lossy("zlib"),
        streaming=spice.Streaming.OFF,
    )


def displays(server: spice.Server) -> list[DisplayServer]:
    channels = [channel for client in server.clients for channel in client.channels.values()]
    return [channel for channel in channels if isinstance(channel, DisplayServer)]


async def wait_for_clients(server: spice.Server, count: int) -> None:
    """Wait until so many displays show the picture, and none has come lately."""
    seen, since = 0, time.monotonic()
    while seen < count or time.monotonic() - since < QUIET:
        now = len(displays(server))
        seen, since = now, since if now == seen else time.monotonic()
        await trio.sleep(0.05)
    for display in displays(server):
        await display.wait_shown()
    await rest()


async def rest() -> None:
    """Wait until the server has made its keys for the next connections, and whatever else is no part of a frame."""
    spent = QUIET
    while spent > 0.01:
        before = time.process_time()
        await trio.sleep(0.5)
        spent = time.process_time() - before


async def play(server: spice.Server, frames: list[np.ndarray], options: dict[str, str]) -> dict[str, float]:
    """Show the frames at their times; return what that took."""
    count, fps = int(options["frames"]), float(options["fps"])
    cpu, wall, drawing, start = time.process_time(), time.monotonic(), [], trio.current_time()
    for number in range(count):
        await trio.sleep_until(start + number / fps)
        before = time.perf_counter()
        await server.screen.update(frames[(number + 1) % len(frames)])
        drawing.append(time.perf_counter() - before)
    await trio.sleep(2)
    return {
        "frames": count,
        "cpu": time.process_time() - cpu,
        "wall": time.monotonic() - wall,
        "update": min(drawing),
    }


async def main(port: str, sequence: str, *pairs: str) -> None:
    options = DEFAULTS | dict(pair.split("=", 1) for pair in pairs)
    frames = sequences.load(Path(sequence))
    if options["draw"] == "still":
        frames = frames[:1]
    height, width = frames[0].shape[:2]
    async with spice.serve(
        f"spice://127.0.0.1:{port}", size=(width, height), encoding=encoding(options)
    ) as server:
        await server.screen.update(frames[0])
        print("listening", file=sys.stderr, flush=True)
        if options.get("serve") == "1":
            await trio.sleep_forever()
        await wait_for_clients(server, int(options["clients"]))
        print("playing", file=sys.stderr, flush=True)
        print(json.dumps(await play(server, frames, options)), flush=True)


if __name__ == "__main__":
    trio.run(main, *sys.argv[1:])
