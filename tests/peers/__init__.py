"""Real SPICE peers for tests: the servers QEMU and Xspice, and every client that people use, started and ended by code.

Each peer is a context manager (`Xspice`, `Qemu`, `Xvfb`, `GtkClient`, `Viewer`, `Html5`, `Tap`); `require` says what happens where one is not installed; `running`
makes one usable from Trio. On the command line: `python -m tests.peers.xspice --help`, `python -m tests.peers.qemu --help`.
"""

from __future__ import annotations

import functools
import importlib.util
import os
import shutil
import subprocess
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TypeVar

import pytest
import trio

from ._process import Peer, PeerFailed

__all__ = ["Peer", "PeerFailed", "missing", "require", "running"]

AnyPeer = TypeVar("AnyPeer", bound=Peer)


def require(name: str) -> None:
    """Skip the calling test, and say why, if a peer is not installed.

    With SPICE_RS_REQUIRE_PEERS=1, as in CI, a missing peer is a failure: there nothing is skipped without being noticed.
    """
    lack = missing(name)
    if not lack:
        return
    reason = f"no {name} here ({lack} is missing): make peers installs it"
    if os.environ.get("SPICE_RS_REQUIRE_PEERS") == "1":
        pytest.fail(reason, pytrace=False)
    pytest.skip(reason)


@functools.cache
def missing(name: str) -> str | None:
    """Return the first thing that a peer lacks on this machine, or None if it can be started."""
    for need in NEEDS[name]:
        if not (any(Path("/").glob(need[1:])) if need.startswith("/") else shutil.which(need)):
            return need
    if (
        name == "spicegtk"
        and subprocess.run(["/usr/bin/python3", "-c", GLIB_PROBE], capture_output=True).returncode
    ):
        return "gir1.2-spiceclientglib-2.0"
    module = MODULES.get(name)
    if module is not None and importlib.util.find_spec(module) is None:
        return f"Python's {module}"
    return None


@asynccontextmanager
async def running(make: Callable[[], AnyPeer]) -> AsyncIterator[AnyPeer]:
    """Start a peer in a worker thread, end it likewise: `async with running(lambda: Xspice(...)) as peer:`."""
    peer = await trio.to_thread.run_sync(make)
    try:
        yield peer
    finally:
        with trio.CancelScope(shield=True):
            await trio.to_thread.run_sync(peer.stop)


GLIB_PROBE = (
    "import gi; gi.require_version('SpiceClientGLib', '2.0'); from gi.repository import SpiceClientGLib"
)
DRAWING = ("xterm", "xlogo", "xeyes", "x11perf", "xdotool", "openbox", "xprop", "/usr/bin/python3")
# Python packages that tests with a peer need, and that the extra `peers` brings.
MODULES = {"libvirt": "libvirt", "kerberos": "gssapi"}
# What must be there for each peer: a program on PATH, or a file by a pattern of its full path.
NEEDS: dict[str, tuple[str, ...]] = {
    "xspice": ("Xorg", "/usr/lib/xorg/modules/drivers/spiceqxl_drv.so", "xsetroot", *DRAWING),
    "qemu": ("qemu-system-x86_64", "/usr/lib/*/qemu/ui-spice-core.so"),
    "memtest": ("/boot/memtest86+x64.bin",),
    "xvfb": ("Xvfb",),
    "desktop": ("Xvfb", "xsetroot", "xrandr", *DRAWING),
    "spicegtk": ("/usr/bin/python3",),
    "spicy-screenshot": ("spicy-screenshot",),
    "spicy": ("spicy", "Xvfb", "openbox", "xdotool", "xprop"),
    "remote-viewer": ("remote-viewer", "Xvfb", "openbox", "xdotool", "xprop"),
    "html5": ("chromium", "bash", "/usr/share/spice-html5/spice_auto.html"),
    "tshark": ("tshark",),
    "openssl": ("openssl",),
    "sasl": ("saslpasswd2", "/usr/lib/*/sasl2/libsasldb.so"),
    "libvirt": (
        "/usr/sbin/libvirtd",
        "/usr/lib/*/libvirt/connection-driver/libvirt_driver_qemu.so",
        "setpriv",
    ),
    "kerberos": ("krb5kdc", "kadmin.local", "kdb5_util", "kinit", "/usr/lib/*/sasl2/libgssapiv2.so"),
}
