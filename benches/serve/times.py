"""Measured times: from connecting to the first picture, from drawing to the pixel, from the mouse to the event."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from pathlib import Path

import session
from serve.pairs import Server

HERE = Path(__file__).parent
PAUSE = 0.3
"""Seconds between two connections, in which servers that make keys beforehand may do so."""


def spread(times: Sequence[float]) -> str:
    """Return the least, the median and the 99th of a hundred."""
    ordered = sorted(times)
    late = ordered[min(len(ordered) - 1, len(ordered) * 99 // 100)]
    return f"{ordered[0]:.2f}, {statistics.median(ordered):.2f}, {late:.2f} ms"


def fresh(ours: bool, server: Server) -> float:
    """Return the milliseconds to the first picture of a client process that has just started running its code."""
    time.sleep(PAUSE)
    command = session.viewer(ours, server.address, "first")
    told = subprocess.run(command, capture_output=True, text=True, check=True)
    return 1e3 * float(json.loads(told.stdout)["first"])


def warm(server: Server, count: int) -> list[float]:
    """Return them for one process of ours that connects again and again."""
    told = subprocess.check_output(
        [sys.executable, str(HERE / "first.py"), server.address, str(count)], text=True
    )
    times: list[float] = json.loads(told)
    return times


def in_turns(measures: Sequence[Callable[[], float]], rounds: int) -> list[list[float]]:
    """Measure several things, one after the other, again and again."""
    times: list[list[float]] = [[] for _ in measures]
    for _ in range(rounds):
        for mine, measure in zip(times, measures, strict=True):
            mine.append(measure())
    return times


def coding(sequence: str, mode: str, *, threads: Sequence[int], rounds: int) -> list[float]:
    """Return the least milliseconds that coding a frame takes with each number of threads, taken in turns."""
    command = [sys.executable, str(HERE / "stripes.py"), sequence, mode]
    with ExitStack() as stack:
        programs = [
            stack.enter_context(
                subprocess.Popen(
                    command,
                    env=os.environ | {"RAYON_NUM_THREADS": str(count)},
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    text=True,
                )
            )
            for count in threads
        ]
        found = [min(each[2:]) for each in in_turns([lambda p=p: ask(p) for p in programs], rounds)]  # type: ignore[misc]
        for program in programs:
            program.kill()
    return found


def ask(program: subprocess.Popen[str]) -> float:
    """Return what a program answers to an empty line."""
    assert program.stdin and program.stdout
    program.stdin.write("\n")
    program.stdin.flush()
    return float(program.stdout.readline())


def latency(what: str, count: int) -> list[float]:
    """Return the milliseconds from one end to the other, as `latency.py` describes them; marks never seen do not count."""
    from tests.peers._process import free_port

    port, pairs = free_port(), [f"what={what}", f"count={count}"]
    program = [sys.executable, str(HERE / "latency.py")]
    with subprocess.Popen(
        [*program, "serve", str(port), *pairs], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as server:
        assert server.stderr and "listening" in server.stderr.readline()
        look = [*program, "look", f"spice://127.0.0.1:{port}", *pairs]
        client = json.loads(subprocess.check_output(look, text=True))
        served = json.loads(server.communicate(timeout=60)[0])
    began, came = (client, served) if what == "input" else (served, client)
    times = [1e3 * (came[number] - began[number]) for number in began if number in came]
    assert len(times) > 0.9 * count, f"only {len(times)} of {count} came"
    return times
