"""Whole sessions inside TLS: both doors, rules for each channel, certificates that change, ways around and through."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import numpy as np
import pytest
import trio
from trio.testing import memory_stream_pair

import spice_rs
from spice_rs import websocket
from spice_rs.connection_file import ConnectionFile
from spice_rs.enums import ChannelType, LinkErrorCode
from spice_rs.errors import (
    CertificateError,
    LinkError,
    NotSpice,
    SecurityRefused,
    SecurityRequired,
    TlsError,
)
from spice_rs.link import client_link
from spice_rs.proxy import Proxy
from spice_rs.server import Server
from spice_rs.tls import ClientTls, ServerTls, TlsStream
from spice_rs.transport import open_stream
from spice_rs.uri import TcpAddress, parse

from .certificates import Maker
from .ends import client, server, socket_streams
from .sessions import EVERY, encrypted, linked

OWN = ServerTls.self_signed("vm.example.org", "192.0.2.7")
TRUST = ClientTls(ca=OWN.certificate_pem)


@asynccontextmanager
async def serving(**options) -> AsyncIterator[tuple[Server, TcpAddress]]:
    """A server with both doors, and its address."""
    options = {"tls": OWN, "size": (64, 48), **options}
    async with spice_rs.serve("spice://127.0.0.1:0", "spice+tls://127.0.0.1:0", **options) as shown:
        plain, secured = map(parse, shown.addresses)
        yield shown, TcpAddress("127.0.0.1", plain.port, tls_port=secured.tls_port)


def only(address: TcpAddress, port: str) -> TcpAddress:
    """The address with one of its ports."""
    if port == "tls":
        return TcpAddress(address.host, None, tls_port=address.tls_port)
    return TcpAddress(address.host, address.port)


async def _memory_streams():
    return memory_stream_pair()


@pytest.mark.parametrize("streams", [_memory_streams, socket_streams])
async def test_pictures_and_keys_go_through(streams) -> None:
    rng = np.random.default_rng(1)
    picture = rng.integers(0, 256, (600, 800, 4), np.uint8)
    async with spice_rs.serve(size=(800, 600)) as shown, trio.open_nursery() as nursery:

        async def admit(stream) -> None:
            end = server(stream)
            await end.do_handshake()
            await shown.serve_stream(end)

        async def opener(_kind, _number):
            ours, theirs = await streams()
            nursery.start_soon(admit, theirs)
            end = client(ours)
            await end.do_handshake()
            return end

        events = shown.events()
        async with spice_rs.connect(opener) as session:
            await shown.screen.update(picture)
            frame = await session.display.frame()
            while not np.array_equal(np.asarray(frame)[:, :, :3], picture[:, :, :3]):
                await session.display.wait_version(frame.version)
                frame = await session.display.frame()
            await session.keyboard.press("a")
            async for event in events:
                if isinstance(event, spice_rs.KeyDown):
                    assert event.name == "A"
                    break
        nursery.cancel_scope.cancel()


# Which port.


async def test_tls_is_used_for_every_channel_wherever_its_port_is_known() -> None:
    async with serving() as (_, address):
        for place in (address, only(address, "tls"), str(address)):
            async with spice_rs.connect(place, tls=TRUST) as session:
                await linked(session)
                assert encrypted(session) == EVERY


async def test_the_program_may_say_which_channels_go_inside() -> None:
    async with serving() as (_, address):
        tls = ClientTls(ca=OWN.certificate_pem, secure_channels=["main", "inputs"])
        async with spice_rs.connect(address, tls=tls) as session:
            await linked(session)
            assert encrypted(session) == {"main", "inputs"}
        # Where there is only one port, there is no choice.
        async with spice_rs.connect(only(address, "tls"), tls=tls) as session:
            await linked(session)
            assert encrypted(session) == EVERY


async def test_trust_without_a_port_for_it_is_a_mistake() -> None:
    async with serving() as (_, address):
        with pytest.raises(ValueError, match=r"spice\+tls://host:port"):
            async with spice_rs.connect(only(address, "plain"), tls=TRUST):
                pass
        with pytest.raises(ValueError, match=r"spice\+tls://host:port"):
            async with spice_rs.connect("spice+unix:///tmp/x", tls=TRUST):
                pass


async def test_without_trust_a_server_of_ones_own_is_refused() -> None:
    async with serving() as (_, address):
        with pytest.raises(CertificateError, match="authorities of this system") as caught:
            async with spice_rs.connect(address):
                pass
        assert caught.value.reason == "unknown issuer"


@pytest.mark.parametrize(
    "tls",
    [
        ClientTls(ca=OWN.certificate_pem),
        ClientTls(ca=OWN.certificate_pem, name="vm.example.org"),
        ClientTls(ca=OWN.certificate_pem, subject=OWN.subject),
        ClientTls(pubkey=OWN.pubkey),
    ],
)
async def test_a_pair_for_quick_use_is_trusted_by_everything_that_it_says(tls: ClientTls) -> None:
    async with serving() as (_, address), spice_rs.connect(address, tls=tls) as session:
        assert session.display.id == 0
    assert "vm.example.org" in OWN.subject


# Rules for each channel.


async def test_a_channel_that_needs_tls_is_refused_in_clear_text_and_followed_only_when_asked() -> None:
    async with serving(channel_security={"main": "tls", "inputs": "tls"}) as (_, address):
        with pytest.raises(SecurityRequired, match=r"tls-port") as caught:
            async with spice_rs.connect(only(address, "plain")):
                pass
        assert caught.value.code == LinkErrorCode.NEED_SECURED
        careless = ClientTls(ca=OWN.certificate_pem, secure_channels=[])
        with pytest.raises(SecurityRequired):
            async with spice_rs.connect(address, tls=careless):
                pass
        following = ClientTls(ca=OWN.certificate_pem, secure_channels=[], follow_need_secured=True)
        async with spice_rs.connect(address, tls=following) as session:
            await linked(session)
            assert encrypted(session) == {"main", "inputs"}
        # Following looks at the certificate as everybody does.
        with pytest.raises(CertificateError):
            async with spice_rs.connect(address, tls=ClientTls(secure_channels=[], follow_need_secured=True)):
                pass


async def test_a_channel_in_clear_text_only_is_refused_inside_of_tls() -> None:
    async with serving(channel_security={"default": "clear", "main": "both"}) as (_, address):
        with pytest.raises(SecurityRefused, match="clear text") as caught:
            async with spice_rs.connect(only(address, "tls"), tls=TRUST):
                pass
        assert caught.value.code == LinkErrorCode.NEED_UNSECURED
        tls = ClientTls(ca=OWN.certificate_pem, secure_channels=["main"])
        async with spice_rs.connect(address, tls=tls) as session:
            await linked(session)
            assert encrypted(session) == {"main"}


@pytest.mark.parametrize(
    ("options", "why"),
    [
        ({"tls": None}, "needs a certificate"),
        ({"tls": None, "addresses": ["spice://127.0.0.1:0"], "channel_security": {"main": "tls"}}, "needs a"),
        ({"addresses": ["spice://127.0.0.1:0"]}, "no address for TLS"),
        ({"channel_security": {"keyboard": "tls"}}, "no channel 'keyboard'"),
        ({"channel_security": {"main": "always"}}, "clear, tls and both"),
    ],
)
async def test_a_server_that_nobody_could_reach_is_a_mistake(options: dict, why: str) -> None:
    addresses = options.pop("addresses", ["spice+tls://127.0.0.1:0"])
    with pytest.raises(ValueError, match=why):
        async with spice_rs.serve(*addresses, **{"tls": OWN, **options}):
            pass


async def test_a_stream_of_the_programs_may_begin_tls() -> None:
    async with spice_rs.serve(tls=OWN) as shown, trio.open_nursery() as nursery:

        async def opener(_kind, _number):
            ours, theirs = memory_stream_pair()
            nursery.start_soon(lambda: shown.serve_stream(theirs, tls=True))
            return ours

        with pytest.raises(ValueError, match="name="):
            async with spice_rs.connect(opener, tls=TRUST):
                pass
        named = ClientTls(ca=OWN.certificate_pem, name="localhost")
        async with spice_rs.connect(opener, tls=named) as session:
            await linked(session)
            assert encrypted(session) == EVERY
        nursery.cancel_scope.cancel()
    async with spice_rs.serve() as shown:
        with pytest.raises(ValueError, match="needs a certificate"):
            await shown.serve_stream(memory_stream_pair()[0], tls=True)


# The wrong door.


async def test_who_speaks_without_tls_at_a_port_for_it_is_told_what_it_needs() -> None:
    async with serving() as (_, address):
        with pytest.raises(SecurityRequired):
            async with spice_rs.connect(TcpAddress("127.0.0.1", address.tls_port)):
                pass
        async with await open_stream(address, tls=True) as stream:
            await stream.send_all(b"GET / HTTP/1.1\r\n\r\n")
            assert b"wss://" in await stream.receive_some()


async def test_who_speaks_tls_at_a_plain_port_is_told_so_by_its_own_side() -> None:
    async with serving() as (_, address):
        with pytest.raises(TlsError, match="SPICE without TLS") as caught:
            async with spice_rs.connect(TcpAddress("127.0.0.1", None, tls_port=address.port), tls=TRUST):
                pass
        assert not isinstance(caught.value, CertificateError)


@pytest.mark.parametrize(
    ("words", "what"),
    [
        (b"RFB 003.008\n", "VNC"),
        (b"SSH-2.0-OpenSSH_9\r\n", "SSH"),
        (b"\0\0\0\0\0", "something else"),
        (b"", "closed the connection"),
        (b"\x15\x03\x03\0\x02\x02\x28", "handshake failure"),
        (b"\x16\x03\x03\0\x04\x02\0\0\xff", "closed the connection"),
        (b"\x16\x03\x03\xff\xff" + bytes(70_000), "cannot be read|changed|no TLS"),
    ],
)
async def test_what_is_no_tls_server_is_named(words: bytes, what: str) -> None:
    async def answer(stream) -> None:
        async with stream:
            await stream.receive_some()
            await stream.send_all(words)

    (listener,) = await trio.open_tcp_listeners(0, host="127.0.0.1")
    async with trio.open_nursery() as nursery:
        nursery.start_soon(trio.serve_listeners, answer, [listener])
        address = TcpAddress("127.0.0.1", None, tls_port=listener.socket.getsockname()[1])
        with pytest.raises(TlsError, match=what), trio.fail_after(5):
            async with spice_rs.connect(address, tls=TRUST):
                pass
        nursery.cancel_scope.cancel()


async def test_a_tls_port_is_named_to_who_speaks_without() -> None:
    """Of a server that is not ours: ours answers."""

    async def answer(stream) -> None:
        async with stream:
            await stream.receive_some(1)
            await stream.send_all(b"\x15\x03\x01\0\x02\x02\x46")

    (listener,) = await trio.open_tcp_listeners(0, host="127.0.0.1")
    async with trio.open_nursery() as nursery:
        nursery.start_soon(trio.serve_listeners, answer, [listener])
        address = TcpAddress("127.0.0.1", listener.socket.getsockname()[1])
        with pytest.raises(NotSpice, match=r"spice\+tls://"):
            async with spice_rs.connect(address):
                pass
        nursery.cancel_scope.cancel()


async def test_garbage_ends_a_connection_and_nothing_else() -> None:
    async with serving() as (shown, address):
        for start in (
            b"\x16\x03\x01",
            b"\x16\x03\x01\xff\xff",
            b"\0" * 5,
            b"\x80\x2e\x01\0\x02",
            b"G",
            os.urandom(40),
        ):
            async with await open_stream(address, tls=True) as stream:
                # What the server has not read when it closes makes the system break the connection.
                with trio.fail_after(5), suppress(trio.BrokenResourceError):
                    await stream.send_all(start + b"\xff" * 300)
                    await stream.send_eof()
                    while await stream.receive_some():
                        pass
        async with spice_rs.connect(address, tls=TRUST) as session:
            await linked(session)
        assert not shown.faults


async def test_a_handshake_that_never_ends_is_ended() -> None:
    limits = spice_rs.server.ServerLimits(link_seconds=0.2)
    async with serving(limits=limits) as (shown, address):
        async with await open_stream(address, tls=True) as stream:
            await stream.send_all(b"\x16\x03\x01\0\x40\x01")
            with trio.fail_after(5):
                assert await stream.receive_some() == b""
        assert not shown.faults


# Certificates that change.


async def test_files_that_change_are_noticed_and_what_is_there_goes_on(tmp_path: Path) -> None:
    file = tmp_path / "server.pem"
    first, second = Maker(), Maker()

    def write(maker: Maker, *, key: bool = True) -> None:
        pair = maker.issue(names=["127.0.0.1"])
        new = file.with_suffix(".new")
        new.write_text(pair.pem + (pair.key_pem.decode() if key else ""))
        new.rename(file)

    async def trusts(maker: Maker, address: TcpAddress) -> bool:
        try:
            async with spice_rs.connect(address, tls=ClientTls(ca=maker.pem)):
                return True
        except CertificateError:
            return False

    write(first)
    async with (
        serving(tls=ServerTls(certificate=file)) as (shown, address),
        spice_rs.connect(address, tls=ClientTls(ca=first.pem)) as session,
    ):
        write(second)
        assert await trusts(second, address) and not await trusts(first, address)
        write(second, key=False)  # half of it
        assert await trusts(second, address)
        write(first)
        assert await trusts(first, address)
        shown.set_tls(OWN)
        async with spice_rs.connect(address, tls=TRUST):
            pass
        assert shown.tls is OWN
        assert session.ended is None


@pytest.mark.parametrize(
    ("make", "why"),
    [
        (lambda one, other: {"certificate": one.pem}, "no private key"),
        (lambda one, other: {"certificate": one.pem, "key": other.key_pem}, "does not belong"),
        (lambda one, other: {"certificate": one.key_pem, "key": one.key_pem}, "no certificate"),
        (lambda one, other: {"certificate": one.pem, "key": one.key_pem, "key_password": "x"}, "encrypted"),
        (lambda one, other: {"certificate": one.pem, "key": one.key_pem, "ciphers": ["x"]}, "no cipher"),
    ],
)
def test_what_cannot_be_shown_is_said_at_once(make, why: str) -> None:
    one, other = Maker().issue(), Maker().issue()
    with pytest.raises(ValueError, match=why):
        ServerTls(**make(one, other))


def test_no_key_is_in_a_repr() -> None:
    assert "BEGIN" not in repr(OWN) and "\\x" not in repr(OWN)


# Ways around and through.


async def test_a_connection_file_says_whom_to_trust(tmp_path: Path) -> None:
    async with serving(password="ticket") as (_, address):
        file = ConnectionFile(
            host="127.0.0.1",
            tls_port=address.tls_port,
            password="ticket",
            ca=OWN.certificate_pem,
            host_subject=OWN.subject,
        )
        (tmp_path / "console.vv").write_text(file.dump())
        async with spice_rs.connect(ConnectionFile.load(tmp_path / "console.vv")) as session:
            await linked(session)
            assert encrypted(session) == EVERY
        wrong = ConnectionFile(
            host="127.0.0.1", tls_port=address.tls_port, ca=OWN.certificate_pem, host_subject="CN=x"
        )
        with pytest.raises(CertificateError, match="'CN=x'"):
            async with spice_rs.connect(wrong):
                pass


async def test_a_websocket_inside_of_tls() -> None:
    async with serving() as (_, address):
        opener = websocket.opener(f"wss://127.0.0.1:{address.tls_port}/", tls=TRUST)
        async with spice_rs.connect(opener) as session:
            await linked(session)
        url = f"wss://127.0.0.1:{address.tls_port}"
        async with spice_rs.connect(url, tls=TRUST) as session:
            await linked(session)
        with pytest.raises(CertificateError):
            async with spice_rs.connect(url):
                pass
        with pytest.raises(ValueError, match="wss://"):
            websocket.opener("ws://127.0.0.1", tls=TRUST)


async def test_tls_inside_of_a_tunnel_inside_of_tls() -> None:
    """Through a proxy that is itself spoken to by TLS, under its own name; the server's name is an odd one."""
    asked: list[bytes] = []
    proxy_tls = ServerTls.self_signed()

    async def serve_proxy(stream: trio.SocketStream) -> None:
        async with TlsStream(stream, spice_rs._core.TlsPipe.server(proxy_tls._identity)) as inside:
            await inside.do_handshake()
            asked.append(await inside.receive_some())
            await inside.send_all(b"HTTP/1.1 200 go\r\n\r\n")
            async with await open_stream(address, tls=True) as outside, trio.open_nursery() as nursery:
                nursery.start_soon(relay, inside, outside, nursery.cancel_scope)
                nursery.start_soon(relay, outside, inside, nursery.cancel_scope)

    async def relay(one, other, scope: trio.CancelScope) -> None:
        try:
            while data := await one.receive_some():
                await other.send_all(data)
        except trio.BrokenResourceError:
            pass
        scope.cancel()

    (listener,) = await trio.open_tcp_listeners(0, host="127.0.0.1")
    async with serving() as (_, address), trio.open_nursery() as nursery:
        nursery.start_soon(trio.serve_listeners, serve_proxy, [listener])
        proxy = Proxy(
            "127.0.0.1",
            listener.socket.getsockname()[1],
            secure=True,
            tls=ClientTls(ca=proxy_tls.certificate_pem),
        )
        target = TcpAddress("pvespiceproxy:65f0:100:node::hmac", None, tls_port=61000)
        trust = ClientTls(ca=OWN.certificate_pem, subject=OWN.subject)
        async with spice_rs.connect(target, proxy=proxy, tls=trust) as session:
            await linked(session)
            assert encrypted(session) == EVERY
        assert asked[0].startswith(b"CONNECT pvespiceproxy:65f0:100:node::hmac:61000 HTTP/1.1\r\n")
        nursery.cancel_scope.cancel()


async def test_logins_know_that_they_are_inside() -> None:
    """PLAIN gives the password away, so it is only spoken inside of TLS."""
    from spice_rs.sasl import Logins

    logins = Logins({"me": "secret"})
    async with serving(logins=logins) as (_, address):
        login = spice_rs.sasl.Login("me", "secret")
        async with spice_rs.connect(address, tls=TRUST, login=login) as session:
            await linked(session)
        stream = await TRUST.secure(await open_stream(address, tls=True), "127.0.0.1")
        async with stream:
            with pytest.raises(LinkError):
                await client_link(stream, channel_type=ChannelType.MAIN, password="wrong")
