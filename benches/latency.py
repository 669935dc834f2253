"""How long it takes from bytes on a socket to the task that waits for a picture, beside what the system itself takes.

usage: latency.py [--count N] [--pause SECONDS]

A peer in a process of its own sends one small drawing at a time, and notes when it begins to. The clock is the system's, which both
processes share. Measured are a thread that blocks in `recv`, a Trio task in `receive_some`, and a task in `frames()` of a display;
the time to read and draw the message is measured apart and taken off. Only a quiet machine gives figures that mean anything.
"""

from __future__ import annotations

import argparse
import socket
import statistics
import struct
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import numpy as np
import trio

from spice_rs import Disconnected, _core
from spice_rs.channels.display import DisplayClient
from spice_rs.client.display import Display
from spice_rs.enums import (
    BrushType,
    ChannelType,
    ClipType,
    CommonCap,
    MaskFlags,
    Ropd,
    SurfaceFlags,
    SurfaceFormat,
)
from spice_rs.link import Linked
from spice_rs.messages import Message, display, draw
from spice_rs.messages.caps import Caps
from spice_rs.messages.link import LinkMessage

LINKED = Linked(
    LinkMessage(1, ChannelType.DISPLAY, 0, Caps((), ())),
    common=frozenset({CommonCap.MINI_HEADER}),
    channel=frozenset(),
)
SCREEN = (1920, 1080)
FILL = (64, 24)
STAMPS = struct.Struct("<Q")


def messages(*all_of: Message) -> bytes:
    core = _core.Channel("server", ChannelType.DISPLAY, 0)
    for message in all_of:
        core.send(message)
    return core.pending()


def screen() -> bytes:
    created = display.SurfaceCreate(0, *SCREEN, SurfaceFormat.XRGB32, SurfaceFlags.PRIMARY)
    return messages(created, display.Mark())


def fill(number: int) -> bytes:
    width, height = FILL
    where = draw.DisplayBase(0, draw.Rect(0, 0, height, width), draw.Clip(ClipType.NONE, None))
    no_mask = draw.QMask(MaskFlags(0), draw.Point(0, 0), None)
    return messages(display.DrawFill(where, draw.Brush(BrushType.SOLID, number), Ropd.OP_PUT, no_mask))


SCREEN_BYTES, FILL_BYTES = len(screen()), len(fill(1))


def peer(port: int, count: int, pause: float) -> None:
    """Send drawings, one after the other; then write when each was begun to standard output."""
    stamps, drawings = [], [fill(number) for number in range(1, count + 1)]
    with socket.create_connection(("127.0.0.1", port)) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        connection.sendall(screen())
        time.sleep(0.5)
        for drawing in drawings:
            time.sleep(pause)
            stamps.append(time.monotonic_ns())
            connection.sendall(drawing)
        time.sleep(0.5)
    sys.stdout.buffer.write(b"".join(map(STAMPS.pack, stamps)))


def with_peer(measure: Callable[[socket.socket], dict[int, int]], count: int, pause: float) -> list[float]:
    """Let `measure` receive what a peer sends; it gives the time at which each drawing was noticed. Microseconds."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        arguments = ["--peer", str(listener.getsockname()[1]), "--count", str(count), "--pause", str(pause)]
        process = subprocess.Popen(
            [sys.executable, str(Path(__file__).resolve()), *arguments], stdout=subprocess.PIPE
        )
        noticed = measure(listener.accept()[0])
        began = [stamp for (stamp,) in STAMPS.iter_unpack(process.communicate(timeout=60)[0])]
    return [(noticed[number] - stamp) / 1e3 for number, stamp in enumerate(began, 1) if number in noticed]


def drawings_in(received: int) -> int:
    """Give the number of the newest drawing that is among the first so many bytes."""
    return (received - SCREEN_BYTES) // FILL_BYTES


def in_a_thread(connection: socket.socket) -> dict[int, int]:
    noticed: dict[int, int] = {}
    received = 0
    with connection:
        while data := connection.recv(1 << 16):
            received += len(data)
            noticed.setdefault(drawings_in(received), time.monotonic_ns())
    return noticed


def in_trio(connection: socket.socket) -> dict[int, int]:
    async def main() -> dict[int, int]:
        noticed: dict[int, int] = {}
        received = 0
        connection.setblocking(False)
        async with trio.SocketStream(trio.socket.from_stdlib_socket(connection)) as stream:
            while data := await stream.receive_some(1 << 16):
                received += len(data)
                noticed.setdefault(drawings_in(received), time.monotonic_ns())
        return noticed

    return trio.run(main)


def in_frames(connection: socket.socket) -> dict[int, int]:
    async def main() -> dict[int, int]:
        noticed: dict[int, int] = {}
        async with running(connection) as client, Display(client).frames() as frames:
            async for frame in frames:
                now = time.monotonic_ns()
                number = int(np.asarray(frame).view(np.uint32)[0, 0, 0]) & 0xFFFFFF
                noticed.setdefault(number, now)
                if client.ended is not None:
                    break
        return noticed

    return trio.run(main)


@asynccontextmanager
async def running(connection: socket.socket) -> AsyncIterator[DisplayClient]:
    connection.setblocking(False)
    client = DisplayClient()
    async with trio.open_nursery() as nursery:
        client.start(trio.SocketStream(trio.socket.from_stdlib_socket(connection)), LINKED)
        nursery.start_soon(client.run)
        with suppress(Disconnected):
            yield client
        nursery.cancel_scope.cancel()


def drawing() -> float:
    """Microseconds to read and draw one of the messages."""
    canvas, core, data = (
        _core.Canvas(_core.Shared()),
        _core.Channel("client", ChannelType.DISPLAY, 0),
        fill(1),
    )
    core.receive(screen())
    canvas.draw(core)
    times = []
    for _ in range(200):
        core.receive(data)
        began = time.monotonic_ns()
        canvas.draw(core)
        times.append((time.monotonic_ns() - began) / 1e3)
    return statistics.median(times)


def main() -> None:
    parser = argparse.ArgumentParser(description="latency from the socket to a waiting task")
    parser.add_argument("--count", type=int, default=300)
    parser.add_argument("--pause", type=float, default=0.02)
    parser.add_argument("--peer", type=int, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.peer is not None:
        peer(options.peer, options.count, options.pause)
        return
    print("| from before the peer's send to | median | least | 90 % |\n|---|---|---|---|")
    ways = {
        "a thread in recv": in_a_thread,
        "a Trio task in receive_some": in_trio,
        "a task in frames()": in_frames,
    }
    for name, measure in ways.items():
        took = sorted(with_peer(measure, options.count, options.pause))
        tenth = took[len(took) * 9 // 10]
        print(
            f"| {name} | {statistics.median(took):.0f} µs | {took[0]:.0f} µs | {tenth:.0f} µs |", flush=True
        )
    print(f"| reading and drawing the message, of these | {drawing():.1f} µs | | |")


if __name__ == "__main__":
    main()
