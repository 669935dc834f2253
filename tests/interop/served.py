"""Our server with the clients that people use on it: what is served, who looks, and how to wait for all of them."""

from __future__ import annotations

import functools
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any, Protocol

import numpy as np
import trio
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

import spice_rs
from spice_rs.channels.display import DisplayServer
from spice_rs.enums import ChannelType
from spice_rs.server import Screen, Server
from tests.peers import Peer, require, running
from tests.peers._pictures import Picture
from tests.peers.gtkclient import GtkClient
from tests.peers.html5 import Html5
from tests.peers.viewer import PROGRAMS, Viewer

Pixels = NDArray[np.uint8]
"""(height, width, 4) uint8, blue first: as our server takes it."""

SIZE = (1024, 768)
CLIENTS = ("spicegtk", *PROGRAMS, "html5")
SECONDS = 60.0
"""How long our own client may take to show something, on a machine that is busy."""


class Client(Protocol):
    """What every client can do for a test."""

    def wait_shows(self, truth: Picture, /, *display: int) -> None: ...


@asynccontextmanager
async def serving(**options: Any) -> AsyncIterator[Server]:
    """Serve on a free port of the loopback."""
    options.setdefault("size", SIZE)
    async with spice_rs.serve("spice://127.0.0.1:0", **options) as server:
        yield server
        assert not server.faults


def port(server: Server) -> int:
    """Return the port of a server's only door."""
    return int(server.addresses[0].rpartition(":")[2])


@asynccontextmanager
async def opened(name: str, server: Server, **options: Any) -> AsyncIterator[Any]:
    """Start one of `CLIENTS` on a server, and end it."""
    require(name)
    async with running(functools.partial(STARTS[name], server, **options)) as client:
        yield client


@asynccontextmanager
async def all_opened(server: Server, names: tuple[str, ...] = CLIENTS) -> AsyncIterator[dict[str, Client]]:
    """Start several clients at once."""
    clients: dict[str, Client] = {}

    async def start(name: str) -> None:
        clients[name] = await stack.enter_async_context(opened(name, server))

    async with AsyncExitStack() as stack:
        async with trio.open_nursery() as nursery:
            for name in names:
                nursery.start_soon(start, name)
        yield clients


class Ours:
    """Our own client, as the others are used."""

    def __init__(self, session: spice_rs.Session) -> None:
        self._session = session

    def wait_shows(self, truth: Picture, /, *display: int) -> None:
        """Wait until it shows a picture; called in a thread of Trio's."""
        trio.from_thread.run(self._shows, truth, *display)

    async def _shows(self, truth: Picture, number: int = 0) -> None:
        display = self._session.displays[number]
        with trio.fail_after(SECONDS):
            frame = await display.frame()
            while not np.array_equal(np.asarray(frame)[:, :, 2::-1], truth):
                frame = await display.wait_change(since=frame)


@asynccontextmanager
async def everybody(server: Server) -> AsyncIterator[dict[str, Client]]:
    """Start all clients at once, ours among them."""
    async with all_opened(server) as clients, spice_rs.connect(server.addresses[0]) as session:
        yield {**clients, "ours": Ours(session)}


async def all_show(server: Server, clients: dict[str, Client], what: str) -> None:
    """Wait until every client shows the first screen as it is now."""
    async with trio.open_nursery() as nursery:
        for name, client in clients.items():
            nursery.start_soon(functools.partial(shows, server, client, what=f"{name}, {what}"))


async def shows(server: Server, client: Client, number: int = 0, *, what: str = "") -> None:
    """Wait until a client shows a screen as it is now."""
    which = [number] if number else []
    try:
        await blocking(client.wait_shows, screen_picture(server, number), *which)
    except Exception as error:
        error.add_note(f"{what}; {server!r}: {states(server)}")
        raise


def states(server: Server) -> list[str]:
    """Say how far each client's displays are, for whoever looks into a failure."""
    displays = [d for c in server.clients for d in c.channels.values() if isinstance(d, DisplayServer)]
    return [f"{d!r} due {d.view.due_pixels}, sent {d.view.counters}" if d.view else repr(d) for d in displays]


async def blocking(act: Callable[..., Any], *arguments: Any, **options: Any) -> Any:
    """Call a method of a peer, all of which block, while our server goes on."""
    return await trio.to_thread.run_sync(functools.partial(act, *arguments, **options))


def sent(server: Server) -> Counter[str]:
    """Return how many pieces of each coding the clients that are there have been sent."""
    displays = [client.channels.get((ChannelType.DISPLAY, 0)) for client in server.clients]
    views = [display.view for display in displays if isinstance(display, DisplayServer) and display.view]
    total = Counter[str]()
    for view in views:
        total.update({name: count for name, count in view.counters.items() if name.endswith("_pieces")})
    return Counter({name.removesuffix("_pieces"): count for name, count in total.items() if count})


def screen_picture(server: Server, number: int = 0) -> Picture:
    """Return what a server serves, red first."""
    return np.ascontiguousarray(np.asarray(server.screens[number].frame())[:, :, 2::-1])


def _viewer(program: str, server: Server, **options: Any) -> Peer:
    options.setdefault("size", server.screen.size)
    return Viewer(program, server.addresses[0], **options)


STARTS: dict[str, Callable[..., Peer]] = {
    "spicegtk": lambda server, **options: GtkClient(server.addresses[0], **options),
    "html5": lambda server, **options: Html5(port(server), **options),
    **{program: functools.partial(_viewer, program) for program in PROGRAMS},
}


# What is served.


@functools.cache
def desk(seed: int = 0, size: tuple[int, int] = SIZE) -> Pixels:
    """Return what a desktop has: flat areas, text, a photograph, few colours in hard edges, soft shades, noise."""
    random = np.random.default_rng(seed)
    width, height = size
    pixels = np.empty((height, width, 4), np.uint8)
    pixels[:] = (*random.integers(40, 120, 3), 0)
    third, half = width // 3, height // 2
    place(pixels, text(third - 20, half - 20, seed), 10, 10)
    place(pixels, photograph(third - 20, half - 20, random), third + 10, 10)
    place(pixels, patches(third - 20, half - 20, random, 12), 2 * third + 10, 10)
    place(pixels, shades(third - 20, half - 20), 10, half + 10)
    place(pixels, patches(third - 20, half - 20, random, 2), third + 10, half + 10)
    noise = random.integers(0, 256, (half // 2, third // 2, 4), np.uint8)
    place(pixels, noise, 2 * third + 10, half + 10)
    pixels.flags.writeable = False
    return pixels


def place(pixels: Pixels, part: Pixels, left: int, top: int) -> None:
    """Put a picture on another."""
    height, width = part.shape[:2]
    pixels[top : top + height, left : left + width] = part


@functools.cache
def text(width: int, height: int, seed: int) -> Pixels:
    """Return lines of black text on white, with soft edges."""
    picture = Image.new("RGB", (width, height), "white")
    write, font = ImageDraw.Draw(picture), ImageFont.load_default(13)
    for line in range(height // 16):
        words = f"{seed * 1000 + line:5}  the quick brown fox jumps over the lazy dog {line * line}"
        write.text((4, 16 * line), words, "black", font)
    pixels = from_rgb(np.asarray(picture))
    pixels.flags.writeable = False
    return pixels


def photograph(width: int, height: int, random: np.random.Generator) -> Pixels:
    """Return soft lights under film grain."""
    y, x = np.mgrid[0:height, 0:width]
    lights = [np.sin(x / a + b) + np.cos(y / c + b) for a, b, c in random.uniform(10, 90, (3, 3))]
    rgb = 128 + 55 * np.stack(lights, axis=2) + random.normal(0, 4, (height, width, 3))
    return from_rgb(rgb.clip(0, 255).astype(np.uint8))


def patches(width: int, height: int, random: np.random.Generator, colours: int) -> Pixels:
    """Return hard-edged rectangles in few colours."""
    palette = random.integers(0, 256, (colours, 4), np.uint8)
    pixels = np.empty((height, width, 4), np.uint8)
    pixels[:] = palette[0]
    for _ in range(200):
        left, top = random.integers(0, width), random.integers(0, height)
        pixels[top : top + random.integers(2, 40), left : left + random.integers(2, 60)] = random.choice(
            palette
        )
    return pixels


def shades(width: int, height: int) -> Pixels:
    """Return a colour that changes with each pixel."""
    y, x = np.mgrid[0:height, 0:width]
    return from_rgb(np.stack([x % 256, y % 256, (x + y) // 4 % 256], axis=2).astype(np.uint8))


def from_rgb(picture: Picture) -> Pixels:
    """Turn a picture round, and give it a fourth byte that means nothing."""
    pixels = np.full((*picture.shape[:2], 4), 0x5A, np.uint8)
    pixels[:, :, :3] = picture[:, :, ::-1]
    return pixels


# How it is drawn.


async def many_small(screen: Screen) -> None:
    """Draw many small pictures, some of them over the edge."""
    random = np.random.default_rng(7)
    width, height = screen.size
    for number in range(60):
        part = desk(number, (90 + number, 70))
        await screen.draw(part, at=(int(random.integers(-50, width)), int(random.integers(-50, height))))


async def scrolled_text(screen: Screen) -> None:
    """Show text, and scroll it by showing it whole again."""
    for line in range(20):
        await screen.update(np.roll(text(*screen.size, 3), -16 * line, axis=0))


async def filled_and_copied(screen: Screen) -> None:
    """Say what is one colour and what has moved."""
    screen.fill((100, 100, 900, 300), 0x336699)
    screen.copy((50, 50, 500, 400), to=(300, 200))
    screen.fill((0, 700, 1024, 768), 0xFFFFFF)


DRAWINGS: dict[str, Callable[[Screen], Awaitable[object]]] = {
    "a whole picture": lambda screen: screen.update(desk(0)),
    "many small ones": many_small,
    "text that was scrolled": scrolled_text,
    "a photograph": lambda screen: screen.draw(photograph(500, 400, np.random.default_rng(3)), at=(260, 150)),
    "areas filled and copied": filled_and_copied,
    "another whole picture": lambda screen: screen.update(desk(1)),
    "the first picture again": lambda screen: screen.update(desk(0)),
}
"""Every way to draw, one after the other on a screen of `SIZE`."""
