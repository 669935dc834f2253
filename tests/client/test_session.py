"""A session over streams in memory: what it opens, what it says, how it ends."""

from __future__ import annotations

import uuid
from functools import partial

import pytest
import trio
from trio.testing import MockClock, wait_all_tasks_blocked

import spice_rs
from spice_rs.channels.inputs import InputsServer
from spice_rs.enums import (
    ChannelType,
    ImageCompression,
    LinkErrorCode,
    MouseMode,
    NotifySeverity,
    NotifyVisibility,
)
from spice_rs.errors import (
    AuthenticationError,
    ConnectError,
    Disconnected,
    LinkError,
    NotSpice,
    RemoteProtocolError,
    SecurityRequired,
    Unsupported,
)
from spice_rs.messages import base, inputs, main
from tests.client.server import serving

DISPLAY, INPUTS, CURSOR, MAIN = (
    ChannelType.DISPLAY,
    ChannelType.INPUTS,
    ChannelType.CURSOR,
    ChannelType.MAIN,
)


async def test_it_opens_displays_inputs_and_cursors_by_itself() -> None:
    async with serving() as server, spice_rs.connect(server.open) as session:
        assert (DISPLAY, 0) in server.channels
        await server.linked(INPUTS)
        await server.linked(CURSOR)
        assert set(server.channels) == {(MAIN, 0), (DISPLAY, 0), (INPUTS, 0), (CURSOR, 0)}
        assert session.channels[ChannelType.PLAYBACK, 0] is None
        assert session.channels[DISPLAY, 0] is session.display.channel
        assert server.display.init is not None


async def test_the_first_display_is_linked_before_the_others() -> None:
    offers = ((INPUTS, 0), (CURSOR, 0), (DISPLAY, 1), (DISPLAY, 0))
    async with serving(offers=offers) as server, spice_rs.connect(server.open) as session:
        await wait_all_tasks_blocked()
        assert server.order[:2] == [(MAIN, 0), (DISPLAY, 0)]
        assert [display.id for display in session.displays] == [0, 1]


async def test_a_later_list_adds_channels() -> None:
    offers = ((DISPLAY, 0),)
    async with serving(offers=offers) as server, spice_rs.connect(server.open) as session:
        with pytest.raises(Unsupported, match="no inputs channel"):
            _ = session.keyboard
        more = main.ChannelId(INPUTS, 0), main.ChannelId(DISPLAY, 0), main.ChannelId(DISPLAY, 2)
        await server.main.send(main.ChannelsList(more))
        await server.linked(INPUTS)
        await server.linked(DISPLAY, 2)
        assert len(session.displays) == 2
        await session.keyboard.press("a")


async def test_it_knows_the_machine() -> None:
    modes = MouseMode.SERVER | MouseMode.CLIENT
    async with serving(mouse_modes=modes) as server, spice_rs.connect(server.open) as session:
        assert (session.name, session.uuid) == (None, None)
        await server.main.send(main.Name("tiny"))
        await server.main.send(main.Uuid(bytes(range(16))))
        await server.main.send(main.AgentConnected())
        await wait_all_tasks_blocked()
        assert session.name == "tiny"
        assert session.uuid == uuid.UUID(bytes=bytes(range(16)))
        assert session.agent_connected
        assert session.mouse_mode == MouseMode.CLIENT
        assert repr(session) == "<Session open 'tiny', no picture yet>"


async def test_notifications_are_kept() -> None:
    async with serving() as server, spice_rs.connect(server.open) as session:
        for number in range(150):
            await server.main.send(
                base.Notify(0, NotifySeverity.INFO, NotifyVisibility.LOW, 0, f"text {number}")
            )
        await wait_all_tasks_blocked()
        assert len(session.notifications) == 100
        assert session.notifications[-1].message == "text 149"


async def test_a_preferred_compression_is_asked_for() -> None:
    async with serving() as server:
        async with spice_rs.connect(server.open, compression=ImageCompression.LZ4):
            await wait_all_tasks_blocked()
        assert server.display.compression == ImageCompression.LZ4


@pytest.mark.parametrize("password", [None, "wrong"])
async def test_a_wrong_password_is_an_authentication_error(password: str | None) -> None:
    async with serving(password="right") as server:
        with pytest.raises(AuthenticationError):
            async with spice_rs.connect(server.open, password=password):
                raise AssertionError("let in")


async def test_the_password_opens_every_channel_and_is_never_shown() -> None:
    password = "hunter2"
    async with (
        serving(password=password) as server,
        spice_rs.connect(server.open, password=password) as session,
    ):
        await server.linked(INPUTS)
        await server.linked(CURSOR)
        assert password not in repr(session) + repr(session.channels)


async def test_a_display_that_is_refused_is_an_error_at_once() -> None:
    async with serving(refuse={(DISPLAY, 0): LinkErrorCode.BAD_CONNECTION_ID}) as server:
        with pytest.raises(LinkError) as caught:
            async with spice_rs.connect(server.open):
                raise AssertionError("no display, no session")
        assert caught.value.code == LinkErrorCode.BAD_CONNECTION_ID


async def test_inputs_that_are_refused_are_an_error_where_they_are_used() -> None:
    refuse = {(INPUTS, 0): LinkErrorCode.NEED_SECURED}
    async with serving(refuse=refuse) as server, spice_rs.connect(server.open) as session:
        with pytest.raises(SecurityRequired):
            await session.keyboard.press("a")
        assert isinstance(session.channels[INPUTS, 0].ended, SecurityRequired)  # type: ignore[union-attr]


async def test_a_server_without_a_display_is_a_session_all_the_same() -> None:
    async with serving(offers=((INPUTS, 0),)) as server, spice_rs.connect(server.open) as session:
        await session.keyboard.press("a")
        with pytest.raises(Unsupported, match="no display"):
            _ = session.display


async def test_leaving_says_goodbye_and_sends_what_was_typed() -> None:
    async with serving() as server:
        async with spice_rs.connect(server.open) as session:
            await session.keyboard.press("a")
        await wait_all_tasks_blocked()
        ended = server.main.ended
        assert isinstance(ended, Disconnected) and ended.reason == LinkErrorCode.OK
        keys = server.channels[INPUTS, 0]
        assert isinstance(keys, InputsServer)
        assert keys.events.receive_nowait() == inputs.KeyScancode(b"\x1e\x9e")
        assert all(channel.ended for channel in server.channels.values())


async def test_leaving_does_not_wait_for_a_server_that_does_not_listen(autojump_clock: MockClock) -> None:
    async with serving(around=Deaf) as server:
        async with spice_rs.connect(server.open) as session:
            session.main._stream.deaf = True  # type: ignore[union-attr]
            start = trio.current_time()
        assert trio.current_time() - start < 1


async def test_a_server_that_goes_away_is_told_to_whoever_waits() -> None:
    async with serving() as server, spice_rs.connect(server.open) as session:
        async with trio.open_nursery() as nursery:
            for call in (
                session.display.frame,
                partial(session.keyboard.type, "a long text that takes a while"),
                session.cursor.wait_change,
            ):
                nursery.start_soon(disconnected, call)
            await wait_all_tasks_blocked()
            server.vanish()
        assert isinstance(await session.wait_ended(), Disconnected)
        assert "ended" in repr(session)
        await disconnected(session.display.frame)


@pytest.mark.parametrize("after", range(5))
async def test_a_server_that_goes_away_while_connecting_is_an_error(after: int) -> None:
    async with serving(offers=((DISPLAY, 0),), around=partial(CutLater, after=after)) as server:
        with pytest.raises((Disconnected, LinkError)):
            async with spice_rs.connect(server.open):
                raise AssertionError("there was nothing to connect to")


async def test_a_fault_of_the_server_is_raised_on_leaving_if_nobody_was_told() -> None:
    async with serving() as server:
        with pytest.raises(RemoteProtocolError):
            async with spice_rs.connect(server.open):
                server.main.core.send_raw(103, b"short")
                server.main.flush()
                await wait_all_tasks_blocked()


async def test_errors_of_the_program_leave_as_they_are() -> None:
    async with serving() as server:
        with pytest.raises(KeyError, match="mine"):
            async with spice_rs.connect(server.open):
                raise KeyError("mine")


async def test_a_session_can_be_cancelled_while_it_connects() -> None:
    async def never(kind: ChannelType, number: int) -> trio.abc.Stream:
        await trio.sleep_forever()
        raise AssertionError

    with trio.move_on_after(0.01) as scope:
        async with spice_rs.connect(never):
            raise AssertionError
    assert scope.cancelled_caught


async def test_a_closed_port_is_a_connect_error() -> None:
    with trio.socket.socket() as free:
        await free.bind(("127.0.0.1", 0))
        with pytest.raises(ConnectError):
            async with spice_rs.connect(f"spice://127.0.0.1:{free.getsockname()[1]}"):
                raise AssertionError


@pytest.mark.parametrize(
    ("greeting", "protocol"), [(b"RFB 003.008\n", "VNC"), (b"HTTP/1.1 400 Bad Request\r\n\r\n", "HTTP")]
)
async def test_another_server_is_named_over_tcp(greeting: bytes, protocol: str) -> None:
    async def talk(stream: trio.SocketStream) -> None:
        await stream.send_all(greeting)
        await stream.receive_some()

    async with trio.open_nursery() as nursery:
        (listener,) = await nursery.start(partial(trio.serve_tcp, talk, 0, host="127.0.0.1"))
        port = listener.socket.getsockname()[1]
        with pytest.raises(NotSpice) as caught:
            async with spice_rs.connect(f"spice://127.0.0.1:{port}"):
                raise AssertionError
        nursery.cancel_scope.cancel()
    assert caught.value.protocol == protocol


async def disconnected(call: object) -> None:
    with pytest.raises(Disconnected):
        await call()  # type: ignore[operator]


class Deaf(trio.abc.Stream):
    """A stream whose sending stops when it is told to."""

    def __init__(self, inner: trio.abc.Stream) -> None:
        self.inner, self.deaf = inner, False

    async def send_all(self, data: bytes | bytearray | memoryview) -> None:
        if self.deaf:
            await trio.sleep_forever()
        await self.inner.send_all(data)

    async def wait_send_all_might_not_block(self) -> None:
        await self.inner.wait_send_all_might_not_block()

    async def receive_some(self, max_bytes: int | None = None) -> bytes | bytearray:
        return await self.inner.receive_some(max_bytes)

    async def aclose(self) -> None:
        await self.inner.aclose()


class CutLater(Deaf):
    """A stream that ends after so many receives."""

    def __init__(self, inner: trio.abc.Stream, after: int) -> None:
        super().__init__(inner)
        self.left = after

    async def receive_some(self, max_bytes: int | None = None) -> bytes | bytearray:
        self.left -= 1
        return b"" if self.left < 0 else await self.inner.receive_some(max_bytes)


async def test_a_migration_to_a_host_of_the_servers_choice_is_not_followed() -> None:
    """The password is offered to nobody but the address that the caller named (protocol.md 7, client side, 10)."""
    async with serving() as server, spice_rs.connect(server.open, password="secret") as session:
        opened = len(server.order)
        elsewhere = main.Destination(5900, 0, "attacker.example", "")
        for message in (
            main.MigrateBegin(elsewhere),
            main.MigrateBeginSeamless(elsewhere, 1),
            main.MigrateEnd(),
        ):
            await server.channels[MAIN, 0].send(message)
        await server.linked(CURSOR)
        await wait_all_tasks_blocked()
        assert len(server.order) - opened <= 2  # inputs and cursor, nothing for a migration
        assert session.main.ended is None
