"""SASL: logins with a name, in many ways, both halves (protocol.md 1.6).

A client says who it is with a `Login`, a server whom it believes with `Logins`::

    async with spice_rs.connect("spice://host", login=Login("alice", "secret")) as session:
        ...
    async with spice_rs.serve("spice://127.0.0.1:5900", logins=Logins({"alice": "secret"})) as server:
        ...

In clear text only mechanisms are used that encrypt what follows, as the reference demands it: DIGEST-MD5, and Kerberos by GSSAPI or
GSS-SPNEGO. Inside of TLS there are SCRAM-SHA-256, SCRAM-SHA-1 and PLAIN too, and ANONYMOUS and EXTERNAL where they are asked for.
"""

from ._exchange import NoSuchMechanism, client_login, server_login
from ._layered import LayeredStream
from ._login import Login, Logins
from ._mechanism import ClientMechanism, Layer, LoginRefused, Reply, ServerMechanism

__all__ = [
    "ClientMechanism",
    "Layer",
    "LayeredStream",
    "Login",
    "LoginRefused",
    "Logins",
    "NoSuchMechanism",
    "Reply",
    "ServerMechanism",
    "client_login",
    "server_login",
]
