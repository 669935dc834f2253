"""Who may log in at a server."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Users:
    """Names and passwords: a table, or a function that returns the password of a name, or None.

    The function is called in a worker thread.
    """

    source: Mapping[str, str] | Callable[[str], str | None] = field(default_factory=dict, repr=False)

    def password(self, user: str) -> str | None:
        """Return the password of a user, None for one that nobody knows."""
        return self.source(user) if callable(self.source) else self.source.get(user)
