"""QEMU with a SPICE display: BIOS text, memtest, two heads, whatever QMP can do.

usage: python -m tests.peers.qemu [--guest bios|memtest] [--vga qxl|std|virtio|qxl-pair] [--hold 60] ...

Prints one JSON line with address and password, and stays up.
"""

from __future__ import annotations

import json
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from ._pictures import Picture
from ._process import Peer, PeerFailed, free_port
from .x509 import Certificates

GUESTS = {"bios": (), "memtest": ("-kernel", "/boot/memtest86+x64.bin")}
# Device arguments, and for each display the QMP device and head that `screendump` knows it by.
ADAPTERS: dict[str, tuple[tuple[str, ...], tuple[tuple[str, int], ...]]] = {
    "qxl": (("-device", "qxl-vga,id=video0"), (("video0", 0),)),
    "std": (("-device", "VGA,id=video0"), (("video0", 0),)),
    # Two devices, two display channels; the second shows nothing before a driver draws on it.
    "qxl-pair": (
        ("-device", "qxl-vga,id=video0", "-device", "qxl,id=video1"),
        (("video0", 0), ("video1", 0)),
    ),
    # One device, two display channels, both with a picture.
    "virtio": (("-device", "virtio-vga,id=video0,max_outputs=2"), (("video0", 0), ("video0", 1))),
}


CHANNELS = {1: "main", 2: "display", 3: "inputs", 4: "cursor"}
"""Names of channels by the numbers of the protocol."""


class Qemu(Peer):
    """A virtual machine without a disk, with SPICE on a free port of the loopback or on a UNIX socket.

    Arguments:
        guest: `bios` (text that ends in "no bootable device" with a blinking cursor) or `memtest` (changes for ever).
        vga: a key of `ADAPTERS`.
        unix: listen on a socket in the peer's own directory instead of TCP.
        compression: QEMU's image-compression; lz4 is not accepted there, a client asks for it.
        memory_mib: with 256 or more, memtest takes 15 s to measure it before it draws.
        spice: more options of -spice, by name.
        sasl: clients log in by SASL; the environment that `sasl.configure` gave.
        tls: what to show at a TLS port.
        plain: listen on a port without TLS too.
        tls_channels, plaintext_channels: channels that may only come so.
        extra: more arguments for QEMU.

    Attributes:
        address: by the plain port, or the socket; by the TLS port where there is nothing else.
        port, tls_port: None where there is none.
    """

    def __init__(
        self,
        *,
        guest: str = "bios",
        vga: str = "qxl",
        unix: bool = False,
        password: str | None = None,
        compression: str | None = None,
        tablet: bool = True,
        memory_mib: int = 64,
        spice: dict[str, str] | None = None,
        sasl: dict[str, str] | None = None,
        tls: Certificates | None = None,
        plain: bool = True,
        tls_channels: tuple[str, ...] = (),
        plaintext_channels: tuple[str, ...] = (),
        extra: tuple[str, ...] = (),
        port: int | None = None,
    ) -> None:
        super().__init__("qemu")
        self.env |= (sasl or {}) | (tls.environment if tls else {})
        self.password = password
        self._guest = guest
        self.port: int | None = None
        self.tls_port: int | None = None
        self.socket_path: Path | None = None
        devices, self._displays = ADAPTERS[vga]
        options: dict[str, str] = {"seamless-migration": "off"}
        if unix:
            self.socket_path = self.directory / "spice.sock"
            self.address = f"spice+unix://{self.socket_path}"
            options |= {"unix": "on", "addr": str(self.socket_path)}
        else:
            options["addr"] = "127.0.0.1"
        if tls is not None:
            self.tls_port = free_port()
            self.address = f"spice+tls://127.0.0.1:{self.tls_port}"
            options |= {"tls-port": str(self.tls_port), "x509-dir": str(tls.directory)}
        if plain and not unix:
            self.port = free_port() if port is None else port
            self.address = f"spice://127.0.0.1:{self.port}"
            options["port"] = str(self.port)
        secret: tuple[str, ...] = ()
        if sasl is not None:
            options["sasl"] = "on"
        elif password is None:
            options["disable-ticketing"] = "on"
        else:
            # By a file, so that the password is in no process list.
            (self.directory / "password").write_text(password)
            secret = ("-object", f"secret,id=ticket,file={self.directory / 'password'}")
            options["password-secret"] = "ticket"
        if compression is not None:
            options["image-compression"] = compression
        options |= spice or {}
        rules = [f"tls-channel={name}" for name in tls_channels]
        rules += [f"plaintext-channel={name}" for name in plaintext_channels]
        arguments = [
            *("qemu-system-x86_64", "-nodefaults", "-no-user-config", "-display", "none"),
            # Not KVM: where it is nested it is slower than translation, and where it is absent QEMU would not start.
            *("-accel", "tcg", "-m", str(memory_mib)),
            *devices,
            *(("-device", "usb-ehci", "-device", "usb-tablet") if tablet else ()),
            *secret,
            *("-spice", ",".join([*(f"{name}={value}" for name, value in options.items()), *rules])),
            *GUESTS[guest],
            *extra,
        ]
        try:
            self.qmp = self._start(arguments)
        except BaseException:
            self.stop()
            raise

    def _start(self, arguments: list[str]) -> Qmp:
        ours, theirs = socket.socketpair()
        with theirs:
            number = theirs.fileno()
            monitor = ["-chardev", f"socket,id=monitor,fd={number}", "-mon", "chardev=monitor,mode=control"]
            self.start([*arguments, *monitor], pass_fds=[number])
        qmp = Qmp(ours, self)
        for port in filter(None, (self.port, self.tls_port)):
            self.wait_listening(port)
        return qmp

    @property
    def both(self) -> str:
        """The address with both ports."""
        return f"spice://127.0.0.1?port={self.port}&tls-port={self.tls_port}"

    def channels(self) -> dict[str, bool]:
        """Return the channels that clients have open, by their names, and whether each is inside of TLS, as QEMU sees it."""
        found = self.qmp.command("query-spice").get("channels", ())
        return {CHANNELS.get(each["channel-type"], "other"): each["tls"] for each in found}

    def ground_truth(self, display: int = 0) -> Picture:
        """Return what QEMU itself says is on a display."""
        device, head = self._displays[display]
        target = self.directory / "dump.ppm"
        self.qmp.command("screendump", filename=str(target), device=device, head=head)
        return parse_ppm(target.read_bytes())

    def pause(self) -> None:
        """Stop the virtual machine, so that the picture can be compared at leisure."""
        self.qmp.command("stop")

    def resume(self) -> None:
        """Let it go on."""
        self.qmp.command("cont")

    def wait_ready(self, *, timeout: float = 60) -> None:
        """Wait until the guest has drawn what it is there for: the last line of the BIOS, memtest's blue screen."""
        self.wait_until(
            f"the picture of {self._guest}", lambda: READY[self._guest](self.ground_truth()), timeout=timeout
        )

    def stop(self) -> None:
        """End QEMU and forget its monitor."""
        if hasattr(self, "qmp"):
            self.qmp.close()
        super().stop()


class Qmp:
    """QEMU's machine protocol, one command at a time; events that pass by are kept in `events`."""

    def __init__(self, connection: socket.socket, peer: Peer) -> None:
        self.events: list[dict[str, Any]] = []
        self._connection = connection
        self._peer = peer
        connection.settimeout(60)
        self._lines = connection.makefile("rb")
        self._line()  # the greeting
        self.command("qmp_capabilities")

    def command(self, execute: str, **arguments: object) -> Any:
        """Run a command and return its answer; raise `PeerFailed` with QEMU's words if it refuses."""
        self._connection.sendall(json.dumps({"execute": execute, "arguments": arguments}).encode() + b"\n")
        while True:
            answer = self._line()
            if "event" in answer:
                self.events.append(answer)
            elif "error" in answer:
                raise PeerFailed(f"{execute}: {answer['error']['desc']}")
            else:
                return answer["return"]

    def close(self) -> None:
        """Close the connection."""
        self._lines.close()
        self._connection.close()

    def _line(self) -> dict[str, Any]:
        line = self._lines.readline()
        if not line:
            raise PeerFailed(f"QEMU has gone\n{self._peer.log_tail()}")
        answer: dict[str, Any] = json.loads(line)
        return answer


def parse_ppm(data: bytes) -> Picture:
    """Return the pixels of a binary PPM file without comments, which is what QEMU writes."""
    kind, width, height, depth, _ = data.split(maxsplit=4)
    if (kind, depth) != (b"P6", b"255"):
        raise PeerFailed(f"not a PPM file of 8 bits: {data[:20]!r}")
    size = 3 * int(width) * int(height)
    return np.frombuffer(data, np.uint8, size, len(data) - size).reshape(int(height), int(width), 3)


def bios_is_done(picture: Picture) -> bool:
    """Tell whether the eighth line of the text screen is written: "No bootable device."."""
    return picture.shape == (400, 720, 3) and bool(picture[112:128].any())


def memtest_is_up(picture: Picture) -> bool:
    """Tell whether most of the screen is blue."""
    return bool(np.mean((picture[:, :, 2] > 100) & (picture[:, :, 0] == 0)) > 0.5)


READY: dict[str, Callable[[Picture], bool]] = {"bios": bios_is_done, "memtest": memtest_is_up}


def main() -> None:
    """Start one, keep it."""
    from ._command import parser, stay

    arguments = parser(__doc__)
    arguments.add_argument("--guest", default="bios", choices=list(GUESTS))
    arguments.add_argument("--vga", default="qxl", choices=list(ADAPTERS))
    arguments.add_argument("--unix", action="store_true", help="listen on a UNIX socket")
    arguments.add_argument("--password")
    arguments.add_argument("--compression")
    arguments.add_argument("--no-tablet", action="store_true", help="a relative mouse only")
    arguments.add_argument("--port", type=int)
    options = arguments.parse_args()
    stay(
        lambda: Qemu(
            guest=options.guest,
            vga=options.vga,
            unix=options.unix,
            password=options.password,
            compression=options.compression,
            tablet=not options.no_tablet,
            port=options.port,
        ),
        options.hold,
        lambda peer: {"address": peer.address, "port": peer.port, "password": peer.password},
        Qemu.wait_ready,
    )


if __name__ == "__main__":
    main()
