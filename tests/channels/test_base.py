"""What every channel does: the table, the tasks, the end."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import ClassVar

import pytest
import trio
from trio.abc import Stream
from trio.testing import memory_stream_pair, wait_all_tasks_blocked

from spice_rs._core import Channel as Core
from spice_rs.channels._base import UNSENT_MAX, Channel, Surroundings, ignored
from spice_rs.channels.main import MainClient
from spice_rs.enums import ChannelType, CommonCap, LinkErrorCode, NotifySeverity, NotifyVisibility
from spice_rs.errors import (
    DecodeError,
    Disconnected,
    LimitExceeded,
    LocalProtocolError,
    RemoteProtocolError,
    Unsupported,
)
from spice_rs.limits import Limits
from spice_rs.link import Linked
from spice_rs.messages import base, inputs, main
from spice_rs.messages.caps import Caps
from spice_rs.messages.link import LinkMessage

LINKED = Linked(
    LinkMessage(0, ChannelType.MAIN, 0, Caps((), ())), frozenset({CommonCap.MINI_HEADER}), frozenset()
)


class Peer:
    """A server that says what a test wants it to say."""

    def __init__(self, stream: Stream) -> None:
        self.stream = stream
        self.core = Core("server", ChannelType.MAIN, 0)

    async def say(self, *messages: object) -> None:
        for message in messages:
            if isinstance(message, bytes):
                self.core.send_raw(int.from_bytes(message[:2], "little"), message[2:])
            else:
                self.core.send(message)  # type: ignore[arg-type]
        await self.stream.send_all(self.core.pending())

    async def hear(self) -> list[object]:
        self.core.receive(await self.stream.receive_some())
        heard = []
        while (packet := self.core.next()) is not None:
            heard.append(packet.message)
        return heard


@asynccontextmanager
async def linked(channel: Channel | None = None) -> AsyncIterator[tuple[MainClient, Peer]]:
    """Run a main channel over a stream in memory, with a peer at its other end."""
    client = channel or MainClient()
    assert isinstance(client, MainClient)
    ours, theirs = memory_stream_pair()
    client.start(ours, LINKED)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(client.run)
        yield client, Peer(theirs)
        nursery.cancel_scope.cancel()


def test_a_class_that_forgets_a_message_does_not_import() -> None:
    with pytest.raises(TypeError, match="Forgetful neither handles nor ignores MouseMotionAck"):

        class Forgetful(Channel, kind=ChannelType.INPUTS, role="client", receives=inputs.FROM_SERVER):
            handlers: ClassVar = {inputs.Init: ignored, inputs.KeyModifiers: ignored}


def test_a_class_that_handles_what_never_comes_does_not_import() -> None:
    with pytest.raises(TypeError, match="Strange cannot receive KeyDown"):

        class Strange(Channel, kind=ChannelType.INPUTS, role="client", receives=inputs.FROM_SERVER):
            handlers: ClassVar = {
                **dict.fromkeys(inputs.FROM_SERVER.values(), ignored),
                inputs.KeyDown: ignored,
            }


async def test_pings_are_answered_and_pongs_carry_no_padding() -> None:
    async with linked() as (_, peer):
        await peer.say(base.Ping(3, 99, bytes(100_000)))
        assert await peer.hear() == [base.Pong(3, 99)]


async def test_messages_of_no_table_are_counted() -> None:
    async with linked() as (client, peer):
        await peer.say(b"\xe7\x03 what is this", b"\xe7\x03", main.Name("still here"))
        await client.wait_until(lambda: client.machine)
        assert client.unknown == {999: 2}


async def test_notifications_go_to_the_session() -> None:
    heard: list[tuple[str, str]] = []
    client = MainClient(
        surroundings=Surroundings(notify=lambda channel, m: heard.append((channel.name, m.message)))
    )
    async with linked(client) as (_, peer):
        notify = base.Notify(1, NotifySeverity.WARN, NotifyVisibility.HIGH, 0, "keyboard channel is insecure")
        await peer.say(notify)
        await wait_all_tasks_blocked()
    assert heard == [("main 0", "keyboard channel is insecure")]


async def test_a_goodbye_ends_the_channel_with_its_reason() -> None:
    async with linked() as (client, peer):
        await peer.say(base.Disconnecting(0, LinkErrorCode.PERMISSION_DENIED))
        error = await client.wait_ended()
    assert isinstance(error, Disconnected)
    assert error.reason == LinkErrorCode.PERMISSION_DENIED
    assert "permission denied" in str(error)


async def test_the_end_of_the_stream_ends_the_channel() -> None:
    async with linked() as (client, peer):
        await peer.stream.aclose()
        error = await client.wait_ended()
        assert isinstance(error, Disconnected) and error.channel == "main 0"
        for call in (client.up, client.ready, lambda: client.send(main.AttachChannels())):
            with pytest.raises(Disconnected, match="closed the connection"):
                await call()


async def test_a_stream_that_ends_in_a_message_says_how_far_it_came() -> None:
    async with linked() as (client, peer):
        await peer.say(main.Name("x" * 100))
        peer.core.send(main.Name("y" * 100))
        await peer.stream.send_all(peer.core.pending()[:50])
        await peer.stream.aclose()
        assert "50 bytes into a message" in str(await client.wait_ended())
        assert client.machine == "x" * 100


async def test_bytes_that_are_no_message_end_the_channel() -> None:
    async with linked() as (client, peer):
        await peer.say(b"\x67\x00\x01")
        error = await client.wait_ended()
    assert isinstance(error, DecodeError)
    assert (error.channel, error.message) == ("main 0", "Init")


async def test_a_message_over_the_limit_ends_the_channel_on_its_header() -> None:
    client = MainClient(surroundings=Surroundings(Limits(message=1000)))
    async with linked(client) as (_, peer):
        await peer.stream.send_all(b"\x71\x00" + (1001).to_bytes(4, "little"))
        error = await client.wait_ended()
    assert isinstance(error, LimitExceeded)


async def test_moving_to_another_host_says_that_it_comes_later() -> None:
    async with linked() as (client, peer):
        await peer.say(base.Migrate(0))  # type: ignore[arg-type]
        error = await client.wait_ended()
    assert isinstance(error, Unsupported)


async def test_switching_hosts_says_where_the_machine_is() -> None:
    async with linked() as (client, peer):
        await peer.say(main.MigrateSwitchHost(main.Destination(5901, 0, "elsewhere", "")))
        error = await client.wait_ended()
    assert isinstance(error, Disconnected)
    assert "elsewhere, port 5901" in str(error)


@pytest.mark.parametrize(
    "wanted",
    [
        base.WaitForChannel(ChannelType.DISPLAY, 0, 1),
        base.WaitForChannel(ChannelType.MAIN, 0, 2),
        base.WaitForChannel(ChannelType.MAIN, 0, 1 << 60),
    ],
)
async def test_a_wait_that_cannot_end_is_an_error(wanted: base.WaitForChannel) -> None:
    async with linked() as (client, peer):
        await peer.say(base.WaitForChannels((wanted,)))
        error = await client.wait_ended()
    assert isinstance(error, RemoteProtocolError)
    assert error.message == "WaitForChannels"


async def test_a_wait_holds_back_what_comes_after_it() -> None:
    surroundings = Surroundings()
    surroundings.progress.expect((ChannelType.DISPLAY, 0))
    async with linked(MainClient(surroundings=surroundings)) as (client, peer):
        wanted = base.WaitForChannel(ChannelType.DISPLAY, 0, 5)
        await peer.say(main.Name("before"), base.WaitForChannels((wanted,)), main.Name("after"))
        await wait_all_tasks_blocked()
        assert client.machine == "before"
        surroundings.progress.processed((ChannelType.DISPLAY, 0), 5)
        await wait_all_tasks_blocked()
        assert client.machine == "after"


async def test_a_peer_that_does_not_read_cannot_make_us_remember_its_questions() -> None:
    client = MainClient()
    ours, theirs = trio.testing.lockstep_stream_pair()
    client.start(ours, LINKED)
    core = Core("server", ChannelType.MAIN, 0)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(client.run)
        asked = 0
        with trio.move_on_after(0.5):
            while True:
                core.send(base.Ping(asked, 0, b""))
                await theirs.send_all(core.pending())
                asked += 1
        # A PONG has 18 bytes; one batch more may be on its way, and one in Rust.
        assert client._unsent < 2 * UNSENT_MAX
        assert asked < 2 * UNSENT_MAX // 18
        nursery.cancel_scope.cancel()


async def test_senders_wait_while_much_is_on_its_way() -> None:
    client = MainClient()
    ours, theirs = trio.testing.lockstep_stream_pair()
    client.start(ours, LINKED)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(client.run)
        sent = 0
        with trio.move_on_after(0.2):
            while True:
                await client.send(main.AgentData(bytes(2048)))
                sent += 1
        assert sent <= UNSENT_MAX // 2048 + 2
        nursery.start_soon(_swallow, theirs)
        await client.send(main.AgentData(bytes(2048)))
        await client.drained()
        nursery.cancel_scope.cancel()


async def _swallow(stream: Stream) -> None:
    while await stream.receive_some():
        pass


async def test_a_value_that_cannot_stand_on_the_wire_is_the_callers_mistake() -> None:
    async with linked() as (client, _):
        with pytest.raises(LocalProtocolError):
            await client.send(main.AgentStart(1 << 40))
        assert client.ended is None


async def test_a_cancelled_send_has_sent_nothing() -> None:
    async with linked() as (client, peer):
        with trio.CancelScope() as scope:
            scope.cancel()
            await client.send(main.AgentStart(1))
        await client.send(main.AgentStart(2))
        assert await peer.hear() == [main.AgentStart(2)]


async def test_the_input_may_be_cut_anywhere() -> None:
    async with linked() as (client, peer):
        core = Core("server", ChannelType.MAIN, 0)
        core.send(main.Init(7, 1, 1, 1, 1, 10, 0, 0))  # type: ignore[arg-type]
        core.send(main.ChannelsList((main.ChannelId(ChannelType.DISPLAY, 0),)))
        core.send(main.Name("a machine"))
        for byte in core.pending():
            await peer.stream.send_all(bytes([byte]))
            await wait_all_tasks_blocked()
        assert client.init is not None and client.init.session_id == 7
        assert client.available == (main.ChannelId(ChannelType.DISPLAY, 0),)
        assert (client.machine, client.agent_connected) == ("a machine", True)
