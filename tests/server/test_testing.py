"""The tools that this package offers to tests of others."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import trio

import spice_rs
from spice_rs.enums import ChannelType, DisplayCap, MouseMode32
from spice_rs.errors import AuthenticationError, Disconnected
from spice_rs.messages import base, display, inputs, main
from spice_rs.testing import Peer, Transcript, memory_opener, record, replay, scripted_server
from tests.client.server import fill, primary
from tests.server.test_serve import picture, shown


async def recorded(size: tuple[int, int] = (320, 200)) -> tuple[Transcript, np.ndarray]:
    """Record a session in which something is drawn; return the transcript and what the client showed at the end."""
    transcript = Transcript()
    async with spice_rs.serve(size=size, password="secret") as server, trio.open_nursery() as nursery:
        opener = record(memory_opener(server, nursery), transcript)
        async with spice_rs.connect(opener, password="secret") as session:
            await server.screen.update(picture(*size))
            await shown(server, session)
            await server.screen.draw(picture(100, 50, 3), at=(20, 30))
            await session.keyboard.press("A")
            pixels = await shown(server, session)
        nursery.cancel_scope.cancel()
    return transcript, pixels


async def test_a_transcript_tells_what_was_said() -> None:
    transcript, _ = await recorded()
    assert transcript.channels()[0] == (ChannelType.MAIN, 0)
    first, *_ = transcript.messages(ChannelType.MAIN)
    assert isinstance(first, main.Init)
    drawn = [type(message) for message in transcript.messages(ChannelType.DISPLAY)]
    assert display.SurfaceCreate in drawn and display.Mark in drawn
    keys = list(transcript.messages(ChannelType.INPUTS, by_server=False))
    assert inputs.KeyScancode(b"\x1e\x9e") in keys
    assert b"secret" not in b"".join(entry.data for entry in transcript.entries)


async def test_a_transcript_is_the_same_after_it_was_in_a_file(tmp_path: Path) -> None:
    transcript, _ = await recorded((64, 48))
    path = tmp_path / "session"
    transcript.save(path)
    assert Transcript.load(path) == transcript
    whole = path.read_bytes()
    for size in (5, len(whole) - 1, len(whole) // 2):
        path.write_bytes(whole[:size])
        with pytest.raises(ValueError, match=r"transcript|ends in the middle"):
            Transcript.load(path)


async def test_another_client_sees_a_replayed_session_as_the_first_did() -> None:
    transcript, pixels = await recorded()
    async with trio.open_nursery() as nursery:
        async with spice_rs.connect(replay(transcript, nursery)) as session:
            with trio.fail_after(5):
                frame = await session.display.frame()
                while not np.array_equal(np.asarray(frame)[:, :, :3], pixels):
                    await session.display.wait_version(frame.version)
                    frame = await session.display.frame()
        nursery.cancel_scope.cancel()


async def test_a_transcript_without_a_link_is_refused() -> None:
    transcript, _ = await recorded((64, 48))
    with pytest.raises(ValueError, match="no whole link of playback 0"):
        list(transcript.messages(ChannelType.PLAYBACK))


async def test_a_scripted_server_does_only_what_it_is_told() -> None:
    capabilities = {ChannelType.DISPLAY: (DisplayCap.MONITORS_CONFIG,)}
    async with scripted_server(capabilities, password="secret") as server:
        with pytest.raises(AuthenticationError):
            await Peer.connect(server.open, ChannelType.MAIN, password="wrong")
        async with trio.open_nursery() as nursery:
            nursery.start_soon(look_for_red, server.open)
            peer = await server.linked(ChannelType.MAIN)
            await peer.send(main.Init(7, 1, MouseMode32.SERVER, MouseMode32.SERVER, 0, 10, 0, 0))
            assert await peer.receive_until(main.AttachChannels)
            await peer.send(main.ChannelsList((main.ChannelId(ChannelType.DISPLAY, 0),)))
            screen = await server.linked(ChannelType.DISPLAY)
            assert screen.linked.message.connection_id == 7
            assert isinstance(await screen.receive(), display.Init)
            await screen.send(primary(), fill(0xFF0000, 0, 0, 64, 48), display.Mark())


async def look_for_red(opener: spice_rs.transport.Opener) -> None:
    async with spice_rs.connect(opener, password="secret") as session:
        frame = await session.display.frame()
        assert tuple(np.asarray(frame)[0, 0, :3]) == (0, 0, 255)


async def test_a_peer_acknowledges_and_says_when_the_other_side_has_gone() -> None:
    async with spice_rs.serve(size=(64, 48)) as server, trio.open_nursery() as nursery:
        peer = await Peer.connect(memory_opener(server, nursery), ChannelType.MAIN)
        messages = await peer.receive_until(main.Init)
        assert len(messages) == 1
        client = server.clients[0]
        await peer.send(main.AttachChannels())
        listed = (await peer.receive_until(main.ChannelsList))[-1]
        assert isinstance(listed, main.ChannelsList) and len(listed.channels) == 3
        client.disconnect()
        assert await peer.receive_until(base.Disconnecting)
        with pytest.raises(Disconnected):
            await peer.receive()
        nursery.cancel_scope.cancel()
