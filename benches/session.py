"""Whole sessions against the reference, in turns in one run: the reference server plays, each client shows.

usage: session.py [--repeat N] [--frames N] [--skip N] [full|off|lz4|...|small|first ...]       needs `make peers` and a C compiler

Prints, for each mode, processor time a frame of spice-gtk (C) and of ours (Python and all), and their ratio; for `small` the
time of one small operation; for `first` the time from connecting to the first picture. `--skip` leaves that many frames out of the
count, for both: in those, memory comes from the system that is used again afterwards.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
from pathlib import Path
from typing import Self

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
BUILT = ROOT / "target" / "bench"
sys.path[:0] = [str(HERE), str(ROOT)]

MODES = ("off", "lz4", "lz", "glz", "quic", "auto_glz")
PROGRAMS = {"player": "spice-server glib-2.0", "viewer": "spice-client-glib-2.0"}


def build() -> None:
    """Compile the reference programs and write the frame sequence, once."""
    BUILT.mkdir(parents=True, exist_ok=True)
    for name, packages in PROGRAMS.items():
        source, program = HERE / "session" / f"{name}.c", BUILT / name
        if program.exists() and program.stat().st_mtime >= source.stat().st_mtime:
            continue
        flags = subprocess.check_output(
            ["pkg-config", "--cflags", "--libs", *packages.split()], text=True
        ).split()
        subprocess.run(["cc", "-O2", str(source), "-o", str(program), *flags], check=True)
    sequence = BUILT / "scroll.raw"
    if not sequence.exists():
        import pictures

        sequence.write_bytes(b"".join(frame.tobytes() for frame in pictures.scroll(16)))


def viewer(ours: bool, address: str, *extra: str) -> list[str]:
    own = [sys.executable, str(HERE / "session" / "viewer.py")]
    return [*(own if ours else [str(BUILT / "viewer")]), address, *extra]


class Player:
    """The reference server, playing."""

    def __init__(self, **options: object) -> None:
        from tests.peers._process import free_port

        self.address = f"spice://127.0.0.1:{(port := free_port())}"
        pairs = [f"{key}={value}" for key, value in options.items()]
        command = [str(BUILT / "player"), str(port), str(BUILT / "scroll.raw"), *pairs]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        assert self.process.stderr
        while "listening" not in (line := self.process.stderr.readline()):
            assert line, "the player ended"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        self.process.communicate()


def play(ours: bool, skip: int = 0, *words: str, **options: object) -> tuple[float, int, int]:
    """Play once to one client; its processor time, frames and operations."""
    with Player(**options) as player:
        client = subprocess.run(
            viewer(ours, player.address, *(words or [str(skip + 1)])),
            capture_output=True,
            text=True,
            check=True,
        )
        played = json.loads(player.process.communicate(timeout=60)[0])
    return json.loads(client.stdout)["cpu"], played["frames"], played["draws"]


def turns(repeat: int, measure: object) -> tuple[float, float]:
    """Measure the reference and ours in turns; the medians."""
    reference, own = [], []
    for _ in range(repeat):
        reference.append(measure(False))  # type: ignore[operator]
        own.append(measure(True))  # type: ignore[operator]
    return statistics.median(reference), statistics.median(own)


def line(name: str, unit: str, reference: float, own: float) -> None:
    print(f"| {name} | {reference:.2f} {unit} | {own:.2f} {unit} | {reference / own:.2f} |", flush=True)


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    arguments.add_argument("what", nargs="*", default=["full", "small", "first"])
    arguments.add_argument("--repeat", type=int, default=3)
    arguments.add_argument("--frames", type=int, default=40)
    arguments.add_argument("--skip", type=int, default=0)
    options = arguments.parse_args()
    build()
    print("| client | spice-gtk (C) | spice_rs | ratio |\n|---|---|---|---|")

    def frame_cost(ours: bool, image: str) -> float:
        cpu, frames, _ = play(ours, options.skip, image=image, frames=options.frames, fps=10)
        return 1e3 * cpu / (frames - options.skip)

    def operation_cost(ours: bool, image: str, *words: str) -> float:
        own_words = words if ours else ()
        cpu, _, operations = play(ours, 0, *own_words, image=image, frames=100, fps=20, draw="small")
        return 1e6 * cpu / operations

    def first_picture(ours: bool, player: Player) -> float:
        shown = subprocess.run(
            viewer(ours, player.address, "first"), capture_output=True, text=True, check=True
        )
        return 1e3 * float(json.loads(shown.stdout)["first"])

    for image in MODES:
        if {"full", image} & set(options.what):
            cost = turns(options.repeat, lambda ours, image=image: frame_cost(ours, image))
            line(f"full frame, {image}", "ms", *cost)
    if "small" in options.what:
        for image in ("auto_glz", "lz4"):
            for name, words in (("a reader", ()), ("no reader", ("unread",))):
                cost = turns(
                    options.repeat, lambda ours, image=image, words=words: operation_cost(ours, image, *words)
                )
                line(f"small operation, {image}, {name}", "µs", *cost)
    if "first" in options.what:
        with Player(serve=1, clients=99) as player:
            line("first picture", "ms", *turns(10 * options.repeat, lambda ours: first_picture(ours, player)))


if __name__ == "__main__":
    main()
