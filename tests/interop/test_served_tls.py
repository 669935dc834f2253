"""Real clients inside of TLS at our server: spice-gtk, spice-html5 in a browser, remote-viewer with a file that the server wrote."""

from __future__ import annotations

import functools
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
import trio

import spice_rs
from spice_rs.server import ChannelSecurity, Server
from spice_rs.server.server import CLASSES
from spice_rs.tls import ServerTls
from spice_rs.transport import is_encrypted
from spice_rs.uri import parse
from tests.peers import require, running, x509
from tests.peers.gtkclient import GtkClient
from tests.peers.html5 import Html5
from tests.peers.viewer import Viewer
from tests.tls.certificates import Maker
from tests.tls.sessions import EVERY, encrypted, linked

from .served import SIZE, blocking, desk, shows

pytestmark = pytest.mark.peer

CA, OTHER_CA = Maker(), Maker(subject=(("O", "somebody else"), ("CN", "other CA")))
PAIR = CA.issue([("C", "XX"), ("O", "a, b"), ("CN", "desk")], names=["localhost", "127.0.0.1", "::1"])
SUBJECT = r"C=XX,O=a\, b,CN=desk"
OWN = ServerTls(certificate=PAIR.pem, key=PAIR.key_pem)


@asynccontextmanager
async def serving(
    security: Mapping[str, ChannelSecurity] | None = None, **options: Any
) -> AsyncIterator[Server]:
    """Serve a picture at both doors."""
    options = {"tls": OWN, "size": SIZE, **options}
    doors = "spice://127.0.0.1:0", "spice+tls://127.0.0.1:0"
    async with spice_rs.serve(*doors, channel_security=security, **options) as server:
        await server.screen.update(desk())
        yield server
        assert not server.faults


def ports(server: Server) -> tuple[int, int]:
    """The plain port and that for TLS."""
    plain, secured = (parse(address) for address in server.addresses)
    return plain.port, secured.tls_port  # type: ignore[union-attr, return-value]


def both(server: Server, host: str = "127.0.0.1") -> str:
    """The address with both ports."""
    plain, secured = ports(server)
    return f"spice://{host}?port={plain}&tls-port={secured}"


def inside(server: Server) -> set[str]:
    """The channels of the only client that have come inside of TLS."""
    (client,) = server.clients
    streams = {kind.name.lower(): channel._stream for (kind, _), channel in client.channels.items()}
    return {name for name, stream in streams.items() if stream is not None and is_encrypted(stream)}


@asynccontextmanager
async def gtk(address: str, tmp_path: Path, ca: Maker = CA, **options: Any) -> AsyncIterator[GtkClient]:
    """Start spice-gtk; it believes an authority."""
    require("spicegtk")
    file = tmp_path / "ca.pem"
    file.write_text(ca.pem)
    async with running(lambda: GtkClient(address, ca=file, **options)) as client:
        yield client


async def ended(client: GtkClient, channel: str) -> str:
    """Wait until a channel of spice-gtk has ended; return its word for why."""
    with trio.fail_after(30):
        while True:
            for error in await blocking(client.errors):
                name, _, why = error.partition(": ")
                if name == channel:
                    return str(why)
            await trio.sleep(0.02)


# spice-gtk.


@pytest.mark.parametrize(
    ("host", "trust"),
    [("localhost", {}), ("127.0.0.1", {}), ("127.0.0.1", {"subject": SUBJECT})],
    ids=["name", "number", "subject"],
)
async def test_spice_gtk_trusts_our_server(tmp_path: Path, host: str, trust: dict[str, str]) -> None:
    async with serving(password="secret") as server:
        place = both(server, host)
        async with gtk(place, tmp_path, secure="all", password="secret", **trust) as client:
            await shows(server, client)
            await blocking(client.wait_ready)
            assert inside(server) == EVERY
            async with spice_rs.connect(server.addresses[0], password="secret"):
                await server.screen.update(desk(1))
                await shows(server, client)


@pytest.mark.parametrize(
    ("authority", "trust"),
    [
        (OTHER_CA, {}),
        (OTHER_CA, {"subject": SUBJECT}),
        (CA, {"subject": r"CN=desk,O=a\, b,C=XX"}),
    ],
    ids=["another authority", "another authority, by the subject", "the subject turned round"],
)
async def test_spice_gtk_refuses_another_server(
    tmp_path: Path, authority: Maker, trust: dict[str, str]
) -> None:
    async with serving() as server:
        async with gtk(both(server), tmp_path, authority, secure="all", **trust) as client:
            assert await ended(client, "main") == "error-tls"
            assert server.clients == ()
        async with gtk(both(server), tmp_path, secure="all") as client:
            await shows(server, client)


@pytest.mark.parametrize(
    ("security", "expected"),
    [
        ({}, set()),
        ({"default": "clear"}, set()),
        ({"default": "tls"}, EVERY),
        ({"display": "tls"}, {"display"}),
        ({"main": "tls", "inputs": "tls", "cursor": "both"}, {"main", "inputs"}),
        ({"default": "tls", "display": "clear", "cursor": "both"}, {"main", "inputs"}),
    ],
)
async def test_spice_gtk_goes_where_each_channel_has_to(
    tmp_path: Path, security: Mapping[str, ChannelSecurity], expected: set[str]
) -> None:
    async with serving(security) as server, gtk(both(server), tmp_path) as client:
        await shows(server, client)
        await blocking(client.wait_ready)
        with trio.fail_after(10):
            while len(server.clients[0].channels) < len(CLASSES):
                await trio.sleep(0.02)
        assert inside(server) == expected


async def test_spice_gtk_may_name_the_channels_itself(tmp_path: Path) -> None:
    async with serving() as server, gtk(both(server), tmp_path, secure="main,display") as client:
        await shows(server, client)
        await blocking(client.wait_ready)
        assert inside(server) - {"cursor"} == {"main", "display"}


async def test_spice_gtk_without_the_other_port_stays_outside(tmp_path: Path) -> None:
    async with serving({"main": "tls"}) as server:
        plain, secured = ports(server)
        async with gtk(f"spice://127.0.0.1:{plain}", tmp_path) as client:
            assert (await ended(client, "main")).startswith("error")
        assert server.clients == ()
    async with serving({"main": "clear"}) as server:
        _, secured = ports(server)
        async with gtk(f"spice://127.0.0.1?tls-port={secured}", tmp_path) as client:
            assert (await ended(client, "main")).startswith("error")
        assert server.clients == ()


# spice-html5.


def page(directory: Path) -> x509.Certificates:
    """The certificate of the page, which is also the server's."""
    return x509.write(directory, ca=CA.pem, certificate=PAIR.pem, key=PAIR.key_pem)


async def test_spice_html5_comes_by_a_websocket_inside_of_tls(tmp_path: Path) -> None:
    require("html5")
    key = OWN.pubkey.removeprefix("sha256//")
    async with serving(password="secret") as server:
        make = functools.partial(Html5, ports(server)[1], password="secret", tls=page(tmp_path), keys=(key,))
        async with running(make) as client:
            await shows(server, client)
            assert inside(server) == EVERY
            events = server.events()
            await blocking(client.press, "a", 65)
            with trio.fail_after(30):
                assert isinstance(await anext(events), spice_rs.KeyDown)
            await server.screen.update(desk(1))
            await shows(server, client)
            assert await blocking(client.complaints) == []


async def test_a_browser_that_does_not_know_the_certificate_does_not_come(tmp_path: Path) -> None:
    require("html5")
    stranger = OTHER_CA.issue(names=["127.0.0.1"])
    own = ServerTls(certificate=stranger.pem, key=stranger.key_pem)
    key = OWN.pubkey.removeprefix("sha256//")
    async with serving(tls=own) as server:
        make = functools.partial(Html5, ports(server)[1], tls=page(tmp_path), keys=(key,))
        async with running(make) as client:
            with trio.fail_after(30):
                while not any("ERR_CERT" in line for line in await blocking(client.network)):
                    await trio.sleep(0.05)
            assert server.clients == ()


# remote-viewer.


@pytest.mark.parametrize("tls", [OWN, ServerTls.self_signed()], ids=["an authority", "itself"])
async def test_remote_viewer_opens_what_our_server_wrote(tmp_path: Path, tls: ServerTls) -> None:
    require("remote-viewer")
    path = tmp_path / "console.vv"
    async with serving({"main": "tls"}, tls=tls, name="a desk of ours") as server:
        server.set_password("for one time; p@ss\\word = §", expires_in=60, one_time=True)
        server.connection_file(ca=CA.pem if tls is OWN else None).save(path)
        async with running(lambda: Viewer("remote-viewer", str(path))) as viewer:
            await shows(server, viewer)
            assert inside(server) == EVERY
            assert not path.exists(), "a file with a password for one time is deleted by who has read it"
            await server.screen.update(desk(1))
            await shows(server, viewer)


async def test_a_file_may_lead_to_an_address_of_ipv6(tmp_path: Path) -> None:
    require("remote-viewer")
    path = tmp_path / "console.vv"
    async with spice_rs.serve("spice+tls://[::1]:0", tls=OWN, size=SIZE) as server:
        await server.screen.update(desk())
        file = server.connection_file(ca=CA.pem)
        file.save(path)
        async with running(lambda: Viewer("remote-viewer", str(path))) as viewer:
            await shows(server, viewer)
            assert inside(server) == EVERY
        async with spice_rs.connect(file) as session:
            await linked(session)
            assert file.host == "::1" and encrypted(session) == EVERY


async def test_remote_viewer_refuses_a_file_of_another_server(tmp_path: Path) -> None:
    require("remote-viewer")
    path = tmp_path / "console.vv"
    async with serving() as server:
        server.connection_file(ca=OTHER_CA.pem).save(path)
        async with running(lambda: Viewer("remote-viewer", str(path), full=False)) as viewer:
            with trio.fail_after(30):
                # It says so, shows a window that says so too, and goes once nobody looks at it.
                while "Error in server certificate verification" not in viewer.log_tail(50):
                    await trio.sleep(0.05)
            assert server.clients == ()
