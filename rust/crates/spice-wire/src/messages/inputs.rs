//! Inputs: keys and pointer go to the server; lock lights and motion credit come back (`protocol.md` 2.6).

use crate::shapes::Rest;

wire_flags! {
    /// Lock lights of the keyboard.
    KeyModifiersMask: u16 { 1 SCROLL_LOCK, 2 NUM_LOCK, 4 CAPS_LOCK }

    /// Mouse buttons that are down.
    MouseButtonMask: u16 { 1 LEFT, 2 MIDDLE, 4 RIGHT, 8 UP, 16 DOWN, 32 SIDE, 64 EXTRA }
}

wire_enum! {
    /// One mouse button; the wheel is two of them.
    MouseButton: u8 { 0 INVALID, 1 LEFT, 2 MIDDLE, 3 RIGHT, 4 UP, 5 DOWN, 6 SIDE, 7 EXTRA }
}

channel! {
    /// Keyboard and mouse.
    Inputs = 3;
    server {
        /// The lock lights at the start.
        101 Init { modifiers: KeyModifiersMask }
        /// The guest changed its lock lights.
        102 KeyModifiers { modifiers: KeyModifiersMask }
        /// Four motion or position messages have been taken.
        111 MouseMotionAck {}
    }
    client {
        /// A key goes down: its scan code of set 1, first byte lowest, as many bytes as are not zero.
        101 KeyDown { code: u32 }
        /// A key goes up: the bytes already carry the release bit 0x80.
        102 KeyUp { code: u32 }
        103 KeyModifiers
        /// Scan code bytes one after the other; needs the server's capability KEY_SCANCODE.
        104 KeyScancode { code: Rest }
        /// Relative motion, in server mouse mode.
        111 MouseMotion {
            dx: i32,
            dy: i32,
            /// The buttons that are down, all of them.
            buttons: MouseButtonMask,
        }
        /// Absolute position, in client mouse mode.
        112 MousePosition {
            x: u32,
            y: u32,
            /// The buttons that are down, all of them.
            buttons: MouseButtonMask,
            display_id: u8,
        }
        /// A button goes down.
        113 MousePress {
            button: MouseButton,
            buttons: MouseButtonMask,
        }
        /// A button goes up.
        114 MouseRelease {
            button: MouseButton,
            buttons: MouseButtonMask,
        }
    }
}
