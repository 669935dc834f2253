"""A server and its clients on one machine: the reference's player or ours, and the reference's viewer or ours."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import session
from serve import sequences

PLAYER = Path(__file__).with_name("player.py")


@dataclass(frozen=True, slots=True)
class Cost:
    """What one run cost, for each frame.

    Attributes:
        server: milliseconds of processor time of the server.
        client: the same of one client.
        wire: bytes that the display channel of one client received.
        update: milliseconds that the quickest call of `Screen.update` took; 0 for the reference.
    """

    server: float
    client: float
    wire: float
    update: float

    def best(self, other: Cost) -> Cost:
        """Return the lower of each: what other load adds is not ours."""
        return Cost(
            min(self.server, other.server),
            min(self.client, other.client),
            min(self.wire, other.wire),
            min(self.update, other.update),
        )


class Server:
    """A server that plays a sequence, the reference or ours."""

    def __init__(self, ours: bool, sequence: str, **options: object) -> None:
        from tests.peers._process import free_port

        self.address = f"spice://127.0.0.1:{(port := free_port())}"
        pairs = [f"{key}={value}" for key, value in options.items()]
        program = [sys.executable, str(PLAYER)] if ours else [str(session.BUILT / "player")]
        self.process = subprocess.Popen(
            [*program, str(port), str(sequences.path(sequence)), *pairs],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self._wait("listening")

    def _wait(self, word: str) -> None:
        assert self.process.stderr
        heard = []
        while word not in (line := self.process.stderr.readline()):
            heard.append(line)
            assert line, f"the player ended before it said {word}: {''.join(heard)}"

    def result(self) -> dict[str, float]:
        """Wait until it has played; return what it says."""
        out, complaint = self.process.communicate(timeout=120)
        assert out, f"the player ended: {complaint}"
        result: dict[str, float] = json.loads(out)
        return result

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        self.process.communicate()


def play(ours: bool, sequence: str, *, clients: int = 1, **options: object) -> Cost:
    """Let one server play once to reference clients."""
    with Server(ours, sequence, clients=clients, **options) as server:
        viewers = [
            subprocess.Popen(session.viewer(False, server.address), stdout=subprocess.PIPE, text=True)
            for _ in range(clients)
        ]
        played = server.result()
        shown = [json.loads(viewer.communicate(timeout=60)[0]) for viewer in viewers]
    frames = played["frames"]
    return Cost(
        1e3 * played["cpu"] / frames,
        1e3 * sum(each["cpu"] for each in shown) / frames / clients,
        sum(each["bytes"] for each in shown) / frames / clients,
        1e3 * played.get("update", 0.0),
    )


def turns(
    repeat: int, sequence: str, *, our_image: str | None = None, **options: object
) -> tuple[Cost, Cost]:
    """Let the reference and ours play in turns; the best of each."""
    reference: Cost | None = None
    own: Cost | None = None
    for _ in range(repeat):
        cost = play(False, sequence, **options)
        reference = cost if reference is None else reference.best(cost)
        cost = play(True, sequence, **(options | ({"image": our_image} if our_image else {})))
        own = cost if own is None else own.best(cost)
    assert reference is not None and own is not None
    return reference, own
