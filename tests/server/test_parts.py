"""The parts of a server that need no client: keys, tickets, attempts, the lobby, events."""

from __future__ import annotations

import gc

import pytest
import trio
from trio.testing import MockClock

from spice_rs import server
from spice_rs.enums import ChannelType
from spice_rs.errors import LinkError
from spice_rs.messages.caps import Caps
from spice_rs.messages.link import LinkMessage
from spice_rs.server import _tickets
from spice_rs.server._input import Keys
from spice_rs.server._keys import KeyPool
from spice_rs.server._lobby import Lobby
from spice_rs.server._mailbox import EVENTS_MAX, Listeners
from spice_rs.server._tickets import Attempts, Ticket
from spice_rs.server.server import Gate


async def test_keys_are_never_handed_out_twice() -> None:
    pool = KeyPool(size=2)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(pool.keep_full)
        numbers = {(await pool.take()).private_numbers().d for _ in range(5)}
        nursery.cancel_scope.cancel()
    assert len(numbers) == 5


async def test_keys_are_made_when_nobody_is_coming(autojump_clock: MockClock) -> None:
    pool = KeyPool(size=5)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(pool.keep_full)
        while len(pool._keys) < 5:
            await trio.sleep(1)
        await pool.take()
        await trio.sleep(0.1)
        assert len(pool._keys) == 4
        while len(pool._keys) < 5:
            await trio.sleep(1)
        nursery.cancel_scope.cancel()


async def test_without_a_password_one_key_does_for_all() -> None:
    pool = KeyPool()
    assert await pool.common() is await pool.common()
    assert await pool.take() is not await pool.common()


async def test_with_a_password_each_link_has_a_key_of_its_own() -> None:
    message = LinkMessage(0, ChannelType.MAIN, 0, Caps((), ()))
    for password, expected in ((None, 1), ("secret", 2)):
        async with server.serve(password=password) as one:
            gates = [Gate(one, "here"), Gate(one, "here")]
            for gate in gates:
                gate.logins(message)
            keys = [await gate.key() for gate in gates]
        assert len(set(map(id, keys))) == expected


async def test_a_ticket_expires(autojump_clock: MockClock) -> None:
    ticket = Ticket("secret", expires_at=trio.current_time() + 10)
    assert ticket.begins_sessions
    await trio.sleep(10)
    assert not ticket.begins_sessions
    assert "secret" not in repr(ticket)


def test_a_password_that_no_ticket_carries_is_refused_at_once() -> None:
    with pytest.raises(ValueError, match="at most 60 bytes"):
        Ticket("x" * 61)


async def test_wrong_passwords_slow_down_their_address_only(autojump_clock: MockClock) -> None:
    attempts = Attempts()
    for _ in range(3):
        attempts.failed("here")
    before = trio.current_time()
    await attempts.wait("there")
    assert trio.current_time() == before
    await attempts.wait("here")
    assert trio.current_time() - before == pytest.approx(4 * _tickets.FIRST_DELAY)
    await trio.sleep(_tickets.FORGIVEN_AFTER + 1)
    assert attempts.count("here") == 0


async def test_attempts_remember_a_bounded_number_of_addresses() -> None:
    attempts = Attempts()
    for number in range(2 * _tickets.ADDRESSES_MAX):
        attempts.failed(str(number))
    assert len(attempts._failures) == _tickets.ADDRESSES_MAX


async def test_a_full_lobby_turns_out_the_oldest_of_the_address_that_has_most() -> None:
    lobby = Lobby(most=3, seconds=100)
    turned_out: list[str] = []

    async def guest(address: str) -> None:
        try:
            with lobby.enter(address):
                await trio.sleep_forever()
        except LinkError:
            turned_out.append(address)

    async with trio.open_nursery() as nursery:
        for address in ("crowd", "lone", "crowd", "newcomer"):
            nursery.start_soon(guest, address)
            await trio.testing.wait_all_tasks_blocked()
        assert turned_out == ["crowd"]
        nursery.cancel_scope.cancel()
    assert len(lobby) == 0


async def test_nobody_stays_in_the_lobby_for_ever(autojump_clock: MockClock) -> None:
    with pytest.raises(LinkError, match="over 10 s"), Lobby(most=3, seconds=10).enter("somewhere"):
        await trio.sleep_forever()


async def test_who_listens_slowly_makes_others_wait_and_who_has_gone_does_not() -> None:
    listeners = Listeners()
    events = listeners.open()
    event = server.LocksChanged(None, 0)  # type: ignore[arg-type]
    with trio.move_on_after(0.1) as scope:
        for _ in range(EVENTS_MAX + 1):
            await listeners.tell(event)
    assert scope.cancelled_caught
    assert [await anext(events) for _ in range(EVENTS_MAX)] == [event] * EVENTS_MAX
    del events
    gc.collect()
    for _ in range(2 * EVENTS_MAX):
        await listeners.tell(event)


@pytest.mark.parametrize(
    ("data", "keys"),
    [
        ("1e9e", [(0x1E, True), (0x1E, False)]),
        ("e01de09d", [(0x1DE0, True), (0x1DE0, False)]),
        ("e11d45e19dc5", [(0x46E0, True), (0x46E0, False)]),
        ("e1051e", [(0x1E, True)]),
        ("001e80e000", [(0x1E, True)]),
        ("e0e0e01d", [(0x1DE0, True)]),
    ],
)
def test_scan_codes_are_put_together_wherever_they_are_cut(data: str, keys: list[tuple[int, bool]]) -> None:
    raw = bytes.fromhex(data)
    assert list(Keys().feed(raw)) == keys
    one_by_one = Keys()
    assert [key for byte in raw for key in one_by_one.feed(bytes([byte]))] == keys
