"""A desktop as people have one, X11 served to the clients that people use: a terminal, a browser, a film that plays."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
import trio

from spice_rs import sources
from tests.peers import require, workloads
from tests.peers._pictures import Picture
from tests.peers.gtkclient import GtkClient
from tests.peers.viewer import Viewer
from tests.peers.xvfb import Xvfb

from .served import all_opened, blocking, screen_picture, serving

pytestmark = [pytest.mark.peer, pytest.mark.slow]

SIZE = (1024, 768)
SECONDS = 6

PAGE = """<!doctype html><title>waiting</title>
<style>body { font: 16px/1.4 sans-serif; margin: 12px } video { display: block; margin: 8px 0; border: 1px solid #888 }</style>
<h1>A page with a film</h1><p>Some text with <b>weight</b>, <i>slope</i> and <a href=#>colour</a>.</p>
<video src="film.webm" width=320 height=180 autoplay muted></video>
<p style="background: linear-gradient(90deg, #06c, #fc6); color: white; padding: 8px">and something below it</p>
<script>
  const film = document.querySelector("video");
  film.onplaying = () => document.title = "playing";
  film.onended = () => document.title = "played";
  film.onerror = () => document.title = "failed: " + film.error.message;
</script>
"""

BROWSER = (
    "chromium --no-sandbox --test-type --disable-gpu --disable-dev-shm-usage --no-first-run --disable-sync --disable-extensions "
    "--disable-background-networking --disable-component-update --disable-default-apps --mute-audio "
    "--autoplay-policy=no-user-gesture-required --window-position=500,40 --window-size=500,560"
).split()


def write_film(path: Path) -> None:
    """Write some seconds of colours that flow, as browsers play them."""
    y, x = np.mgrid[0:180, 0:320]
    with av.open(str(path), "w") as file:
        stream = file.add_stream(
            "libvpx", rate=Fraction(30), options={"deadline": "realtime", "cpu-used": "8"}
        )
        stream.width, stream.height, stream.pix_fmt, stream.bit_rate = 320, 180, "yuv420p", 1_000_000
        for step in range(30 * SECONDS):
            waves = np.sin((x + 5 * step) / 29) + np.sin((y - 3 * step) / 17)
            pixels = (
                np.stack([waves * 60 + 128, 255 - waves * 60, x * 0.7], axis=2).clip(0, 255).astype(np.uint8)
            )
            file.mux(stream.encode(av.VideoFrame.from_ndarray(pixels, format="rgb24")))
        file.mux(stream.encode())


def titled(peer: Xvfb, title: str) -> bool:
    """Tell whether a window has a title with that text in it."""
    tree = peer.run(["xwininfo", "-root", "-tree"]).decode(errors="replace")
    assert "failed: " not in tree, tree
    return f'"{title}' in tree


def shown_by(client: GtkClient | Viewer) -> Picture:
    """Return what a client shows."""
    return client.picture() if isinstance(client, GtkClient) else client.ground_truth()


async def until_all_show(peer: Xvfb, clients: dict[str, GtkClient | Viewer]) -> None:
    """Wait until the X screen rests, and every client shows exactly that."""
    truth = await blocking(peer.wait_still)
    async with trio.open_nursery() as nursery:
        for client in clients.values():
            nursery.start_soon(blocking, client.wait_shows, truth)


async def test_a_desktop_with_a_browser_and_a_film(desktop: Callable[..., Xvfb], tmp_path: Path) -> None:
    require("html5")  # for the browser
    write_film(tmp_path / "film.webm")
    (tmp_path / "page.html").write_text(PAGE)
    peer = desktop(size=SIZE)
    async with (
        sources.X11(peer.display) as source,
        serving(size=source.size) as server,
        trio.open_nursery() as nursery,
        all_opened(server, ("spicegtk", "remote-viewer")) as clients,
    ):
        nursery.start_soon(source.show_on, server)
        await blocking(peer.start, ["openbox"])
        await blocking(workloads.text, peer)
        profile = f"--user-data-dir={tmp_path / 'profile'}"
        await blocking(peer.start, [*BROWSER, profile, f"--app={(tmp_path / 'page.html').as_uri()}"])
        await blocking(peer.wait_until, "the film", lambda: titled(peer, "playing"), timeout=60)
        seen = [await blocking(shown_by, client) for client in clients.values()]
        await blocking(peer.wait_until, "the film's end", lambda: titled(peer, "played"), timeout=60)
        await until_all_show(peer, clients)
        rested = await blocking(peer.ground_truth)
        assert np.array_equal(screen_picture(server), rested)
        for (name, client), during in zip(clients.items(), seen, strict=True):
            assert not np.array_equal(during, await blocking(shown_by, client)), f"{name} saw no film"
        # One of them clicks on the terminal and types; the terminal echoes it, and all see that.
        await blocking(clients["remote-viewer"].click, 200, 200)
        await blocking(clients["remote-viewer"].type, "typed from afar")
        await until_all_show(peer, clients)
        assert not np.array_equal(await blocking(peer.ground_truth), rested)
        nursery.cancel_scope.cancel()
