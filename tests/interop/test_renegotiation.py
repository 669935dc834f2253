"""OpenSSL at the other end, which asks for a second handshake, or for new keys, in the middle of a connection."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import trio

import spice_rs
from spice_rs.errors import TlsError
from spice_rs.server import ServerLimits
from spice_rs.tls import ClientTls
from tests.peers import Peer, require, x509
from tests.peers._process import free_port
from tests.tls.sessions import linked
from tests.tls.test_session import OWN, TRUST, only, serving

from .served import blocking

pytestmark = pytest.mark.peer

RENEGOTIATE, NEW_KEYS = b"R\n", b"K\n"
"""Lines by which a person asks OpenSSL's programs for that."""


class OpenSsl(Peer):
    """One of OpenSSL's programs for trying TLS, which does what its standard input says."""

    def __init__(self, *arguments: str) -> None:
        super().__init__("openssl")
        self._program = self.start(["openssl", *arguments], stdin=subprocess.PIPE)

    def say(self, line: bytes) -> None:
        """Give it a line; if it has gone, that is all the same."""
        assert self._program.stdin is not None
        try:
            self._program.stdin.write(line)
            self._program.stdin.flush()
        except BrokenPipeError:
            pass

    def wait_said(self, words: str) -> None:
        """Wait until its log has something."""
        self.wait_until(words, lambda: words in self.log.read_text(errors="replace"))

    def has_ended(self) -> bool:
        """Whether it has gone."""
        return self._program.poll() is not None


@contextmanager
def openssl(*arguments: str) -> Iterator[OpenSsl]:
    """Start one of the programs."""
    require("openssl")
    with OpenSsl(*arguments) as program:
        yield program


@pytest.mark.parametrize(("version", "line"), [("-tls1_2", RENEGOTIATE), ("-tls1_3", NEW_KEYS)])
async def test_a_client_that_wants_to_begin_again_costs_only_itself(version: str, line: bytes) -> None:
    limits = ServerLimits(link_seconds=2)
    async with serving(limits=limits) as (shown, address):
        with openssl("s_client", "-connect", f"127.0.0.1:{address.tls_port}", version) as program:
            await blocking(program.wait_said, "Verify return code")
            for _ in range(20):
                program.say(line)
            async with spice_rs.connect(only(address, "tls"), tls=TRUST) as session:
                await linked(session)
            with trio.fail_after(20):
                while not program.has_ended():
                    await trio.sleep(0.02)
        assert not shown.faults and len(shown._lobby) == 0
        async with spice_rs.connect(only(address, "tls"), tls=TRUST) as session:
            await linked(session)


async def test_a_server_that_wants_to_begin_again_is_refused_in_words(tmp_path: Path) -> None:
    files = x509.write(
        tmp_path,
        ca=OWN.certificate_pem,
        certificate=OWN.certificate_pem,
        key=OWN.key or b"",  # type: ignore[arg-type]
    )
    port = free_port()
    shown = ["-cert", str(files.certificate), "-key", str(files.key), "-tls1_2"]
    with openssl("s_server", "-accept", f"127.0.0.1:{port}", *shown) as program:
        await blocking(program.wait_listening, port)
        place = f"spice+tls://127.0.0.1:{port}"

        async def insist() -> None:
            await blocking(program.wait_said, "CIPHER is")
            while True:
                await blocking(program.say, RENEGOTIATE)
                await trio.sleep(0.05)

        async with trio.open_nursery() as nursery:
            nursery.start_soon(insist)
            # It never answers in SPICE: what ends the wait is that it insists.
            with pytest.raises((TlsError, spice_rs.LinkError), match="second handshake"), trio.fail_after(20):
                async with spice_rs.connect(place, tls=ClientTls(pubkey=OWN.pubkey)):
                    pass
            nursery.cancel_scope.cancel()
