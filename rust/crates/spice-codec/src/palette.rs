//! Pictures of few colours as indices into a palette.

use crate::Source;

/// A picture as indices and the colours that they mean.
///
/// INVARIANT: there are `width * height` indices, and each is below the number of colours, which is from 2 to 256.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Indexed {
    width: usize,
    height: usize,
    indices: Vec<u8>,
    colours: Vec<u32>,
}

impl Indexed {
    /// `source` without its alpha as indices, or `None` where it has more than 256 colours.
    ///
    /// Most pictures of more colours are refused after a look at a few of their pixels.
    pub fn detect(source: &Source<'_>) -> Option<Self> {
        let mut colours = Colours::new();
        sampled(source).try_for_each(|pixel| colours.index(pixel).map(|_| ()))?;
        let mut indices = Vec::with_capacity(source.width() * source.height());
        for row in source.rows() {
            colours.append(row, &mut indices)?;
        }
        let mut colours = colours.known;
        if colours.len() == 1 {
            // Decoders of one-bit pictures look at both entries.
            colours.push(0);
        }
        Some(Self { width: source.width(), height: source.height(), indices, colours })
    }

    /// Pixels in a row.
    pub fn width(&self) -> usize {
        self.width
    }

    /// Number of rows.
    pub fn height(&self) -> usize {
        self.height
    }

    /// The palette: 0x00RRGGBB, from 2 to 256.
    pub fn colours(&self) -> &[u32] {
        &self.colours
    }

    /// An index for each pixel, top row first.
    pub fn indices(&self) -> &[u8] {
        &self.indices
    }

    /// Replaces `bytes` by rows of bytes with `count` indices each, 2 or 8, the upper bits leftmost.
    pub(crate) fn pack(&self, count: usize, bytes: &mut Vec<u8>) {
        bytes.clear();
        bytes.reserve(self.width.div_ceil(count) * self.height);
        for row in self.indices.chunks_exact(self.width) {
            match count {
                2 => pack(row, bytes, |[left, right]| left << 4 | right),
                // Each index goes to its own place of the top byte; none of the products below carries into it.
                _ => pack(row, bytes, |few| {
                    (u64::from_le_bytes(few).wrapping_mul(0x8040_2010_0804_0201) >> 56) as u8
                }),
            }
        }
    }
}

/// Appends the bytes of one row, the last filled up with zeros.
fn pack<const N: usize>(row: &[u8], bytes: &mut Vec<u8>, byte: impl Fn([u8; N]) -> u8) {
    let (whole, rest) = row.as_chunks();
    bytes.extend(whole.iter().map(|indices| byte(*indices)));
    if !rest.is_empty() {
        let mut last = [0; N];
        last[..rest.len()].copy_from_slice(rest);
        bytes.push(byte(last));
    }
}

/// Some pixels of every part of the picture.
fn sampled<'a>(source: &Source<'a>) -> impl Iterator<Item = u32> + use<'a> {
    let (down, across) = (source.height().div_ceil(SAMPLES), source.width().div_ceil(SAMPLES));
    source.rows().step_by(down).flat_map(move |row| row.iter().step_by(across).copied())
}

/// The colours that were met so far, and their numbers in this order.
struct Colours {
    known: Vec<u32>,
    /// Where a colour stands is said by its hash, or the next free place behind it.
    table: [u32; 1 << BITS],
    numbers: [u8; 1 << BITS],
}

impl Colours {
    fn new() -> Self {
        Self { known: Vec::new(), table: [FREE; 1 << BITS], numbers: [0; 1 << BITS] }
    }

    /// Appends the numbers of the colours of `row`, unless there are too many.
    fn append(&mut self, row: &[u32], indices: &mut Vec<u8>) -> Option<()> {
        let (blocks, rest) = row.as_chunks::<BLOCK>();
        for block in blocks {
            // Most of a desktop is plain ground.
            if block.iter().fold(0, |other, pixel| other | (pixel ^ block[0]) & COLOUR) == 0 {
                let index = self.index(block[0])?;
                indices.extend_from_slice(&[index; BLOCK]);
                continue;
            }
            let mut few = [0; BLOCK];
            for (index, pixel) in few.iter_mut().zip(block) {
                *index = self.index(*pixel)?;
            }
            indices.extend_from_slice(&few);
        }
        for &pixel in rest {
            indices.push(self.index(pixel)?);
        }
        Some(())
    }

    /// The number of the colour of `pixel`, or `None` where it would be one too many.
    #[inline(always)]
    fn index(&mut self, pixel: u32) -> Option<u8> {
        let colour = pixel & COLOUR;
        let mut place = colour.wrapping_mul(SPREAD) >> (32 - BITS);
        loop {
            let here = self.table[place as usize % (1 << BITS)];
            if here == colour {
                return Some(self.numbers[place as usize % (1 << BITS)]);
            }
            if here == FREE {
                return self.add(colour, place as usize % (1 << BITS));
            }
            place += 1;
        }
    }

    #[cold]
    fn add(&mut self, colour: u32, place: usize) -> Option<u8> {
        let number = u8::try_from(self.known.len()).ok()?;
        self.known.push(colour);
        self.table[place] = colour;
        self.numbers[place] = number;
        Some(number)
    }
}

/// The bits of a pixel that count.
const COLOUR: u32 = 0x00ff_ffff;

/// No colour.
const FREE: u32 = u32::MAX;

/// Places of the table, as a power of two: four for each colour, so that most stand at their own.
const BITS: u32 = 10;

/// 2 to the 32nd divided by the golden ratio: its products spread well over the upper bits.
const SPREAD: u32 = 0x9e37_79b1;

/// Pixels that are looked at together.
const BLOCK: usize = 8;

/// Rows and columns that are looked at first.
const SAMPLES: usize = 48;
