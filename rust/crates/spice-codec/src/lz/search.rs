//! Finds in a stream what can be said as a repetition.
//!
//! At each place the last place with the same hash is compared; the first match is taken. Where nothing repeats for
//! long, places are left out, the more the longer it lasts.

use crate::lz::output::Output;
use crate::lz::unit::Unit;

/// Where units were seen last, by their hash.
#[derive(Debug)]
pub(crate) struct Search {
    places: Box<[u32; 1 << BITS]>,
}

impl Default for Search {
    fn default() -> Self {
        Self { places: Box::new([0; 1 << BITS]) }
    }
}

impl Search {
    /// Appends the stream of `units`, of which there are less than 2 to the 32nd, to `out`.
    pub(crate) fn encode<U: Unit>(&mut self, units: &[U], out: &mut Vec<u8>) {
        self.places.fill(0);
        let mut output = Output::new(out);
        let (last, end) = (units.len().saturating_sub(TAIL), units.len().saturating_sub(END));
        let (mut literal, mut at) = (0, HEAD);
        while at < last {
            let from = self.exchange(&units[at..], at);
            let distance = at - from;
            let length = if distance < FARTHEST { common(&units[from..], &units[at..end]) } else { 0 };
            if length < U::LEAST + usize::from(distance >= FAR) {
                at += 1 + ((at - literal) >> PATIENCE).min(STRIDE);
                continue;
            }
            output.literals(&units[literal..at]);
            output.repeat(length - U::LEAST + 1, distance);
            at += length;
            literal = at;
            if at < last {
                self.exchange(&units[at - 1..], at - 1);
            }
        }
        output.literals(&units[literal..]);
        output.end();
    }

    /// Notes that `units` stand at `at`, and says where such were seen before.
    #[inline(always)]
    fn exchange<U: Unit>(&mut self, units: &[U], at: usize) -> usize {
        std::mem::replace(&mut self.places[U::hash(units, BITS)], at as u32) as usize
    }
}

/// How many units at the start of both are equal; `b` is not longer than `a`.
#[inline(always)]
pub(crate) fn common<U: Unit>(a: &[U], b: &[U]) -> usize {
    let (a, b): (&[u8], &[u8]) = (bytemuck::cast_slice(a), bytemuck::cast_slice(b));
    let mut same = 0;
    for (x, y) in a.as_chunks::<8>().0.iter().zip(b.as_chunks::<8>().0) {
        let different = u64::from_le_bytes(*x) ^ u64::from_le_bytes(*y);
        if different != 0 {
            return (same + different.trailing_zeros() as usize / 8) / size_of::<U>();
        }
        same += 8;
    }
    let rest = a[same..].iter().zip(&b[same..]).take_while(|(x, y)| x == y).count();
    (same + rest) / size_of::<U>()
}

/// Places that are remembered, as a power of two: as many words as the nearest cache holds.
const BITS: u32 = 13;

/// Literals for which every place is tried, as a power of two; after as many again every second, and so on.
const PATIENCE: u32 = 5;

/// Places that are left out at once at most: what comes after a photograph must be noticed soon.
const STRIDE: usize = 15;

/// Units before the first match. This and the next two are habits of the reference's encoder.
const HEAD: usize = 2;

/// No match starts within so many units of the end.
const TAIL: usize = 6;

/// No match reaches into so many units at the end.
const END: usize = 2;

/// Distances from here on take two more bytes, so that the shortest match does not pay.
const FAR: usize = 8192;

/// Distances from here on cannot be said; the reference makes none of the last one.
const FARTHEST: usize = 65535 + 8191;
