"""Coding one large update after the other: for each line of standard input, the milliseconds that the next one took.

usage: stripes.py SEQUENCE COMPRESSION

How many threads code together says RAYON_NUM_THREADS.
"""

from __future__ import annotations

import itertools
import sys
import time
from pathlib import Path

sys.path[:0] = [str(Path(__file__).resolve().parents[1])]

from serve import sequences  # noqa: E402

from spice_rs import _core  # noqa: E402
from spice_rs.enums import ChannelType  # noqa: E402

EVERYTHING = 1 << 40


def main(sequence: str, compression: str) -> None:
    height, width, _ = sequences.SHAPE
    screen = _core.Screen(width, height)
    view = _core.View(screen, compression=compression, jpeg="never", streaming="off", lz4=True)
    channel = _core.Channel("server", ChannelType.DISPLAY, 0)
    for frame in itertools.cycle(sequences.load(sequences.path(sequence))):
        sys.stdin.readline()
        screen.draw(frame)
        start = time.perf_counter()
        view.step(channel, time.monotonic(), EVERYTHING)
        took = time.perf_counter() - start
        channel.pending()
        print(1e3 * took, flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
