"""The command, as a process, against real servers."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import trio
from PIL import Image

from tests.cli.test_serve import serving
from tests.peers import require, running
from tests.peers.qemu import Qemu
from tests.peers.viewer import Viewer
from tests.peers.xspice import Xspice


def command(*arguments: object, password: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "spice_rs", *map(str, arguments)],
        env={**os.environ, "SPICE_PASSWORD": password},
        capture_output=True,
        text=True,
        timeout=60,
    )


def test_a_screenshot_of_x_is_what_x_shows(xspice: Callable[..., Xspice], tmp_path: Path) -> None:
    peer = xspice(password="secret")
    peer.draw("text")
    done = command("screenshot", peer.address, "-o", tmp_path / "x.png", "--settle", 0.5, password="secret")
    assert (done.returncode, done.stderr) == (0, "")
    with Image.open(tmp_path / "x.png") as picture:
        assert np.array_equal(np.asarray(picture.convert("RGB")), peer.ground_truth())


def test_a_screenshot_of_qemu_is_what_qemu_shows(qemu: Callable[..., Qemu], tmp_path: Path) -> None:
    peer = qemu(vga="std", password="secret")
    peer.wait_ready()
    peer.pause()
    done = command("screenshot", peer.address, "-o", tmp_path / "x.png", "--settle", 0.5, password="secret")
    assert (done.returncode, done.stderr) == (0, "")
    with Image.open(tmp_path / "x.png") as picture:
        assert np.array_equal(np.asarray(picture.convert("RGB")), peer.ground_truth())


def test_keys_text_and_clicks_arrive(xspice: Callable[..., Xspice]) -> None:
    peer = xspice(password="secret")
    peer.watch_input()
    assert command("type", peer.address, "Hi", password="secret").returncode == 0
    assert command("key", peer.address, "Ctrl+Page_Up", password="secret").returncode == 0
    assert command("click", peer.address, 100, 200, password="secret").returncode == 0
    peer.wait_until("the click", lambda: len(peer.input_events("button")) == 2)
    names = [event["name"] for event in peer.input_events("key") if event["down"]]
    assert names == ["Shift_L", "H", "i", "Control_L", "Page_Up"]
    assert [(e["button"], e["x"], e["y"]) for e in peer.input_events("button")] == [(1, 100, 200)] * 2


def test_info_and_a_wrong_password(qemu: Callable[..., Qemu]) -> None:
    peer = qemu(vga="std", password="secret", extra=("-name", "desk"))
    facts = json.loads(command("info", peer.address, "--json", password="secret").stdout)
    assert facts["name"] == "desk"
    assert [display["id"] for display in facts["displays"]] == [0]
    refused = command("info", peer.address, password="wrong")
    assert refused.returncode == 5
    assert refused.stderr.count("\n") == 1


async def test_remote_viewer_opens_what_serve_wrote(tmp_path: Path) -> None:
    require("remote-viewer")
    rng, file = np.random.default_rng(7), tmp_path / "desk.vv"
    pixels = np.kron(rng.integers(0, 256, (48, 64, 3), np.uint8), np.ones((16, 16, 1), np.uint8))
    Image.fromarray(pixels).save(tmp_path / "desk.png")
    options = ("--listen", "spice+tls://127.0.0.1:0", "--self-signed", "--connection-file", file)
    async with serving("--image", tmp_path / "desk.png", *options, SPICE_PASSWORD="p@ss") as served:
        await served.read()
        async with running(lambda: Viewer("remote-viewer", str(file))) as viewer:
            await trio.to_thread.run_sync(viewer.wait_shows, pixels)
