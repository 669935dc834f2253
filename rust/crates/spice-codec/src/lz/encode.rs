//! Pictures to LZ data.

use crate::lz::search::Search;
use crate::lz::unit::Unit;
use crate::lz::{Kind, MAGIC, VERSION};
use crate::palette::Indexed;
use crate::{PixelFormat, Source};

/// Makes LZ data; what it needs of memory is kept from one picture to the next.
///
/// The data are top row first. They stay within what the reference's encoder makes, so that every client reads them.
#[derive(Debug, Default)]
pub struct Encoder {
    search: Search,
    pixels: Vec<u32>,
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
        let kind = if has_alpha { Kind::Rgba } else { Kind::Rgb32 };
        header(kind, source.width(), source.height(), out);
        let pixels = source.contiguous().unwrap_or_else(|| {
            gather(source, &mut self.pixels, |row| row.iter().copied());
            &self.pixels
        });
        self.search.encode(pixels, source.width(), out);
        if has_alpha {
            self.alpha(source, out);
        }
    }

    /// Appends the top bytes of `source` to `out`, as type XXXA.
    pub fn encode_alpha(&mut self, source: &Source<'_>, out: &mut Vec<u8>) {
        header(Kind::Xxxa, source.width(), source.height(), out);
        self.alpha(source, out);
    }

    /// Appends the indices of `picture` to `out`: as PLT1_BE with two colours, as PLT4_BE with up to sixteen, else as PLT8.
    ///
    /// Packed indices are fewer bytes also after compression: a quarter on text of sixteen colours, half on text of two.
    pub fn encode_palette(&mut self, picture: &Indexed, out: &mut Vec<u8>) {
        let (width, height) = (picture.width(), picture.height());
        let kind = match picture.colours().len() {
            0..=2 => Kind::Plt1Be,
            3..=16 => Kind::Plt4Be,
            _ => Kind::Plt8,
        };
        header(kind, width, height, out);
        let units = match kind {
            Kind::Plt8 => picture.indices(),
            kind => {
                picture.pack(kind.pixels_per_unit(), &mut self.bytes);
                &self.bytes
            }
        };
        self.search.encode(units, width.div_ceil(kind.pixels_per_unit()), out);
    }

    fn alpha(&mut self, source: &Source<'_>, out: &mut Vec<u8>) {
        gather(source, &mut self.bytes, |row| row.iter().map(|pixel| (pixel >> 24) as u8));
        self.search.encode(&self.bytes, source.width(), out);
    }
}

/// The units of all rows of `source` without gaps.
fn gather<'a, U: Unit, I: Iterator<Item = U>>(
    source: &Source<'a>,
    units: &mut Vec<U>,
    row: impl Fn(&'a [u32]) -> I,
) {
    units.clear();
    units.reserve(source.width() * source.height());
    source.rows().for_each(|pixels| units.extend(row(pixels)));
}

fn header(kind: Kind, width: usize, height: usize, out: &mut Vec<u8>) {
    let (width, height) = (width as u32, height as u32);
    let (stride, top_down) = (kind.stride(width) as u32, 1);
    for word in [MAGIC, VERSION, kind as u32, width, height, stride, top_down] {
        out.extend_from_slice(&word.to_be_bytes());
    }
}
