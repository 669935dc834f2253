"""Our client through the WebSockets that the reference server itself speaks."""

from __future__ import annotations

from collections.abc import Callable

import trio

import spice_rs
from spice_rs import websocket
from tests.peers.qemu import Qemu
from tests.peers.xspice import Xspice

from .compare import assert_same


async def test_the_screen_of_xspice_comes_through_a_websocket(xspice: Callable[..., Xspice]) -> None:
    peer = xspice(password="secret")
    peer.draw("images")
    async with spice_rs.connect(
        websocket.opener(f"ws://127.0.0.1:{peer.port}/"), password="secret"
    ) as session:
        with trio.fail_after(30):
            frame = await session.display.wait_stable(quiet=0.5)
        assert_same(frame, await trio.to_thread.run_sync(peer.ground_truth))


async def test_keys_reach_xspice_through_a_websocket(xspice: Callable[..., Xspice]) -> None:
    peer = xspice()
    peer.watch_input()
    async with spice_rs.connect(websocket.opener(f"ws://127.0.0.1:{peer.port}")) as session:
        await session.keyboard.type("web")
        await trio.to_thread.run_sync(
            peer.wait_until, "the text", lambda: len(peer.input_events("key")) == 2 * len("web")
        )
    assert "".join(event["text"] for event in peer.input_events("key") if event["down"]) == "web"


async def test_a_machine_of_qemu_is_seen_through_a_websocket(qemu: Callable[..., Qemu]) -> None:
    machine = qemu()
    machine.wait_ready()
    machine.pause()
    async with spice_rs.connect(websocket.opener(f"ws://127.0.0.1:{machine.port}/")) as session:
        with trio.fail_after(30):
            frame = await session.display.wait_stable(quiet=0.5)
        assert_same(frame, await trio.to_thread.run_sync(machine.ground_truth))
