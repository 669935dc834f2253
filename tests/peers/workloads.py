"""What real X programs draw. Each workload ends in a picture that stays as it is: nothing blinks, there is no clock.

The names, and what each is good for:
    text      core-font text that scrolls          aatext   smoothed text
    windows   overlapping windows that are moved   images   photographs, gradients, checks
    palette   pictures of few colours              alpha    translucent shapes, scaled and turned pictures
    gtk       widgets and a list that scrolls      x11perf  every core drawing operation
    video     a moving picture, fast enough to become a stream, which stops
"""

from __future__ import annotations

import shlex
from collections.abc import Callable
from pathlib import Path

from .xvfb import XServer

DRAW = Path(__file__).with_name("draw.py")


def run(server: XServer, name: str) -> None:
    """Draw one workload, and return when its last picture is complete and still."""
    WORKLOADS[name](server)
    server.wait_still()


def text(server: XServer) -> None:
    """Scroll core-font text through a terminal, with colours."""
    colours = (
        r"for c in 1 2 3 4 5 6; do printf '\033[3%smcolour \033[4%smon colour\033[0m\n' $c $((7 - c)); done"
    )
    terminal(
        server,
        f"seq 1 400; od -A x -t x1z -v {shlex.quote(str(DRAW))} | head -120; {colours}",
        "90x40+30+30",
        "-fn",
        "fixed",
    )


def aatext(server: XServer) -> None:
    """Scroll smoothed text: RENDER glyphs."""
    lines = 'for i in $(seq 60); do echo "$i Zwölf Boxkämpfer jagen Viktor quer über den Sylter Deich: 50 €"; sleep 0.02; done'
    terminal(server, lines, "80x30+100+60", "-fa", "DejaVu Sans Mono", "-fs", "11")


def windows(server: XServer) -> None:
    """Move overlapping windows about under a window manager."""
    server.start(["openbox"])
    server.wait_until(
        "the window manager", lambda: b"# 0x" in server.run(["xprop", "-root", "_NET_SUPPORTING_WM_CHECK"])
    )
    terminal(server, "seq 1 100", "60x20+20+20", "-fn", "fixed", "-title", "numbers")
    server.start(["xeyes", "-geometry", "200x150+700+50"])
    server.start(["xlogo", "-geometry", "150x150+850+550"])
    drawing(server, "images")
    wait_window(server, "xeyes")
    wait_window(server, "xlogo")
    drag(server, "numbers", [(20 + 12 * i, 20 + 7 * i) for i in range(40)])
    drag(server, "spice-rs images", [(300 - 8 * i, 200 + 5 * i) for i in range(30)])
    drag(server, "numbers", [(500 - 12 * i, 300 - 7 * i) for i in range(30)])
    server.run(["xdotool", "mousemove", "1000", "20"])


def x11perf(server: XServer) -> None:
    """Draw with every kind of core operation, some of them also with XOR."""
    for test in PLAIN_TESTS:
        server.run(["x11perf", "-repeat", "1", "-reps", "2", f"-{test}"])
    for test in XOR_TESTS:
        server.run(["x11perf", "-repeat", "1", "-reps", "2", "-rop", "GXxor", f"-{test}"])
    terminal(server, "echo drawn", "40x10+300+300", "-fn", "fixed")


def terminal(server: XServer, command: str, geometry: str, *options: str) -> None:
    """Run a shell command in an xterm without a blinking cursor, and wait for the command's end."""
    done = mark(server)
    hide_cursor = r"printf '\033[?25l'"
    script = f"{hide_cursor}; {command}; touch {shlex.quote(str(done))}; exec sleep 100000"
    server.start(["xterm", "-uc", "+bc", "+sb", "-geometry", geometry, *options, "-e", "sh", "-c", script])
    server.wait_until("the terminal's text", done.exists)


def drawing(server: XServer, scene: str) -> None:
    """Run one scene of draw.py, and wait until it has drawn its last picture."""
    done = mark(server)
    server.start(["/usr/bin/python3", str(DRAW), scene, str(done)])
    server.wait_until(f"the scene {scene}", done.exists)


def mark(server: XServer) -> Path:
    """Return the name of a file that is not there yet, for a program to make when it has drawn."""
    return server.directory / f"drawn-{len(list(server.directory.glob('drawn-*')))}"


def wait_window(server: XServer, name: str) -> None:
    """Wait until a window of that name can be seen."""
    server.run(["xdotool", "search", "--sync", "--onlyvisible", "--name", name])


def drag(server: XServer, name: str, path: list[tuple[int, int]]) -> None:
    """Move a window along a path, a step every 20 ms, as a hand would: the pace is part of the workload."""
    steps = [word for x, y in path for word in ("windowmove", "%1", str(x), str(y), "sleep", "0.02")]
    server.run(["xdotool", "search", "--sync", "--onlyvisible", "--name", name, *steps])


def scene(name: str) -> Callable[[XServer], None]:
    """Return the workload that is one scene of draw.py."""
    return lambda server: drawing(server, name)


PLAIN_TESTS = (
    "rect100 srect100 tilerect100 oddtilerect100 eschertilerect100 line100 wline100 dline100 fcircle100 wellipse100 "
    "ftext fitext tr10text scroll500 copywinwin100 copypixwin100 copyplane100 putimage100 putimagexy100 shmput100 "
    "getimage100 triangle100 trap100"
).split()
XOR_TESTS = "rect100 copywinwin100 putimage100 tilerect100 fcircle100".split()

WORKLOADS: dict[str, Callable[[XServer], None]] = {
    "text": text,
    "aatext": aatext,
    "windows": windows,
    "images": scene("images"),
    "palette": scene("palette"),
    "alpha": scene("alpha"),
    "gtk": scene("gtk"),
    "x11perf": x11perf,
    "video": scene("video"),
}
NAMES = tuple(WORKLOADS)
