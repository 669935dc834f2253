//! What a peer may ask of us before anything is allocated for it.

/// Sizes and counts that bound every reaction to a peer's announcement.
///
/// INVARIANT: nothing a peer says causes an allocation before one of these has agreed to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of one message body. An uncompressed 8K frame is 133 MB.
    pub message: usize,
    /// Entries of one list inside a message (channels, rectangles, glyphs, …).
    pub list: usize,
    /// Messages of one sub-message list.
    pub sub_messages: usize,
    /// Pixels of one image or surface. 8192×8192.
    pub pixels: usize,
    /// Surfaces alive at once; the reference server uses ids below 1024.
    pub surfaces: usize,
    /// Pixels of all surfaces of one display together.
    pub surface_pixels: usize,
    /// Pixels of the image cache that all displays of a session share; announced in the display channel's INIT.
    pub cache_pixels: usize,
    /// Pixels of the GLZ window that all displays of a session share; announced in the display channel's INIT.
    pub glz_window_pixels: usize,
    /// Palettes remembered; the reference server's model has 128.
    pub palettes: usize,
    /// Video streams alive at once; the reference server uses ids below 64.
    pub streams: usize,
    /// Pixels of one cursor shape. 1024×1024.
    pub cursor_pixels: usize,
    /// Cursor shapes remembered; the reference server's model has 256.
    pub cursors: usize,
    /// Bytes of one guest-agent message put together from its pieces.
    pub agent_message: usize,
}

impl Limits {
    /// The defaults, used where an application names no others.
    pub const DEFAULT: Self = Self {
        message: 192 << 20,
        list: 65_536,
        sub_messages: 1024,
        pixels: 1 << 26,
        surfaces: 1024,
        surface_pixels: 1 << 28,
        cache_pixels: 4 << 20,
        glz_window_pixels: 8 << 20,
        palettes: 128,
        streams: 64,
        cursor_pixels: 1 << 20,
        cursors: 256,
        agent_message: 64 << 20,
    };
}

impl Default for Limits {
    fn default() -> Self {
        Self::DEFAULT
    }
}
