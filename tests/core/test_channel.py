"""The transport as Python sees it: packets, answers."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spice_rs import _core
from spice_rs.errors import LocalProtocolError
from spice_rs.messages import base, inputs, main


def pair(*, mini_header: bool = True) -> tuple[_core.Channel, _core.Channel]:
    return (
        _core.Channel("server", 1, 0, mini_header=mini_header),
        _core.Channel("client", 1, 0, mini_header=mini_header),
    )


def test_a_packet_says_where_it_comes_from() -> None:
    server, client = pair()
    server.send(main.Name("vm"))
    sent = server.pending()
    client.receive(sent)
    packet = client.next()
    assert packet is not None
    assert packet.message == main.Name("vm")
    assert (packet.name, packet.id, packet.serial, packet.channel_type, packet.channel_id) == (
        "Name",
        113,
        1,
        1,
        0,
    )
    assert client.received == server.sent == len(sent)


@given(cuts=st.lists(st.integers(1, 40), min_size=1), mini=st.booleans())
def test_any_cutting_gives_the_same_packets(cuts: list[int], mini: bool) -> None:
    server, client = pair(mini_header=mini)
    messages = [main.Name("vm"), base.Ping(1, 2, b"x" * 30), main.MigrateEnd(), main.AgentData(b"y" * 50)]
    for message in messages:
        server.send(message)
    data, at, step = server.pending(), 0, 0
    while at < len(data):
        piece = data[at : at + cuts[step % len(cuts)]]
        client.receive(bytearray(piece))
        at, step = at + len(piece), step + 1
    assert client.waiting
    received = []
    while (packet := client.next()) is not None:
        received.append(packet.message)
    assert received == [messages[0], messages[2], messages[3]]
    server.receive(client.pending())
    pong = server.next()
    assert pong is not None
    assert pong.message == base.Pong(1, 2)
    assert (client.waiting, client.partial, client.serial) == (0, 0, 4)


def test_a_message_without_a_body_waits_too() -> None:
    server, client = pair()
    server.send(main.MigrateEnd())
    client.receive(server.pending())
    assert client.waiting > 0
    assert client.next() is not None
    assert client.waiting == 0


def test_acknowledgement() -> None:
    server, client = pair()
    assert server.send(base.SetAck(3, 2)) == 1
    for _ in range(4):
        server.send(main.MigrateEnd())
    client.receive(server.pending())
    while client.next() is not None:
        pass
    assert client.pending() == b"\1\0\4\0\0\0\3\0\0\0" + b"\2\0\0\0\0\0" * 2


def test_what_is_sent() -> None:
    _, client = pair()
    assert client.send(main.AttachChannels()) == 1
    assert client.send_raw(999, memoryview(b"abc")) == 2
    assert client.pending() == b"\x68\0\0\0\0\0" + b"\xe7\3\3\0\0\0abc"
    assert client.pending() == b""
    with pytest.raises(LocalProtocolError):
        client.send(inputs.KeyDown(1))


def test_wrong_arguments() -> None:
    with pytest.raises(ValueError, match='"client" or "server"'):
        _core.Channel("both", 1, 0)  # type: ignore[arg-type]
    with pytest.raises(TypeError):
        _core.Channel("client", 1, 0).receive("text")  # type: ignore[arg-type]
    with pytest.raises(TypeError):
        _core.Packet()  # type: ignore[call-arg]
