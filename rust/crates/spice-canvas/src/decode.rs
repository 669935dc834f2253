//! Coded images to pixels: the codecs behind one function, and jobs that run it elsewhere.

use std::sync::Arc;

use bytes::Bytes;
use spice_codec::raw::{self, BitmapFormat, Layout};
use spice_codec::{PixelFormat, Rows, jpeg, jpeg_alpha, lz, lz4, quic};
use spice_wire::Limits;
use spice_wire::messages::image::{
    Bitmap, BitmapFlags, Image, ImageData, ImageFlags, ImageType, JpegAlphaFlags, PaletteRef,
};

use crate::error::{Error, ErrorKind, Result};
use crate::picture::{HIGH_BITS, Picture, sized};

/// Decodes an image that needs nothing but its palette into `rows`, which must have its size.
///
/// # Errors
/// When the data are invalid, or the image is of a kind that is not coded by itself.
pub fn decode(
    image: &Image,
    palette: Option<&[u32]>,
    rows: &mut Rows<'_>,
    limits: &Limits,
) -> Result<PixelFormat> {
    let format = match (&image.data, image.kind) {
        (ImageData::Bitmap(bitmap), _) => raw::decode(&bitmap.data.0, &layout(bitmap)?, palette, rows)?,
        (ImageData::LzPlt(plt), _) => lz::decode(&plt.data, palette, rows, limits)?,
        (ImageData::JpegAlpha(image), _) => {
            let top_down = image.flags.contains(JpegAlphaFlags::TOP_DOWN);
            jpeg_alpha::decode(&image.data.bytes, image.jpeg_size, top_down, rows, limits)?
        }
        (ImageData::Coded(blob), kind) => coded(kind, &blob.bytes, rows, limits)?,
        (_, kind) => return Err(Error::new(ErrorKind::Unsupported, format!("image of kind {kind:?}"))),
    };
    if image.flags.contains(ImageFlags::HIGH_BITS_SET) {
        set_high_bits(format, rows);
    }
    Ok(format)
}

fn coded(kind: ImageType, data: &Bytes, rows: &mut Rows<'_>, limits: &Limits) -> Result<PixelFormat> {
    Ok(match kind {
        ImageType::QUIC => {
            let header = quic::header(data)?;
            quic::decode(data, rows)?;
            header.format()
        }
        ImageType::LZ_RGB => lz::decode(data, None, rows, limits)?,
        ImageType::JPEG => jpeg::decode(data, rows, limits)?,
        ImageType::LZ4 => lz4::decode(data, rows, limits)?,
        kind => return Err(Error::new(ErrorKind::Unsupported, format!("image of kind {kind:?}"))),
    })
}

/// A bitmap's header as its codec wants it.
pub fn layout(bitmap: &Bitmap) -> Result<Layout> {
    let unknown = || Error::new(ErrorKind::Unsupported, format!("bitmap format {:?}", bitmap.format));
    Ok(Layout {
        format: BitmapFormat::from_wire(bitmap.format.0).ok_or_else(unknown)?,
        width: bitmap.width,
        height: bitmap.height,
        stride: bitmap.stride,
        top_down: bitmap.flags.contains(BitmapFlags::TOP_DOWN),
    })
}

/// Width and height of a self-contained image, once the limits agree.
pub fn size(image: &Image, limits: &Limits) -> Result<(usize, usize)> {
    let (width, height) = match &image.data {
        // The reference goes by the bitmap's own size.
        ImageData::Bitmap(bitmap) => (bitmap.width, bitmap.height),
        _ => (image.width, image.height),
    };
    let pixels = u64::from(width) * u64::from(height);
    if pixels == 0 {
        return Err(Error::new(ErrorKind::BadValue, "image without pixels"));
    }
    if pixels > limits.pixels as u64 {
        let what = format!("image of {width}x{height} pixels, {} allowed", limits.pixels);
        return Err(Error::new(ErrorKind::Limit, what));
    }
    Ok((width as usize, height as usize))
}

/// Decodes a self-contained image into a buffer of its own.
pub fn decode_picture(
    image: &Image,
    palette: Option<&[u32]>,
    limits: &Limits,
    buffer: impl FnOnce(usize) -> Vec<u32>,
) -> Result<Picture> {
    let (width, height) = size(image, limits)?;
    let mut pixels = buffer(width * height);
    let mut rows = Rows::new(&mut pixels, width, height, width)
        .ok_or_else(|| Error::new(ErrorKind::Limit, "buffer shorter than the image"))?;
    let format = decode(image, palette, &mut rows, limits)?;
    Ok(Picture::plain(Arc::new(pixels), width, height, format))
}

/// The decoding of one image, to be run on any thread.
#[derive(Debug)]
pub struct DecodeJob {
    image: Image,
    limits: Limits,
}

/// What a [`DecodeJob`] made; to be handed to [`crate::Canvas::apply`] with the message of the job.
#[derive(Debug)]
pub struct Decoded(pub(crate) Result<Picture>);

impl DecodeJob {
    /// A job for an image that needs nothing else: no palette, no other image. `None` for any other image.
    pub(crate) fn new(image: &Image, limits: &Limits) -> Option<Self> {
        let independent = match &image.data {
            ImageData::Bitmap(bitmap) => {
                BitmapFormat::from_wire(bitmap.format.0).is_some_and(|format| !format.has_palette())
                    && matches!(bitmap.palette, PaletteRef::Inline(_))
            }
            ImageData::Coded(_) => image.kind != ImageType::GLZ_RGB,
            ImageData::JpegAlpha(_) => true,
            _ => false,
        };
        independent.then(|| Self { image: image.clone(), limits: limits.clone() })
    }

    /// How the image is coded.
    pub fn kind(&self) -> ImageType {
        self.image.kind
    }

    /// Bytes of coded data, for deciding whether a thread is worth it.
    pub fn coded_len(&self) -> usize {
        self.image.data.coded_len()
    }

    /// Pixels that the image says it has.
    pub fn pixels(&self) -> u64 {
        u64::from(self.image.width) * u64::from(self.image.height)
    }

    /// Decodes. Takes time in proportion to the image; touches nothing else.
    pub fn run(self) -> Decoded {
        self.run_in(Vec::new())
    }

    /// Decodes into a buffer of [`crate::Canvas::spare`], if it is large enough.
    pub fn run_in(self, spare: Vec<u32>) -> Decoded {
        Decoded(decode_picture(&self.image, None, &self.limits, |length| sized(spare, length)))
    }
}

fn set_high_bits(format: PixelFormat, rows: &mut Rows<'_>) {
    if matches!(format, PixelFormat::Xrgb | PixelFormat::Rgb555) {
        for y in 0..rows.height() {
            rows.row(y).iter_mut().for_each(|pixel| *pixel |= HIGH_BITS);
        }
    }
}
