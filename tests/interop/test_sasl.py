"""Logins against Cyrus SASL in the reference's servers and client, with Kerberos from a realm on the loopback."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
import trio

import spice_rs
from spice_rs.errors import AuthenticationError
from spice_rs.sasl import Login, Logins
from spice_rs.server import _tickets
from tests.interop.served import all_show, opened, serving
from tests.peers import require, running, sasl
from tests.peers.gtkclient import GtkClient
from tests.peers.kerberos import USER, Realm
from tests.peers.qemu import Qemu
from tests.peers.xspice import Xspice

pytestmark = pytest.mark.peer

USERS = {"alice": "secret", "bob": "builder"}


@pytest.fixture
def realm(monkeypatch: pytest.MonkeyPatch) -> Iterator[Realm]:
    """Return a Kerberos realm, to which this process belongs as well."""
    require("kerberos")
    with Realm() as found:
        for name, value in found.environment.items():
            monkeypatch.setenv(name, value)
        yield found


async def test_digest_md5_at_xspice_shows_the_picture(xspice: Callable[..., Xspice], tmp_path: Path) -> None:
    require("sasl")
    peer = xspice(sasl=sasl.configure(tmp_path, "DIGEST-MD5", USERS), compression="quic")
    peer.draw("text")
    async with spice_rs.connect(peer.address, login=Login("alice", "secret")) as session:
        frame = await session.display.wait_stable(quiet=0.5)
        truth = await trio.to_thread.run_sync(peer.ground_truth)
    assert np.array_equal(np.asarray(frame)[:, :, 2::-1], truth)


async def test_digest_md5_at_qemu_refuses_a_wrong_password(qemu: Callable[..., Qemu], tmp_path: Path) -> None:
    require("sasl")
    peer = qemu(sasl=sasl.configure(tmp_path, "DIGEST-MD5", USERS))
    with pytest.raises(AuthenticationError, match="wrong name or password"):
        async with spice_rs.connect(peer.address, login=Login("alice", "wrong")):
            pass
    address = peer.address.replace("://", "://bob@")
    async with spice_rs.connect(address, password="builder") as session:
        await session.display.frame()


async def test_what_a_server_offers_and_we_would_not_use_is_said(
    qemu: Callable[..., Qemu], tmp_path: Path
) -> None:
    require("sasl")
    peer = qemu(sasl=sasl.configure(tmp_path, "DIGEST-MD5", USERS))
    with pytest.raises(AuthenticationError, match=r"DIGEST-MD5.*name and password"):
        async with spice_rs.connect(peer.address):
            pass


async def test_a_ticket_opens_the_servers(
    qemu: Callable[..., Qemu], xspice: Callable[..., Xspice], realm: Realm, tmp_path: Path
) -> None:
    environment = sasl.configure(tmp_path, "GSSAPI", keytab=realm.keytab) | realm.environment
    for start in (qemu, xspice):
        peer = start(sasl=environment)
        async with spice_rs.connect(peer.address, login=Login(host="localhost")) as session:
            await session.display.frame()


async def test_without_a_ticket_kerberos_says_so(
    qemu: Callable[..., Qemu], realm: Realm, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    environment = sasl.configure(tmp_path, "GSSAPI", keytab=realm.keytab) | realm.environment
    peer = qemu(sasl=environment)
    monkeypatch.setenv("KRB5CCNAME", f"FILE:{tmp_path}/nothing")
    with pytest.raises(AuthenticationError, match=r"GSSAPI: Kerberos says: .*kinit"):
        async with spice_rs.connect(peer.address, login=Login(host="localhost")):
            pass


@pytest.mark.parametrize("user", USERS)
async def test_spice_gtk_logs_in_at_our_server(user: str) -> None:
    async with (
        serving(logins=Logins(USERS)) as server,
        opened("spicegtk", server, user=user, password=USERS[user]) as client,
    ):
        await all_show(server, {"spicegtk": client}, user)
        assert server.clients[0].user == user


async def test_spice_gtk_with_a_wrong_password_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_tickets, "FIRST_DELAY", 0.01)
    async with (
        serving(logins=Logins(USERS)) as server,
        opened("spicegtk", server, user="alice", password="wrong"),
    ):
        with trio.fail_after(20):
            while not server._attempts.count("127.0.0.1"):
                await trio.sleep(0.05)
        assert server.clients == ()


async def test_spice_gtk_comes_with_a_kerberos_ticket(realm: Realm) -> None:
    logins = Logins(keytab=str(realm.keytab))
    async with serving(logins=logins) as server:
        place = server.addresses[0].replace("127.0.0.1", "localhost")
        async with running(lambda: GtkClient(place, user=USER, environment=realm.environment)) as client:
            await all_show(server, {"spicegtk": client}, "kerberos")
            assert server.clients[0].user == f"{USER}@LAB.TEST"


async def test_our_own_ends_meet_with_a_ticket(realm: Realm) -> None:
    logins, login = Logins(keytab=str(realm.keytab)), Login(host="localhost")
    async with (
        serving(logins=logins) as server,
        spice_rs.connect(server.addresses[0], login=login) as session,
    ):
        await session.display.frame()
        assert server.clients[0].user == f"{USER}@LAB.TEST"
