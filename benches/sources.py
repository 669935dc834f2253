"""What it costs to watch an X display: grabbing, idling, and a film in a window.

usage: python benches/sources.py [--seconds 10]

An Xvfb of 1920x1080; a program plays pictures of 640x360 (and of the whole screen) at 30 a second through MIT-SHM. Processor time is
that of the process that serves, as a part of one core: the source alone, on a screen that does nothing with it; and `spice-rs serve`
with one client of ours that takes everything.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import numpy as np
import trio

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import spice_rs
from spice_rs import sources
from spice_rs.sources._x11._grab import SocketGrabber, grabber
from spice_rs.sources._x11._open import opened
from tests.peers import running
from tests.peers.xvfb import Xvfb

SIZE = (1920, 1080)
FILMS = {"nothing": (), "640x360": (640, 360), "whole screen": SIZE}


class NoScreen:
    """Counts what it is given."""

    def __init__(self) -> None:
        self.size = SIZE
        self.pictures = self.pixels = 0

    async def draw(self, pixels: np.ndarray, at: tuple[int, int] = (0, 0)) -> None:
        self.pictures += 1
        self.pixels += pixels.shape[0] * pixels.shape[1]
        await trio.lowlevel.checkpoint()

    def cursor(self, image: np.ndarray | None, hot_spot: tuple[int, int]) -> None:
        pass

    def move_cursor(self, x: int, y: int) -> None:
        pass


async def grabs(peer: Xvfb) -> None:
    """Say how long a picture takes, through shared memory and through the socket."""
    display = await trio.to_thread.run_sync(opened, peer.display)
    for size in ((1280, 800), SIZE):
        for name, take in (
            ("shared memory", await grabber(display, SIZE)),
            ("socket", SocketGrabber(display)),
        ):
            times = []
            for _ in range(40):
                begun = time.perf_counter()
                await take.grab([(0, 0, *size)])
                times.append(time.perf_counter() - begun)
            best, middle = 1000 * min(times), 1000 * sorted(times)[20]
            print(f"grab {size[0]}x{size[1]}, {name:13}  best {best:5.2f} ms, median {middle:5.2f} ms")
    display.link.close()


async def alone(peer: Xvfb, seconds: float) -> None:
    """Measure the source without a server."""
    for name, film in FILMS.items():
        screen = NoScreen()
        async with sources.X11(peer.display) as source, trio.open_nursery() as nursery:
            nursery.start_soon(source.run, screen)
            async with playing(peer, film):
                await trio.sleep(1)
                screen.pictures = screen.pixels = 0
                begun = time.process_time()
                await trio.sleep(seconds)
                share = (time.process_time() - begun) / seconds
            tell("source alone", name, share, screen.pictures / seconds, screen.pixels / seconds)
            nursery.cancel_scope.cancel()


async def served(peer: Xvfb, seconds: float) -> None:
    """Measure `spice-rs serve` with one client."""
    arguments = [
        sys.executable,
        "-m",
        "spice_rs",
        "serve",
        "--x11",
        peer.display,
        "--listen",
        "spice://127.0.0.1:0",
    ]
    process = await trio.lowlevel.open_process(arguments, stdout=subprocess.PIPE)
    assert process.stdout is not None
    address = (await process.stdout.receive_some()).decode().splitlines()[0].rpartition(" on ")[2]
    async with spice_rs.connect(address) as session:
        await session.display.frame()
        for name, film in FILMS.items():
            async with playing(peer, film):
                await trio.sleep(1)
                begun, before = cpu(process.pid), session.display.latest
                with trio.move_on_after(seconds):
                    pictures = 0
                    while True:
                        before = await session.display.wait_change(since=before)
                        pictures += 1
                share = (cpu(process.pid) - begun) / seconds
            tell("served to one client", name, share, pictures / seconds)
    process.terminate()
    await process.wait()


def tell(what: str, film: str, share: float, pictures: float, pixels: float = 0) -> None:
    looked = f", {pixels / 1e6:.1f} M pixels a second grabbed" if pixels else ""
    print(f"{what:21} {film:13} {100 * share:6.2f} % of a core, {pictures:5.1f} pictures a second{looked}")


def cpu(process: int) -> float:
    """Return the processor seconds that another process has used."""
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / 100


@asynccontextmanager
async def playing(peer: Xvfb, film: tuple[int, ...]) -> AsyncIterator[None]:
    """Play a film of a size for a block, if it has one."""
    if not film:
        yield
        return
    process = await trio.lowlevel.open_process(
        [sys.executable, __file__, "--play", f"{film[0]}x{film[1]}"], env=peer.env
    )
    try:
        yield
    finally:
        process.terminate()
        await process.wait()


def play(width: int, height: int) -> None:
    """Be the player: colours that flow, thirty times a second."""
    import xcffib
    import xcffib.shm
    import xcffib.xproto

    from spice_rs.sources._x11._grab import shared_memory

    connection = xcffib.connect()
    screen = connection.get_setup().roots[0]
    window, context, segment = (connection.generate_id() for _ in range(3))
    core, shm = connection.core, connection(xcffib.shm.key)
    core.CreateWindow(
        24, window, screen.root, 100 * (width < 1920), 100 * (width < 1920), width, height, 0, 1, 0, 0, []
    )
    core.MapWindow(window)
    core.CreateGC(context, window, 0, [])
    number, memory = shared_memory(4 * width * height)
    shm.Attach(segment, number, False)
    y, x = np.mgrid[0:height, 0:width]
    base = (np.sin(x / 37) * 60 + np.sin(y / 23) * 60 + 128).astype(np.uint8)
    pixels, due = memory.reshape(height, width, 4), time.monotonic()
    for step in range(1 << 30):
        pixels[..., 0], pixels[..., 1], pixels[..., 2] = base + 3 * step % 256, base, base - 2 * step % 256
        shm.PutImage(window, context, width, height, 0, 0, width, height, 0, 0, 24, 2, False, segment, 0)
        core.GetInputFocus().reply()
        due += 1 / 30
        time.sleep(max(0, due - time.monotonic()))


async def bench(seconds: float) -> None:
    async with running(lambda: Xvfb(SIZE)) as peer:
        await grabs(peer)
        await alone(peer, seconds)
        await served(peer, seconds)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=float, default=10)
    parser.add_argument("--play")
    options = parser.parse_args()
    if options.play:
        play(*map(int, options.play.split("x")))
    trio.run(bench, options.seconds)


if __name__ == "__main__":
    main()
