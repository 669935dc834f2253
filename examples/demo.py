"""The library in half a minute: a real server, its picture, some typing and clicking, and what changed.

usage: python -m examples.demo [FOLDER]        the pictures go to FOLDER, by default build/demo

The server is Xspice, an X server whose screen is a SPICE display; `make peers` installs it. `make demo` runs this.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import trio

import spice_rs
from tests.peers import missing, running
from tests.peers.xspice import Xspice

TEXT = "Hello, SPICE!"
PLACE = (640, 300)


async def demo(folder: Path) -> None:
    """Connect to a server of our own and show what can be done with it."""
    async with running(lambda: Xspice(compression="quic", password="secret")) as server:
        print(f"Xspice listens on {server.address}; programs draw on its screen ...")
        await trio.to_thread.run_sync(server.draw, "windows")
        async with spice_rs.connect(server.address, password="secret") as session:
            before = await look(session, server, folder / "1-desk.png")
            await trio.to_thread.run_sync(server.watch_input)
            await session.display.wait_change(since=before)
            before = await session.display.wait_stable(quiet=0.3)
            await session.keyboard.type(TEXT)
            await session.mouse.click(*PLACE)
            changed = await session.display.wait_change(region=around(PLACE), since=before)
            print(f"damage, as left, top, right, bottom: {changed.damage}")
            after = await look(session, server, folder / "2-typed.png")
            tell(server, before, after)


async def look(session: spice_rs.Session, server: Xspice, path: Path) -> spice_rs.Frame:
    """Wait for a still picture, save it, and hold it against the server's own screen."""
    frame = await session.display.wait_stable(quiet=0.5)
    truth = await trio.to_thread.run_sync(server.ground_truth)
    different = int(np.any(np.asarray(frame)[:, :, 2::-1] != truth, axis=2).sum())
    await trio.Path(path).write_bytes(frame.png())
    height, width, _ = truth.shape
    print(f"{path}: {width}x{height}, {different} pixels differ from the server's own screen")
    return frame


def tell(server: Xspice, before: spice_rs.Frame, after: spice_rs.Frame) -> None:
    """Say what arrived at the server, and how much of the picture that changed."""
    pressed = [event for event in server.input_events("key", "button") if event["down"]]
    text = "".join(event["text"] for event in pressed if event["event"] == "key")
    clicks = [(event["x"], event["y"]) for event in pressed if event["event"] == "button"]
    changed = np.any(np.asarray(before) != np.asarray(after), axis=2)
    rows, columns = np.nonzero(changed)
    print(f"typed {TEXT!r}, the server's program read {text!r}; clicked {PLACE}, it saw {clicks}")
    place = (
        f"between ({columns.min()}, {rows.min()}) and ({columns.max()}, {rows.max()})" if len(rows) else ""
    )
    print(f"{changed.sum()} pixels changed {place}")


def around(place: tuple[int, int]) -> tuple[int, int, int, int]:
    """Return the region where the server's program paints a click."""
    x, y = place
    return x - 5, y - 5, x + 6, y + 6


def main() -> None:
    """Run, if there is something to run against."""
    lack = missing("xspice")
    if lack:
        sys.exit(f"the demo wants Xspice, and {lack} is missing: make peers installs it")
    folder = Path(sys.argv[1] if len(sys.argv) > 1 else "build/demo")
    folder.mkdir(parents=True, exist_ok=True)
    trio.run(demo, folder)


if __name__ == "__main__":
    main()
