"""Whole sessions whose clients log in by name."""

from __future__ import annotations

import pytest
import trio

import spice_rs
from spice_rs.errors import AuthenticationError, LinkError
from spice_rs.sasl import Login, Logins
from spice_rs.server import _tickets
from spice_rs.testing import memory_opener
from tests.server.test_serve import picture, shown

TABLE = {"alice": "secret", "bob": "builder"}


async def test_a_session_goes_through_the_layer_of_its_login() -> None:
    login = Login("alice", "secret")
    async with (
        spice_rs.serve("spice://127.0.0.1:0", size=(64, 48), logins=Logins(TABLE)) as server,
        spice_rs.connect(server.addresses[0], login=login) as session,
    ):
        await server.screen.update(picture(64, 48))
        await shown(server, session)
        events = server.events()
        await session.keyboard.press("A")
        assert isinstance(await anext(events), spice_rs.KeyDown)
        assert server.clients[0].user == "alice"


async def test_a_name_in_the_address_logs_in() -> None:
    async with spice_rs.serve("spice://127.0.0.1:0", size=(64, 48), logins=Logins(TABLE)) as server:
        place = server.addresses[0].replace("://", "://bob@")
        async with spice_rs.connect(place, password="builder") as session:
            await shown(server, session)
            assert server.clients[0].user == "bob"


async def test_who_may_not_come_in_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_tickets, "FIRST_DELAY", 0.001)
    logins = Logins(TABLE, admits=lambda user: user != "bob")
    async with spice_rs.serve(size=(64, 48), logins=logins) as server, trio.open_nursery() as nursery:
        opener = memory_opener(server, nursery)
        for login in (Login("alice", "wrong"), Login("bob", "builder"), Login("mallory", "secret"), None):
            with pytest.raises(AuthenticationError):
                async with spice_rs.connect(opener, login=login):
                    pass
        assert server.clients == () and server._attempts.count("local") == 3
        nursery.cancel_scope.cancel()


async def test_a_session_belongs_to_who_began_it() -> None:
    from spice_rs.enums import ChannelType
    from spice_rs.link import client_link

    async with spice_rs.serve(size=(64, 48), logins=Logins(TABLE)) as server, trio.open_nursery() as nursery:
        opener = memory_opener(server, nursery)
        async with spice_rs.connect(opener, login=Login("alice", "secret")) as session:
            assert session.main.init is not None
            stream = await opener(ChannelType.INPUTS, 0)
            with pytest.raises(LinkError, match="bad connection id"):
                await client_link(
                    stream,
                    channel_type=ChannelType.INPUTS,
                    connection_id=session.main.init.session_id,
                    login=Login("bob", "builder"),
                )
        nursery.cancel_scope.cancel()


async def test_a_ticket_server_does_not_take_logins_nor_the_other_way_round() -> None:
    async with spice_rs.serve(size=(64, 48), password="ticket") as server, trio.open_nursery() as nursery:
        async with spice_rs.connect(
            memory_opener(server, nursery), password="ticket", login=Login("alice", "x")
        ) as session:
            await shown(server, session)
        nursery.cancel_scope.cancel()


async def test_more_follows_the_link_at_once_than_spice_gtk_takes_with_it() -> None:
    """What it takes together with the end of the link, it forgets until its socket has something again."""
    from spice_rs.enums import ChannelType
    from spice_rs.link import client_link

    login = Login("alice", "secret")
    async with spice_rs.serve(size=(64, 48), logins=Logins(TABLE)) as server, trio.open_nursery() as nursery:
        opener = memory_opener(server, nursery)
        main = await client_link(
            await opener(ChannelType.MAIN, 0), channel_type=ChannelType.MAIN, login=login
        )
        with trio.fail_after(5):
            while not server.clients:
                await trio.sleep(0.01)
            (session_id,) = server._clients
            inputs, cursor = [
                await client_link(
                    await opener(kind, 0), channel_type=kind, connection_id=session_id, login=login
                )
                for kind in (ChannelType.INPUTS, ChannelType.CURSOR)
            ]
            for linked in (main, inputs, cursor):
                assert linked.stream is not None
                came = 0
                while came <= 8192:
                    came += len(await linked.stream.receive_some())
        nursery.cancel_scope.cancel()
