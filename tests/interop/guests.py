"""Guests of a few bytes: boot sectors that write down what their keyboard and mouse give them.

QEMU shows them on a floppy; what they write to a debug port lands in a file. They read as fast as a guest can.
"""

from __future__ import annotations

from pathlib import Path

SECTOR = 512

# Takes the controller's bytes as they come, without interrupts: those of the keyboard go to port E9, those of the mouse to
# port E8. The mouse is switched on first; its FA says that it is, and that the guest runs.
CONTROLLER = bytes.fromhex(
    "fa"  # cli
    "b0a8 e664 b0d4 e664 b0f4 e660"  # enable the mouse's port; to the mouse: enable
    "e464 a801 74fa"  # wait: in al,64h; test al,1; jz wait
    "a820 e460 7504"  # test al,20h; in al,60h; jnz mouse
    "e6e9 ebf0"  # out E9h,al; jmp wait
    "e6e8 ebec"  # mouse: out E8h,al; jmp wait
)

# Asks the BIOS for keys, as a boot menu does, and writes their characters to port E9. A `>` says that the guest runs.
BIOS = bytes.fromhex(
    "b03e e6e9"  # mov al,'>'; out E9h,al
    "31c0 cd16"  # next: xor ax,ax; int 16h
    "e6e9 ebf8"  # out E9h,al; jmp next
)


class Guest:
    """A boot sector, the arguments that make QEMU boot it, and the files that it writes."""

    def __init__(self, folder: Path, code: bytes) -> None:
        disk = folder / "floppy"
        disk.write_bytes(code.ljust(SECTOR - 2, b"\0") + b"\x55\xaa")
        self.keyboard, self.mouse = folder / "keyboard", folder / "mouse"
        self.arguments = (
            *("-drive", f"file={disk},format=raw,if=floppy,readonly=on", "-boot", "a"),
            *("-chardev", f"file,id=keys,path={self.keyboard}"),
            *("-device", "isa-debugcon,iobase=0xe9,chardev=keys"),
            *("-chardev", f"file,id=moves,path={self.mouse}"),
            *("-device", "isa-debugcon,iobase=0xe8,chardev=moves"),
        )
