"""What all tests share: real peers as fixtures, and how hard Hypothesis tries."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from tests.peers import require
from tests.peers.gtkclient import GtkClient
from tests.peers.html5 import Html5
from tests.peers.libvirtd import Libvirtd
from tests.peers.qemu import Qemu
from tests.peers.tap import Tap
from tests.peers.viewer import Viewer
from tests.peers.xspice import Xspice
from tests.peers.xvfb import Xvfb

# A busy machine is no reason to fail; SPICE_RS_HYPOTHESIS=long is for a night.
settings.register_profile("default", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("long", settings.get_profile("default"), max_examples=5000)
settings.load_profile(os.environ.get("SPICE_RS_HYPOTHESIS", "default"))

ROOT = Path(__file__).parents[1]
PEER_FIXTURES = {"xspice", "qemu", "xvfb", "desktop", "gtk_client", "viewer", "html5", "tap", "libvirtd"}


def pytest_ignore_collect(collection_path: Path) -> bool | None:
    """Do not even read a file whose tests all need the checkout, where there is none."""
    if (ROOT / "Cargo.toml").exists() or collection_path.suffix != ".py":
        return None
    return True if "pytestmark = pytest.mark.checkout" in collection_path.read_text() else None


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Give the marker `peer` to every test that asks for a peer."""
    for item in items:
        if PEER_FIXTURES.intersection(getattr(item, "fixturenames", ())):
            item.add_marker(pytest.mark.peer)


@pytest.fixture
def xspice() -> Iterator[Callable[..., Xspice]]:
    """Return a factory of Xspice servers; its arguments are those of `Xspice`, and all of them end with the test."""
    require("xspice")
    with ExitStack() as peers:
        yield lambda **options: peers.enter_context(Xspice(**options))


@pytest.fixture
def qemu() -> Iterator[Callable[..., Qemu]]:
    """Return a factory of virtual machines; its arguments are those of `Qemu`, and all of them end with the test."""
    require("qemu")
    with ExitStack() as peers:
        yield lambda **options: peers.enter_context(make_qemu(**options))


@pytest.fixture
def libvirtd() -> Iterator[Libvirtd]:
    """Return a libvirt that runs machines for nobody."""
    require("qemu")
    require("libvirt")
    with Libvirtd() as daemon:
        yield daemon


@pytest.fixture
def xvfb() -> Iterator[Xvfb]:
    """Return an X server in memory, for a reference client that wants a window."""
    require("xvfb")
    with Xvfb() as server:
        yield server


@pytest.fixture
def desktop() -> Iterator[Callable[..., Xvfb]]:
    """Return a factory of X servers in memory on which programs draw; its arguments are those of `Xvfb`."""
    require("desktop")
    with ExitStack() as peers:
        yield lambda **options: peers.enter_context(Xvfb(**options))


@pytest.fixture
def gtk_client() -> Iterator[Callable[..., GtkClient]]:
    """Return a factory of sessions of spice-gtk; its arguments are those of `GtkClient`, and all of them end with the test."""
    require("spicegtk")
    with ExitStack() as peers:
        yield lambda *place, **options: peers.enter_context(GtkClient(*place, **options))


@pytest.fixture
def viewer() -> Iterator[Callable[..., Viewer]]:
    """Return a factory of viewers on X screens of their own; its arguments are those of `Viewer`."""
    with ExitStack() as peers:
        yield lambda *place, **options: peers.enter_context(make_viewer(*place, **options))


@pytest.fixture
def html5() -> Iterator[Callable[..., Html5]]:
    """Return a factory of browsers that show spice-html5; its arguments are those of `Html5`."""
    require("html5")
    with ExitStack() as peers:
        yield lambda *place, **options: peers.enter_context(Html5(*place, **options))


@pytest.fixture
def tap() -> Iterator[Callable[[int], Tap]]:
    """Return a factory of relays that know what Wireshark thinks of a session; see `Tap`."""
    require("tshark")
    with ExitStack() as peers:
        yield lambda port: peers.enter_context(Tap(port))


def make_viewer(program: str, address: str, **options: object) -> Viewer:
    """Start a viewer, if it is there."""
    require(program)
    return Viewer(program, address, **options)  # type: ignore[arg-type]


def make_qemu(**options: object) -> Qemu:
    """Start a virtual machine, if its guest is there."""
    if options.get("guest") == "memtest":
        require("memtest")
    return Qemu(**options)  # type: ignore[arg-type]
