"""Handshakes that are cut, damaged or far too long, at either end: a typed error, nothing that hangs, and the door stays open."""

from __future__ import annotations

import ssl
from contextlib import suppress

import pytest
import trio
from trio.testing import memory_stream_pair

import spice_rs
from spice_rs import _core
from spice_rs._groups import plain_errors
from spice_rs.errors import CertificateError, TlsError
from spice_rs.server import ServerLimits
from spice_rs.tls import ClientTls, TlsStream

from .certificates import Maker
from .ends import AUTHORITY, IDENTITY, LEAF
from .sessions import linked
from .test_session import OWN, TRUST, only, serving

VERSIONS = {"1.2": ssl.TLSVersion.TLSv1_2, "1.3": ssl.TLSVersion.TLSv1_3}
PLACES = 60
"""Places at which what one end says is cut or damaged."""


def flight(hello: bytes, version: str) -> bytes:
    """What a stranger's server answers to the first words of a client."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    LEAF.configure_cert(context)
    context.maximum_version = VERSIONS[version]
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    incoming.write(hello)
    with suppress(ssl.SSLWantReadError):
        context.wrap_bio(incoming, outgoing, server_side=True).do_handshake()
    return outgoing.read()


def hello(version: str, host: str = "localhost") -> bytes:
    """A stranger's first words."""
    context = ssl.create_default_context()
    context.maximum_version = VERSIONS[version]
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    with suppress(ssl.SSLWantReadError):
        context.wrap_bio(incoming, outgoing, server_hostname=host).do_handshake()
    return outgoing.read()


def versions(said: bytes) -> set[int]:
    """Where records say their version, which since TLS 1.3 nobody looks at."""
    found, at = set(), 0
    while at < len(said):
        found |= {at + 1, at + 2}
        at += 5 + int.from_bytes(said[at + 3 : at + 5], "big")
    return found


def places(size: int) -> range:
    return range(0, size, max(1, size // PLACES))


async def meet(version: str, answer) -> None:
    """Let our client meet a server that answers something else than it should; raise what the client raises."""
    ours, theirs = memory_stream_pair()

    async def serve() -> None:
        with suppress(trio.BrokenResourceError, trio.ClosedResourceError):
            said = flight(bytes(await theirs.receive_some()), version)
            await theirs.send_all(answer(said))
            await theirs.send_eof()
            while await theirs.receive_some():
                pass

    tls = ClientTls(ca=AUTHORITY.pem, versions=[version])
    with trio.fail_after(5), plain_errors():
        async with trio.open_nursery() as nursery:
            nursery.start_soon(serve)
            await trio.aclose_forcefully(await tls.secure(ours, "localhost"))


@pytest.mark.parametrize("version", VERSIONS)
async def test_a_server_that_stops_in_the_middle(version: str) -> None:
    size = len(flight(hello(version), version))
    for place in places(size):
        with pytest.raises(TlsError) as caught:
            await meet(version, lambda said, place=place: said[:place])
        assert not isinstance(caught.value, CertificateError) and "closed the connection" in str(caught.value)


@pytest.mark.parametrize("version", VERSIONS)
async def test_a_server_whose_words_are_damaged(version: str) -> None:
    size = len(flight(hello(version), version))
    for place in places(size):
        for value in (0x01, 0x80, 0xFF):

            def damaged(said: bytes, place: int = place, value: int = value) -> bytes:
                place = min(place, len(said) - 1)
                while place in versions(said):
                    place += 1
                return said[:place] + bytes([said[place] ^ value]) + said[place + 1 :]

            with pytest.raises(TlsError):
                await meet(version, damaged)


@pytest.mark.parametrize(
    "noise",
    [b"\x16\x03\x03\x40\x00" * 9000, b"\x17\x03\x03\x00\x00" * 9000, b"\x14\x03\x03\x00\x01\x01" * 9000],
)
@pytest.mark.parametrize("version", VERSIONS)
async def test_a_server_that_goes_on_and_on(version: str, noise: bytes) -> None:
    for behind in (0, 5, 90):
        with pytest.raises(TlsError):
            await meet(version, lambda said, behind=behind: said[:behind] + noise)


@pytest.mark.parametrize("version", VERSIONS)
async def test_clients_whose_first_words_are_cut_or_damaged(version: str) -> None:
    words = hello(version)
    limits = ServerLimits(link_seconds=20)
    async with serving(limits=limits) as (shown, address):
        where = "127.0.0.1", address.tls_port or 0

        async def say(said: bytes, *, ends: bool) -> None:
            # What the server has not read when it closes makes the system break the connection.
            with suppress(trio.BrokenResourceError):
                async with await trio.open_tcp_stream(*where) as stream:
                    await stream.send_all(said)
                    if ends:
                        await stream.send_eof()
                    else:
                        await stream.send_all(words)
                    while await stream.receive_some():
                        pass

        with trio.fail_after(20):
            for place in places(len(words)):
                await say(words[:place], ends=True)
                await say(words[:place] + bytes([words[place] ^ 0xFF]) + words[place + 1 :], ends=True)
            # A second one in the middle of the first, and after it.
            await say(words[: len(words) // 2], ends=False)
            await say(words, ends=False)
        async with spice_rs.connect(only(address, "tls"), tls=TRUST) as session:
            await linked(session)
        assert not shown.faults


async def offered(chain: list[bytes], tls: ClientTls) -> None:
    """Let our client meet a server with such a chain."""
    ours, theirs = memory_stream_pair()
    maker = Maker()
    pair = maker.issue(names=["localhost"])
    identity = _core.TlsIdentity((pair.certificate, *chain), pair.key_der)
    tls = ClientTls(pubkey=pair.spki) if tls is TRUST else tls

    async def serve() -> None:
        with suppress(trio.BrokenResourceError, trio.ClosedResourceError, TlsError):
            async with TlsStream(theirs, _core.TlsPipe.server(identity)) as inside:
                await inside.do_handshake()
                await inside.receive_some()

    with trio.fail_after(10), plain_errors():
        async with trio.open_nursery() as nursery:
            nursery.start_soon(serve)
            await trio.aclose_forcefully(await tls.secure(ours, "localhost"))


async def test_chains_that_are_too_long() -> None:
    some = [Maker().own.certificate for _ in range(40)]
    await offered(some, TRUST)
    for chain in ([*some * 10], [bytes(60_000)] * 20, [b"\x30" * 200_000]):
        with pytest.raises(TlsError):
            await offered(chain, TRUST)
    # Empty ones and noise beside the server's own do not matter to who knows its key, and lead nowhere for others.
    await offered([b"\0", b"noise"], TRUST)
    with pytest.raises(CertificateError):
        await offered([b"\0", b"noise"], ClientTls(ca=OWN.certificate_pem))


@pytest.mark.parametrize("host", ["[::1]", "pve:65f0:100:node::hmac"])
def test_a_client_that_names_a_host_by_what_is_none_is_refused_in_words(host: str) -> None:
    """As spice-gtk does for an address of IPv6 in brackets; numbers without are passed over, as OpenSSL does with all of them."""
    pipe = _core.TlsPipe.server(IDENTITY)
    pipe.receive(hello("1.3", host))
    with pytest.raises(TlsError, match="SNI"):
        pipe.handshake()
    for good in ("::1", "127.0.0.1"):
        pipe = _core.TlsPipe.server(IDENTITY)
        words = hello("1.3", "x" * len(good)).replace(b"x" * len(good), good.encode())
        pipe.receive(words)
        assert pipe.handshake() == "waiting" and pipe.has_outgoing
