"""The life of sessions of real clients on our server: coming in the middle of things, stopping, passwords, names, the end."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import numpy as np
import pytest
import trio

import spice_rs
from spice_rs.server import Encoding, Lossy, Server, Streaming
from tests.peers import PeerFailed, require, running
from tests.peers._devtools import Browser
from tests.peers.gtkclient import GtkClient
from tests.peers.viewer import PROGRAMS

from .served import (
    CLIENTS,
    SIZE,
    all_opened,
    all_show,
    blocking,
    desk,
    opened,
    port,
    screen_picture,
    serving,
    shows,
)

pytestmark = [pytest.mark.peer, pytest.mark.slow]

PASSWORD = "pass word & 100 %"


@asynccontextmanager
async def busy(server: Server) -> AsyncIterator[None]:
    """Draw as fast as that goes, for a block: whole pictures, pieces, moved ones; a client never sees them end."""
    pictures = [desk(seed) for seed in range(4)]

    async def draw() -> None:
        number = 0
        while True:
            number += 1
            picture = pictures[number % 4]
            await server.screen.update(picture if number % 8 else np.roll(picture, number, axis=0))
            await server.screen.draw(desk(number, (100, 80)), at=(number % SIZE[0], number * 7 % SIZE[1]))
            server.screen.copy((0, 0, 600, 500), to=(number % 100, 50))
            await trio.sleep(0.002)

    async with trio.open_nursery() as nursery:
        nursery.start_soon(draw)
        yield
        nursery.cancel_scope.cancel()


async def test_clients_may_come_in_the_middle_of_heavy_drawing() -> None:
    async with serving() as server:
        async with busy(server), all_opened(server) as clients:
            with trio.fail_after(30):
                while len(server.clients) < len(CLIENTS):
                    await trio.sleep(0.05)
            await trio.sleep(1)
            async with opened("spicegtk", server) as late:
                await blocking(late.wait_ready)
                # The drawing ends while all of them are there.
                await server.screen.update(desk(9))
        async with all_opened(server) as clients:
            await all_show(server, clients, "those that came when all was over")


async def test_clients_that_saw_heavy_drawing_show_where_it_ended() -> None:
    async with serving() as server, all_opened(server) as clients:
        async with busy(server):
            await trio.sleep(3)
        await all_show(server, clients, "when the drawing had ended")


async def test_heavy_drawing_with_jpeg_and_video_ends_exact() -> None:
    encoding = Encoding(jpeg=Lossy.ALWAYS, streaming=Streaming.ALL)
    async with serving(encoding=encoding) as server, all_opened(server) as clients:
        async with busy(server):
            await trio.sleep(3)
        await all_show(server, clients, "when the drawing had ended")


async def test_a_client_that_stands_still_holds_up_nobody_and_catches_up() -> None:
    async with serving() as server, all_opened(server, ("spicegtk", "html5")) as clients:
        await server.screen.update(desk(0))
        await all_show(server, clients, "before")
        stopped = clients["spicegtk"]
        assert isinstance(stopped, GtkClient)
        picture = desk(1)
        os.kill(stopped.pid, signal.SIGSTOP)
        try:
            for number in range(150):
                await server.screen.update(np.roll(picture, 11 * number, axis=1))
                await trio.sleep(0.01)
            await all_show(server, {"html5": clients["html5"]}, "while the other stands still")
        finally:
            os.kill(stopped.pid, signal.SIGCONT)
        started = time.monotonic()
        await all_show(server, clients, "after the other goes on")
        assert time.monotonic() - started < 10, "it is shown the newest, and not all that it has missed"


async def test_clients_come_and_go_without_a_trace() -> None:
    async with serving() as server:
        await server.screen.update(desk(0))
        for _ in range(8):
            async with opened("spicegtk", server) as client:
                await shows(server, client)
        with trio.fail_after(10):
            while server.clients:
                await trio.sleep(0.02)
        assert not server.screen._displays and not server.screen._cursors


@pytest.mark.parametrize("name", CLIENTS)
async def test_a_password_lets_in_who_has_it(name: str) -> None:
    async with serving(password=PASSWORD) as server:
        await server.screen.update(desk(0))
        async with opened(name, server, password=PASSWORD) as client:
            await shows(server, client)


async def test_a_wrong_password_is_told_to_spicegtk() -> None:
    async with serving(password=PASSWORD) as server, opened("spicegtk", server, password="wrong") as client:
        with pytest.raises(PeerFailed, match="error-auth"):
            await blocking(client.wait_ready)


async def test_a_wrong_password_is_told_to_a_browser() -> None:
    async with serving(password=PASSWORD) as server, opened("html5", server, password="wrong") as browser:
        # The page asks for another one then.
        await blocking(browser.wait_until, "the question", lambda: browser.questions() == ["Password"])


async def test_clients_show_the_name_of_the_machine() -> None:
    async with serving(name="Königsberg 7") as server:
        await server.screen.update(desk(0))
        async with opened("spicegtk", server) as client:
            await blocking(client.wait_ready)
            await blocking(client.wait_until, "the name", lambda: client.state()["name"] == "Königsberg 7")
        async with opened("remote-viewer", server, full=False) as viewer:
            await blocking(
                viewer.wait_until,
                "the title",
                lambda: any("Königsberg 7" in title for title in viewer.windows()),
            )


@pytest.mark.parametrize("name", CLIENTS)
async def test_clients_notice_that_the_server_has_ended(name: str) -> None:
    async with serving() as server:
        await server.screen.update(desk(0))
        async with opened(name, server) as client:
            await shows(server, client)
            for each in server.clients:
                each.disconnect()
            with trio.fail_after(10):
                while server.clients or not await blocking(client.has_ended):
                    await trio.sleep(0.05)


@pytest.mark.parametrize("program", ["spicegtk", *PROGRAMS])
async def test_a_client_of_a_unix_socket(program: str, tmp_path: Path) -> None:
    address = f"spice+unix://{tmp_path}/screen"
    async with spice_rs.serve(address, size=SIZE) as server:
        await server.screen.update(desk(0))
        async with opened(program, server) as client:
            await shows(server, client)


async def test_a_page_of_another_site_may_not_connect() -> None:
    async with serving() as server, opened("html5", server, site="evil.example") as browser:
        await blocking(
            browser.wait_until, "the refusal", lambda: any("403" in line for line in browser.network())
        )
        assert not server.clients


async def test_a_page_of_a_listed_site_may_connect() -> None:
    async with (
        serving(origins=("*",)) as server,
        opened("html5", server, site="desk.example") as browser,
    ):
        await server.screen.update(desk(0))
        await shows(server, browser)


async def test_who_opens_the_port_as_a_page_reads_what_it_is() -> None:
    require("html5")
    async with serving() as server, running(Browser) as browser:
        await blocking(browser.open, f"http://127.0.0.1:{port(server)}/")
        text = "document.body ? document.body.innerText : ''"
        await blocking(
            browser.wait_until, "the words", lambda: "This is a SPICE server" in browser.evaluate(text)
        )


async def test_plain_and_web_clients_share_a_port() -> None:
    async with serving() as server, all_opened(server, ("spicegtk", "html5")) as clients:
        assert port(server) and len(server.addresses) == 1
        await server.screen.update(desk(3))
        await all_show(server, clients, "on one port")


async def test_a_client_of_ours_and_others_at_once() -> None:
    async with (
        serving() as server,
        all_opened(server, ("spicegtk", "html5")) as clients,
        spice_rs.connect(server.addresses[0]) as session,
        running(lambda: GtkClient(server.addresses[0], compression="lz4")) as other,
    ):
        async with busy(server):
            await trio.sleep(1)
        await all_show(server, {**clients, "lz4": other}, "at the end")
        with trio.fail_after(10):
            frame = await session.display.wait_stable(quiet=0.3)
        assert np.array_equal(np.asarray(frame)[:, :, 2::-1], screen_picture(server))
