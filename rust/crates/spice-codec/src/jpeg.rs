//! JPEG: pictures with loss, top row first.
//!
//! `zune-jpeg` does the decoding, straight into B, G, R, x. What it is asked to decode has passed [`Frame::read`], so its
//! memory is bounded by the size that the limits agreed to. [`Encoder`] is our own.

mod colour;
mod dct;
mod encoder;
mod entropy;
mod head;
pub(crate) mod huffman;
mod piece;
mod quantiser;

use std::panic::{AssertUnwindSafe, catch_unwind};

use spice_wire::limits::Limits;
use zune_jpeg::JpegDecoder;
use zune_jpeg::errors::DecodeErrors;
use zune_jpeg::zune_core::bytestream::ZCursor;
use zune_jpeg::zune_core::colorspace::ColorSpace;
use zune_jpeg::zune_core::options::DecoderOptions;

pub use crate::jpeg_frame::Frame;
use crate::stream_order::StreamOrder;
use crate::{Error, ErrorKind, PixelFormat, Result, Rows};
pub use encoder::{Encoder, Stripes};

/// Decodes `data` into `rows`, which must have its size, and says what the pixels mean. The top bytes become 0xff.
///
/// Data that end early, if only by their end marker, fail with [`ErrorKind::Truncated`]. Where the end marker itself comes
/// early the rest of the picture is whatever the decoder makes of it. [`Frame::read`] tells the size before.
pub fn decode(data: &[u8], rows: &mut Rows<'_>, limits: &Limits) -> Result<PixelFormat> {
    let frame = Frame::read(data)?;
    check_size(&frame, rows, limits)?;
    decode_frame(data, &frame, Manner { top_down: true, strict: true }, rows)?;
    Ok(PixelFormat::Xrgb)
}

/// How [`decode_frame`] goes about its work.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Manner {
    /// The first coded row is the top one.
    pub top_down: bool,
    /// Data that end early are an error; else the picture is as good as they allow.
    pub strict: bool,
}

/// Compares the size that a JPEG announces with its destination and the limits.
pub(crate) fn check_size(frame: &Frame, rows: &Rows<'_>, limits: &Limits) -> Result<()> {
    let (width, height) = (usize::from(frame.width), usize::from(frame.height));
    if width * height > limits.pixels {
        return Err(Error::new(ErrorKind::Limit, CODEC, "more pixels than allowed", 0));
    }
    if (width, height) != (rows.width(), rows.height()) {
        return Err(Error::new(ErrorKind::Mismatch, CODEC, "size differs from the image's", 0));
    }
    Ok(())
}

/// Decodes the pixels of `frame`, whose size has been checked.
pub(crate) fn decode_frame(data: &[u8], frame: &Frame, manner: Manner, rows: &mut Rows<'_>) -> Result<()> {
    let order = StreamOrder { top_down: manner.top_down, line: rows.width(), keeps_old: false };
    order.fill(rows, |pixels| {
        // The decoder's authors regard a panic on strange data as a mistake to mend, not as a breach of a promise.
        catch_unwind(AssertUnwindSafe(|| decode_pixels(data, frame, manner.strict, pixels)))
            .unwrap_or(Err(Error::new(ErrorKind::Corrupt, CODEC, "decoder gave up", frame.scan)))
    })
}

fn decode_pixels(data: &[u8], frame: &Frame, strict: bool, pixels: &mut [u32]) -> Result<()> {
    let options = DecoderOptions::default()
        .jpeg_set_out_colorspace(ColorSpace::BGRA)
        .jpeg_set_max_scans(MAX_SCANS)
        .set_max_width(frame.width.into())
        .set_max_height(frame.height.into())
        .set_strict_mode(strict);
    let mut decoder = JpegDecoder::new_with_options(ZCursor::new(data), options);
    decoder.decode_headers().map_err(|error| convert(&error, frame))?;
    match decoder.input_colorspace() {
        Some(ColorSpace::YCbCr) => decode_into(&mut decoder, frame, bytemuck::cast_slice_mut(pixels)),
        // The decoder does not turn these into B, G, R, x itself, and they are rare: a copy more does not hurt.
        Some(ColorSpace::Luma) => {
            decoder.set_options(options.jpeg_set_out_colorspace(ColorSpace::Luma));
            let mut bytes = vec![0; pixels.len()];
            decode_into(&mut decoder, frame, &mut bytes)?;
            spread(&bytes, pixels, |&[grey]: &[u8; 1]| [grey; 3]);
            Ok(())
        }
        Some(ColorSpace::RGB) => {
            decoder.set_options(options.jpeg_set_out_colorspace(ColorSpace::RGB));
            let mut bytes = vec![0; pixels.len() * 3];
            decode_into(&mut decoder, frame, &mut bytes)?;
            spread(&bytes, pixels, |&[red, green, blue]: &[u8; 3]| [blue, green, red]);
            Ok(())
        }
        _ => Err(Error::new(ErrorKind::Unsupported, CODEC, "colour space is not supported", frame.scan)),
    }
}

fn decode_into(decoder: &mut Decoder<'_>, frame: &Frame, out: &mut [u8]) -> Result<()> {
    if decoder.output_buffer_size() != Some(out.len()) {
        return Err(Error::new(ErrorKind::Corrupt, CODEC, "headers contradict each other", frame.scan));
    }
    decoder.decode_into(out).map_err(|error| convert(&error, frame))
}

fn spread<const BYTES: usize>(bytes: &[u8], pixels: &mut [u32], bgr: impl Fn(&[u8; BYTES]) -> [u8; 3]) {
    for (pixel, bytes) in pixels.iter_mut().zip(bytes.as_chunks().0) {
        let [blue, green, red] = bgr(bytes);
        *pixel = u32::from_le_bytes([blue, green, red, 0xff]);
    }
}

fn convert(error: &DecodeErrors, frame: &Frame) -> Error {
    match error {
        _ if error.is_recoverable_eof() => {
            Error::new(ErrorKind::Truncated, CODEC, "data end before the picture does", frame.scan)
        }
        DecodeErrors::Unsupported(_) => {
            Error::new(ErrorKind::Unsupported, CODEC, "kind of JPEG is not supported", frame.scan)
        }
        _ => Error::new(ErrorKind::Corrupt, CODEC, "pixels do not decode", frame.scan),
    }
}

type Decoder<'a> = JpegDecoder<ZCursor<&'a [u8]>>;

const CODEC: &str = "jpeg";

/// Passes over the picture that a progressive JPEG may take: encoders make 10, and each costs time in proportion to
/// the picture however short its data are.
const MAX_SCANS: usize = 32;
