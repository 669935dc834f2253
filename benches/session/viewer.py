"""What our client pays to show a session, measured as `viewer.c` measures the reference: one JSON line at the end.

usage: viewer.py ADDRESS [first|N|unread]    first: end with the first picture; otherwise when the server goes away; N: count from that
picture on; unread: from the first on, and look at no other
"""

from __future__ import annotations

import json
import sys
import time
from contextlib import suppress

import trio

import spice_rs


async def main(address: str, *, first_only: bool, begin: int) -> None:
    started = time.monotonic()
    updates, first, cpu_at_first = 0, 0.0, 0.0
    try:
        async with spice_rs.connect(address) as session, session.display.frames() as frames:
            async for _frame in frames:
                updates += 1
                if updates != begin:
                    continue
                first, cpu_at_first = time.monotonic() - started, time.process_time()
                if first_only:
                    break
    except spice_rs.Disconnected:
        pass
    print(json.dumps({"first": first, "updates": updates, "cpu": time.process_time() - cpu_at_first}))


async def unread(address: str) -> None:
    cpu_at_first = 0.0
    with suppress(spice_rs.Disconnected):
        async with spice_rs.connect(address) as session:
            await session.display.frame()
            cpu_at_first = time.process_time()
            await session.wait_ended()
    print(json.dumps({"cpu": time.process_time() - cpu_at_first}))


if __name__ == "__main__":
    if sys.argv[2:] == ["unread"]:
        trio.run(unread, sys.argv[1])
        sys.exit()
    word = sys.argv[2] if len(sys.argv) > 2 else "1"
    only = word == "first"
    trio.run(lambda: main(sys.argv[1], first_only=only, begin=1 if only else int(word)))
