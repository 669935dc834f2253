"""One exception out of a nursery: users of this package never see a group unless two things really failed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import trio


@contextmanager
def plain_errors() -> Iterator[None]:
    """Let a lone error leave a nursery as itself.

    A cancelled task beside the error is part of the same failure and goes with it; two different errors stay a group.
    """
    try:
        yield
    except BaseExceptionGroup as group:
        rest = group.subgroup(lambda error: not isinstance(error, trio.Cancelled))
        errors = leaves(rest or group)
        if len(errors) > 1:
            raise
        lone = errors[0]
        # The group would only repeat the error; what the error itself was raised from is kept.
        raise lone from lone.__cause__


def leaves(error: BaseException) -> list[BaseException]:
    """Return the errors in a group, and in the groups in it."""
    if not isinstance(error, BaseExceptionGroup):
        return [error]
    return [leaf for part in error.exceptions for leaf in leaves(part)]
