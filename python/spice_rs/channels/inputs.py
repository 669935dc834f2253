"""Inputs: keys and pointer go to the server; lock lights and motion credit come back."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, ClassVar

import trio

from ..enums import ChannelType, InputsCap, KeyModifiersMask, MouseButton, MouseButtonMask
from ..messages import Message, inputs
from ._base import Channel, Handler, ignored
from ._motion import BUNCH, Move, Moves, Place

if TYPE_CHECKING:
    from ..keymap import Key
    from ._base import Surroundings

BITS: Mapping[MouseButton, MouseButtonMask] = {
    button: MouseButtonMask[button.name] for button in MouseButton if button != MouseButton.INVALID
}
"""The place of each button in the mask that travels with every message of the pointer."""

EVENTS_MAX = 256
"""Messages of a client that may wait for the server's program; then we read no more, and the client's socket fills."""


class InputsClient(Channel, kind=ChannelType.INPUTS, role="client", receives=inputs.FROM_SERVER):
    """The client's half.

    Attributes:
        lights: the guest's lock lights.
        told: whether the server has told them.
        buttons: the mouse buttons that this client holds down.
    """

    capabilities = (InputsCap.KEY_SCANCODE,)

    def __init__(self, channel_id: int = 0, surroundings: Surroundings | None = None) -> None:
        super().__init__(channel_id, surroundings)
        self.lights = KeyModifiersMask(0)
        self.told = False
        self.buttons = MouseButtonMask(0)
        self._moves = Moves()

    @property
    def takes_scan_codes(self) -> bool:
        """Whether the server takes several scan codes in one message, so that nothing comes between them."""
        return self.linked is not None and InputsCap.KEY_SCANCODE in self.linked.channel

    async def move(self, motion: Place | Move) -> None:
        """Send a motion of the pointer as soon as the server has room for it.

        It returns when this motion, or a newer one that has replaced it meanwhile, is on its way. Cancelled while it
        waits, the motion still goes out.
        """
        await self.ready()
        ticket = self._moves.add(motion)
        self._post_motion()
        await self.wait_until(lambda: self._moves.is_sent(ticket))

    def post_button(self, button: MouseButton, *, down: bool) -> None:
        """Send at once that a button goes down or up where the pointer is to be now. `ready` comes before."""
        self._post_motion(whatever_the_window=True)
        if down:
            self.buttons |= BITS[button]
            self.post(inputs.MousePress(button, self.buttons))
        else:
            self.buttons &= ~BITS[button]
            self.post(inputs.MouseRelease(button, self.buttons))

    def post_keys(self, down: Iterable[Key], up: Iterable[Key]) -> None:
        """Send at once that some keys go down, one after the other, and then some up. `ready` comes before.

        Where the server can, it is one message, so that nothing comes between: no other program's key, and no pause on a
        slow line, in which the guest would repeat the key.
        """
        if self.takes_scan_codes:
            self.post(
                inputs.KeyScancode(b"".join([*(key.press for key in down), *(key.release for key in up)]))
            )
            return
        for key in down:
            self.post(inputs.KeyDown(key.down_code))
        for key in up:
            self.post(inputs.KeyUp(key.up_code))

    def _post_motion(self, *, whatever_the_window: bool = False) -> None:
        motion = self._moves.take(whatever_the_window=whatever_the_window)
        if motion is None:
            return
        if isinstance(motion, Place):
            self.post(inputs.MousePosition(motion.x, motion.y, self.buttons, motion.display))
        else:
            self.post(inputs.MouseMotion(motion.dx, motion.dy, self.buttons))
        self.changed()

    def _on_lights(self, message: inputs.Init | inputs.KeyModifiers) -> None:
        self.lights, self.told = message.modifiers, True
        self.changed()

    def _on_motion_ack(self, message: inputs.MouseMotionAck) -> None:
        self._moves.acknowledge()
        self._post_motion()
        self.changed()

    handlers: ClassVar[Mapping[type[Message], Handler]] = {
        inputs.Init: _on_lights,
        inputs.KeyModifiers: _on_lights,
        inputs.MouseMotionAck: _on_motion_ack,
    }


class InputsServer(Channel, kind=ChannelType.INPUTS, role="server", receives=inputs.FROM_CLIENT):
    """The server's half: what the client does arrives in `events`, as it was sent.

    Attributes:
        events: each message of the client, in order. While `EVENTS_MAX` of them wait, the channel reads no more.
    """

    capabilities = (InputsCap.KEY_SCANCODE,)

    def __init__(self, channel_id: int = 0, surroundings: Surroundings | None = None) -> None:
        super().__init__(channel_id, surroundings)
        self._arrived: trio.MemorySendChannel[inputs.FromClient]
        self.events: trio.MemoryReceiveChannel[inputs.FromClient]
        self._arrived, self.events = trio.open_memory_channel(EVENTS_MAX)
        self._moved = 0

    def on_start(self) -> None:
        """Say how the lock lights are: a client takes nothing for granted before that."""
        self.post(inputs.Init(KeyModifiersMask(0)))

    async def set_lights(self, lights: KeyModifiersMask) -> None:
        """Tell the client that the lock lights have changed. Cancelled, it has sent nothing."""
        await self.send(inputs.KeyModifiers(lights))

    async def take(self) -> None:
        """Deliver what has come, waiting where the program is slower than the client."""
        while (packet := self.core.next()) is not None:
            message = packet.message
            if isinstance(message, inputs.FromClient):
                await self._arrived.send(message)
            self.dispatch(message)
        self.processed()

    def on_end(self) -> None:
        """End the events, after those that wait."""
        self._arrived.close()

    def _on_motion(self, message: inputs.MouseMotion | inputs.MousePosition) -> None:
        self._moved += 1
        if self._moved % BUNCH == 0:
            self.post(inputs.MouseMotionAck())

    handlers: ClassVar[Mapping[type[Message], Handler]] = {
        inputs.KeyDown: ignored,
        inputs.KeyUp: ignored,
        inputs.KeyModifiers: ignored,
        inputs.KeyScancode: ignored,
        inputs.MouseMotion: _on_motion,
        inputs.MousePosition: _on_motion,
        inputs.MousePress: ignored,
        inputs.MouseRelease: ignored,
    }
