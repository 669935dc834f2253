//! Pictures to LZ data.

use crate::lz::search::Search;
use crate::lz::unit::Unit;
use crate::lz::{Kind, MAGIC, VERSION};
use crate::{PixelFormat, Source};

/// Makes LZ data; what it needs of memory is kept from one picture to the next.
///
/// The data are top row first. They stay within what the reference's encoder makes, so that every client reads them.
#[derive(Debug, Default)]
pub struct Encoder {
    search: Search,
    colours: Vec<u32>,
    bytes: Vec<u8>,
}

impl Encoder {
    /// An encoder that has seen nothing yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Appends `source` to `out`: as RGBA where `format` has alpha, else as RGB32.
    pub fn encode(&mut self, source: &Source<'_>, format: PixelFormat, out: &mut Vec<u8>) {
        let has_alpha = format == PixelFormat::Argb;
        header(if has_alpha { Kind::Rgba } else { Kind::Rgb32 }, source, out);
        gather(source, &mut self.colours, |pixel| pixel & 0x00ff_ffff);
        self.search.encode(&self.colours, out);
        if has_alpha {
            self.alpha(source, out);
        }
    }

    /// Appends the top bytes of `source` to `out`, as type XXXA.
    pub fn encode_alpha(&mut self, source: &Source<'_>, out: &mut Vec<u8>) {
        header(Kind::Xxxa, source, out);
        self.alpha(source, out);
    }

    fn alpha(&mut self, source: &Source<'_>, out: &mut Vec<u8>) {
        gather(source, &mut self.bytes, |pixel| (pixel >> 24) as u8);
        self.search.encode(&self.bytes, out);
    }
}

/// The units of `source` in the order of the wire.
fn gather<U: Unit>(source: &Source<'_>, units: &mut Vec<U>, unit: impl Fn(u32) -> U) {
    units.clear();
    units.reserve(source.width() * source.height());
    for row in source.rows() {
        units.extend(row.iter().map(|&pixel| unit(pixel)));
    }
}

fn header(kind: Kind, source: &Source<'_>, out: &mut Vec<u8>) {
    let (width, height) = (source.width() as u32, source.height() as u32);
    let (stride, top_down) = (kind.stride(width) as u32, 1);
    for word in [MAGIC, VERSION, kind as u32, width, height, stride, top_down] {
        out.extend_from_slice(&word.to_be_bytes());
    }
}
