"""TLS, both halves: streams, and who is trusted.

A client has a `ClientTls`::

    async with spice_rs.connect(
        "spice+tls://host:5901", tls=ClientTls(ca="ca-cert.pem", subject="O=lab,CN=host")
    ) as session:
        ...

Trust has one of three reasons, and never another in its place: the host's name, by the rules of today (`HostName`); the subject of its
certificate, of any age (`HostSubject`); or its key (`PublicKey`).
"""

from ._authorities import Authorities
from ._client import ClientTls
from ._policies import HostName, HostSubject, Policy, PublicKey, Reason
from ._server import ServerTls
from ._stream import Cipher, Judge, Presented, TlsStream

__all__ = [
    "Authorities",
    "Cipher",
    "ClientTls",
    "HostName",
    "HostSubject",
    "Judge",
    "Policy",
    "Presented",
    "PublicKey",
    "Reason",
    "ServerTls",
    "TlsStream",
]
