r"""Keys by name, and text, as the scan codes of a PC keyboard.

`chord("Ctrl+Alt+F2")` gives keys; `strokes("Hello\n")` gives the keys that type a text on a US keyboard. Names may be
written in any case, with or without `_`, `-` and spaces (`Page_Up`, `pageup`), and as X11 keysyms (`Return`, `minus`).

SPICE carries scan codes of set 1: what the keyboard of a PC sends. A code says which key, not which letter: the guest's
own layout decides what a key types, so `strokes` is right for guests that are set to a US layout.
"""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass

__all__ = ["Key", "NotOnLayout", "Stroke", "UnknownKey", "chord", "key_names", "strokes"]


@dataclass(frozen=True, slots=True)
class Key:
    """One key.

    Attributes:
        name: the name this package uses for it; other spellings are accepted.
        press: the bytes that the key sends when it goes down.
    """

    name: str
    press: bytes

    @property
    def release(self) -> bytes:
        """The bytes that the key sends when it goes up."""
        # Bit 7 marks a release; the prefix E0 has it anyway.
        return bytes(byte | 0x80 for byte in self.press)

    @property
    def down_code(self) -> int:
        """The number in a KEY_DOWN message: the first byte lowest."""
        return int.from_bytes(self.press, "little")

    @property
    def up_code(self) -> int:
        """The number in a KEY_UP message."""
        return int.from_bytes(self.release, "little")

    def __str__(self) -> str:
        return self.name


@dataclass(frozen=True, slots=True)
class Stroke:
    """One character on a keyboard: a key, and whether Shift is down.

    Attributes:
        capital: the key is a letter, so that Caps Lock turns the meaning of Shift round.
    """

    key: Key
    shift: bool
    capital: bool


class UnknownKey(ValueError):
    """No key has that name.

    Attributes:
        name: what was asked for.
    """

    def __init__(self, name: str, hint: str) -> None:
        super().__init__(f"no key is named {name!r}{hint}")
        self.name = name


class NotOnLayout(ValueError):
    """A text has a character that no key of the layout types.

    Attributes:
        character: the first such character.
        position: where in the text it stands, from 0.
    """

    def __init__(self, character: str, position: int) -> None:
        super().__init__(
            f"{character!r} (U+{ord(character):04X}) at position {position} is on no key of the US layout; "
            "nothing was typed. Leave it out, or bring the text into the guest in another way, as a file or clipboard"
        )
        self.character = character
        self.position = position


def chord(*names: str) -> tuple[Key, ...]:
    """Return keys that go down together: `chord("Ctrl", "Alt", "F2")`, `chord("ctrl-alt-del")`.

    Raises:
        UnknownKey: a part is not the name of a key.
    """
    found: list[Key] = []
    for name in names:
        # Whole names first, so that `Page-Up` is one key; a sign at the end is a key and no separator: `Ctrl++`.
        for part in [name] if find(name) else re.split(r"(?<=.)\+(?=.)", name):
            words = [part] if find(part) else re.split(r"(?<=.)-(?=.)", part)
            found += (find(word) or fail(word) for word in words)
    return tuple(dict.fromkeys(found))


def strokes(text: str) -> list[Stroke]:
    """Return the keys that type a text on a US keyboard; newline is Enter, tab is Tab.

    Raises:
        NotOnLayout: the text has a character that this layout cannot type.
    """
    result = []
    for position, character in enumerate(text):
        if character == "\n" and text[position - 1 : position] == "\r":
            continue  # The carriage return before it was Enter already.
        stroke = US.get(character)
        if stroke is None:
            raise NotOnLayout(character, position)
        result.append(stroke)
    return result


def key_names() -> list[str]:
    """Return the name of every key, in the order of a keyboard."""
    return [key.name for key in dict.fromkeys(BY_SPELLING.values())]


def find(name: str) -> Key | None:
    return BY_SPELLING.get(plain(name))


def fail(name: str) -> Key:
    """Raise `UnknownKey` with what might help."""
    stroke = US.get(name)
    if stroke is not None:
        raise UnknownKey(name, f"; that character is Shift+{stroke.key} on a US keyboard")
    near = difflib.get_close_matches(plain(name), BY_SPELLING, n=1)
    raise UnknownKey(name, f"; did you mean {BY_SPELLING[near[0]]}?" if near else "")


def plain(name: str) -> str:
    """Return a name without the differences that do not matter."""
    return re.sub(r"(?<=[^ _-])[ _-](?=[^ _-])", "", name.casefold())


# The keys of codes 01 to 58, in order. `Reserved` stands for codes that no key of this list has.
PLAIN = r"""
    Esc 1 2 3 4 5 6 7 8 9 0 - = Backspace
    Tab Q W E R T Y U I O P [ ] Enter
    Ctrl A S D F G H J K L ; ' `
    Shift \ Z X C V B N M , . / Shift_R
    KP_Multiply Alt Space Caps_Lock
    F1 F2 F3 F4 F5 F6 F7 F8 F9 F10 Num_Lock Scroll_Lock
    KP_7 KP_8 KP_9 KP_Subtract KP_4 KP_5 KP_6 KP_Add KP_1 KP_2 KP_3 KP_0 KP_Decimal
    Reserved Reserved ISO_102 F11 F12
""".split()

# All others. Pause is what a keyboard sends for it while Ctrl is down: QEMU and Xspice take that for Pause, and make of it
# whatever their guest is used to; of the six bytes that a keyboard sends otherwise, Xspice makes Ctrl and Num Lock. F13 to F24 and the keys below them as Linux knows them and QEMU numbers them.
OTHERS = {
    "KP_Enter": "e01c", "Ctrl_R": "e01d", "KP_Divide": "e035", "Print": "e037", "Alt_R": "e038",
    "Home": "e047", "Up": "e048", "Page_Up": "e049", "Left": "e04b", "Right": "e04d", "End": "e04f",
    "Down": "e050", "Page_Down": "e051", "Insert": "e052", "Delete": "e053",
    "Super": "e05b", "Super_R": "e05c", "Menu": "e05d", "Pause": "e046",
    "F13": "5d", "F14": "5e", "F15": "5f", "F16": "55", "F17": "e003", "F18": "e077",
    "F19": "e004", "F20": "5a", "F21": "74", "F22": "e079", "F23": "6d", "F24": "6f",
    "KP_Equal": "59", "KP_Separator": "7e",
    "Previous_Track": "e010", "Next_Track": "e019", "Mute": "e020", "Calculator": "e021", "Play": "e022",
    "Stop": "e024", "Volume_Down": "e02e", "Volume_Up": "e030", "Browser_Home": "e032",
    "Power": "e05e", "Sleep": "e05f", "Wake": "e063", "Browser_Search": "e065", "Browser_Favorites": "e066",
    "Browser_Refresh": "e067", "Browser_Stop": "e068", "Browser_Forward": "e069", "Browser_Back": "e06a",
    "Computer": "e06b", "Mail": "e06c", "Media": "e06d",
    "Katakana_Hiragana": "70", "Ro": "73", "Henkan": "79", "Muhenkan": "7b", "Yen": "7d",
}  # fmt: skip

# Other spellings, X11 keysyms among them. Case, `_`, `-` and spaces do not count.
SPELLINGS = {
    "Esc": "Escape", "Enter": "Return", "Backspace": "BkSp", "Space": "Spacebar", "Tab": "ISO_Left_Tab",
    "Ctrl": "Ctrl_L Control Control_L LCtrl Left_Ctrl", "Ctrl_R": "Control_R RCtrl Right_Ctrl",
    "Shift": "Shift_L LShift Left_Shift", "Shift_R": "RShift Right_Shift",
    "Alt": "Alt_L LAlt Left_Alt Option", "Alt_R": "RAlt Right_Alt AltGr ISO_Level3_Shift",
    "Super": "Super_L LSuper Win Windows LWin Left_Win Meta Meta_L Cmd Command",
    "Super_R": "RSuper RWin Right_Win Meta_R", "Menu": "Apps Context_Menu Compose Multi_key",
    "Caps_Lock": "Caps", "Num_Lock": "Num", "Scroll_Lock": "Scroll",
    "Print": "Print_Screen PrtSc PrtScn PrtScr Snapshot SysRq Sys_Req", "Pause": "Break",
    "Page_Up": "PgUp Prior", "Page_Down": "PgDn PgDown Next", "Insert": "Ins", "Delete": "Del",
    "Up": "Arrow_Up", "Down": "Arrow_Down", "Left": "Arrow_Left", "Right": "Arrow_Right",
    "-": "minus", "=": "equal", "[": "bracketleft", "]": "bracketright", ";": "semicolon",
    "'": "apostrophe quoteright", "`": "grave quoteleft", "\\": "backslash", ",": "comma", ".": "period dot",
    "/": "slash", "ISO_102": "ISO102 less 102nd",
    "KP_0": "KP_Insert Numpad0", "KP_1": "KP_End Numpad1", "KP_2": "KP_Down Numpad2",
    "KP_3": "KP_Next KP_Page_Down Numpad3", "KP_4": "KP_Left Numpad4", "KP_5": "KP_Begin Numpad5",
    "KP_6": "KP_Right Numpad6", "KP_7": "KP_Home Numpad7", "KP_8": "KP_Up Numpad8",
    "KP_9": "KP_Prior KP_Page_Up Numpad9", "KP_Decimal": "KP_Delete Numpad_Decimal",
    "KP_Add": "KP_Plus Numpad_Add", "KP_Subtract": "KP_Minus Numpad_Subtract",
    "KP_Multiply": "Numpad_Multiply", "KP_Divide": "Numpad_Divide", "KP_Enter": "Numpad_Enter",
    "Previous_Track": "XF86AudioPrev Audio_Prev Media_Prev", "Next_Track": "XF86AudioNext Audio_Next Media_Next",
    "Play": "XF86AudioPlay Audio_Play Play_Pause Media_Play", "Stop": "XF86AudioStop Audio_Stop Media_Stop",
    "Mute": "XF86AudioMute Audio_Mute Volume_Mute", "Media": "XF86AudioMedia Media_Select",
    "Volume_Down": "XF86AudioLowerVolume", "Volume_Up": "XF86AudioRaiseVolume",
    "Calculator": "XF86Calculator", "Computer": "XF86MyComputer My_Computer", "Mail": "XF86Mail",
    "Power": "XF86PowerOff", "Sleep": "XF86Sleep", "Wake": "XF86WakeUp Wake_Up",
    "Browser_Home": "XF86HomePage", "Browser_Search": "XF86Search", "Browser_Favorites": "XF86Favorites",
    "Browser_Refresh": "XF86Refresh XF86Reload", "Browser_Stop": "XF86Stop", "Browser_Forward": "XF86Forward",
    "Browser_Back": "XF86Back", "Katakana_Hiragana": "Hiragana_Katakana", "Henkan": "Henkan_Mode",
}  # fmt: skip

UNSHIFTED = r"`1234567890-=[]\;',./"
SHIFTED = r'~!@#$%^&*()_+{}|:"<>?'


def spellings() -> dict[str, Key]:
    """Build the table of all names."""
    keys = {name: Key(name, bytes([code])) for code, name in enumerate(PLAIN, 1) if name != "Reserved"}
    keys |= {name: Key(name, bytes.fromhex(code)) for name, code in OTHERS.items()}
    table = {plain(name): key for name, key in keys.items()}
    for name, others in SPELLINGS.items():
        table |= {plain(other): keys[name] for other in others.split()}
    return table


def us_layout() -> dict[str, Stroke]:
    """Build the table of the characters that a US keyboard types."""
    named = {" ": "Space", "\t": "Tab", "\n": "Enter", "\r": "Enter"}
    table = {
        character: Stroke(BY_SPELLING[name.casefold()], False, False) for character, name in named.items()
    }
    for low in "abcdefghijklmnopqrstuvwxyz":
        table[low] = Stroke(BY_SPELLING[low], False, True)
        table[low.upper()] = Stroke(BY_SPELLING[low], True, True)
    for low, high in zip(UNSHIFTED, SHIFTED, strict=True):
        table[low] = Stroke(BY_SPELLING[low], False, False)
        table[high] = Stroke(BY_SPELLING[low], True, False)
    return table


BY_SPELLING = spellings()
US = us_layout()
