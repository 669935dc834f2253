"""A Kerberos realm on the loopback: a KDC, a user with a ticket, and the keys of spice/localhost."""

from __future__ import annotations

import socket

from ._process import Peer, free_port

REALM = "LAB.TEST"
USER, PASSWORD = "alice", "secret123"

CONFIG = """[libdefaults]
 default_realm = {realm}
 dns_lookup_realm = false
 dns_lookup_kdc = false
 rdns = false
 ignore_acceptor_hostname = true
 dns_canonicalize_hostname = false
 udp_preference_limit = 1
[realms]
 {realm} = {{
  kdc = 127.0.0.1:{port}
 }}
[domain_realm]
 localhost = {realm}
"""

KDC_CONFIG = """[kdcdefaults]
 kdc_listen = 127.0.0.1:{port}
 kdc_tcp_listen = 127.0.0.1:{port}
[realms]
 {realm} = {{
  database_name = {directory}/principal
  key_stash_file = {directory}/stash
  acl_file = {directory}/acl
 }}
"""


class Realm(Peer):
    """A realm with one user.

    Attributes:
        environment: what programs need that are to use it: the configuration and the user's tickets.
        keytab: with the keys of the service.
    """

    def __init__(self) -> None:
        super().__init__("kerberos")
        port = free_port()
        values = {"realm": REALM, "port": port, "directory": self.directory}
        (self.directory / "krb5.conf").write_text(CONFIG.format(**values))
        (self.directory / "kdc.conf").write_text(KDC_CONFIG.format(**values))
        self.keytab = self.directory / "krb5.keytab"
        self.environment = {
            "KRB5_CONFIG": str(self.directory / "krb5.conf"),
            "KRB5CCNAME": f"FILE:{self.directory}/tickets",
        }
        self.env |= self.environment | {"KRB5_KDC_PROFILE": str(self.directory / "kdc.conf")}
        try:
            self._fill()
            self.start(["krb5kdc", "-n", "-P", str(self.directory / "kdc.pid")])
            self.wait_listening(port)
            self._log_in()
        except BaseException:
            self.stop()
            raise

    def _fill(self) -> None:
        self.run(["kdb5_util", "create", "-s", "-r", REALM, "-P", "masterpw"])
        self._admin(f"addprinc -pw {PASSWORD} {USER}")
        for host in {"localhost", socket.gethostname()}:
            self._admin(f"addprinc -randkey spice/{host}")
            self._admin(f"ktadd -k {self.keytab} spice/{host}")

    def _admin(self, command: str) -> None:
        self.run(["kadmin.local", "-r", REALM, "-q", command])

    def _log_in(self) -> None:
        password = self.directory / "password"
        password.write_text(PASSWORD + "\n")
        self.run(["sh", "-c", f"kinit {USER} <{password}"])
