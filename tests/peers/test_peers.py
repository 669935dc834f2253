"""The peers themselves: what they say about their screens is what the reference client shows."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from tests.peers import PeerFailed, require, running
from tests.peers._process import free_port, listening
from tests.peers.qemu import Qemu
from tests.peers.reference import reference
from tests.peers.xspice import Xspice
from tests.peers.xvfb import Xvfb


def test_the_reference_client_shows_the_screen_of_xspice(xspice: Callable[..., Xspice]) -> None:
    require("spicegtk")
    peer = xspice(compression="quic", password="a secret")
    peer.draw("palette")
    seen = reference(peer.address, password="a secret")
    assert np.array_equal(seen.picture, peer.ground_truth())


def test_the_reference_client_shows_the_screen_of_qemu(qemu: Callable[..., Qemu]) -> None:
    require("spicegtk")
    machine = qemu(unix=True)
    machine.wait_ready()
    machine.pause()
    assert np.array_equal(reference(machine.address).picture, machine.ground_truth())


def test_a_wrong_password_is_reported(xspice: Callable[..., Xspice]) -> None:
    require("spicegtk")
    peer = xspice(password="right")
    with pytest.raises(PeerFailed, match="error-auth"):
        reference(peer.address, password="wrong")


def test_qemu_refuses_with_its_own_words(qemu: Callable[..., Qemu]) -> None:
    with pytest.raises(PeerFailed, match="no-such-command"):
        qemu().qmp.command("no-such-command")


def test_a_peer_that_dies_at_its_start_leaves_its_last_words(xspice: Callable[..., Xspice]) -> None:
    with pytest.raises(PeerFailed, match="no-such-mode"):
        xspice(compression="no-such-mode")


def test_input_is_noted_where_it_arrives(xspice: Callable[..., Xspice]) -> None:
    peer = xspice()
    peer.watch_input()
    peer.run(["xdotool", "mousemove", "200", "100", "click", "3", "key", "Q"])
    peer.wait_until("the key", lambda: any(not event["down"] for event in peer.input_events("key")))
    click = next(event for event in peer.input_events("button") if event["down"])
    assert (click["button"], click["x"], click["y"]) == (3, 200, 100)
    assert [event["text"] for event in peer.input_events("key") if event["down"]][-1] == "Q"


def test_the_screen_of_an_x_server_is_what_was_drawn(xvfb: Xvfb) -> None:
    require("xspice")
    xvfb.run(["xsetroot", "-solid", "#123456"])
    picture = xvfb.ground_truth()
    assert picture.shape == (1024, 1280, 3)
    assert np.array_equal(np.unique(picture.reshape(-1, 3), axis=0), [[0x12, 0x34, 0x56]])


async def test_a_peer_ends_with_its_block_in_trio() -> None:
    require("qemu")
    async with running(Qemu) as machine:
        assert machine.port is not None
        assert listening(machine.port)
    assert not listening(machine.port)
    assert not machine.directory.exists()


def test_a_port_is_free_until_somebody_listens() -> None:
    assert not listening(free_port())
