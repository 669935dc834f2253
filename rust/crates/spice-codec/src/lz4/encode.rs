//! Pictures to LZ4 data.
//!
//! Repetitions are looked for at whole pixels only, and then extended to both sides byte by byte: a quarter of the places
//! to look at, and hardly anything lost. `lz4_flex`, which looks everywhere, takes a fifth longer and finds as much.

use crate::equal::equal;
use crate::lz::unit::spread;
use crate::lz4::HEADER;
use crate::lz4::sequence::Block;
use crate::raw::BitmapFormat;
use crate::{PixelFormat, Source};

/// Makes LZ4 data; what it needs of memory is kept from one picture to the next.
///
/// All rows are one block, top row first.
#[derive(Debug)]
pub struct Encoder {
    places: Box<[u32; 1 << BITS]>,
    pixels: Vec<u32>,
}

impl Default for Encoder {
    fn default() -> Self {
        Self { places: Box::new([0; 1 << BITS]), pixels: Vec::new() }
    }
}

impl Encoder {
    /// An encoder that has seen nothing yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Appends `source` to `out`: with alpha where `format` has it.
    pub fn encode(&mut self, source: &Source<'_>, format: PixelFormat, out: &mut Vec<u8>) {
        let has_alpha = format == PixelFormat::Argb;
        let format = if has_alpha { BitmapFormat::Rgba } else { BitmapFormat::Bit32 };
        let top_down = 1;
        let start = out.len() + HEADER;
        out.extend([top_down, format as u8, 0, 0, 0, 0]);
        let pixels = source.contiguous().unwrap_or_else(|| {
            self.pixels.clear();
            source.rows().for_each(|row| self.pixels.extend_from_slice(row));
            &self.pixels
        });
        self.places.fill(0);
        let mut search = Search {
            bytes: bytemuck::cast_slice(pixels),
            line: 4 * source.width(),
            places: &mut self.places,
        };
        // Twice the same code, once without masks.
        if has_alpha {
            search.encode::<{ u64::MAX }>(out)
        } else {
            search.encode::<COLOUR>(out)
        }
        let length = out.len() - start - 4;
        out[start..start + 4].copy_from_slice(&(length as u32).to_be_bytes());
    }
}

/// What is looked through, and where bytes were seen last, by their hash.
struct Search<'a> {
    bytes: &'a [u8],
    /// Bytes of a row.
    line: usize,
    places: &'a mut [u32; 1 << BITS],
}

/// Bytes that are equal to those `distance` before them.
struct Repetition {
    length: usize,
    distance: usize,
}

impl Search<'_> {
    /// Appends a block with the bits of `MASK` to `out`; the others become 0.
    fn encode<const MASK: u64>(&mut self, out: &mut Vec<u8>) {
        let mut block = Block::<MASK>::new(self.bytes, out);
        let last = self.bytes.len().saturating_sub(TAIL);
        let (mut at, mut tries) = (HEAD, 1 << PATIENCE);
        while at < last {
            let Some(Repetition { length, distance }) = self.find::<MASK>(at, block.done() == at) else {
                tries += 1;
                at += (tries >> PATIENCE) * 4;
                continue;
            };
            tries = 1 << PATIENCE;
            let before = self.equal_before::<MASK>(at, distance).min(at - block.done());
            block.repetition(at - before, before + length, distance);
            at = (at + length).next_multiple_of(4);
            if at < last {
                self.exchange::<MASK>(self.word::<MASK>(at - 4), at - 4);
            }
        }
        block.end();
    }

    /// A repetition that starts at `at`; `joins` says that the last one ended there.
    #[inline(always)]
    fn find<const MASK: u64>(&mut self, at: usize, joins: bool) -> Option<Repetition> {
        let word = self.word::<MASK>(at);
        let distance = at - self.exchange::<MASK>(word, at);
        let latest = if distance < FARTHEST { self.length::<MASK>(at, word, distance) } else { 0 };
        // On plain ground the same pixels stand everywhere, and the row above goes on for longest.
        if latest < LONG && (latest > 0 || joins) && self.line <= at && self.line < FARTHEST {
            let above = self.length::<MASK>(at, word, self.line);
            if above > latest && above >= ABOVE {
                return Some(Repetition { length: above, distance: self.line });
            }
        }
        (latest > 0).then_some(Repetition { length: latest, distance })
    }

    /// How many bytes from `at` on, which start with `word`, repeat those `distance` before; none for less than a pixel.
    #[inline(always)]
    fn length<const MASK: u64>(&self, at: usize, word: u64, distance: usize) -> usize {
        if self.word::<MASK>(at - distance) as u32 != word as u32 {
            return 0;
        }
        equal(&self.bytes[at - distance..], &self.bytes[at..self.bytes.len() - END], MASK)
    }

    /// How many bytes before `at` repeat those `distance` before them, eight at most.
    #[inline(always)]
    fn equal_before<const MASK: u64>(&self, at: usize, distance: usize) -> usize {
        if at < distance + 8 {
            return 0;
        }
        let difference = self.word::<MASK>(at - 8) ^ self.word::<MASK>(at - 8 - distance);
        difference.leading_zeros() as usize / 8
    }

    /// The two pixels at `at`.
    #[inline(always)]
    fn word<const MASK: u64>(&self, at: usize) -> u64 {
        let bytes = &self.bytes[at..];
        let bytes = bytes.first_chunk().expect("no search in the last eight bytes");
        u64::from_le_bytes(*bytes) & MASK
    }

    /// Remembers that `word` stands at `at`, and says where one like it did before.
    #[inline(always)]
    fn exchange<const MASK: u64>(&mut self, word: u64, at: usize) -> usize {
        let hash = spread(word << KEY) >> (64 - BITS);
        std::mem::replace(&mut self.places[hash as usize], at as u32) as usize
    }
}

/// The bits that count where a pixel has no alpha.
const COLOUR: u64 = 0x00ff_ffff_00ff_ffff;

/// Places that are remembered, as a power of two.
const BITS: u32 = 12;

/// Bits of two pixels that do not count for the hash: with five bytes it finds both short and long repetitions.
const KEY: u32 = 24;

/// Places that are tried without success before some are left out, as a power of two; then the gaps grow, until something
/// is found.
const PATIENCE: u32 = 4;

/// A repetition of this length is good enough.
const LONG: usize = 64;

/// The shortest repetition of the row above that is taken.
const ABOVE: usize = 12;

/// Distances from here on cannot be said.
const FARTHEST: usize = 1 << 16;

/// Where the search starts.
const HEAD: usize = 8;

/// No repetition starts within so many bytes of the end: LZ4 asks for twelve, and words are read without looking.
const TAIL: usize = 16;

/// Bytes at the end that LZ4 wants as literals.
const END: usize = 5;
