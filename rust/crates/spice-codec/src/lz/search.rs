//! Finds in a stream what can be said as a repetition.
//!
//! At each place two candidates are looked at: the last place with the same units, and the place above. Any repetition
//! that is worth its bytes is taken at once. Where nothing repeats for long, places are left out, the more the longer it
//! lasts: photographs then cost little and lose little.

use std::ops::Range;

use crate::equal::equal;
use crate::lz::output::Output;
use crate::lz::unit::{Unit, spread};

/// Where units were seen last, by their hash.
#[derive(Debug)]
pub(crate) struct Search {
    places: Box<[u32; 1 << BITS]>,
}

/// Units that are equal to those `distance` before them.
pub(crate) struct Repetition {
    pub length: usize,
    pub distance: usize,
}

impl Default for Search {
    fn default() -> Self {
        Self { places: Box::new([0; 1 << BITS]) }
    }
}

impl Search {
    /// Appends the stream of `units` to `out`: rows of `width` units, less than 2 to the 32nd together.
    pub(crate) fn encode<U: Unit>(&mut self, units: &[U], width: usize, out: &mut Vec<u8>) {
        self.start();
        let mut output = Output::new(out);
        let last = units.len().saturating_sub(TAIL);
        let end = units.len().saturating_sub(END);
        let (mut literal, mut at) = (0, HEAD);
        while at < last {
            let found = self.find::<U, FAR, FARTHEST>(units, at..end, width, literal == at);
            let Some(Repetition { length, distance }) = found else {
                at += 1 + ((at - literal) >> PATIENCE).min(STRIDE);
                continue;
            };
            output.literals(units, literal..at);
            output.repetition::<U>(length, distance);
            at += length;
            literal = at;
            self.note(units, at - 1);
        }
        output.literals(units, literal..units.len());
        output.end();
    }

    /// Forgets all places.
    pub(crate) fn start(&mut self) {
        self.places.fill(0);
    }

    /// A repetition at the start of `range`; `joins` says that the last one ends here. Distances from `FAR` on take more
    /// bytes, and those from `FARTHEST` on cannot be said.
    #[inline(always)]
    pub(crate) fn find<U: Unit, const FAR: usize, const FARTHEST: usize>(
        &mut self,
        units: &[U],
        range: Range<usize>,
        width: usize,
        joins: bool,
    ) -> Option<Repetition> {
        let at = range.start;
        let ahead = &units[range];
        let key = U::key(ahead);
        let distance = at - self.exchange::<U>(key, at);
        let latest = if distance < FARTHEST { length(units, at, ahead, key, distance) } else { 0 };
        // On plain ground the same units stand everywhere, and the row above goes on for longest. Where nothing is known,
        // as within a photograph, it seldom helps.
        if latest < LONG && (latest > 0 || joins) && (1..=at).contains(&width) {
            let above = length(units, at, ahead, key, width);
            if above > latest && above >= ABOVE {
                return Some(Repetition { length: above, distance: width });
            }
        }
        let least = if distance < FAR { U::LEAST } else { U::LEAST_FAR };
        (latest >= least).then_some(Repetition { length: latest, distance })
    }

    /// Remembers the units at `at`.
    #[inline(always)]
    pub(crate) fn note<U: Unit>(&mut self, units: &[U], at: usize) {
        self.exchange::<U>(U::key(&units[at..]), at);
    }

    /// Remembers that units with this key are at `at`, and says where such were before.
    #[inline(always)]
    fn exchange<U: Unit>(&mut self, key: u64, at: usize) -> usize {
        let place = &mut self.places[(spread(key) >> (64 - BITS)) as usize];
        std::mem::replace(place, at as u32) as usize
    }
}

/// How many units of `ahead`, which stand at `at` and have this key, repeat those `distance` before.
#[inline(always)]
fn length<U: Unit>(units: &[U], at: usize, ahead: &[U], key: u64, distance: usize) -> usize {
    let behind = &units[at - distance..];
    if U::key(behind) != key {
        return 0;
    }
    equal(bytemuck::cast_slice(behind), bytemuck::cast_slice(ahead), U::MASK) / size_of::<U>()
}

/// Places that are remembered, as a power of two: as many words as the nearest cache holds. More would find more in
/// photographs, and take longer than it is worth.
const BITS: u32 = 13;

/// Literals for which every place is tried, as a power of two; of the next as many, every second is tried, and so on.
pub(crate) const PATIENCE: u32 = 4;

/// Places that are left out at once at most: what follows a photograph must be noticed soon.
const STRIDE: usize = 15;

/// A repetition of this length is good enough.
const LONG: usize = 16;

/// The shortest repetition of the row above that is taken: shorter ones break up runs of literals for nothing.
const ABOVE: usize = 4;

/// Units before the first repetition. This and the next two are within the habits of the reference's encoder.
pub(crate) const HEAD: usize = 2;

/// No repetition starts within so many units of the end, so that keys can be read without looking.
pub(crate) const TAIL: usize = 10;

/// No repetition reaches into so many units at the end.
pub(crate) const END: usize = 2;

/// Distances from here on take two more bytes.
const FAR: usize = 8192;

/// Distances from here on cannot be said; the reference makes none of the last one.
const FARTHEST: usize = 65535 + 8191;
