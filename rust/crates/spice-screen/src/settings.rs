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

/// What a client can do, and how it wants to be shown the screen.
#[derive(Debug, Clone, PartialEq)]
pub struct Settings {
    /// It understands MONITORS_CONFIG.
    pub monitors: bool,
    /// Which codings may be used.
    pub compression: Compression,
    /// It understands LZ4.
    pub lz4: bool,
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
