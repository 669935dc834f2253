//! How matches of LZ and GLZ copy pixels: whole ones, or only their alpha.
//!
//! Copies go in blocks of [`BLOCK`] pixels and may write up to a block less one pixel past the end of a match: those pixels
//! come later in the stream, so they are written again. Where no room for that is left, the exact way is taken.

/// The bits of a pixel that a stream defines.
pub(crate) trait Plane {
    /// `old` with the bits of `new` that this plane has.
    fn merge(old: u32, new: u32) -> u32;

    /// Writes `new` to all of `pixels`.
    fn fill(pixels: &mut [u32], new: u32);

    /// Writes `from` to `to`, which is as long.
    fn copy(to: &mut [u32], from: &[u32]);

    /// Copies `length` pixels to `at` from `distance` before it, one by one in effect, so that they may overlap.
    ///
    /// `1 <= distance <= at` and `at + length <= pixels.len()`.
    fn repeat_exactly(pixels: &mut [u32], at: usize, distance: usize, length: usize);
}

/// All 32 bits: for colour, and for coverage that comes alone.
pub(crate) enum Whole {}

/// The top byte; the colour below stays.
pub(crate) enum Alpha {}

impl Plane for Whole {
    #[inline(always)]
    fn merge(_old: u32, new: u32) -> u32 {
        new
    }

    #[inline(always)]
    fn fill(pixels: &mut [u32], new: u32) {
        pixels.fill(new);
    }

    #[inline(always)]
    fn copy(to: &mut [u32], from: &[u32]) {
        to.copy_from_slice(from);
    }

    #[inline(never)]
    fn repeat_exactly(pixels: &mut [u32], at: usize, distance: usize, length: usize) {
        // What lies between `start` and the write position repeats itself every `distance` pixels, so each round may copy
        // all of it and doubles it.
        let start = at - distance;
        let (mut to, end) = (at, at + length);
        while to < end {
            let step = (to - start).min(end - to);
            pixels.copy_within(start..start + step, to);
            to += step;
        }
    }
}

impl Plane for Alpha {
    #[inline(always)]
    fn merge(old: u32, new: u32) -> u32 {
        old & 0x00ff_ffff | new & 0xff00_0000
    }

    #[inline(always)]
    fn fill(pixels: &mut [u32], new: u32) {
        for pixel in pixels {
            *pixel = Self::merge(*pixel, new);
        }
    }

    #[inline(always)]
    fn copy(to: &mut [u32], from: &[u32]) {
        for (to, from) in to.iter_mut().zip(from) {
            *to = Self::merge(*to, *from);
        }
    }

    #[inline(never)]
    fn repeat_exactly(pixels: &mut [u32], at: usize, distance: usize, length: usize) {
        for to in at..at + length {
            pixels[to] = Self::merge(pixels[to], pixels[to - distance]);
        }
    }
}

/// A match within the picture: `length` pixels to `at` from `distance` before it.
///
/// `1 <= distance <= at` and `at + length <= pixels.len()`, which the caller has checked.
#[inline(always)]
pub(crate) fn repeat<P: Plane>(pixels: &mut [u32], at: usize, distance: usize, length: usize) {
    // Most matches are short, and whether they are runs is hard to foretell: one way for both.
    let (before, here) = pixels.split_at_mut(at);
    let from = at - distance;
    if length <= BLOCK
        && (distance == 1 || distance >= BLOCK)
        && let Some(to) = here.first_chunk_mut::<BLOCK>()
    {
        let mut block = [before[at - 1]; BLOCK];
        if distance > 1 {
            block.copy_from_slice(&before[from..from + BLOCK]);
        }
        return P::copy(to, &block);
    }
    if distance == 1 {
        return P::fill(&mut here[..length], before[from]);
    }
    if distance < BLOCK || pixels.len() - at < length.next_multiple_of(BLOCK) {
        return P::repeat_exactly(pixels, at, distance, length);
    }
    // A block is read after the one before it was written, and it ends before its own place begins: overlap is harmless.
    for to in (at..at + length).step_by(BLOCK) {
        let (before, here) = pixels.split_at_mut(to);
        P::copy(&mut here[..BLOCK], &before[to - distance..][..BLOCK]);
    }
}

/// A match in another picture: the first `length` pixels of `from` to the first of `to`; both are at least that long.
#[inline(always)]
pub(crate) fn copy<P: Plane>(to: &mut [u32], from: &[u32], length: usize) {
    let whole = length.next_multiple_of(BLOCK);
    if whole > to.len() || whole > from.len() {
        return P::copy(&mut to[..length], &from[..length]);
    }
    for (to, from) in to[..whole].as_chunks_mut::<BLOCK>().0.iter_mut().zip(from.as_chunks::<BLOCK>().0) {
        P::copy(to, from);
    }
}

/// Pixels copied at once: four vector registers of baseline x86-64, and more than most matches have. For long matches too
/// this is faster than the library's copy.
const BLOCK: usize = 16;
