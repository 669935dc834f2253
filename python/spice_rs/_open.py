"""Enumerations that a newer peer may extend: a value without a name is kept, never an error."""

from enum import KEEP, IntEnum, IntFlag
from typing import Self


class OpenEnum(IntEnum):
    """An integer with names for the values that are known; any other becomes a member named by its number."""

    @classmethod
    def _missing_(cls, value: object) -> Self | None:
        if not isinstance(value, int) or value < 0:
            return None
        member = int.__new__(cls, value)
        member._name_ = hex(value)
        member._value_ = value
        return member


class OpenFlags(IntFlag, boundary=KEEP):
    """A set of bits with names for those that are known; the others are kept."""

    @classmethod
    def _missing_(cls, value: object) -> Self | None:
        found: Self | None = super()._missing_(value)
        if isinstance(value, int) and value & ~int(cls._flag_mask_):  # type: ignore[attr-defined]
            # The enum module remembers every combination it has seen. A peer could fill memory with unknown ones.
            cls._value2member_map_.pop(value, None)
        return found
