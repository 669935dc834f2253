"""Every way to a server behind `connect`."""

from __future__ import annotations

import functools
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import trio

import spice_rs
from spice_rs.connection_file import ConnectionFile
from spice_rs.enums import ChannelType
from spice_rs.errors import AuthenticationError, Unsupported
from spice_rs.sasl import Logins
from spice_rs.server import Server
from spice_rs.ways import Target, way
from tests.server.test_serve import picture, shown
from tests.ways.proxmox import ConnectProxy
from tests.ways.test_proxy import TICKET


@asynccontextmanager
async def serving(**options: object) -> AsyncIterator[Server]:
    async with spice_rs.serve("spice://127.0.0.1:0", size=(64, 48), **options) as server:  # type: ignore[arg-type]
        await server.screen.update(picture(64, 48))
        yield server


def port(server: Server) -> int:
    return int(server.addresses[0].rpartition(":")[2])


async def look(server: Server, target: Target, **options: object) -> None:
    """Connect and see the picture."""
    with trio.fail_after(10):
        async with spice_rs.connect(target, **options) as session:  # type: ignore[arg-type]
            await shown(server, session)


@asynccontextmanager
async def proxying(
    server: Server, name: str, login: str | None = None
) -> AsyncIterator[tuple[ConnectProxy, str]]:
    """Run a proxy that knows the server by a name."""
    proxy = ConnectProxy({name: ("127.0.0.1", port(server))}, login)
    async with trio.open_nursery() as nursery:
        listeners = await nursery.start(functools.partial(trio.serve_tcp, proxy.serve, 0, host="127.0.0.1"))
        secret = f"{login}@" if login else ""
        yield proxy, f"http://{secret}127.0.0.1:{listeners[0].socket.getsockname()[1]}"
        nursery.cancel_scope.cancel()


async def test_a_connection_file_as_proxmox_hands_it_out() -> None:
    async with (
        serving(password="for a moment") as server,
        proxying(server, TICKET, "me:too") as (proxy, where),
    ):
        text = f"[virt-viewer]\ntype=spice\nhost={TICKET}\nport=61000\npassword=for a moment\nproxy={where}\n"
        await look(server, ConnectionFile.parse(text))
        assert len(proxy.asked) >= 2 and set(proxy.asked) == {f"{TICKET}:61000"}
        with pytest.raises(AuthenticationError):
            await look(server, ConnectionFile.parse(text.replace("for a moment", "wrong")))


async def test_a_proxy_from_the_environment_and_one_that_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    async with serving() as server, proxying(server, "vm.example") as (proxy, where):
        await look(server, "spice://vm.example:5900", proxy=where)
        monkeypatch.setenv("SPICE_PROXY", where)
        await look(server, "spice://vm.example:5900")
        assert set(proxy.asked) == {"vm.example:5900"}
        with pytest.raises(spice_rs.ConnectError, match="401"):
            await look(server, "spice://other.example:5900")


async def test_a_connection_file_with_a_socket_and_a_name(tmp_path: Path) -> None:
    path = tmp_path / "vm.sock"
    async with spice_rs.serve(
        f"spice+unix://{path}", size=(64, 48), logins=Logins({"alice": "secret"})
    ) as server:
        await look(server, ConnectionFile(unix_path=str(path), username="alice", password="secret"))


async def test_sockets_and_descriptors_may_be_handed_over() -> None:
    async with serving() as server:
        for make in (lambda sock: sock, lambda sock: sock.detach(), trio.socket.from_stdlib_socket):

            async def hand_over(_kind: ChannelType, _number: int, make=make) -> object:  # type: ignore[no-untyped-def]
                sock = socket.create_connection(("127.0.0.1", port(server)))
                sock.setblocking(False)
                return make(sock)

            await look(server, hand_over)  # type: ignore[arg-type]


async def test_a_websocket_is_an_address_too() -> None:
    async with serving() as server:
        await look(server, f"ws://127.0.0.1:{port(server)}/anything")


def test_targets_that_cannot_be_reached() -> None:
    with pytest.raises(Unsupported, match="for VNC, not for SPICE"):
        way(ConnectionFile(type="vnc", host="h", port=5900))
    with pytest.raises(ValueError, match="neither a host nor a socket"):
        way(ConnectionFile(port=5900))
    with pytest.raises(ValueError, match="not a proxy"):
        way("spice://h", proxy="socks5://h")
    with pytest.raises(ValueError, match="not a SPICE address"):
        way("vnc://h")


def test_no_secret_is_in_a_way() -> None:
    for target in (
        "spice://me@h:5900?password=hidden",
        ConnectionFile(host="h", port=1, username="me", password="hidden", proxy="http://a:hidden@p"),
        "ws://h/x?token=hidden",
    ):
        found = way(target)
        assert "hidden" not in found.name and "hidden" not in repr(found)
