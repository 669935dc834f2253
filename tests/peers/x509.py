"""Certificates for the servers: files by the names that QEMU and Xspice look for, and an OpenSSL that takes old ones."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

OPENSSL = """openssl_conf = whole
[whole]
ssl_conf = tls
[tls]
system_default = everybody
[everybody]
MinProtocol = TLSv1.2
MaxProtocol = {newest}
CipherString = DEFAULT@SECLEVEL={level}
"""


@dataclass(frozen=True, slots=True)
class Certificates:
    """What a server shows: a directory for QEMU's `x509-dir`, and what its process needs to use it.

    Attributes:
        environment: of the process.
    """

    directory: Path
    environment: dict[str, str]

    @property
    def ca(self) -> Path:
        """The authority's certificate."""
        return self.directory / "ca-cert.pem"

    @property
    def certificate(self) -> Path:
        """The server's certificate."""
        return self.directory / "server-cert.pem"

    @property
    def key(self) -> Path:
        """The key of it."""
        return self.directory / "server-key.pem"


def write(
    directory: Path, *, ca: str, certificate: str, key: bytes, old: bool = False, newest: str = "1.3"
) -> Certificates:
    """Write a server's files.

    Arguments:
        ca, certificate, key: as PEM.
        old: they are weaker than an OpenSSL of today takes, as on a host that was set up long ago.
        newest: version of TLS that the server speaks.
    """
    directory.mkdir(parents=True, exist_ok=True)
    config = directory / "openssl.cnf"
    config.write_text(OPENSSL.format(newest=f"TLSv{newest}", level=0 if old else 2))
    made = Certificates(directory, {"OPENSSL_CONF": str(config)})
    made.ca.write_text(ca)
    made.certificate.write_text(certificate)
    made.key.write_bytes(key)
    return made
