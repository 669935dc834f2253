"""The proof that a server owns the key of the certificate that it shows: its signature under the handshake.

It is checked here, for every policy, and not where the handshake is made: that library takes neither the RSA keys of 1024 bits nor
the certificates of version 1 that SPICE hosts still have.
"""

from __future__ import annotations

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.asymmetric.types import CertificatePublicKeyTypes

from ..errors import CertificateError
from ._stream import Presented

SHA256, SHA384, SHA512 = hashes.SHA256(), hashes.SHA384(), hashes.SHA512()

PKCS1 = {0x0401: SHA256, 0x0501: SHA384, 0x0601: SHA512}
PSS = {0x0804: SHA256, 0x0805: SHA384, 0x0806: SHA512}
ECDSA: dict[int, tuple[hashes.HashAlgorithm, type[ec.EllipticCurve]]] = {
    0x0403: (SHA256, ec.SECP256R1),
    0x0503: (SHA384, ec.SECP384R1),
    0x0603: (SHA512, ec.SECP521R1),
}
ED25519 = 0x0807
"""Signature schemes by their numbers in the standard."""

SIGNED_IN_13 = b" " * 64
"""What is signed in TLS 1.3 begins like this; only there is a scheme bound to one curve."""


def check(presented: Presented, key: CertificatePublicKeyTypes) -> None:
    """Make sure that the server owns a key.

    Raises:
        CertificateError: it does not, or cannot be asked.
    """
    try:
        fits = _verify(presented, key)
    except (InvalidSignature, ValueError):
        fits = False
    if not fits:
        raise CertificateError(
            "the server does not own the key of the certificate that it shows: somebody else is in between, or it is misconfigured",
            reason="no proof",
            certificate=presented.certificates[0],
        )


def _verify(presented: Presented, key: CertificatePublicKeyTypes) -> bool:
    """Raise InvalidSignature for a wrong one; return whether key and scheme go together."""
    _, message, signature, scheme = presented
    if isinstance(key, rsa.RSAPublicKey) and scheme in PKCS1:
        key.verify(signature, message, padding.PKCS1v15(), PKCS1[scheme])
    elif isinstance(key, rsa.RSAPublicKey) and scheme in PSS:
        algorithm = PSS[scheme]
        key.verify(signature, message, padding.PSS(padding.MGF1(algorithm), algorithm.digest_size), algorithm)
    elif isinstance(key, ec.EllipticCurvePublicKey) and scheme in ECDSA:
        ec_algorithm, curve = ECDSA[scheme]
        if message.startswith(SIGNED_IN_13) and not isinstance(key.curve, curve):
            return False
        key.verify(signature, message, ec.ECDSA(ec_algorithm))
    elif isinstance(key, ed25519.Ed25519PublicKey) and scheme == ED25519:
        key.verify(signature, message)
    else:
        return False
    return True
