"""What TLS costs: ours against Python's `ssl` under trio.SSLStream and against plain TCP, both ends in one process, in turns.

usage: tls.py [--rounds N] [stream|session|handshake ...]

stream     a stream as a session makes it (small messages in bunches, now and then a picture), through a stream of each kind
session    whole sessions: uncompressed frames from our server to our client over each kind of connection
handshake  what it adds to opening a connection, for two kinds of keys

Of throughputs, in bytes a second of processor time of the whole process, the best of all rounds counts; of handshakes the median.
"""

from __future__ import annotations

import argparse
import random
import ssl
import statistics
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import numpy as np
import trio
import trustme
from trio.abc import Stream

import spice_rs
from spice_rs.server import Compression, Encoding
from spice_rs.tls import ClientTls, ServerTls, TlsStream

LEAST = 2.0
"""How many times the throughput of Python's ssl ours must have."""

HANDSHAKE_MOST = 10.0
"""Milliseconds that a handshake may add."""

AUTHORITY = trustme.CA()
LEAVES = {
    "ECDSA P-256": AUTHORITY.issue_cert("127.0.0.1", key_type=trustme.KeyType.ECDSA),
    "RSA 2048": AUTHORITY.issue_cert("127.0.0.1", key_type=trustme.KeyType.RSA),
}
TRUST = ClientTls(ca=AUTHORITY.cert_pem.bytes())

Ends = tuple[Stream, Stream]


def identity(leaf: trustme.LeafCert) -> ServerTls:
    """What our server shows."""
    chain = b"".join(each.bytes() for each in leaf.cert_chain_pems)
    return ServerTls(certificate=chain, key=leaf.private_key_pem.bytes())


async def plain(_leaf: str = "ECDSA P-256") -> Ends:
    """A TCP connection."""
    (listener,) = await trio.open_tcp_listeners(0, host="127.0.0.1")
    async with listener:
        one = await trio.open_tcp_stream(*listener.socket.getsockname())
        return one, await listener.accept()


async def ours(leaf: str = "ECDSA P-256") -> Ends:
    """Our TLS on one."""
    one, other = await plain()
    server = TlsStream(other, spice_rs._core.TlsPipe.server(IDENTITIES[leaf]._identity))
    async with trio.open_nursery() as nursery:
        nursery.start_soon(server.do_handshake)
        client = await TRUST.secure(one, "127.0.0.1")
    return client, server


async def pythons(leaf: str = "ECDSA P-256") -> Ends:
    """Python's."""
    one, other = await plain()
    client = trio.SSLStream(one, CLIENT_CONTEXT, server_hostname="127.0.0.1")
    server = trio.SSLStream(other, SERVER_CONTEXTS[leaf], server_side=True)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(server.do_handshake)
        await client.do_handshake()
    return client, server


IDENTITIES = {name: identity(leaf) for name, leaf in LEAVES.items()}
CLIENT_CONTEXT = ssl.create_default_context()
AUTHORITY.configure_trust(CLIENT_CONTEXT)
SERVER_CONTEXTS = {name: ssl.create_default_context(ssl.Purpose.CLIENT_AUTH) for name in LEAVES}
for _name, _leaf in LEAVES.items():
    _leaf.configure_cert(SERVER_CONTEXTS[_name])

KINDS: dict[str, Callable[..., Awaitable[Ends]]] = {"plain TCP": plain, "ours": ours, "Python's ssl": pythons}


# A stream.


def writes() -> list[int]:
    """Sizes of what a display channel writes: bunches of small drawing, and pictures."""
    generator = random.Random(1)
    sizes = []
    for _ in range(120):
        bunch = sum(int(generator.lognormvariate(6, 1.2)) + 30 for _ in range(generator.randint(5, 40)))
        sizes.append(bunch)
        if generator.random() < 0.3:
            sizes.append(int(generator.lognormvariate(11.5, 1)))
    return sizes


async def throughput(ends: Ends) -> float:
    sender, receiver = ends
    data = random.Random(2).randbytes(max(SIZES))
    total, received = sum(SIZES), 0
    start = time.process_time()
    async with trio.open_nursery() as nursery:
        nursery.start_soon(send, sender, data)
        while received < total:
            received += len(await receiver.receive_some())
    seconds = time.process_time() - start
    for end in ends:
        await trio.aclose_forcefully(end)
    return total / seconds


async def send(stream: Stream, data: bytes) -> None:
    for size in SIZES:
        await stream.send_all(data[:size])


async def streams(rounds: int) -> None:
    best = dict.fromkeys(KINDS, 0.0)
    for _ in range(3 * rounds):
        for name, kind in KINDS.items():
            best[name] = max(best[name], await throughput(await kind()))
    report(f"a stream of {len(SIZES)} writes, {sum(SIZES) / 1e6:.0f} MB", best)


SIZES = writes() * 4


# A session.

FRAMES = 12


@asynccontextmanager
async def session(
    kind: Callable[..., Awaitable[Ends]],
) -> AsyncIterator[tuple[spice_rs.Server, spice_rs.Session]]:
    encoding = Encoding(compression=Compression.OFF)
    async with (
        spice_rs.serve(size=(1280, 800), encoding=encoding) as server,
        trio.open_nursery() as nursery,
    ):

        async def opener(_kind: object, _number: int) -> Stream:
            mine, theirs = await kind()
            nursery.start_soon(server.serve_stream, theirs)
            return mine

        async with spice_rs.connect(opener) as client:
            await still()
            yield server, client
        nursery.cancel_scope.cancel()


async def still() -> None:
    """Wait until the server has made its keys: nothing else uses the processor then."""
    used = -1.0
    while time.process_time() - used > 0.02:
        used = time.process_time()
        await trio.sleep(0.05)


async def watch(server: spice_rs.Server, client: spice_rs.Session) -> float:
    """Show noise; return bytes of it a second."""
    generator = np.random.default_rng(3)
    frames = [generator.integers(0, 256, (800, 1280, 4), np.uint8) for _ in range(4)]
    seconds = 0.0
    for number in range(FRAMES + 1):
        picture = frames[number % 4]
        picture[-1, -1, 0] = number
        start = time.process_time()
        await server.screen.update(picture)
        frame = await client.display.frame()
        while np.asarray(frame)[-1, -1, 0] != number:
            await client.display.wait_version(frame.version)
            frame = await client.display.frame()
        # The first has memory to get.
        seconds += (time.process_time() - start) if number else 0.0
    return FRAMES * 800 * 1280 * 4 / seconds


async def sessions(rounds: int) -> None:
    best = dict.fromkeys(KINDS, 0.0)
    # Twice as many: on a busy machine half of them are disturbed.
    for _ in range(2 * rounds):
        for name, kind in KINDS.items():
            async with session(kind) as ends:
                best[name] = max(best[name], await watch(*ends))
    report(f"a session, {FRAMES} frames of 1280x800 without compression", best)


# Handshakes.


async def opening(kind: Callable[..., Awaitable[Ends]], leaf: str) -> float:
    start = time.perf_counter()
    ends = await kind(leaf)
    seconds = time.perf_counter() - start
    for end in ends:
        await trio.aclose_forcefully(end)
    return seconds


async def handshakes(rounds: int) -> None:
    print("\n| what a handshake adds, both ends | ours | Python's ssl | must |\n|---|---|---|---|")
    for leaf in LEAVES:
        found: dict[str, list[float]] = {name: [] for name in KINDS}
        for _ in range(15 * rounds):
            for name, kind in KINDS.items():
                found[name].append(await opening(kind, leaf))
        bare, own, other = (statistics.median(each) * 1e3 for each in found.values())
        verdict = "met" if own - bare < HANDSHAKE_MOST else "MISSED"
        print(
            f"| {leaf} | {own - bare:.1f} ms | {other - bare:.1f} ms | less than {HANDSHAKE_MOST:.0f} ms: {verdict} |",
            flush=True,
        )


def report(what: str, best: dict[str, float]) -> None:
    bare, own, other = best.values()
    verdict = "met" if own / other >= LEAST else "MISSED"
    print(
        f"\n| {what} | MB/s of processor time | against ours |\n|---|---|---|\n"
        f"| plain TCP | {bare / 1e6:.0f} | {bare / own:.2f} |\n| ours | {own / 1e6:.0f} | |\n"
        f"| Python's ssl | {other / 1e6:.0f} | 1/{own / other:.2f}, {verdict} {LEAST:g} |",
        flush=True,
    )


PARTS: dict[str, Callable[[int], Awaitable[None]]] = {
    "stream": streams,
    "session": sessions,
    "handshake": handshakes,
}


async def run(parts: list[str], rounds: int) -> None:
    for part in parts:
        await PARTS[part](rounds)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("parts", nargs="*", choices=[[], *PARTS], default=[])
    parser.add_argument("--rounds", type=int, default=4)
    options = parser.parse_args()
    trio.run(run, options.parts or list(PARTS), options.rounds)


if __name__ == "__main__":
    sys.exit(main())
