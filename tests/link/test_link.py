"""The link stage: our two halves against each other, and each against strangers."""

from __future__ import annotations

import struct
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import pytest
import trio
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from trio.abc import Stream
from trio.testing import memory_stream_pair

from spice_rs import auth
from spice_rs.enums import ChannelType, LinkErrorCode
from spice_rs.errors import (
    AuthenticationError,
    DecodeError,
    LinkError,
    NotSpice,
    RemoteProtocolError,
    SecurityRefused,
    SecurityRequired,
    SpiceError,
    VersionMismatch,
)
from spice_rs.link import Linked, Refused, client_link, server_link
from spice_rs.messages.link import LinkMessage
from tests.link.streams import Counted, CutAfter, Dribble

HEADER = struct.Struct("<4sIII")
REPLY = struct.Struct("<I162sIII")


@pytest.fixture(scope="session")
def key() -> RSAPrivateKey:
    return trio.run(auth.make_key)


async def outcome(half: Awaitable[Linked]) -> Linked | SpiceError:
    try:
        return await half
    except SpiceError as error:
        return error


@dataclass
class Open:
    """A gate for a link of any kind; with a password, only for who knows it."""

    private: RSAPrivateKey
    secret: str | None
    result: LinkErrorCode

    def offer(self, message: LinkMessage) -> tuple[int, ...]:
        return 1, 6

    async def key(self) -> RSAPrivateKey:
        return self.private

    def logins(self, message: LinkMessage) -> None:
        return None

    def password(self, message: LinkMessage) -> str | None:
        return self.secret

    async def admit(self, message: LinkMessage, *, proven: bool, user: str | None = None) -> LinkErrorCode:
        return self.result if proven else LinkErrorCode.PERMISSION_DENIED


async def both(
    client: Callable[[Stream], Awaitable[Linked]],
    server: Callable[[Stream], Awaitable[Linked]],
    around_client: Callable[[Stream], Stream] = lambda stream: stream,
    around_server: Callable[[Stream], Stream] = lambda stream: stream,
) -> tuple[Linked | SpiceError, Linked | SpiceError]:
    """Run both halves to their ends; each closes its stream when it is done."""
    ours, theirs = memory_stream_pair()
    results: dict[str, Linked | SpiceError] = {}

    async def run(name: str, half: Callable[[Stream], Awaitable[Linked]], stream: Stream) -> None:
        async with stream:
            results[name] = await outcome(half(stream))

    async with trio.open_nursery() as nursery:
        nursery.start_soon(run, "client", client, around_client(ours))
        nursery.start_soon(run, "server", server, around_server(theirs))
    return results["client"], results["server"]


def asks(password: str | None = None, **more: object) -> Callable[[Stream], Awaitable[Linked]]:
    return lambda stream: client_link(
        stream,
        channel_type=ChannelType.DISPLAY,
        channel_id=3,
        connection_id=77,
        capabilities=(0, 40),
        password=password,
        **more,  # type: ignore[arg-type]
    )


def answers(
    key: RSAPrivateKey, password: str | None = None, result: LinkErrorCode = LinkErrorCode.OK
) -> Callable[[Stream], Awaitable[Linked]]:
    return lambda stream: server_link(stream, Open(key, password, result))


def reply(error: int = 0, public_key: bytes = bytes(162), common: int = 0b1011, major: int = 2) -> bytes:
    body = REPLY.pack(error, public_key, 1, 0, 178) + struct.pack("<I", common)
    return HEADER.pack(b"REDQ", major, 2, len(body)) + body


async def against(answer: bytes, password: str | None = None) -> SpiceError:
    """Link with a stranger that says this and closes; return the error."""
    ours, theirs = memory_stream_pair()
    await theirs.send_all(answer)
    await theirs.send_eof()
    result = await outcome(asks(password)(ours))
    assert isinstance(result, SpiceError)
    return result


@pytest.mark.parametrize("password", [None, "", "secret", "x" * 60, "naïve"])
async def test_both_sides_learn_of_each_other(key: RSAPrivateKey, password: str | None) -> None:
    client, server = await both(asks(password), answers(key, password))
    assert isinstance(client, Linked) and isinstance(server, Linked)
    assert client.channel == {1, 6} and server.channel == {0, 40}
    assert (client.common, server.common) == ({0, 1, 3}, {0, 1, 2, 3})
    assert client.mini_header and server.mini_header
    assert client.message == server.message
    assert (server.message.connection_id, server.message.channel_id) == (77, 3)


async def test_a_server_without_a_password_lets_everybody_in(key: RSAPrivateKey) -> None:
    client, _ = await both(asks("whatever"), answers(key, None))
    assert isinstance(client, Linked)


@pytest.mark.parametrize(("given", "wanted"), [("wrong", "right"), (None, "right"), ("righ", "right")])
async def test_a_wrong_password_is_refused_in_words(
    key: RSAPrivateKey, given: str | None, wanted: str
) -> None:
    client, server = await both(asks(given), answers(key, wanted))
    assert isinstance(client, AuthenticationError)
    assert client.code == LinkErrorCode.PERMISSION_DENIED
    assert ("a password is needed" if given is None else "wrong password") in str(client)
    assert isinstance(server, Refused) and server.code == LinkErrorCode.PERMISSION_DENIED
    for error in (client, server):
        assert wanted not in repr(error) and "righ" not in repr(error)


async def test_one_byte_at_a_time_gives_the_same(key: RSAPrivateKey) -> None:
    whole = await both(asks("p"), answers(key, "p"))
    assert await both(asks("p"), answers(key, "p"), Dribble, Dribble) == whole


async def test_a_server_that_stops_anywhere_is_an_error(key: RSAPrivateKey) -> None:
    total = 16 + 178 + 8 + 4
    for count in range(total):
        client, server = await both(
            asks(), answers(key), around_server=lambda stream, count=count: CutAfter(stream, count)
        )
        assert isinstance(client, LinkError), count
        assert isinstance(server, SpiceError)
    client, _ = await both(asks(), answers(key), around_server=lambda stream: CutAfter(stream, total))
    assert isinstance(client, Linked)


async def test_a_client_that_stops_anywhere_is_an_error(key: RSAPrivateKey) -> None:
    for count in range(16 + 18 + 12 + 4 + 128):
        _, server = await both(
            asks(), answers(key, "p"), around_client=lambda stream, count=count: CutAfter(stream, count)
        )
        assert isinstance(server, LinkError), count


@pytest.mark.parametrize("half", ["client", "server"])
async def test_it_can_be_cancelled_at_every_operation(key: RSAPrivateKey, half: str) -> None:
    for at in range(100):
        ours, theirs = memory_stream_pair()
        async with trio.open_nursery() as nursery:
            with trio.CancelScope() as scope:
                if half == "client":
                    nursery.start_soon(outcome, answers(key)(theirs))
                    counted = Counted(ours, at, scope.cancel)
                    await asks()(counted)
                else:
                    nursery.start_soon(outcome, asks()(ours))
                    counted = Counted(theirs, at, scope.cancel)
                    await answers(key)(counted)
            nursery.cancel_scope.cancel()
        if not scope.cancelled_caught:
            assert at >= 4 and at >= counted.operations
            return
    raise AssertionError("it never came to its end")


async def test_nothing_behind_the_link_is_read(key: RSAPrivateKey) -> None:
    ours, theirs = memory_stream_pair()

    async def server() -> None:
        await answers(key)(theirs)
        await theirs.send_all(b"the first message")

    async with trio.open_nursery() as nursery:
        nursery.start_soon(server)
        await asks()(ours)
        assert await ours.receive_some() == b"the first message"


async def test_what_goes_along_does_not_wait_for_the_result(key: RSAPrivateKey) -> None:
    ours, theirs = memory_stream_pair()
    async with trio.open_nursery() as nursery:
        nursery.start_soon(asks(along=lambda linked: b"first words"), ours)
        # A server that never sends a result: what follows the ticket comes all the same.
        await theirs.receive_some(1000)
        await theirs.send_all(reply(public_key=auth.public_bytes(key)))
        received = b""
        while len(received) < 4 + 128 + 11:
            received += bytes(await theirs.receive_some())
        nursery.cancel_scope.cancel()
    assert received.endswith(b"first words")


@pytest.mark.parametrize(
    ("greeting", "protocol"),
    [
        (b"RFB 003.008\n", "VNC"),
        (b"HTTP/1.1 400 Bad Request\r\n\r\n", "HTTP"),
        (b"<!DOCTYPE html>", "HTTP"),
        (b"\x15\x03\x01\x00\x02\x02\x46", "TLS"),
        (b"SSH-2.0-OpenSSH_9.2p1\r\n", "SSH"),
        (b"\x03\x00\x00\x0b\x06\xd0\x00\x00\x12\x34\x00", "RDP"),
        (b'{"QMP": {"version": {}}}', "QMP"),
        (b"220 mail ESMTP\r\n", "FTP or SMTP"),
        (b"something else", None),
        (b"\x00\xff\x01\x02", None),
    ],
)
async def test_what_is_not_spice_is_named(greeting: bytes, protocol: str | None) -> None:
    error = await against(greeting)
    assert isinstance(error, NotSpice)
    assert error.protocol == protocol
    assert "not a SPICE server" in str(error)
    if protocol is not None:
        assert protocol in str(error)


async def test_a_server_that_closes_at_once_is_told_so() -> None:
    error = await against(b"")
    assert isinstance(error, LinkError)
    assert "without a word" in str(error)


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        (1, LinkError),
        (2, LinkError),
        (3, LinkError),
        (4, VersionMismatch),
        (5, SecurityRequired),
        (6, SecurityRefused),
        (7, AuthenticationError),
        (8, LinkError),
        (9, LinkError),
        (12345, LinkError),
    ],
)
async def test_each_error_code_has_its_type(key: RSAPrivateKey, code: int, kind: type[LinkError]) -> None:
    error = await against(reply(code))
    assert type(error) is kind and error.code == code
    # The same code may come as the link result.
    client, server = await both(asks(), answers(key, result=LinkErrorCode(code)))
    assert type(client) is kind and client.code == code
    assert isinstance(server, Refused)


@pytest.mark.parametrize("size", [0, 17, 177, 4097, 0xFFFFFFFF])
async def test_a_reply_of_an_absurd_size_is_refused_on_its_header(size: int) -> None:
    error = await against(HEADER.pack(b"REDQ", 2, 2, size) + bytes(200))
    assert isinstance(error, DecodeError)
    assert error.field == "size"


async def test_capabilities_beyond_the_reply_are_refused() -> None:
    body = REPLY.pack(0, bytes(162), 1000, 1000, 178)
    error = await against(HEADER.pack(b"REDQ", 2, 2, len(body)) + body)
    assert isinstance(error, DecodeError)


async def test_another_major_version_is_named() -> None:
    error = await against(reply(major=3))
    assert isinstance(error, VersionMismatch)
    assert "3.2" in str(error)


async def test_a_key_that_is_none_is_refused() -> None:
    error = await against(reply(public_key=b"\x30" * 162))
    assert isinstance(error, RemoteProtocolError)
    assert error.field == "public_key"


async def test_a_server_that_wants_sasl_is_told_from_others() -> None:
    error = await against(reply(common=0b1101) + struct.pack("<I", 7) + b",PLAIN,")
    assert isinstance(error, AuthenticationError)
    assert "PLAIN" in str(error) and "name and password" in str(error)


async def test_a_refused_mechanism_comes_as_a_second_reply(key: RSAPrivateKey) -> None:
    answer = reply(public_key=auth.public_bytes(key)) + reply(LinkErrorCode.INVALID_DATA)
    error = await against(answer)
    assert type(error) is LinkError and error.code == LinkErrorCode.INVALID_DATA


@pytest.mark.parametrize("password", ["x" * 61, "é" * 31, "a\0b"])
async def test_a_password_that_no_ticket_can_carry_is_the_callers_mistake(password: str) -> None:
    ours, _theirs = memory_stream_pair()
    with pytest.raises(ValueError, match="password") as caught:
        await asks(password)(ours)
    assert password not in str(caught.value)


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (b"GET / HTTP/1.1\r\n", LinkErrorCode.INVALID_MAGIC),
        (HEADER.pack(b"REDQ", 1, 0, 18) + bytes(18), LinkErrorCode.VERSION_MISMATCH),
        (HEADER.pack(b"REDQ", 2, 2, 17) + bytes(18), LinkErrorCode.INVALID_DATA),
        (HEADER.pack(b"REDQ", 2, 2, 4097) + bytes(18), LinkErrorCode.INVALID_DATA),
        (
            HEADER.pack(b"REDQ", 2, 2, 18) + struct.pack("<IBBIII", 0, 1, 0, 2000, 0, 18),
            LinkErrorCode.INVALID_DATA,
        ),
    ],
)
async def test_a_server_tells_a_bad_client_why(key: RSAPrivateKey, words: bytes, code: LinkErrorCode) -> None:
    ours, theirs = memory_stream_pair()
    await ours.send_all(words)
    result = await outcome(answers(key)(theirs))
    assert isinstance(result, Refused) and result.code == code
    told = bytes(await ours.receive_some())
    assert told[:4] == b"REDQ" and len(told) == 16 + 178
    assert int.from_bytes(told[16:20], "little") == code


async def test_an_unknown_mechanism_is_refused_as_the_reference_server_does(key: RSAPrivateKey) -> None:
    ours, theirs = memory_stream_pair()
    body = struct.pack("<IBBIIII", 0, 1, 0, 1, 0, 18, 0b1011)
    await ours.send_all(HEADER.pack(b"REDQ", 2, 2, len(body)) + body + struct.pack("<I", 2))
    result = await outcome(answers(key)(theirs))
    assert isinstance(result, Refused) and result.code == LinkErrorCode.INVALID_DATA
    told = bytes(await ours.receive_some())
    assert told[-194:-190] == b"REDQ"


async def test_a_client_from_before_mechanisms_sends_its_ticket_at_once(key: RSAPrivateKey) -> None:
    ours, theirs = memory_stream_pair()
    body = struct.pack("<IBBIII", 0, 1, 0, 0, 0, 18)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(answers(key, "old"), theirs)
        await ours.send_all(HEADER.pack(b"REDQ", 2, 2, len(body)) + body)
        await ours.receive_some(16 + 178 + 8)
        await ours.send_all(auth.encrypt_ticket(auth.public_bytes(key), "old"))
        assert await ours.receive_some() == bytes(4)
