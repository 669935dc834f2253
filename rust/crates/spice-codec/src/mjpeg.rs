//! MJPEG: a stream of which every frame is a JPEG.

use std::borrow::Cow;

use spice_wire::limits::Limits;

use crate::jpeg::huffman::STANDARD_TABLES;
use crate::jpeg::{self, Frame, Manner};
use crate::{PixelFormat, Result, Rows};

/// Decodes one frame into `rows`, which must have its size, and says what the pixels mean. The top bytes become 0xff.
///
/// `top_down` is bit 0 of the stream's flags. A frame may differ in size from its stream: [`Frame::read`] tells the size,
/// so that the caller can make room of that size and crop or scale. A frame may leave out the usual Huffman tables, and one
/// that ends early or is damaged gives as much of a picture as it can: the next one will mend it.
pub fn decode(data: &[u8], top_down: bool, rows: &mut Rows<'_>, limits: &Limits) -> Result<PixelFormat> {
    let frame = Frame::read(data)?;
    jpeg::check_size(&frame, rows, limits)?;
    jpeg::decode_frame(&with_tables(data, &frame), &frame, Manner { top_down, strict: false }, rows)?;
    Ok(PixelFormat::Xrgb)
}

/// The frame with Huffman tables put in front of its pixels, where it has none.
fn with_tables<'a>(data: &'a [u8], frame: &Frame) -> Cow<'a, [u8]> {
    if frame.has_tables {
        return Cow::Borrowed(data);
    }
    let (headers, pixels) = data.split_at(frame.scan);
    Cow::Owned([headers, &STANDARD_TABLES, pixels].concat())
}
