"""A relay in front of a server that remembers every byte, and Wireshark's opinion of them.

The capture is written by the relay itself, so it needs no rights, loses nothing, and its connections begin with their first byte.
"""

from __future__ import annotations

import contextlib
import itertools
import socket
import struct
import subprocess
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from ._process import Peer, PeerFailed

Said = tuple[float, int, int, bytes]
"""When, on which connection, in which direction, what."""

TO_SERVER, TO_CLIENT = 0, 1
LOOKS_LIKE = 5900
"""The server's port in the capture."""

PART = 60_000
"""Most bytes of a packet in the capture: an IP packet has its length in 16 bits."""


@dataclass
class Dissection:
    """What the dissector says of a session.

    Attributes:
        messages: how often it names each message.
        malformed: each frame that it cannot read, messages that it does not know, and that it has not seen all of them.
    """

    messages: Counter[str] = field(default_factory=Counter)
    malformed: list[str] = field(default_factory=list)


class Tap(Peer):
    """Listens on a free port of the loopback and connects each client to a server.

    Attributes:
        port, address: where clients are to connect.
        said: everything so far.
    """

    def __init__(self, server: int) -> None:
        super().__init__("tap")
        self._server = server
        self.said: list[Said] = []
        self._sockets: list[socket.socket] = []
        self._threads: list[threading.Thread] = []
        self._lock = threading.Lock()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self.address = f"spice://127.0.0.1:{self.port}"
        self._spawn(self._accept)

    @property
    def connections(self) -> int:
        """How many there have been."""
        return len(self._sockets) // 2

    def dissect(self) -> Dissection:
        """Return what tshark says of everything so far."""
        return dissect(self.said, self.directory)

    def stop(self) -> None:
        """End all connections."""
        # Shut down first: closing alone does not wake a thread that waits in accept or recv.
        for each in (self._listener, *self._sockets):
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join()
        for each in (self._listener, *self._sockets):
            each.close()
        super().stop()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
                server = socket.create_connection(("127.0.0.1", self._server))
            except OSError:
                return
            number = self.connections
            self._sockets += [client, server]
            self._spawn(self._carry, number, TO_SERVER, client, server)
            self._spawn(self._carry, number, TO_CLIENT, server, client)

    def _carry(self, number: int, direction: int, source: socket.socket, target: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(1 << 16):
                with self._lock:
                    self.said.append((time.time(), number, direction, data))
                target.sendall(data)
            target.shutdown(socket.SHUT_WR)

    def _spawn(self, work: object, *arguments: object) -> None:
        thread = threading.Thread(target=work, args=arguments, daemon=True)  # type: ignore[arg-type]
        self._threads.append(thread)
        thread.start()


def dissect(said: list[Said], directory: Path) -> Dissection:
    """Return what tshark says of a session that has come to rest."""
    # A relay goes on writing to its list.
    said = list(said)
    path = directory / "session.pcap"
    path.write_bytes(capture(said))
    options = ["-r", str(path), "-d", f"tcp.port=={LOOKS_LIKE},spice", "-o", "tcp.desegment_tcp_streams:TRUE"]
    fields = ["frame.protocols", "_ws.malformed", "spice.image_type", "_ws.col.Info"]
    wanted = [word for name in fields for word in ("-e", name)]
    found = Dissection()
    for line in tshark(*options, "-Y", "tcp.len > 0", "-T", "fields", "-E", "separator=/t", *wanted):
        protocols, malformed, image, info = line.split("\t", 3)
        if protocols.endswith("spice:image-jfif"):
            # Its JPEG dissector puts words of its own into the place of SPICE's.
            found.messages["Server image as JPEG"] += 1
        elif protocols.endswith("spice"):
            found.messages.update(name.partition("[")[0].strip() for name in info.split(", "))
        # It takes the header of such an image for a part of its data, and runs over the end behind a small palette.
        if malformed and image != LZ_PLT:
            found.malformed.append(line)
    found.malformed += [name for name in found.messages if "Unknown" in name]
    # Where it has lost its way it says nothing at all; what comes in two packets it may name twice.
    seen = sum(count for name, count in found.messages.items() if name not in LINK_STAGE)
    if seen < (count := count_messages(said)):
        found.malformed.append(f"{count} messages, of which it has seen {seen}")
    return found


def count_messages(said: list[Said]) -> int:
    """Return how many messages with short headers there are, by their sizes alone."""
    keys = {(number, direction) for _, number, direction, _ in said}
    return sum(len(message_cuts(*key, said)) for key in keys)


def tshark(*options: str) -> list[str]:
    """Return the lines that tshark writes; raise `PeerFailed` if it fails."""
    done = subprocess.run(["tshark", *options], stdin=subprocess.DEVNULL, capture_output=True, timeout=120)
    if done.returncode:
        raise PeerFailed(f"tshark: {done.stderr.decode(errors='replace')}")
    return done.stdout.decode(errors="replace").splitlines()


def capture(said: list[Said]) -> bytes:
    """Return a capture file of TCP connections in which that was said."""
    packets = [struct.pack("<IHHiIII", PCAP, 2, 4, 0, 0, 1 << 18, RAW_IP)]
    # How many bytes each side of each connection has sent; their numbers start with the opening packet.
    sent: dict[int, list[int]] = {}
    keys = {(number, direction) for _, number, direction, _ in said}
    cuts = {key: {*link_cuts(*key, said), *message_cuts(*key, said)} for key in keys}
    for at, number, direction, data in said:
        if number not in sent:
            sent[number] = [1, 1]
            opening = ((TO_SERVER, 0, 0, SYN), (TO_CLIENT, 0, 1, SYN | ACK), (TO_SERVER, 1, 1, ACK))
            packets += [packet(at, number, way, place, seen, flags) for way, place, seen, flags in opening]
        for part in parts(data, sent[number][direction] - 1, cuts[number, direction]):
            place, seen = sent[number][direction], sent[number][1 - direction]
            packets.append(packet(at, number, direction, place, seen, PUSH | ACK, part))
            sent[number][direction] += len(part)
    return b"".join(packets)


def link_cuts(number: int, direction: int, said: list[Said]) -> list[int]:
    """Return where the steps of the link stage end: the dissector loses its way where a packet has two of them."""
    start = stream(number, direction, said)[:16]
    if len(start) < 16:
        return []
    first = 16 + int.from_bytes(start[12:], "little")
    # The mechanism and the ticket from one side, the result from the other.
    return [first, first + 4, first + 4 + 128] if direction == TO_SERVER else [first, first + 4]


def message_cuts(number: int, direction: int, said: list[Said]) -> list[int]:
    """Return where the messages behind the link stage end, so that what it cannot read takes nothing else with it."""
    data = stream(number, direction, said)
    place, cuts = max(link_cuts(number, direction, said), default=len(data)), list[int]()
    while place + 6 <= len(data):
        place += 6 + int.from_bytes(data[place + 2 : place + 6], "little")
        cuts.append(place)
    return cuts


def stream(number: int, direction: int, said: list[Said]) -> bytes:
    """Return everything that one side said on a connection."""
    return b"".join(data for _, each, way, data in said if (each, way) == (number, direction))


def parts(data: bytes, place: int, cuts: set[int]) -> list[bytes]:
    """Cut what one side said at a place of its stream into what goes into packets."""
    inside = range(place + 1, place + len(data))
    ends = [0, *sorted(cut - place for cut in cuts.intersection(inside)), len(data)]
    pieces = (data[start:end] for start, end in itertools.pairwise(ends))
    return [piece[at : at + PART] for piece in pieces for at in range(0, len(piece), PART)]


def packet(
    at: float, number: int, direction: int, place: int, seen: int, flags: int, data: bytes = b""
) -> bytes:
    """Return one packet with IP and TCP headers; nobody looks at checksums."""
    ports = (FIRST_CLIENT + number, LOOKS_LIKE)
    source, target = ports if direction == TO_SERVER else ports[::-1]
    tcp = struct.pack(">HHIIBBHHH", source, target, place & MASK, seen & MASK, 5 << 4, flags, 65535, 0, 0)
    local = bytes((127, 0, 0, 1))
    total = 20 + len(tcp) + len(data)
    ip = struct.pack(">BBHHHBBH4s4s", 0x45, 0, total, 0, 0x4000, 64, 6, 0, local, local)
    return struct.pack("<IIII", int(at), int(at % 1 * 1e6), total, total) + ip + tcp + data


PCAP = 0xA1B2C3D4
RAW_IP = 101  # LINKTYPE_RAW
SYN, PUSH, ACK = 0x02, 0x08, 0x10
FIRST_CLIENT = 40000
MASK = 0xFFFFFFFF
LZ_PLT = "100"
LINK_STAGE = {
    "Client link message",
    "Server link message",
    "Client authentication method selection",
    "Client ticket",
    "Server ticket",
}
"""What the dissector calls the steps that are no messages."""
