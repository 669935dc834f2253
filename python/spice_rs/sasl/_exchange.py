"""The login itself, framed as SPICE frames it: the client's half and the server's (protocol.md 1.6).

::

    client                            server
                                <-    the mechanisms, `,A,B,`
    the one chosen, first data  ->
                                <-    data, finished or not     (as often as the mechanism wants)
    data                        ->
                                <-    accepted

Data of n bytes is framed as n + 1 with a NUL behind; a length of 0 says that there is none, which is something else than empty data.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Sequence

import trio

from ..auth import Conversation
from ..errors import AuthenticationError, LinkError, RemoteProtocolError, Unsupported
from ._mechanism import ClientMechanism, LoginRefused, ServerMechanism

LENGTH = struct.Struct("<I")

LIST_MAX = 300
"""Bytes of the list that clients accept."""

NAME_MAX = 100
DATA_MAX = 1 << 20
"""Bytes of a mechanism's name and of one piece of data, as the reference server bounds them."""

STEPS_MAX = 16
"""Steps of a login; no mechanism has half as many."""

REFUSAL = b"Authentication failed\0"


async def client_login(
    conversation: Conversation, choose: Callable[[Sequence[str]], ClientMechanism]
) -> ClientMechanism:
    """Log in; return the mechanism that did it.

    Arguments:
        choose: picks a mechanism from those that the server offers, or raises.

    Raises:
        AuthenticationError: the server does not believe it, or is not who it says.
        RemoteProtocolError: the server breaks the rules.
    """
    names = _names(await _take(conversation, LIST_MAX, "mechanisms"))
    mechanism = choose(names)
    await conversation.send(LENGTH.pack(len(mechanism.name)) + mechanism.name.encode())
    await _send(conversation, await trio.to_thread.run_sync(mechanism.step, None))
    for _ in range(STEPS_MAX):
        challenge, finished = await _take_step(conversation, mechanism)
        # An end without data has nothing to be looked at; a step without data is one all the same.
        has_step = not (finished and challenge is None)
        answer = await trio.to_thread.run_sync(mechanism.step, challenge or b"") if has_step else None
        if finished:
            return await _accepted(conversation, mechanism)
        await _send(conversation, answer)
    raise RemoteProtocolError(f"the login by {mechanism.name} has no end", message="SASL")


async def server_login(
    conversation: Conversation, mechanisms: dict[str, Callable[[], ServerMechanism]]
) -> ServerMechanism:
    """Let a client log in; return the mechanism that did it, with the user's name.

    Raises:
        LoginRefused: the client did not prove who it is, or broke the rules. It is to be hung up on, without a word.
        NoSuchMechanism: it wants one that was not offered.
    """
    offer = "".join(f",{name}" for name in mechanisms) + ","
    await conversation.send(LENGTH.pack(len(offer)) + offer.encode())
    size = LENGTH.unpack(await conversation.take(LENGTH.size))[0]
    if not 0 < size <= NAME_MAX:
        raise LoginRefused(f"a mechanism's name of {size} bytes")
    name = (await conversation.take(size)).decode("latin-1")
    if name not in mechanisms:
        raise NoSuchMechanism(f"the client wants to log in by {name!r}")
    mechanism = mechanisms[name]()
    for _ in range(STEPS_MAX):
        response = await _take_from_client(conversation)
        reply = await trio.to_thread.run_sync(mechanism.step, response)
        await conversation.send(_framed(reply.data) + bytes([reply.finished]))
        if reply.finished:
            await conversation.send(LENGTH.pack(0))
            return mechanism
    raise LoginRefused("the login has no end")


class NoSuchMechanism(LoginRefused):
    """The client asked for what was not offered."""


def _names(text: bytes) -> list[str]:
    return [name for name in text.decode("latin-1").split(",") if name]


async def _take_step(conversation: Conversation, mechanism: ClientMechanism) -> tuple[bytes | None, bool]:
    try:
        data = _unframed(await _take(conversation, DATA_MAX, "data"))
        return data, (await conversation.take(1)) != b"\0"
    except LinkError as error:
        if isinstance(error, AuthenticationError | Unsupported):
            raise
        # Servers hang up without a word on who does not know the password (protocol.md 1.6).
        raise AuthenticationError(
            f"the server hung up during the login by {mechanism.name}: wrong name or password, most likely"
        ) from error


async def _accepted(conversation: Conversation, mechanism: ClientMechanism) -> ClientMechanism:
    if not mechanism.done:
        raise AuthenticationError(
            f"{mechanism.name}: the server ends the login before it has proven who it is"
        )
    verdict = LENGTH.unpack(await conversation.take(LENGTH.size))[0]
    if verdict == 0:
        return mechanism
    reason = (await _take(conversation, 1024, "reason")).rstrip(b"\0").decode(errors="replace")
    raise AuthenticationError(
        f"the server refuses the login by {mechanism.name}: {reason}; it may want TLS, or a mechanism that encrypts"
    )


async def _take(conversation: Conversation, most: int, what: str) -> bytes:
    size = LENGTH.unpack(await conversation.take(LENGTH.size))[0]
    if size > most:
        raise RemoteProtocolError(f"{size} bytes of {what}, {most} at most", message="SASL", field=what)
    return await conversation.take(size)


async def _take_from_client(conversation: Conversation) -> bytes | None:
    size = LENGTH.unpack(await conversation.take(LENGTH.size))[0]
    if size > DATA_MAX:
        raise NoSuchMechanism(f"{size} bytes of data")
    return _unframed(await conversation.take(size))


async def _send(conversation: Conversation, data: bytes | None) -> None:
    await conversation.send(_framed(data))


def _framed(data: bytes | None) -> bytes:
    return LENGTH.pack(0) if data is None else LENGTH.pack(len(data) + 1) + data + b"\0"


def _unframed(data: bytes) -> bytes | None:
    return data[:-1] if data else None


__all__ = ["NoSuchMechanism", "client_login", "server_login"]
