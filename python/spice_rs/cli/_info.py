"""What `spice-rs info` tells about a server: gathered once, written as text or as JSON."""

from __future__ import annotations

from enum import IntEnum, IntFlag
from typing import Any

import trio

from ..channels._base import Channel
from ..channels.inputs import InputsClient
from ..client.display import Display
from ..client.session import Session
from ..enums import (
    ChannelType,
    CommonCap,
    DisplayCap,
    InputsCap,
    MainCap,
    PlaybackCap,
    RecordCap,
    SurfaceFormat,
)
from ..errors import SpiceError

PATIENCE = 1.0
"""Seconds for channels to be linked and pictures to come. A guest that shows nothing has none, so this is no failure."""

CAPABILITIES: dict[ChannelType, type[IntEnum]] = {
    ChannelType.MAIN: MainCap,
    ChannelType.DISPLAY: DisplayCap,
    ChannelType.INPUTS: InputsCap,
    ChannelType.PLAYBACK: PlaybackCap,
    ChannelType.RECORD: RecordCap,
}

Facts = dict[str, Any]


async def settle(session: Session) -> None:
    """Wait until every channel is linked or has failed, and every display has a picture, but not for ever."""

    async def wait(channel: Channel) -> None:
        try:
            await channel.up()
            if isinstance(channel, InputsClient):
                await channel.wait_until(lambda: channel.told)
        except SpiceError:
            return  # `gather` says why the channel is not open.

    async def picture(display: Display) -> None:
        try:
            await display.frame()
        except SpiceError:
            return

    with trio.move_on_after(PATIENCE):
        async with trio.open_nursery() as nursery:
            for channel in filter(None, session.channels.values()):
                nursery.start_soon(wait, channel)
            for display in session.displays:
                nursery.start_soon(picture, display)


def gather(session: Session) -> Facts:
    """Return what is known of a server now, in types that JSON has."""
    main = session.main
    return {
        "address": session.address,
        "name": session.name,
        "uuid": str(session.uuid) if session.uuid else None,
        "agent": session.agent_connected,
        "mouse": {"mode": words(main.mouse_mode), "offered": words(main.mouse_modes)},
        "channels": [channel_facts(key, channel) for key, channel in sorted(session.channels.items())],
        "displays": [display_facts(display) for display in session.displays],
    }


def channel_facts(key: tuple[ChannelType, int], channel: Channel | None) -> Facts:
    """Return what is known of one channel."""
    kind, number = key
    facts: Facts = {"type": kind.name.lower(), "id": number, "open": False}
    if channel is None:
        return facts
    if channel.linked is not None:
        names = CAPABILITIES.get(kind)
        facts |= {
            "open": channel.ended is None,
            "capabilities": {
                "common": [CommonCap(bit).name.lower() for bit in sorted(channel.linked.common)],
                "channel": [
                    names(bit).name.lower() if names else str(bit) for bit in sorted(channel.linked.channel)
                ],
            },
        }
    if isinstance(channel, InputsClient):
        facts["lights"] = words(channel.lights)
    if channel.ended is not None:
        facts["error"] = str(channel.ended)
    return facts


def display_facts(display: Display) -> Facts:
    """Return what is known of one display."""
    return {
        "id": display.id,
        "size": list(display.size) if display.size else None,
        "exact": display.exact,
        "monitors": [
            {"id": head.id, "x": head.x, "y": head.y, "width": head.width, "height": head.height}
            for head in display.monitors
        ],
        "surfaces": [
            {
                "id": number,
                "width": width,
                "height": height,
                "format": SurfaceFormat(kind).name.lower(),
                "primary": primary,
            }
            for number, width, height, kind, primary in display.channel.canvas.surfaces
        ],
    }


def words(flags: IntFlag) -> list[str]:
    """Return the names of the bits that are set."""
    return [flag.name.lower() for flag in type(flags) if flag in flags and flag.name]


def text(facts: Facts) -> str:
    """Return the facts for people."""
    mouse = facts["mouse"]
    lines = [
        ("address", facts["address"]),
        ("name", facts["name"] or "not told"),
        ("uuid", facts["uuid"] or "not told"),
        ("agent", "runs in the guest" if facts["agent"] else "none in the guest"),
        (
            "mouse",
            f"{' and '.join(mouse['mode']) or 'no'} mode, of {' and '.join(mouse['offered']) or 'none'}",
        ),
    ]
    for display in facts["displays"]:
        lines.append((f"display {display['id']}", display_text(display)))
        lines += [("", f"surface {each['id']}: {surface_text(each)}") for each in display["surfaces"]]
        lines += [("", f"monitor {each['id']}: {monitor_text(each)}") for each in display["monitors"]]
    for channel in facts["channels"]:
        lines.append((f"channel {channel['type']} {channel['id']}", channel_text(channel)))
    width = max(len(label) for label, _ in lines)
    return "\n".join(f"{label:<{width}}  {value}" for label, value in lines)


def display_text(display: Facts) -> str:
    """Return a display's line."""
    if display["size"] is None:
        return "no picture"
    width, height = display["size"]
    return f"{width}x{height}" + (
        "" if display["exact"] else ", not everything on it can be drawn by this version"
    )


def surface_text(surface: Facts) -> str:
    """Return a surface's line."""
    primary = ", primary" if surface["primary"] else ""
    return f"{surface['width']}x{surface['height']}, {surface['format']}{primary}"


def monitor_text(monitor: Facts) -> str:
    """Return a monitor's line."""
    return f"{monitor['width']}x{monitor['height']} at {monitor['x']}, {monitor['y']}"


def channel_text(channel: Facts) -> str:
    """Return a channel's line."""
    if "error" in channel:
        return f"failed: {channel['error']}"
    if not channel["open"]:
        return "offered"
    capabilities = channel["capabilities"]
    known = [*capabilities["channel"], *capabilities["common"]]
    return "open" + (f": {', '.join(known)}" if known else "")
