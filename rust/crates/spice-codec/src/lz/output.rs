//! The coded bytes of an encoder: literals for LZ and GLZ, matches for LZ.

use crate::lz::unit::Unit;

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

    /// Writes `units` as they are, in runs of [`RUN`].
    #[inline(always)]
    pub(crate) fn literals<U: Unit>(&mut self, units: &[U]) {
        for run in units.chunks(RUN) {
            let room = self.room(1 + RUN * size_of::<U>());
            room[0] = run.len() as u8 - 1;
            U::put(run, &mut room[1..]);
            self.at += 1 + run.len() * U::BYTES;
        }
    }

    /// Writes an LZ match: `steps` is its length counted from 1 at the shortest possible.
    #[inline(always)]
    pub(crate) fn repeat(&mut self, steps: usize, distance: usize) {
        let near = distance - 1;
        if near < FAR {
            self.length(steps, near >> 8);
            self.bytes([near as u8]);
        } else {
            let far = near - FAR;
            self.length(steps, FAR >> 8);
            self.bytes([FAR as u8, (far >> 8) as u8, far as u8]);
        }
    }

    /// Writes the control byte of a match, whose lower five bits are `low`, and what else its length needs.
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

/// Literals that one control byte announces at most.
pub(crate) const RUN: usize = 32;

/// Lengths from here on do not fit the control byte.
const LONG: usize = 7;

/// The distance less one whose thirteen bits are all ones: it goes on in two more bytes.
const FAR: usize = 0x1fff;

/// Room is made in steps that stay in the nearest cache, since it has to be zeroed.
const STEP: usize = 16 << 10;
