"""Machines that libvirt runs: handed over by a real one, and looked up in documents of every kind."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest
import trio

import spice_rs
from spice_rs import libvirt
from spice_rs.cli._failures import Status
from spice_rs.connection_file import ConnectionFile
from spice_rs.errors import ConnectError, MissingExtra, SpiceError, Unsupported
from spice_rs.libvirt import Domain, parse
from tests.cli.ends import spice_rs_command
from tests.peers import require
from tests.peers.libvirtd import Libvirtd

NOWHERE = "<graphics type='spice' passwd='unknown to us'><listen type='none'/></graphics>"
VNC = "<graphics type='vnc' port='-1' autoport='yes'/>"

# A real libvirt, with QEMU.


async def test_a_machine_without_a_port_is_reached_without_its_ticket(libvirtd: Libvirtd) -> None:
    await trio.to_thread.run_sync(libvirtd.machine, "desk", VNC + NOWHERE)
    address = str(Domain("desk", libvirtd.uri))
    target = await libvirt.find("desk", uri=libvirtd.uri)
    assert callable(target)
    for where in (address, target):
        async with spice_rs.connect(where) as session:
            assert session.name == "desk" and "desk" in repr(session)
            frame = await session.display.frame()
            assert np.asarray(frame).shape[2] == 4
            for channel in filter(None, session.channels.values()):
                await channel.up()
    async with spice_rs.connect(await libvirt.find(str(session.uuid), uri=libvirtd.uri)) as other:
        assert other.name == "desk"


async def test_the_command_takes_machines_of_libvirt(libvirtd: Libvirtd) -> None:
    await trio.to_thread.run_sync(libvirtd.machine, "desk", NOWHERE)
    ran = await spice_rs_command("screenshot", Domain("desk", libvirtd.uri), "-o", "-")
    assert (ran.status, ran.err) == (Status.DONE, "") and ran.out.startswith(b"\x89PNG")
    ran = await spice_rs_command("doctor", Domain("desk", libvirtd.uri))
    stages = [line.split()[1] for line in ran.said.splitlines()]
    assert stages == ["libvirt", "connect", "link", "authentication", "channels", "picture"]
    ran = await spice_rs_command("doctor", Domain("other", libvirtd.uri))
    assert ran.status == Status.NO_SERVER and "there are desk" in ran.err and ran.err.count("\n") == 1
    assert ran.said.startswith("FAILED  libvirt")


async def test_machines_that_cannot_be_seen(libvirtd: Libvirtd) -> None:
    await trio.to_thread.run_sync(libvirtd.machine, "vnc", VNC)
    await trio.to_thread.run_sync(lambda: libvirtd.machine("off", NOWHERE, running=False))
    for name, error, why in (
        ("vnc", Unsupported, "it has vnc"),
        ("off", ConnectError, "virsh start off"),
        ("none", ConnectError, "there are off, vnc"),
    ):
        with pytest.raises(error, match=why):
            await libvirt.find(name, uri=libvirtd.uri)


# Documents, with the driver that libvirt has for tests.


def told(graphics: str, tmp_path: Path) -> str:
    """Write a host with one machine; return the address of the libvirt that runs it."""
    require("libvirt")
    path = tmp_path / "host.xml"
    path.write_text(
        "<node><domain type='test'><name>desk</name><memory>1024</memory><os><type>hvm</type></os>"
        f"<devices>{graphics}</devices></domain></node>"
    )
    return f"test://{path}"


@pytest.mark.peer
@pytest.mark.parametrize(
    ("graphics", "expected"),
    [
        ("<graphics type='spice' port='5900'/>", ConnectionFile(host="127.0.0.1", port=5900)),
        (
            "<graphics type='spice' port='5900' tlsPort='5901' listen='10.0.0.7' passwd='secret'/>",
            ConnectionFile(host="10.0.0.7", port=5900, tls_port=5901, password="secret"),
        ),
        (
            "<graphics type='spice' port='5900'><listen type='address' address='0.0.0.0'/></graphics>",
            ConnectionFile(host="127.0.0.1", port=5900),
        ),
        (
            "<graphics type='spice' tlsPort='5901'><listen type='address' address='::1'/></graphics>",
            ConnectionFile(host="::1", tls_port=5901),
        ),
        (
            "<graphics type='spice'><listen type='socket' socket='/run/desk.sock'/></graphics>",
            ConnectionFile(unix_path="/run/desk.sock"),
        ),
        (
            "<graphics type='spice' port='5900' tlsPort='5901' defaultMode='insecure'>"
            "<channel name='main' mode='secure'/><channel name='inputs' mode='secure'/></graphics>",
            ConnectionFile(host="127.0.0.1", port=5900, tls_port=5901, secure_channels=("main", "inputs")),
        ),
    ],
)
async def test_where_a_display_listens(graphics: str, expected: ConnectionFile, tmp_path: Path) -> None:
    from dataclasses import replace

    found = await libvirt.find("desk", uri=told(graphics, tmp_path))
    assert found == replace(expected, title="desk")


@pytest.mark.peer
@pytest.mark.parametrize(
    ("graphics", "error", "why"),
    [
        ("", Unsupported, "no display at all"),
        ("<graphics type='vnc' port='5900'/>", Unsupported, "it has vnc"),
        ("<graphics type='spice' autoport='yes'/>", ConnectError, "listens nowhere"),
    ],
)
async def test_displays_that_cannot_be_reached(
    graphics: str, error: type[SpiceError], why: str, tmp_path: Path
) -> None:
    with pytest.raises(error, match=why):
        await libvirt.find("desk", uri=told(graphics, tmp_path))


@pytest.mark.peer
async def test_a_libvirt_that_is_not_there_says_what_to_look_at(tmp_path: Path) -> None:
    require("libvirt")
    with pytest.raises(ConnectError, match=r"is libvirtd .* running there"):
        await libvirt.find("desk", uri=f"qemu:///session?socket={tmp_path}/none")
    ran = await spice_rs_command("info", f"libvirt+qemu:///session?socket={tmp_path}/none&domain=desk")
    assert ran.status == Status.NO_SERVER and ran.err.count("\n") == 1


async def test_a_missing_extra_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "libvirt", None)
    with pytest.raises(MissingExtra, match=r"pip install 'spice-rs\[libvirt\]'"):
        async with spice_rs.connect("libvirt+qemu:///system?domain=desk"):
            pass


# Addresses.


@pytest.mark.parametrize(
    ("text", "domain"),
    [
        ("libvirt+qemu:///system?domain=desk", Domain("desk")),
        ("libvirt+qemu:///session?domain=a%20b", Domain("a b", "qemu:///session")),
        ("libvirt+qemu+ssh://me@host/system?domain=desk", Domain("desk", "qemu+ssh://me@host/system")),
        ("libvirt+qemu+ssh://h/system?keyfile=/k&domain=d", Domain("d", "qemu+ssh://h/system?keyfile=/k")),
    ],
)
def test_addresses(text: str, domain: Domain) -> None:
    assert parse(text) == domain and parse(str(domain)) == domain
    assert domain.host == ("host" if "@host" in text else "h" if "//h/" in text else None)


@pytest.mark.parametrize(
    "text",
    [
        "libvirt+",
        "libvirt+qemu:///system",
        "libvirt+qemu:///system?domain=",
        "libvirt+x?domain=a",
        "libvirt+a://b?domain=a&domain=b",
    ],
)
async def test_what_is_no_address(text: str) -> None:
    with pytest.raises(ValueError, match=r"write libvirt\+qemu:///system\?domain=NAME"):
        async with spice_rs.connect(text):
            pass
    assert (await spice_rs_command("info", text)).status == Status.WRONG_USE
