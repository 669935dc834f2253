"""The client's picture against the server's own screen, pixel for pixel, on real programs.

Each server gets one client that is there from the start and sees every workload drawn, and after each workload another
that comes late and gets the screen as it is. Protocol sections 2.3 to 2.5 and 4.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import trio

import spice_rs
from spice_rs.enums import ImageCompression
from tests.peers.qemu import Qemu
from tests.peers.xspice import Xspice

from .compare import Picture, assert_same, assert_similar

WORKLOADS = ("text", "aatext", "windows", "images", "alpha", "palette", "gtk", "x11perf")

CONFIGURATIONS = {
    **{name: {"compression": name} for name in ("off", "auto_glz", "auto_lz", "quic", "glz", "lz")},
    "no-image-cache": {"compression": "auto_glz", "image_cache": False, "fallback_cache": False},
    "no-surfaces": {"compression": "auto_glz", "surfaces": False},
    "zlib": {"compression": "glz", "zlib": "always"},
}


@pytest.mark.slow
@pytest.mark.parametrize("name", CONFIGURATIONS)
async def test_xspice_screen_is_shown_exactly(xspice: Callable[..., Xspice], name: str) -> None:
    await follow(xspice(streaming="off", **CONFIGURATIONS[name]), WORKLOADS)


@pytest.mark.slow
async def test_lz4_on_request_is_shown_exactly(xspice: Callable[..., Xspice]) -> None:
    peer = xspice(compression="off", streaming="off")
    await follow(peer, WORKLOADS, preferred_compression=ImageCompression.LZ4)


@pytest.mark.slow
async def test_jpeg_is_within_the_error_of_a_decoder(xspice: Callable[..., Xspice]) -> None:
    peer = xspice(compression="quic", jpeg="always", streaming="off")
    await follow(peer, ("images", "alpha", "gtk"), exact=False)


@pytest.mark.slow
async def test_a_video_that_stopped_is_lossless_again(xspice: Callable[..., Xspice]) -> None:
    await follow(xspice(compression="auto_glz", streaming="filter"), ("video",))


@pytest.mark.slow
@pytest.mark.parametrize("vga", ["qxl", "std"])
async def test_bios_text_is_shown_exactly(qemu: Callable[..., Qemu], vga: str) -> None:
    await frozen_machine_is_shown(qemu(guest="bios", vga=vga))


@pytest.mark.slow
@pytest.mark.parametrize("vga", ["qxl", "std"])
async def test_memtest_is_shown_exactly(qemu: Callable[..., Qemu], vga: str) -> None:
    await frozen_machine_is_shown(qemu(guest="memtest", vga=vga))


@pytest.mark.slow
async def test_two_displays_are_shown_at_once(qemu: Callable[..., Qemu]) -> None:
    peer = qemu(guest="bios", vga="virtio")
    async with spice_rs.connect(peer.address) as session:
        await trio.to_thread.run_sync(peer.wait_ready)
        with trio.fail_after(30):
            while len(session.displays) < 2:
                await trio.sleep(0.05)
        await trio.to_thread.run_sync(peer.pause)
        for number, display in enumerate(session.displays):
            with trio.fail_after(30):
                frame = await display.wait_stable(quiet=0.5)
            assert_same(frame, await trio.to_thread.run_sync(peer.ground_truth, number))


async def follow(
    peer: Xspice,
    workloads: tuple[str, ...],
    *,
    exact: bool = True,
    preferred_compression: ImageCompression | None = None,
) -> None:
    """Draw each workload before the eyes of an early client; compare it and a late one with the screen."""
    check = assert_same if exact else assert_similar
    options = {} if preferred_compression is None else {"compression": preferred_compression}
    async with spice_rs.connect(peer.address, **options) as early:
        for workload in workloads:
            await trio.to_thread.run_sync(peer.draw, workload)
            frame, truth = await at_rest(early.display, peer)
            check(frame, truth, what=f"{workload}, client there from the start")
            assert frame.exact, early.display.counters
            assert not early.display.failures
    # The reference server serves one client at a time: the late one takes the place of the early one.
    async with spice_rs.connect(peer.address, **options) as late:
        frame, truth = await at_rest(late.display, peer)
        check(frame, truth, what="client that came late")


async def at_rest(display: spice_rs.Display, peer: Xspice) -> tuple[spice_rs.Frame, Picture]:
    """Return the client's picture and the server's screen, taken while the screen did not change."""
    with trio.fail_after(60):
        truth = await trio.to_thread.run_sync(peer.ground_truth)
        while True:
            frame = await display.wait_stable(quiet=0.7)
            before, truth = truth, await trio.to_thread.run_sync(peer.ground_truth)
            if np.array_equal(before, truth):
                return frame, truth


async def frozen_machine_is_shown(peer: Qemu) -> None:
    """Follow a guest until it is up, stop it, and compare; then the same with a client that comes late."""
    async with spice_rs.connect(peer.address) as early:
        await trio.to_thread.run_sync(peer.wait_ready)
        await trio.to_thread.run_sync(peer.pause)
        with trio.fail_after(30):
            frame = await early.display.wait_stable(quiet=0.5)
        truth = await trio.to_thread.run_sync(peer.ground_truth)
        assert np.any(truth), "the guest shows something"
        assert_same(frame, truth, what="client there from the start")
    async with spice_rs.connect(peer.address) as late:
        with trio.fail_after(30):
            frame = await late.display.wait_stable(quiet=0.5)
        assert_same(frame, truth, what="client that came late")
