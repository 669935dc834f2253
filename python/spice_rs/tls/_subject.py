r"""Subjects of certificates as text: how a host-subject is written, and when a certificate has it (clients.md 2.3).

`OU=PVE Cluster Node,O=Proxmox Virtual Environment,CN=node.example.org`: parts with commas between them, in the order in which they
stand in the certificate; a backslash stands before a comma or a backslash that belongs to a value.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from cryptography import x509
from cryptography.x509.oid import NameOID, ObjectIdentifier

Parts = tuple[tuple[ObjectIdentifier, str], ...]
"""Kind and value of each part, in order."""

NAMES: dict[str, ObjectIdentifier] = {
    "C": NameOID.COUNTRY_NAME,
    "countryName": NameOID.COUNTRY_NAME,
    "ST": NameOID.STATE_OR_PROVINCE_NAME,
    "stateOrProvinceName": NameOID.STATE_OR_PROVINCE_NAME,
    "L": NameOID.LOCALITY_NAME,
    "localityName": NameOID.LOCALITY_NAME,
    "O": NameOID.ORGANIZATION_NAME,
    "organizationName": NameOID.ORGANIZATION_NAME,
    "OU": NameOID.ORGANIZATIONAL_UNIT_NAME,
    "organizationalUnitName": NameOID.ORGANIZATIONAL_UNIT_NAME,
    "CN": NameOID.COMMON_NAME,
    "commonName": NameOID.COMMON_NAME,
    "DC": NameOID.DOMAIN_COMPONENT,
    "domainComponent": NameOID.DOMAIN_COMPONENT,
    "emailAddress": NameOID.EMAIL_ADDRESS,
    "UID": NameOID.USER_ID,
    "userId": NameOID.USER_ID,
    "serialNumber": NameOID.SERIAL_NUMBER,
    "SN": NameOID.SURNAME,
    "surname": NameOID.SURNAME,
    "GN": NameOID.GIVEN_NAME,
    "givenName": NameOID.GIVEN_NAME,
    "initials": NameOID.INITIALS,
    "title": NameOID.TITLE,
    "street": NameOID.STREET_ADDRESS,
    "streetAddress": NameOID.STREET_ADDRESS,
    "postalCode": NameOID.POSTAL_CODE,
    "dnQualifier": NameOID.DN_QUALIFIER,
    "pseudonym": NameOID.PSEUDONYM,
    "generationQualifier": NameOID.GENERATION_QUALIFIER,
}
"""OpenSSL's names of what a subject is made of, short and long. Others are written as numbers with dots."""

SHORT = {kind: name for name, kind in reversed(NAMES.items())}


def parse(text: str) -> Parts:
    """Read a host-subject.

    Raises:
        ValueError: it is none; the text says what is wrong with it.
    """
    parts = tuple(_part(text, part) for part in _split(text) if part.strip(" "))
    if not parts:
        raise _wrong(text, "it is empty")
    return parts


def show(name: x509.Name) -> str:
    """Write the subject of a certificate as a host-subject."""
    return show_parts(tuple((each.oid, _text(each)) for each in name))


def show_parts(parts: Parts) -> str:
    """Write parts as a host-subject."""
    return ",".join(f"{SHORT.get(kind, kind.dotted_string)}={_escaped(value)}" for kind, value in parts)


def has(name: x509.Name, wanted: Parts) -> bool:
    """Whether a certificate's subject is the wanted one: all of its parts in the same order, case and blanks aside."""
    # Two parts that share a place are not two parts: a host-subject cannot say that.
    if any(len(list(place)) != 1 for place in name.rdns):
        return False
    return [(each.oid, _canonical(_text(each))) for each in name] == [
        (kind, _canonical(value)) for kind, value in wanted
    ]


def is_reordered(name: x509.Name, wanted: Parts) -> bool:
    """Whether only the order of the parts differs."""
    shown = sorted((each.oid.dotted_string, _canonical(_text(each))) for each in name)
    return shown == sorted((kind.dotted_string, _canonical(value)) for kind, value in wanted)


def _split(text: str) -> Iterator[str]:
    """Cut at commas that no backslash stands before; the backslashes stay."""
    if found := re.search(r"\\(?:[^\\,]|$)", re.sub(r"\\[\\,]", "", text)):
        raise _wrong(text, f"a backslash stands before a comma or a backslash only, not as in {found[0]!r}")
    return (found[0] for found in re.finditer(r"(?:\\.|[^\\,])+", text, re.DOTALL))


def _part(text: str, part: str) -> tuple[ObjectIdentifier, str]:
    key, found, value = part.lstrip(" ").partition("=")
    if not found:
        raise _wrong(text, f"{part.strip()!r} has no =")
    if not value:
        raise _wrong(text, f"{key!r} has no value")
    return _kind(text, key), re.sub(r"\\([\\,])", r"\1", value)


def _kind(text: str, key: str) -> ObjectIdentifier:
    if key in NAMES:
        return NAMES[key]
    if re.fullmatch(r"[0-2](\.[0-9]{1,10})+", key):
        return ObjectIdentifier(key)
    hint = next((f"; did you mean {name}?" for name in NAMES if name.lower() == key.lower()), "")
    raise _wrong(text, f"nothing is called {key!r} there{hint}")


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace(",", "\\,")


def _text(part: x509.NameAttribute[str | bytes]) -> str:
    return part.value if isinstance(part.value, str) else "#" + part.value.hex()


def _canonical(value: str) -> str:
    """Without differences that do not count. Only ASCII letters have a case here, as in OpenSSL."""
    lower = "".join(letter.lower() if letter.isascii() else letter for letter in value)
    return re.sub(r"[ \t\n\v\f\r]+", " ", lower).strip(" ")


def _wrong(text: str, why: str) -> ValueError:
    return ValueError(f"not a host-subject: {text!r}: {why}; write it as C=XX,O=somebody,CN=host")
