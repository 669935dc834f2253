//! Where the pixels of a drawing come from: a picture laid over the surface, as it is or stretched.

use std::sync::Arc;

use spice_codec::PixelFormat;
use spice_wire::messages::draw::ImageScaleMode;

use crate::format::Format;
use crate::picture::Picture;
use crate::region::{Area, Region};
use crate::scale::Scaler;

/// A picture over a surface.
#[derive(Debug)]
pub enum Source {
    /// Pixel for pixel.
    Same {
        /// The picture.
        picture: Picture,
        /// The surface's column on which the picture's column 0 lies.
        x: i64,
        /// The surface's row on which the picture's row 0 lies.
        y: i64,
    },
    /// Stretched.
    Scaled(Scaler),
}

impl Source {
    /// `area` of the picture over `bounds` of the surface.
    pub fn new(picture: Picture, area: &Area, bounds: &Area, mode: ImageScaleMode) -> Self {
        if area.size() != bounds.size() {
            return Self::Scaled(Scaler::new(picture, area, bounds, mode));
        }
        let offset = |there: i32, here: i32| i64::from(there) - i64::from(here);
        Self::Same { picture, x: offset(bounds.left, area.left), y: offset(bounds.top, area.top) }
    }

    /// The part of `region` that is drawn on: what lies outside of the picture stays, but a stretched picture has
    /// transparent pixels there.
    pub fn region(&self, region: &Region) -> Region {
        match self {
            Self::Same { picture, x, y } => region.within(&picture.bounds().moved(*x, *y)),
            Self::Scaled(_) => region.clone(),
        }
    }

    /// The pixels of all of a 32-bit surface, if they are there just so and shared anyway.
    pub fn whole(&self, surface: &Area) -> Option<&Arc<Vec<u32>>> {
        match self {
            Self::Same { picture, x: 0, y: 0 } if picture.bounds() == *surface => picture.shared(),
            _ => None,
        }
    }

    /// Pixels of a row as a surface of `format` stores them, inside of [`Self::region`].
    #[inline]
    pub fn stored<'a>(
        &'a self,
        (x, y, length): (usize, usize, usize),
        format: Format,
        scratch: &'a mut Vec<u32>,
    ) -> &'a [u32] {
        match self {
            Self::Same { picture, x: left, y: top } => {
                let at = |here: usize, origin: i64| (here as i64 - origin) as usize;
                picture.stored(at(x, *left), at(y, *top), length, format, scratch)
            }
            Self::Scaled(scaler) => {
                let picture = scaler.picture();
                let opaque = if is_opaque(picture.format(), format) { 0xff00_0000 } else { 0 };
                let set = picture.high_bits() | opaque;
                scratch.clear();
                if format.is_32_bit() {
                    scaler.row(x, y, length, |pixel| pixel | set, scratch);
                    return scratch;
                }
                // The reference converts to the surface's format first and scales then.
                let fetch = |pixel| format.convert(pixel, picture.format()) | opaque;
                scaler.row(x, y, length, fetch, scratch);
                scratch.iter_mut().for_each(|pixel| *pixel = format.store(*pixel));
                scratch
            }
        }
    }

    /// Pixels of a row as arithmetic needs them, inside of [`Self::region`].
    pub fn premultiplied<'a>(
        &'a self,
        (x, y, length): (usize, usize, usize),
        scratch: &'a mut Vec<u32>,
    ) -> &'a [u32] {
        match self {
            Self::Same { picture, x: left, y: top } => {
                let at = |here: usize, origin: i64| (here as i64 - origin) as usize;
                let row = &picture.row(at(y, *top))[at(x, *left)..][..length];
                if picture.has_alpha() {
                    return row;
                }
                scratch.clear();
                scratch.extend(row.iter().map(|&pixel| picture.premultiplied(pixel)));
            }
            Self::Scaled(scaler) => {
                scratch.clear();
                scaler.row(x, y, length, |pixel| scaler.picture().premultiplied(pixel), scratch);
            }
        }
        scratch
    }

    /// Takes the picture back.
    pub fn into_picture(self) -> Picture {
        match self {
            Self::Same { picture, .. } => picture,
            Self::Scaled(scaler) => scaler.into_picture(),
        }
    }
}

/// Whether a picture has no transparency of its own once it is in the surface's format.
fn is_opaque(picture: PixelFormat, format: Format) -> bool {
    match format {
        Format::A1 | Format::A8 => false,
        Format::Rgb555 | Format::Rgb565 => true,
        Format::Xrgb | Format::Argb => picture != PixelFormat::Argb,
    }
}
