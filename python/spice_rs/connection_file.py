"""Connection files, as libvirt, Proxmox and oVirt hand them out for remote-viewer: `.vv` (clients.md 1.2).

::

    file = ConnectionFile.load("console.vv")
    print(file.host, file.tls_port, file.host_subject)


Every key that remote-viewer knows is an attribute; what nobody knows is kept in `unknown`, so that a file that is read and written
again has lost nothing. Secrets are in no repr.
"""

from __future__ import annotations

import configparser
import io
import os
import re
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, Self

from .uri import shown

__all__ = ["ConnectionFile"]

GROUP, OVIRT = "virt-viewer", "ovirt"

SIZE_MAX = 1 << 20
"""Bytes of a connection file at most: it holds a certificate or two."""


def _key(name: str, **options: Any) -> Any:
    """Declare a key of the file that is an attribute of the same name with underscores."""
    return field(default=None, metadata={"key": name}, **options)


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectionFile:
    r"""What a connection file says. Every attribute but `type` may be missing: None.

    `connect` obeys what says where the server is, who logs in there, whom to trust, and which channels to open and how. The rest,
    from `title` on, is for a window, for devices and for the guest's desktop, which this package does not have or leaves alone; it
    is kept, and `kept_only` names what a file has of it. `delete_this_file` is obeyed by `delete` alone.

    Attributes:
        type: `spice`, or `vnc` and others, which `connect` refuses.
        host: of the server. Proxmox writes a pseudo name with colons here, which only its proxy understands.
        port: in clear text.
        tls_port: encrypted.
        unix_path: of a socket on this machine, instead of host and port.
        username: for logins that know users.
        password: the ticket; often for a few seconds or for one session only.
        proxy: an HTTP proxy on the way, like `http://node:3128`.
        ca: certificates that the server's is checked by, as PEM text with real line ends.
        host_subject: the subject that the server's certificate must have.
        tls_ciphers: in OpenSSL's words; as there, they decide about TLS 1.2 only.
        secure_channels: names of channels that go to the TLS port; the others go to the plain one, where there is one. `all`, and no
            such key, mean all channels.
        disable_channels: names of channels that are not opened.
        title: of a window.
        fullscreen: a window shall fill the screen.
        color_depth: bits that the guest shall use.
        disable_effects: `wallpaper`, `font-smooth`, `animation`, `all`.
        enable_smartcard, enable_usbredir, enable_usb_autoshare: devices.
        usb_filter: which USB devices.
        delete_this_file: whoever reads the file shall delete it.
        version, versions, newer_version_url: which viewer the file is for.
        hotkeys: by what they do, like `release-cursor`: `shift+f12`.
        ovirt: the group of that name, for its menu.
        unknown: keys that nobody knows, with those that begin with `x-`.
    """

    type: str = field(default="spice", metadata={"key": "type"})
    host: str | None = _key("host")
    port: int | None = _key("port")
    tls_port: int | None = _key("tls-port")
    unix_path: str | None = _key("unix-path")
    username: str | None = _key("username")
    password: str | None = _key("password", repr=False)
    proxy: str | None = _key("proxy", repr=False)
    ca: str | None = _key("ca", repr=False)
    host_subject: str | None = _key("host-subject")
    tls_ciphers: str | None = _key("tls-ciphers")
    secure_channels: tuple[str, ...] | None = _key("secure-channels")
    disable_channels: tuple[str, ...] | None = _key("disable-channels")
    title: str | None = _key("title")
    fullscreen: bool | None = _key("fullscreen")
    color_depth: int | None = _key("color-depth")
    disable_effects: tuple[str, ...] | None = _key("disable-effects")
    enable_smartcard: bool | None = _key("enable-smartcard")
    enable_usbredir: bool | None = _key("enable-usbredir")
    enable_usb_autoshare: bool | None = _key("enable-usb-autoshare")
    usb_filter: str | None = _key("usb-filter")
    delete_this_file: bool | None = _key("delete-this-file")
    version: str | None = _key("version")
    versions: str | None = _key("versions")
    newer_version_url: str | None = _key("newer-version-url")
    hotkeys: Mapping[str, str] = field(default_factory=dict)
    ovirt: Mapping[str, str] = field(default_factory=dict, repr=False)
    unknown: Mapping[str, str] = field(default_factory=dict, repr=False)

    def __repr__(self) -> str:
        told = ((one.name, getattr(self, one.name)) for one in fields(self) if one.repr)
        parts = ((name, shown(value) if name == "host" else value) for name, value in told if value)
        return f"ConnectionFile({', '.join(f'{name}={value!r}' for name, value in parts)})"

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read the text of a file.

        Raises:
            ValueError: it is no connection file, or a value is none; the text says which, without secrets.
        """
        groups = _groups(text)
        values = groups.get(GROUP)
        if values is None:
            raise ValueError(f"not a connection file: it has no group [{GROUP}]")
        if "type" not in values:
            raise ValueError("not a connection file: it has no key 'type'")
        known = {key: _read(key, values[key]) for key in KEYS if key in values}
        return cls(
            **{KEYS[key]: value for key, value in known.items()},
            hotkeys={key: values[key] for key in HOTKEYS if key in values},
            ovirt=groups.get(OVIRT, {}),
            unknown={key: value for key, value in values.items() if key not in KEYS and key not in HOTKEYS},
        )

    @classmethod
    def load(cls, path: Path | str) -> Self:
        """Read a file; `-` is standard input. It is not deleted, whatever it says: see `delete`.

        Raises:
            ValueError: see `parse`.
            OSError: it cannot be read.
        """
        data = sys.stdin.buffer.read(SIZE_MAX + 1) if str(path) == "-" else _read_file(Path(path))
        if len(data) > SIZE_MAX:
            raise ValueError(f"not a connection file: it has more than {SIZE_MAX >> 20} MiB")
        try:
            return cls.parse(data.decode())
        except UnicodeDecodeError:
            raise ValueError("not a connection file: it is no UTF-8 text") from None

    @property
    def kept_only(self) -> tuple[str, ...]:
        """The keys that the file has and nobody here looks at."""
        given = (key for key, name in KEYS.items() if getattr(self, name) is not None)
        return (*(key for key in given if key not in OBEYED), *self.hotkeys, *self.unknown)

    def dump(self) -> str:
        """Return the text of the file, which remote-viewer opens. It has the secrets."""
        lines = [f"[{GROUP}]"]
        for name in KEYS:
            value = getattr(self, KEYS[name])
            if value is not None:
                lines.append(f"{name}={_written(value)}")
        lines += [f"{key}={_written(value)}" for key, value in {**self.hotkeys, **self.unknown}.items()]
        if self.ovirt:
            lines += ["", f"[{OVIRT}]", *(f"{key}={_written(value)}" for key, value in self.ovirt.items())]
        return "\n".join(lines) + "\n"

    def save(self, path: Path | str) -> None:
        """Write a file that only its owner can read: it has the secrets. What was there before is replaced.

        Raises:
            OSError: it cannot be written.
        """
        target = Path(path)
        number, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
        try:
            with os.fdopen(number, "w", encoding="utf-8") as file:
                file.write(self.dump())
            Path(name).replace(target)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise

    def delete(self, path: Path | str) -> bool:
        """Delete the file if it says so; return whether it was there and did."""
        if not self.delete_this_file or str(path) == "-":
            return False
        try:
            Path(path).unlink()
        except FileNotFoundError:
            return False
        return True


HOTKEYS = (
    "toggle-fullscreen", "release-cursor", "zoom-in", "zoom-out", "zoom-reset", "smartcard-insert", "smartcard-remove",
    "secure-attention", "usb-device-reset",
)  # fmt: skip

KEYS: Mapping[str, str] = {
    one.metadata["key"]: one.name for one in fields(ConnectionFile) if "key" in one.metadata
}
"""The attribute of each key."""

OBEYED = (
    "type", "host", "port", "tls-port", "unix-path", "username", "password", "proxy", "ca", "host-subject", "tls-ciphers",
    "secure-channels", "disable-channels", "delete-this-file",
)  # fmt: skip
"""Keys that this package does something about."""

PORTS = ("port", "tls-port")
NUMBERS = (*PORTS, "color-depth")
FLAGS = ("fullscreen", "enable-smartcard", "enable-usbredir", "enable-usb-autoshare", "delete-this-file")
LISTS = ("secure-channels", "disable-channels", "disable-effects")


def _read_file(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(SIZE_MAX + 1)


def _groups(text: str) -> dict[str, dict[str, str]]:
    parser = configparser.RawConfigParser(
        interpolation=None,
        strict=False,
        delimiters=("=",),
        comment_prefixes=("#",),
        empty_lines_in_values=False,
    )
    try:
        parser.read_file(io.StringIO(text.removeprefix("\ufeff")))
    except configparser.Error as error:
        # What the parser says may repeat a line, and a line may be a password.
        where = f", line {line}" if (line := getattr(error, "lineno", None)) else ""
        raise ValueError(f"not a connection file: it is not in the form of key=value{where}") from None
    return {name: {key: _unescaped(value) for key, value in parser.items(name)} for name in parser.sections()}


def _unescaped(value: str) -> str:
    r"""Resolve what GLib's key files escape: \n, \s, \t, \r and the backslash."""
    return re.sub(r"\\(.)", lambda found: ESCAPES.get(found[1], found[0]), value)


def _written(value: object) -> str:
    if isinstance(value, bool):
        return "1" if value else "0"
    text = ";".join(value) if isinstance(value, tuple) else str(value)
    escaped = text.replace("\\", "\\\\").replace("\n", "\\n").replace("\t", "\\t").replace("\r", "\\r")
    return "\\s" + escaped[1:] if escaped.startswith(" ") else escaped


ESCAPES = {"n": "\n", "s": " ", "t": "\t", "r": "\r", "\\": "\\"}


def _read(key: str, value: str) -> Any:
    if key in NUMBERS:
        return _number(key, value)
    if key in FLAGS:
        return _flag(key, value)
    if key in LISTS:
        return tuple(part.strip() for part in re.split("[;,]", value) if part.strip())
    return value


def _number(key: str, value: str) -> int:
    most = 65535 if key in PORTS else 64
    if not re.fullmatch(r"-?[0-9]{1,9}", value) or not (number := int(value)) <= most:
        raise ValueError(f"the connection file's {key!r} is no number from 0 to {most}: {value[:20]!r}")
    # libvirt writes -1 where there is no such port.
    return max(0, number)


def _flag(key: str, value: str) -> bool:
    found = {"1": True, "true": True, "0": False, "false": False}.get(value.strip().lower())
    if found is None:
        raise ValueError(f"the connection file's {key!r} is neither 0 nor 1: {value[:20]!r}")
    return found
