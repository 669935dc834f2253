"""Opening streams, and what is said when that does not work."""

from __future__ import annotations

import errno
import socket
from pathlib import Path

import pytest
import trio

from spice_rs.errors import ConnectError, SpiceError
from spice_rs.transport import open_stream
from spice_rs.uri import TcpAddress, UnixAddress


@pytest.mark.parametrize("host", ["127.0.0.1", "::1", "localhost"])
async def test_tcp_is_opened_with_keepalive_and_without_delay(host: str) -> None:
    family = "::1" if host == "::1" else "127.0.0.1"
    (listener,) = await trio.open_tcp_listeners(0, host=family)
    async with listener:
        port = listener.socket.getsockname()[1]
        async with await open_stream(TcpAddress(host, port)) as stream:
            assert stream.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE)
            assert stream.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)


@pytest.mark.parametrize("abstract", [False, True])
async def test_unix_sockets_are_opened(tmp_path: Path, abstract: bool) -> None:
    path = str(tmp_path / "s")
    with trio.socket.socket(trio.socket.AF_UNIX) as listener:
        await listener.bind("\0" + path if abstract else path)
        listener.listen()
        async with await open_stream(UnixAddress("@" + path if abstract else path)) as stream:
            assert isinstance(stream, trio.SocketStream)


async def test_a_closed_port_says_what_to_look_at() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = TcpAddress("127.0.0.1", free.getsockname()[1])
        with pytest.raises(ConnectError, match="nothing listens there") as caught:
            await open_stream(address)
    assert caught.value.errno == errno.ECONNREFUSED
    assert isinstance(caught.value, OSError) and isinstance(caught.value, SpiceError)
    assert str(address) in str(caught.value)


async def test_a_name_that_does_not_resolve_says_so() -> None:
    with pytest.raises(ConnectError, match=r"the name 'no-such-host\.invalid' does not resolve"):
        await open_stream(TcpAddress("no-such-host.invalid"))


async def test_a_socket_that_is_not_there_says_so(tmp_path: Path) -> None:
    with pytest.raises(ConnectError, match="there is no such socket"):
        await open_stream(UnixAddress(str(tmp_path / "none")))
