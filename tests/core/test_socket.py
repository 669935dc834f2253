"""Sockets as Rust has them: bytes between them and channels, and a pump's thread that tells of its news."""

from __future__ import annotations

import select
import socket
import threading
from collections.abc import Iterator

import pytest

from spice_rs import _core
from spice_rs.enums import SurfaceFlags, SurfaceFormat
from spice_rs.messages import Message, base, display, main
from tests.core import pictures

SURFACE = display.SurfaceCreate(0, 8, 8, SurfaceFormat.XRGB32, SurfaceFlags.PRIMARY)


@pytest.fixture(params=["unix", "tcp"])
def ends(request: pytest.FixtureRequest) -> Iterator[tuple[socket.socket, socket.socket]]:
    ours, theirs = socket.socketpair() if request.param == "unix" else tcp_pair()
    ours.setblocking(False)
    with ours, theirs:
        yield ours, theirs


def tcp_pair() -> tuple[socket.socket, socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        ours = socket.create_connection(listener.getsockname())
        return ours, listener.accept()[0]


def readable(what: socket.socket | _core.Pump) -> bool:
    poll = select.poll()
    poll.register(what, select.POLLIN)
    return bool(poll.poll(5000))


def receive(own: _core.Socket, end: socket.socket, channel: _core.Channel) -> int:
    assert readable(end)
    count = own.receive(channel)
    assert count is not None
    return count


def test_bytes_go_between_socket_and_channel(ends: tuple[socket.socket, socket.socket]) -> None:
    ours, theirs = ends
    own, channel, peer = (
        _core.Socket(ours.fileno()),
        _core.Channel("client", 1, 0),
        _core.Channel("server", 1, 0),
    )
    assert own.receive(channel) is None
    peer.send(main.Name("vm"))
    peer.send(base.SetAck(1, 2))
    theirs.sendall(peer.pending())
    while channel.received < peer.sent:
        receive(own, ours, channel)
    packet = channel.next()
    assert packet is not None
    assert packet.message == main.Name("vm")
    assert channel.next() is None
    assert channel.unsent > 0
    assert own.send(channel) == channel.unsent == 0
    assert theirs.recv(99) == b"\1\0\4\0\0\0\1\0\0\0"
    assert channel.sent == 10


def test_the_end_of_the_stream_is_no_error(ends: tuple[socket.socket, socket.socket]) -> None:
    ours, theirs = ends
    own, channel = _core.Socket(ours.fileno()), _core.Channel("client", 1, 0)
    theirs.close()
    assert receive(own, ours, channel) == 0


def test_what_the_system_does_not_take_waits_in_its_order(ends: tuple[socket.socket, socket.socket]) -> None:
    ours, theirs = ends
    own, channel, peer = (
        _core.Socket(ours.fileno()),
        _core.Channel("client", 1, 0),
        _core.Channel("server", 1, 0),
    )
    bodies = [bytes([number]) * (number * 1000) for number in range(200)]
    for body in bodies:
        channel.send_raw(999, body)
    everything = channel.unsent
    left = own.send(channel)
    assert 0 < left < everything
    assert channel.sent == everything - left
    while own.send(channel) or peer.received < everything:
        peer.receive(theirs.recv(1 << 16))
    received = []
    while (packet := peer.next()) is not None:
        received.append(packet.body)
    assert received == bodies


def test_it_has_a_descriptor_of_its_own(ends: tuple[socket.socket, socket.socket]) -> None:
    ours, theirs = ends
    own, channel = _core.Socket(ours.fileno()), _core.Channel("client", 1, 0)
    ours.close()
    channel.send(base.MigrateFlushMark())
    assert own.send(channel) == 0
    assert theirs.recv(99)
    own.close()
    assert theirs.recv(99) == b""
    for call in (own.send, own.receive, own.expect):
        with pytest.raises(OSError, match="Bad file descriptor"):
            call(channel)
    own.stop_reading()


@pytest.mark.parametrize("number", [-1, 1 << 20])
def test_what_is_not_open_is_refused(number: int) -> None:
    with pytest.raises(OSError, match="Bad file descriptor"):
        _core.Socket(number)


class Pumped:
    """A display whose messages a pump draws in a thread."""

    def __init__(self, ours: socket.socket, theirs: socket.socket, *, breath: float = 0.0) -> None:
        self.theirs = theirs
        self.peer = _core.Channel("server", 2, 0)
        self.canvas = _core.Canvas(_core.Shared())
        self.socket = _core.Socket(ours.fileno())
        self.pump = _core.Pump(self.socket, _core.Channel("client", 2, 0), self.canvas, breath, breath)
        self.steps: list[_core.Step | None] = []
        self.thread = threading.Thread(target=lambda: self.steps.append(self.pump.run()))
        self.thread.start()

    def say(self, *messages: Message) -> None:
        for message in messages:
            self.peer.send(message)
        self.theirs.sendall(self.peer.pending())

    def told(self) -> None:
        assert readable(self.pump)
        self.pump.heard()

    def end(self) -> None:
        self.socket.stop_reading()
        self.thread.join(5)
        assert not self.thread.is_alive()


def test_a_pump_draws_tells_and_answers(ends: tuple[socket.socket, socket.socket]) -> None:
    pumped = Pumped(*ends)
    pumped.say(base.SetAck(1, 2), SURFACE, display.Mark())
    pumped.told()
    assert pumped.canvas.ready
    assert pumped.theirs.recv(16, socket.MSG_WAITALL) == b"\1\0\4\0\0\0\1\0\0\0" + b"\2\0\0\0\0\0"
    seen = pumped.canvas.version
    pumped.say(pictures.fill(0, 0, 8, 8, 0x123456))
    pumped.told()
    assert pumped.canvas.version > seen
    pumped.end()
    assert pumped.steps == [None]


def test_a_pump_returns_what_is_not_drawing(ends: tuple[socket.socket, socket.socket]) -> None:
    pumped = Pumped(*ends)
    pumped.say(SURFACE, base.Notify(0, 0, 0, 0, "news"))
    pumped.thread.join(5)
    (step,) = pumped.steps
    assert step is not None
    assert step.packet is not None
    assert isinstance(step.packet.message, base.Notify)
    assert pumped.pump.busy
