"""Passwords at the reference's servers: wrong, missing, replaced, expired; and the ways there that need no port."""

from __future__ import annotations

import socket
from collections.abc import Callable
from typing import Any

import pytest
import trio

import spice_rs
from spice_rs.enums import ChannelType, LinkErrorCode
from spice_rs.errors import AuthenticationError, Disconnected
from tests.peers import PeerFailed
from tests.peers.qemu import Qemu
from tests.peers.xspice import Xspice
from tests.tls.sessions import linked

from .compare import assert_same
from .test_tls import start

pytestmark = pytest.mark.peer

__all__ = ["start"]  # a fixture

Machine = Callable[..., Qemu]


async def refused(peer: Qemu | Xspice, password: str | None) -> AuthenticationError:
    """Why a password does not open a server."""
    with pytest.raises(AuthenticationError) as caught, trio.fail_after(20):
        async with spice_rs.connect(peer.address, password=password):
            pass
    assert caught.value.code == LinkErrorCode.PERMISSION_DENIED
    return caught.value


async def opens(peer: Qemu | Xspice, password: str | None) -> None:
    """Come in by a password, on every channel."""
    with trio.fail_after(20):
        async with spice_rs.connect(peer.address, password=password) as session:
            await linked(session)


async def command(peer: Qemu, name: str, **arguments: object) -> Any:
    """Give QEMU a command while our client goes on."""
    return await trio.to_thread.run_sync(lambda: peer.qmp.command(name, **arguments))


async def test_a_wrong_password_and_none_are_told_apart(start: Callable[..., Qemu | Xspice]) -> None:
    peer = start(password="p@ss:w/ö?rd")
    assert "wrong password" in str(await refused(peer, "P@ss:w/ö?rd"))
    assert "wrong password" in str(await refused(peer, "x" * 59))
    assert "a password is needed" in str(await refused(peer, None))
    await opens(peer, "p@ss:w/ö?rd")


async def test_a_password_that_was_replaced(qemu: Machine) -> None:
    peer = qemu(password="first")
    async with spice_rs.connect(peer.address, password="first") as session:
        await linked(session)
        await command(peer, "set_password", protocol="spice", password="second", connected="keep")
        await refused(peer, "first")
        assert session.ended is None
        with pytest.raises(PeerFailed):
            await command(peer, "set_password", protocol="spice", password="x", connected="fail")
        await command(peer, "set_password", protocol="spice", password="third", connected="disconnect")
        with trio.fail_after(20):
            assert isinstance(await session.wait_ended(), Disconnected)
    await refused(peer, "second")
    await opens(peer, "third")


async def test_a_password_that_has_expired(qemu: Machine) -> None:
    peer = qemu(password="secret")
    await opens(peer, "secret")
    await command(peer, "expire_password", protocol="spice", time="now")
    assert "it has expired" in str(await refused(peer, "secret"))
    await command(peer, "expire_password", protocol="spice", time="never")
    await opens(peer, "secret")
    # A session outlives the password that began it.
    async with spice_rs.connect(peer.address, password="secret") as session:
        await linked(session)
        await command(peer, "expire_password", protocol="spice", time="+1")
        with trio.fail_after(20):
            while True:
                try:
                    await opens(peer, "secret")
                except AuthenticationError:
                    break
    await command(peer, "set_password", protocol="spice", password="new")
    await command(peer, "expire_password", protocol="spice", time="+60")
    await refused(peer, "secret")
    await opens(peer, "new")


async def test_a_socket_of_this_machine_wants_the_password_too(qemu: Machine) -> None:
    peer = qemu(unix=True, password="secret")
    await trio.to_thread.run_sync(peer.wait_ready)
    peer.pause()
    await refused(peer, "wrong")
    async with spice_rs.connect(peer.address, password="secret") as session:
        with trio.fail_after(30):
            frame = await session.display.wait_stable(quiet=0.3)
        assert_same(frame, await trio.to_thread.run_sync(peer.ground_truth))
        assert str(peer.socket_path) in repr(session)


async def test_sockets_may_be_handed_over_for_each_channel(start: Callable[..., Qemu | Xspice]) -> None:
    peer = start(password="secret")
    asked = []

    async def opener(kind: ChannelType, number: int) -> socket.socket:
        asked.append((kind, number))
        return socket.create_connection(("127.0.0.1", peer.port or 0))

    async with spice_rs.connect(opener, password="secret") as session:
        await linked(session)
        await session.display.frame()
    assert {kind.name for kind, _ in asked} == {"MAIN", "DISPLAY", "INPUTS", "CURSOR"}
