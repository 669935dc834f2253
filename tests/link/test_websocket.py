"""WebSockets: both halves against each other, and each against what nobody well-meaning sends."""

from __future__ import annotations

import os
import socket
import struct
from collections.abc import Awaitable, Callable

import pytest
import trio
from hypothesis import given
from hypothesis import strategies as st
from trio.abc import Stream
from trio.testing import check_two_way_stream, lockstep_stream_pair, memory_stream_pair

from spice_rs import websocket
from spice_rs._door import Peeked, bare, incoming
from spice_rs.errors import LinkError, NotSpice, RemoteProtocolError, Unsupported
from spice_rs.websocket import WebSocket
from tests.link.streams import Dribble

Pair = tuple[WebSocket, WebSocket]

REQUEST = {
    "Host": "127.0.0.1:5900",
    "Connection": "keep-alive, Upgrade",
    "Upgrade": "websocket",
    "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
    "Sec-WebSocket-Protocol": "binary",
}
BIG = os.urandom(3 << 20)


def request(line: str = "GET / HTTP/1.1", **changes: str | None) -> bytes:
    """Return a browser's request, with headers changed or (None) left out; `Sec_WebSocket_Key` names one with hyphens."""
    headers: dict[str, str | None] = {
        **REQUEST,
        **{name.replace("_", "-"): value for name, value in changes.items()},
    }
    lines = [line, *(f"{name}: {value}" for name, value in headers.items() if value is not None), "", ""]
    return "\r\n".join(lines).encode("latin-1")


async def opened(ours: Stream, theirs: Stream, **options: object) -> Pair:
    """Open a WebSocket over two ends of a stream."""
    ends: list[WebSocket] = []

    async def serve() -> None:
        accepted = await incoming(theirs, **options)  # type: ignore[arg-type]
        assert isinstance(accepted, WebSocket)
        ends.append(accepted)

    async with trio.open_nursery() as nursery:
        nursery.start_soon(serve)
        client = await websocket.connect(ours, host="127.0.0.1:5900")
    return client, ends[0]


async def pair() -> Pair:
    return await opened(*memory_stream_pair())


async def mirrored(maker: Callable[[], Awaitable[Pair]]) -> Pair:
    first, second = await maker()
    return second, first


async def answer(data: bytes, **options: object) -> tuple[str, LinkError | Unsupported | None]:
    """Send a request; return what came back as text, and what the server raised."""
    ours, theirs = memory_stream_pair()
    await ours.send_all(data)
    with trio.fail_after(5):
        try:
            await incoming(theirs, **options)  # type: ignore[arg-type]
            raised = None
        except (LinkError, Unsupported) as error:
            raised = error
        await theirs.aclose()
        said = b"".join([part async for part in ours])
    return said.decode(), raised


async def raw(data: bytes = b"") -> tuple[Stream, WebSocket]:
    """Return a client's end on which the test writes frames by hand, and the server's WebSocket; `data` comes first."""
    ours, theirs = memory_stream_pair()
    await ours.send_all(request() + data)
    accepted = await incoming(theirs)
    assert isinstance(accepted, WebSocket)
    said = await ours.receive_some()
    assert said.endswith(b"\r\n\r\n")
    return ours, accepted


def frame(
    payload: bytes = b"",
    *,
    code: int = 2,
    final: bool = True,
    mask: bytes = b"\1\2\3\4",
    size: int | None = None,
) -> bytes:
    """Make a client's frame; `size` is what its header says where that is not true."""
    size = len(payload) if size is None else size
    length = (
        struct.pack(">B", 128 | size)
        if size < 126
        else struct.pack(">BH", 254, size)
        if size < 65536
        else struct.pack(">BQ", 255, size)
    )
    return (
        bytes([code | final << 7])
        + length
        + mask
        + bytes(byte ^ mask[i % 4] for i, byte in enumerate(payload))
    )


# As a stream.


async def test_both_halves_are_streams() -> None:
    await check_two_way_stream(pair, None)
    await check_two_way_stream(lambda: mirrored(pair), None)


async def test_a_clogged_one_is_a_stream_too(autojump_clock: trio.testing.MockClock) -> None:
    async def clogged() -> Pair:
        client, server = await opened(*lockstep_stream_pair())
        return client, server

    await check_two_way_stream(clogged, clogged)
    await check_two_way_stream(lambda: mirrored(clogged), lambda: mirrored(clogged))


@pytest.mark.parametrize("size", [1, 125, 126, 65535, 65536, (1 << 16) + 1, len(BIG)])
async def test_data_of_any_size_goes_both_ways(size: int) -> None:
    client, server = await pair()
    for sender, receiver in ((client, server), (server, client)):
        async with trio.open_nursery() as nursery:
            nursery.start_soon(sender.send_all, memoryview(BIG)[:size])
            got = bytearray()
            while len(got) < size:
                got += await receiver.receive_some(1 << 16)
        assert got == BIG[:size]


async def test_a_request_may_come_in_any_pieces() -> None:
    ours, theirs = memory_stream_pair()
    client, server = await opened(Dribble(ours), Dribble(theirs))
    await client.send_all(b"REDQ")
    assert [await server.receive_some(4) for _ in range(4)] == [b"R", b"E", b"D", b"Q"]


async def test_what_comes_right_behind_the_request_is_kept() -> None:
    _ours, server = await raw(frame(b"REDQ"))
    assert await server.receive_some() == b"REDQ"


async def test_the_end_of_a_session_is_said_to_the_other_side() -> None:
    client, server = await pair()
    await server.send_all(b"last words")
    await server.aclose()
    assert await client.receive_some() == b"last words"
    assert await client.receive_some() == b""
    with pytest.raises(trio.BrokenResourceError, match="closed"):
        await client.send_all(b"too late")
    await client.aclose()


async def test_a_peer_that_vanishes_ends_the_stream() -> None:
    client, server = await pair()
    await trio.aclose_forcefully(client)
    assert await server.receive_some() == b""


async def test_closing_does_not_wait_for_a_peer_that_never_reads(
    autojump_clock: trio.testing.MockClock,
) -> None:
    ours, theirs = lockstep_stream_pair()
    _client, server = await opened(ours, theirs)
    with trio.fail_after(5):
        await server.aclose()
    with pytest.raises(trio.ClosedResourceError):
        await theirs.send_all(b"x")


async def test_a_send_cancelled_in_the_middle_breaks_the_stream() -> None:
    ours, theirs = lockstep_stream_pair()
    client, server = await opened(ours, theirs)
    with trio.move_on_after(0):
        await server.send_all(b"never read")
    async with trio.open_nursery() as nursery:
        nursery.start_soon(ours.receive_some)
        with trio.CancelScope() as scope:
            async with trio.open_nursery() as senders:
                senders.start_soon(server.send_all, BIG)
                await trio.testing.wait_all_tasks_blocked()
                scope.cancel()
    with pytest.raises(trio.BrokenResourceError, match="middle of a frame"):
        await server.send_all(b"x")
    await server.aclose()
    await client.aclose()


# Frames.


@given(
    st.lists(st.tuples(st.sampled_from([1, 2, 9, 10]), st.binary(max_size=60), st.booleans()), max_size=8),
    st.integers(1, 40),
)
def test_fragments_controls_and_cuts_change_nothing(pieces: list[tuple[int, bytes, bool]], step: int) -> None:
    sent = data = b""
    within = False
    for code, payload, final in pieces:
        text = payload.hex().encode()
        if code >= 9:
            sent += frame(text, code=code)
            continue
        # What a message is, its first frame says; the others are continuations.
        sent += frame(text, code=0 if within else code, final=final)
        data += text
        within = not final

    async def main() -> None:
        ours, server = await raw()
        for at in range(0, len(sent), step):
            await ours.send_all(sent[at : at + step])
        await ours.send_all(frame(b"\x03\xe8", code=8))
        assert b"".join([bytes(part) async for part in server]) == data

    trio.run(main)


async def test_text_comes_as_its_bytes() -> None:
    ours, server = await raw()
    await ours.send_all(frame("grün".encode(), code=1))
    assert await server.receive_some() == "grün".encode()


async def test_pings_are_answered_between_frames() -> None:
    ours, server = await raw()
    await ours.send_all(frame(b"are you there", code=9) + frame(b"data"))
    assert await server.receive_some() == b"data"
    assert await ours.receive_some() == b"\x8a\x0dare you there"


async def test_a_flood_of_pings_that_nobody_reads_fills_no_memory() -> None:
    ours, theirs = lockstep_stream_pair()
    _client, server = await opened(ours, theirs)
    async with trio.open_nursery() as nursery:
        # The server is in the middle of a picture, and the client only asks.
        nursery.start_soon(server.send_all, BIG)
        await trio.testing.wait_all_tasks_blocked()
        nursery.start_soon(server.receive_some)
        for number in range(1000):
            await ours.send_all(frame(b"%d" % number, code=9))
        said = bytearray()
        while len(said) < len(BIG) + 10 + 5:
            said += await ours.receive_some()
        assert said[10:-5] == BIG and said[-5:] == b"\x8a\x03999"
        nursery.cancel_scope.cancel()


MALFORMED = {
    "a control frame of more than 125 bytes": frame(bytes(126), code=9),
    "a control frame in pieces": frame(b"", code=9, final=False),
    "an unknown kind of frame": frame(b"", code=3),
    "reserved bits": bytes([0xC2]) + frame(b"x")[1:],
    "a frame that is not masked": b"\x82\x01x",
    "a length with its highest bit set": b"\x82\xff" + b"\xff" * 8 + bytes(4),
    "a length longer than it has to be": b"\x82\xfe\x00\x01" + bytes(4) + b"x",
    "a continuation of nothing": frame(b"x", code=0),
    "a message inside a message": frame(b"x", final=False) + frame(b"y"),
    "text that is none": frame(b"\xff\xfe", code=1),
    "a goodbye of one byte": frame(b"x", code=8),
    "a goodbye without a reason that there is": frame(b"\x00\x01", code=8),
}


@pytest.mark.parametrize("what", MALFORMED)
async def test_a_malformed_frame_breaks_the_stream_with_a_reason(what: str) -> None:
    ours, server = await raw()
    await ours.send_all(frame(b"before") + MALFORMED[what] + frame(b"behind"))
    got = bytearray()
    with pytest.raises(trio.BrokenResourceError, match="not a WebSocket any more") as caught:
        while True:
            part = await server.receive_some()
            assert part
            got += part
    assert got[:6] == b"before" and b"behind" not in got
    assert isinstance(caught.value.__cause__, RemoteProtocolError)
    with pytest.raises(trio.BrokenResourceError):
        await server.send_all(b"x")
    await server.aclose()
    goodbye = await ours.receive_some()
    assert goodbye[0] == 0x88 and 1002 <= int.from_bytes(goodbye[2:4], "big") <= 1007


async def test_a_frame_that_claims_to_be_huge_takes_only_what_comes() -> None:
    ours, server = await raw()
    await ours.send_all(frame(b"start", size=1 << 62))
    assert await server.receive_some() == b"start"
    await ours.send_all(b"\1\1\1\1")
    assert len(await server.receive_some()) == 4


# The request.


@pytest.mark.parametrize(
    ("offered", "spoken"),
    [("binary", "binary"), ("base64, binary", "binary"), ("base64,binary", "binary"), (None, None)],
)
async def test_the_subprotocol_is_binary_or_none(offered: str | None, spoken: str | None) -> None:
    said, raised = await answer(request(Sec_WebSocket_Protocol=offered))
    assert raised is None and said.startswith("HTTP/1.1 101 ")
    # What RFC 6455 has as its example for that key.
    assert "sec-websocket-accept: s3pplmbitxaq9kygzzhzrbk+xoo=" in said.lower()
    assert (f"sec-websocket-protocol: {spoken}" in said.lower()) == (spoken is not None)


REFUSED = {
    "for a page": (request(Connection="keep-alive", Upgrade=None), "426", "remote-viewer"),
    "of an old browser": (request("GET / HTTP/1.0", Connection=None, Upgrade=None), "426", "SPICE server"),
    "of another version": (request(Sec_WebSocket_Version="8"), "426", "13"),
    "without a key": (request(Sec_WebSocket_Key=None), "400", "no request"),
    "of another subprotocol": (request(Sec_WebSocket_Protocol="base64"), "400", "'binary'"),
    "without a host": (request(Host=None), "400", "no request"),
    "that is not HTTP": (b"GET is not a verb\r\n\r\n", "400", "no request"),
    "with bytes that are not text": (request(Sec_WebSocket_Protocol="\xff\xfe"), "400", "no request"),
    "with a host that is not one": (request(Host="\xff\xfe"), "400", "no request"),
    "with a host of long parts": (request(Host="xn--" + "a" * 300), "400", "no request"),
    "that never ends": (request(Cookie="x" * (1 << 15)), "431", "too long"),
    "of another site": (request(Origin="https://evil.example"), "403", "https://evil.example"),
}


@pytest.mark.parametrize("what", REFUSED)
async def test_a_request_is_refused_in_words(what: str) -> None:
    data, status, word = REFUSED[what]
    said, raised = await answer(data)
    assert said.startswith(f"HTTP/1.1 {status} ")
    head, _, body = said.partition("\r\n\r\n")
    assert word in body and f"Content-Length: {len(body)}" in head
    assert isinstance(raised, LinkError) and status in str(raised)


@pytest.mark.parametrize("count", range(0, len(request()), 7))
async def test_a_request_that_is_cut_is_an_error(count: int) -> None:
    ours, theirs = memory_stream_pair()
    await ours.send_all(request()[:count])
    await ours.aclose()
    if count < 4:
        assert await (await incoming(theirs)).receive_some() == request()[:count]
    else:
        with pytest.raises(LinkError, match="in the middle"):
            await incoming(theirs)


@given(st.binary(max_size=400))
def test_any_bytes_behind_the_first_word_end_in_an_answer_or_a_wait(data: bytes) -> None:
    async def main() -> None:
        said, raised = await answer(b"GET " + data + b"\r\n\r\n")
        assert said.startswith("HTTP/1.1 4") and isinstance(raised, LinkError)

    trio.run(main)


ORIGINS = [
    ("http://localhost:8000", "127.0.0.1:5900", (), True),
    ("http://127.0.0.1", "192.0.2.7:5900", (), True),
    ("http://[::1]:8000", "[::1]:5900", (), True),
    ("https://192.0.2.7", "192.0.2.7:5900", (), True),
    (f"http://{socket.gethostname()}", f"{socket.gethostname()}:5900", (), True),
    ("https://console.example", "192.0.2.7:5900", ("https://console.example/",), True),
    ("https://evil.example", "192.0.2.7:5900", ("*",), True),
    ("https://192.0.2.8", "192.0.2.7:5900", (), False),
    ("https://evil.example", "127.0.0.1:5900", ("https://console.example",), False),
    # A name that a stranger has made to point here.
    ("http://evil.example:5900", "evil.example:5900", (), False),
    ("https://console.example:8443", "192.0.2.7:5900", ("https://console.example",), False),
    ("http://localhost.evil.example", "127.0.0.1:5900", (), False),
    ("http://127.0.0.1.evil.example", "127.0.0.1:5900", (), False),
    ("http://evil.example@localhost.evil.example", "127.0.0.1:5900", (), False),
    ("null", "127.0.0.1:5900", (), False),
    ("http://[", "127.0.0.1:5900", (), False),
    ("", "127.0.0.1:5900", (), False),
]


@pytest.mark.parametrize(("origin", "host", "origins", "welcome"), ORIGINS)
async def test_pages_of_other_sites_may_not_connect(
    origin: str, host: str, origins: tuple[str, ...], welcome: bool
) -> None:
    said, _raised = await answer(request(Origin=origin, Host=host), origins=origins)
    assert said.startswith("HTTP/1.1 101 " if welcome else "HTTP/1.1 403 ")


async def test_a_second_origin_does_not_help() -> None:
    said, _raised = await answer(request(Origin="http://localhost\r\nOrigin: https://evil.example"))
    assert said.startswith("HTTP/1.1 403 ")


async def test_without_the_package_the_client_and_the_server_are_told(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(__import__("sys").modules, "spice_rs.websocket", None)
    said, raised = await answer(request())
    assert said.startswith("HTTP/1.1 501 ")
    assert isinstance(raised, Unsupported) and "pip install 'spice-rs[web]'" in str(raised)


# The client's half, and the door.


STRANGE_ANSWERS = [
    (b"REDQ" + bytes(20), NotSpice, "spice://"),
    (b"RFB 003.008\n", NotSpice, "VNC"),
    (b"", LinkError, "without a word"),
    (b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", LinkError, "HTTP 200: hello"),
    (
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n",
        LinkError,
        "Bad accept token",
    ),
    (b"HTTP/1.1 what\r\n\r\n", LinkError, "no WebSocket's"),
    (b"HTTP/1.1 200 OK\r\nX: " + bytes(1 << 15), LinkError, "too long"),
    (b"HTTP/1.1 200 O", LinkError, "in the middle"),
]


@pytest.mark.parametrize(("said", "kind", "words"), STRANGE_ANSWERS)
async def test_a_server_that_has_no_websocket_is_named(
    said: bytes, kind: type[LinkError], words: str
) -> None:
    ours, theirs = memory_stream_pair()
    await theirs.send_all(said)
    await theirs.send_eof()
    with pytest.raises(kind, match=words):
        await websocket.connect(ours, host="server")


async def test_a_refusal_reaches_the_client_in_words() -> None:
    ours, theirs = memory_stream_pair()
    async with trio.open_nursery() as nursery:

        async def serve() -> None:
            with pytest.raises(LinkError):
                await incoming(theirs)

        nursery.start_soon(serve)
        with pytest.raises(LinkError, match=r"HTTP 403: Pages of https://evil\.example may not"):
            await websocket.connect(ours, host="server", origin="https://evil.example")


async def test_an_address_becomes_an_opener() -> None:
    (listener,) = await trio.open_tcp_listeners(0, host="127.0.0.1")
    async with trio.open_nursery() as nursery:

        async def serve(stream: trio.SocketStream) -> None:
            async with await incoming(stream) as server:
                assert isinstance(server, WebSocket)
                await server.send_all(await server.receive_some())

        nursery.start_soon(trio.serve_listeners, serve, [listener])
        open_one = websocket.opener(f"ws://127.0.0.1:{listener.socket.getsockname()[1]}/spice?token=1")
        async with await open_one(0, 0) as client:  # type: ignore[arg-type]
            await client.send_all(b"REDQ")
            assert await client.receive_some() == b"REDQ"
            assert await client.receive_some() == b""
        nursery.cancel_scope.cancel()


@pytest.mark.parametrize("url", ["http://127.0.0.1", "ws://", "ws:///x", "127.0.0.1:5900"])
def test_what_is_no_address_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match="ws://host:port"):
        websocket.opener(url)


async def test_a_plain_client_keeps_its_first_bytes_and_its_socket() -> None:
    ours, theirs = memory_stream_pair()
    await ours.send_all(b"REDQ\2\0\0\0")
    stream = await incoming(theirs)
    assert isinstance(stream, Peeked) and bare(stream) is stream
    assert await stream.receive_some(3) == b"RED"
    assert await stream.receive_some(16) == b"Q"
    assert bare(stream) is theirs
    assert await stream.receive_some(16) == b"\2\0\0\0"


async def test_a_peeked_stream_is_a_stream() -> None:
    async def peeked() -> tuple[Stream, Stream]:
        ours, theirs = memory_stream_pair()
        return ours, Peeked(theirs, b"")

    await check_two_way_stream(peeked, None)
