"""Sizes, several screens, monitors and pointers of our server, as real clients show them."""

from __future__ import annotations

import io
import re
from typing import Any
from urllib.parse import unquote_to_bytes

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from spice_rs.enums import MouseMode
from spice_rs.server import Compression, Encoding
from tests.peers.gtkclient import GtkClient
from tests.peers.viewer import PROGRAMS, Viewer

from .served import SIZE, all_opened, all_show, blocking, desk, opened, screen_picture, sent, serving, shows

pytestmark = [pytest.mark.peer, pytest.mark.slow]

SIZES = ((1280, 800), (640, 480), (1, 1), (1023, 767), (4, 900), SIZE)


async def test_clients_follow_the_size_of_a_screen() -> None:
    names = ("spicegtk", "html5")
    async with serving() as server, all_opened(server, names) as clients:
        await server.screen.update(desk(0))
        for number, size in enumerate(SIZES):
            await server.screen.resize(*size)
            # What both sizes have has stayed, and is shown before anything new is drawn.
            await all_show(server, clients, f"at {size}, before drawing")
            await server.screen.draw(desk(number, (300, 200)), at=(5, 5))
            await all_show(server, clients, f"at {size}")


async def test_clients_never_take_one_kept_picture_for_another() -> None:
    pictures = [desk(seed, (300, 60)) for seed in range(12)]
    async with serving() as server, all_opened(server) as clients:
        for number in range(36):
            await server.screen.draw(pictures[number % 12], at=(0, 0))
            await all_show(server, clients, f"at picture {number}")
        assert sent(server)["reused"] >= 12 * len(clients), "most of them are not sent a second time"


async def test_a_viewer_in_a_window_follows_the_size_of_a_screen() -> None:
    async with serving(size=(640, 480)) as server:
        await server.screen.update(desk(0, (640, 480)))
        async with opened("remote-viewer", server, size=(1280, 1024), full=False) as viewer:
            for size in ((640, 480), (800, 600), (500, 400)):
                await server.screen.resize(*size)
                await server.screen.update(desk(1, size))
                truth = screen_picture(server)
                await blocking(
                    viewer.wait_until, "the picture", lambda truth=truth: viewer.find(truth) is not None
                )


async def test_a_size_that_changes_all_the_time_ends_right() -> None:
    async with serving() as server, all_opened(server, ("spicegtk", "html5")) as clients:
        for number in range(100):
            width, height = 200 + 7 * number, 900 - 8 * number
            await server.screen.resize(width, height)
            await server.screen.update(desk(number % 3, (width, height)))
        await all_show(server, clients, "after a hundred sizes")


@pytest.mark.parametrize("compression", [Compression.AUTO, Compression.GLZ])
async def test_two_screens_are_shown_at_once(compression: Compression) -> None:
    sizes, encoding = (SIZE, (800, 600)), Encoding(compression=compression)
    async with serving(size=sizes, encoding=encoding) as server, opened("spicegtk", server) as client:
        for number, screen in enumerate(server.screens):
            await screen.update(desk(number, screen.size))
        await blocking(client.wait_ready, 2)
        for number in range(20):
            for screen in server.screens:
                await screen.draw(desk(number, (200, 100)), at=(17 * number, 13 * number))
        for number in range(2):
            await shows(server, client, number)


@pytest.mark.parametrize("compression", [Compression.AUTO, Compression.GLZ])
async def test_a_screen_that_is_added_later_is_shown_too(compression: Compression) -> None:
    encoding = Encoding(compression=compression)
    async with serving(encoding=encoding) as server, opened("spicegtk", server) as client:
        await blocking(client.wait_ready)
        await server.screen.update(desk(1))
        await server.add_screen(640, 480).update(desk(2, (640, 480)))
        await blocking(client.wait_ready, 2)
        await server.screen.update(desk(2))
        for number in range(2):
            await shows(server, client, number)


async def test_remote_viewer_opens_a_window_for_each_screen() -> None:
    async with serving(size=((500, 400), (480, 360))) as server:
        for number, screen in enumerate(server.screens):
            await screen.update(desk(number, screen.size))
        async with opened("remote-viewer", server, size=(1600, 1200), full=False) as viewer:
            await blocking(viewer.wait_until, "two windows", lambda: len(viewer.windows()) >= 2)
            await spread(viewer)
            for number in range(2):
                truth = screen_picture(server, number)
                await blocking(
                    viewer.wait_until, "the screen", lambda truth=truth: viewer.find(truth) is not None
                )


async def test_remote_viewer_opens_a_window_for_each_monitor_of_a_screen() -> None:
    async with serving(size=(900, 400)) as server:
        await server.screen.update(desk(0, (900, 400)))
        server.screen.arrange((0, 0, 500, 400), (500, 0, 900, 400))
        async with opened("remote-viewer", server, size=(1600, 1200), full=False) as viewer:
            await blocking(viewer.wait_until, "two windows", lambda: len(viewer.windows()) >= 2)
            await spread(viewer)
            for part in np.split(screen_picture(server), [500], axis=1):
                await blocking(viewer.wait_until, "a part", lambda part=part: viewer.find(part) is not None)
            assert viewer.find(screen_picture(server)) is None


async def spread(viewer: Viewer) -> None:
    """Put two windows where neither lies over the other."""
    await blocking(viewer.put_window, "(1)", 0, 0)
    await blocking(viewer.put_window, "(2)", 800, 600)


# Pointers.


def arrow(alpha: int = 255) -> NDArray[np.uint8]:
    """Return a pointer with every alpha there is: premultiplied, blue first."""
    y, x = np.mgrid[0:24, 0:32]
    straight = np.stack([x * 8, y * 10, 255 - x * 8, (x * 8 + y).clip(0, 255) * alpha // 255], axis=2)
    straight[:, :, :3] = straight[:, :, :3] * straight[:, :, 3:] // 255
    return straight.astype(np.uint8)


async def shape_in_gtk(client: GtkClient) -> Any:
    await blocking(client.wait_until, "the pointer", lambda: client.cursor() is not None)
    return await blocking(client.cursor)


@pytest.mark.parametrize("before", [True, False], ids=["client-late", "client-early"])
async def test_a_pointer_with_alpha_is_shown_exactly_by_spicegtk(before: bool) -> None:
    image = arrow()
    async with serving() as server:
        if before:
            server.screen.cursor(image, (3, 5))
        async with opened("spicegtk", server) as client:
            await blocking(client.wait_ready)
            if not before:
                server.screen.cursor(image, (3, 5))
            shape = await shape_in_gtk(client)
            assert shape.hot_spot == (3, 5)
            assert np.array_equal(shape.pixels, image[:, :, [2, 1, 0, 3]])


@pytest.mark.parametrize("before", [True, False], ids=["client-late", "client-early"])
async def test_a_pointer_with_alpha_is_shown_exactly_by_a_browser(before: bool) -> None:
    image = arrow()
    async with serving() as server:
        if before:
            server.screen.cursor(image, (3, 5))
        await server.screen.update(desk(0))
        async with opened("html5", server) as browser:
            await shows(server, browser)
            if not before:
                server.screen.cursor(image, (3, 5))
            await blocking(browser.wait_until, "the pointer", lambda: "image/png" in browser.cursor())
            check_browser_pointer(await blocking(browser.cursor), image)


@pytest.mark.parametrize("program", PROGRAMS)
async def test_a_pointer_with_alpha_is_shown_by_a_viewer(program: str) -> None:
    image = arrow()
    # Both viewers multiply colours with alpha that were multiplied already, with every server.
    wanted = image.astype(int)
    wanted[:, :, :3] = wanted[:, :, :3] * wanted[:, :, 3:] / 255
    async with serving() as server, opened(program, server) as viewer:
        await server.screen.update(desk(0))
        await shows(server, viewer)
        await blocking(viewer.move, 300, 200)
        server.screen.cursor(image, (3, 5))
        await blocking(viewer.wait_until, "the pointer", lambda: viewer.pointer().hot_spot == (3, 5))
        shown = viewer.pointer()
        assert shown.place == (300, 200)
        assert np.array_equal(shown.pixels[:, :, 3], image[:, :, 3])
        assert np.abs(shown.pixels - wanted).max() <= 1
        server.screen.cursor(None)
        await blocking(viewer.wait_until, "no pointer", lambda: not viewer.pointer().pixels.any())


async def test_a_browser_is_shown_a_pointer_that_comes_back() -> None:
    shapes = [arrow(alpha) for alpha in (80, 160, 240)]
    async with serving() as server, opened("html5", server) as browser:
        await server.screen.update(desk(0))
        await shows(server, browser)
        for image in [*shapes, *shapes]:
            before = await blocking(browser.cursor)
            server.screen.cursor(image, (3, 5))
            await blocking(
                browser.wait_until, "another pointer", lambda before=before: browser.cursor() != before
            )
            check_browser_pointer(await blocking(browser.cursor), image)
        server.screen.cursor(None)
        await blocking(browser.wait_until, "no pointer", lambda: browser.cursor() == "none")


def check_browser_pointer(style: str, image: NDArray[np.uint8]) -> None:
    found = re.match(r'url\("data:image/png,([^"]+)"\) 3 5,', style)
    assert found, style[:80]
    shown = np.asarray(Image.open(io.BytesIO(unquote_to_bytes(found[1]))).convert("RGBA"))
    # That client takes blue for red, with every server.
    assert np.array_equal(shown, image)


async def test_pointers_come_back_from_the_cache_and_go_into_hiding() -> None:
    shapes = [arrow(alpha) for alpha in range(40, 240, 2)]
    async with serving() as server, opened("spicegtk", server) as client:
        await blocking(client.wait_ready)
        for _ in range(2):
            for image in shapes:
                server.screen.cursor(image, (1, 2))
        wanted = shapes[-1][:, :, [2, 1, 0, 3]]
        await blocking(
            client.wait_until,
            "the last pointer",
            lambda: (shape := client.cursor()) is not None and np.array_equal(shape.pixels, wanted),
        )
        server.screen.cursor(None)
        await blocking(client.wait_until, "no pointer", lambda: client.cursor() is None)
        for image in (shapes[0], shapes[-1]):
            server.screen.cursor(image, (1, 2))
            now = image[:, :, [2, 1, 0, 3]]
            await blocking(
                client.wait_until,
                "the pointer again",
                lambda now=now: (shape := client.cursor()) is not None and np.array_equal(shape.pixels, now),
            )


async def test_a_pointer_of_a_server_that_moves_it_is_drawn_where_it_is() -> None:
    image = arrow()
    async with serving(mouse_modes=MouseMode.SERVER) as server, opened("spicegtk", server) as client:
        await blocking(client.wait_ready)
        server.screen.cursor(image)
        server.screen.move_cursor(123, 45)
        await blocking(client.wait_until, "its place", lambda: client.cursor_place() == (123, 45))


async def test_screens_have_pointers_of_their_own() -> None:
    first, second = arrow(), arrow(120)
    async with serving(size=(SIZE, SIZE)) as server, opened("spicegtk", server) as client:
        await blocking(client.wait_ready, 2)
        server.screens[0].cursor(first)
        server.screens[1].cursor(second)
        for number, image in enumerate((first, second)):
            wanted = image[:, :, [2, 1, 0, 3]]
            await blocking(
                client.wait_until,
                "the pointer",
                lambda number=number, wanted=wanted: (
                    (shape := client.cursor(number)) is not None and np.array_equal(shape.pixels, wanted)
                ),
            )
