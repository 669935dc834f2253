"""What the tests of the command share."""

from __future__ import annotations

from collections.abc import Callable

import pytest


@pytest.fixture
def complaint(capsys: pytest.CaptureFixture[str]) -> Callable[[], str]:
    """Return a function that gives the one line on standard error."""

    def read() -> str:
        said = capsys.readouterr().err
        assert said.startswith("spice-rs: ")
        assert said.count("\n") == 1 and said.endswith("\n")
        return said

    return read
