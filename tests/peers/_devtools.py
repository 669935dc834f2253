"""A browser without a window, driven through its own debugging protocol over two pipes."""

from __future__ import annotations

import fcntl
import json
import os
import select
import time
from collections.abc import Callable
from typing import Any

from ._process import Peer, PeerFailed

FLAGS = (
    "--headless=new --no-sandbox --disable-gpu --disable-dev-shm-usage --no-first-run --disable-sync --disable-extensions "
    "--disable-background-networking --disable-component-update --disable-default-apps --mute-audio --remote-debugging-pipe"
).split()

ON_START = (3, 4)
"""The file descriptors that the browser reads commands from and writes answers to."""


class Browser(Peer):
    """Chromium with one page.

    Arguments:
        flags: further ones for its command line.

    Attributes:
        events: what the page has said without being asked: console lines, exceptions.
    """

    def __init__(self, *flags: str) -> None:
        super().__init__("browser")
        self._flags = flags
        self.events: list[dict[str, Any]] = []
        self._said = bytearray()
        self._answer: dict[str, Any] = {}
        self._count = 0
        self._pipes: list[int] = []
        try:
            self._start()
        except BaseException:
            self.stop()
            raise

    def call(self, method: str, **parameters: object) -> dict[str, Any]:
        """Do one thing on the page, and return what comes of it."""
        return self._call(method, parameters, self._session)

    def evaluate(self, expression: str) -> Any:
        """Return the value of an expression of JavaScript, and wait for it if it is a promise.

        Raises:
            PeerFailed: it threw something.
        """
        said = self.call("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        if "exceptionDetails" in said:
            raise PeerFailed(f"the page: {said['exceptionDetails']}")
        return said["result"].get("value")

    def open(self, url: str, *, first: str = "") -> None:
        """Load a page; `first` is JavaScript that runs before any of its own."""
        if first:
            self.call("Page.addScriptToEvaluateOnNewDocument", source=first)
        self.call("Page.navigate", url=url)

    def console(self) -> list[str]:
        """Return what the page has written to its console, and the exceptions that nobody caught."""
        self._take(lambda: True)
        lines = []
        for event in self.events:
            if event["method"] == "Runtime.consoleAPICalled":
                words = [str(word.get("value", word.get("description"))) for word in event["params"]["args"]]
                lines.append(" ".join(words))
            elif event["method"] == "Runtime.exceptionThrown":
                details = event["params"]["exceptionDetails"]
                lines.append(str(details.get("exception", {}).get("description", details["text"])))
        return lines

    def network(self) -> list[str]:
        """Return what the browser says of connections that failed."""
        self._take(lambda: True)
        entries = [event["params"]["entry"] for event in self.events if event["method"] == "Log.entryAdded"]
        return [entry["text"] for entry in entries]

    def stop(self) -> None:
        """End the browser."""
        super().stop()
        while self._pipes:
            os.close(self._pipes.pop())

    def _start(self) -> None:
        theirs_in, self._commands = pipe()
        self._answers, theirs_out = pipe()
        self._pipes += [self._commands, self._answers]
        try:
            # A shell, because only it can give them the numbers that the browser expects.
            moved = f'exec chromium "$@" {ON_START[0]}<&{theirs_in} {ON_START[1]}>&{theirs_out}'
            profile = f"--user-data-dir={self.directory / 'profile'}"
            command = ["bash", "-c", moved, "chromium", *FLAGS, *self._flags, profile, "about:blank"]
            self.start(command, pass_fds=(theirs_in, theirs_out))
        finally:
            os.close(theirs_in)
            os.close(theirs_out)
        target = self._call("Target.createTarget", {"url": "about:blank"})["targetId"]
        attached = self._call("Target.attachToTarget", {"targetId": target, "flatten": True})
        self._session: str = attached["sessionId"]
        for domain in ("Runtime", "Page", "Log"):
            self.call(f"{domain}.enable")

    def _call(self, method: str, parameters: dict[str, object], session: str | None = None) -> dict[str, Any]:
        self._count += 1
        request: dict[str, object] = {"id": self._count, "method": method, "params": parameters}
        if session:
            request["sessionId"] = session
        os.write(self._commands, json.dumps(request).encode() + b"\0")
        self._take(lambda: self._answer.get("id") == self._count, seconds=30)
        if self._answer.get("id") != self._count:
            raise PeerFailed(f"the browser does not answer {method}\n{self.log_tail()}")
        if "error" in self._answer:
            raise PeerFailed(f"the browser refuses {method}: {self._answer['error']}")
        result: dict[str, Any] = self._answer["result"]
        return result

    def _take(self, is_enough: Callable[[], bool], seconds: float = 0) -> None:
        """Take what the browser says until something is so, or nothing comes any more."""
        deadline = time.monotonic() + seconds
        while select.select([self._answers], [], [], max(0, deadline - time.monotonic()))[0]:
            data = os.read(self._answers, 1 << 20)
            if not data:
                raise PeerFailed(f"the browser has ended\n{self.log_tail()}")
            self._said += data
            *messages, self._said = self._said.split(b"\0")
            for message in map(json.loads, messages):
                if "id" in message:
                    self._answer = message
                else:
                    self.events.append(message)
            if seconds and is_enough():
                return


def pipe() -> tuple[int, int]:
    """Make a pipe whose ends have numbers that are not in the way of `ON_START`."""
    ends = os.pipe()
    moved = [fcntl.fcntl(end, fcntl.F_DUPFD_CLOEXEC, 10) for end in ends]
    for end in ends:
        os.close(end)
    return moved[0], moved[1]
