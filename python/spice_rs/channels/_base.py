"""What every channel has: its link, two tasks, one dispatch table, and an end.

A channel is a class that says which messages it handles::

    class InputsClient(Channel, kind=ChannelType.INPUTS, role="client", receives=inputs.FROM_SERVER):
        handlers = {inputs.Init: _on_init, inputs.MouseMotionAck: ignored, ...}

A class whose table forgets a message of its channel does not import. Handlers are plain functions and short: whatever has to
wait is done by a task that the handler wakes.

Two tasks serve the stream. The reader receives into room that Rust owns and dispatches what has come; the writer sends what a
socket did not take at once. What is to be sent is bounded: `send` waits while `UNSENT_MAX` bytes are on their way, and then the
reader stops too, so that a peer that does not read cannot make us remember its questions.

The file is long because it is one thing: link, tasks, queue and end share the same few fields, and each rule about them is here.
"""

from __future__ import annotations

import copy
import logging
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal, NoReturn

import trio
from trio.abc import Stream

from .. import _core
from .._groups import leaves
from .._socket import Socket
from ..enums import ChannelType, LinkErrorCode
from ..errors import (
    Disconnected,
    ProtocolError,
    RemoteProtocolError,
    SecurityRequired,
    SpiceError,
    Unsupported,
)
from ..limits import Limits
from ..link import NOBODY, Credentials, Linked, client_link
from ..messages import Message, Unknown, base
from ..sasl import LayeredStream
from ..transport import Opener, another_way, is_encrypted
from ._progress import Key, Progress

Role = Literal["client", "server"]
Handler = Callable[[Any, Any], None]
"""Takes the channel and a message of the class that it stands for in the table."""

UNSENT_MAX = 1 << 16
"""Bytes that may wait to be sent; more make senders wait."""

STIR = 8192
"""Bytes that are sent behind the first messages inside of a login's layer. spice-gtk takes as many at once while it waits for the end of
the link, and then waits for its socket: what it has opened with them already would lie there until something else comes."""

RECEIVE_SIZE = 1 << 16
"""Bytes asked for at once, where the stream cannot fill our own room."""


@dataclass(slots=True)
class Surroundings:
    """What the channels of one session have in common.

    Attributes:
        notify: called with the channel and each NOTIFY that the server sends.
    """

    limits: Limits = field(default_factory=Limits)
    progress: Progress = field(default_factory=Progress)
    notify: Callable[[Channel, base.Notify], None] = lambda channel, message: None


def ignored(channel: Channel, message: Message) -> None:
    """Stand in the table for a message that needs no reaction."""


class Channel:
    """One channel, of either role.

    Attributes:
        id: tells channels of the same type apart.
        linked: what both sides know of each other; None until then.
        ended: why the channel is over; None while it is not.
        unknown: numbers of messages that came and are in no table, with how often.
    """

    kind: ClassVar[ChannelType]
    role: ClassVar[Role]
    handlers: ClassVar[Mapping[type[Message], Handler]] = {}
    """What to do with each message."""
    capabilities: ClassVar[tuple[int, ...]] = ()
    """What this side announces for the channel, and so has to be able to do."""

    def __init_subclass__(
        cls, *, kind: ChannelType, role: Role, receives: Mapping[int, type[Message]]
    ) -> None:
        cls.kind, cls.role = kind, role
        common = base.FROM_SERVER if role == "client" else base.FROM_CLIENT
        every = {*receives.values(), *common.values()} - ANSWERED_INSIDE
        cls.handlers = {**(ON_CLIENT if role == "client" else ON_SERVER), **cls.handlers}
        if forgotten := every - cls.handlers.keys():
            raise TypeError(f"{cls.__name__} neither handles nor ignores {_names(forgotten)}")
        if strange := cls.handlers.keys() - every:
            raise TypeError(f"{cls.__name__} cannot receive {_names(strange)}")

    def __init__(self, channel_id: int = 0, surroundings: Surroundings | None = None) -> None:
        self.id = channel_id
        self.surroundings = surroundings or Surroundings()
        self.linked: Linked | None = None
        self.ended: Exception | None = None
        self.unknown: Counter[int] = Counter()
        self.log = logging.getLogger(f"spice_rs.{self.kind.name.lower()}")
        self._stream: Stream | None = None
        self._socket: Socket | None = None
        self._scope = trio.CancelScope()
        self._leaving = 0
        self._work = trio.lowlevel.ParkingLot()
        self._room = trio.lowlevel.ParkingLot()
        self._turn = trio.lowlevel.ParkingLot()
        self._over = trio.lowlevel.ParkingLot()
        self.surroundings.progress.expect(self.key)

    @property
    def key(self) -> Key:
        """Type and id."""
        return int(self.kind), self.id

    @property
    def name(self) -> str:
        """The channel as text, like `display 0`."""
        return f"{self.kind.name.lower()} {self.id}"

    def __repr__(self) -> str:
        state = f"ended: {self.ended}" if self.ended else "linked" if self._stream else "linking"
        return f"<{type(self).__name__} {self.id}, {state}>"

    # What others call.

    async def link(
        self,
        opener: Opener,
        *,
        connection_id: int = 0,
        credentials: Credentials = NOBODY,
    ) -> None:
        """Open a connection for this channel and link it, as a client.

        Raises:
            ConnectError, LinkError, RemoteProtocolError, Unsupported: see `transport.open_stream` and `client_link`. The
                channel has ended then.

        Cancelled, it closes the connection, and the channel has ended.
        """
        self.check()
        with trio.CancelScope() as self._scope:
            await self._link(opener, connection_id, credentials)
        self.check()

    def start(self, stream: Stream, linked: Linked) -> None:
        """Take over a stream that has been linked; `run` is to follow."""
        self._begin(linked)
        if isinstance(stream, LayeredStream):
            self.core.send(base.Ping(0, 0, bytes(STIR)))
        self._attach(stream)

    async def run(self) -> None:
        """Read and write until the channel ends. It raises only mistakes of ours: `ended` has what ended the channel."""
        assert self._stream is not None
        socket = self._socket
        error: SpiceError = _left()
        try:
            async with trio.open_nursery() as nursery:
                self._scope = nursery.cancel_scope
                for task in self.tasks():
                    nursery.start_soon(task)
        except* SpiceError as group:
            error = _first(group)
        except* Exception:
            error = Disconnected(f"{self.name}: a mistake in this package ended it", channel=self.name)
            raise
        finally:
            self._end(error)
            if socket is not None:
                socket.close()
            await trio.aclose_forcefully(self._stream)

    async def up(self) -> None:
        """Wait until the channel is linked.

        Raises:
            SpiceError: why it is not, or not any more.
        """
        await self.wait_until(lambda: self._stream is not None)
        self.check()

    async def wait_until(self, condition: Callable[[], object]) -> None:
        """Wait until something is so; whoever changes it calls `changed`.

        Raises:
            SpiceError: the channel is over.
        """
        while not condition():
            self.check()
            await self.wait()

    async def wait(self) -> None:
        """Wait until something may have changed."""
        await self._turn.park()

    def changed(self) -> None:
        """Let `wait_until` look again."""
        self._turn.unpark_all()

    @property
    def is_awaited(self) -> bool:
        """Whether anybody is in `wait_until`."""
        return bool(self._turn)

    def check(self) -> None:
        """Raise what ended the channel, if it has ended."""
        if self.ended is not None:
            # A copy, because an exception collects the path of everyone that raises it.
            raise copy.copy(self.ended) from self.ended

    async def send(self, message: Message) -> int:
        """Send a message when it is its turn; return its serial.

        Raises:
            LocalProtocolError: a value in it cannot stand on the wire.
            SpiceError: the channel is over.

        Cancelled, it has sent nothing. When it returns, the message is on its way, but may not have left yet.
        """
        await self.ready()
        return self.post(message)

    async def ready(self) -> None:
        """Wait until the channel is linked and may send: what is posted before the next `await` stays together.

        Raises:
            SpiceError: the channel is over.
        """
        await trio.lowlevel.checkpoint()
        await self.up()
        while self._unsent > UNSENT_MAX:
            await self._room.park()
            self.check()

    def post(self, message: Message) -> int:
        """Send at once, whatever waits already: for handlers, which cannot wait, and answer what a peer asks."""
        self.check()
        serial = self.core.send(message)
        self.flush()
        return serial

    async def drained(self) -> None:
        """Wait until everything that was sent has left, or the channel is over."""
        while self._unsent and self.ended is None:
            self._work.unpark()
            await self._room.park()

    def stop(self, why: Exception) -> None:
        """End the channel: `ended` will be `why`."""
        self._end(why)
        self._scope.cancel()

    async def wait_ended(self) -> Exception:
        """Wait until the channel is over; return why."""
        while self.ended is None:
            await self._over.park()
        return self.ended

    # What a channel may change.

    def on_start(self) -> None:
        """React to the link: here a channel sends what has to come first."""

    def on_end(self) -> None:
        """React to the end: `ended` is set. Here a channel wakes who waits for it."""

    def tasks(self) -> Iterable[Callable[[], Any]]:
        """Return the tasks that serve the channel."""
        return self._read, self._write

    async def take(self) -> None:
        """Dispatch everything that has come."""
        while (packet := self.core.next()) is not None:
            message = packet.message
            if isinstance(message, base.WaitForChannels):
                await self.wait_for_channels(message)
            else:
                self.dispatch(message)
        self.processed()

    def dispatch(self, message: Message) -> None:
        """Hand one message to its handler."""
        handler = self.handlers.get(type(message))
        if handler is not None:
            self.log.debug("%s: %r", self.name, message)
            handler(self, message)
        elif isinstance(message, Unknown):
            self.log.debug("%s: unknown message %d", self.name, message.id)
            self.unknown[message.id] += 1

    async def wait_for_channels(self, message: base.WaitForChannels) -> None:
        """Wait until other channels have processed the serials that a message names.

        Raises:
            RemoteProtocolError: they never will.
        """
        progress = self.surroundings.progress
        # What asks for the wait is itself not processed yet.
        progress.processed(self.key, max(0, self.core.serial - 1))
        await progress.reach(
            self.key, [((int(w.channel_type), w.channel_id), w.serial) for w in message.channels]
        )

    def processed(self) -> None:
        """Tell the session how far this channel has come."""
        self.surroundings.progress.processed(self.key, self.core.serial)

    def flush(self) -> None:
        """Send what Rust wants to be sent: at once what the socket takes, the rest by the writer."""
        if self._socket is not None and self.core.unsent:
            self._socket.send_now(self.core)
        if self.core.unsent:
            self._work.unpark()

    @property
    def _unsent(self) -> int:
        """Bytes that have not left yet."""
        return self._leaving + self.core.unsent

    async def _link(self, opener: Opener, connection_id: int, credentials: Credentials) -> None:
        try:
            try:
                stream = await self._linked(opener, connection_id, credentials)
            except SecurityRequired:
                if (secured := another_way(opener)) is None:
                    raise
                stream = await self._linked(secured, connection_id, credentials)
        except BaseException as error:
            self._end(error if isinstance(error, Exception) else _left())
            raise
        self._attach(stream)

    async def _linked(self, opener: Opener, connection_id: int, credentials: Credentials) -> Stream:
        """Open a connection and link it; return what to go on with."""
        stream = await opener(self.kind, self.id)
        try:
            linked = await client_link(
                stream,
                channel_type=self.kind,
                channel_id=self.id,
                connection_id=connection_id,
                capabilities=self.capabilities,
                password=credentials.password,
                login=credentials.login,
                host=credentials.host,
                along=self._first_words,
            )
        except BaseException:
            await trio.aclose_forcefully(stream)
            raise
        return linked.stream or stream

    def _first_words(self, linked: Linked) -> bytes:
        """Get ready to speak; return what comes first."""
        self._begin(linked)
        return self.core.pending()

    def _begin(self, linked: Linked) -> None:
        self.core = _core.Channel(
            self.role, self.kind, self.id, mini_header=linked.mini_header, limits=self.surroundings.limits
        )
        self.linked = linked
        self.on_start()

    def _attach(self, stream: Stream) -> None:
        self._stream = stream
        self._socket = Socket.below(stream)
        self._turn.unpark_all()

    # The tasks.

    async def _read(self) -> None:
        while True:
            await self._read_once()

    async def _read_once(self) -> None:
        if not await self._receive():
            self._raise_end_of_stream()
        await self.take()
        await self._flushed()

    async def _flushed(self) -> None:
        """Send what Rust wants to be sent; wait while the peer does not read, so that its questions do not pile up."""
        self.flush()
        while self._unsent > UNSENT_MAX:
            await self._room.park()

    async def _receive(self) -> int:
        """Receive what there is, into Rust's room where the stream can do that."""
        stream = self._stream
        try:
            if self._socket is not None:
                return await self._socket.receive(self.core)
            assert stream is not None
            data = await stream.receive_some(RECEIVE_SIZE)
            self.core.receive(data)
            return len(data)
        except (OSError, trio.BrokenResourceError) as error:
            if isinstance(error, SpiceError):
                raise
            raise self._broken(error) from error

    async def _write(self) -> None:
        while True:
            self._room.unpark_all()
            while not self.core.unsent:
                await self._work.park()
                self._room.unpark_all()
            try:
                await self._send()
            except (OSError, trio.BrokenResourceError) as error:
                raise self._broken(error) from error

    async def _send(self) -> None:
        """Send some of what waits, or all of it."""
        if self._socket is not None:
            await self._socket.send(self.core)
            return
        assert self._stream is not None
        # spice-gtk waits for its socket while TLS still holds a message for it. One with a record of its own is not forgotten.
        data = self.core.pending(whole=not is_encrypted(self._stream))
        self._leaving = len(data)
        await self._stream.send_all(data)
        self._leaving = 0

    def _raise_end_of_stream(self) -> NoReturn:
        cut = f", {self.core.partial} bytes into a message" if self.core.partial else ""
        raise Disconnected(f"{self.name}: the {self._peer} closed the connection{cut}", channel=self.name)

    def _broken(self, error: Exception) -> Disconnected:
        why = error.__cause__ or error
        return Disconnected(
            f"{self.name}: the connection to the {self._peer} broke: {why}", channel=self.name
        )

    @property
    def _peer(self) -> Role:
        return "server" if self.role == "client" else "client"

    def _end(self, error: Exception) -> None:
        if self.ended is not None:
            return
        if isinstance(error, ProtocolError) and error.channel in (None, self.kind.name.lower()):
            # Rust knows the type only; what another channel is ended by says where it came from.
            error.channel = self.name
        self.ended = error
        self._socket = None
        self.log.debug("%s: ended: %s", self.name, error)
        self.surroundings.progress.ended(self.key)
        for lot in (self._room, self._turn, self._over, self._work):
            lot.unpark_all()
        self.on_end()


def on_disconnecting(channel: Channel, message: base.Disconnecting) -> None:
    """End the channel: the peer says goodbye, and what it sends after that does not matter."""
    code = LinkErrorCode(message.reason)
    why = "" if code == LinkErrorCode.OK else f", because of {code.name.lower().replace('_', ' ')}"
    raise Disconnected(f"{channel.name}: the peer ended the session{why}", reason=code, channel=channel.name)


def on_notify(channel: Channel, message: base.Notify) -> None:
    """Hand text for people to the session."""
    channel.surroundings.notify(channel, message)


def on_migrate(channel: Channel, message: base.Migrate) -> None:
    """End the channel: it moves to another host, although this side never said that it can follow."""
    text = f"{channel.name}: the machine moves to another host, and following it comes in a later version; connect again"
    raise Unsupported(text, capability="SEAMLESS_MIGRATE")


def _first(group: BaseExceptionGroup[SpiceError]) -> SpiceError:
    """Return the error that says most: when a peer is gone the reader and the writer both notice."""
    errors = [error for error in leaves(group) if isinstance(error, SpiceError)]
    return next((error for error in errors if isinstance(error, RemoteProtocolError)), errors[0])


def _left() -> Disconnected:
    return Disconnected("this side has left the session")


def _names(classes: Iterable[type]) -> str:
    return ", ".join(sorted(each.__name__ for each in classes))


# Rust gives the one right answer to these, and takes lists apart.
ANSWERED_INSIDE = {base.SetAck, base.Ping, base.MessageList, base.AckSync, base.Ack}

ON_CLIENT: Mapping[type[Message], Handler] = {
    base.Migrate: on_migrate,
    base.MigrateData: ignored,  # nothing is handed to a target before migration comes
    base.WaitForChannels: ignored,  # `Channel.take` waits
    base.Disconnecting: on_disconnecting,
    base.Notify: on_notify,
}
ON_SERVER: Mapping[type[Message], Handler] = {
    base.Pong: ignored,  # answers nothing but our own PING
    base.MigrateFlushMark: ignored,
    base.MigrateData: ignored,
    base.Disconnecting: on_disconnecting,
}
