//! What is drawn from: rows of pixels that belong to the caller.

use spice_codec::Source;

/// A picture that can be read row by row. Pixels are 0x00RRGGBB: the top byte is 0, whatever the source has there.
///
/// The source may change while it is read. What is read twice need not be the same, so nothing here relies on it.
pub trait Pixels {
    /// Pixels in a row.
    fn width(&self) -> usize;

    /// Number of rows.
    fn height(&self) -> usize;

    /// Copies pixels of row `y` from column `left` on. The caller stays inside of the picture.
    fn read(&self, left: usize, y: usize, out: &mut [u32]);

    /// Whether pixels of row `y` from column `left` on are these.
    fn same(&self, left: usize, y: usize, pixels: &[u32]) -> bool {
        let mut buffer = [0; CHUNK];
        pixels.chunks(CHUNK).enumerate().all(|(index, pixels)| {
            let read = &mut buffer[..pixels.len()];
            self.read(left + index * CHUNK, y, read);
            read == pixels
        })
    }
}

impl Pixels for Source<'_> {
    fn width(&self) -> usize {
        Source::width(self)
    }

    fn height(&self) -> usize {
        Source::height(self)
    }

    fn read(&self, left: usize, y: usize, out: &mut [u32]) {
        let row = &self.row(y)[left..][..out.len()];
        out.iter_mut().zip(row).for_each(|(out, pixel)| *out = pixel & COLOUR);
    }

    fn same(&self, left: usize, y: usize, pixels: &[u32]) -> bool {
        let row = &self.row(y)[left..][..pixels.len()];
        let differing = |(given, old): (&[u32], &[u32])| {
            given.iter().zip(old).fold(0, |all, (given, old)| all | (given ^ old)) & COLOUR != 0
        };
        !row.chunks(CHUNK).zip(pixels.chunks(CHUNK)).any(differing)
    }
}

/// Pixels read at once into memory of the stack.
const CHUNK: usize = 128;

/// The bits of a pixel that are colour.
pub(crate) const COLOUR: u32 = 0x00ff_ffff;
