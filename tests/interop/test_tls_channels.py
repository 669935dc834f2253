"""QEMU's rules for single channels, and what somebody in between could make of them. Xspice has no such rules."""

from __future__ import annotations

import functools
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import pytest
import trio

import spice_rs
from spice_rs.connection_file import ConnectionFile
from spice_rs.enums import ChannelType, LinkErrorCode
from spice_rs.errors import CertificateError, SecurityRefused, SecurityRequired, TlsError
from spice_rs.link import refusal_bytes
from spice_rs.tls import ClientTls, ServerTls, TlsStream
from tests.peers.qemu import Qemu
from tests.tls.sessions import EVERY, encrypted, linked
from tests.ways.proxmox import ConnectProxy
from tests.ways.test_proxy import TICKET

from .test_tls import CA, GOOD, OTHER_CA, SUBJECT, files

TRUST = ClientTls(ca=CA.pem)
NOTHING_INSIDE = ClientTls(ca=CA.pem, secure_channels=[])
FOLLOWING = ClientTls(ca=CA.pem, secure_channels=[], follow_need_secured=True)

Machine = Callable[..., Qemu]


@pytest.fixture
def machine(qemu: Machine, tmp_path: Path) -> Machine:
    """A factory of virtual machines with a good certificate."""
    return functools.partial(qemu, tls=files(tmp_path / "certificates", GOOD))


async def channels(peer: Qemu) -> dict[str, bool]:
    """Which channels QEMU has, and which are inside."""
    found: dict[str, bool] = await trio.to_thread.run_sync(peer.channels)
    return found


@pytest.mark.parametrize("rules", [["main", "inputs"], ["default"]])
async def test_channels_that_need_tls_are_followed_there_only_when_asked(
    machine: Machine, rules: list[str]
) -> None:
    peer = machine(tls_channels=tuple(rules))
    for address, tls in ((peer.address, None), (peer.both, NOTHING_INSIDE)):
        with pytest.raises(SecurityRequired, match="tls-port") as caught:
            async with spice_rs.connect(address, tls=tls):
                pass
        assert caught.value.code == LinkErrorCode.NEED_SECURED
    assert await channels(peer) == {}
    async with spice_rs.connect(peer.both, tls=FOLLOWING) as session:
        await linked(session)
        expected = EVERY if rules == ["default"] else set(rules)
        assert encrypted(session) == expected
        assert await channels(peer) == {name: name in expected for name in EVERY}
    # Who knows the TLS port uses it for everything, without being told.
    async with spice_rs.connect(peer.both, tls=TRUST) as session:
        await linked(session)
        assert await channels(peer) == dict.fromkeys(EVERY, True)
    # Following does not trust more.
    stranger = ClientTls(ca=OTHER_CA.pem, secure_channels=[], follow_need_secured=True)
    with pytest.raises(CertificateError):
        async with spice_rs.connect(peer.both, tls=stranger):
            pass


async def test_a_channel_that_needs_tls_is_missing_from_a_session_without(machine: Machine) -> None:
    peer = machine(tls_channels=("inputs",))
    async with spice_rs.connect(peer.address) as session:
        inputs = session.channels[ChannelType.INPUTS, 0]
        assert inputs is not None
        assert isinstance(await inputs.wait_ended(), SecurityRequired)
        await session.display.frame()
        assert "inputs" not in await channels(peer)


async def test_channels_in_clear_text_only_are_refused_inside(machine: Machine) -> None:
    peer = machine(plaintext_channels=("main", "display"))
    with pytest.raises(SecurityRefused, match="clear text") as caught:
        async with spice_rs.connect(peer.both, tls=TRUST):
            pass
    assert caught.value.code == LinkErrorCode.NEED_UNSECURED
    # Following leads to TLS, never away from it.
    with pytest.raises(SecurityRefused):
        async with spice_rs.connect(peer.both, tls=ClientTls(ca=CA.pem, follow_need_secured=True)):
            pass
    assert await channels(peer) == {}
    named = ClientTls(ca=CA.pem, secure_channels=["inputs", "cursor"])
    async with spice_rs.connect(peer.both, tls=named) as session:
        await linked(session)
        assert encrypted(session) == {"inputs", "cursor"}
        assert await channels(peer) == {name: name in ("inputs", "cursor") for name in EVERY}


# Somebody in between, who has the line to a real server.


@asynccontextmanager
async def between(speak: Callable[[trio.SocketStream], object]) -> AsyncIterator[int]:
    """Listen for a block; return the port."""
    (listener,) = await trio.open_tcp_listeners(0, host="127.0.0.1")

    async def serve(stream: trio.SocketStream) -> None:
        with suppress(trio.BrokenResourceError, trio.ClosedResourceError, TlsError):
            async with stream:
                await speak(stream)  # type: ignore[misc]

    async with trio.open_nursery() as nursery:
        nursery.start_soon(trio.serve_listeners, serve, [listener])
        yield listener.socket.getsockname()[1]
        nursery.cancel_scope.cancel()


async def relay(one: trio.abc.Stream, port: int | None) -> None:
    """Join a connection with a port of the real server."""
    assert port is not None
    async with await trio.open_tcp_stream("127.0.0.1", port) as other, trio.open_nursery() as nursery:

        async def copy(source: trio.abc.Stream, target: trio.abc.Stream) -> None:
            with suppress(trio.BrokenResourceError, trio.ClosedResourceError):
                while data := await source.receive_some():
                    await target.send_all(data)
            nursery.cancel_scope.cancel()

        nursery.start_soon(copy, one, other)
        nursery.start_soon(copy, other, one)


async def test_tls_that_is_taken_away_is_noticed(machine: Machine) -> None:
    peer = machine()
    async with between(lambda stream: relay(stream, peer.port)) as port:
        with pytest.raises(TlsError, match="SPICE without TLS"):
            async with spice_rs.connect(f"spice://127.0.0.1?port={peer.port}&tls-port={port}", tls=TRUST):
                pass
    assert await channels(peer) == {}


async def test_a_forged_word_at_the_tls_port_leads_nowhere(machine: Machine) -> None:
    """A NEED_UNSECURED in clear text, by which the plain port would be asked; and words that break the handshake."""
    peer = machine()

    async def forge(stream: trio.SocketStream) -> None:
        await stream.receive_some()
        await stream.send_all(refusal_bytes(LinkErrorCode.NEED_UNSECURED))
        await stream.receive_some()

    async def fail(stream: trio.SocketStream) -> None:
        await stream.receive_some()
        await stream.send_all(b"\x15\x03\x01\0\x02\x02\x28")
        await stream.receive_some()

    for speak in (forge, fail):
        for tls in (TRUST, ClientTls(ca=CA.pem, follow_need_secured=True)):
            async with between(speak) as port:
                place = f"spice://127.0.0.1?port={peer.port}&tls-port={port}"
                with pytest.raises(TlsError):
                    async with spice_rs.connect(place, tls=tls):
                        pass
    assert await channels(peer) == {}


@pytest.mark.parametrize(
    ("tls", "reason"),
    [
        (TRUST, "unknown issuer"),
        (ClientTls(ca=CA.pem, subject=SUBJECT), "unknown issuer"),
        (ClientTls(pubkey=GOOD.spki), "wrong key"),
    ],
    ids=["name", "subject", "key"],
)
async def test_another_server_under_the_same_name_hears_nothing(
    machine: Machine, tls: ClientTls, reason: str
) -> None:
    peer = machine(password="ticket")
    forged = OTHER_CA.issue(names=["127.0.0.1"])
    own = ServerTls(certificate=forged.pem, key=forged.key_pem)
    heard = b""

    async def impersonate(stream: trio.SocketStream) -> None:
        nonlocal heard
        assert own._identity is not None
        inside = TlsStream(stream, spice_rs._core.TlsPipe.server(own._identity))
        await inside.do_handshake()
        heard += await inside.receive_some()

    async with between(impersonate) as port:
        with pytest.raises(CertificateError) as caught:
            async with spice_rs.connect(f"spice+tls://127.0.0.1:{port}", tls=tls, password="ticket"):
                pass
    assert caught.value.reason == reason and heard == b""
    # The real one is still let know.
    async with spice_rs.connect(peer.both, tls=tls, password="ticket") as session:
        await linked(session)


async def test_a_machine_behind_a_proxy_as_proxmox_hands_it_out(machine: Machine) -> None:
    peer = machine(password="for a moment", plain=False)
    assert peer.tls_port is not None
    proxy = ConnectProxy({TICKET: ("127.0.0.1", peer.tls_port)})
    async with between(proxy.serve) as port:
        text = ConnectionFile(
            host=TICKET,
            tls_port=61000,
            password="for a moment",
            proxy=f"http://127.0.0.1:{port}",
            ca=CA.pem,
            host_subject=SUBJECT,
        ).dump()
        async with spice_rs.connect(ConnectionFile.parse(text)) as session:
            await linked(session)
            assert encrypted(session) == EVERY
            assert await channels(peer) == dict.fromkeys(EVERY, True)
        assert proxy.asked == [f"{TICKET}:61000"] * len(EVERY)
        with pytest.raises(CertificateError):
            async with spice_rs.connect(ConnectionFile.parse(text.replace("O=lab", "O=lib"))):
                pass
