//! What the pixels of a surface can hold.
//!
//! All surfaces are stored as `u32` 0xAARRGGBB. A 16-bit surface has its components replicated to 8 bits and its top
//! byte 0, a coverage surface has its coverage in the top byte and no colour. Replication commutes with every bitwise
//! operation, so that raster operations need no conversion; arithmetic ends with [`Format::store`].

use spice_codec::PixelFormat;
use spice_wire::messages::display::SurfaceFormat;

/// The format of a surface.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Format {
    /// One bit of coverage.
    A1,
    /// Eight bits of coverage.
    A8,
    /// 5 bits a component.
    Rgb555,
    /// 5, 6 and 5 bits.
    Rgb565,
    /// 8 bits a component; the top byte means nothing.
    Xrgb,
    /// 8 bits a component, premultiplied with the alpha in the top byte.
    Argb,
}

impl Format {
    /// The format that the wire names so.
    pub fn from_wire(format: SurfaceFormat) -> Option<Self> {
        Some(match format {
            SurfaceFormat::A1 => Self::A1,
            SurfaceFormat::A8 => Self::A8,
            SurfaceFormat::RGB555 => Self::Rgb555,
            SurfaceFormat::RGB565 => Self::Rgb565,
            SurfaceFormat::XRGB32 => Self::Xrgb,
            SurfaceFormat::ARGB32 => Self::Argb,
            _ => return None,
        })
    }

    /// Whether pixels are stored as they come.
    pub fn is_32_bit(self) -> bool {
        matches!(self, Self::Xrgb | Self::Argb)
    }

    /// Whether colours on the wire are 16-bit words.
    pub fn is_16_bit(self) -> bool {
        matches!(self, Self::Rgb555 | Self::Rgb565)
    }

    /// The bits that exist in this format.
    pub fn mask(self) -> u32 {
        match self {
            Self::A1 | Self::A8 => 0xff00_0000,
            Self::Rgb555 | Self::Rgb565 => 0x00ff_ffff,
            Self::Xrgb | Self::Argb => u32::MAX,
        }
    }

    /// A colour of a brush: the reference writes the low bits of the number as they are.
    pub fn brush_colour(self, colour: u32) -> u32 {
        match self {
            Self::A1 => (colour & 1) * 0xff00_0000,
            Self::A8 => colour << 24,
            Self::Rgb555 => expand_555(colour),
            Self::Rgb565 => expand_565(colour),
            Self::Xrgb | Self::Argb => colour,
        }
    }

    /// The nearest below that this format can hold.
    #[inline]
    pub fn store(self, pixel: u32) -> u32 {
        match self {
            Self::A1 => (pixel >> 31) * 0xff00_0000,
            Self::A8 => pixel & 0xff00_0000,
            Self::Rgb555 => replicate_5(pixel, 0x00f8_f8f8),
            Self::Rgb565 => replicate_5(pixel, 0x00f8_00f8) | (pixel & 0xfc00) | (pixel >> 6 & 0x0300),
            Self::Xrgb | Self::Argb => pixel,
        }
    }

    /// A pixel of a picture as it is stored here. On 32 bits pictures are copied as they are, whatever the top byte
    /// means: the reference does so.
    #[inline]
    pub fn convert(self, pixel: u32, from: PixelFormat) -> u32 {
        match (self, from) {
            (Self::Xrgb | Self::Argb, _) => pixel,
            (Self::A1 | Self::A8, PixelFormat::Xrgb | PixelFormat::Rgb555) => 0xff00_0000,
            _ => self.store(pixel),
        }
    }

    /// What pixels of such a surface mean when it is the source of a drawing.
    pub fn as_picture(self) -> PixelFormat {
        match self {
            Self::A1 | Self::A8 => PixelFormat::A8,
            // Both are expanded already; what matters is that they never have alpha.
            Self::Rgb555 | Self::Rgb565 => PixelFormat::Rgb555,
            Self::Xrgb => PixelFormat::Xrgb,
            Self::Argb => PixelFormat::Argb,
        }
    }
}

/// 5 bits a component to 8, by replicating the top bits.
pub fn expand_555(word: u32) -> u32 {
    replicate_5((word & 0x7c00) << 9 | (word & 0x03e0) << 6 | (word & 0x001f) << 3, 0x00f8_f8f8)
}

fn expand_565(word: u32) -> u32 {
    let green = word & 0x07e0;
    replicate_5((word & 0xf800) << 8 | (word & 0x001f) << 3, 0x00f8_00f8) | green << 5 | (green >> 1 & 0x0300)
}

/// Keeps the bits of `mask`, the upper 5 of a byte, and fills the lower 3 with the top ones.
fn replicate_5(pixel: u32, mask: u32) -> u32 {
    let top = pixel & mask;
    top | (top >> 5 & 0x0007_0707)
}
