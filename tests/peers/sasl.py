"""Cyrus SASL for the reference server: its configuration and a database of passwords, in a directory of a test's own."""

from __future__ import annotations

import socket
import subprocess
from pathlib import Path

PROGRAMS = ("qemu", "xspice")
"""What the two servers call themselves: each reads the file of its own name."""


def configure(
    directory: Path, mechanisms: str, users: dict[str, str] | None = None, *, keytab: Path | None = None
) -> dict[str, str]:
    """Write a configuration that offers these mechanisms; return the environment that makes a server use it.

    Arguments:
        mechanisms: their names with blanks between them.
        keytab: with the keys of spice/localhost, for GSSAPI.
    """
    directory.mkdir(parents=True, exist_ok=True)
    database = directory / "sasl.db"
    lines = [
        f"mech_list: {mechanisms}",
        f"sasldb_path: {database}",
        "auxprop_plugin: sasldb",
        "pwcheck_method: auxprop",
    ]
    lines += [f"keytab: {keytab}"] if keytab else []
    for program in PROGRAMS:
        (directory / f"{program}.conf").write_text("\n".join(lines) + "\n")
        for user, password in (users or {}).items():
            for realm in ("localhost", socket.gethostname()):
                add(database, program, realm, user, password)
    return {"SASL_CONF_PATH": str(directory)} | ({"KRB5_KTNAME": str(keytab)} if keytab else {})


def add(database: Path, program: str, realm: str, user: str, password: str) -> None:
    """Put a password into the database."""
    command = ["saslpasswd2", "-p", "-c", "-f", str(database), "-a", program, "-u", realm, user]
    subprocess.run(command, input=password.encode(), check=True, capture_output=True)
