"""Logins inside of TLS: each mechanism at the reference's servers, and of the reference's client at ours."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import trio

import spice_rs
from spice_rs.errors import AuthenticationError
from spice_rs.sasl import Login, Logins
from spice_rs.server import _tickets
from spice_rs.tls import ClientTls
from tests.peers import require, sasl
from tests.peers.kerberos import USER, Realm
from tests.peers.qemu import Qemu
from tests.peers.xspice import Xspice
from tests.tls.sessions import EVERY, encrypted, linked

from .served import blocking, desk, shows
from .test_sasl import USERS, realm
from .test_served_tls import CA as OWN_CA
from .test_served_tls import both, ended, gtk, inside, serving
from .test_tls import CA, GOOD, files, start

pytestmark = pytest.mark.peer

__all__ = ["realm", "start"]  # fixtures

KERBEROS = ("GSSAPI", "GSS-SPNEGO")
MECHANISMS = ("DIGEST-MD5", "SCRAM-SHA-1", "SCRAM-SHA-256", "PLAIN")
TRUST = ClientTls(ca=CA.pem)
Start = Callable[..., Qemu | Xspice]


@pytest.fixture(autouse=True)
def _fast(monkeypatch: pytest.MonkeyPatch) -> None:
    require("sasl")
    monkeypatch.setattr(_tickets, "FIRST_DELAY", 0.01)


async def come(peer: Qemu | Xspice, login: Login) -> None:
    """Log in on every channel, and see a picture."""
    with trio.fail_after(30):
        async with spice_rs.connect(peer.both, tls=TRUST, login=login) as session:
            await linked(session)
            assert encrypted(session) == EVERY
            await session.display.frame()


@pytest.mark.parametrize("mechanism", MECHANISMS)
async def test_each_mechanism_opens_the_reference(start: Start, tmp_path: Path, mechanism: str) -> None:
    peer = start(sasl=sasl.configure(tmp_path / "sasl", mechanism, USERS), tls=files(tmp_path / "tls", GOOD))
    for user, password in USERS.items():
        await come(peer, Login(user, password))
    await come(peer, Login("alice", "secret", mechanisms=[mechanism]))
    for wrong in (Login("alice", "wrong"), Login("mallory", "secret")):
        with pytest.raises(AuthenticationError, match="wrong name or password"):
            await come(peer, wrong)
    with pytest.raises(AuthenticationError, match=f"{mechanism}.*name and password"):
        await come(peer, Login())
    # That has cost the server nothing.
    await come(peer, Login("bob", "builder"))


async def test_of_many_mechanisms_the_best_is_taken_and_none_that_gives_the_password_away(
    qemu: Callable[..., Qemu], tmp_path: Path
) -> None:
    every = sasl.configure(tmp_path / "sasl", " ".join(MECHANISMS), USERS)
    peer = qemu(sasl=every, tls=files(tmp_path / "tls", GOOD))
    await come(peer, Login("alice", "secret"))
    # Without TLS the reference offers what has a layer of its own; we would not take another.
    async with spice_rs.connect(peer.address, login=Login("alice", "secret")) as session:
        await linked(session)
        assert encrypted(session) == set()
    with pytest.raises(AuthenticationError, match=r"offers DIGEST-MD5 .*was told to use PLAIN"):
        async with spice_rs.connect(peer.address, login=Login("alice", "secret", mechanisms=["PLAIN"])):
            pass


@pytest.mark.parametrize("mechanism", KERBEROS)
async def test_a_ticket_opens_the_reference(
    start: Start, realm: Realm, tmp_path: Path, mechanism: str
) -> None:
    environment = sasl.configure(tmp_path / "sasl", mechanism, keytab=realm.keytab) | realm.environment
    peer = start(sasl=environment, tls=files(tmp_path / "tls", GOOD))
    await come(peer, Login(host="localhost"))
    async with spice_rs.connect(peer.address, login=Login(host="localhost")) as session:
        # In clear text it goes through the mechanism's own layer.
        await linked(session)
        await session.display.frame()
    with pytest.raises(AuthenticationError, match="kinit"):
        await come(peer, Login(host="localhost", ccache=f"FILE:{tmp_path}/nothing"))


# spice-gtk.


@pytest.mark.parametrize("mechanism", MECHANISMS)
async def test_spice_gtk_logs_in_by_each_mechanism(tmp_path: Path, mechanism: str) -> None:
    logins = Logins(USERS, mechanisms=[mechanism])
    alice = {"user": "alice", "secure": "all"}
    async with serving(logins=logins) as server:
        async with gtk(both(server), tmp_path, password="secret", **alice) as client:
            await shows(server, client)
            await blocking(client.wait_ready)
            assert server.clients[0].user == "alice" and inside(server) == EVERY
        async with gtk(both(server), tmp_path, password="wrong", **alice) as client:
            assert "auth" in await ended(client, "main")


async def test_spice_gtk_takes_one_of_many(tmp_path: Path) -> None:
    async with serving(logins=Logins(USERS)) as server:
        for secure in ({"secure": "all"}, {}):
            async with gtk(both(server), tmp_path, user="bob", password="builder", **secure) as client:
                await shows(server, client)
                assert server.clients[0].user == "bob"
                assert inside(server) == (EVERY if secure else set())


@pytest.mark.parametrize("mechanism", KERBEROS)
@pytest.mark.parametrize("secure", ["all", None])
async def test_spice_gtk_comes_with_a_ticket(
    realm: Realm, tmp_path: Path, mechanism: str, secure: str | None
) -> None:
    options = {"user": USER, "secure": secure, "environment": realm.environment}
    async with (
        serving(logins=Logins(keytab=str(realm.keytab), mechanisms=[mechanism])) as server,
        gtk(both(server, "localhost"), tmp_path, **options) as client,
    ):
        await shows(server, client)
        await blocking(client.wait_ready)
        assert server.clients[0].user == f"{USER}@LAB.TEST"
        assert inside(server) == (EVERY if secure else set())
        await server.screen.update(desk(1))
        await shows(server, client)


@pytest.mark.parametrize("mechanism", KERBEROS)
async def test_our_own_ends_meet_with_a_ticket(realm: Realm, mechanism: str) -> None:
    login = Login(host="localhost", mechanisms=[mechanism])
    async with serving(logins=Logins(keytab=str(realm.keytab))) as server:
        trust = ClientTls(ca=OWN_CA.pem)
        for address, tls in ((both(server), trust), (server.addresses[0], None)):
            async with spice_rs.connect(address, tls=tls, login=login) as session:
                await linked(session)
                assert server.clients[-1].user == f"{USER}@LAB.TEST"
