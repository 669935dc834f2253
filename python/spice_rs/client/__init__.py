"""The client: `connect` and what it gives."""

from .cursor import Cursor
from .display import Display, Frames, Monitor
from .keyboard import Keyboard
from .mouse import Mouse, NoAbsolutePointer
from .session import Session, connect

__all__ = [
    "Cursor",
    "Display",
    "Frames",
    "Keyboard",
    "Monitor",
    "Mouse",
    "NoAbsolutePointer",
    "Session",
    "connect",
]
