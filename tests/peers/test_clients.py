"""The clients as peers, against the reference servers: what they show is the server's screen, and what is done in them arrives."""

from __future__ import annotations

import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.peers import Peer, PeerFailed, require
from tests.peers.gtkclient import SERVER, GtkClient
from tests.peers.html5 import Html5
from tests.peers.qemu import Qemu
from tests.peers.tap import Tap, dissect
from tests.peers.viewer import PROGRAMS, Viewer, spicy_screenshot
from tests.peers.xspice import Xspice

PASSWORD = "a secret & more"


@pytest.fixture
def desk(xspice: Callable[..., Xspice]) -> Xspice:
    """Return an Xspice with a picture on it, which then notes input."""
    peer = xspice(compression="quic", streaming="off", password=PASSWORD)
    peer.draw("palette")
    return peer


def wait_inputs(peer: Xspice, count: int) -> list[tuple[Any, ...]]:
    """Return the first keys and clicks that arrive."""
    peer.wait_until("the input", lambda: len(inputs(peer)) >= count)
    return inputs(peer)


def inputs(peer: Xspice) -> list[tuple[Any, ...]]:
    kinds = {"key": ("name", "down"), "button": ("button", "x", "y", "down"), "scroll": ("direction",)}
    return [tuple(e[fact] for fact in kinds[e["event"]]) for e in peer.input_events(*kinds)]


CLICKED = [
    (1, 100, 200, True),
    (1, 100, 200, False),
    (3, 1023, 767, True),
    (3, 1023, 767, False),
    ("down",),
    ("up",),
]


def test_spicy_screenshot_shows_the_screen(desk: Xspice) -> None:
    require("spicy-screenshot")
    assert np.array_equal(spicy_screenshot(desk.address, password=PASSWORD), desk.ground_truth())


def test_spicegtk_does_what_it_is_told(desk: Xspice, gtk_client: Callable[..., GtkClient]) -> None:
    client = gtk_client(desk.address, password=PASSWORD, compression="lz4")
    client.wait_ready()
    client.wait_still()
    assert np.array_equal(client.picture(), desk.ground_truth())
    desk.watch_input()
    client.press(0x1E)
    client.press(0x148)
    for x, y, button in ((100, 200, 1), (1023, 767, 3)):
        client.move(x, y)
        client.click(button)
    client.click(5)
    client.click(4)
    assert wait_inputs(desk, 10) == [("a", True), ("a", False), ("Up", True), ("Up", False), *CLICKED]
    client.wait_still()
    assert np.array_equal(client.picture(), desk.ground_truth())
    assert client.state()["sizes"] == [[0, 1024, 768]]


def test_spicegtk_knows_the_cursor_and_the_relative_mouse(
    desk: Xspice, gtk_client: Callable[..., GtkClient]
) -> None:
    desk.watch_input()
    client = gtk_client(desk.address, password=PASSWORD)
    client.wait_ready()
    client.move(50, 60)
    client.wait_until("the cursor", lambda: client.cursor() is not None)
    shape = client.cursor()
    assert shape is not None and shape.pixels.shape == (24, 24, 4)
    assert set(np.unique(shape.pixels[:, :, 3])) > {0, 255}, "a soft edge"
    client.ask_mouse_mode(SERVER)
    client.wait_until("the mode", lambda: client.state()["mouse"] == SERVER)
    client.move_by(0, 0)


def test_spicegtk_says_what_went_wrong(desk: Xspice, gtk_client: Callable[..., GtkClient]) -> None:
    client = gtk_client(desk.address, password="wrong")
    with pytest.raises(PeerFailed, match="error-auth"):
        client.wait_ready()


def test_spicegtk_shows_two_displays(qemu: Callable[..., Qemu], gtk_client: Callable[..., GtkClient]) -> None:
    machine = qemu(vga="virtio")
    client = gtk_client(machine.address)
    machine.wait_ready()
    client.wait_ready(displays=2)
    machine.pause()
    client.wait_still()
    for display in (0, 1):
        assert np.array_equal(client.picture(display), machine.ground_truth(display))


@pytest.mark.parametrize("program", PROGRAMS)
def test_a_viewer_shows_the_screen_and_takes_input(
    desk: Xspice, viewer: Callable[..., Viewer], program: str
) -> None:
    window = viewer(program, desk.address, password=PASSWORD, compression="glz")
    window.wait_window()
    window.wait_shows(desk.ground_truth())
    desk.watch_input()
    window.press("a", "Up")
    for place in ((100, 200, 1), (1023, 767, 3), (500, 500, 5), (500, 500, 4)):
        window.click(*place)
    assert wait_inputs(desk, 10) == [("a", True), ("a", False), ("Up", True), ("Up", False), *CLICKED]
    window.wait_shows(desk.wait_still())


def test_a_viewer_in_a_window_shows_the_screen(desk: Xspice, viewer: Callable[..., Viewer]) -> None:
    truth = desk.ground_truth()
    window = viewer("remote-viewer", desk.address, password=PASSWORD, size=(1280, 1024), full=False)
    window.wait_until("the picture", lambda: window.find(truth) is not None)
    assert window.find(truth) == window.find(truth[:5]) != (0, 0)
    assert window.find(255 - truth) is None


def test_spice_html5_shows_the_screen_and_takes_input(desk: Xspice, html5: Callable[..., Html5]) -> None:
    browser = html5(desk.port, password=PASSWORD)
    browser.wait_shown()
    browser.wait_still()
    assert browser.size() == (1024, 768)
    browser.wait_shows(desk.ground_truth())
    desk.watch_input()
    browser.press("a", 65)
    browser.press("ArrowUp", 38)
    browser.click(100, 200)
    browser.click(1023, 767, 3)
    browser.scroll(500, 500, down=True)
    browser.scroll(500, 500, down=False)
    assert wait_inputs(desk, 10) == [("a", True), ("a", False), ("Up", True), ("Up", False), *CLICKED]
    assert browser.complaints() == []


def test_spice_html5_knows_the_cursor(desk: Xspice, html5: Callable[..., Html5]) -> None:
    browser = html5(desk.port, password=PASSWORD)
    browser.wait_shown()
    # The client does not look at the one that is there when it comes.
    browser.move(10, 10)
    desk.run(["xsetroot", "-cursor_name", "watch"])
    browser.wait_until("the cursor", lambda: browser.cursor().startswith('url("data:image/png'))


def test_wireshark_reads_a_whole_session(
    xspice: Callable[..., Xspice], gtk_client: Callable[..., GtkClient], tap: Callable[[int], Tap]
) -> None:
    peer = xspice(streaming="off")
    relay = tap(peer.port)
    client = gtk_client(relay.address)
    client.wait_ready()
    peer.draw("images")
    peer.watch_input()
    client.move(10, 10)
    client.press(0x1E)
    wait_inputs(peer, 2)
    client.wait_still()
    found = relay.dissect()
    assert found.malformed == []
    some = {"Server DRAW_COPY", "Server DRAW_FILL", "Client KEY_DOWN", "Client MOUSE_POSITION"}
    assert some <= found.messages.keys()


@pytest.mark.parametrize("damage", [(314, 5), (314, 200), (399, 20)])
def test_wireshark_notices_what_cannot_be_read(
    xspice: Callable[..., Xspice], tap: Callable[[int], Tap], tmp_path: Path, damage: tuple[int, int]
) -> None:
    require("spicy-screenshot")
    relay = tap(xspice().port)
    spicy_screenshot(relay.address)
    # The message that makes the primary surface gets another size, or another number.
    right, wrong = struct.pack("<HI", 314, 20), struct.pack("<HI", *damage)
    damaged = [(at, number, way, data.replace(right, wrong)) for at, number, way, data in relay.said]
    assert damaged != relay.said
    assert dissect(relay.said, tmp_path).malformed == []
    assert dissect(damaged, tmp_path).malformed != []


def test_a_peer_that_is_gone_says_so(gtk_client: Callable[..., GtkClient]) -> None:
    client = gtk_client("spice://127.0.0.1:1")
    with pytest.raises(PeerFailed, match="error-connect"):
        client.wait_ready()
    assert isinstance(client, Peer)
