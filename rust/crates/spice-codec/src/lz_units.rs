//! What LZ and GLZ call a pixel: the unit that literals give and matches count, for each type of picture.

use crate::lz_planes::{Alpha, Plane, Whole};

/// One type of stream.
pub(crate) trait Unit {
    /// The bits of a pixel that the stream defines.
    type Plane: Plane;
    /// Bytes of one literal unit.
    const BYTES: usize;
    /// Pixels of one unit.
    const PIXELS: usize;
    /// What LZ adds to the coded length of a match, which counts from 0; GLZ, which counts from 1, adds one less.
    const BIAS: usize;

    /// Expands the first `count` units (32 at most) of `coded` into the first pixels of `pixels`; both are long enough.
    /// Pixels behind them may get any value. False where a unit has no meaning.
    fn literals(&self, coded: &[u8], pixels: &mut [u32], count: usize) -> bool;
}

/// RGB24 and RGB32: B, G, R; the top byte becomes 0.
pub(crate) struct Bgr;

/// RGB16: five bits a component, high byte first.
pub(crate) struct Bgr555;

/// XXXA, and the second stream of RGBA: the alpha of pixels that have their colour.
pub(crate) struct AlphaByte;

/// A8: coverage without colour.
pub(crate) struct CoverageByte;

/// PLT8, PLT4, PLT1: an index byte stands for `N` pixels.
pub(crate) struct Indices<const N: usize> {
    /// The pixels of each byte; [`NO_COLOUR`] where the palette has no such entry.
    table: Box<[[u32; N]; 256]>,
}

impl Unit for Bgr {
    type Plane = Whole;
    const BYTES: usize = 3;
    const PIXELS: usize = 1;
    const BIAS: usize = 1;

    #[inline(always)]
    fn literals(&self, coded: &[u8], pixels: &mut [u32], count: usize) -> bool {
        if let (Some(coded), Some(pixels)) = (coded.first_chunk::<96>(), pixels.first_chunk_mut::<32>()) {
            let (coded, pixels) = (coded.as_chunks::<12>().0, pixels.as_chunks_mut::<4>().0);
            for (coded, pixels) in coded.iter().zip(pixels).take(count.div_ceil(4)) {
                *pixels = four_bgr(coded);
            }
            return true;
        }
        for (coded, pixel) in coded.as_chunks::<3>().0.iter().zip(pixels).take(count) {
            *pixel = u32::from_le_bytes([coded[0], coded[1], coded[2], 0]);
        }
        true
    }
}

/// Four pixels of three bytes each; each is read as four bytes that lie within the twelve.
#[inline(always)]
fn four_bgr(coded: &[u8; 12]) -> [u32; 4] {
    let word = |at: usize| u32::from_le_bytes([coded[at], coded[at + 1], coded[at + 2], coded[at + 3]]);
    [word(0) & 0x00ff_ffff, word(3) & 0x00ff_ffff, word(6) & 0x00ff_ffff, word(8) >> 8]
}

impl Unit for Bgr555 {
    type Plane = Whole;
    const BYTES: usize = 2;
    const PIXELS: usize = 1;
    const BIAS: usize = 2;

    #[inline(always)]
    fn literals(&self, coded: &[u8], pixels: &mut [u32], count: usize) -> bool {
        for (coded, pixel) in coded.as_chunks::<2>().0.iter().zip(pixels).take(count) {
            *pixel = expand_555(u16::from_be_bytes(*coded));
        }
        true
    }
}

/// A pixel of five bits a component with eight, the top bits repeated below.
#[inline(always)]
pub(crate) fn expand_555(pixel: u16) -> u32 {
    let pixel = u32::from(pixel);
    let top = (pixel & 0x7c00) << 9 | (pixel & 0x03e0) << 6 | (pixel & 0x001f) << 3;
    top | top >> 5 & 0x0007_0707
}

impl Unit for AlphaByte {
    type Plane = Alpha;
    const BYTES: usize = 1;
    const PIXELS: usize = 1;
    const BIAS: usize = 3;

    #[inline(always)]
    fn literals(&self, coded: &[u8], pixels: &mut [u32], count: usize) -> bool {
        for (coded, pixel) in coded.iter().zip(pixels).take(count) {
            *pixel = Alpha::merge(*pixel, u32::from(*coded) << 24);
        }
        true
    }
}

impl Unit for CoverageByte {
    type Plane = Whole;
    const BYTES: usize = 1;
    const PIXELS: usize = 1;
    const BIAS: usize = 3;

    #[inline(always)]
    fn literals(&self, coded: &[u8], pixels: &mut [u32], count: usize) -> bool {
        for (coded, pixel) in coded.iter().zip(pixels).take(count) {
            *pixel = u32::from(*coded) << 24;
        }
        true
    }
}

impl<const N: usize> Indices<N> {
    /// Units of `N` indices, which `split` takes out of a byte from left to right, into the entries of `palette`.
    pub(crate) fn new(palette: &[u32], split: impl Fn(usize) -> [usize; N]) -> Self {
        let colour = |index: usize| palette.get(index).map_or(NO_COLOUR, |entry| entry & 0x00ff_ffff);
        Self { table: Box::new(std::array::from_fn(|byte| split(byte).map(colour))) }
    }
}

impl<const N: usize> Unit for Indices<N> {
    type Plane = Whole;
    const BYTES: usize = 1;
    const PIXELS: usize = N;
    const BIAS: usize = 3;

    #[inline(always)]
    fn literals(&self, coded: &[u8], pixels: &mut [u32], count: usize) -> bool {
        let mut seen = 0;
        for (coded, pixels) in coded.iter().zip(pixels.as_chunks_mut::<N>().0).take(count) {
            *pixels = self.table[usize::from(*coded)];
            seen |= pixels.iter().fold(0, |seen, pixel| seen | pixel);
        }
        seen & NO_COLOUR == 0
    }
}

/// Marks what is no colour: a bit that no palette entry has.
const NO_COLOUR: u32 = 1 << 24;
