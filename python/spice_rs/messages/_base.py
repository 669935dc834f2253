"""What all messages have in common."""

from dataclasses import dataclass


class Message:
    """The body of one message, of any channel and direction, or of the guest agent."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Unknown(Message):
    """A message whose number the tables do not have. It is written back as it came."""

    id: int
    """The number in the data header."""
    body: bytes
    """The body as it came."""
