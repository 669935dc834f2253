//! LZ: the dictionary codec for pictures with and without palette.
//!
//! Data are a header, then control bytes: below 32 they announce literal units, else a match, that is units to repeat from
//! a distance back. RGBA is two such streams, colour first and alpha second. Data that go on behind the last unit are
//! refused, as the reference client does.

mod encode;
pub(crate) mod output;
pub(crate) mod search;
pub(crate) mod unit;

use spice_wire::limits::Limits;

pub use encode::Encoder;

use crate::lz_coded::Coded;
use crate::lz_planes::repeat;
use crate::lz_units::{AlphaByte, Bgr, Bgr555, CoverageByte, Indices, Unit};
use crate::stream_order::StreamOrder;
use crate::{Error, ErrorKind, PixelFormat, Result, Rows};

/// What a picture is made of; the numbers are those of the wire.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Kind {
    /// One bit an index, bit 0 leftmost.
    Plt1Le = 1,
    /// One bit an index, bit 7 leftmost.
    Plt1Be = 2,
    /// Four bits an index, low half leftmost.
    Plt4Le = 3,
    /// Four bits an index, high half leftmost.
    Plt4Be = 4,
    /// Eight bits an index.
    Plt8 = 5,
    /// Five bits a component.
    Rgb16 = 6,
    /// Three bytes a pixel in the source.
    Rgb24 = 7,
    /// Four bytes a pixel in the source, of which three are sent.
    Rgb32 = 8,
    /// Colour and alpha.
    Rgba = 9,
    /// Only the alpha of a picture whose colour comes by other means.
    Xxxa = 10,
    /// Coverage.
    A8 = 11,
}

/// What the data say of themselves before the first unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Header {
    /// What the picture is made of.
    pub kind: Kind,
    /// Pixels in a row.
    pub width: u32,
    /// Number of rows.
    pub height: u32,
    /// Bytes of a row in the source; with palettes also the units of a row.
    pub stride: u32,
    /// The first row on the wire is the top one.
    pub top_down: bool,
}

/// Reads the header of LZ data.
pub fn header(data: &[u8]) -> Result<Header> {
    let truncated = Error::new(ErrorKind::Truncated, CODEC, "data end within the header", data.len());
    let words = data.first_chunk::<HEADER>().ok_or(truncated)?.as_chunks::<4>().0;
    let word = |index: usize| u32::from_be_bytes(words[index]);
    if word(0) != MAGIC || word(1) != VERSION {
        return Err(corrupt("not lz data of a known version", 0));
    }
    let header = Header {
        kind: Kind::from_wire(word(2)).ok_or(corrupt("unknown picture type", 8))?,
        width: word(3),
        height: word(4),
        stride: word(5),
        top_down: word(6) != 0,
    };
    if header.width == 0 || header.height == 0 {
        return Err(corrupt("picture without pixels", 12));
    }
    if u64::from(header.stride) != header.kind.stride(header.width) {
        return Err(corrupt("stride does not fit the width", 20));
    }
    Ok(header)
}

/// Decodes `data` into `rows`, which must have its size, and says what the pixels mean.
///
/// Palette entries are 0x00RRGGBB. XXXA gives its alpha over black, like A8; see [`decode_alpha`].
pub fn decode(
    data: &[u8],
    palette: Option<&[u32]>,
    rows: &mut Rows<'_>,
    limits: &Limits,
) -> Result<PixelFormat> {
    let header = header(data)?;
    let order = order(&header, rows, limits, false)?;
    let palette = palette.unwrap_or(&[]);
    if header.kind <= Kind::Plt8 && palette.is_empty() {
        return Err(corrupt("palette without entries", HEADER));
    }
    let coded = Coded::new(CODEC, data, HEADER);
    let coded = order.fill(rows, |pixels| match header.kind {
        Kind::Plt1Le => units(&plt1(palette, |pixel| pixel), coded, pixels),
        Kind::Plt1Be => units(&plt1(palette, |pixel| 7 - pixel), coded, pixels),
        Kind::Plt4Le => units(&plt4(palette, [0, 4]), coded, pixels),
        Kind::Plt4Be => units(&plt4(palette, [4, 0]), coded, pixels),
        Kind::Plt8 => units(&Indices::new(palette, |byte| [byte]), coded, pixels),
        Kind::Rgb16 => units(&Bgr555, coded, pixels),
        Kind::Rgb24 | Kind::Rgb32 => units(&Bgr, coded, pixels),
        Kind::Rgba => {
            let coded = units(&Bgr, coded, pixels)?;
            units(&AlphaByte, coded, pixels)
        }
        Kind::Xxxa | Kind::A8 => units(&CoverageByte, coded, pixels),
    })?;
    coded.end()?;
    Ok(header.kind.format())
}

/// Decodes `data` of type XXXA or A8 into the top bytes of `rows`; their colours stay.
pub fn decode_alpha(data: &[u8], rows: &mut Rows<'_>, limits: &Limits) -> Result<()> {
    let header = header(data)?;
    if header.kind < Kind::Xxxa {
        return Err(Error::new(ErrorKind::Mismatch, CODEC, "colours where alpha is expected", 8));
    }
    let order = order(&header, rows, limits, true)?;
    let coded = Coded::new(CODEC, data, HEADER);
    order.fill(rows, |pixels| units(&AlphaByte, coded, pixels))?.end()
}

impl Kind {
    /// The type with this number.
    pub(crate) fn from_wire(number: u32) -> Option<Self> {
        const ALL: [Kind; 11] = [
            Kind::Plt1Le,
            Kind::Plt1Be,
            Kind::Plt4Le,
            Kind::Plt4Be,
            Kind::Plt8,
            Kind::Rgb16,
            Kind::Rgb24,
            Kind::Rgb32,
            Kind::Rgba,
            Kind::Xxxa,
            Kind::A8,
        ];
        ALL.get(usize::try_from(number).ok()?.checked_sub(1)?).copied()
    }

    /// What decoded pixels of this type mean.
    pub fn format(self) -> PixelFormat {
        match self {
            Self::Rgb16 => PixelFormat::Rgb555,
            Self::Rgba => PixelFormat::Argb,
            Self::Xxxa | Self::A8 => PixelFormat::A8,
            _ => PixelFormat::Xrgb,
        }
    }

    /// Pixels that one unit stands for.
    fn pixels_per_unit(self) -> usize {
        match self {
            Self::Plt1Le | Self::Plt1Be => 8,
            Self::Plt4Le | Self::Plt4Be => 2,
            _ => 1,
        }
    }

    /// Bytes of a row of `width` pixels in the source. The reference accepts no other stride.
    pub(crate) fn stride(self, width: u32) -> u64 {
        let width = u64::from(width);
        match self {
            Self::Plt1Le | Self::Plt1Be => width.div_ceil(8),
            Self::Plt4Le | Self::Plt4Be => width.div_ceil(2),
            Self::Plt8 | Self::A8 => width,
            Self::Rgb16 => width * 2,
            Self::Rgb24 => width * 3,
            Self::Rgb32 | Self::Rgba | Self::Xxxa => width * 4,
        }
    }
}

impl PartialOrd for Kind {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some((*self as u8).cmp(&(*other as u8)))
    }
}

/// How the rows on the wire lie, once header, rows and limits agree.
fn order(header: &Header, rows: &Rows<'_>, limits: &Limits, keeps_old: bool) -> Result<StreamOrder> {
    if (header.width as usize, header.height as usize) != (rows.width(), rows.height()) {
        return Err(Error::new(ErrorKind::Mismatch, CODEC, "size differs from the message's", 12));
    }
    let line = rows.width().next_multiple_of(header.kind.pixels_per_unit());
    if line.checked_mul(rows.height()).is_none_or(|pixels| pixels > limits.pixels) {
        return Err(Error::new(ErrorKind::Limit, CODEC, "too many pixels", 12));
    }
    Ok(StreamOrder { top_down: header.top_down, line, keeps_old })
}

/// One bit an index; `bit` says which bit of the byte is pixel n.
fn plt1(palette: &[u32], bit: impl Fn(usize) -> usize) -> Indices<8> {
    Indices::new(palette, |byte| std::array::from_fn(|pixel| byte >> bit(pixel) & 1))
}

/// Four bits an index, at these places of the byte. Indices wrap around at the end of the palette, which is not empty.
fn plt4(palette: &[u32], shifts: [usize; 2]) -> Indices<2> {
    Indices::new(palette, |byte| shifts.map(|shift| (byte >> shift & 15) % palette.len()))
}

/// Decodes one stream into all of `pixels`; gives `coded` back, read up to its end.
fn units<'a, U: Unit>(unit: &U, mut coded: Coded<'a>, pixels: &mut [u32]) -> Result<Coded<'a>> {
    let mut done = 0;
    while done < pixels.len() {
        let control = coded.next()?;
        if control < 32 {
            done += coded.literals(unit, control + 1, &mut pixels[done..])?;
            continue;
        }
        let room = pixels.len() - done;
        let length = (coded.length(control >> 5, room)? - 1 + U::BIAS) * U::PIXELS;
        let distance = (distance(control & 31, &mut coded)? + 1) * U::PIXELS;
        if length > room {
            return Err(coded.corrupt("match past the last pixel"));
        }
        if distance > done {
            return Err(coded.corrupt("match before the first pixel"));
        }
        repeat::<U::Plane>(pixels, done, distance, length);
        done += length;
    }
    Ok(coded)
}

/// The coded distance of a match whose control byte has `high` as its upper bits.
#[inline(always)]
fn distance(high: usize, coded: &mut Coded<'_>) -> Result<usize> {
    let near = high << 8 | coded.next()?;
    if near < FAR {
        return Ok(near);
    }
    Ok(FAR + (coded.next()? << 8 | coded.next()?))
}

const fn corrupt(what: &'static str, at: usize) -> Error {
    Error::new(ErrorKind::Corrupt, CODEC, what, at)
}

const CODEC: &str = "lz";

/// Two blanks, "ZL"; GLZ begins with the same.
pub(crate) const MAGIC: u32 = 0x2020_5a4c;

/// Version 1.1, the only one ever made; GLZ has the same.
pub(crate) const VERSION: u32 = 0x0001_0001;

/// Bytes of the header: seven words.
const HEADER: usize = 28;

/// The distance whose thirteen bits are all ones: it goes on in two more bytes.
const FAR: usize = 0x1fff;
