//! JPEG_ALPHA: a JPEG for the colours, then an LZ image for the alpha.

use spice_wire::limits::Limits;

use crate::{Error, ErrorKind, PixelFormat, Result, Rows, Source, jpeg, lz};

/// Decodes `data` into `rows`, which must have its size, and says what the pixels mean.
///
/// `jpeg_size` and `top_down` (bit 0 of the flags) are what the image descriptor says; the JPEG is always top row first,
/// so the flag concerns the alpha. The sender coded premultiplied colours and they stay as they are: what the JPEG
/// lost may leave a colour slightly above its alpha.
pub fn decode(
    data: &[u8],
    jpeg_size: u32,
    top_down: bool,
    rows: &mut Rows<'_>,
    limits: &Limits,
) -> Result<PixelFormat> {
    let Some((colours, alpha)) = usize::try_from(jpeg_size).ok().and_then(|size| data.split_at_checked(size))
    else {
        return Err(Error::new(ErrorKind::Truncated, CODEC, "data are shorter than their JPEG", data.len()));
    };
    if lz::header(alpha)?.top_down != top_down {
        return Err(Error::new(
            ErrorKind::Mismatch,
            CODEC,
            "flag and alpha differ in the order of rows",
            colours.len(),
        ));
    }
    jpeg::decode(colours, rows, limits)?;
    lz::decode_alpha(alpha, rows, limits)?;
    Ok(PixelFormat::Argb)
}

/// Encodes the colours with loss and the alpha without; keeps its memory from one image to the next.
#[derive(Default)]
pub struct Encoder {
    colours: jpeg::Encoder,
    alpha: lz::Encoder,
}

impl Encoder {
    /// An encoder that has no memory yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Append an image to `out`, both parts with the top row first; gives the size of the JPEG, which the image
    /// descriptor has to say. The quality is that of [`jpeg::Encoder::encode`], which also says when this panics.
    pub fn encode(&mut self, source: &Source<'_>, quality: u8, out: &mut Vec<u8>) -> usize {
        let start = out.len();
        self.colours.encode(source, quality, out);
        let size = out.len() - start;
        self.alpha.encode_alpha(source, out);
        size
    }
}

const CODEC: &str = "jpeg_alpha";
