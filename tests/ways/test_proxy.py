"""Proxies: their addresses, what they answer, and whole sessions through one that is as odd as Proxmox's."""

from __future__ import annotations

import functools

import pytest
import trio
from trio.abc import Stream
from trio.testing import memory_stream_pair

import spice_rs
from spice_rs.enums import ChannelType
from spice_rs.proxy import Proxy, ProxyError, tunnel
from tests.server.test_serve import picture, shown
from tests.ways.proxmox import ConnectProxy

TICKET = "pvespiceproxy:68f0a1c2:100:pve::0123456789abcdef0123456789abcdef01234567"


@pytest.mark.parametrize(
    ("text", "proxy"),
    [
        ("proxy", Proxy("proxy", 3128)),
        ("http://proxy:8080/", Proxy("proxy", 8080)),
        ("https://proxy", Proxy("proxy", 3129, secure=True)),
        ("https://one:29876?token=x@y", Proxy("one", 29876, secure=True)),
        ("http://[::1]:99", Proxy("::1", 99)),
        ("HTTP://me:p%40ss:w@proxy", Proxy("proxy", 3128, user="me", password="p@ss:w")),
        ("http://me@proxy", Proxy("proxy", 3128, user="me")),
    ],
)
def test_addresses_of_proxies(text: str, proxy: Proxy) -> None:
    assert Proxy.parse(text) == proxy


@pytest.mark.parametrize(
    "text", ["", "socks5://proxy", "http://", "proxy:0", "proxy:70000", "proxy:x", "::1", "http://[::1"]
)
def test_what_is_no_address_of_a_proxy(text: str) -> None:
    with pytest.raises(ValueError, match="not a proxy"):
        Proxy.parse(text)


def test_a_password_is_shown_nowhere() -> None:
    proxy = Proxy.parse("http://me:hidden@proxy")
    assert "hidden" not in repr(proxy) and "hidden" not in str(proxy)
    with pytest.raises(ValueError, match="not a proxy") as caught:
        Proxy.parse("http://me:hidden@a:b:c")
    assert "hidden" not in str(caught.value)


async def asked(
    answer: bytes, host: str = "server", proxy: Proxy | None = None
) -> tuple[Stream | Exception, bytes]:
    """Ask a proxy that says this and hangs up; return what came of it and what it was asked."""
    ours, theirs = memory_stream_pair()
    await theirs.send_all(answer)
    await theirs.send_eof()
    result: Stream | Exception
    try:
        result = await tunnel(ours, proxy or Proxy("proxy", 3128), host, 5900)
    except (spice_rs.SpiceError, ValueError) as error:
        result = error
    await ours.send_eof()
    return result, bytes(await theirs.receive_some())


async def test_the_name_of_the_target_is_sent_as_it_is() -> None:
    _, question = await asked(b"HTTP/1.1 200 OK\r\n\r\n", TICKET)
    assert question.split(b"\r\n")[0] == f"CONNECT {TICKET}:5900 HTTP/1.1".encode()
    assert f"host: {TICKET}:5900".encode() in question.lower().replace(
        TICKET.lower().encode(), TICKET.encode()
    )
    _, question = await asked(b"HTTP/1.1 200 OK\r\n\r\n", "fe80::1", Proxy("p", 1, user="u", password="w"))
    assert question.startswith(b"CONNECT [fe80::1]:5900 ") and b"Basic dTp3\r\n" in question


async def test_what_comes_behind_the_answer_belongs_to_the_server() -> None:
    stream, _ = await asked(b"HTTP/1.1 200 OK\r\nX: y\r\n\r\nREDQ")
    assert isinstance(stream, Stream) and await stream.receive_some() == b"REDQ"


@pytest.mark.parametrize(
    ("answer", "status", "why"),
    [
        (b"", None, "hung up without an answer"),
        (b"HTTP/1.1 200 O", None, "hung up without an answer"),
        (b"REDQ\x02\x00\x00\x00", None, "hung up without an answer|not as an HTTP proxy"),
        (b"\x15\x03\x01\r\n\r\n", None, "not as an HTTP proxy"),
        (b"HTTP/1.1 200 OK\r\n" + b"X: yyyyyyyyyyyyyyyyyyyyy\r\n" * 5000, None, "not as an HTTP proxy"),
        (b"HTTP/1.1 407 Login\r\n\r\n", 407, "it wants a login"),
        (b"HTTP/1.1 503 Busy\r\nContent-Length: 1\r\n\r\nx", 503, "cannot reach the server"),
        (b"HTTP/1.1 302 Elsewhere\r\nLocation: http://x\r\n\r\n", 302, "ask whoever runs it"),
    ],
)
async def test_a_proxy_that_does_not_help_is_an_error_in_words(
    answer: bytes, status: int | None, why: str
) -> None:
    error, _ = await asked(answer)
    assert isinstance(error, ProxyError) and error.status == status
    with pytest.raises(ProxyError, match=why):
        raise error
    assert "http://proxy:3128" in str(error)


async def test_a_host_that_cannot_stand_in_a_request_is_the_callers_mistake() -> None:
    error, question = await asked(b"", "a b\r\nX: y")
    assert isinstance(error, ValueError) and question == b""


async def test_every_channel_goes_through_the_proxy_with_the_same_ticket() -> None:
    async with spice_rs.serve("spice://127.0.0.1:0", size=(64, 48)) as server, trio.open_nursery() as nursery:
        port = int(server.addresses[0].rpartition(":")[2])
        proxy = ConnectProxy({TICKET: ("127.0.0.1", port)}, login="me:secret")
        listeners = await nursery.start(functools.partial(trio.serve_tcp, proxy.serve, 0, host="127.0.0.1"))
        where = Proxy("127.0.0.1", listeners[0].socket.getsockname()[1], user="me", password="secret")

        async def through(_kind: ChannelType, _number: int) -> Stream:
            return await tunnel(await trio.open_tcp_stream(where.host, where.port), where, TICKET, 61000)

        async with spice_rs.connect(through) as session:
            await server.screen.update(picture(64, 48))
            await shown(server, session)
        assert set(proxy.asked) == {f"{TICKET}:61000"} and len(proxy.asked) >= 2
        nursery.cancel_scope.cancel()
