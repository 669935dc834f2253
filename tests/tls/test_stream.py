"""The stream: trio's own checker, strangers at the other end, cuts, truncation, cancellation."""

from __future__ import annotations

import ssl

import pytest
import trio
from trio.testing import check_two_way_stream, lockstep_stream_pair, memory_stream_pair

from .ends import client, foreign_client, foreign_server, pair, server, shaken, socket_pair, socket_streams


@pytest.mark.parametrize("make", [pair, socket_pair])
async def test_it_is_a_stream_by_trios_rules(make) -> None:
    await check_two_way_stream(make, None)


async def test_it_is_a_stream_that_clogs_by_trios_rules(autojump_clock) -> None:
    async def make():
        left, right = lockstep_stream_pair()
        ends = client(left), server(right)
        await shaken(*ends)
        return ends

    await check_two_way_stream(make, make)


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
@pytest.mark.parametrize("streams", [socket_streams, None])
async def test_pythons_own_tls_understands_it(version, streams) -> None:
    data = bytes(range(256)) * 4000
    for ours_is_client in (True, False):
        left, right = await streams() if streams else memory_stream_pair()
        ends = (
            (client(left), foreign_server(right, maximum_version=version))
            if ours_is_client
            else (foreign_client(left, maximum_version=version), server(right))
        )
        await shaken(*ends)
        for sender, receiver in (ends, ends[::-1]):
            received = bytearray()
            async with trio.open_nursery() as nursery:
                nursery.start_soon(sender.send_all, data)
                while len(received) < len(data):
                    received += await receiver.receive_some()
            assert received == data
        for end in ends:
            await trio.aclose_forcefully(end)
