"""A session that lasts: very many messages without a stall, and a long time without any."""

from __future__ import annotations

import os
from collections.abc import Callable

import pytest
import trio

import spice_rs
from tests.peers.xspice import Xspice

from .compare import assert_same
from .test_pixels import at_rest

MESSAGES = 10_000
IDLE_SECONDS = float(os.environ.get("SPICE_RS_IDLE_SECONDS", "20"))
"""How long the idle test waits; `make test-idle` waits for ten minutes."""


@pytest.mark.slow
async def test_ten_thousand_messages_do_not_stall(xspice: Callable[..., Xspice]) -> None:
    peer = xspice(compression="auto_glz", streaming="off")
    async with spice_rs.connect(peer.address) as session:
        display = session.display.channel
        with trio.fail_after(240):
            while display.core.serial < MESSAGES:
                before = display.core.serial
                await trio.to_thread.run_sync(peer.draw, "x11perf")
                assert display.core.serial > before
        frame, truth = await at_rest(session.display, peer)
        assert_same(frame, truth, what=f"after {display.core.serial} display messages")
        assert not session.display.failures
        assert not display.unknown


@pytest.mark.slow
async def test_an_idle_session_stays(xspice: Callable[..., Xspice]) -> None:
    peer = xspice(compression="quic", streaming="off")
    async with spice_rs.connect(peer.address) as session:
        await session.display.wait_stable(quiet=0.5)
        await trio.sleep(IDLE_SECONDS)
        for channel in session.channels.values():
            assert channel is None or channel.ended is None
        before = await session.display.frame()
        await trio.to_thread.run_sync(peer.run, ["xsetroot", "-solid", "#123456"])
        with trio.fail_after(10):
            await session.display.wait_change(since=before)
        frame, truth = await at_rest(session.display, peer)
        assert_same(frame, truth, what=f"after {IDLE_SECONDS:.0f} s without a message")
