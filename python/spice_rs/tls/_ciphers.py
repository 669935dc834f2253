"""Lists of ciphers in OpenSSL's words, as connection files have them: `DEFAULT`, `HIGH:!AES128`, `ECDHE-RSA-AES256-GCM-SHA384`."""

from __future__ import annotations

import ssl
import warnings

from .. import _core


def of_openssl(text: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the versions and ciphers of this side that such a list leaves.

    OpenSSL itself reads the list. As there, it decides about TLS 1.2 only: the ciphers of 1.3 stay.

    Raises:
        ValueError: OpenSSL knows nothing in it.
    """
    # What the list says of old versions does not matter: this side does not have them.
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        try:
            context.set_ciphers(text)
        except ssl.SSLError:
            raise ValueError(f"not a list of ciphers as OpenSSL writes them: {text[:100]!r}") from None
    names = [cipher["name"] for cipher in context.get_ciphers()]
    left = {version: [name for name in names if _has(name, version)] for version in ("1.3", "1.2")}
    return tuple(version for version in left if left[version]), (*left["1.3"], *left["1.2"])


def _has(name: str, version: str) -> bool:
    try:
        _core.TlsPipe.client(versions=[version], ciphers=[name])
    except ValueError:
        return False
    return True
