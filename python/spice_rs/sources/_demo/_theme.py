"""How the demo desktop looks: colours as 0xRRGGBB, measures in pixels."""

from __future__ import annotations

from typing import NamedTuple

INK = 0x1D2330
PALE_INK = 0x6B7383
PAPER = 0xFBFBFD
LINE = 0xD5D9E2
PANEL, PANEL_INK = 0x1B2233, 0xE8ECF4
ACCENT = 0x2F7BD9
BUTTON, BUTTON_HOVER, BUTTON_PRESSED = 0xEDF0F5, 0xDDE7F5, 0xB9D2F2

SKY = (0x14223F, 0x2B5482, 0x78A8C4, 0xF3D9B1)
HILLS = (0x5E86A0, 0x3F6B85, 0x2A5068, 0x17364B)


class Title(NamedTuple):
    """A title bar: what it shades from and to, and its letters."""

    top: int
    bottom: int
    ink: int


ACTIVE = Title(0x3F6FB5, 0x335C9C, 0xFFFFFF)
INACTIVE = Title(0xF1F3F7, 0xE2E6EE, PALE_INK)

PANEL_HEIGHT = 30
TITLE_HEIGHT = 32
RADIUS = 9
SHADOW = 18
SHADOW_DROP = 4
SHADOW_ALPHA = 80
MARGIN = 12
TEXT, SMALL = 15, 13
"""Sizes of letters."""
