//! The coded bytes of an encoder: literals and lengths for LZ and GLZ, distances for LZ.

use std::ops::Range;

use crate::lz::unit::{FEW, RUN, Unit};

/// A stream that grows at the end of the caller's bytes.
///
/// INVARIANT: what lies behind `at` is spare room; [`Output::end`] cuts it off.
pub(crate) struct Output<'a> {
    out: &'a mut Vec<u8>,
    at: usize,
}

impl<'a> Output<'a> {
    /// A stream behind what `out` holds already.
    pub(crate) fn new(out: &'a mut Vec<u8>) -> Self {
        let at = out.len();
        Self { out, at }
    }

    /// Writes the units of `range` as they are.
    #[inline(always)]
    pub(crate) fn literals<U: Unit>(&mut self, units: &[U], range: Range<usize>) {
        let count = range.end - range.start;
        if count == 0 {
            return;
        }
        // There are seldom more than a few, and how many is hard to foretell: one way for all of these.
        match units[range.start..].first_chunk() {
            Some(few) if count <= FEW => {
                let room = self.run::<U>(count);
                U::put_few(few, room);
            }
            _ => self.many_literals(&units[range]),
        }
    }

    #[inline(never)]
    fn many_literals<U: Unit>(&mut self, units: &[U]) {
        for run in units.chunks(RUN) {
            U::put(run, self.run::<U>(run.len()));
        }
    }

    /// Writes the control byte of a run of literals and gives the room behind it, where they have to be written.
    #[inline(always)]
    fn run<U: Unit>(&mut self, count: usize) -> &mut [u8] {
        let at = self.at;
        self.room(1 + RUN * size_of::<U>())[0] = count as u8 - 1;
        self.at += 1 + count * U::BYTES;
        &mut self.out[at + 1..]
    }

    /// Writes that the next `length` units repeat those `distance` before them, as LZ says it.
    #[inline(always)]
    pub(crate) fn repetition<U: Unit>(&mut self, length: usize, distance: usize) {
        let (steps, near) = (length + 1 - U::LEAST, distance - 1);
        if near < FAR {
            self.length(steps, near >> 8);
            self.bytes([near as u8]);
        } else {
            let far = near - FAR;
            self.length(steps, FAR >> 8);
            self.bytes([FAR as u8, (far >> 8) as u8, far as u8]);
        }
    }

    /// Writes that the next `length` units are those at `place` of the picture `back` ids before, as GLZ says it. In the
    /// picture itself, which is no ids before, `place` is the distance less one.
    #[inline(always)]
    pub(crate) fn reference<U: Unit>(&mut self, length: usize, back: u64, place: usize) {
        let steps = length + 1 - U::LEAST;
        let long = place >= 1 << 12;
        self.length(steps, usize::from(long) << 4 | place & 15);
        let rest = if long { back } else { back >> 6 };
        let count = (64 - rest.leading_zeros()).div_ceil(8) as usize;
        let mut bytes =
            [(place >> 4) as u8, (count << 6) as u8, rest as u8, (rest >> 8) as u8, (rest >> 16) as u8, 0];
        let mut n = 2 + count;
        if long {
            bytes[1] |= (place >> 12 & 31) as u8;
            if place >= 1 << 17 {
                bytes[1] |= 32;
                bytes[n] = (place >> 17) as u8;
                n += 1;
            }
        } else {
            bytes[1] |= (back & 63) as u8;
        }
        self.room(6)[..6].copy_from_slice(&bytes);
        self.at += n;
    }

    /// Writes the control byte of a repetition, whose lower five bits are `low`, and what else its length needs.
    #[inline(always)]
    pub(crate) fn length(&mut self, steps: usize, low: usize) {
        self.bytes([(steps.min(LONG) << 5 | low) as u8]);
        if steps >= LONG {
            self.long(steps - LONG);
        }
    }

    /// Writes `bytes`.
    #[inline(always)]
    pub(crate) fn bytes<const N: usize>(&mut self, bytes: [u8; N]) {
        self.room(N)[..N].copy_from_slice(&bytes);
        self.at += N;
    }

    /// Cuts off the spare room.
    pub(crate) fn end(self) {
        self.out.truncate(self.at);
    }

    fn long(&mut self, rest: usize) {
        for _ in 0..rest / 255 {
            self.bytes([255]);
        }
        self.bytes([(rest % 255) as u8]);
    }

    /// At least `bytes` bytes to write to.
    #[inline(always)]
    fn room(&mut self, bytes: usize) -> &mut [u8] {
        if self.out.len() - self.at < bytes {
            self.grow();
        }
        &mut self.out[self.at..]
    }

    #[cold]
    #[inline(never)]
    fn grow(&mut self) {
        self.out.resize(self.at + STEP, 0);
    }
}

/// Lengths from here on do not fit the control byte.
const LONG: usize = 7;

/// The distance less one whose thirteen bits are all ones: it goes on in two more bytes.
const FAR: usize = 0x1fff;

/// Room is made in steps that stay in the nearest cache, since it has to be zeroed.
const STEP: usize = 16 << 10;
