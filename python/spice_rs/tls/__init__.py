"""TLS, both halves."""

from ._stream import Cipher, Judge, Presented, TlsStream

__all__ = ["Cipher", "Judge", "Presented", "TlsStream"]
