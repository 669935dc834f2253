"""A TLS connection as a stream, over any other stream."""

from __future__ import annotations

import operator
from collections.abc import Callable
from contextlib import suppress
from typing import NamedTuple

import trio
from trio.abc import Stream

from .. import _core
from .._guard import OneTask
from .._strangers import MAGIC, recognised
from ..errors import CertificateError, TlsError
from ._carriers import carrier

READ_MAX = 1 << 18
"""Bytes given out at once to whoever does not say how many."""

RECORD_TYPES = range(20, 25)
"""First bytes of what is TLS."""


class Presented(NamedTuple):
    """What a server has shown of itself.

    Attributes:
        certificates: in DER; the server's own, then those on the way to an authority.
        message: what the key of the first certificate has signed, if the server owns it.
        signature: the signature.
        scheme: how it was made, a number of the standard's list of signature schemes.
    """

    certificates: tuple[bytes, ...]
    message: bytes
    signature: bytes
    scheme: int


class Cipher(NamedTuple):
    """What both ends have agreed on.

    Attributes:
        version: `1.2` or `1.3`.
        name: of the cipher, as `TLS_AES_256_GCM_SHA384`.
        bits: of its key.
    """

    version: str
    name: str
    bits: int


Judge = Callable[[Presented], None]
"""Looks at what a server has shown. Raises CertificateError if that is not enough."""


class TlsStream(Stream):
    """One end of a TLS connection.

    `do_handshake` comes first. A peer that goes without saying that it is done, and whatever breaks the rules, raises
    `trio.BrokenResourceError`, caused by a `TlsError` where there was one. Cancelled in the middle of sending, it can only be closed.

    Arguments:
        transport: the stream that carries the ciphertext; closed with this one.
        pipe: the end that this is.
        judge: a client's; None for a server.
    """

    def __init__(self, transport: Stream, pipe: _core.TlsPipe, judge: Judge | None = None) -> None:
        self.transport = transport
        self.pipe = pipe
        self._judge = judge
        self._carrier = carrier(transport, pipe)
        self._receiver = OneTask("another task is receiving from this TLS stream")
        self._sender = OneTask("another task is sending on this TLS stream")
        # Whoever has enciphered something sends it before anybody else does.
        self._wire = trio.Lock()
        self._open = False
        self._failed = False
        self._closed = False

    @property
    def encrypted(self) -> bool:
        """Always: what else can be said inside of TLS depends on it."""
        return True

    @property
    def cipher(self) -> Cipher | None:
        """What both ends have agreed on; None before the handshake."""
        agreed = self.pipe.cipher
        return None if agreed is None else Cipher(*agreed)

    @property
    def described(self) -> list[str]:
        """What both ends have agreed on, for people."""
        cipher = self.cipher
        return [] if cipher is None else [f"TLS {cipher.version}", cipher.name]

    @property
    def socket(self) -> _core.Socket | None:
        """What a channel receives from and sends to without Python's bytes, once the handshake is done; None where that cannot be."""
        return self._carrier.socket

    async def do_handshake(self) -> None:
        """Agree on keys, and make sure who the server is. Once that has been done, it does nothing.

        Raises:
            CertificateError: the server is not who it should be, or cannot show it.
            TlsError: the peer speaks something else, refuses, or goes away.
            trio.BrokenResourceError: the connection broke.

        Cancelled or failed, the stream can only be closed.
        """
        await trio.lowlevel.checkpoint()
        with self._receiver.only(), self._sender.only():
            self._check_failed()
            try:
                while not self._open:
                    await self._advance_handshake()
            except BaseException:
                self._failed = True
                self._carrier.close()
                raise

    async def receive_some(self, max_bytes: int | None = None) -> bytes:
        """Receive data: at least one byte, none at the end of the stream."""
        limit = READ_MAX if max_bytes is None else operator.index(max_bytes)
        if limit < 1:
            raise ValueError("max_bytes must be at least 1")
        with self._receiver.only():
            self._check_open()
            if self.pipe.has_outgoing:
                await self._answer()
            try:
                return await self._carrier.receive(limit)
            except TlsError as error:
                await self._say_last_words()
                raise trio.BrokenResourceError(str(error)) from error

    async def send_all(self, data: bytes | bytearray | memoryview) -> None:
        """Send data."""
        with self._sender.only():
            if self._wire.locked():
                await self._wire.acquire()
            else:
                # Without a turn of the loop: sending itself takes one.
                self._wire.acquire_nowait()
            try:
                self._check_open()
                await self._carrier.send(data)
            except TlsError as error:
                raise trio.BrokenResourceError(str(error)) from error
            finally:
                self._wire.release()

    async def wait_send_all_might_not_block(self) -> None:
        """Wait until there is room to send."""
        with self._sender.only():
            self._check_open()
            async with self._wire:
                await self.transport.wait_send_all_might_not_block()

    async def aclose(self) -> None:
        """Say goodbye if that is possible, and close the stream below; the peer's goodbye is not waited for."""
        try:
            if self._open and not (self._closed or self._wire.locked()):
                self._closed = True
                with suppress(TlsError):
                    self.pipe.close()
                    await self._say_last_words()
        finally:
            self._closed = True
            self._carrier.close()
            await self.transport.aclose()

    # The handshake.

    async def _advance_handshake(self) -> None:
        try:
            state = self.pipe.handshake()
        except TlsError as error:
            await self._say_last_words()
            raise self._explained(error) from error
        await self._carrier.flush()
        if state == "waiting":
            if not await self._carrier.fill():
                raise TlsError("the peer closed the connection in the middle of the TLS handshake")
            return
        if state == "judging":
            await self._decide()
        self._open = True

    async def _decide(self) -> None:
        """Look at what the server has shown; nothing has been sent to it that is not its own."""
        presented = self.pipe.presented
        assert presented is not None
        try:
            if self._judge is None:
                raise CertificateError(
                    "nobody has said which servers are to be trusted", reason="unknown issuer"
                )
            self._judge(Presented(*presented))
        except BaseException:
            with suppress(TlsError):
                self.pipe.close()
            await self._say_last_words()
            raise
        self.pipe.trust()

    def _explained(self, error: TlsError) -> TlsError:
        """Say what the peer speaks, if that is not TLS."""
        opening = self.pipe.opening
        if not opening or opening[0] in RECORD_TYPES:
            return error
        if opening.startswith(MAGIC):
            return TlsError("the peer speaks SPICE without TLS there: connect to a plain port by spice://")
        protocol, advice = recognised(opening) or ("something else", "check the port")
        return TlsError(f"the peer does not speak TLS there, but {protocol}; {advice}")

    async def _say_last_words(self) -> None:
        """Send what the pipe has to say in the end; whoever holds the wire sends it otherwise."""
        if self._wire.locked():
            return
        # At once: who closes by force is cancelled already, and a socket takes the words all the same.
        self._wire.acquire_nowait()
        try:
            with suppress(trio.BrokenResourceError, trio.ClosedResourceError):
                await self._carrier.say_last_words()
        finally:
            self._wire.release()

    # Pieces.

    async def _answer(self) -> None:
        """Send what the pipe has to say by itself; whoever holds the wire sends it otherwise, in front of its own."""
        if not self._wire.locked():
            async with self._wire:
                await self._carrier.flush()

    def _check(self) -> None:
        if self._closed:
            raise trio.ClosedResourceError("this TLS stream is closed")

    def _check_failed(self) -> None:
        self._check()
        if self._failed:
            raise trio.BrokenResourceError("the TLS handshake has failed")

    def _check_open(self) -> None:
        if self._closed or not self._open:
            self._check_failed()
            raise trio.NeedHandshakeError("do_handshake comes first")
