"""The command `serve`: shows something to whoever connects, until it is told to end."""

from __future__ import annotations

import importlib.util
import logging
import signal
import traceback
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Annotated, Any, Literal

import trio
from cyclopts import Parameter

from .. import sources
from .._groups import plain_errors
from ..server import Compression, Encoding, Lossy, Server, Streaming, serve
from ..tls import ServerTls
from ..uri import Address, TcpAddress, parse
from ._doors import EVERYWHERE, Doors
from ._failures import Status, WrongUse, complain, line, status

PAGES = "/usr/share/spice-html5"


@Parameter(name="*")
@dataclass(frozen=True)
class Shown:
    """What is served: one of these.

    Arguments:
        demo: a generated desktop, to try things.
        image: a picture file.
        video: a film file, again and again, without its sound.
        x11: an X display, like :0, with its keyboard and pointer.
    """

    demo: Annotated[bool, Parameter(negative=())] = False
    image: Path | None = None
    video: Path | None = None
    x11: str | None = None

    def source(self) -> sources.Source:
        """Return it.

        Raises:
            WrongUse: it is none, or more than one.
        """
        found: list[sources.Source] = []
        if self.demo:
            found.append(sources.Demo())
        if self.image is not None:
            found.append(sources.Image(self.image))
        if self.video is not None:
            found.append(sources.Video(self.video))
        if self.x11 is not None:
            found.append(sources.X11(self.x11))
        if len(found) != 1:
            raise WrongUse(f"what is to be served? {'Only one' if found else 'One'} of {CHOICES}")
        return found[0]

    @property
    def title(self) -> str:
        """What it is called where nobody gave it a name."""
        if self.x11 is not None:
            return f"X display {self.x11}"
        return "the demo desktop" if self.demo else str(self.image or self.video)


CHOICES = "--demo, --image FILE, --video FILE, --x11 DISPLAY"
SHOWN = Shown()
DOORS = Doors()


def serve_(
    *,
    shown: Shown = SHOWN,
    doors: Doors = DOORS,
    compression: Literal["auto", "quic", "glz", "lz", "lz4", "off", "auto_glz", "auto_lz"] = "auto",
    jpeg: Literal["auto", "always", "never"] = "auto",
    streaming: Literal["off", "filter", "all"] = "filter",
    name: str | None = None,
    debug: Annotated[bool, Parameter(negative=())] = False,
) -> int:
    """Serve a desktop, a picture, a film or an X display to SPICE clients, until Ctrl-C.

    Arguments:
        compression: how images are encoded; auto picks what costs least.
        jpeg: whether images may lose something until they rest; auto: on slow lines.
        streaming: which areas that keep changing become video.
        name: what clients show as the name of the machine.
        debug: say what happens, and where an error came from.
    """
    if debug:
        logging.basicConfig(level=logging.DEBUG, format="%(relativeCreated)6d %(name)s: %(message)s")
    try:
        encoding = Encoding(
            compression=Compression(compression), jpeg=Lossy(jpeg), streaming=Streaming(streaming)
        )
        work = Work(shown.source(), doors, name or shown.title, {"encoding": encoding, **doors.options()})
        told = trio.run(work.run)
    except (Exception, KeyboardInterrupt, BaseExceptionGroup) as error:
        if debug:
            traceback.print_exception(error)
        return complain(status(error), line(error))
    return complain(Status.INTERRUPTED, "interrupted") if told == signal.SIGINT else Status.DONE


@dataclass
class Work:
    """One run of the command."""

    source: sources.Source
    doors: Doors
    name: str
    options: dict[str, Any] = field(repr=False)
    until: trio.CancelScope = field(default_factory=trio.CancelScope)
    told: int | None = None

    async def run(self) -> int | None:
        """Serve until a signal comes; return which."""
        with trio.open_signal_receiver(signal.SIGINT, signal.SIGTERM) as signals, plain_errors():
            async with trio.open_nursery() as nursery:
                nursery.start_soon(self._listen_for_the_end, signals)
                with self.until:
                    await self._serve()
                nursery.cancel_scope.cancel()
        return self.told

    async def _listen_for_the_end(self, signals: AsyncIterator[int]) -> None:
        async for number in signals:
            self.told = number
            self.until.cancel()

    async def _serve(self) -> None:
        async with self.source as source, self._open(source.size) as server:
            self.doors.invite(server)
            print(announcement(server, self.name, self.doors), flush=True)
            # What ends the command ends the drawing first: then there is time for goodbyes.
            with trio.CancelScope() as self.until:
                await source.show_on(server)

    @asynccontextmanager
    async def _open(self, size: tuple[int, int]) -> AsyncIterator[Server]:
        async with AsyncExitStack() as stack:
            try:
                opened = serve(*self.doors.addresses, size=size, name=self.name, **self.options)
                server = await stack.enter_async_context(opened)
            except ValueError as error:
                raise WrongUse(str(error)) from error
            yield server


def announcement(server: Server, name: str, doors: Doors) -> str:
    """Return what is served, where, and how to see it."""
    width, height = server.screen.size
    place = reachable(parse(server.addresses[0]))
    return "\n".join(
        (
            f"serving {name}, {width}x{height}, on {' and '.join(server.addresses)}",
            *certificate(server.tls),
            *how_to_see(place, server.tls, doors),
            *in_browser(place),
            "Ctrl-C ends it.",
        )
    )


def certificate(tls: ServerTls | None) -> list[str]:
    """Return what clients may trust a server by."""
    if tls is None:
        return []
    return [f"  certificate:   subject {tls.subject}", f"                 public key {tls.pubkey}"]


def how_to_see(place: Address, tls: ServerTls | None, doors: Doors) -> list[str]:
    """Return the commands that show what is served."""
    user = ["--sasl-user NAME"] if doors.sasl else []
    encrypted = isinstance(place, TcpAddress) and place.port is None
    viewer = str(
        doors.connection_file or (place if not encrypted else "FILE, with --connection-file FILE here")
    )
    trust = [f"--pubkey {tls.pubkey}"] if tls is not None and encrypted else []
    return [
        f"  see it:        remote-viewer {viewer}",
        f"  a picture:     spice-rs screenshot {' '.join([str(place), *user, *trust])} -o desk.png",
    ]


def in_browser(place: Address) -> list[str]:
    """Return how to see it in a browser."""
    if not isinstance(place, TcpAddress) or place.port is None:
        return []
    if importlib.util.find_spec("wsproto") is None:
        return ["  in a browser:  needs pip install 'spice-rs[web]' first"]
    return [
        f"  in a browser:  python3 -m http.server -b 127.0.0.1 -d {PAGES} 8000    (Debian's package spice-html5), then",
        f"                 http://localhost:8000/spice_auto.html?host={place.host}&port={place.port}",
    ]


def reachable(place: Address) -> Address:
    """Return an address of this machine where clients reach one that is listened on."""
    if isinstance(place, TcpAddress) and place.host in EVERYWHERE:
        return replace(place, host="127.0.0.1")
    return place
