//! What a peer may ask of us before anything is allocated for it.

/// One limit, as the table declares it.
#[derive(Debug)]
pub struct LimitSchema {
    /// Its name in Rust and Python.
    pub name: &'static str,
    /// Its documentation.
    pub doc: &'static [&'static str],
    /// What holds where an application names nothing else.
    pub default: usize,
}

macro_rules! limits {
    ($($(#[doc = $doc:literal])* $name:ident = $default:expr,)+) => {
        /// Sizes and counts that bound every reaction to a peer's announcement.
        ///
        /// INVARIANT: nothing a peer says causes an allocation before one of these has agreed to it.
        #[derive(Debug, Clone, PartialEq, Eq)]
        pub struct Limits {
            $($(#[doc = $doc])* pub $name: usize,)+
        }

        impl Limits {
            /// The defaults, used where an application names no others.
            pub const DEFAULT: Self = Self { $($name: $default,)+ };

            /// What the table says.
            pub const SCHEMA: &[LimitSchema] =
                &[$(LimitSchema { name: stringify!($name), doc: &[$($doc),*], default: $default },)+];

            /// Limits whose values come from elsewhere, by name.
            ///
            /// # Errors
            /// The first one of `value`.
            pub fn by_name<E>(mut value: impl FnMut(&'static str) -> Result<usize, E>) -> Result<Self, E> {
                Ok(Self { $($name: value(stringify!($name))?,)+ })
            }
        }
    };
}

limits! {
    /// Bytes of one message body. An uncompressed 8K frame is 133 MB.
    message = 192 << 20,
    /// Entries of one list inside a message (channels, rectangles, glyphs, …).
    list = 65_536,
    /// Messages of one sub-message list.
    sub_messages = 1024,
    /// Pixels of one image or surface. 8192×8192.
    pixels = 1 << 26,
    /// Surfaces alive at once; the reference server uses ids below 1024.
    surfaces = 1024,
    /// Pixels of all surfaces of one display together.
    surface_pixels = 1 << 28,
    /// Pixels of the image cache that all displays of a session share; announced in the display channel's INIT.
    cache_pixels = 4 << 20,
    /// Pixels of the GLZ window that all displays of a session share; announced in the display channel's INIT.
    glz_window_pixels = 8 << 20,
    /// Palettes remembered; the reference server's model has 128.
    palettes = 128,
    /// Video streams alive at once; the reference server uses ids below 64.
    streams = 64,
    /// Pixels of one cursor shape. 1024×1024.
    cursor_pixels = 1 << 20,
    /// Cursor shapes remembered; the reference server's model has 256.
    cursors = 256,
    /// Bytes of one guest-agent message put together from its pieces.
    agent_message = 64 << 20,
}

impl Default for Limits {
    fn default() -> Self {
        Self::DEFAULT
    }
}
