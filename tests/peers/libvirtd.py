"""libvirt, running machines of one user: a daemon of its own, with its socket and its files in one directory."""

from __future__ import annotations

import os
import shutil
from typing import Any

from ._process import Peer

MACHINE = """<domain type='qemu'>
  <name>{name}</name>
  <memory unit='MiB'>64</memory>
  <os><type machine='pc'>hvm</type></os>
  <devices>
    <emulator>{emulator}</emulator>
    {graphics}
    <video><model type='qxl'/></video>
  </devices>
</domain>
"""


class Libvirtd(Peer):
    """A libvirt of a user who is nobody, as it is not what root's would be: that one would change the machine.

    Attributes:
        uri: of it.
    """

    def __init__(self) -> None:
        super().__init__("libvirt")
        self._connection: Any = None
        folders = {
            name: self.directory / name.lower()
            for name in ("RUNTIME_DIR", "CONFIG_HOME", "CACHE_HOME", "DATA_HOME")
        }
        for folder in folders.values():
            folder.mkdir()
        self.env |= {f"XDG_{name}": str(folder) for name, folder in folders.items()}
        # Else a program that writes logs is started, and stays for two minutes.
        settings = folders["CONFIG_HOME"] / "libvirt" / "qemu.conf"
        settings.parent.mkdir()
        settings.write_text('stdio_handler = "file"\n')
        path = folders["RUNTIME_DIR"] / "libvirt" / "libvirt-sock"
        self.uri = f"qemu:///session?socket={path}"
        try:
            self.start([*self._as_nobody(), "/usr/sbin/libvirtd"])
            self.wait_until("libvirt's socket", path.exists)
        except BaseException:
            self.stop()
            raise

    def _as_nobody(self) -> list[str]:
        if os.geteuid() != 0:
            return []
        shutil.chown(self.directory, "nobody")
        for each in self.directory.rglob("*"):
            shutil.chown(each, "nobody")
        return ["setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups"]

    def machine(self, name: str, graphics: str, *, running: bool = True) -> None:
        """Define a machine with a display, and start it."""
        import libvirt

        emulator = shutil.which("qemu-system-x86_64")
        document = MACHINE.format(name=name, graphics=graphics, emulator=emulator)
        if self._connection is None:
            libvirt.registerErrorHandler(lambda _context, _error: None, None)
            self._connection = libvirt.open(self.uri)
        domain = self._connection.defineXML(document)
        if running:
            domain.create()

    def screenshot(self, name: str) -> bytes:
        """Return what the machine has on its screen, as libvirt says: a PNG or PPM file."""
        stream = self._connection.newStream()
        self._connection.lookupByName(name).screenshot(stream, 0)
        parts: list[bytes] = []
        stream.recvAll(lambda _stream, data, _opaque: parts.append(data), None)
        stream.finish()
        return b"".join(parts)

    def destroy(self, name: str) -> None:
        """Switch a machine off."""
        self._connection.lookupByName(name).destroy()

    def stop(self) -> None:
        """End all machines, then the daemon."""
        if self._connection is not None:
            for domain in self._connection.listAllDomains():
                if domain.isActive():
                    domain.destroy()
            self._connection.close()
            self._connection = None
        super().stop()
