"""The X display as a source: what it shows, exactly, and what reaches its programs."""

from __future__ import annotations

import os
import signal
import socket
import struct
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from functools import partial
from pathlib import Path
from typing import cast

import numpy as np
import pytest
import trio

import spice_rs
from spice_rs import KeyDown, KeyUp, MouseMoved, Session, keymap, sources
from spice_rs.enums import KeyModifiersMask, MouseButtonMask
from spice_rs.errors import MissingExtra, SourceError, Unsupported
from spice_rs.server import Client, LocksChanged
from spice_rs.server.screen import Pixels
from spice_rs.testing import session_pair
from tests.peers import workloads
from tests.peers.xvfb import Xvfb

from .screen import MemoryScreen

Desktop = Callable[..., Xvfb]
QUIET = 0.4
NOBODY = cast(Client, None)
"""Who sends an event that a test makes up."""


@asynccontextmanager
async def shown(peer: Xvfb) -> AsyncIterator[tuple[sources.X11, Session]]:
    """Serve an X display to our client, for a block."""
    async with (
        sources.X11(peer.display) as source,
        session_pair(size=source.size) as (server, session),
        trio.open_nursery() as nursery,
    ):
        nursery.start_soon(source.show_on, server)
        yield source, session
        nursery.cancel_scope.cancel()


async def blocking(function: Callable[..., object], *arguments: object, **options: object) -> None:
    """Do something with a peer while Trio goes on."""
    await trio.to_thread.run_sync(partial(function, *arguments, **options))


async def agreed(peer: Xvfb, session: Session) -> None:
    """Wait until both rest, and compare every pixel with what the X server says."""
    await trio.to_thread.run_sync(partial(peer.wait_still, quiet=QUIET))
    with trio.fail_after(20):
        while True:
            frame = await session.display.wait_stable(quiet=QUIET)
            truth = await trio.to_thread.run_sync(peer.ground_truth)
            pixels = np.asarray(frame)[:, :, 2::-1]
            if pixels.shape == truth.shape and np.array_equal(pixels, truth):
                return


async def until(condition: Callable[[], object]) -> None:
    """Wait for what an X program will have noted."""
    with trio.fail_after(20):
        while not condition():
            await trio.sleep(0.01)


@pytest.mark.parametrize("workload", ["text", "windows", "x11perf"])
async def test_what_programs_draw_arrives_exactly(desktop: Desktop, workload: str) -> None:
    peer = desktop(size=(1024, 768))
    async with shown(peer) as (_, session):
        await trio.to_thread.run_sync(workloads.run, peer, workload)
        await agreed(peer, session)


async def test_what_was_there_before_is_shown(desktop: Desktop) -> None:
    peer = desktop(size=(640, 480))
    await blocking(peer.run, ["xsetroot", "-solid", "#123456"])
    async with shown(peer) as (_, session):
        await agreed(peer, session)
        frame = await session.display.frame()
    assert np.asarray(frame)[100, 100, :3].tolist() == [0x56, 0x34, 0x12]


async def test_without_shared_memory_it_is_the_same(desktop: Desktop) -> None:
    peer = desktop(size=(640, 480), options=["-extension", "MIT-SHM"])
    async with shown(peer) as (_, session):
        await trio.to_thread.run_sync(workloads.run, peer, "palette")
        await agreed(peer, session)


async def test_only_what_was_drawn_is_looked_at(desktop: Desktop) -> None:
    peer = desktop(size=(1024, 768))
    async with sources.X11(peer.display) as source, trio.open_nursery() as nursery:
        screen = MemoryScreen(source.size)
        nursery.start_soon(source.run, screen)
        await screen.until(lambda: screen.called("draw"))
        await screen.pause(QUIET)
        assert screen.called("draw") == [(0, 0, 1024, 768)]
        screen.calls.clear()
        await blocking(peer.start, ["xlogo", "-geometry", "100x80+300+200"])
        await screen.until(lambda: screen.called("draw"))
        await screen.pause(QUIET)
        for left, top, right, bottom in screen.called("draw"):
            assert left >= 300 and top >= 200 and right <= 402 and bottom <= 282
        nursery.cancel_scope.cancel()


async def test_keys_reach_programs(desktop: Desktop) -> None:
    peer = desktop(size=(640, 480))
    await blocking(peer.watch_input)
    async with shown(peer) as (_, session):
        await session.display.frame()
        await session.keyboard.type("Hello, X! (50%)")
        await until(lambda: typed(peer).endswith("%)"))
        assert typed(peer) == "Hello, X! (50%)"


def typed(peer: Xvfb) -> str:
    return "".join(event["text"] for event in peer.input_events("key") if event["down"])


# Keys to which the layout of Xvfb gives no keysym, or another than their name: those of Japanese keyboards, F13 to F24.
WITHOUT_KEYSYM = {
    "KP_Separator",
    "Katakana_Hiragana",
    "Henkan",
    "Muhenkan",
    "Ro",
    "Yen",
    "ISO_102",
    "Browser_Stop",
}
WITHOUT_KEYSYM |= {f"F{number}" for number in range(13, 25)}


async def test_every_key_is_the_key_of_that_name(desktop: Desktop) -> None:
    """X says which keysym a key gave; the keymap says which key that keysym's name belongs to."""
    peer = desktop(size=(640, 480))
    await blocking(peer.watch_input)
    names = [name for name in keymap.key_names() if name not in WITHOUT_KEYSYM]
    wrong = {}
    async with shown(peer) as (_, session):
        await session.display.frame()
        for name in names:
            count = len(peer.input_events("key"))
            await session.keyboard.press(name)
            await until(lambda count=count: len(peer.input_events("key")) >= count + 2)
            down, up = peer.input_events("key")[count:]
            given = down["name"] or "nothing"
            # GTK leaves the prefix of the keysyms of media keys away.
            found = keymap.find(given) or keymap.find("XF86" + given)
            if found is None or found.name != name or not down["down"] or up["down"]:
                wrong[name] = (down["name"], down["code"])
            if name in ("Caps_Lock", "Num_Lock", "Scroll_Lock"):
                await session.keyboard.press(name)
                await until(lambda count=count: len(peer.input_events("key")) >= count + 4)
    assert not wrong


async def test_what_a_client_repeats_is_not_pressed_again(desktop: Desktop) -> None:
    """X repeats by itself; with what clients repeat beside that it would be twice as often."""
    peer = desktop(size=(640, 480))
    await blocking(peer.run, ["xset", "r", "off"])
    await blocking(peer.watch_input)
    async with shown(peer) as (source, session):
        await session.display.frame()
        for _ in range(5):
            source.handle(KeyDown(NOBODY, 0x1E, "A"))
        source.handle(KeyUp(NOBODY, 0x1E, "A"))
        await until(lambda: any(not event["down"] for event in peer.input_events("key")))
    assert [event["down"] for event in peer.input_events("key")] == [True, False]


async def test_pointer_and_buttons_reach_programs(desktop: Desktop) -> None:
    peer = desktop(size=(640, 480))
    await blocking(peer.watch_input)
    async with shown(peer) as (_, session):
        await session.display.frame()
        await session.mouse.move(100, 50)
        await until(lambda: peer.input_events("motion"))
        await session.mouse.click(200, 150, button="right")
        await session.mouse.scroll(-2)
        await until(lambda: len(peer.input_events("scroll")) == 2)
    assert {"event": "motion", "x": 100, "y": 50} in peer.input_events("motion")
    places = [(e["button"], e["x"], e["y"], e["down"]) for e in peer.input_events("button")]
    assert places == [(3, 200, 150, True), (3, 200, 150, False)]
    assert [event["direction"] for event in peer.input_events("scroll")] == ["down", "down"]


async def test_relative_motion_moves_the_pointer(desktop: Desktop) -> None:
    peer = desktop(size=(640, 480))
    await blocking(peer.run, ["xdotool", "mousemove", "100", "100"])
    async with (
        sources.X11(peer.display) as source,
        trio.open_nursery() as nursery,
        session_pair(size=source.size, mouse_modes=spice_rs.MouseMode.SERVER) as (server, session),
    ):
        nursery.start_soon(source.show_on, server)
        await session.display.frame()
        await session.mouse.move_by(30, -20)
        await until(lambda: session.cursor.position == (130, 80))
        where = await trio.to_thread.run_sync(peer.run, ["xdotool", "getmouselocation", "--shell"])
        assert where.split()[:2] == [b"X=130", b"Y=80"]
        nursery.cancel_scope.cancel()


async def test_what_is_held_is_let_go_when_the_source_ends(desktop: Desktop) -> None:
    peer = desktop(size=(640, 480))
    await blocking(peer.watch_input)
    async with shown(peer) as (_, session):
        await session.display.frame()
        await session.keyboard.down("Shift")
        await until(lambda: peer.input_events("key"))
    await until(lambda: len(peer.input_events("key")) == 2)
    assert [(e["name"], e["down"]) for e in peer.input_events("key")] == [
        ("Shift_L", True),
        ("Shift_L", False),
    ]


async def test_locks_follow_the_client(desktop: Desktop) -> None:
    peer = desktop(size=(640, 480))
    await blocking(peer.watch_input)
    caps, num = KeyModifiersMask.CAPS_LOCK, KeyModifiersMask.NUM_LOCK
    async with shown(peer) as (source, session):
        await session.display.frame()
        for locks, expected in ((caps, "A"), (num, "A7"), (KeyModifiersMask(0), "A7")):
            source.handle(LocksChanged(NOBODY, locks))
            for code in (0x1E, 0x47):
                if (code == 0x1E) == (locks == caps):
                    source.handle(KeyDown(NOBODY, code, None))
                    source.handle(KeyUp(NOBODY, code, None))
            await until(lambda expected=expected: typed(peer) == expected)
        await until(lambda: len(peer.input_events("key")) == 6)
    names = [event["name"] for event in peer.input_events("key") if event["down"]]
    assert names == ["A", "KP_7", "KP_Home"]


async def test_the_pointer_of_the_x_screen(desktop: Desktop) -> None:
    peer = desktop(size=(640, 480))
    await blocking(peer.run, ["xdotool", "mousemove", "100", "100"])
    shape = np.random.default_rng(9).integers(0, 256, (5, 7, 4), np.uint8)
    shape[:, :, :3] = np.minimum(shape[:, :, :3], shape[:, :, 3:])  # Colours are multiplied by alpha.
    async with sources.X11(peer.display) as source, trio.open_nursery() as nursery:
        screen = MemoryScreen(source.size)
        nursery.start_soon(source.run, screen)
        await screen.until(lambda: screen.pointer[2] == (100, 100) and screen.pointer[0] is not None)
        async with root_pointer(peer, shape, (3, 2)):
            await screen.until(lambda: np.array_equal(screen.pointer[0], shape))
            assert screen.pointer[1] == (3, 2)
            await blocking(peer.run, ["xdotool", "mousemove_relative", "200", "100"])
            await screen.until(lambda: screen.pointer[2] == (300, 200))
        nursery.cancel_scope.cancel()


@asynccontextmanager
async def root_pointer(peer: Xvfb, shape: Pixels, hot_spot: tuple[int, int]) -> AsyncIterator[None]:
    """Give the root window a pointer, as a program does that lives as long as the block."""
    # Not above: it wants libxcb, which comes with the peers.
    import xcffib
    import xcffib.render
    import xcffib.xproto

    connection = await trio.to_thread.run_sync(xcffib.connect, peer.display)
    core, render = connection.core, connection(xcffib.render.key)
    root = connection.get_setup().roots[0].root
    formats = render.QueryPictFormats().reply().formats
    argb = next(each.id for each in formats if each.depth == 32 and each.direct.alpha_mask == 255)
    pixmap, context, picture, cursor = (connection.generate_id() for _ in range(4))
    height, width, _ = shape.shape
    core.CreatePixmap(32, pixmap, root, width, height)
    core.CreateGC(context, pixmap, 0, [])
    core.PutImage(2, pixmap, context, width, height, 0, 0, 0, 32, shape.size, shape.tobytes())
    render.CreatePicture(picture, pixmap, argb, 0, [])
    render.CreateCursor(cursor, picture, *hot_spot)
    core.ChangeWindowAttributes(root, xcffib.xproto.CW.Cursor, [cursor])
    connection.flush()
    yield
    connection.disconnect()


async def test_a_pointer_that_x_keeps_to_itself(desktop: Desktop) -> None:
    """The program that has set it is gone, and X answers BadAccess."""
    peer = desktop(size=(640, 480))
    async with sources.X11(peer.display) as source, trio.open_nursery() as nursery:
        screen = MemoryScreen(source.size)
        nursery.start_soon(source.run, screen)
        await screen.until(lambda: screen.called("cursor"))
        before = screen.pointer[0]
        assert before is not None
        await blocking(peer.run, ["xsetroot", "-cursor_name", "watch"])
        await screen.until(lambda: len(screen.called("cursor")) > 1)
        nursery.cancel_scope.cancel()
    assert screen.pointer[0] is not None and not np.array_equal(screen.pointer[0], before)


async def test_another_size_of_the_x_screen_is_followed(desktop: Desktop) -> None:
    peer = desktop(size=(1024, 768))
    await blocking(workloads.run, peer, "palette")
    async with shown(peer) as (source, session):
        await agreed(peer, session)
        await source.request_size(800, 600)
        await agreed(peer, session)
        assert session.display.size == source.size == (800, 600)
        # The mode is there already, and somebody else sets it.
        await blocking(peer.run, ["xrandr", "--output", "screen", "--mode", "1024x768"])
        await agreed(peer, session)
        assert session.display.size == source.size == (1024, 768)


async def test_a_size_that_is_not_possible(desktop: Desktop) -> None:
    peer = desktop(size=(640, 480))
    async with shown(peer) as (source, session):
        with pytest.raises(Unsupported, match="its limits are 640x480") as caught:
            await source.request_size(800, 600)
        assert caught.value.capability == "RANDR"
        await agreed(peer, session)
    peer = desktop(size=(640, 480), options=["-extension", "RANDR"])
    async with sources.X11(peer.display) as source:
        with pytest.raises(Unsupported, match="no RandR"):
            await source.request_size(320, 200)


@pytest.mark.parametrize("blow", [signal.SIGTERM, signal.SIGKILL])
async def test_an_x_server_that_ends(desktop: Desktop, blow: signal.Signals) -> None:
    peer = desktop(size=(640, 480))
    async with sources.X11(peer.display) as source:
        screen = MemoryScreen(source.size)
        async with trio.open_nursery() as nursery:
            nursery.start_soon(kill_when_drawn, peer, screen, blow)
            with trio.fail_after(20), pytest.raises(SourceError, match="has ended") as caught:
                await source.run(screen)
        assert caught.value.source == f"X display {peer.display}"
        with pytest.raises(SourceError, match="has ended"):
            await source.request_size(320, 200)


async def kill_when_drawn(peer: Xvfb, screen: MemoryScreen, blow: signal.Signals) -> None:
    await screen.until(lambda: screen.called("draw"))
    os.kill(peer.server.pid, blow)


async def test_leaving_the_block_ends_what_runs(desktop: Desktop, nursery: trio.Nursery) -> None:
    peer = desktop(size=(320, 240))
    ended = trio.Event()

    async def run() -> None:
        await source.run(screen)
        ended.set()

    async with sources.X11(peer.display) as source:
        screen = MemoryScreen(source.size)
        nursery.start_soon(run)
        await screen.until(lambda: screen.called("draw"))
        with pytest.raises(trio.BusyResourceError, match="shown already"):
            await source.run(screen)
    with trio.fail_after(5):
        await ended.wait()
    with pytest.raises(RuntimeError, match="not open"):
        await source.run(screen)


async def test_an_x_server_that_hangs_does_not_hang_us(desktop: Desktop) -> None:
    peer = desktop(size=(640, 480))
    async with sources.X11(peer.display) as source, trio.open_nursery() as nursery:
        screen = MemoryScreen(source.size)
        nursery.start_soon(source.run, screen)
        await screen.until(lambda: screen.called("draw"))
        os.kill(peer.server.pid, signal.SIGSTOP)
        try:
            with trio.fail_after(20):
                for x in range(20_000):
                    source.handle(MouseMoved(NOBODY, x % 640, 0, MouseButtonMask(0), 0))
                    source.handle(KeyDown(NOBODY, 0x1E, "A"))
                    source.handle(KeyUp(NOBODY, 0x1E, "A"))
                    await trio.lowlevel.checkpoint()
                nursery.cancel_scope.cancel()
        finally:
            os.kill(peer.server.pid, signal.SIGCONT)


async def test_a_display_that_is_not_there() -> None:
    for name, text in (
        (":4711", "there is no X server"),
        ("127.0.0.1:59", "there is no X server"),
        ("nonsense", "no display's name"),
        ("", "no display's name"),
    ):
        with pytest.raises(SourceError, match=text) as caught:
            await sources.X11(name).__aenter__()
        assert caught.value.source == f"X display {name}"


async def test_a_display_that_refuses(
    desktop: Desktop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    write_authority(tmp_path / "theirs", bytes(range(16)))
    write_authority(tmp_path / "wrong", bytes(16))
    peer = desktop(size=(640, 480), options=["-auth", str(tmp_path / "theirs")])
    for mine in ("none", "wrong"):
        monkeypatch.setenv("XAUTHORITY", str(tmp_path / mine))
        with pytest.raises(SourceError, match=r"refuses: .*XAUTHORITY"):
            await sources.X11(peer.display).__aenter__()
    # Whoever catches the error does not find it on the terminal too.
    assert capfd.readouterr().err == ""
    monkeypatch.setenv("XAUTHORITY", str(tmp_path / "theirs"))
    async with sources.X11(peer.display) as source:
        assert source.size == (640, 480)


def write_authority(path: Path, secret: bytes) -> None:
    """Write an authority file for every display of this machine."""
    fields = (socket.gethostname().encode(), b"", b"MIT-MAGIC-COOKIE-1", secret)
    path.write_bytes(
        struct.pack(">H", 256) + b"".join(struct.pack(">H", len(field)) + field for field in fields)
    )


@pytest.mark.parametrize(
    "options, text",
    [
        ({"depth": 16}, "depth 16; only depth 24"),
        ({"options": ["-extension", "XTEST"]}, "lacks the extension XTEST"),
        ({"options": ["-extension", "DAMAGE"]}, "lacks the extension DAMAGE"),
    ],
)
async def test_a_display_that_lacks_something(
    desktop: Desktop, options: dict[str, object], text: str
) -> None:
    peer = desktop(size=(640, 480), **options)
    with pytest.raises(SourceError, match=text):
        await sources.X11(peer.display).__aenter__()


async def test_a_display_over_tcp(desktop: Desktop) -> None:
    """As through ssh, which forwards a port to another machine's display."""
    peer = desktop(size=(320, 240))
    await blocking(peer.run, ["xsetroot", "-solid", "#654321"])

    async def forward(stream: trio.SocketStream) -> None:
        x = await trio.open_unix_socket(f"/tmp/.X11-unix/X{peer.display[1:]}")
        async with x, trio.open_nursery() as both:
            both.start_soon(pour, stream, x)
            both.start_soon(pour, x, stream)

    async with trio.open_nursery() as nursery:
        listener = (await trio.open_tcp_listeners(0, host="127.0.0.1"))[0]
        port = listener.socket.getsockname()[1]
        nursery.start_soon(trio.serve_listeners, forward, [listener])
        async with sources.X11(f"127.0.0.1:{port - 6000}.0") as source:
            screen = MemoryScreen(source.size)
            nursery.start_soon(source.run, screen)
            await screen.until(lambda: (screen.picture == (0x21, 0x43, 0x65)).all())
            nursery.cancel_scope.cancel()


async def pour(source: trio.SocketStream, target: trio.SocketStream) -> None:
    with suppress(trio.BrokenResourceError):
        async for data in source:
            await target.send_all(data)
        await target.send_eof()


async def test_what_answers_is_no_x_server() -> None:
    async with trio.open_nursery() as nursery:
        listener = (await trio.open_tcp_listeners(0, host="127.0.0.1"))[0]
        port = listener.socket.getsockname()[1]
        nursery.start_soon(trio.serve_listeners, hang_up, [listener])
        with pytest.raises(SourceError, match="no X server"):
            await sources.X11(f"127.0.0.1:{port - 6000}").__aenter__()
        nursery.cancel_scope.cancel()


async def hang_up(stream: trio.SocketStream) -> None:
    await stream.receive_some()
    await stream.aclose()


def test_before_it_is_open() -> None:
    source = sources.X11(":0")
    with pytest.raises(RuntimeError, match="async with"):
        _ = source.size
    with pytest.raises(ValueError, match="not 0"):
        sources.X11(":0", rate=0)


async def test_without_what_it_needs(desktop: Desktop, monkeypatch: pytest.MonkeyPatch) -> None:
    peer = desktop(size=(320, 240))
    monkeypatch.setitem(sys.modules, "xcffib", None)
    with pytest.raises(MissingExtra, match=r"pip install 'spice-rs\[x11\]'"):
        await sources.X11(peer.display).__aenter__()
    # As xcffib does where its library is not there.
    monkeypatch.delitem(sys.modules, "xcffib")
    monkeypatch.setattr("ctypes.util.find_library", lambda _name: "libxcb-that-is-nowhere.so")
    with pytest.raises(SourceError, match="apt install libxcb1"):
        await sources.X11(peer.display).__aenter__()
