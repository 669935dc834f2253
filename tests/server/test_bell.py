"""Changes that come while a display's thread is just waking up are not forgotten."""

from __future__ import annotations

import numpy as np
import trio

import spice_rs


async def test_every_change_in_quick_succession_is_shown_in_the_end() -> None:
    async with (
        spice_rs.serve("spice://127.0.0.1:0", size=(64, 64)) as server,
        spice_rs.connect(server.addresses[0]) as session,
    ):
        display = session.display
        for number in range(300):
            # The thread wakes in the middle of these, again and again.
            for step in range(40):
                server.screen.fill((step, 0, step + 1, 64), number * 40 + step)
            truth = np.asarray(server.screen.frame())[:, :, :3]
            with trio.fail_after(5):
                frame = await display.frame()
                while not np.array_equal(np.asarray(frame)[:, :, :3], truth):
                    await display.wait_version(frame.version)
                    frame = await display.frame()
