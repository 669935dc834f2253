"""Our client inside of TLS at the reference's servers: whom it trusts there, and whom not."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import trio
from cryptography.hazmat.primitives.asymmetric import rsa

import spice_rs
from spice_rs.errors import CertificateError, LinkError, TlsError
from spice_rs.tls import ClientTls
from tests.peers import require, x509
from tests.peers.qemu import Qemu
from tests.peers.xspice import Xspice
from tests.tls.certificates import DAY, NOW, Maker, Pair
from tests.tls.sessions import EVERY, encrypted, linked

from .compare import assert_same

pytestmark = pytest.mark.peer

SERVERS: dict[str, type[Qemu | Xspice]] = {"qemu": Qemu, "xspice": Xspice}
RSA_1024, RSA_2048 = (rsa.generate_private_key(65537, bits) for bits in (1024, 2048))

CA = Maker(key=RSA_2048, signature="sha256")
OTHER_CA = Maker(subject=(("O", "somebody else"), ("CN", "other CA")))
GOOD = CA.issue(names=["localhost", "127.0.0.1", "::1"])
SUBJECT = "C=XX,O=lab,CN=localhost"

OLD_CA = Maker(key=RSA_2048, version=1, signature="sha1", subject=(("O", "old lab"), ("CN", "old CA")))
OLD = {
    "version 1": OLD_CA.issue(version=1, signature="sha256"),
    "SHA-1": OLD_CA.issue(names=["127.0.0.1"], signature="sha1"),
    "1024 bits": OLD_CA.issue(names=["127.0.0.1"], key=RSA_1024, signature="sha256"),
    "everything": OLD_CA.issue(version=1, key=RSA_1024, signature="sha1"),
}


def files(directory: Path, pair: Pair, ca: Maker = CA, **options: object) -> x509.Certificates:
    """Write what a server shows."""
    return x509.write(directory, ca=ca.pem, certificate=pair.pem, key=pair.key_pem, **options)  # type: ignore[arg-type]


@pytest.fixture(scope="module", params=SERVERS)
def good(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Qemu | Xspice]:
    """A server with both ports and a good certificate, with a still picture."""
    require(request.param)
    with SERVERS[request.param](tls=files(tmp_path_factory.mktemp("tls"), GOOD)) as peer:
        if isinstance(peer, Qemu):
            peer.wait_ready()
            peer.pause()
        else:
            peer.draw("text")
        yield peer


@pytest.fixture(params=SERVERS)
def start(request: pytest.FixtureRequest) -> Callable[..., Qemu | Xspice]:
    """A factory of either server."""
    require(request.param)
    made: Callable[..., Qemu | Xspice] = request.getfixturevalue(request.param)
    return made


def inside(peer: Qemu | Xspice, host: str = "127.0.0.1") -> str:
    """The address of a server's TLS port."""
    return f"spice+tls://{host}:{peer.tls_port}"


async def refused(peer: Qemu | Xspice, tls: ClientTls | None, host: str = "127.0.0.1") -> CertificateError:
    """Why our client does not trust a server."""
    with pytest.raises(CertificateError) as caught, trio.fail_after(20):
        async with spice_rs.connect(inside(peer, host), tls=tls):
            pass
    return caught.value


TRUST = {
    "number": ClientTls(ca=CA.pem),
    "another name": ClientTls(ca=CA.pem, name="localhost"),
    "subject": ClientTls(ca=CA.pem, subject=SUBJECT),
    "key": ClientTls(pubkey=GOOD.spki),
    "TLS 1.2": ClientTls(ca=CA.pem, versions=["1.2"]),
    "a cipher": ClientTls(ca=CA.pem, ciphers=["ECDHE-ECDSA-CHACHA20-POLY1305", "TLS_AES_128_GCM_SHA256"]),
}


@pytest.mark.parametrize("tls", TRUST.values(), ids=TRUST)
async def test_the_screen_is_seen_for_each_reason_to_trust(good: Qemu | Xspice, tls: ClientTls) -> None:
    async with spice_rs.connect(good.both, tls=tls) as session:
        await linked(session)
        with trio.fail_after(30):
            frame = await session.display.wait_stable(quiet=0.3)
        assert encrypted(session) == EVERY
        if isinstance(good, Qemu):
            seen = await trio.to_thread.run_sync(good.channels)
            assert seen == dict.fromkeys(EVERY, True)
        assert_same(frame, await trio.to_thread.run_sync(good.ground_truth))


async def test_the_name_of_the_address_is_looked_for(good: Qemu | Xspice) -> None:
    async with spice_rs.connect(inside(good, "localhost"), tls=ClientTls(ca=CA.pem)) as session:
        await linked(session)
        assert encrypted(session) == EVERY


async def test_an_address_of_ipv6_is_looked_for(qemu: Callable[..., Qemu], tmp_path: Path) -> None:
    peer = qemu(tls=files(tmp_path, GOOD), spice={"addr": "::1"})
    async with spice_rs.connect(inside(peer, "[::1]"), tls=ClientTls(ca=CA.pem)) as session:
        await linked(session)
        assert encrypted(session) == EVERY


REFUSED = {
    "another authority": ("unknown issuer", ClientTls(ca=OTHER_CA.pem)),
    "another authority, by the subject": ("unknown issuer", ClientTls(ca=OTHER_CA.pem, subject=SUBJECT)),
    "the system's authorities": ("unknown issuer", None),
    "another name": ("wrong name", ClientTls(ca=CA.pem, name="vm.example.org")),
    "the subject turned round": ("wrong subject", ClientTls(ca=CA.pem, subject="CN=localhost,O=lab,C=XX")),
    "a part of the subject": ("wrong subject", ClientTls(ca=CA.pem, subject="O=lab,CN=localhost")),
    "another key": ("wrong key", ClientTls(pubkey=CA.own.spki)),
}


@pytest.mark.parametrize(("reason", "tls"), REFUSED.values(), ids=REFUSED)
async def test_who_is_not_trusted_is_told_nothing(
    good: Qemu | Xspice, reason: str, tls: ClientTls | None
) -> None:
    error = await refused(good, tls)
    assert error.reason == reason and error.certificate == GOOD.certificate
    if reason in ("wrong name", "wrong subject"):
        assert f"'{SUBJECT}'" in str(error)
    # That has cost the server nothing.
    async with spice_rs.connect(inside(good), tls=TRUST["subject"]) as session:
        await linked(session)


async def test_a_number_that_the_certificate_does_not_have(good: Qemu | Xspice) -> None:
    async def onward(stream: trio.SocketStream) -> None:
        async with stream, await trio.open_tcp_stream("127.0.0.1", good.tls_port) as server:
            await server.send_all(await stream.receive_some())
            while data := await server.receive_some():
                await stream.send_all(data)

    (listener,) = await trio.open_tcp_listeners(0, host="127.0.0.2")
    async with trio.open_nursery() as nursery:
        nursery.start_soon(trio.serve_listeners, onward, [listener])
        port = listener.socket.getsockname()[1]
        with pytest.raises(
            CertificateError, match=r"not for '127\.0\.0\.2'.*localhost, 127\.0\.0\.1"
        ) as caught:
            async with spice_rs.connect(f"spice+tls://127.0.0.2:{port}", tls=ClientTls(ca=CA.pem)):
                pass
        assert caught.value.reason == "wrong name"
        nursery.cancel_scope.cancel()


async def test_the_wrong_port_is_said(good: Qemu | Xspice) -> None:
    with pytest.raises(TlsError, match="SPICE without TLS") as caught, trio.fail_after(20):
        async with spice_rs.connect(f"spice+tls://127.0.0.1:{good.port}", tls=TRUST["number"]):
            pass
    assert not isinstance(caught.value, CertificateError)
    with pytest.raises(LinkError, match=r"spice\+tls://"), trio.fail_after(20):
        async with spice_rs.connect(f"spice://127.0.0.1:{good.tls_port}"):
            pass


async def test_a_websocket_goes_inside_of_tls(good: Qemu | Xspice) -> None:
    url = f"wss://127.0.0.1:{good.tls_port}/"
    async with spice_rs.connect(url, tls=TRUST["number"]) as session:
        await linked(session)
        assert encrypted(session) == EVERY
        frame = await session.display.wait_stable(quiet=0.3)
        assert_same(frame, await trio.to_thread.run_sync(good.ground_truth))
    with pytest.raises(CertificateError):
        async with spice_rs.connect(url):
            pass


@pytest.mark.parametrize("subject", [None, SUBJECT])
async def test_time_counts(start: Callable[..., Qemu | Xspice], tmp_path: Path, subject: str | None) -> None:
    past = CA.issue(names=["127.0.0.1"], since=NOW - 3 * DAY, until=NOW - DAY)
    peer = start(tls=files(tmp_path, past))
    error = await refused(peer, ClientTls(ca=CA.pem, subject=subject))
    assert error.reason == "expired" and f"{NOW - DAY:%Y-%m-%d %H:%M}" in str(error)
    async with spice_rs.connect(inside(peer), tls=ClientTls(pubkey=past.spki)) as session:
        await linked(session)


# Old certificates.


@pytest.mark.parametrize("kind", OLD)
async def test_old_certificates_are_taken_by_their_subject_only(
    start: Callable[..., Qemu | Xspice], tmp_path: Path, kind: str
) -> None:
    peer = start(tls=files(tmp_path, OLD[kind], OLD_CA, old=True), plain=False)
    for trust in (ClientTls(ca=OLD_CA.pem, subject=SUBJECT), ClientTls(pubkey=OLD[kind].pem)):
        async with spice_rs.connect(peer.address, tls=trust) as session:
            await linked(session)
            assert encrypted(session) == EVERY
    error = await refused(peer, ClientTls(ca=OLD_CA.pem))
    assert error.reason == "too old"
    assert f"'{SUBJECT}'" in str(error) and "'127.0.0.1'" in str(error) and "--host-subject" in str(error)


async def test_an_old_host_without_tls_1_3_and_alternative_names(
    start: Callable[..., Qemu | Xspice], tmp_path: Path
) -> None:
    pair = OLD_CA.issue([("C", "XX"), ("CN", "127.0.0.1")], key=RSA_2048, signature="sha256")
    peer = start(tls=files(tmp_path, pair, OLD_CA, old=True, newest="1.2"))
    for trust in (ClientTls(ca=OLD_CA.pem), ClientTls(ca=OLD_CA.pem, subject="C=XX,CN=127.0.0.1")):
        async with spice_rs.connect(inside(peer), tls=trust) as session:
            await linked(session)
            assert encrypted(session) == EVERY
    with pytest.raises(TlsError, match="version") as caught:
        async with spice_rs.connect(inside(peer), tls=ClientTls(ca=OLD_CA.pem, versions=["1.3"])):
            pass
    assert not isinstance(caught.value, CertificateError)
