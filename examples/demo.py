"""The library in half a minute: a server with a desktop of its own, our client in front of it, and what went between them.

usage: python -m examples.demo [FOLDER]        the pictures go to FOLDER, by default build/demo

`make demo` runs this. It needs nothing but this package: no virtual machine, no X server, no other client.
"""

from __future__ import annotations

import shutil
import sys
from collections import Counter
from pathlib import Path

import numpy as np
import trio

import spice_rs
from spice_rs import sources
from spice_rs.enums import ChannelType
from spice_rs.messages import Message, display
from spice_rs.messages.image import Image
from spice_rs.testing import Transcript, record
from spice_rs.ways import way

TEXT = "Hello, SPICE!"
FROM, TO = "Notes", (430, 150)


async def demo(folder: Path) -> None:
    """Serve, connect, look, use, and tell."""
    source, transcript = sources.Demo(), Transcript()
    async with (
        spice_rs.serve("spice://127.0.0.1:0", size=source.size) as server,
        trio.open_nursery() as nursery,
    ):
        (address,) = server.addresses
        width, height = source.size
        print(f"a desktop of {width}x{height} is served on {address}")
        nursery.start_soon(source.show_on, server)
        started = trio.current_time()
        async with spice_rs.connect(record(way(address).open, transcript)) as session:
            await session.display.frame()
            print(f"our client has its first picture {1000 * (trio.current_time() - started):.0f} ms later")
            # Or something always moves. The clock goes on.
            await session.mouse.click(*source.place_of("Pause"))
            before = await look(session, server, folder / "1-desk.png")
            await use(session, source)
            after = await look(session, server, folder / "2-used.png")
        nursery.cancel_scope.cancel()
    compare(before, after, source)
    tell(transcript)
    print(FURTHER)


async def use(session: spice_rs.Session, source: sources.Demo) -> None:
    """Move a window, type into it, press a button."""
    await session.mouse.drag(source.place_of(FROM), TO)
    await session.keyboard.type(TEXT)
    await session.mouse.click(*source.place_of("Other colours"))
    print(f"dragged the window {FROM} to {TO}, typed {TEXT!r}, clicked 'Other colours'")


async def look(session: spice_rs.Session, server: spice_rs.Server, path: Path) -> spice_rs.Frame:
    """Wait for a still picture, save and show it, and hold it against what the server serves."""
    frame = await session.display.wait_stable(quiet=0.3)
    truth = np.asarray(server.screen.frame())
    different = int(np.any(np.asarray(frame)[:, :, :3] != truth[:, :, :3], axis=2).sum())
    await trio.Path(path).write_bytes(frame.png())
    width, height = frame.size
    print(f"{path}: {width}x{height}, {different} pixels differ from the array that is served")
    if sys.stdout.isatty():
        print(preview(np.asarray(frame)))
    return frame


def compare(before: spice_rs.Frame, after: spice_rs.Frame, source: sources.Demo) -> None:
    """Say what changed."""
    rows, columns = np.nonzero(np.any(np.asarray(before) != np.asarray(after), axis=2))
    print(f"the window has {source.text!r}", end="; ")
    print(
        f"{len(rows)} pixels changed, from ({columns.min()}, {rows.min()}) to ({columns.max()}, {rows.max()})"
    )


def tell(transcript: Transcript) -> None:
    """Say what the server sent: how many messages and bytes on each channel, and how images were coded."""
    print("\nwhat the server sent:")
    for kind, number in transcript.channels():
        count = sum(1 for _ in transcript.messages(kind, number))
        size = len(transcript.said(kind, number))
        print(f"  {kind.name.lower():8} {number}  {count:5} messages  {size:9,} bytes")
    sent: Counter[str] = Counter()
    volume: Counter[str] = Counter()
    pixels: Counter[str] = Counter()
    for message in transcript.messages(ChannelType.DISPLAY):
        name, size, area = described(message)
        sent[name] += 1
        volume[name] += size
        pixels[name] += area
    print("of that, on the display:")
    for name, count in sent.most_common():
        coded = f"{volume[name]:9,} bytes for {pixels[name]:9,} pixels" if pixels[name] else ""
        print(f"  {name:26} {count:5}  {coded}")


def described(message: Message) -> tuple[str, int, int]:
    """Return what a message is, and of an image or a picture of a video the coded bytes and the pixels."""
    if isinstance(message, display.DrawCopy) and isinstance(message.source, Image):
        image = message.source
        data = image.data if isinstance(image.data, bytes) else getattr(image.data, "data", b"")
        return f"image {image.kind.name}", len(data), image.width * image.height
    return type(message).__name__, 0, 0


def preview(pixels: np.ndarray) -> str:
    """Return a picture as coloured text, as wide as the terminal."""
    width = min(shutil.get_terminal_size().columns, 120)
    step = pixels.shape[1] / width
    rows = (np.arange(0, pixels.shape[0] - step, step)).astype(int)
    small = pixels[rows][:, (np.arange(width) * step).astype(int), 2::-1]
    lines = []
    for upper, lower in zip(small[0::2], small[1::2], strict=False):
        cells = zip(upper.tolist(), lower.tolist(), strict=True)
        lines.append(
            "".join("\x1b[38;2;{};{};{};48;2;{};{};{}m▀".format(*a, *b) for a, b in cells) + "\x1b[0m"
        )
    return "\n".join(lines)


FURTHER = """
The same desktop for other clients: .venv/bin/spice-rs serve --demo
  remote-viewer spice://127.0.0.1:5900
  in a browser, with Debian's package spice-html5: python3 -m http.server -b 127.0.0.1 -d /usr/share/spice-html5 8000
  and then http://localhost:8000/spice_auto.html?host=127.0.0.1&port=5900"""


def main() -> None:
    """Run."""
    folder = Path(sys.argv[1] if len(sys.argv) > 1 else "build/demo")
    folder.mkdir(parents=True, exist_ok=True)
    trio.run(demo, folder)


if __name__ == "__main__":
    main()
