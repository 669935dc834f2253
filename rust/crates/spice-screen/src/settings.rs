//! What a client can do, and how it wants to be shown the screen.

use spice_wire::messages::display::ImageCompression;

use crate::print::Key;

/// Which codings may be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Compression {
    /// Whichever costs least on this link, as measured.
    #[default]
    Auto,
    /// QUIC for what is gradual, else GLZ, as the reference decides it.
    AutoGlz,
    /// QUIC for what is gradual, else LZ, as the reference decides it.
    AutoLz,
    /// QUIC.
    Quic,
    /// LZ with a dictionary of earlier images.
    Glz,
    /// LZ.
    Lz,
    /// LZ4.
    Lz4,
    /// None.
    Off,
}

impl Compression {
    /// What a client asks for; nothing where it asks for nothing known.
    pub fn preferred(wish: ImageCompression) -> Option<Self> {
        Some(match wish {
            ImageCompression::OFF => Self::Off,
            ImageCompression::AUTO_GLZ => Self::AutoGlz,
            ImageCompression::AUTO_LZ => Self::AutoLz,
            ImageCompression::QUIC => Self::Quic,
            ImageCompression::GLZ => Self::Glz,
            ImageCompression::LZ => Self::Lz,
            ImageCompression::LZ4 => Self::Lz4,
            _ => return None,
        })
    }
}

/// Whether something is done that saves bytes and costs something else.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Use {
    /// On slow links.
    #[default]
    Auto,
    /// On all links.
    Always,
    /// On none.
    Never,
}

/// Which areas that change all the time become videos.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Streaming {
    /// None.
    Off,
    /// Those that look like one.
    #[default]
    Filter,
    /// All.
    All,
}

/// What a client can do, and how it wants to be shown the screen.
#[derive(Debug, Clone, PartialEq)]
pub struct Settings {
    /// It understands MONITORS_CONFIG.
    pub monitors: bool,
    /// Which codings may be used.
    pub compression: Compression,
    /// Whether images may be JPEG until they rest.
    pub jpeg: Use,
    /// Whether GLZ is deflated.
    pub zlib: Use,
    /// Which areas become videos.
    pub streaming: Streaming,
    /// It tells how videos fare, if asked to.
    pub reports: bool,
    /// It understands LZ4.
    pub lz4: bool,
    /// It draws JPEGs a moment after what follows them, as browsers do: nothing is exact where one was until that has passed.
    pub draws_late: bool,
    /// It understands LZ_PLT.
    pub palettes: bool,
    /// Pixels of the images that it keeps for us, of this display alone.
    pub cache_pixels: usize,
    /// What tells images apart. Random, where strangers may draw.
    pub key: Key,
    /// Ids of images begin here; nobody else uses those up to 2^32 behind it.
    pub first_image: u64,
    /// Bytes a second that the way to the client is expected to take; how many it does take is measured.
    pub bandwidth: f64,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            monitors: false,
            compression: Compression::default(),
            jpeg: Use::default(),
            zlib: Use::default(),
            streaming: Streaming::default(),
            reports: false,
            draws_late: false,
            lz4: false,
            palettes: false,
            cache_pixels: 0,
            key: Key::default(),
            first_image: 0,
            bandwidth: BANDWIDTH,
        }
    }
}

/// Bytes a second that a link is thought to take before something is known of it: 100 Mbit/s.
pub const BANDWIDTH: f64 = 12.5e6;
