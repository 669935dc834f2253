"""The size of an X screen, and how a client gets another one: through RandR."""

from __future__ import annotations

import importlib
from typing import Any

from ...errors import Unsupported
from ._link import RequestRefused
from ._open import Opened

NOW = 0
ROTATE_0 = 1
MILLIMETRES_PER_PIXEL = 25.4 / 96
CONNECTED = 0


async def present_size(display: Opened) -> tuple[int, int]:
    """Return the size that the screen has now."""
    geometry = await display.link.answer(display.link.x.core.GetGeometry(display.root))
    return geometry.width, geometry.height


async def change_size(display: Opened, width: int, height: int) -> None:
    """Give the screen another size, in the mode of that size of its first output; such a mode is made if there is none.

    Raises:
        Unsupported: the display cannot have that size.
    """
    if not display.randr:
        raise Unsupported(
            f"X display {display.link.name} has no RandR, so its size stays", capability="RANDR"
        )
    try:
        await Sizer(display).change(width, height)
    except (RequestRefused, LookupError) as error:
        raise Unsupported(
            f"X display {display.link.name} cannot be {width}x{height}: {error}. An Xvfb only gets smaller than what it "
            "was started with",
            capability="RANDR",
        ) from error


class Sizer:
    """One conversation with RandR."""

    def __init__(self, display: Opened) -> None:
        import xcffib.randr

        self._display = display
        self._link = display.link
        self._randr = display.link.x(xcffib.randr.key)

    async def change(self, width: int, height: int) -> None:
        """Do as `change_size` says."""
        await self._link.answer(self._randr.QueryVersion(1, 4))
        limits = await self._link.answer(self._randr.GetScreenSizeRange(self._display.root))
        if not (
            limits.min_width <= width <= limits.max_width and limits.min_height <= height <= limits.max_height
        ):
            raise LookupError(f"its limits are {limits.max_width}x{limits.max_height}")
        resources = await self._link.answer(self._randr.GetScreenResourcesCurrent(self._display.root))
        output, info = await self._output(resources)
        mode = await self._mode(resources, output, info, width, height)
        await self._set(resources, output, info.crtc or next(iter(info.crtcs)), mode, width, height)

    async def _output(self, resources: Any) -> tuple[int, Any]:
        """Return the first output that shows something, or could."""
        found = []
        for output in resources.outputs:
            info = await self._link.answer(self._randr.GetOutputInfo(output, resources.config_timestamp))
            if info.connection == CONNECTED and (info.crtc or len(info.crtcs)):
                found.append((output, info))
        if not found:
            raise LookupError("nothing is connected")
        return min(found, key=lambda each: not each[1].crtc)

    async def _mode(self, resources: Any, output: int, info: Any, width: int, height: int) -> int:
        """Return a mode of that size which the output can have."""
        fitting = [mode.id for mode in resources.modes if (mode.width, mode.height) == (width, height)]
        ready = [mode for mode in info.modes if mode in fitting]
        if ready:
            return int(ready[0])
        mode = fitting[0] if fitting else await self._new_mode(width, height)
        self._randr.AddOutputMode(output, mode)
        return int(mode)

    async def _new_mode(self, width: int, height: int) -> int:
        randr: Any = importlib.import_module("xcffib.randr")
        # There is no monitor that would want a particular timing: the shortest that is one, sixty times a second.
        name = f"{width}x{height}_spice"
        timing = (width, width, width, 0, height, height, height)
        info = randr.ModeInfo.synthetic(0, width, height, 60 * width * height, *timing, len(name), 0)
        answer = await self._link.answer(self._randr.CreateMode(self._display.root, info, len(name), name))
        return int(answer.mode)

    async def _set(self, resources: Any, output: int, crtc: int, mode: int, width: int, height: int) -> None:
        """Turn the output off, change the screen around it, and turn it on in its mode."""
        now = await present_size(self._display)
        old = await self._link.answer(self._randr.GetCrtcInfo(crtc, resources.config_timestamp))
        await self._configure(crtc, 0, [])
        try:
            self._resize(width, height)
            await self._configure(crtc, mode, [output])
        except RequestRefused:
            # Leave no dark screen behind.
            self._resize(*now)
            await self._configure(crtc, old.mode, list(old.outputs))
            raise

    def _resize(self, width: int, height: int) -> None:
        millimetres = (round(width * MILLIMETRES_PER_PIXEL), round(height * MILLIMETRES_PER_PIXEL))
        self._randr.SetScreenSize(self._display.root, width, height, *millimetres)

    async def _configure(self, crtc: int, mode: int, outputs: list[int]) -> None:
        answer = await self._link.answer(
            self._randr.SetCrtcConfig(crtc, NOW, NOW, 0, 0, mode, ROTATE_0, len(outputs), outputs)
        )
        if answer.status != 0:
            raise RequestRefused(f"its output does not take the mode (status {answer.status})")
