"""What else may speak where SPICE was expected, told by its first bytes."""

from __future__ import annotations

from .errors import NotSpice

MAGIC = b"REDQ"
"""The first bytes of SPICE."""


def not_spice(start: bytes) -> NotSpice:
    """Say what it is that answered with these bytes instead of SPICE."""
    if known := recognised(start):
        protocol, advice = known
        return NotSpice(f"not a SPICE server: it speaks {protocol}; {advice}", protocol=protocol)
    shown = start[:40].decode("ascii", "backslashreplace") if start.isascii() else start[:16].hex(" ")
    return NotSpice(f"not a SPICE server: it answered with {shown!r}; check the port")


def recognised(start: bytes) -> tuple[str, str] | None:
    """Return which protocol begins like this, and what to do then; None for one that is not known here."""
    for prefix, protocol, advice in STRANGERS:
        if start.startswith(prefix):
            return protocol, advice
    return None


STRANGERS = (
    (b"RFB ", "VNC", "use a VNC client, or the port of the machine's SPICE display"),
    (b"HTTP/", "HTTP", "check the port; a web console or proxy is no SPICE port"),
    (b"<", "HTTP", "check the port; a web console or proxy is no SPICE port"),
    (b"\x15\x03", "TLS", "this is a TLS port: connect to it by spice+tls://"),
    (b"SSH-", "SSH", "check the port"),
    (b"\x03\x00", "RDP", "use an RDP client"),
    (b'{"QMP"', "QMP", "this is QEMU's monitor; use the port of its SPICE display"),
    (b"QEMU ", "QEMU's monitor", "use the port of its SPICE display"),
    (b"220 ", "FTP or SMTP", "check the port"),
)
"""First bytes of what else may listen."""
