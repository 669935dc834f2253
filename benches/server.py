"""Our server against the reference's, in turns in one run, with the reference's client in front of both.

usage: server.py [--repeat N] [--frames N] [--fps N] [--modes off,lz4,...] [--real-time] [full|real|still|...]      needs `make peers`

full     processor time and bytes of whole frames that hold nothing that was there before, for each compression
real     the same of a page that scrolls and a window that is dragged, where ours sends what has changed and moved
still    the same frame again and again
many     sixteen clients against one
stripes  coding a whole frame on one core and on two
first    from connecting to the first picture of 1920x1080, between all pairs of servers and clients; and of VNC, where
         `tigervnc-standalone-server`, `x11vnc` and PyPI are at hand
pixel    from `draw` to the pixel in our client; from the call in our client to the event at the server

With --real-time everything goes before other load, which only root may say: on a busy machine nothing else gives the
same figures twice.

Of processor times and sizes the best of `--repeat` runs counts; of waiting times the least, the median and the 99th of a
hundred are told.
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent)]

import session  # noqa: E402
from serve import sequences, times  # noqa: E402
from serve.pairs import Cost, Server, play, turns  # noqa: E402

MODES = ("off", "lz4", "lz", "glz", "quic", "auto")
LEAST = {"off": 1.2, "lz4": 1.2, "lz": 1.5, "glz": 1.3, "quic": 1.5, "auto": 1.3}
"""How many times our processor time the reference's must be for a whole frame (performance.md 1)."""

Options = argparse.Namespace


def compared(name: str, reference: Cost, own: Cost, least: float | None = None) -> None:
    ratio, wire = reference.server / own.server, reference.wire / max(own.wire, 1)
    goal = "" if least is None else f", {'met' if ratio >= least else 'MISSED'} {least}"
    print(
        f"| {name} | {reference.server:.2f} ms, {reference.wire / 1e3:.1f} kB | {own.server:.2f} ms, {own.wire / 1e3:.1f} kB "
        f"| {ratio:.2f}{goal}; bytes {wire:.2f} |",
        flush=True,
    )


def reference_mode(mode: str) -> str:
    return "auto_glz" if mode == "auto" else mode


def measured(options: Options, sequence: str, mode: str) -> tuple[Cost, Cost]:
    return turns(
        options.repeat,
        sequence,
        our_image=mode,
        image=reference_mode(mode),
        frames=options.frames,
        fps=options.fps,
    )


def full(options: Options) -> None:
    for sequence in ("scroll-whole", "drag-whole"):
        for mode in options.modes:
            compared(f"{sequence}, {mode}", *measured(options, sequence, mode), LEAST[mode])


def real(options: Options) -> None:
    for sequence, least in (("scroll", 3.0), ("drag", None)):
        for mode in options.modes:
            compared(f"{sequence}, {mode}", *measured(options, sequence, mode), least)


def still(options: Options) -> None:
    for fps in (options.fps, 200):
        cost = play(True, "scroll", draw="still", frames=10 * options.frames, fps=fps)
        pace = f"{fps:.0f} times a second"
        print(
            f"| unchanged frame {pace} | | {cost.update:.3f} ms, {cost.wire:.0f} bytes | must: 0.5 ms, 0 bytes |",
            flush=True,
        )


def many(options: Options) -> None:
    for mode in options.modes:
        rows = []
        for ours in (False, True):
            image = mode if ours else reference_mode(mode)
            one, sixteen = (
                play(ours, "scroll-whole", clients=clients, image=image, frames=options.frames // 2, fps=2)
                for clients in (1, 16)
            )
            rows.append(f"{one.server:.2f}, {sixteen.server:.2f} ms, {sixteen.server / one.server:.1f} times")
        print(f"| 1, 16 clients, {mode} | {' | '.join(rows)} | must: 2.5 times |", flush=True)


def stripes(options: Options) -> None:
    for sequence in ("scroll-whole", "drag-whole"):
        for mode in (mode for mode in options.modes if mode not in ("off", "glz")):
            one, two = times.coding(sequence, mode, threads=(1, 2), rounds=20 * options.repeat)
            print(
                f"| coding on 1, 2 cores: {sequence}, {mode} | | {one:.2f}, {two:.2f} ms "
                f"| {one / two:.2f} times as fast; must: 1.7 |",
                flush=True,
            )


def first(options: Options) -> None:
    with Server(False, "scroll", serve=1, clients=99) as theirs, Server(True, "scroll", serve=1) as ours:
        pairs = {
            "C, C": lambda: times.fresh(False, theirs),
            "C, spice_rs": lambda: times.fresh(True, theirs),
            "spice_rs, C": lambda: times.fresh(False, ours),
            "spice_rs, spice_rs": lambda: times.fresh(True, ours),
        }
        found = times.in_turns(list(pairs.values()), 8 * options.repeat)
        for name, own in zip(pairs, found, strict=True):
            print(f"| first picture: {name} | {times.spread(own)} |", flush=True)
        warm = times.warm(ours, 10 * options.repeat)
        print(
            f"| first picture: spice_rs, spice_rs, running before | {times.spread(warm)} | must: 20 |",
            flush=True,
        )
    vnc(options)


def vnc(options: Options) -> None:
    if not all(map(shutil.which, ("Xvnc", "x11vnc"))):
        print("| first picture: VNC | `make peers` installs it |")
        return
    from serve import desks

    python = desks.environment(sequences.BUILT / "vnc")
    for kind in (desks.TigerVnc, desks.X11Vnc):
        with kind() as server:
            found = desks.first_pictures(python, server, 10 * options.repeat)
            print(
                f"| first picture: {kind.__name__}, asyncvnc, running before | {times.spread(found)} |",
                flush=True,
            )


def pixel(options: Options) -> None:
    for what, name in (
        ("small", "draw() to pixel, 64x32"),
        ("frame", "draw() to pixel, 1920x1080"),
        ("input", "mouse.move() to event"),
    ):
        print(f"| {name} | {times.spread(times.latency(what, 50 * options.repeat))} |", flush=True)


PARTS: dict[str, Callable[[Options], None]] = {
    "full": full,
    "real": real,
    "still": still,
    "many": many,
    "stripes": stripes,
    "first": first,
    "pixel": pixel,
}


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    arguments.add_argument("what", nargs="*", default=list(PARTS), choices=list(PARTS))
    arguments.add_argument("--repeat", type=int, default=2)
    arguments.add_argument("--frames", type=int, default=20)
    arguments.add_argument("--fps", type=float, default=5)
    arguments.add_argument("--modes", type=lambda text: text.split(","), default=MODES)
    arguments.add_argument("--real-time", action="store_true")
    options = arguments.parse_args()
    if options.real_time:
        os.sched_setscheduler(0, os.SCHED_RR, os.sched_param(5))
    session.build()
    print("| server | reference (C) | spice_rs | C / ours |\n|---|---|---|---|")
    for part in options.what:
        PARTS[part](options)


if __name__ == "__main__":
    main()
