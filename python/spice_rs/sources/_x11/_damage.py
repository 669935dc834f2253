"""What was drawn on an X screen, as few areas that are worth a picture each."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from ...server.screen import Area
from ._link import HEADER
from ._open import Opened

WASTE = 32 * 1024
"""Pixels that a joined area may have too many: taking and comparing them costs what another picture costs by itself."""

AREAS_MAX = 16
"""Areas of one look at the screen; if there were more, the one around all is taken."""


class Damage:
    """What was drawn since it was taken the last time."""

    def __init__(self, display: Opened) -> None:
        import xcffib.damage
        import xcffib.xfixes

        self._display = display
        self._damage = display.link.x(xcffib.damage.key)
        self._fixes = display.link.x(xcffib.xfixes.key)

    async def take(self, size: tuple[int, int]) -> list[Area]:
        """Return the areas within the screen, and forget them: what is drawn from now on is told of by an event again."""
        self._damage.Subtract(self._display.damage, 0, self._display.region)
        answer = await self._display.link.raw_answer(self._fixes.FetchRegion(self._display.region))
        # Each rectangle is left, top, width, height; the answer itself begins with the one around all.
        boxes = np.frombuffer(answer, np.int16)[HEADER // 2 :].reshape(-1, 4).astype(np.int32)
        boxes[:, 2:] += boxes[:, :2]
        np.clip(boxes, 0, np.array([*size, *size]), out=boxes)
        rows = boxes[(boxes[:, 0] < boxes[:, 2]) & (boxes[:, 1] < boxes[:, 3])]
        if len(rows) > AREAS_MAX**2:
            rows = np.array([[*rows[:, :2].min(axis=0), *rows[:, 2:].max(axis=0)]])
        return joined((left, top, right, bottom) for left, top, right, bottom in rows.tolist())


def joined(areas: Iterable[Area]) -> list[Area]:
    """Return at most `AREAS_MAX` areas that cover those given, with little else."""
    result: list[Area] = []
    for area in areas:
        for place, other in enumerate(result):
            if pixels(around(area, other)) <= pixels(area) + pixels(other) + WASTE:
                result[place] = around(area, other)
                break
        else:
            result.append(area)
    if len(result) > AREAS_MAX or (result and sum(map(pixels, result)) > pixels(bounds(result))):
        return [bounds(result)]
    return result


def bounds(areas: list[Area]) -> Area:
    """Return the smallest area around some."""
    result = areas[0]
    for area in areas[1:]:
        result = around(result, area)
    return result


def around(one: Area, other: Area) -> Area:
    """Return the smallest area around two."""
    return min(one[0], other[0]), min(one[1], other[1]), max(one[2], other[2]), max(one[3], other[3])


def pixels(area: Area) -> int:
    """Return how many pixels an area has."""
    left, top, right, bottom = area
    return (right - left) * (bottom - top)
