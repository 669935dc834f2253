"""What a session costs in memory, measured in a process of its own against the bare interpreter."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable

import pytest

from tests.peers.xspice import Xspice

ALLOWED = 60 << 20
"""Bytes that a 1080p session may take beyond the interpreter with trio and numpy."""

WATCH = """
import sys
import numpy, trio

def resident(field="VmRSS"):
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) << 10 for line in status if line.startswith(field))

bare = resident()
import spice_rs

async def main():
    async with spice_rs.connect(sys.argv[1]) as session:
        await session.display.wait_stable(quiet=0.5)
        print("ready", flush=True)
        await trio.to_thread.run_sync(sys.stdin.readline)
        frame = await session.display.wait_stable(quiet=0.5)
        assert frame.size == (1920, 1080), frame.size
        numpy.asarray(frame)
        print(resident() - bare, resident("VmHWM") - bare, flush=True)

trio.run(main)
"""


@pytest.mark.slow
@pytest.mark.parametrize("compression", ["off", "auto_glz", "quic", "lz"])
def test_a_session_stays_small(xspice: Callable[..., Xspice], compression: str) -> None:
    peer = xspice(compression=compression, streaming="off", size=(1920, 1080))
    client = subprocess.Popen(
        [sys.executable, "-c", WATCH, peer.address], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    try:
        assert client.stdin
        assert client.stdout
        assert client.stdout.readline() == "ready\n"
        for workload in ("images", "aatext", "windows"):
            peer.draw(workload)
        client.stdin.write("\n")
        client.stdin.flush()
        now, peak = map(int, client.stdout.readline().split())
    finally:
        client.kill()
        client.communicate()
    print(f"{compression}: {now / 2**20:.1f} MiB, at most {peak / 2**20:.1f} MiB")
    assert 0 < now < ALLOWED
    assert peak < ALLOWED
